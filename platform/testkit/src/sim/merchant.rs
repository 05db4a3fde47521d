//! The merchant: ships, delivers, edits, refunds (sometimes twice at once), takes returns, counts stock and moves it around.

use std::sync::Arc;
use std::time::Duration;

use contracts::ledger::{
    Actor, AdjustStock, Answer, CountRequest, CountedSku, Inventory, LineQuantity, Location, Orders,
    ReceiveReturnRequest, ReceiveTransfer, RefundRequest, ReturnRequest, ReturnStatus, ShipmentRequest, ShipmentStatus,
    Stock, StockQuantity, TransferRequest, TransferStatus,
};
use kernel::{Currency, ErrorKind, Money, OrderId};
use ledger::order::Order;

use super::edits;
use super::parcels;
use super::people::erase;
use super::shopper::{cancel, idempotency, open_orders};
use super::world::{STORE, World};

pub async fn work(world: Arc<World>) {
    for n in 0..36_u64 {
        world.pause(200, 3_000).await;
        let open = open_orders(&world);
        if open.is_empty() {
            continue;
        }
        let pick = usize::try_from(world.rng.below(open.len() as u64)).unwrap_or(0);
        let order = open[pick];
        let key = format!("merchant{n}");
        match world.rng.below(20) {
            0..=2 => ship(&world, order, &key).await,
            3 => deliver(&world, order, &key).await,
            4 => refund_twice(&world, order, &key).await,
            5 => refund_by_lines(&world, order, &key).await,
            6 => return_goods(&world, order, &key).await,
            7 => adjust(&world, &key).await,
            9 | 10 => transfer(&world, &key).await,
            11 => receive(&world, &key).await,
            12 => count(&world, &key).await,
            13 => close_or_open(&world).await,
            14 if world.rng.below(3) == 0 => erase(&world, order).await,
            15 => refund_some(&world, order, &key).await,
            16.. => edits::edit(&world, &key).await,
            _ if world.rng.below(3) == 0 => {
                cancel(&world, order, &key).await;
                parcels::hurry(&world, order).await;
            }
            _ => deliver(&world, order, &key).await,
        }
    }
}

pub fn merchant() -> Actor {
    Actor { name: "key:merchant".to_owned(), request_id: None }
}

/// Asks until there is an answer; remembers it.
pub async fn ask<F, Fut>(world: &Arc<World>, key: &str, order: Option<OrderId>, request: F) -> Option<u16>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Answer, kernel::Failure>>,
{
    for _ in 0..25 {
        match tokio::time::timeout(Duration::from_secs(15), request()).await {
            Ok(Ok(answer)) => {
                world.told(key, &answer.response, order);
                return Some(answer.response.status);
            }
            // Nothing that asking again would change.
            Ok(Err(failure)) if failure.retry_after_s.is_none() && failure.kind != ErrorKind::Unavailable => {
                world.note(&format!("refusal {} to {key}", failure.code));
                return None;
            }
            Ok(Err(_)) | Err(_) => world.pause(200, 2_000).await,
        }
    }
    None
}

pub async fn ship(world: &Arc<World>, order: OrderId, key: &str) {
    let part = world.rng.below(2) == 0;
    let lines = part.then(|| vec![LineQuantity { line: 1, quantity: 1 }]);
    ask(world, key, Some(order), || {
        let node = world.node();
        let request = ShipmentRequest { lines: lines.clone(), carrier: None, tracking: None, location: None };
        async move { node.ledger.ship(STORE, order, request, idempotency(key, "ship"), merchant()).await }
    })
    .await;
}

async fn deliver(world: &Arc<World>, order: OrderId, key: &str) {
    let shipment = world.database.with(|t| {
        let shipments = t.orders.get(&order).map(|o| o.shipments.clone()).unwrap_or_default();
        shipments.into_iter().find(|s| s.state == ShipmentStatus::Shipped).map(|s| s.id)
    });
    let Some(shipment) = shipment else { return };
    ask(world, key, Some(order), || {
        let node = world.node();
        async move { node.ledger.deliver(STORE, order, shipment, idempotency(key, "deliver"), merchant()).await }
    })
    .await;
}

/// Two people refund more than half of the same order at the same moment: only one may.
async fn refund_twice(world: &Arc<World>, order: OrderId, key: &str) {
    let amount = Money::new(paid(world, order) * 6 / 10, Currency::EUR);
    let one = |key: String| async move {
        let status = ask(world, &key, Some(order), || {
            let node = world.node();
            let request =
                RefundRequest { amount: Some(amount), lines: None, restock: false, reason: "sorry".to_owned() };
            let key = key.clone();
            async move { node.ledger.refund(STORE, order, request, idempotency(&key, "refund"), merchant()).await }
        });
        status.await;
    };
    tokio::join!(one(format!("{key}-a")), one(format!("{key}-b")));
    comes_around(world, order).await;
}

/// What was paid for an order, by the provider and by gift cards.
fn paid(world: &World, order: OrderId) -> i64 {
    let by_cards = |o: &Order| o.frozen.gift_cards.iter().map(|(_, minor)| minor).sum::<i64>();
    world.database.with(|t| t.orders.get(&order).map_or(0, |o| o.payment.captured_minor + by_cards(o)))
}

/// Gives back an odd amount, whoever paid it.
pub async fn refund_some(world: &Arc<World>, order: OrderId, key: &str) {
    let most = u64::try_from(paid(world, order)).unwrap_or(0);
    let amount = Money::new(1 + i64::try_from(world.rng.below(most)).unwrap_or(0), Currency::EUR);
    ask(world, key, Some(order), || {
        let node = world.node();
        let request = RefundRequest { amount: Some(amount), lines: None, restock: false, reason: String::new() };
        async move { node.ledger.refund(STORE, order, request, idempotency(key, "some"), merchant()).await }
    })
    .await;
    comes_around(world, order).await;
}

/// Gives back the first line, unit by unit: in the end exactly its total.
async fn refund_by_lines(world: &Arc<World>, order: OrderId, key: &str) {
    let Some((quantity, fresh)) = world.database.with(|t| {
        let order = t.orders.get(&order)?;
        let fresh = order.refunds.is_empty();
        Some((order.lines.first()?.quantity, fresh))
    }) else {
        return;
    };
    let restock = world.rng.below(2) == 0;
    for unit in 0..quantity {
        let key = format!("{key}-unit{unit}");
        let status = ask(world, &key, Some(order), || {
            let node = world.node();
            let lines = Some(vec![LineQuantity { line: 1, quantity: 1 }]);
            let request = RefundRequest { amount: None, lines, restock, reason: String::new() };
            let key = key.clone();
            async move { node.ledger.refund(STORE, order, request, idempotency(&key, "unit"), merchant()).await }
        });
        if status.await != Some(201) {
            return;
        }
    }
    let sum = world.database.with(|t| {
        let order = t.orders.get(&order)?;
        // Only when these refunds are the only ones is the sum known beforehand.
        let only = fresh && order.refunds.len() == quantity as usize;
        only.then(|| order.refunds.iter().map(|r| r.amount_minor).sum())
    });
    if let Some(sum) = sum {
        world.line_refunds.lock().insert(order, sum);
    }
    comes_around(world, order).await;
}

/// The refund's first try at the provider, by whoever is free.
pub async fn comes_around(world: &Arc<World>, order: OrderId) {
    use contracts::checkout::Checkout;
    let node = world.node();
    let _ = tokio::time::timeout(Duration::from_secs(15), node.front.resume(STORE, order)).await;
}

async fn return_goods(world: &Arc<World>, order: OrderId, key: &str) {
    let asked = ask(world, key, Some(order), || {
        let node = world.node();
        let request =
            ReturnRequest { lines: vec![LineQuantity { line: 1, quantity: 1 }], reason: "too small".to_owned() };
        async move { node.ledger.request_return(STORE, order, request, idempotency(key, "return"), merchant()).await }
    });
    if asked.await != Some(201) {
        return;
    }
    let returned = world.database.with(|t| {
        let returns = t.orders.get(&order).map(|o| o.returns.clone()).unwrap_or_default();
        returns.into_iter().find(|r| r.state == ReturnStatus::Requested).map(|r| r.id)
    });
    let Some(returned) = returned else { return };
    let restock = world.rng.below(2) == 0;
    let receive = |key: String| async move {
        let status = ask(world, &key, Some(order), || {
            let node = world.node();
            let (key, request) = (key.clone(), ReceiveReturnRequest { restock });
            async move {
                let once = idempotency(&key, "received");
                node.ledger.receive_return(STORE, order, returned, request, once, merchant()).await
            }
        });
        status.await;
    };
    if world.rng.below(2) == 0 {
        // Two people unpack the same parcel.
        tokio::join!(receive(format!("{key}-received")), receive(format!("{key}-received-too")));
    } else {
        receive(format!("{key}-received")).await;
    }
}

async fn adjust(world: &Arc<World>, key: &str) {
    let pick = usize::try_from(world.rng.below(world.goods.skus.len() as u64)).unwrap_or(0);
    let sku = world.goods.skus[pick].clone();
    let delta = if world.rng.below(2) == 0 { 1 } else { -1 };
    ask(world, key, None, || {
        let node = world.node();
        let request =
            AdjustStock { sku: sku.clone(), location: "main".to_owned(), delta, reason: "counted".to_owned() };
        async move { node.ledger.adjust(STORE, request, idempotency(key, "adjust"), merchant()).await }
    })
    .await;
}

pub fn any_sku(world: &World) -> kernel::Sku {
    let pick = usize::try_from(world.rng.below(world.goods.skus.len() as u64)).unwrap_or(0);
    world.goods.skus[pick].clone()
}

fn any_location(world: &World) -> String {
    let pick = usize::try_from(world.rng.below(world.goods.locations.len() as u64)).unwrap_or(0);
    world.goods.locations[pick].to_owned()
}

/// A unit goes to another location, at once or on the road.
async fn transfer(world: &Arc<World>, key: &str) {
    let (sku, from, in_transit) = (any_sku(world), any_location(world), world.rng.below(2) == 0);
    let to = if from == "cellar" { "main" } else { "cellar" };
    let (from, to) = if world.rng.below(3) == 0 { (to.to_owned(), from) } else { (from, to.to_owned()) };
    ask(world, key, None, || {
        let node = world.node();
        let lines = vec![StockQuantity { sku: sku.clone(), quantity: 1 }];
        let (from, to) = (from.clone(), to.clone());
        let request = TransferRequest { from, to, lines, reason: String::new(), in_transit };
        async move { node.ledger.transfer(STORE, request, idempotency(key, "transfer"), merchant()).await }
    })
    .await;
}

/// What is on the road arrives, or never does.
async fn receive(world: &Arc<World>, key: &str) {
    let open =
        world.database.with(|t| t.transfers.values().find(|t| t.state == TransferStatus::InTransit).map(|t| t.id));
    let Some(transfer) = open else { return };
    let lost = world.rng.below(4) == 0;
    ask(world, key, None, || {
        let node = world.node();
        let request = ReceiveTransfer { lines: lost.then(Vec::new), close: lost };
        async move { node.ledger.receive_transfer(STORE, transfer, request, idempotency(key, "receive"), merchant()).await }
    })
    .await;
}

async fn count(world: &Arc<World>, key: &str) {
    let (location, found) = (any_location(world), i64::try_from(world.rng.below(6)).unwrap_or(0));
    ask(world, key, None, || {
        let node = world.node();
        let counted = world.goods.skus.iter().map(|sku| CountedSku { sku: sku.clone(), on_hand: found });
        let request =
            CountRequest { location: location.clone(), lines: counted.collect(), reason: "stock-take".to_owned() };
        async move { node.ledger.count(STORE, request, idempotency(key, "count"), merchant()).await }
    })
    .await;
}

/// A location is closed for a while, and opened again whatever happens.
async fn close_or_open(world: &Arc<World>) {
    let name = any_location(world);
    for active in [false, true] {
        for _ in 0..50 {
            let location = Location { active, priority: 1, ..Location::undescribed(&name) };
            let node = world.node();
            let put = node.ledger.put_location(STORE, location, merchant());
            if let Ok(Ok(_)) = tokio::time::timeout(Duration::from_secs(15), put).await {
                break;
            }
            world.pause(200, 2_000).await;
        }
        world.pause(0, 3_000).await;
    }
}
