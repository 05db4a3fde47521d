//! What must hold: at every commit what a database would refuse, and at the end of every history everything else.

mod edits;
mod outlets;
mod parcels;
mod terms;

use std::collections::BTreeMap;
use std::sync::Arc;

use contracts::ledger::{Stock, StockRules};
use contracts::payment::ProviderStatus;
use kernel::mutant::any_planted;
use kernel::{Clock, OrderId, Sku};
use ledger::engine::memory::Tables;
use ledger::order::{Attempt, Order, Phase};
use ledger::state::Changes;
use payment::webhooks::order_of_key;

use super::world::{STORE, World};

/// With a replanted bug the simulated database has no constraints, as the platforms that have these bugs; so the
/// constraints are looked at here.
pub fn on_commit(world: &World, changes: &Changes) {
    if !any_planted() {
        return;
    }
    for level in changes.stock.values() {
        if level.on_hand < 0 || level.held < 0 || level.committed < 0 || level.available() < 0 {
            world.violation(format!("I1: {} has {} available", level.sku, level.available()));
        }
    }
    for (_, order) in changes.orders.values() {
        let p = &order.payment;
        let given = p.refunded_minor + p.refund_pending_minor + p.disputed_minor;
        if given > p.captured_minor || p.captured_minor > p.authorised_minor || p.refund_pending_minor < 0 {
            world.violation(format!("I2: order {} gives back {given} of {}", order.head.number, p.captured_minor));
        }
    }
    if changes.rules.values().any(|r| r.backordered < 0 || r.limit.is_some_and(|l| r.backordered > l)) {
        world.violation("I5: more of a SKU is owed than may be".to_owned());
    }
    if changes.coupons.values().any(|c| c.uses < 0 || c.limit.is_some_and(|l| c.uses > l)) {
        world.violation("I7: a coupon is used beyond its limit".to_owned());
    }
    if changes.gift_cards.values().any(|c| c.balance_minor < 0) {
        world.violation("I7: a gift card is overdrawn".to_owned());
    }
}

/// Remembers what was agreed on. Goods that arrive go to the order that has waited longest.
pub fn after_commit(world: &World, changes: &Changes, tables: &Tables) {
    for (id, (_, order)) in changes.orders.iter().filter(|(_, (before, _))| before.is_none()) {
        world.placed_as.lock().insert(*id, Arc::clone(&order.frozen));
    }
    let told = |kind: &str, order: &Order| {
        let aggregate = format!("order:{}", order.head.id);
        changes.events.iter().any(|e| e.kind == kind && e.aggregate == aggregate)
    };
    for event in changes.events.iter().filter(|e| e.kind == "order.backorder_filled") {
        let sku = event.data.get("sku").and_then(|s| s.as_str()).and_then(|s| Sku::new(s).ok());
        let served = tables.orders.values().find(|o| format!("order:{}", o.head.id) == event.aggregate);
        let (Some(sku), Some(served)) = (sku, served) else { continue };
        let waits = |o: &&Arc<Order>| o.head.number < served.head.number && o.backordered(&sku) > 0;
        // One that began to wait in this very commit may have done so after the goods were given away.
        if let Some(passed) = tables.orders.values().filter(waits).find(|o| !told("order.backordered", o)) {
            world.violation(format!(
                "I5: order {} was given {sku} although order {} has waited longer",
                served.head.number, passed.head.number
            ));
        }
    }
}

/// Everything, at the end of a healed history.
pub async fn check(world: &Arc<World>) {
    match ledger::doctor::check(&world.database, world.sim_clock.now()).await {
        Ok(reports) => {
            for report in reports {
                for found in report.violations {
                    // The poisoned order is stuck on purpose.
                    if report.id != "L1" {
                        world.violation(format!("{}: {}", report.id, found.detail));
                    }
                }
            }
        }
        Err(error) => world.violation(format!("the doctor cannot read: {error}")),
    }
    let tables = world.database.tables();
    shelves_say_what_is_so(world, &tables).await;
    everything_ends(world, &tables);
    money_is_where_it_belongs(world, &tables);
    promises_are_kept(world, &tables);
    events_tell_the_truth(world, &tables);
    keys_give_one_answer(world, &tables);
    vouchers_are_given_back(world, &tables);
    terms::check(world, &tables);
    edits::check(world, &tables);
    parcels::check(world, &tables);
}

/// What can only be said when mails and webhooks had their time.
pub async fn after_all(world: &Arc<World>) {
    outlets::check(world, &world.database.tables()).await;
}

fn healthy<'t>(world: &World, tables: &'t Tables) -> impl Iterator<Item = &'t Order> {
    let poisoned = *world.poisoned.lock();
    tables.orders.values().filter(move |o| Some(o.head.id) != poisoned).map(|o| o.as_ref())
}

/// L1: nothing is left hanging.
fn everything_ends(world: &World, tables: &Tables) {
    for order in healthy(world, tables) {
        let settled = match order.head.phase {
            Phase::Closed | Phase::Cancelled => true,
            Phase::Confirmed => {
                order.payment.state == Attempt::None || order.payment.captured_minor == order.payment.amount_minor
            }
            _ => false,
        };
        let pending = order.refunds.iter().any(|r| r.state == contracts::ledger::RefundState::Pending);
        if !settled || pending || order.head.due_at.is_some() {
            world.violation(format!(
                "L1: order {} ends {:?} with payment {:?}, due {:?}, refunds pending: {pending}",
                order.head.number, order.head.phase, order.payment.state, order.head.due_at
            ));
        }
    }
    if tables.parked.values().any(|p| !p.dead) {
        world.violation("L1: an event is still parked".to_owned());
    }
}

/// What was told last of a SKU is what is so: whether it can be bought, and whether only to be delivered later.
async fn shelves_say_what_is_so(world: &Arc<World>, tables: &Tables) {
    let ledger = &world.node().ledger;
    let (available, later) = match (ledger.all_available(STORE).await, ledger.all_backorderable(STORE).await) {
        (Ok(available), Ok(later)) => (available, later),
        (Err(error), _) | (_, Err(error)) => return world.violation(format!("the shelves cannot be read: {error}")),
    };
    let mut told: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for event in tables.events.values().filter(|e| e.kind == "stock.availability_changed") {
        let flag = |key: &str| event.data.get(key).and_then(serde_json::Value::as_bool);
        let Some(sku) = event.data.get("sku").and_then(|sku| sku.as_str()) else { continue };
        let entry = told.entry(sku).or_default();
        *entry = (flag("sku_available").unwrap_or(false), flag("backorder").unwrap_or(entry.1));
    }
    for (sku, (can, only_later)) in told {
        let is = available.iter().any(|known| known.as_str() == sku);
        let waits = is && later.iter().any(|(known, _)| known.as_str() == sku);
        if (can, can && only_later) != (is, waits) {
            world.violation(format!(
                "{sku} was told as available: {can}, later: {only_later}; it is available: {is}, later: {waits}"
            ));
        }
    }
}

/// I3 and I4: the provider's books and ours say the same.
fn money_is_where_it_belongs(world: &World, tables: &Tables) {
    let core = world.outside.core.lock();
    let mut charged: BTreeMap<OrderId, u32> = BTreeMap::new();
    for payment in core.payments() {
        let Some(order) = order_of_key(&payment.key).and_then(|id| tables.orders.get(&id)) else {
            world.violation(format!("I4: the provider has {} without an order", payment.key));
            continue;
        };
        if *world.poisoned.lock() == Some(order.head.id) {
            continue;
        }
        let kept = payment.captured_minor - payment.refunded_minor;
        let holds_money = payment.status == ProviderStatus::Authorised || kept > 0;
        if holds_money {
            *charged.entry(order.head.id).or_default() += 1;
        }
        if holds_money && matches!(order.head.phase, Phase::Cancelled | Phase::Cancelling | Phase::Declined) {
            world.violation(format!(
                "I4: order {} is {:?}, the provider keeps its money",
                order.head.number, order.head.phase
            ));
        }
        if payment.key == order.payment.key(order.head.id)
            && (payment.captured_minor, payment.refunded_minor)
                != (order.payment.captured_minor, order.payment.refunded_minor)
        {
            world.violation(format!(
                "I4: order {}: provider has captured {} and refunded {}, we say {} and {}",
                order.head.number,
                payment.captured_minor,
                payment.refunded_minor,
                order.payment.captured_minor,
                order.payment.refunded_minor
            ));
        }
    }
    for (order, count) in charged.into_iter().filter(|(_, count)| *count > 1) {
        world.violation(format!("I3: order {order} is charged {count} times"));
    }
}

/// What a client was promised stands, unless somebody asked to cancel it.
fn promises_are_kept(world: &World, tables: &Tables) {
    let cancelled = world.cancel_asked.lock();
    for (id, key) in world.acknowledged.lock().iter() {
        match tables.orders.get(id) {
            None => world.violation(format!("the acknowledged order of {key} is lost")),
            Some(order) => {
                let stands = matches!(order.head.phase, Phase::Confirmed | Phase::Closed);
                if !stands && !cancelled.contains(id) {
                    world.violation(format!(
                        "the acknowledged order {} of {key} is {:?}",
                        order.head.number, order.head.phase
                    ));
                }
            }
        }
    }
    for (id, sum) in world.line_refunds.lock().iter() {
        let total = tables.orders.get(id).and_then(|o| o.lines.first()).map_or(0, |l| l.total_minor);
        if *sum != total {
            world.violation(format!("I6: refunding a line of {total} unit by unit gives back {sum}"));
        }
    }
}

/// I9 and I10: one `order.placed` for every confirmed order and none for another, each counted once.
fn events_tell_the_truth(world: &World, tables: &Tables) {
    let mut placed: BTreeMap<&str, u32> = BTreeMap::new();
    let mut paid: BTreeMap<&str, u32> = BTreeMap::new();
    let mut sold: BTreeMap<Sku, i64> = BTreeMap::new();
    let dead: Vec<u64> = tables.parked.values().filter(|p| p.dead).map(|p| p.position).collect();
    for event in tables.events.values() {
        match event.kind.as_str() {
            "order.placed" => {
                *placed.entry(&event.aggregate).or_default() += 1;
                let lines = event.data.get("lines").and_then(|l| l.as_array()).cloned().unwrap_or_default();
                for line in lines.iter().filter(|_| !dead.contains(&event.position)) {
                    let sku = line.get("sku").and_then(|s| s.as_str()).and_then(|s| Sku::new(s).ok());
                    let units = line.get("quantity").and_then(serde_json::Value::as_i64).unwrap_or(0);
                    if let Some(sku) = sku {
                        *sold.entry(sku).or_default() += units;
                    }
                }
            }
            "order.edited" if !dead.contains(&event.position) => {
                for line in event.data.get("lines").and_then(|l| l.as_array()).into_iter().flatten() {
                    let sku = line.get("sku").and_then(|s| s.as_str()).and_then(|s| Sku::new(s).ok());
                    let units = |key: &str| line.get(key).and_then(serde_json::Value::as_i64).unwrap_or(0);
                    if let Some(sku) = sku {
                        *sold.entry(sku).or_default() += units("after") - units("before");
                    }
                }
            }
            "order.paid" => *paid.entry(&event.aggregate).or_default() += 1,
            _ => {}
        }
    }
    for order in tables.orders.values() {
        let name = format!("order:{}", order.head.id);
        let told = placed.get(name.as_str()).copied().unwrap_or(0);
        let confirmed = matches!(order.head.phase, Phase::Confirmed | Phase::Closed);
        let never = order.payment.authorised_minor == 0 && order.payment.amount_minor > 0;
        if told > 1 || (confirmed && told == 0) || (never && told > 0) {
            world.violation(format!(
                "I9: order {} ({:?}) was told as placed {told} times",
                order.head.number, order.head.phase
            ));
        }
        if paid.get(name.as_str()).copied().unwrap_or(0) > 1 {
            world.violation(format!("I9: order {} was told as paid more than once", order.head.number));
        }
    }
    for (sku, units) in sold {
        let counted = tables.sales.get(&(super::world::STORE, sku.clone())).map_or(0, |s| s.units);
        if counted != units {
            world.violation(format!("I10: {units} of {sku} were sold, the consumer counted {counted}"));
        }
    }
}

/// I11: the same key, the same answer, at most one order.
fn keys_give_one_answer(world: &World, tables: &Tables) {
    for (key, seen) in world.answers.lock().iter() {
        let Some(first) = seen.first() else { continue };
        if seen.iter().any(|s| s.status != first.status || s.body != first.body || s.order != first.order) {
            let statuses: Vec<u16> = seen.iter().map(|s| s.status).collect();
            world.violation(format!("I11: key {key} was answered differently: {statuses:?}"));
        }
        if seen.iter().any(|s| s.status >= 500) {
            world.violation(format!("I11: key {key} was answered with a stored failure"));
        }
    }
    let mut carts = BTreeMap::new();
    for order in tables.orders.values().filter(|o| !matches!(o.head.phase, Phase::Cancelled | Phase::Cancelling)) {
        if carts.insert((order.head.cart, order.head.cart_version), order.head.number).is_some() {
            world.violation(format!("I3: two orders stand for one version of cart {}", order.head.cart));
        }
    }
}

/// I7: a cancelled order keeps nothing of a gift card, another exactly what it paid and refunds did not give back.
fn vouchers_are_given_back(world: &World, tables: &Tables) {
    for order in healthy(world, tables).filter(|o| !o.frozen.gift_cards.is_empty()) {
        let entries = tables.gift_card_entries.iter().filter(|e| e.order == Some(order.head.number));
        let sum: i64 = entries.map(|e| e.delta_minor).sum();
        let cancelled = matches!(order.head.phase, Phase::Cancelled | Phase::Cancelling);
        if sum != if cancelled { 0 } else { -order.gift_card_left() } {
            world.violation(format!(
                "I7: order {} ({:?}) moved {sum} of a gift card",
                order.head.number, order.head.phase
            ));
        }
    }
}
