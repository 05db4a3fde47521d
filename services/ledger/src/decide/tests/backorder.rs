//! Orders for more than there is, and goods that are made of others.

use contracts::ledger::{Oversell, SetBundle, SetPolicy, StockQuantity};

use super::*;

pub(crate) fn policy(name: &str, policy: Oversell, limit: Option<i64>, until: Option<Timestamp>) -> Command {
    let request = SetPolicy { policy, limit, until: until.map(Into::into) };
    Command::PutPolicy { sku: sku(name), request }
}

pub(crate) fn bundle(name: &str, components: &[(&str, i64)]) -> Command {
    let part = |(name, quantity): &(&str, i64)| StockQuantity { sku: sku(name), quantity: *quantity };
    Command::PutBundle { sku: sku(name), request: SetBundle { components: components.iter().map(part).collect() } }
}

fn adjust(name: &str, delta: i64) -> Command {
    Command::AdjustStock { sku: sku(name), location: "main".to_owned(), delta, reason: "came".to_owned() }
}

/// What an order has set aside and what it waits for.
fn stands(shop: &Shop, buy: &Buy, name: &str) -> (i64, i64) {
    let order = shop.order(buy);
    let held = order.holds.iter().filter(|h| h.state != crate::order::HoldState::Released && h.sku == sku(name));
    (held.map(|h| h.quantity).sum(), order.backordered(&sku(name)))
}

/// The last that was told of what can be bought of a SKU: at all, and only later.
fn told(shop: &Shop, name: &str) -> Option<(bool, bool)> {
    let events = at_once(shop.engine.events(None, 0, 10_000)).unwrap();
    let last = events.iter().rfind(|e| e.kind == "stock.availability_changed" && e.data["sku"] == name)?;
    Some((last.data["sku_available"] == true, last.data["backorder"] == true))
}

fn code(done: &Done) -> String {
    json(done.response().0)["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn what_is_not_there_is_waited_for_and_given_to_the_oldest_first() {
    let mut shop = Shop::with_stock(&[("A", 3)]);
    let buys: Vec<_> = (1..=4).map(|n| Buy::new(n, &[("A", 2)])).collect();
    assert_eq!(code(&shop.place(&Buy::new(9, &[("A", 4)]))), "out_of_stock");
    shop.ask(policy("A", Oversell::Backorder, Some(5), None)).reply.unwrap();
    for buy in &buys[..3] {
        shop.paid(buy);
    }
    let stand = |shop: &Shop| buys[..3].iter().map(|buy| stands(shop, buy, "A")).collect::<Vec<_>>();
    assert_eq!(stand(&shop), [(2, 0), (1, 1), (0, 2)]);
    assert_eq!((shop.told(&buys[1], "backordered"), told(&shop, "A")), (1, Some((true, true))));
    assert_eq!(json(&shop.order(&buys[1]).answer(200))["lines"][0]["backordered"], 1);
    // Within the limit, and not beyond it.
    assert_eq!(code(&shop.place(&Buy { lines: vec![("A", 3, 1_000)], ..Buy::new(8, &[]) })), "out_of_stock");
    shop.place(&buys[3]).reply.unwrap();
    assert_eq!(told(&shop, "A"), Some((false, false)), "no more can be owed");
    // Nobody ships what is not there; what is there can go.
    shop.rejects(ship(&buys[2], 1, &[]), "backordered", 100);
    shop.rejects(ship(&buys[1], 1, &[(1, 2)]), "backordered", 101);
    shop.ask(ship(&buys[1], 1, &[])).reply.unwrap();
    assert_eq!(shop.order(&buys[1]).lines[0].shipped, 1);
    // Two arrive: the oldest gets one, the next the other.
    let done = shop.ask_once(adjust("A", 2), 50);
    assert_eq!(json(done.response().0)["available"], 0, "all of it was waited for");
    assert_eq!(stand(&shop), [(2, 0), (1, 0), (1, 1)]);
    assert_eq!((shop.told(&buys[1], "backorder_filled"), shop.told(&buys[2], "backorder_filled")), (1, 1));
    // One is taken off the first order; it goes to the third, not on the shelf.
    shop.ask(refund_lines(&buys[0], 1, &[(1, 1)], true)).reply.unwrap();
    assert_eq!(stand(&shop), [(1, 0), (1, 0), (2, 0)]);
    // A cancelled order waits for nothing, and what it held serves the next.
    shop.ask(cancel(&buys[0])).reply.unwrap();
    assert_eq!(stands(&shop, &buys[3], "A"), (1, 1), "before it is paid it only holds");
    shop.ask(cancel(&buys[3])).reply.unwrap();
    assert_eq!((stands(&shop, &buys[3], "A"), shop.level("A")), ((0, 0), (4, 0, 3)));
    shop.ask(ship(&buys[2], 2, &[])).reply.unwrap();
}

#[test]
fn a_hold_that_expires_lets_the_next_in_and_is_taken_again_by_what_is_left() {
    let mut shop = Shop::with_stock(&[("A", 1)]);
    shop.ask(policy("A", Oversell::Backorder, None, None)).reply.unwrap();
    let (first, second) = (Buy::new(1, &[("A", 1)]), Buy::new(2, &[("A", 1)]));
    shop.place(&first).reply.unwrap();
    shop.paid(&second);
    assert_eq!(stands(&shop, &second, "A"), (0, 1));
    shop.record(&first, Observation::Unanswered { attempt: 1 }).reply.unwrap();
    shop.pass(HOLD_MS);
    shop.wake(&first).reply.unwrap();
    assert_eq!((stands(&shop, &first, "A"), stands(&shop, &second, "A")), ((0, 0), (1, 0)));
    shop.see(&first, ProviderStatus::Authorised, 1).reply.unwrap();
    assert_eq!((shop.phase(&first), stands(&shop, &first, "A")), (Phase::Confirmed, (0, 1)), "behind the other now");
    // Nothing of it is there, and a hold of nothing is over all the same.
    let third = Buy::new(3, &[("A", 1)]);
    shop.place(&third).reply.unwrap();
    shop.record(&third, Observation::Unanswered { attempt: 1 }).reply.unwrap();
    shop.pass(HOLD_MS);
    shop.wake(&third).reply.unwrap();
    assert_eq!((stands(&shop, &third, "A"), shop.told(&third, "hold_expired")), ((0, 0), 1));
    shop.ask(policy("A", Oversell::Deny, None, None)).reply.unwrap();
    shop.see(&third, ProviderStatus::Authorised, 1).reply.unwrap();
    assert_eq!(shop.phase(&third), Phase::Cancelling, "it may not wait any more");
}

#[test]
fn a_preorder_ends_at_its_time_and_policies_are_checked() {
    let mut shop = Shop::with_stock(&[("A", 1)]);
    let until = START.plus_millis(1_000);
    shop.ask(policy("A", Oversell::Preorder, None, Some(until))).reply.unwrap();
    shop.place(&Buy::new(1, &[("A", 3)])).reply.unwrap();
    shop.pass(1_000);
    assert_eq!(code(&shop.place(&Buy::new(2, &[("A", 1)]))), "out_of_stock");
    let refused = [
        (policy("A", Oversell::Backorder, Some(1), None), "invalid_input"),
        (policy("A", Oversell::Backorder, Some(-1), None), "invalid_input"),
        (policy("A", Oversell::Backorder, None, Some(until)), "invalid_input"),
        (policy("A", Oversell::Deny, Some(5), None), "invalid_input"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        shop.rejects(command, code, key);
    }
}

#[test]
fn a_long_queue_is_served_in_turns_and_nobody_goes_past_it() {
    let mut shop = Shop::with_stock(&[("A", 0)]);
    shop.ask(policy("A", Oversell::Backorder, None, None)).reply.unwrap();
    let buys: Vec<_> = (1..=70).map(|n| Buy { lines: vec![("A", 1, 0)], ..Buy::new(n, &[]) }).collect();
    for buy in &buys {
        shop.place(buy).reply.unwrap();
    }
    let done = shop
        .batch(&[envelope(adjust("A", 71)), envelope(Buy { lines: vec![("A", 1, 0)], ..Buy::new(90, &[]) }.command())]);
    done.unwrap();
    let waiting = |shop: &Shop| buys.iter().filter(|buy| stands(shop, buy, "A").1 > 0).count();
    assert_eq!(waiting(&shop), 5, "64 by the first command, one more by the second");
    assert_eq!(shop.order(&buys[64]).head.due_at, Some(shop.now), "the last that was served is woken for the rest");
    let due = at_once(shop.engine.due(shop.now, 10)).unwrap();
    let wake = |(_, order): &(StoreId, OrderId)| envelope(Command::Wake { order: *order });
    shop.batch(&due.iter().map(wake).collect::<Vec<_>>()).unwrap();
    shop.check("the queue was served");
    assert_eq!((waiting(&shop), shop.level("A")), (0, (71, 0, 71)));
}

#[test]
fn a_bundle_takes_the_stock_of_its_components() {
    let mut shop = Shop::with_stock(&[("A", 5), ("B", 3), ("C", 1)]);
    let done = shop.ask(bundle("SET", &[("A", 2), ("B", 1)]));
    assert!(matches!(&done.reply, Ok(Reply::Bundle(view)) if view.available == 2));
    assert_eq!(told(&shop, "SET"), Some((true, false)));
    // Two sets and one A are five A: summed over the cart, all of it.
    let buy = Buy { lines: vec![("SET", 1, 5_000), ("A", 1, 1_000), ("SET", 1, 5_000)], ..Buy::new(1, &[]) };
    let more = Buy { lines: vec![("SET", 2, 5_000), ("A", 2, 1_000)], ..Buy::new(2, &[]) };
    assert_eq!(code(&shop.place(&more)), "out_of_stock");
    shop.paid(&buy);
    assert_eq!((shop.level("A"), shop.level("B"), told(&shop, "SET")), ((5, 0, 5), (3, 0, 2), Some((false, false))));
    // The bundle is another one tomorrow; the order is not.
    shop.ask(bundle("SET", &[("C", 1)])).reply.unwrap();
    assert_eq!(told(&shop, "SET"), Some((true, false)));
    shop.ask(ship(&buy, 1, &[(1, 1)])).reply.unwrap();
    assert_eq!((shop.level("A"), shop.level("B")), ((3, 0, 3), (2, 0, 1)));
    shop.ask(refund_lines(&buy, 1, &[(3, 1)], true)).reply.unwrap();
    assert_eq!((shop.level("A"), shop.level("B")), ((3, 0, 1), (2, 0, 0)));
    let back = Command::RequestReturn {
        order: buy.id(),
        id: return_id(1),
        lines: quantities(&[(1, 1)]),
        reason: String::new(),
    };
    shop.ask(back).reply.unwrap();
    shop.ask(Command::ReceiveReturn { order: buy.id(), id: return_id(1), restock: true }).reply.unwrap();
    assert_eq!((shop.level("A"), shop.level("B")), ((5, 0, 1), (3, 0, 0)));
    shop.ask(bundle("SET", &[])).reply.unwrap();
    assert_eq!(told(&shop, "SET"), Some((false, false)));
}

#[test]
fn a_bundle_whose_component_may_be_owed_can_be_ordered() {
    let mut shop = Shop::with_stock(&[("A", 1), ("B", 1)]);
    shop.ask(bundle("SET", &[("A", 2), ("B", 1)])).reply.unwrap();
    assert_eq!(told(&shop, "SET"), None, "never to be bought, never told");
    shop.ask(policy("A", Oversell::Backorder, None, None)).reply.unwrap();
    assert_eq!(told(&shop, "SET"), Some((true, true)));
    let buy = Buy::new(1, &[("SET", 1)]);
    shop.paid(&buy);
    assert_eq!((stands(&shop, &buy, "A"), stands(&shop, &buy, "B")), ((1, 1), (1, 0)));
    assert_eq!(json(&shop.order(&buy).answer(200))["lines"][0]["backordered"], 1);
    shop.rejects(ship(&buy, 1, &[]), "backordered", 100);
    shop.stock("A", "north", 1);
    shop.ask(ship(&buy, 1, &[])).reply.unwrap();
    assert_eq!((shop.level("A"), shop.level("B")), ((0, 0, 0), (0, 0, 0)));
}

#[test]
fn what_cannot_be_a_bundle_is_none() {
    let mut shop = Shop::with_stock(&[("A", 1), ("B", 1)]);
    shop.ask(bundle("SET", &[("A", 1)])).reply.unwrap();
    let refused = [
        (bundle("A", &[("B", 1)]), "has_stock"),
        (bundle("BOX", &[("SET", 1)]), "invalid_input"),
        (bundle("BOX", &[("BOX", 1)]), "invalid_input"),
        (bundle("BOX", &[("A", 0)]), "invalid_input"),
        (bundle("BOX", &[("A", 1), ("A", 1)]), "invalid_input"),
        (policy("SET", Oversell::Backorder, None, None), "is_bundle"),
        (Command::SetStock { sku: sku("SET"), location: "main".to_owned(), on_hand: 3 }, "is_bundle"),
        (adjust("SET", 3), "is_bundle"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        shop.rejects(command, code, key);
    }
}

#[test]
fn a_preorder_that_ends_is_told_with_its_bundles_and_once() {
    let mut shop = Shop::with_stock(&[("A", 0), ("B", 2)]);
    let until = START.plus_secs(60);
    shop.ask(policy("A", Oversell::Preorder, Some(9), Some(until))).reply.unwrap();
    shop.ask(bundle("S", &[("A", 1), ("B", 1)])).reply.unwrap();
    let end = || Command::EndPreorders { skus: vec![sku("A"), sku("B"), sku("ZZ")] };
    shop.ask(end()).reply.unwrap();
    assert_eq!((told(&shop, "A"), told(&shop, "S")), (Some((true, true)), Some((true, true))), "its time has not come");
    shop.now = until.plus_secs(3);
    shop.ask(end()).reply.unwrap();
    assert_eq!((told(&shop, "A"), told(&shop, "S")), (Some((false, false)), Some((false, false))));
    let count = |shop: &Shop| at_once(shop.engine.event_count()).unwrap().0;
    let events = count(&shop);
    shop.ask(end()).reply.unwrap();
    assert_eq!(count(&shop), events);
    let rule = at_once(shop.engine.rule(STORE, &sku("A"))).unwrap().unwrap();
    assert_eq!((rule.policy, rule.limit, rule.until), (Oversell::Deny, None, None));
    // What is there by then was told when it came.
    shop.ask(policy("B", Oversell::Preorder, None, Some(until.plus_secs(9)))).reply.unwrap();
    let events = count(&shop);
    shop.now = until.plus_secs(9);
    shop.ask(Command::EndPreorders { skus: vec![sku("B")] }).reply.unwrap();
    assert_eq!(count(&shop), events);
}

#[test]
fn until_when_something_can_be_ordered_is_told_with_every_change_of_it() {
    let mut shop = Shop::with_stock(&[("A", 0), ("B", 2)]);
    let until = |shop: &Shop, name: &str| -> Value {
        let events = at_once(shop.engine.events(None, 0, 10_000)).unwrap();
        let last = events.iter().rfind(|e| e.kind == "stock.availability_changed" && e.data["sku"] == name);
        last.map_or(Value::Null, |e| e.data["backorder_until"].clone())
    };
    let (soon, later) = (START.plus_secs(60), START.plus_secs(120));
    shop.ask(policy("A", Oversell::Preorder, None, Some(later))).reply.unwrap();
    assert_eq!((told(&shop, "A"), until(&shop, "A")), (Some((true, true)), serde_json::json!(later)));
    // Still a pre-order, that ends sooner: the same SKU can be bought, and yet something changed.
    shop.ask(policy("A", Oversell::Preorder, None, Some(soon))).reply.unwrap();
    assert_eq!(until(&shop, "A"), serde_json::json!(soon));
    // A bundle ends with the first of its components that is not there.
    shop.ask(bundle("S", &[("A", 1), ("B", 1)])).reply.unwrap();
    assert_eq!((told(&shop, "S"), until(&shop, "S")), (Some((true, true)), serde_json::json!(soon)));
    shop.ask(policy("A", Oversell::Backorder, None, None)).reply.unwrap();
    assert_eq!((told(&shop, "A"), until(&shop, "A")), (Some((true, true)), Value::Null));
    shop.ask(adjust("A", 5)).reply.unwrap();
    assert_eq!((told(&shop, "A"), told(&shop, "S")), (Some((true, false)), Some((true, false))));
}
