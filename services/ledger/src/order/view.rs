//! An order as shoppers and clients see it, and the answers that are stored with it.

use bytes::Bytes;
use contracts::event::Event;
use contracts::ledger::{
    NextAction, OrderLineView, OrderSummary, OrderView, RefundView, ReturnView, ShipmentView, StoredResponse,
    TimelineEntry,
};
use kernel::{ErrorKind, Failure};
use serde_json::json;

use super::{Attempt, Order, Phase};

impl Order {
    #[must_use]
    pub fn view(&self, timeline: Vec<TimelineEntry>) -> OrderView {
        let ready = self.ready();
        let lines = self.lines.iter().zip(&self.frozen.lines).zip(ready);
        // What an edit took off is told by the edit.
        let lines = lines.filter(|((line, _), _)| line.quantity > 0).map(|((line, frozen), ready)| OrderLineView {
            line: line.line,
            sku: line.sku.clone(),
            product_handle: frozen.product_handle.clone(),
            title: frozen.title.clone(),
            variant_title: frozen.variant_title.clone(),
            quantity: line.quantity,
            unit_price: self.money(frozen.unit_minor),
            discount: self.money(frozen.discount_minor),
            tax: self.money(frozen.tax_minor),
            total: self.money(frozen.total_minor),
            shipped: line.shipped,
            returned: line.returned,
            backordered: line.open() - ready,
            image: frozen.image.clone(),
        });
        OrderView {
            id: self.head.id,
            number: self.head.number.to_string(),
            status: self.status(),
            payment_status: self.payment_status(),
            fulfilment_status: self.fulfilment_status(),
            currency: self.head.currency,
            cart_id: self.head.cart,
            cart_version: self.head.cart_version,
            placed_at: self.head.placed_at.into(),
            lines: lines.collect(),
            discounts: self.frozen.discounts.clone(),
            tax_lines: self.frozen.tax_lines.clone(),
            shipping_option: self.frozen.shipping_option.clone(),
            shipping_name: self.frozen.shipping_name.clone(),
            totals: self.frozen.totals.clone(),
            captured: self.money(self.payment.captured_minor),
            refunded: self.money(self.payment.refunded_minor + self.gift_card_credited()),
            next_action: self.next_action(),
            shipments: self.shipments.iter().map(shipment_view).collect(),
            refunds: self.refunds.iter().map(|r| self.refund_view(r)).collect(),
            returns: self.returns.iter().map(return_view).collect(),
            timeline,
            contact: None,
            person_id: None,
            sources: Vec::new(),
            edits: self.frozen.edits.iter().map(|e| e.view(self.head.currency)).collect(),
        }
    }

    #[must_use]
    pub fn summary(&self) -> OrderSummary {
        OrderSummary {
            id: self.head.id,
            number: self.head.number.to_string(),
            status: self.status(),
            payment_status: self.payment_status(),
            fulfilment_status: self.fulfilment_status(),
            total: self.frozen.totals.total,
            placed_at: self.head.placed_at.into(),
        }
    }

    fn next_action(&self) -> Option<NextAction> {
        let url = self.payment.action_url.clone()?;
        let waiting = self.head.phase == Phase::RequiresAction && self.payment.state == Attempt::RequiresAction;
        waiting.then(|| NextAction { kind: "redirect".to_owned(), url })
    }

    #[must_use]
    pub fn refund_view(&self, refund: &super::Refund) -> RefundView {
        RefundView {
            id: refund.id,
            status: refund.state,
            amount: self.money(refund.amount_minor),
            gift_card: (refund.gift_card_minor > 0).then(|| self.money(refund.gift_card_minor)),
            reason: refund.reason.clone(),
            at: refund.at.into(),
        }
    }

    /// The answer to the request that placed this order, once its fate is definite enough to tell.
    #[must_use]
    pub fn placing_answer(&self) -> Option<StoredResponse> {
        let location = Some(format!("/api/v1/orders/{}", self.head.id));
        match self.head.phase {
            Phase::Placing => None,
            Phase::Confirmed | Phase::Closed => Some(StoredResponse { status: 201, location, body: self.body() }),
            Phase::Unknown | Phase::RequiresAction => Some(StoredResponse { status: 202, location, body: self.body() }),
            Phase::Declined => {
                let code = self.payment.decline_code.as_deref().unwrap_or("declined");
                let detail = "The payment was declined. Nothing was charged; the goods stay reserved for a while, so you can try again with another payment.";
                let failure = Failure::new(ErrorKind::PaymentDeclined, "payment_declined", detail)
                    .with_extra("decline_code", json!(code))
                    .with_extra("order_id", json!(self.head.id));
                Some(problem(&failure))
            }
            Phase::Cancelling | Phase::Cancelled => {
                let detail = match self.head.cancel_reason.as_deref() {
                    Some("out_of_stock") => {
                        "The last unit was sold while the payment was decided. The payment was given back."
                    }
                    _ => "The order was cancelled before its payment was decided. Nothing is charged.",
                };
                let code = if self.head.cancel_reason.as_deref() == Some("out_of_stock") {
                    "out_of_stock"
                } else {
                    "order_cancelled"
                };
                let failure = Failure::conflict(code, detail).with_extra("order_id", json!(self.head.id));
                Some(problem(&failure))
            }
        }
    }

    /// The order as JSON, without a timeline: what a stored answer carries.
    #[must_use]
    pub fn body(&self) -> Bytes {
        json_bytes(&self.view(Vec::new()))
    }

    /// A good answer that shows the order as it is now.
    #[must_use]
    pub fn answer(&self, status: u16) -> StoredResponse {
        StoredResponse { status, location: Some(format!("/api/v1/orders/{}", self.head.id)), body: self.body() }
    }
}

fn shipment_view(shipment: &super::Shipment) -> ShipmentView {
    ShipmentView {
        id: shipment.id,
        status: shipment.state,
        lines: shipment.lines.clone(),
        carrier: shipment.carrier.clone(),
        tracking: shipment.tracking.clone(),
        shipped_at: shipment.shipped_at.into(),
        delivered_at: shipment.delivered_at.map(Into::into),
    }
}

fn return_view(returned: &super::Return) -> ReturnView {
    ReturnView {
        id: returned.id,
        status: returned.state,
        lines: returned.lines.clone(),
        reason: returned.reason.clone(),
        at: returned.at.into(),
    }
}

/// `value` as JSON bytes.
#[must_use]
pub fn json_bytes(value: &impl serde::Serialize) -> Bytes {
    // Written into a generous buffer and copied once: growing a buffer step by step took most of the time, and answers
    // are kept, so what is kept has just their size.
    let mut text = Vec::with_capacity(4096);
    serde_json::to_writer(&mut text, value).expect("views are maps with text keys");
    Bytes::copy_from_slice(&text)
}

/// A rejection as the answer that is stored and sent.
#[must_use]
pub fn problem(failure: &Failure) -> StoredResponse {
    StoredResponse {
        status: http_kit::problem::status(failure.kind).as_u16(),
        location: None,
        body: http_kit::problem_body(failure),
    }
}

/// The events of an order as sentences.
#[must_use]
pub fn timeline(events: &[Event]) -> Vec<TimelineEntry> {
    events.iter().map(|e| TimelineEntry { at: e.at, event: e.kind.clone(), text: sentence(e) }).collect()
}

/// What an event tells, for people.
pub(crate) fn sentence(event: &Event) -> String {
    let text = |key: &str| event.data.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let money = |key: &str| {
        let minor = event.data.get(key).and_then(serde_json::Value::as_i64).unwrap_or_default();
        kernel::Currency::parse(&text("currency"))
            .map_or_else(|_| minor.to_string(), |c| kernel::Money::new(minor, c).to_string())
    };
    match event.kind.as_str() {
        "order.created" => "The order was received and its goods were set aside.".to_owned(),
        "order.backordered" => "Some of the goods are not there yet; they follow when they arrive.".to_owned(),
        "order.backorder_filled" => format!("Goods that the order waited for arrived ({}).", text("sku")),
        "order.payment_unknown" => "The payment provider did not answer; it is being asked again.".to_owned(),
        "order.action_required" => "The payment needs a confirmation by the shopper.".to_owned(),
        "order.payment_declined" => format!("The payment was declined ({}).", text("decline_code")),
        "order.placed" => "The payment was authorised; the order is confirmed.".to_owned(),
        "order.paid" => format!("The payment of {} was collected.", money("amount_minor")),
        "order.cancel_requested" => match text("reason").as_str() {
            "" => "The order was cancelled.".to_owned(),
            "out_of_stock" => {
                "The goods were sold out before the payment was decided; the order was cancelled.".to_owned()
            }
            "expired" => "The payment was not completed in time; the order was cancelled.".to_owned(),
            reason => format!("The order was cancelled: {reason}."),
        },
        "order.cancelled" => "The cancellation is complete.".to_owned(),
        "order.hold_expired" => "The goods are no longer set aside.".to_owned(),
        "order.shipped" => match text("tracking").as_str() {
            "" => "A parcel was sent.".to_owned(),
            tracking => format!("A parcel was sent; tracking number {tracking}."),
        },
        "order.delivered" => "A parcel was delivered.".to_owned(),
        "order.closed" => "Everything is delivered; the order is complete.".to_owned(),
        "order.refund_requested" => format!("A refund of {} was started.", money("amount_minor")),
        "order.refunded" => format!("{} were refunded.", money("amount_minor")),
        "order.refund_failed" => "A refund failed; its amount can be refunded again.".to_owned(),
        "order.return_requested" => "A return was announced.".to_owned(),
        "order.return_received" => "The returned goods arrived.".to_owned(),
        "order.edited" => edited(event),
        "order.note_added" => "A note was added.".to_owned(),
        other => other.replace(['.', '_'], " "),
    }
}

/// What an edit changed, and why.
fn edited(event: &Event) -> String {
    use std::fmt::Write;
    let number = |of: &serde_json::Value, key: &str| of.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0);
    let mut said = "The order was changed".to_owned();
    let none = Vec::new();
    let lines = event.data.get("lines").and_then(|l| l.as_array()).unwrap_or(&none);
    let changes = lines.iter().map(|l| {
        let sku = l.get("sku").and_then(|s| s.as_str()).unwrap_or_default();
        match (number(l, "before"), number(l, "after")) {
            (0, after) => format!("{after} × {sku} added"),
            (before, 0) => format!("{before} × {sku} taken off"),
            (before, after) => format!("{after} instead of {before} × {sku}"),
        }
    });
    let address = event.data.get("address_changed").and_then(serde_json::Value::as_bool).unwrap_or(false);
    let address = address.then(|| "it goes to another address".to_owned());
    for (i, change) in changes.chain(address).enumerate() {
        let _ = write!(said, "{} {change}", if i == 0 { ":" } else { "," });
    }
    let reason = event.data.get("reason").and_then(|r| r.as_str()).unwrap_or_default();
    let _ = write!(said, ". Reason: {reason}");
    said
}
