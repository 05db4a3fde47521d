//! Placing: the order and its stock are there before any money moves, and never more than there is.

use contracts::payment::ProviderStatus;
use contracts::saga::Next;

use super::*;

/// Makes a good command bad.
type Spoil = fn(&mut PlaceCommand);

#[test]
fn placing_holds_stock_and_asks_for_the_money() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let buy = Buy::new(1, &[("A", 2)]);
    let done = shop.place(&buy);
    let progress = done.progress();
    assert_eq!(progress.order, buy.id());
    assert!(progress.response.is_none(), "nothing is certain yet");
    match &progress.next {
        Next::Authorise { attempt: 1, key, amount, token, .. } => {
            assert_eq!((key.as_str(), amount.amount_minor), (format!("{}:1", buy.id()).as_str(), 2_000));
            assert_eq!(token, "tok_approve");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(shop.level("A"), (5, 2, 0));
    let order = shop.order(&buy);
    assert_eq!((order.head.number, order.head.phase), (1, Phase::Placing));
    assert_eq!(order.head.due_at, Some(START.plus_millis(10_000)), "a crash here is found");
    assert_eq!(order.head.hold_until, START.plus_millis(HOLD_MS));
    assert_eq!(shop.story(&buy), ["created"]);
    let found = at_once(shop.engine.contact(STORE, 1)).unwrap().unwrap();
    assert_eq!((found.0.sealed, found.1.wrapped_key), (vec![2], Some(vec![1])));
}

#[test]
fn what_cannot_be_placed_changes_nothing() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let base = || Buy::new(1, &[("A", 1)]).place_command();
    let wrong: [(&str, &str, Spoil); 9] = [
        ("nothing", "cart_empty", |c| {
            c.lines.clear();
            for m in [&mut c.totals.items, &mut c.totals.total, &mut c.totals.due] {
                *m = eur(0);
            }
        }),
        ("no units", "invalid_line", |c| c.lines[0].quantity = 0),
        ("negative price", "invalid_line", |c| c.lines[0].unit_minor = -1),
        ("negative discount", "invalid_line", |c| c.lines[0].discount_minor = -1),
        ("too many", "out_of_stock", |c| {
            c.lines[0].quantity = 6;
            for m in [&mut c.totals.items, &mut c.totals.total, &mut c.totals.due] {
                *m = eur(6_000);
            }
        }),
        ("unknown goods", "out_of_stock", |c| c.lines[0].sku = sku("NONE")),
        ("unknown gift card", "gift_card_unknown", |c| {
            c.gift_cards = vec![GiftCardTender { code_hash: hash(9), amount_minor: 100 }];
            c.totals.gift_card = eur(100);
            c.totals.due = eur(900);
        }),
        ("repeated, hence too many", "out_of_stock", |c| {
            c.lines = vec![c.lines[0].clone(), c.lines[0].clone()];
            c.lines.iter_mut().for_each(|l| l.quantity = 3);
            for m in [&mut c.totals.items, &mut c.totals.total, &mut c.totals.due] {
                *m = eur(6_000);
            }
        }),
        ("an overflow", "invalid_line", |c| (c.lines[0].unit_minor, c.lines[0].quantity) = (i64::MIN, u32::MAX)),
    ];
    for ((what, code, spoil), key) in wrong.into_iter().zip(100..) {
        let mut command = base();
        spoil(&mut command);
        shop.rejects(Command::Place(Box::new(command)), code, key);
        assert_eq!(shop.level("A"), (5, 0, 0), "{what}");
    }
    // A number is used only by an order that is.
    let buy = Buy::new(1, &[("A", 1)]);
    shop.place(&buy).reply.unwrap();
    assert_eq!(shop.order(&buy).head.number, 1);
}

#[test]
fn totals_that_do_not_add_up_are_our_fault_and_are_not_stored() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let wrong: [Spoil; 7] = [
        |c| c.totals.due = eur(999),
        |c| c.totals.total = eur(1_001),
        |c| c.totals.shipping = eur(-1),
        |c| c.totals.items = Money::new(1_000, Currency::USD),
        |c| c.totals.tax_added = eur(1),
        |c| c.lines[0].unit_minor = 999,
        |c| c.totals.gift_card = eur(1),
    ];
    for (i, spoil) in wrong.into_iter().enumerate() {
        let mut command = Buy::new(1, &[("A", 1)]).place_command();
        spoil(&mut command);
        let done = shop.ask_once(Command::Place(Box::new(command)), 1);
        assert_eq!(done.failure().code, "internal", "{i}");
        assert!(done.changed_nothing(), "{i}");
    }
    // The same key is free for a request that is right.
    assert!(shop.place(&Buy::new(1, &[("A", 1)])).reply.is_ok());
}

#[test]
fn the_lines_that_are_short_are_named_with_what_is_left() {
    let mut shop = Shop::with_stock(&[("A", 1), ("B", 5)]);
    let done = shop.place(&Buy::new(1, &[("A", 2), ("B", 1), ("C", 1)]));
    let (response, _) = done.response();
    assert_eq!(response.status, 409);
    let lines = &json(response)["lines"];
    assert_eq!(lines[0], serde_json::json!({ "sku": "A", "requested": 2, "available": 1 }));
    assert_eq!(lines[1], serde_json::json!({ "sku": "C", "requested": 1, "available": 0 }));
    assert_eq!(lines.as_array().unwrap().len(), 2);
}

#[test]
fn repeated_goods_are_summed_before_they_are_taken() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    let buy = Buy::new(1, &[("A", 2), ("A", 3)]);
    shop.paid(&buy);
    assert_eq!(shop.level("A"), (5, 0, 5));
    shop.ask(ship(&buy, 1, &[(2, 3)])).reply.unwrap();
    assert_eq!(shop.level("A"), (2, 0, 2));
    shop.ask(ship(&buy, 2, &[])).reply.unwrap();
    assert_eq!(shop.level("A"), (0, 0, 0));
    assert_eq!(shop.order(&buy).shipments[1].lines, quantities(&[(1, 2)]));
}

#[test]
fn one_location_is_preferred_and_several_are_used_when_none_has_enough() {
    let mut shop = Shop::new();
    shop.stock("A", "east", 2);
    shop.stock("A", "main", 3);
    shop.stock("A", "west", 1);
    let whole = Buy::new(1, &[("A", 3)]);
    shop.paid(&whole);
    let holds = &shop.order(&whole).holds;
    assert_eq!(holds.iter().map(|h| (h.location.as_str(), h.quantity)).collect::<Vec<_>>(), [("main", 3)]);
    let split = Buy::new(2, &[("A", 3)]);
    shop.paid(&split);
    let holds = &shop.order(&split).holds;
    assert_eq!(holds.iter().map(|h| (h.location.as_str(), h.quantity)).collect::<Vec<_>>(), [("east", 2), ("west", 1)]);
    assert_eq!(shop.level("A"), (6, 0, 6));
    let third = shop.place(&Buy::new(3, &[("A", 1)]));
    assert_eq!(third.response().0.status, 409, "nothing is left anywhere");
    shop.ask(ship(&split, 1, &[(1, 3)])).reply.unwrap();
    assert_eq!(shop.level("A"), (3, 0, 3));
    shop.ask(cancel(&whole)).reply.unwrap();
    assert_eq!(shop.level("A"), (3, 0, 0));
}

#[test]
fn four_hundred_buyers_of_a_hundred_units_get_exactly_a_hundred() {
    let mut shop = Shop::with_stock(&[("HOT", 100)]);
    let buyers: Vec<_> = (1..=400).map(|n| Buy::new(n, &[("HOT", 1)])).collect();
    let mut sold = 0;
    for chunk in buyers.chunks(64) {
        let batch: Vec<_> = chunk
            .iter()
            .map(|b| Envelope { idempotency: Some(key_ref(b.n)), actor: shopper(), ..envelope(b.command()) })
            .collect();
        for done in shop.batch(&batch).unwrap() {
            match done.reply.unwrap() {
                Reply::Progress(progress) => {
                    assert!(matches!(progress.next, Next::Authorise { .. }));
                    sold += 1;
                }
                Reply::Response { response, .. } => assert_eq!(json(&response)["code"], "out_of_stock"),
                other => panic!("{other:?}"),
            }
        }
        shop.check("a batch of buyers");
    }
    assert_eq!((sold, shop.level("HOT")), (100, (100, 100, 0)));
    for buy in &buyers[..100] {
        shop.see(buy, ProviderStatus::Captured, 1).reply.unwrap();
    }
    assert_eq!(shop.level("HOT"), (100, 0, 100));
}

#[test]
fn an_order_without_anything_to_pay_is_confirmed_at_once() {
    let mut shop = Shop::with_stock(&[("A", 1)]);
    let buy = Buy { lines: vec![("A", 1, 0)], ..Buy::new(1, &[]) };
    let done = shop.place(&buy);
    assert_eq!((done.progress().next.clone(), done.response().0.status), (Next::Done, 201));
    assert_eq!(json(done.response().0)["payment_status"], "not_required");
    let order = shop.order(&buy);
    assert_eq!((order.head.phase, order.head.due_at), (Phase::Confirmed, None), "no provider is asked");
    assert_eq!(shop.story(&buy), ["created", "placed"]);
    assert_eq!(shop.level("A"), (1, 0, 1));
    shop.ask(cancel(&buy)).reply.unwrap();
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Cancelled, (1, 0, 0)));
}

#[test]
fn a_declined_order_gives_way_with_its_stock_at_the_tail() {
    let mut shop = Shop::with_stock(&[("A", 1)]);
    let first = Buy::new(1, &[("A", 1)]).of_cart(7, 3);
    shop.place(&first).reply.unwrap();
    let declined = shop.see(&first, ProviderStatus::Declined, 1);
    assert_eq!(declined.response().0.status, 402);
    assert_eq!(json(declined.response().0)["decline_code"], "card_declined");
    assert_eq!(shop.level("A"), (1, 1, 0), "the unit waits for another card");
    let rival = shop.place(&Buy::new(2, &[("A", 1)]));
    assert_eq!(rival.response().0.status, 409);
    for version in [3, 4] {
        let retry = Buy::new(10 + version, &[("A", 1)]).of_cart(7, version);
        assert!(matches!(shop.place(&retry).progress().next, Next::Authorise { .. }), "own hold blocks own retry");
        assert_eq!(shop.level("A"), (1, 1, 0));
        shop.see(&retry, ProviderStatus::Declined, 1).reply.unwrap();
    }
    assert_eq!(shop.phase(&first), Phase::Cancelled);
    assert_eq!(shop.order(&first).head.cancel_reason.as_deref(), Some("superseded"));
    // The first card's approval, late: the money goes back, the goods do not move.
    let late = shop.see(&first, ProviderStatus::Authorised, 2);
    assert!(matches!(late.progress().next, Next::Void { .. }));
    assert_eq!(shop.level("A"), (1, 1, 0));
}

#[test]
fn a_cart_version_has_one_order() {
    let mut shop = Shop::with_stock(&[("A", 9)]);
    let first = Buy::new(1, &[("A", 1)]).of_cart(7, 3);
    let again = Buy::new(2, &[("A", 1)]).of_cart(7, 3);
    shop.place(&first).reply.unwrap();
    // While it is being placed: later, and not remembered as the outcome.
    let busy = shop.place(&again);
    assert_eq!((busy.failure().code.as_ref(), busy.failure().retry_after_s), ("request_in_progress", Some(1)));
    assert!(busy.changed_nothing());
    // While the shopper is asked: the order that is there.
    shop.see(&first, ProviderStatus::RequiresAction, 1).reply.unwrap();
    let same = shop.place(&again);
    assert_eq!((same.progress().order, same.response().0.status), (first.id(), 202));
    assert_eq!(json(same.response().0)["next_action"]["url"], "/3ds");
    // Once it is confirmed: a conflict that names it. The key above keeps its answer.
    shop.see(&first, ProviderStatus::Captured, 2).reply.unwrap();
    let third = shop.place(&Buy::new(3, &[("A", 1)]).of_cart(7, 3));
    assert_eq!(json(third.response().0)["code"], "already_ordered");
    assert_eq!(json(third.response().0)["order_id"], first.id().to_string());
    assert_eq!(shop.place(&again).response(), (same.response().0, true));
    // Another version of the cart is another order.
    assert!(shop.place(&Buy::new(4, &[("A", 1)]).of_cart(7, 4)).progress().response.is_none());
    // And once it is cancelled, the version is free again.
    shop.ask(cancel(&first)).reply.unwrap();
    assert!(shop.place(&Buy::new(5, &[("A", 1)]).of_cart(7, 3)).progress().response.is_none());
    assert_eq!(shop.level("A"), (9, 2, 0));
}

#[test]
fn two_orders_of_a_cart_version_in_one_batch_are_one_order() {
    let mut shop = Shop::with_stock(&[("A", 9)]);
    let batch: Vec<_> = (1..=3)
        .map(|n| Buy::new(n, &[("A", 1)]).of_cart(7, 1))
        .map(|b| Envelope { idempotency: Some(key_ref(b.n)), ..envelope(b.command()) })
        .collect();
    let done = shop.batch(&batch).unwrap();
    assert!(done[0].reply.is_ok());
    assert!(done[1..].iter().all(|d| d.failure().code == "request_in_progress"));
    assert_eq!(shop.level("A"), (9, 1, 0));
    shop.check("the batch");
}
