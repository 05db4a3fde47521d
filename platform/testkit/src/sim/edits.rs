//! Orders are changed before they are shipped: units go, goods are exchanged, the parcel goes elsewhere. Often somebody
//! else ships, refunds, cancels or changes the same order at that very moment.

use std::sync::Arc;

use contracts::ledger::{AddLine, EditRequest, LineQuantity, OrderEdits};
use kernel::{Currency, Money, OrderId, Sku};
use ledger::order::{Order, Phase};

use super::merchant::{any_sku, ask, comes_around, merchant, refund_some, ship};
use super::people;
use super::shopper::{cancel, idempotency};
use super::world::{STORE, World};

/// Changes some order that stands. Most of these were not shipped, and some are not yet paid.
pub async fn edit(world: &Arc<World>, key: &str) {
    let wide = world.rng.below(4) == 0;
    let standing: Vec<Arc<Order>> = world.database.with(|t| {
        let stands = |o: &&Arc<Order>| {
            o.head.phase == Phase::Confirmed && (wide || o.lines.iter().all(|l| l.shipped == 0 && l.refunded == 0))
        };
        t.orders.values().filter(stands).cloned().collect()
    });
    if standing.is_empty() {
        return;
    }
    let order = &standing[pick(world, standing.len())];
    let id = order.head.id;
    let asked = wish(world, order);
    let one = change(world, id, asked, format!("{key}-edit"));
    let other = format!("{key}-meanwhile");
    match world.rng.below(12) {
        0 | 1 => {
            world.note("an edit meets a refund");
            tokio::join!(one, refund_some(world, id, &other));
        }
        2 => {
            world.note("an edit meets a shipment");
            tokio::join!(one, ship(world, id, &other));
        }
        3 => {
            world.note("an edit meets a cancellation");
            tokio::join!(one, cancel(world, id, &other));
        }
        4 | 5 => {
            world.note("two people edit the same order");
            let more = wish(world, order);
            tokio::join!(one, change(world, id, more, other));
        }
        _ => one.await,
    }
    comes_around(world, id).await;
}

async fn change(world: &Arc<World>, order: OrderId, asked: EditRequest, key: String) {
    ask(world, &key, Some(order), || {
        let (node, asked, once) = (world.node(), asked.clone(), idempotency(&key, "edit"));
        async move { node.edits.edit(STORE, order, asked, once, merchant()).await }
    })
    .await;
}

fn pick(world: &World, count: usize) -> usize {
    usize::try_from(world.rng.below(count as u64)).unwrap_or(0)
}

fn up_to(world: &World, most: u32) -> u32 {
    u32::try_from(world.rng.below(u64::from(most) + 1)).unwrap_or(0)
}

/// What somebody who called wants instead.
fn wish(world: &World, order: &Order) -> EditRequest {
    let line = &order.lines[pick(world, order.lines.len())];
    let mut asked = EditRequest { reason: "They called.".to_owned(), ..EditRequest::default() };
    let mut set = |quantity| asked.lines.push(LineQuantity { line: line.line, quantity });
    match world.rng.below(10) {
        // Fewer of one, or none.
        0..=4 => set(up_to(world, line.quantity.saturating_sub(1))),
        // Something else instead, at its own price or at less.
        5..=7 => {
            set(up_to(world, line.quantity.saturating_sub(1)));
            asked.add.push(goods(world));
        }
        // More of it: refused, unless it costs nothing or another line goes.
        8 => {
            set(line.quantity + 1);
            let others = order.lines.iter().filter(|l| l.line != line.line && l.quantity > 0);
            asked.lines.extend(others.map(|l| LineQuantity { line: l.line, quantity: l.quantity - 1 }));
        }
        _ => {
            let buyer = world.buyers.lock().get(&order.head.id).cloned();
            let mut address = people::address(&buyer.unwrap_or_else(|| people::buyer(0, "")));
            address.line1 = format!("{} Low Street", 1 + world.rng.below(9));
            asked.shipping_address = Some(address);
        }
    }
    asked
}

fn goods(world: &World) -> AddLine {
    let bundle = world.goods.bundle.clone().filter(|_| world.rng.below(2) == 0);
    let sku: Sku = bundle.unwrap_or_else(|| any_sku(world));
    let cheap = Money::new(1 + i64::try_from(world.rng.below(700)).unwrap_or(0), Currency::EUR);
    let unit_price = (world.rng.below(3) > 0).then_some(cheap);
    AddLine { sku, quantity: 1 + up_to(world, 1), unit_price }
}
