//! Edits of orders: what is added is priced here as a quote would price it now, without promotions; the ledger decides.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::Result;
use contracts::cart::{MAX_LINES, MAX_QUANTITY};
use contracts::ledger::{Actor, Answer, EditLedger, EditRequest, Idempotency, OrderEdits, Orders, PricedEdit};
use kernel::{Failure, FieldError, OrderId, StoreId};

use crate::quote::Quoter;

/// What an editor is made of.
pub struct OrderEditorParts {
    pub orders: Arc<dyn Orders>,
    pub ledger: Arc<dyn EditLedger>,
    pub quotes: Arc<Quoter>,
}

/// Changes orders before they are shipped.
pub struct OrderEditor(OrderEditorParts);

impl OrderEditor {
    #[must_use]
    pub fn new(parts: OrderEditorParts) -> Self {
        OrderEditor(parts)
    }
}

#[async_trait]
impl OrderEdits for OrderEditor {
    async fn edit(
        &self,
        store: StoreId,
        id: OrderId,
        request: EditRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        check(&request)?;
        // A repetition is answered as before, whatever the prices are by now.
        if let Some(answer) = self.0.ledger.answered(store, &idempotency).await? {
            return Ok(answer);
        }
        let added = if request.add.is_empty() {
            Vec::new()
        } else {
            let order = self.0.orders.order(store, id).await?.ok_or_else(|| Failure::not_found("order"))?;
            self.0.quotes.added(store, &order, &request.add)?
        };
        let EditRequest { lines, add: _, shipping_address, reason, expected_total } = request;
        let edit = PricedEdit { lines, added, shipping_address, reason, expected_total };
        self.0.ledger.edit(store, id, edit, idempotency, actor).await
    }
}

/// Everything wrong with the request that can be seen without looking anything up.
fn check(request: &EditRequest) -> Result<()> {
    let mut errors = request.shipping_address.as_ref().map(|a| a.problems("/shipping_address")).unwrap_or_default();
    let mut wrong = |pointer: String, code: &str, detail: String| {
        errors.push(FieldError { pointer, code: code.to_owned(), detail });
    };
    if request.lines.is_empty() && request.add.is_empty() && request.shipping_address.is_none() {
        wrong("/lines".to_owned(), "nothing_changes", "Say what is to be different.".to_owned());
    }
    if request.lines.len() > MAX_LINES {
        wrong("/lines".to_owned(), "too_many", format!("An order has at most {MAX_LINES} lines."));
    }
    for (i, line) in request.lines.iter().enumerate().take(MAX_LINES) {
        if line.quantity > MAX_QUANTITY {
            let detail = format!("At most {MAX_QUANTITY} units of a line.");
            wrong(format!("/lines/{i}/quantity"), "too_large", detail);
        }
    }
    if request.add.len() > 20 {
        wrong("/add".to_owned(), "too_many", "An edit adds at most 20 lines.".to_owned());
    }
    for (i, line) in request.add.iter().enumerate().take(20) {
        if !(1..=MAX_QUANTITY).contains(&line.quantity) {
            wrong(format!("/add/{i}/quantity"), "out_of_range", format!("1 to {MAX_QUANTITY} units."));
        }
        if line.unit_price.is_some_and(|price| price.amount_minor < 0) {
            wrong(format!("/add/{i}/unit_price/amount_minor"), "too_small", "A price is not negative.".to_owned());
        }
    }
    let reason = &request.reason;
    if reason.trim().is_empty() || reason.chars().count() > 500 {
        wrong("/reason".to_owned(), "invalid_length", "Say why, in 1 to 500 characters.".to_owned());
    } else if reason.chars().any(|c| c.is_control() && c != '\n') {
        wrong(
            "/reason".to_owned(),
            "invalid_characters",
            "This contains characters that cannot be printed.".to_owned(),
        );
    }
    if errors.is_empty() { Ok(()) } else { Err(Failure::fields(errors)) }
}

#[cfg(test)]
mod tests {
    use contracts::ledger::{AddLine, LineQuantity};
    use kernel::{Currency, Money, Sku};

    use super::*;

    #[test]
    fn everything_wrong_is_told_at_once() {
        let pointers = |request: &EditRequest| -> Vec<String> {
            check(request).map_or_else(|f| f.errors.into_iter().map(|e| e.pointer).collect(), |()| Vec::new())
        };
        let good = EditRequest {
            lines: vec![LineQuantity { line: 1, quantity: 0 }],
            reason: "The customer\ncalled.".to_owned(),
            ..EditRequest::default()
        };
        assert!(pointers(&good).is_empty());
        assert_eq!(pointers(&EditRequest::default()), ["/lines", "/reason"]);
        let sku = Sku::new("A").unwrap();
        let add = AddLine { sku, quantity: 0, unit_price: Some(Money::new(-1, Currency::EUR)) };
        let bad = EditRequest {
            lines: vec![LineQuantity { line: 1, quantity: 1_000 }],
            add: vec![add],
            reason: "a\u{1b}".to_owned(),
            ..good
        };
        let wrong = ["/lines/0/quantity", "/add/0/quantity", "/add/0/unit_price/amount_minor", "/reason"];
        assert_eq!(pointers(&bad), wrong);
    }
}
