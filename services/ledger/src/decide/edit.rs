//! Edits: before anything is shipped, staff changes what an order is about. One command, all of it or nothing: stock goes
//! back and is taken, amounts are made anew, and what it costs less goes back to whoever paid.
//!
//! An edit never makes an order dearer: what was not paid for is not owed to anybody
//! (ADR 10).

use std::sync::Arc;

use contracts::cart::{MAX_LINES, MAX_QUANTITY};
use contracts::ledger::{AddedLine, LineQuantity, REASON_EDITED};
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, Money, OrderId, RefundId};
use serde_json::json;

use super::place::{out_of_stock, tell_backorders};
use super::refund::{Giving, give_back, uncommit};
use super::tx::{self, Tx};
use super::{Reply, pay, voucher};
use crate::order::edit::{Edit, EditedLine, adds_up, edited, tax_included};
use crate::order::{Attempt, Frozen, HoldState, Line, Order, Phase};
use crate::state::ContactRow;

/// The most edits of one order, and the most lines that one edit adds.
const MAX_EDITS: usize = 50;
const MAX_ADDED: usize = 20;

/// What an edit asks for; its address is sealed already.
#[derive(Clone, Debug)]
pub struct EditCommand {
    pub lines: Vec<LineQuantity>,
    pub added: Vec<AddedLine>,
    pub sealed_contact: Option<Vec<u8>>,
    pub expected_total: Option<Money>,
    pub reason: String,
}

pub(super) fn edit(tx: &mut Tx<'_>, id: OrderId, refund: RefundId, asked: &EditCommand) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    may_be_edited(&order)?;
    let quantities = quantities(&order, asked)?;
    let frozen = priced(&order, &quantities, asked)?;
    let less = cheaper_by(&order, &frozen, asked)?;
    let mut done = Edit {
        at: tx.now,
        reason: asked.reason.clone(),
        lines: changed_lines(&order, &quantities, asked),
        address_changed: asked.sealed_contact.is_some(),
        total_before_minor: order.frozen.totals.total.amount_minor,
        total_minor: frozen.totals.total.amount_minor,
        gift_card_minor: 0,
        provider_minor: 0,
        refund: (less > 0).then_some(refund),
    };
    move_goods(tx, &mut order, frozen, &done.lines)?;
    if let Some(sealed) = &asked.sealed_contact {
        let (store, person) = (tx.store(), order.head.person);
        tx.effects.contacts.push(ContactRow { store, order: order.head.number, person, sealed: sealed.clone() });
    }
    tell(tx, &mut order, &done);
    if planted(Mutant::EditFreesPromotion) {
        voucher::release_promotions(tx, &order);
    }
    if less > 0 {
        let reason = REASON_EDITED.to_owned();
        let to_cards = give_back(tx, &mut order, Giving { id: refund, amount: less, lines: Vec::new(), reason })?;
        (done.gift_card_minor, done.provider_minor) = (to_cards, less - to_cards);
    }
    settle_totals(&mut order, done)?;
    tell_backorders_of(tx, &mut order);
    pay::settle(tx, &mut order)?;
    let response = order.answer(201);
    tx.put_order(order);
    Ok(Reply::Response { response, replayed: false })
}

fn may_be_edited(order: &Order) -> Result<(), Failure> {
    if order.lines.iter().any(|l| l.shipped > 0) && !planted(Mutant::EditAfterShipment) {
        let detail = "Part of this order was shipped, so it cannot be changed. Refund or return what is wrong.";
        return Err(Failure::conflict("already_shipped", detail));
    }
    if order.head.phase != Phase::Confirmed {
        return Err(Failure::conflict("not_editable", "Only a confirmed order with open units can be changed."));
    }
    if order.frozen.edits.len() >= MAX_EDITS {
        let detail = format!("An order is changed at most {MAX_EDITS} times. Cancel it and place another.");
        return Err(Failure::conflict("too_many_edits", detail));
    }
    Ok(())
}

/// The quantity of each line after the edit.
fn quantities(order: &Order, asked: &EditCommand) -> Result<Vec<u32>, Failure> {
    if asked.reason.trim().is_empty() || asked.reason.chars().count() > 500 {
        return Err(Failure::field("/reason", "invalid_length", "Say why, in 1 to 500 characters."));
    }
    let mut quantities: Vec<u32> = order.lines.iter().map(|l| l.quantity).collect();
    for (i, wanted) in asked.lines.iter().enumerate() {
        let pointer = format!("/lines/{i}");
        if wanted.quantity > MAX_QUANTITY {
            let detail = format!("At most {MAX_QUANTITY} units of a line.");
            return Err(Failure::field(format!("{pointer}/quantity"), "too_large", detail));
        }
        let Some(at) = order.lines.iter().position(|l| l.line == wanted.line) else {
            return Err(Failure::field(format!("{pointer}/line"), "unknown_line", "The order has no such line."));
        };
        if asked.lines[..i].iter().any(|l| l.line == wanted.line) {
            return Err(Failure::field(format!("{pointer}/line"), "repeated_line", "Name each line once."));
        }
        let line = &order.lines[at];
        if line.quantity != wanted.quantity && (line.refunded > 0 || line.cancelled > 0) {
            let detail =
                format!("Units of line {} were refunded or taken off already. Refund the rest of it.", line.line);
            return Err(Failure::conflict("line_settled", detail).with_extra("line", json!(line.line)));
        }
        quantities[at] = wanted.quantity;
    }
    if asked.added.len() > MAX_ADDED || order.lines.len() + asked.added.len() > MAX_LINES {
        let detail = format!("An edit adds at most {MAX_ADDED} lines, and an order has at most {MAX_LINES}.");
        return Err(Failure::field("/add", "too_many", detail));
    }
    let same = order.lines.iter().zip(&quantities).all(|(line, quantity)| line.quantity == *quantity);
    if same && asked.added.is_empty() && asked.sealed_contact.is_none() {
        return Err(Failure::field("/lines", "nothing_changes", "Nothing would be different."));
    }
    let left = order.lines.iter().zip(&quantities).any(|(line, quantity)| *quantity > line.cancelled);
    if !left && asked.added.is_empty() {
        return Err(Failure::conflict("nothing_left", "Nothing would be left of the order. Cancel it instead."));
    }
    Ok(quantities)
}

fn priced(order: &Order, quantities: &[u32], asked: &EditCommand) -> Result<Frozen, Failure> {
    let included = tax_included(&order.frozen, &asked.added);
    for added in &asked.added {
        let line = &added.line;
        let base = i128::from(line.unit_minor) * i128::from(line.quantity) - i128::from(line.discount_minor);
        let tax = if included { 0 } else { i128::from(line.tax_minor) };
        let fine = (1..=MAX_QUANTITY).contains(&line.quantity)
            && line.unit_minor >= 0
            && line.discount_minor >= 0
            && line.tax_minor >= 0
            && base >= 0;
        if fine && line.tax_minor > 0 && added.tax_included != included {
            let detail = "The shop's prices no longer contain tax as those of this order do, or not yet. Sell it as an order of its own.";
            return Err(Failure::conflict("taxed_differently", detail));
        }
        if !fine || base + tax != i128::from(line.total_minor) {
            return Err(Failure::internal("the amounts of a line to be added do not add up"));
        }
    }
    edited(&order.frozen, order.head.currency, quantities, &asked.added)
        .map_err(|_| Failure::invalid("amount_too_large", "The amounts of this order would be too large."))
}

/// How much less the order costs after the edit.
fn cheaper_by(order: &Order, after: &Frozen, asked: &EditCommand) -> Result<i64, Failure> {
    let (before, total) = (order.frozen.totals.total, after.totals.total);
    if asked.expected_total.is_some_and(|expected| expected != total) {
        let detail = format!("The order would cost {total}. Look at the new total, then change the order.");
        return Err(Failure::conflict("price_changed", detail).with_extra("total", json!(total)));
    }
    let less = before.amount_minor - total.amount_minor;
    if less < 0 {
        let more = order.money(-less);
        let detail = format!(
            "The order would cost {more} more than was paid. Take something else off, lower a price, or sell it as an order of its own."
        );
        return Err(Failure::conflict("needs_payment", detail).with_extra("missing", json!(more)));
    }
    if less > 0 && order.payment.state == Attempt::Authorised && order.payment.captured_minor == 0 {
        let mut failure = Failure::conflict("payment_open", "The payment is being collected. Try again in a moment.");
        failure.retry_after_s = Some(1);
        return Err(failure);
    }
    let refundable = order.refundable();
    if less > refundable && !planted(Mutant::EditRefundsTooMuch) {
        let detail = format!(
            "The order would cost {} less, and at most {} can still be refunded.",
            order.money(less),
            order.money(refundable)
        );
        return Err(Failure::conflict("refund_exceeds_captured", detail)
            .with_extra("refundable", json!(order.money(refundable))));
    }
    Ok(less)
}

fn changed_lines(order: &Order, quantities: &[u32], asked: &EditCommand) -> Vec<EditedLine> {
    let changed = order.lines.iter().zip(quantities).filter(|(line, after)| line.quantity != **after);
    let changed =
        changed.map(|(l, after)| EditedLine { line: l.line, sku: l.sku.clone(), before: l.quantity, after: *after });
    let last = order.lines.last().map_or(0, |l| l.line);
    let added = asked.added.iter().zip(last + 1..);
    let added = added.map(|(a, line)| EditedLine { line, sku: a.line.sku.clone(), before: 0, after: a.line.quantity });
    changed.chain(added).collect()
}

/// Gives back the stock that is no longer wanted, and then takes what is.
fn move_goods(tx: &mut Tx<'_>, order: &mut Order, mut frozen: Frozen, lines: &[EditedLine]) -> Result<(), Failure> {
    let known = order.lines.len();
    for added in lines.iter().filter(|l| l.line as usize > known) {
        let components = tx.rule(&added.sku).map(|r| r.components).unwrap_or_default();
        if !components.is_empty() {
            frozen.bundles.insert(added.line, components);
        }
        let (line, sku, quantity) = (added.line, added.sku.clone(), 0);
        let (shipped, cancelled, returned, refunded) = (0, 0, 0, 0);
        order.lines.push(Line { line, sku, quantity, total_minor: 0, shipped, cancelled, returned, refunded });
    }
    order.frozen = Arc::new(frozen);
    let mut wanted = Vec::new();
    for changed in lines {
        let at = changed.line as usize - 1;
        let total_minor = order.frozen.lines[at].total_minor;
        let line = &mut order.lines[at];
        (line.quantity, line.total_minor) = (changed.after, total_minor);
        let line = line.clone();
        wanted.extend(order.goods(&line, changed.after.saturating_sub(changed.before)));
        let fewer = changed.before.saturating_sub(changed.after);
        let goods = match planted(Mutant::EditForgetsBundle) {
            true => vec![(line.sku.clone(), i64::from(fewer))],
            false => order.goods(&line, fewer),
        };
        for (sku, units) in goods {
            uncommit(tx, order, &sku, units)?;
            if planted(Mutant::EditFreesTwice) {
                uncommit(tx, order, &sku, units)?;
            }
        }
    }
    wanted.retain(|(_, units)| *units > 0 && !planted(Mutant::EditTakesNothing));
    let wanted = tx::summed(wanted.into_iter());
    match tx.take(&wanted, HoldState::Committed, order.head.number)? {
        Ok((holds, backorders)) => {
            order.holds.extend(holds);
            for more in backorders {
                match order.backorders.iter_mut().find(|b| b.sku == more.sku) {
                    Some(known) => known.quantity += more.quantity,
                    None => order.backorders.push(more),
                }
            }
            Ok(())
        }
        Err(short) => Err(out_of_stock(order, &short)),
    }
}

fn tell(tx: &mut Tx<'_>, order: &mut Order, done: &Edit) {
    let mut data = json!({
        "lines": done.lines,
        "address_changed": done.address_changed,
        "reason": done.reason,
        "total_before_minor": done.total_before_minor,
        "total_minor": done.total_minor,
        "currency": order.head.currency,
    });
    if let Some(refund) = done.refund {
        data["refund_id"] = json!(refund);
    }
    tx.order_event(order, "order.edited", data);
    let (before, after) = (order.money(done.total_before_minor), order.money(done.total_minor));
    tx.audit("order.edit", order.head.id.to_string(), format!("{before} -> {after}: {}", done.reason));
}

/// What is left of the totals for gift cards and provider, and the edit among those of the order.
fn settle_totals(order: &mut Order, done: Edit) -> Result<(), Failure> {
    let mut frozen = Frozen::clone(&order.frozen);
    frozen.totals.gift_card.amount_minor -= done.gift_card_minor;
    frozen.totals.due.amount_minor -= done.provider_minor;
    frozen.edits.push(done);
    if !adds_up(&frozen) {
        return Err(Failure::internal(format!(
            "the amounts of order {} would not add up after an edit",
            order.head.id
        )));
    }
    order.frozen = Arc::new(frozen);
    Ok(())
}

fn tell_backorders_of(tx: &mut Tx<'_>, order: &mut Order) {
    let before = tx.state.order(tx.store(), order.head.id).map(|o| o.backorders.clone()).unwrap_or_default();
    let more =
        order.backorders.iter().any(|b| before.iter().find(|k| k.sku == b.sku).is_none_or(|k| k.quantity < b.quantity));
    if more {
        tell_backorders(tx, order);
    }
}
