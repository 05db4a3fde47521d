use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::{OrderView, RefundRequest};
use http_kit::{Api, Caller, Path};
use kernel::{Failure, OrderId};

use super::{Sent, find, finish, once};
use crate::form::{Fields, Reading};
use crate::site::Site;

fn read(order: &OrderView, fields: &Fields) -> Result<RefundRequest, Failure> {
    let mut read = Reading::new(fields);
    let reason = read.prose("reason", 0, 500);
    let mut request = RefundRequest { reason, ..RefundRequest::default() };
    match fields.text("what") {
        "all" => {}
        "amount" => {
            request.amount = read.money("amount", order.currency).filter(|amount| amount.amount_minor > 0);
            if request.amount.is_none() {
                read.wrong("amount", "required", "Say how much goes back.");
            }
        }
        "lines" => {
            let lines = read.quantities(order.lines.iter().map(|line| line.line));
            if lines.is_empty() {
                read.wrong("quantities", "required", "Say how many units of which line are refunded.");
            }
            request.lines = Some(lines);
            request.restock = fields.has("restock");
        }
        _ => read.wrong("what", "required", "Choose what is refunded."),
    }
    read.done()?;
    Ok(request)
}

/// Gives money back: all that is left, an amount, or the price of some lines.
pub(crate) async fn refund(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<OrderId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let order = find(&site, id).await?;
    let outcome = match read(&order, &fields) {
        Ok(request) => {
            let same = once(&site, &caller, "/admin/orders/{id}/refund", &fields, &(id, &request));
            site.handles().orders.refund(site.store(), id, request, same, caller.actor()).await
        }
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, Sent { id, form: "refund", fields, done: "refunded" }, outcome).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_is_all_an_amount_or_lines() {
        let order = crate::samples::order();
        let of = |query: &str| super::read(&order, &Fields::parse(query.as_bytes()).unwrap());
        assert_eq!(of("what=all&amount=5"), Ok(RefundRequest::default()));
        assert_eq!(of("what=amount&amount=5.50").unwrap().amount.map(|a| a.amount_minor), Some(550));
        let lines = of("what=lines&quantity-1=1&restock=1").unwrap();
        assert_eq!((lines.lines.unwrap().len(), lines.restock, lines.amount), (1, true, None));
        for bad in ["", "what=amount", "what=amount&amount=0", "what=amount&amount=-1", "what=lines&quantity-1=0"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
