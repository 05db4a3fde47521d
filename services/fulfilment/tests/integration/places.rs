//! Orders whose goods lie at several places, come later, or change.

use contracts::fulfilment::{FulfilmentState as S, FulfilmentView, Fulfilments as _};
use contracts::ledger::{LineSource, OrderStatus};
use kernel::OrderId;
use serde_json::{Value, json};

use crate::support::{STORE, World, lines, source, world};

/// Location, state and the units of each line.
fn shape(request: &FulfilmentView) -> (String, S, Vec<(u32, u32)>) {
    let lines = request.lines.iter().map(|l| (l.line, l.quantity)).collect();
    (request.location.clone(), request.state, lines)
}

async fn shapes(world: &World) -> Vec<(String, S, Vec<(u32, u32)>)> {
    let mut shapes: Vec<_> = world.all().await.iter().map(shape).collect();
    shapes.sort();
    shapes
}

fn at(place: &str, state: S, lines: &[(u32, u32)]) -> (String, S, Vec<(u32, u32)>) {
    (place.to_owned(), state, lines.to_vec())
}

fn placed(world: &World, order: OrderId, sources: Vec<LineSource>) {
    let mut data: Value = lines();
    data["sources"] = json!(sources);
    world.ledger.orders.lock().get_mut(&order).unwrap().sources = sources;
    world.ledger.event("order.placed", order, data);
}

#[tokio::test]
async fn each_place_packs_what_it_has_and_the_last_parcel_closes_the_order() {
    let world = world();
    let order = world.order(1);
    placed(&world, order, vec![source(1, "east", 1), source(1, "main", 1), source(2, "main", 1)]);
    world.ledger.event("order.paid", order, json!({}));
    world.settle().await;
    let asked = [at("east", S::Requested, &[(1, 1)]), at("main", S::Requested, &[(1, 1), (2, 1)])];
    assert_eq!(shapes(&world).await, asked);
    assert_eq!((world.files().len(), world.told().await.len()), (2, 2));
    for request in world.all().await {
        world.step(request.id, S::HandedOver).await.unwrap();
        world.settle().await;
    }
    let shown = world.shown(order);
    assert_eq!((shown.shipments.len(), shown.sources.len()), (2, 0));
    world.pass_hours(60).await;
    assert_eq!(world.shown(order).status, OrderStatus::Closed);
}

#[tokio::test]
async fn what_a_gift_card_paid_is_asked_for_where_it_is() {
    let world = world();
    // It is paid before it is known where its goods are.
    let order = world.order(1);
    world.ledger.event("order.created", order, json!({ "amount_minor": 0 }));
    placed(&world, order, vec![source(1, "east", 2), source(2, "east", 1)]);
    world.settle().await;
    assert_eq!(shapes(&world).await, [at("east", S::Requested, &[(1, 2), (2, 1)])]);
}

#[tokio::test]
async fn what_is_waited_for_is_asked_for_when_it_comes() {
    let world = world();
    let order = world.order(1);
    // Paid by a gift card, and nothing is there.
    world.ledger.event("order.created", order, json!({ "amount_minor": 0 }));
    placed(&world, order, Vec::new());
    world.settle().await;
    assert!(world.all().await.is_empty() && world.told().await.is_empty(), "nobody is asked to pack nothing");
    let filled = |sources: Vec<LineSource>| {
        world.ledger.orders.lock().get_mut(&order).unwrap().sources = sources;
        world.ledger.event("order.backorder_filled", order, json!({ "sku": "SHOE-42", "quantity": 1 }));
    };
    filled(vec![source(1, "main", 1)]);
    world.settle().await;
    assert_eq!(shapes(&world).await, [at("main", S::Requested, &[(1, 1)])]);
    let first = world.only().await.id;
    world.step(first, S::Packed).await.unwrap();
    // More comes to the same place and to another: what is packed stays as it is.
    filled(vec![source(1, "main", 2), source(2, "east", 1)]);
    world.settle().await;
    let asked =
        [at("east", S::Requested, &[(2, 1)]), at("main", S::Requested, &[(1, 1)]), at("main", S::Packed, &[(1, 1)])];
    assert_eq!(shapes(&world).await, asked);
    world.step(first, S::HandedOver).await.unwrap();
    world.settle().await;
    // An event that comes late asks for nothing that is under way or gone.
    world.ledger.event("order.backorder_filled", order, json!({}));
    world.settle().await;
    assert_eq!(world.all().await.len(), 3);
    assert_eq!(world.shown(order).shipments.len(), 1);
    for request in world.all().await.into_iter().filter(|r| r.state == S::Requested) {
        world.step(request.id, S::HandedOver).await.unwrap();
    }
    world.settle().await;
    assert!(world.shown(order).lines.iter().all(|line| line.shipped == line.quantity));
}

#[tokio::test]
async fn a_request_that_no_longer_fits_is_asked_for_anew() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let old = world.only().await.id;
    world.step(old, S::Labelled).await.unwrap();
    {
        let mut orders = world.ledger.orders.lock();
        let shown = orders.get_mut(&order).unwrap();
        shown.lines[0].quantity = 1;
        shown.sources = vec![source(1, "main", 1), source(2, "main", 1)];
    }
    world.ledger.event("order.edited", order, json!({ "address_changed": false }));
    world.settle().await;
    let asked = [at("main", S::Requested, &[(1, 1), (2, 1)]), at("main", S::Cancelled, &[(1, 2), (2, 1)])];
    assert_eq!(shapes(&world).await, asked);
    let cancelled = world.fulfilment.fulfilment(STORE, old).await.unwrap();
    assert!(cancelled.reason.unwrap().contains("anew"));
    assert_eq!(world.files().len(), 1, "the file of the old request is gone");
    // Nothing changed: nothing happens, and what a carrier has is sent.
    let new = world.all().await.into_iter().find(|r| r.state == S::Requested).unwrap().id;
    world.step(new, S::HandedOver).await.unwrap();
    world.ledger.event("order.edited", order, json!({ "address_changed": false }));
    world.settle().await;
    assert_eq!(world.all().await.len(), 2);
    assert_eq!(world.shown(order).lines.iter().map(|l| l.shipped).collect::<Vec<_>>(), [1, 1]);
}

#[tokio::test]
async fn an_address_that_changed_voids_what_carries_the_old_one() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let old = world.only().await.id;
    world.step(old, S::Labelled).await.unwrap();
    let moved = |city: &str| {
        let mut orders = world.ledger.orders.lock();
        orders.get_mut(&order).unwrap().contact.as_mut().unwrap().shipping_address.city = city.to_owned();
    };
    moved("Kiel");
    world.ledger.event("order.edited", order, json!({ "address_changed": true }));
    world.settle().await;
    let new = world.all().await.into_iter().find(|r| r.state == S::Requested).unwrap().id;
    assert_eq!(world.fulfilment.fulfilment(STORE, old).await.unwrap().state, S::Cancelled);
    let files = world.files();
    assert_eq!(files.len(), 1);
    assert!(std::fs::read_to_string(&files[0]).unwrap().contains("Kiel"));
    world.step(new, S::Labelled).await.unwrap();
    let label = world.fulfilment.label(STORE, new).await.unwrap();
    assert!(String::from_utf8(label.bytes).unwrap().contains("Kiel"));
}

#[tokio::test]
async fn an_order_that_cannot_be_read_is_compared_later() {
    let world = world();
    let order = world.order(1);
    placed(&world, order, Vec::new());
    world.ledger.event("order.paid", order, json!({}));
    world.settle().await;
    world.ledger.orders.lock().get_mut(&order).unwrap().sources = vec![source(1, "main", 2)];
    world.ledger.event("order.backorder_filled", order, json!({}));
    world.ledger.unreadable.store(true, std::sync::atomic::Ordering::Relaxed);
    world.fulfilment.follow().await.unwrap();
    world.fulfilment.reconcile().await.unwrap();
    world.ledger.unreadable.store(false, std::sync::atomic::Ordering::Relaxed);
    assert!(world.all().await.is_empty());
    let world = world.reopen();
    world.clock.advance_ms(6_000);
    world.settle().await;
    assert_eq!(shapes(&world).await, [at("main", S::Requested, &[(1, 2)])]);
}
