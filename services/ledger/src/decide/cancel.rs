//! Cancelling: the goods go back at once, the money as soon as the provider lets it.

use contracts::ledger::{REASON_CANCELLED, RefundState};
use kernel::{Failure, OrderId, RefundId};
use serde_json::json;

use super::tx::Tx;
use super::{Reply, pay, voucher};
use crate::order::{Order, Phase, PhaseEvent, Refund};

pub(super) fn cancel(tx: &mut Tx<'_>, id: OrderId, reason: &str) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    if order.lines.iter().any(|l| l.shipped > 0) || order.head.phase == Phase::Closed {
        return Err(Failure::conflict(
            "already_shipped",
            "Part of this order was shipped, so it cannot be cancelled. Refund or return it instead.",
        ));
    }
    if !matches!(order.head.phase, Phase::Cancelling | Phase::Cancelled) {
        begin(tx, &mut order, reason)?;
        pay::settle(tx, &mut order)?;
        tx.audit("order.cancel", order.head.id.to_string(), reason.to_owned());
    } else if kernel::mutant::planted(kernel::mutant::Mutant::CancelReleasesTwice) {
        tx.release_holds(&mut order)?;
    }
    tx.answer(&order);
    let response = order.answer(200);
    tx.put_order(order);
    Ok(Reply::Response { response, replayed: false })
}

/// Gives back stock, coupons and gift cards, and starts giving back the money.
pub(super) fn begin(tx: &mut Tx<'_>, order: &mut Order, reason: &str) -> Result<(), Failure> {
    if !tx.advance(order, PhaseEvent::CancelAsked) {
        return Ok(());
    }
    order.head.cancel_reason = Some(reason.to_owned());
    order.head.due_at = Some(tx.now);
    order.payment.tries = 0;
    tx.release_holds(order)?;
    take_off(order);
    voucher::release(tx, order);
    tx.order_event(order, "order.cancel_requested", json!({ "reason": reason }));
    // A superseded or declined order owes nothing, so it is done in the same commit.
    pay::settle(tx, order)
}

/// Takes every unit off that was not shipped.
pub(super) fn take_off(order: &mut Order) {
    for line in &mut order.lines {
        line.cancelled = line.quantity - line.shipped;
    }
}

/// Starts the refund of everything captured and not yet on its way back. Its id follows from the order, so that the
/// same decision made again is the same refund.
pub(super) fn refund_rest(tx: &mut Tx<'_>, order: &mut Order) {
    let amount = order.payment.refundable();
    let mut bytes = *order.head.id.as_bytes();
    bytes[0] ^= 0x5a;
    let count = u16::try_from(order.refunds.len()).unwrap_or(u16::MAX);
    let last = u16::from_be_bytes([bytes[14], bytes[15]]).wrapping_add(count);
    bytes[14..].copy_from_slice(&last.to_be_bytes());
    let id = RefundId::from_uuid(uuid::Uuid::from_bytes(bytes));
    order.refunds.push(Refund {
        id,
        state: RefundState::Pending,
        amount_minor: amount,
        gift_card_minor: 0,
        lines: Vec::new(),
        reason: REASON_CANCELLED.to_owned(),
        at: tx.now,
    });
    order.payment.refund_pending_minor += amount;
    let data = json!({ "refund_id": id, "amount_minor": amount, "currency": order.head.currency });
    tx.order_event(order, "order.refund_requested", data);
}
