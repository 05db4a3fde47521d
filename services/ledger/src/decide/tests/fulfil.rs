//! Shipping, delivery, returns and notes.

use contracts::ledger::FulfilmentStatus as F;

use super::*;

fn paid(lines: &[(&'static str, u32)]) -> (Shop, Buy) {
    let mut shop = Shop::with_stock(&[("A", 10), ("B", 10)]);
    let buy = Buy::new(1, lines);
    shop.paid(&buy);
    (shop, buy)
}

#[test]
fn an_order_is_shipped_in_parts_delivered_and_closed() {
    let (mut shop, buy) = paid(&[("A", 3), ("B", 1)]);
    let status = |shop: &Shop| shop.order(&buy).fulfilment_status();
    assert_eq!(status(&shop), F::Unfulfilled);
    let done = shop.ask_once(ship(&buy, 1, &[(1, 2)]), 50);
    assert_eq!((done.response().0.status, status(&shop)), (201, F::PartiallyShipped));
    assert_eq!((shop.level("A"), shop.level("B")), ((8, 0, 1), (10, 0, 1)));
    shop.ask(deliver(&buy, 1)).reply.unwrap();
    assert_eq!((status(&shop), shop.phase(&buy)), (F::PartiallyShipped, Phase::Confirmed));
    shop.ask(ship(&buy, 2, &[])).reply.unwrap();
    assert_eq!((status(&shop), shop.level("A"), shop.level("B")), (F::Shipped, (7, 0, 0), (9, 0, 0)));
    shop.ask(deliver(&buy, 2)).reply.unwrap();
    assert_eq!((status(&shop), shop.phase(&buy)), (F::Delivered, Phase::Closed));
    shop.ask(deliver(&buy, 2)).reply.unwrap();
    assert_eq!((shop.told(&buy, "delivered"), shop.told(&buy, "closed")), (2, 1), "delivered twice is delivered once");
}

#[test]
fn shipping_that_cannot_be_changes_nothing() {
    let (mut shop, buy) = paid(&[("A", 3)]);
    let refused = [
        (ship(&buy, 1, &[(1, 4)]), "invalid_input"),
        (ship(&buy, 1, &[(1, 0)]), "invalid_input"),
        (ship(&buy, 1, &[(2, 1)]), "invalid_input"),
        (ship(&buy, 1, &[(1, 1), (1, 1)]), "invalid_input"),
        (deliver(&buy, 9), "not_found"),
        (
            Command::Ship {
                order: buy.id(),
                shipment: shipment(1),
                request: ShipmentRequest { lines: Some(Vec::new()), ..ShipmentRequest::default() },
            },
            "invalid_input",
        ),
        (
            Command::RequestReturn {
                order: buy.id(),
                id: return_id(1),
                lines: quantities(&[(1, 1)]),
                reason: String::new(),
            },
            "invalid_input",
        ),
        (Command::ReceiveReturn { order: buy.id(), id: return_id(1), restock: true }, "not_found"),
        (Command::Note { order: buy.id(), text: "  ".to_owned() }, "invalid_input"),
        (Command::Note { order: buy.id(), text: "x".repeat(2001) }, "invalid_input"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        shop.rejects(command, code, key);
    }
    shop.ask(ship(&buy, 1, &[(1, 2)])).reply.unwrap();
    shop.rejects(ship(&buy, 2, &[(1, 2)]), "invalid_input", 200);
    shop.rejects(cancel(&buy), "already_shipped", 201);
    shop.ask(ship(&buy, 2, &[])).reply.unwrap();
    shop.rejects(ship(&buy, 3, &[]), "nothing_to_ship", 202);
    // An order that is not confirmed, or cancelled, is not shipped.
    let other = Buy::new(2, &[("A", 1)]);
    shop.place(&other).reply.unwrap();
    shop.rejects(ship(&other, 4, &[]), "not_shippable", 203);
    shop.ask(cancel(&other)).reply.unwrap();
    shop.rejects(ship(&other, 4, &[]), "not_shippable", 204);
}

#[test]
fn units_taken_off_are_not_shipped_and_close_the_order() {
    let (mut shop, buy) = paid(&[("A", 3)]);
    shop.ask(ship(&buy, 1, &[(1, 1)])).reply.unwrap();
    shop.ask(refund_lines(&buy, 1, &[(1, 2)], true)).reply.unwrap();
    assert_eq!((shop.level("A"), shop.order(&buy).lines[0].cancelled), ((9, 0, 0), 2));
    shop.rejects(ship(&buy, 2, &[]), "nothing_to_ship", 100);
    shop.rejects(ship(&buy, 2, &[(1, 1)]), "invalid_input", 101);
    shop.ask(deliver(&buy, 1)).reply.unwrap();
    assert_eq!(shop.phase(&buy), Phase::Closed);
    // The refund is still finished.
    assert!(shop.order(&buy).head.due_at.is_some());
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Succeeded).reply.unwrap();
    assert_eq!(shop.order(&buy).payment.refunded_minor, 2_000);
}

#[test]
fn returns_count_units_once_and_go_back_to_their_location() {
    let mut shop = Shop::new();
    shop.stock("A", "east", 5);
    let buy = Buy::new(1, &[("A", 3)]);
    shop.paid(&buy);
    shop.ask(ship(&buy, 1, &[])).reply.unwrap();
    let request = |n, quantity| Command::RequestReturn {
        order: buy.id(),
        id: return_id(n),
        lines: quantities(&[(1, quantity)]),
        reason: "too small".to_owned(),
    };
    let receive = |n, restock| Command::ReceiveReturn { order: buy.id(), id: return_id(n), restock };
    shop.rejects(request(1, 4), "invalid_input", 100);
    shop.ask(request(1, 2)).reply.unwrap();
    shop.rejects(request(2, 2), "invalid_input", 101);
    shop.ask(request(2, 1)).reply.unwrap();
    shop.ask(receive(1, true)).reply.unwrap();
    assert_eq!((shop.level("A"), shop.order(&buy).lines[0].returned), ((4, 0, 0), 2));
    assert_eq!(at_once(shop.engine.levels(STORE, &sku("A"))).unwrap()[0].location, "east");
    shop.rejects(receive(1, true), "already_received", 102);
    shop.ask(receive(2, false)).reply.unwrap();
    assert_eq!((shop.level("A"), shop.order(&buy).lines[0].returned), ((4, 0, 0), 3), "broken goods are not restocked");
    assert_eq!(shop.order(&buy).fulfilment_status(), F::Returned);
    shop.rejects(request(3, 1), "invalid_input", 103);
}

#[test]
fn a_unit_that_came_back_with_its_refund_does_not_come_back_again() {
    let (mut shop, buy) = paid(&[("A", 2)]);
    shop.ask(ship(&buy, 1, &[])).reply.unwrap();
    let request = Command::RequestReturn {
        order: buy.id(),
        id: return_id(1),
        lines: quantities(&[(1, 2)]),
        reason: String::new(),
    };
    shop.ask(request).reply.unwrap();
    shop.ask(refund_lines(&buy, 1, &[(1, 1)], true)).reply.unwrap();
    assert_eq!(shop.level("A"), (9, 0, 0));
    shop.ask(Command::ReceiveReturn { order: buy.id(), id: return_id(1), restock: true }).reply.unwrap();
    assert_eq!((shop.level("A"), shop.order(&buy).lines[0].returned), ((10, 0, 0), 2));
}

#[test]
fn what_staff_did_stands_in_the_audit_chain_and_notes_stay_out_of_events() {
    let (mut shop, buy) = paid(&[("A", 1)]);
    shop.ask_once(Command::Note { order: buy.id(), text: "Mr Smith called".to_owned() }, 50);
    shop.ask_once(ship(&buy, 1, &[]), 51);
    let audit = at_once(shop.engine.audit(0, 100)).unwrap();
    let actions: Vec<_> = audit.iter().map(|a| a.entry.action.as_str()).collect();
    assert_eq!(actions, ["order.note", "order.ship"]);
    assert_eq!((audit[0].entry.actor.as_str(), audit[0].entry.detail.as_str()), ("key:office", "Mr Smith called"));
    let events = at_once(shop.engine.events(None, 0, 100)).unwrap();
    assert!(events.iter().all(|e| !e.data.to_string().contains("Smith")));
    assert!(events.iter().any(|e| e.kind == "order.note_added" && e.request_id.as_deref() == Some("r-1")));
}
