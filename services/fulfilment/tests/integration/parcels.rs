use std::sync::atomic::Ordering;

use contracts::fulfilment::{AdvanceFulfilment, FulfilmentState as S, Fulfilments as _};
use contracts::ledger::{OrderStatus, ShipmentStatus};
use fulfilment::carrier::Faults;
use kernel::ErrorKind;
use serde_json::json;

use crate::support::{HOUR_MS, STORE, lines, world, world_with};

#[tokio::test]
async fn a_paid_order_is_packed_sent_and_closed_by_its_delivery() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let request = world.only().await;
    assert_eq!((request.state, request.number.as_str(), request.location.as_str()), (S::Requested, "1001", "main"));
    assert_eq!((request.lines[0].title.as_str(), request.lines[0].quantity), ("Harbour Sneaker", 2));
    assert_eq!(request.address.as_ref().unwrap().city, "Hamburg");

    for state in [S::Accepted, S::Packed, S::Labelled] {
        assert_eq!(world.step(request.id, state).await.unwrap().state, state);
    }
    let tracking = world.only().await.tracking.unwrap();
    let label = world.fulfilment.label(STORE, request.id).await.unwrap();
    let label = String::from_utf8(label.bytes).unwrap();
    assert!(label.contains(&tracking) && label.contains("Zoë Reader"));
    assert!(world.shown(order).shipments.is_empty());

    world.step(request.id, S::HandedOver).await.unwrap();
    world.settle().await;
    let shown = world.shown(order);
    assert_eq!((shown.shipments.len(), shown.shipments[0].tracking.clone()), (1, Some(tracking)));
    assert_eq!(world.only().await.shipment_id, Some(shown.shipments[0].id));

    world.pass_hours(60).await;
    let done = world.only().await;
    assert_eq!(done.state, S::Delivered);
    assert!(done.tracking_updates.len() >= 5);
    assert_eq!(world.shown(order).status, OrderStatus::Closed);
    let told: Vec<String> = world.told().await;
    let expected = ["requested", "accepted", "packed", "labelled", "handed_over", "in_transit", "delivered"];
    assert_eq!(told, expected.map(|state| format!("fulfilment.{state}")));
}

#[tokio::test]
async fn nobody_packs_what_is_not_paid() {
    let world = world();
    let unpaid = world.order(1);
    world.ledger.event("order.created", unpaid, json!({ "amount_minor": 100 }));
    world.ledger.event("order.placed", unpaid, lines());
    world.settle().await;
    assert!(world.all().await.is_empty() && world.files().is_empty() && world.told().await.is_empty());
    // Paid by gift card alone: there is no payment to wait for.
    let free = world.order(2);
    world.ledger.event("order.created", free, json!({ "amount_minor": 0 }));
    world.ledger.event("order.placed", free, lines());
    world.settle().await;
    assert_eq!(world.only().await.order_id, free);
    world.ledger.event("order.paid", unpaid, json!({}));
    world.settle().await;
    assert_eq!(world.all().await.len(), 2);
}

#[tokio::test]
async fn requests_survive_a_restart_and_steps_their_repetition() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let world = world.reopen();
    world.settle().await;
    let id = world.only().await.id;
    for state in [S::HandedOver, S::HandedOver, S::Packed] {
        assert_eq!(world.step(id, state).await.unwrap().state, S::HandedOver);
    }
    let world = world.reopen();
    world.settle().await;
    world.step(id, S::HandedOver).await.unwrap();
    world.settle().await;
    assert_eq!(world.shown(order).shipments.len(), 1);
    assert!(world.step(id, S::Cancelled).await.unwrap_err().code == "already_handed_over");
    assert!(world.step(id, S::Requested).await.is_err());
}

#[tokio::test]
async fn an_answer_that_got_lost_does_not_ship_twice() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let id = world.only().await.id;
    world.step(id, S::HandedOver).await.unwrap();
    world.ledger.lose_answers.store(true, Ordering::Relaxed);
    world.fulfilment.reconcile().await.unwrap();
    assert_eq!((world.shown(order).shipments.len(), world.only().await.shipment_id), (1, None));
    world.clock.advance_ms(10_000);
    world.settle().await;
    assert_eq!(world.only().await.shipment_id, Some(world.shown(order).shipments[0].id));
    assert_eq!(world.shown(order).shipments.len(), 1);
}

#[tokio::test]
async fn an_order_that_refuses_waits_for_somebody_and_is_asked_anew() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let id = world.only().await.id;
    world.ledger.refuse.store(true, Ordering::Relaxed);
    world.step(id, S::HandedOver).await.unwrap();
    world.settle().await;
    let stuck = world.only().await;
    assert_eq!((stuck.state, stuck.shipment_id), (S::HandedOver, None));
    assert!(stuck.reason.unwrap().contains("confirmed order"));
    world.ledger.refuse.store(false, Ordering::Relaxed);
    world.step(id, S::HandedOver).await.unwrap();
    world.settle().await;
    let went = world.only().await;
    assert!(went.shipment_id.is_some() && went.reason.is_none());
    assert_eq!(world.shown(order).shipments.len(), 1);
}

#[tokio::test]
async fn a_cancelled_order_is_not_sent() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let id = world.only().await.id;
    world.step(id, S::Labelled).await.unwrap();
    assert_eq!(world.files().len(), 1);
    world.ledger.event("order.cancel_requested", order, json!({}));
    world.ledger.event("order.cancelled", order, json!({}));
    world.settle().await;
    assert_eq!(world.only().await.state, S::Cancelled);
    assert!(world.files().is_empty());
    assert_eq!(world.step(id, S::HandedOver).await.unwrap_err().code, "fulfilment_cancelled");
    assert_eq!(world.told().await.last().unwrap(), "fulfilment.cancelled");
    // An order that is cancelled before it is paid is never told of.
    let early = world.order(2);
    world.ledger.event("order.placed", early, lines());
    world.ledger.event("order.cancelled", early, json!({}));
    world.ledger.event("order.paid", early, json!({}));
    world.settle().await;
    assert_eq!(world.all().await.len(), 1);
}

#[tokio::test]
async fn the_label_of_a_parcel_that_will_not_come_is_given_back_whatever_was_heard_of_it() {
    let world = world();
    // One whose number is known, and one of which the carrier was told while its answer got lost.
    let orders = [world.paid_order(1), world.paid_order(2)];
    world.settle().await;
    let ids = world.all().await.into_iter().map(|f| f.id).collect::<Vec<_>>();
    world.step(ids[0], S::Labelled).await.unwrap();
    world.carrier.lose_answers.store(true, Ordering::Relaxed);
    assert_eq!(world.step(ids[1], S::Labelled).await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(world.carrier.labels.lock().len(), 2);
    for order in orders {
        world.ledger.event("order.cancel_requested", order, json!({}));
    }
    world.settle().await;
    assert_eq!(world.carrier.labels.lock().len(), 1, "it is asked for again, and again there is no answer");
    world.carrier.lose_answers.store(false, Ordering::Relaxed);
    world.clock.advance_ms(60_000);
    world.settle().await;
    assert!(world.carrier.labels.lock().is_empty());
    assert!(world.all().await.iter().all(|f| f.state == S::Cancelled));
    // Of a parcel that the carrier was never told of, it is told nothing.
    let quiet = world.paid_order(3);
    world.settle().await;
    world.ledger.event("order.cancel_requested", quiet, json!({}));
    world.settle().await;
    assert!(world.carrier.labels.lock().is_empty());
}

#[tokio::test]
async fn a_parcel_does_not_leave_for_an_order_that_changed_before_anybody_was_told() {
    let world = world();
    let (edited, cancelled) = (world.paid_order(1), world.paid_order(2));
    world.settle().await;
    let of = async |order| world.all().await.into_iter().find(|f| f.order_id == order).unwrap().id;
    world.ledger.orders.lock().get_mut(&edited).unwrap().sources[0].quantity = 1;
    world.ledger.orders.lock().get_mut(&cancelled).unwrap().status = OrderStatus::Cancelled;
    assert_eq!(world.step(of(edited).await, S::Packed).await.unwrap().state, S::Packed);
    assert_eq!(world.step(of(edited).await, S::HandedOver).await.unwrap_err().code, "order_changed");
    assert_eq!(world.step(of(cancelled).await, S::HandedOver).await.unwrap_err().code, "order_not_standing");
    assert!(world.carrier.labels.lock().is_empty(), "no label was bought for it");
    world.ledger.event("order.edited", edited, json!({}));
    world.settle().await;
    let anew = world.all().await.into_iter().find(|f| f.order_id == edited && f.state == S::Requested).unwrap();
    world.step(anew.id, S::HandedOver).await.unwrap();
    world.settle().await;
    assert_eq!(world.shown(edited).shipments[0].lines[0].quantity, 1);
}

#[tokio::test]
async fn goods_that_were_shipped_by_hand_are_not_sent_again() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    {
        let mut orders = world.ledger.orders.lock();
        let shown = orders.get_mut(&order).unwrap();
        shown.fulfilment_status = contracts::ledger::FulfilmentStatus::Shipped;
        shown.sources.clear();
    }
    world.ledger.event("order.shipped", order, json!({ "shipment_id": "x" }));
    world.settle().await;
    let cancelled = world.only().await;
    assert_eq!(cancelled.state, S::Cancelled);
    assert!(cancelled.reason.unwrap().contains("without this fulfilment"));
    assert!(world.files().is_empty());
}

#[tokio::test]
async fn a_step_taken_while_the_reconciler_looks_is_not_forgotten() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let id = world.only().await.id;
    world.step(id, S::Labelled).await.unwrap();
    world.settle().await;
    // Something makes the reconciler look, and just then the parcel is handed over.
    world.ledger.event("order.shipped", order, json!({ "shipment_id": "x" }));
    world.fulfilment.follow().await.unwrap();
    *world.ledger.meanwhile.lock() = Some((world.fulfilment.clone(), id));
    world.fulfilment.reconcile().await.unwrap();
    assert_eq!(world.only().await.state, S::HandedOver);
    world.settle().await;
    assert_eq!(world.shown(order).shipments.len(), 1);
}

#[tokio::test]
async fn what_left_by_hand_is_not_sent_again_and_a_number_stays() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let id = world.only().await.id;
    world.ledger.orders.lock().get_mut(&order).unwrap().lines[0].shipped = 1;
    world.step(id, S::Labelled).await.unwrap();
    let other =
        AdvanceFulfilment { state: S::HandedOver, carrier: None, tracking: Some("MINE".to_owned()), reason: None };
    assert_eq!(world.fulfilment.advance(STORE, id, other).await.unwrap_err().code, "already_labelled");
    world.step(id, S::HandedOver).await.unwrap();
    world.settle().await;
    let quantities: Vec<u32> = world.shown(order).shipments[0].lines.iter().map(|line| line.quantity).collect();
    assert_eq!(quantities, [1, 1]);
    assert!(world.only().await.reason.unwrap().contains("fewer units"));
}

#[tokio::test]
async fn a_carrier_of_ones_own_needs_a_number() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let id = world.only().await.id;
    let by = |carrier: &str, tracking: Option<&str>| AdvanceFulfilment {
        state: S::HandedOver,
        carrier: Some(carrier.to_owned()),
        tracking: tracking.map(str::to_owned),
        reason: None,
    };
    let failure = world.fulfilment.advance(STORE, id, by("bicycle", None)).await.unwrap_err();
    assert_eq!((failure.kind, failure.errors[0].pointer.as_str()), (ErrorKind::Invalid, "/carrier"));
    world.fulfilment.advance(STORE, id, by("bicycle", Some("B-1"))).await.unwrap();
    world.settle().await;
    assert_eq!(world.shown(order).shipments[0].carrier.as_deref(), Some("bicycle"));
    assert_eq!(world.fulfilment.label(STORE, id).await.unwrap_err().code, "unknown_carrier");
    world.pass_hours(100).await;
    assert_eq!(world.only().await.state, S::HandedOver);
    // Nobody tells us, so somebody does.
    world.step(id, S::Delivered).await.unwrap();
    world.settle().await;
    assert_eq!(world.shown(order).status, OrderStatus::Closed);
}

#[tokio::test]
async fn a_delivery_that_staff_recorded_is_taken_over() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let id = world.only().await.id;
    world.step(id, S::HandedOver).await.unwrap();
    world.settle().await;
    let shipment = world.only().await.shipment_id.unwrap();
    world.ledger.event("order.delivered", order, json!({ "shipment_id": shipment }));
    world.settle().await;
    assert_eq!(world.only().await.state, S::Delivered);
}

#[tokio::test]
async fn an_erased_person_leaves_no_file_and_no_label() {
    let world = world();
    let order = world.paid_order(1);
    world.settle().await;
    let files = world.files();
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(text.contains("Hafenstraße 7") && text.contains("SHOE-42"), "{text}");
    assert!(text.contains("\"'=cmd|") || text.contains("'=cmd|"), "a formula would be run: {text}");
    assert!(!text.contains(",=cmd"), "{text}");
    assert_eq!(world.fulfilment.sweep().await.unwrap(), 0);
    world.ledger.orders.lock().get_mut(&order).unwrap().contact = None;
    assert_eq!(world.fulfilment.sweep().await.unwrap(), 1);
    assert!(world.files().is_empty());
    let id = world.only().await.id;
    assert_eq!(world.step(id, S::Labelled).await.unwrap_err().code, "address_erased");
    // Nor does anybody go on asking the carrier for it.
    for _ in 0..3 {
        world.clock.advance_ms(HOUR_MS);
        assert_eq!(world.fulfilment.reconcile().await.unwrap(), 0);
    }
    assert!(world.carrier.labels.lock().is_empty());
}

/// Whatever the carrier does to its answers, every parcel arrives, once.
#[tokio::test(start_paused = true)]
async fn unreliable_answers_change_nothing_in_the_end() {
    for seed in 0..6 {
        let faults = Faults { lost: 40, late: 30, late_ms: 4_000, repeated: 50, delayed: 40 };
        let world = world_with(seed, faults);
        let orders: Vec<_> = (1..=5).map(|number| world.paid_order(number)).collect();
        world.settle().await;
        for request in world.all().await {
            for _ in 0..50 {
                match world.step(request.id, S::HandedOver).await {
                    Ok(_) => break,
                    Err(failure) => assert_eq!(failure.kind, ErrorKind::Unavailable, "seed {seed}"),
                }
            }
        }
        let world = if seed % 2 == 0 { world.reopen() } else { world };
        world.pass_hours(150).await;
        for order in orders {
            let shown = world.shown(order);
            assert_eq!((shown.status, shown.shipments.len()), (OrderStatus::Closed, 1), "seed {seed}");
            assert_eq!(shown.shipments[0].status, ShipmentStatus::Delivered);
            assert!(shown.lines.iter().all(|line| line.shipped == line.quantity), "seed {seed}");
        }
        let told = world.told().await;
        for kind in ["fulfilment.requested", "fulfilment.handed_over", "fulfilment.delivered"] {
            assert_eq!(told.iter().filter(|known| *known == kind).count(), 5, "seed {seed}: {kind}");
        }
    }
}
