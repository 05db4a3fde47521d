//! I2, I6 and I7 of orders that were edited: every amount is made anew from what was placed and what the edits say they did,
//! by the rules of ADR 10, and compared with what the order says it is.

use std::collections::{BTreeMap, BTreeSet};

use kernel::money::div_round;
use kernel::{Currency, Money, Rate};
use ledger::engine::memory::Tables;
use ledger::order::{Frozen, Order, Phase};

use super::super::world::{STORE, World};

pub fn check(world: &World, tables: &Tables) {
    let placed_as = world.placed_as.lock().clone();
    for order in tables.orders.values() {
        promotions_stay_used(world, tables, order);
        if let Some(placed) = placed_as.get(&order.head.id).filter(|_| !order.frozen.edits.is_empty()) {
            lines_follow(world, order, placed);
            totals_follow(world, order, placed);
            money_follows(world, order, placed);
        }
    }
    nothing_changes_once_shipped(world, tables);
}

/// A line as the edits make it.
#[derive(Debug, PartialEq)]
struct Side {
    quantity: u32,
    unit: i64,
    discount: i64,
    tax: i64,
    rate: Rate,
}

impl Side {
    /// Prices of the simulated shop contain their taxes.
    fn total(&self) -> i64 {
        self.unit * i64::from(self.quantity) - self.discount
    }

    fn tax_on(&self, amount: i64) -> i64 {
        Money::new(amount, Currency::EUR).included_share(self.rate).map_or(0, |tax| tax.amount_minor)
    }

    fn resize(&mut self, quantity: u32) {
        let before = self.total();
        if quantity < self.quantity {
            let share = i128::from(self.discount) * i128::from(quantity);
            self.discount = div_round(share, i128::from(self.quantity)).unwrap_or(0);
        }
        self.quantity = quantity;
        self.tax = if before > 0 {
            div_round(i128::from(self.tax) * i128::from(self.total()), i128::from(before)).unwrap_or(0)
        } else {
            self.tax_on(self.total())
        };
    }
}

/// I6: a line keeps its price and its rate, its discount goes with its units, and no other line changes.
fn lines_follow(world: &World, order: &Order, placed: &Frozen) {
    let side = |l: &contracts::saga::PlacedLine| Side {
        quantity: l.quantity,
        unit: l.unit_minor,
        discount: l.discount_minor,
        tax: l.tax_minor,
        rate: l.tax_rate.unwrap_or(Rate::ZERO),
    };
    let mut expected: Vec<Side> = placed.lines.iter().map(side).collect();
    for changed in order.frozen.edits.iter().flat_map(|e| &e.lines) {
        let at = changed.line as usize - 1;
        if at >= expected.len() {
            let Some(added) = order.frozen.lines.get(at).map(side) else { continue };
            let mut added = Side { quantity: changed.after, discount: 0, ..added };
            added.tax = added.tax_on(added.total());
            expected.push(added);
            continue;
        }
        if expected[at].quantity != changed.before {
            world.violation(format!("I6: an edit of order {} began with other units", order.head.number));
        }
        expected[at].resize(changed.after);
    }
    for (line, (expected, is)) in (1..).zip(expected.iter().zip(order.frozen.lines.iter().map(side))) {
        if *expected != is || order.lines.get(line - 1).is_none_or(|l| l.total_minor != expected.total()) {
            world.violation(format!("I6: line {line} of order {} is {is:?}, not {expected:?}", order.head.number));
        }
    }
    if expected.len() != order.lines.len() {
        world.violation(format!("I6: order {} has lines that no edit added", order.head.number));
    }
}

/// I6: the total is the sum of its parts, each edit begins where the one before ended, and none makes an order dearer.
fn totals_follow(world: &World, order: &Order, placed: &Frozen) {
    let (number, totals) = (order.head.number, &order.frozen.totals);
    let lines: i64 = order.frozen.lines.iter().map(|l| l.total_minor).sum();
    let shipping = placed.totals.shipping.amount_minor;
    if totals.total.amount_minor != lines + shipping || totals.shipping != placed.totals.shipping {
        world.violation(format!(
            "I6: edited order {number} costs {} for lines of {lines} and delivery of {shipping}",
            totals.total.amount_minor
        ));
    }
    let tax: i64 = order.frozen.lines.iter().map(|l| l.tax_minor).sum();
    let of_lines: i64 = placed.lines.iter().map(|l| l.tax_minor).sum();
    if totals.tax.amount_minor - tax != placed.totals.tax.amount_minor - of_lines {
        world.violation(format!("I6: the taxes of edited order {number} are not those of its lines"));
    }
    let mut before = placed.totals.total.amount_minor;
    for edit in &order.frozen.edits {
        if edit.total_before_minor != before || edit.total_minor > before {
            world.violation(format!(
                "I6: an edit takes order {number} from {} to {}, it cost {before}",
                edit.total_before_minor, edit.total_minor
            ));
        }
        before = edit.total_minor;
    }
    if before != totals.total.amount_minor {
        world.violation(format!("I6: the last edit of order {number} says {before}, it costs {}", totals.total));
    }
}

/// I2: what an edit made cheaper is given back by one refund, to whoever paid, and what was collected is what is due and
/// what edits gave back.
fn money_follows(world: &World, order: &Order, placed: &Frozen) {
    let (number, frozen, mut refunds) = (order.head.number, &order.frozen, BTreeSet::new());
    for edit in &frozen.edits {
        let less = edit.total_before_minor - edit.total_minor;
        let found = order.refunds.iter().find(|r| Some(r.id) == edit.refund);
        let given = found.map_or((0, 0), |r| (r.amount_minor, r.gift_card_minor));
        let once = edit.refund.is_none_or(|id| refunds.insert(id));
        if given != (less, edit.gift_card_minor) || less != edit.gift_card_minor + edit.provider_minor || !once {
            world.violation(format!("I2: an edit made order {number} cheaper by {less} and gave back {given:?}"));
        }
    }
    let by_provider: i64 = frozen.edits.iter().map(|e| e.provider_minor).sum();
    let to_cards: i64 = frozen.edits.iter().map(|e| e.gift_card_minor).sum();
    let due = (frozen.totals.due.amount_minor + by_provider, frozen.totals.gift_card.amount_minor + to_cards);
    if due != (placed.totals.due.amount_minor, placed.totals.gift_card.amount_minor) {
        world.violation(format!("I2: order {number} was to be paid by {:?}, with its edits by {due:?}", placed.totals));
    }
    let captured = order.payment.captured_minor;
    let open = matches!(order.head.phase, Phase::Cancelling | Phase::Cancelled);
    let poisoned = *world.poisoned.lock() == Some(order.head.id);
    if !open && !poisoned && captured - by_provider != frozen.totals.due.amount_minor {
        world.violation(format!(
            "I2: {captured} of order {number} were collected, its edits gave back {by_provider}, {} are due",
            frozen.totals.due.amount_minor
        ));
    }
}

/// I7: an order that stands keeps its uses of promotions, once each, whatever was edited.
fn promotions_stay_used(world: &World, tables: &Tables, order: &Order) {
    if matches!(order.head.phase, Phase::Cancelling | Phase::Cancelled) {
        return;
    }
    for code in order.frozen.coupons.iter().filter(|code| tables.coupons.contains_key(&(STORE, (*code).clone()))) {
        let used = tables.coupon_uses.get(&(STORE, code.clone(), order.head.number));
        if !used.is_some_and(|used| used.active) {
            world.violation(format!("I7: order {} stands and has no use of {code} any more", order.head.number));
        }
    }
}

/// What is on its way is not changed any more.
fn nothing_changes_once_shipped(world: &World, tables: &Tables) {
    let mut shipped: BTreeMap<&str, u64> = BTreeMap::new();
    for event in tables.events.values() {
        match event.kind.as_str() {
            "order.shipped" => {
                shipped.entry(&event.aggregate).or_insert(event.aggregate_seq);
            }
            "order.edited" if shipped.get(event.aggregate.as_str()).is_some_and(|at| *at < event.aggregate_seq) => {
                world.violation(format!("{} was edited after part of it was shipped", event.aggregate));
            }
            _ => {}
        }
    }
}
