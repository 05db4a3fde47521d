//! Placing: the order exists, with its stock held, before any money moves.

use std::sync::Arc;

use contracts::checkout::Totals;
use contracts::ledger::{LineQuantity, StockQuantity};
use contracts::saga::{Next, PlaceCommand, Progress};
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, Timestamp};
use serde_json::json;

use super::tx::{self, Tx};
use super::{Reply, cancel, order_keys, pay, voucher};
use crate::order::{Attempt, Frozen, Head, HoldState, Line, Order, Payment, Phase};
use crate::state::{ContactRow, Keys, Person, State};

/// How long the first call to the provider may take before the saga asks what became of it.
pub(super) const FIRST_LOOK_MS: i64 = 10_000;

pub(super) fn keys(state: &State, command: &PlaceCommand, keys: &mut Keys) {
    let store = command.store;
    order_keys(state, store, command.order, keys);
    keys.carts.insert((store, command.cart));
    if let Some(orders) = state.carts.get(&(store, command.cart)) {
        for id in orders.values() {
            order_keys(state, store, *id, keys);
        }
    }
    keys.skus.extend(command.lines.iter().map(|l| (store, l.sku.clone())));
    for code in &command.coupons {
        keys.coupons.insert((store, code.clone()));
        keys.coupons.extend(command.customers.iter().map(|customer| (store, voucher::counter(code, customer))));
    }
    keys.gift_cards.extend(command.gift_cards.iter().map(|g| (store, g.code_hash)));
}

pub(super) fn place(tx: &mut Tx<'_>, command: &PlaceCommand) -> Result<Reply, Failure> {
    check(command)?;
    if let Some(reply) = settle_earlier_orders(tx, command)? {
        return Ok(reply);
    }
    if tx.state.orders.contains_key(&command.order) {
        return Err(Failure::conflict("already_ordered", "This request already made an order."));
    }
    tx.effects.numbers += 1;
    let number = tx.state.meta.last_number + tx.effects.numbers;
    let coupons = voucher::use_coupons(tx, &command.coupons, &command.customers, number)?;
    voucher::pay_by_gift_cards(tx, &command.gift_cards, command.currency, number)?;
    let mut order = new_order(tx, command, number, coupons);
    let wanted = tx::summed(order.lines.iter().flat_map(|l| order.goods(l, l.quantity)));
    (order.holds, order.backorders) = match tx.take(&wanted, HoldState::Held, number)? {
        Ok(taken) => taken,
        Err(short) => return Err(out_of_stock(&order, &short)),
    };
    let lines: Vec<_> = command.lines.iter().map(|l| json!({ "sku": l.sku, "quantity": l.quantity })).collect();
    let due = command.totals.due;
    let data =
        json!({ "cart_id": command.cart, "lines": lines, "amount_minor": due.amount_minor, "currency": due.currency });
    tx.order_event(&mut order, "order.created", data);
    tell_backorders(tx, &mut order);
    if planted(Mutant::EventBeforeCertainty) {
        pay::tell_placed(tx, &mut order);
    }
    let person = &command.person;
    let store = tx.store();
    tx.effects.people.push(Person { store, id: person.id, wrapped_key: Some(person.wrapped_key.clone()) });
    tx.effects.contacts.push(ContactRow {
        store,
        order: number,
        person: person.id,
        sealed: person.sealed_contact.clone(),
    });
    if due.amount_minor == 0 {
        order.payment.state = Attempt::None;
        pay::confirm(tx, &mut order)?;
        pay::settle(tx, &mut order)?;
    }
    let next = if order.head.phase == Phase::Placing { order.authorise() } else { Next::Done };
    let response = order.placing_answer();
    let id = order.head.id;
    tx.put_order(order);
    Ok(Reply::Progress(Progress { order: id, next, response, replayed: false }))
}

/// Looks at the other orders of the cart. A declined one gives way, with its stock; one for the very same content
/// that is undecided or done is the answer itself (invariant I3).
fn settle_earlier_orders(tx: &mut Tx<'_>, command: &PlaceCommand) -> Result<Option<Reply>, Failure> {
    let Some(earlier) = tx.state.carts.get(&(command.store, command.cart)).cloned() else { return Ok(None) };
    for (version, id) in earlier {
        let mut order = tx.order(id)?;
        match order.head.phase {
            Phase::Declined => {
                if planted(Mutant::OwnHoldBlocksRetry) {
                    order.head.phase = Phase::Cancelled;
                    order.head.due_at = None;
                } else {
                    cancel::begin(tx, &mut order, "superseded")?;
                }
                tx.put_order(order);
            }
            _ if version != command.cart_version => {}
            Phase::Placing => {
                let mut failure = Failure::conflict(
                    "request_in_progress",
                    "An order of this cart is being placed right now. Try again in a moment.",
                );
                failure.retry_after_s = Some(1);
                return Err(failure);
            }
            Phase::Unknown | Phase::RequiresAction => {
                let response = order.placing_answer();
                return Ok(Some(Reply::Progress(Progress {
                    order: id,
                    next: order.next(),
                    response,
                    replayed: false,
                })));
            }
            Phase::Confirmed | Phase::Closed => {
                return Err(Failure::conflict("already_ordered", "This cart was ordered already.")
                    .with_extra("order_id", json!(id)));
            }
            Phase::Cancelling | Phase::Cancelled => {}
        }
    }
    Ok(None)
}

/// Tells what an order waits for, when it waits.
pub(super) fn tell_backorders(tx: &mut Tx<'_>, order: &mut Order) {
    if order.backorders.is_empty() {
        return;
    }
    let lines: Vec<_> = order.backorders.iter().map(|b| json!({ "sku": b.sku, "quantity": b.quantity })).collect();
    tx.order_event(order, "order.backordered", json!({ "lines": lines }));
}

/// The 409 that names what is short and what is left of it. Of bundles it names the bundle, since that is in the cart.
pub(super) fn out_of_stock(order: &Order, short: &tx::Short) -> Failure {
    let mut lines = Vec::new();
    for (sku, requested, available) in short {
        if order.lines.iter().any(|l| l.sku == *sku) {
            lines.push(json!({ "sku": sku, "requested": requested, "available": available }));
        }
        for line in &order.lines {
            let parts = order.frozen.bundles.get(&line.line).into_iter().flatten();
            for part in parts.filter(|p| p.sku == *sku) {
                let left = available / part.quantity.max(1);
                lines.push(json!({ "sku": line.sku, "requested": line.quantity, "available": left }));
            }
        }
    }
    Failure::conflict(
        "out_of_stock",
        "Some of the goods are no longer available in this quantity. Nothing was charged.",
    )
    .with_extra("lines", json!(lines))
}

fn new_order(tx: &Tx<'_>, command: &PlaceCommand, number: i64, coupons: Vec<String>) -> Order {
    let now = tx.now;
    let lines = command.lines.iter().zip(1..).map(|(l, line)| Line {
        line,
        sku: l.sku.clone(),
        quantity: l.quantity,
        total_minor: l.total_minor,
        shipped: 0,
        cancelled: 0,
        returned: 0,
        refunded: 0,
    });
    Order {
        head: head(tx, command, number, now),
        lines: lines.collect(),
        holds: Vec::new(),
        backorders: Vec::new(),
        payment: Payment {
            provider: command.provider.clone(),
            attempt: 1,
            state: Attempt::Sent,
            token: Some(command.token.expose().clone()),
            return_url: command.return_url.clone(),
            reference: None,
            action_url: None,
            decline_code: None,
            amount_minor: command.totals.due.amount_minor,
            authorised_minor: 0,
            captured_minor: 0,
            refund_pending_minor: 0,
            refunded_minor: 0,
            disputed_minor: 0,
            revision: 0,
            tries: 0,
        },
        refunds: Vec::new(),
        shipments: Vec::new(),
        returns: Vec::new(),
        frozen: Arc::new(Frozen {
            lines: command.lines.clone(),
            discounts: command.discounts.clone(),
            tax_lines: command.tax_lines.clone(),
            shipping_option: command.shipping_option.clone(),
            shipping_name: command.shipping_name.clone(),
            totals: command.totals.clone(),
            coupons,
            gift_cards: command.gift_cards.iter().map(|g| (tx::hex(&g.code_hash), g.amount_minor)).collect(),
            bundles: bundles(tx, command),
            edits: Vec::new(),
        }),
    }
}

/// What the lines that are bundles are made of.
fn bundles(tx: &Tx<'_>, command: &PlaceCommand) -> std::collections::BTreeMap<u32, Vec<StockQuantity>> {
    let rules = command.lines.iter().zip(1..).filter_map(|(l, line)| Some((line, tx.rule(&l.sku)?.components)));
    rules.filter(|(_, components)| !components.is_empty()).collect()
}

fn head(tx: &Tx<'_>, command: &PlaceCommand, number: i64, now: Timestamp) -> Head {
    Head {
        id: command.order,
        store: command.store,
        number,
        phase: Phase::Placing,
        cart: command.cart,
        cart_version: command.cart_version,
        person: command.person.id,
        currency: command.currency,
        placed_at: now,
        updated_at: now,
        due_at: Some(now.plus_millis(FIRST_LOOK_MS)),
        hold_until: now.plus_millis(command.hold_ms),
        extended: false,
        event_seq: 0,
        answer_to: tx.envelope.idempotency.map(|i| i.key),
        cancel_reason: None,
        request_id: tx.envelope.actor.request_id.clone(),
    }
}

/// Invariant I6 on what is to be frozen: components not negative, sums exact. The quote guarantees it; the ledger does
/// not take the quote's word for it.
fn check(command: &PlaceCommand) -> Result<(), Failure> {
    let Totals { items, discount, shipping, tax, tax_added, total, gift_card, due } = &command.totals;
    let all = [items, discount, shipping, tax, tax_added, total, gift_card, due];
    let wide = |m: &kernel::Money| i128::from(m.amount_minor);
    let currency_fits = all.iter().all(|m| m.currency == command.currency);
    let not_negative = all.iter().all(|m| m.amount_minor >= 0);
    let sums = wide(items) - wide(discount) + wide(shipping) + wide(tax_added) == wide(total)
        && wide(total) - wide(gift_card) == wide(due)
        && wide(tax_added) <= wide(tax);
    let line_items: i128 = command.lines.iter().map(|l| i128::from(l.unit_minor) * i128::from(l.quantity)).sum();
    let line_discounts: i128 = command.lines.iter().map(|l| i128::from(l.discount_minor)).sum();
    let cards: i128 = command.gift_cards.iter().map(|g| i128::from(g.amount_minor)).sum();
    let lines_fit = line_items == wide(items) && line_discounts == wide(discount) && cards == wide(gift_card);
    if command.lines.is_empty() {
        return Err(Failure::conflict("cart_empty", "There is nothing in this cart."));
    }
    if command.lines.iter().any(|l| l.quantity == 0 || l.unit_minor < 0 || l.discount_minor < 0 || l.total_minor < 0) {
        return Err(Failure::invalid("invalid_line", "A line of this order has no quantity or a negative amount."));
    }
    if !(currency_fits && not_negative && sums && lines_fit) {
        return Err(Failure::internal("the totals of an order to be placed do not add up"));
    }
    Ok(())
}

/// Named lines, checked against the order's: known, each once, at least one unit.
pub(super) fn named_lines(order: &Order, lines: &[LineQuantity]) -> Result<(), Failure> {
    if lines.is_empty() {
        return Err(Failure::field("/lines", "required", "Name at least one line."));
    }
    for (i, asked) in lines.iter().enumerate() {
        let pointer = format!("/lines/{i}");
        if asked.quantity == 0 {
            return Err(Failure::field(format!("{pointer}/quantity"), "too_small", "At least one unit."));
        }
        if !order.lines.iter().any(|l| l.line == asked.line) {
            return Err(Failure::field(format!("{pointer}/line"), "unknown_line", "The order has no such line."));
        }
        if lines[..i].iter().any(|l| l.line == asked.line) {
            return Err(Failure::field(format!("{pointer}/line"), "repeated_line", "Name each line once."));
        }
    }
    Ok(())
}
