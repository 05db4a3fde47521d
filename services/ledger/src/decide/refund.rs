//! Refunds: a row first, under the payment's lock (invariant I2), then the provider.
//!
//! What gift cards paid goes back to them, in proportion: after each refund the cards have got their share of everything
//! given back so far, rounded once. So any way of splitting a full refund gives every tender exactly what it paid.

use contracts::ledger::{LineQuantity, RefundRequest, RefundState};
use kernel::money::div_round;
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, Money, OrderId, RefundId};
use serde_json::json;

use super::place::named_lines;
use super::tx::{Delta, Tx};
use super::{Reply, fulfil, pay, voucher};
use crate::order::view::json_bytes;
use crate::order::{HoldState, Line, Order, Phase, Refund, RefundedLine};
use crate::state::MovementKind;

pub(super) fn refund(
    tx: &mut Tx<'_>,
    id: OrderId,
    refund: RefundId,
    request: &RefundRequest,
) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    if !matches!(order.head.phase, Phase::Confirmed | Phase::Closed) {
        return Err(Failure::conflict(
            "not_refundable",
            "Only a confirmed order that is not cancelled can be refunded.",
        ));
    }
    if request.restock && request.lines.is_none() {
        return Err(Failure::field("/restock", "needs_lines", "Name the lines whose units go back into stock."));
    }
    let (amount, lines) = amount(&mut order, request)?;
    let refundable = order.refundable();
    if amount > refundable {
        return Err(Failure::conflict(
            "refund_exceeds_captured",
            format!("At most {} can still be refunded.", order.money(refundable)),
        )
        .with_extra("refundable", json!(order.money(refundable))));
    }
    if amount <= 0 {
        return Err(Failure::conflict("nothing_to_refund", "There is nothing left to refund."));
    }
    if let (true, Some(lines)) = (request.restock, &request.lines) {
        restock(tx, &mut order, lines)?;
    }
    give_back(tx, &mut order, Giving { id: refund, amount, lines, reason: request.reason.clone() })?;
    tx.audit("order.refund", order.head.id.to_string(), order.money(amount).to_string());
    fulfil::close_when_done(tx, &mut order);
    pay::settle(tx, &mut order)?;
    let view = order.refunds.last().map(|r| order.refund_view(r));
    let response = contracts::ledger::StoredResponse {
        status: 201,
        location: Some(format!("/api/v1/orders/{id}")),
        body: json_bytes(&view),
    };
    tx.put_order(order);
    Ok(Reply::Response { response, replayed: false })
}

/// Money on its way back.
pub(super) struct Giving {
    pub id: RefundId,
    /// In minor units; not more than is refundable.
    pub amount: i64,
    pub lines: Vec<RefundedLine>,
    pub reason: String,
}

/// Makes the row of a refund, with the share of every tender. What goes back to gift cards does so now; that is returned.
pub(super) fn give_back(tx: &mut Tx<'_>, order: &mut Order, giving: Giving) -> Result<i64, Failure> {
    let Giving { id, amount, lines, reason } = giving;
    let to_cards = card_share(order, amount)?;
    voucher::credit(tx, order, to_cards);
    let by_provider = amount - to_cards;
    order.refunds.push(Refund {
        id,
        // Nothing is left for the provider to do when all of it went back to gift cards.
        state: if by_provider == 0 { RefundState::Succeeded } else { RefundState::Pending },
        amount_minor: amount,
        gift_card_minor: to_cards,
        lines,
        reason,
        at: tx.now,
    });
    order.payment.refund_pending_minor += by_provider;
    let mut told = json!({ "refund_id": id, "amount_minor": amount, "currency": order.head.currency });
    if to_cards > 0 {
        told["gift_card_minor"] = json!(to_cards);
    }
    tx.order_event(order, "order.refund_requested", told.clone());
    if by_provider == 0 {
        tx.order_event(order, "order.refunded", told);
    }
    Ok(to_cards)
}

/// What is to be given back, in minor units, and of which lines.
fn amount(order: &mut Order, request: &RefundRequest) -> Result<(i64, Vec<RefundedLine>), Failure> {
    match (&request.amount, &request.lines) {
        (Some(_), Some(_)) => {
            Err(Failure::field("/amount", "amount_or_lines", "Give either an amount or lines, not both."))
        }
        (Some(amount), None) if amount.currency != order.head.currency => Err(Failure::field(
            "/amount/currency",
            "wrong_currency",
            format!("This order is in {}.", order.head.currency),
        )),
        (Some(amount), None) if amount.amount_minor <= 0 => {
            Err(Failure::field("/amount/amount_minor", "too_small", "Refund a positive amount."))
        }
        (Some(amount), None) => Ok((amount.amount_minor, Vec::new())),
        (None, Some(lines)) => {
            named_lines(order, lines)?;
            let mut sum = 0_i64;
            let mut refunded = Vec::with_capacity(lines.len());
            for (i, asked) in lines.iter().enumerate() {
                let amount_minor = line_amount(order, i, asked)?;
                sum = sum
                    .checked_add(amount_minor)
                    .ok_or_else(|| Failure::invalid("amount_too_large", "The amount is too large."))?;
                refunded.push(RefundedLine { line: asked.line, quantity: asked.quantity, amount_minor });
            }
            Ok((sum, refunded))
        }
        (None, None) => Ok((order.refundable(), Vec::new())),
    }
}

/// The part of `amount` that goes back to gift cards.
fn card_share(order: &Order, amount: i64) -> Result<i64, Failure> {
    let (credited, left) = (order.gift_card_credited(), order.gift_card_left());
    if left == 0 {
        return Ok(0);
    }
    let p = &order.payment;
    if planted(Mutant::RefundIgnoresGiftCards) {
        return Ok((amount - p.refundable()).clamp(0, left));
    }
    let cards = i128::from(credited) + i128::from(left);
    let after = i128::from(credited) + i128::from(p.refunded_minor + p.refund_pending_minor) + i128::from(amount);
    let target = div_round(after * cards, cards + i128::from(p.captured_minor))
        .map_err(|_| Failure::invalid("amount_too_large", "The amount is too large."))?;
    // A dispute or a refund that failed can leave the provider less than its share, or more.
    let least = (amount - p.refundable()).max(0);
    Ok((target - credited).clamp(least, amount.min(left).max(least)))
}

/// The price of `asked.quantity` more units of a line: the share of all units given back after this, less what was
/// given back before. So any way of splitting a full refund gives back exactly the line's total.
fn line_amount(order: &mut Order, i: usize, asked: &LineQuantity) -> Result<i64, Failure> {
    let (named, given) = order.refunded_of(asked.line);
    let line = line_mut(order, asked.line)?;
    let left = line.quantity - line.refunded;
    if asked.quantity > left {
        let detail = format!("Only {left} units of this line can still be refunded.");
        return Err(Failure::field(format!("/lines/{i}/quantity"), "too_large", detail));
    }
    let share = |units: u32| {
        div_round(i128::from(line.total_minor) * i128::from(units), i128::from(line.quantity))
            .map_err(|_| Failure::invalid("amount_too_large", "The amount is too large."))
    };
    let amount = if planted(Mutant::RoundingPerUnit) {
        share(1)? * i64::from(asked.quantity)
    } else {
        // Refunds of old do not say what they gave for which line.
        let given = given + share(line.refunded.saturating_sub(named))?;
        (share(line.refunded + asked.quantity)? - given).max(0)
    };
    line.refunded += asked.quantity;
    Ok(amount)
}

/// Frees the units of a refund that failed. What its gift cards have got stays given for its lines.
pub(super) fn free_lines(order: &mut Order, id: RefundId) {
    let Some(refund) = order.refunds.iter_mut().find(|r| r.id == id) else { return };
    let amounts: Vec<i64> = refund.lines.iter().map(|l| l.amount_minor).collect();
    let kept = Money::new(refund.gift_card_minor, order.head.currency).allocate(&amounts).unwrap_or_default();
    for (i, named) in refund.lines.iter_mut().enumerate() {
        if let Some(line) = order.lines.iter_mut().find(|l| l.line == named.line) {
            line.refunded = line.refunded.saturating_sub(named.quantity);
        }
        named.quantity = 0;
        named.amount_minor = kept.get(i).map_or(0, |part| part.amount_minor);
    }
}

pub(super) fn line_mut(order: &mut Order, line: u32) -> Result<&mut Line, Failure> {
    order.lines.iter_mut().find(|l| l.line == line).ok_or_else(|| Failure::not_found("line"))
}

/// Puts refunded units back: those not shipped are taken off the order, those shipped are counted as returned.
fn restock(tx: &mut Tx<'_>, order: &mut Order, lines: &[LineQuantity]) -> Result<(), Failure> {
    for asked in lines {
        let line = line_mut(order, asked.line)?;
        let off = line.open().min(asked.quantity);
        let back = (asked.quantity - off).min(line.shipped - line.returned);
        line.cancelled += off;
        line.returned += back;
        let line = line.clone();
        for (sku, units) in order.goods(&line, off) {
            uncommit(tx, order, &sku, units)?;
        }
        if back > 0 {
            fulfil::back_on_shelf(tx, order, &line, back)?;
        }
    }
    Ok(())
}

/// Takes `units` of `sku` off what the order waits for, and then off its commitments.
pub(super) fn uncommit(tx: &mut Tx<'_>, order: &mut Order, sku: &kernel::Sku, mut units: i64) -> Result<(), Failure> {
    let number = order.head.number;
    let awaited = order.backordered(sku).min(units);
    if awaited > 0 {
        tx.wait_less(order, sku, awaited);
        units -= awaited;
    }
    for hold in order.holds.iter_mut().filter(|h| h.sku == *sku && h.state == HoldState::Committed) {
        let taken = hold.quantity.min(units);
        if taken == 0 {
            continue;
        }
        units -= taken;
        hold.quantity -= taken;
        let location = hold.location.clone();
        if hold.quantity == 0 {
            hold.state = HoldState::Released;
        }
        let delta = Delta { committed: -taken, ..Delta::default() };
        tx.move_stock(sku, &location, MovementKind::Uncommit, delta, Some(number), None)?;
    }
    Ok(())
}
