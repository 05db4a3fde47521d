//! Locations, stock-takes, transfers and low stock.

use contracts::ledger::{
    CountRequest, CountedSku, Location, ReceiveTransfer, SetThreshold, StockFilter, StockQuantity, StockSettings,
    TransferRequest, TransferStatus,
};
use kernel::{PageRequest, TransferId};

use super::*;

pub(crate) fn location(name: &str, priority: i64, active: bool) -> Command {
    Command::PutLocation(Location { priority, active, ..Location::undescribed(name) })
}

fn units(lines: &[(&str, i64)]) -> Vec<StockQuantity> {
    lines.iter().map(|(name, quantity)| StockQuantity { sku: sku(name), quantity: *quantity }).collect()
}

pub(crate) fn transfer(n: u64, (from, to): (&str, &str), lines: &[(&str, i64)], in_transit: bool) -> Command {
    let request = TransferRequest {
        from: from.to_owned(),
        to: to.to_owned(),
        lines: units(lines),
        reason: String::new(),
        in_transit,
    };
    Command::Transfer { id: TransferId::from_uuid(uuid(8, n)), request }
}

pub(crate) fn receive(n: u64, lines: Option<&[(&str, i64)]>, close: bool) -> Command {
    let request = ReceiveTransfer { lines: lines.map(units), close };
    Command::ReceiveTransfer { id: TransferId::from_uuid(uuid(8, n)), request }
}

pub(crate) fn count(location: &str, lines: &[(&str, i64)]) -> Command {
    let lines = lines.iter().map(|(name, on_hand)| CountedSku { sku: sku(name), on_hand: *on_hand }).collect();
    Command::CountStock(CountRequest { location: location.to_owned(), lines, reason: "yearly".to_owned() })
}

fn threshold(name: &str, threshold: Option<i64>) -> Command {
    Command::SetThreshold { sku: sku(name), request: SetThreshold { location: "main".to_owned(), threshold } }
}

/// On hand at each location, by name.
fn on_hand(shop: &Shop, name: &str) -> Vec<(String, i64)> {
    let levels = at_once(shop.engine.levels(STORE, &sku(name))).unwrap();
    levels.into_iter().map(|l| (l.location, l.on_hand)).collect()
}

fn at(pairs: &[(&str, i64)]) -> Vec<(String, i64)> {
    pairs.iter().map(|(name, units)| ((*name).to_owned(), *units)).collect()
}

/// Where an order's stock is held, and how much.
fn holds(shop: &Shop, buy: &Buy) -> Vec<(String, i64)> {
    shop.order(buy).holds.iter().map(|h| (h.location.clone(), h.quantity)).collect()
}

/// What was told of low stock: location and available units.
fn low(shop: &Shop) -> Vec<(String, i64)> {
    let events = at_once(shop.engine.events(None, 0, 1_000)).unwrap();
    let low = events.iter().filter(|e| e.kind == "stock.low");
    low.map(|e| (e.data["location"].as_str().unwrap().to_owned(), e.data["available"].as_i64().unwrap())).collect()
}

#[test]
fn orders_are_served_by_priority_and_never_from_a_closed_location() {
    let mut shop = Shop::new();
    for (name, priority) in [("attic", 3), ("barn", 1), ("cellar", 2)] {
        shop.stock("A", name, 2);
        shop.ask(location(name, priority, true)).reply.unwrap();
    }
    shop.stock("A", "yard", 5);
    shop.place(&Buy::new(1, &[("A", 1)])).reply.unwrap();
    assert_eq!(holds(&shop, &Buy::new(1, &[])), at(&[("barn", 1)]));
    shop.place(&Buy::new(2, &[("A", 2)])).reply.unwrap();
    assert_eq!(holds(&shop, &Buy::new(2, &[])), at(&[("cellar", 2)]), "one location before several");
    shop.place(&Buy::new(3, &[("A", 7)])).reply.unwrap();
    let expected = at(&[("barn", 1), ("attic", 2), ("yard", 4)]);
    assert_eq!(holds(&shop, &Buy::new(3, &[])), expected, "the undescribed ones come last");
    // The last unit is at the yard, which closes.
    shop.ask(location("yard", 0, false)).reply.unwrap();
    shop.ask(Command::TellStock { location: "yard".to_owned(), skus: vec![sku("A"), sku("B")] }).reply.unwrap();
    let last = at_once(shop.engine.events(None, 0, 1_000)).unwrap().pop().unwrap();
    assert_eq!((last.kind.as_str(), &last.data["sku_available"]), ("stock.availability_changed", &false.into()));
    assert_eq!(json(shop.place(&Buy::new(4, &[("A", 1)])).response().0)["code"], "out_of_stock");
    // What it owes already, it delivers.
    shop.see(&Buy::new(3, &[("A", 7)]), ProviderStatus::Captured, 1).reply.unwrap();
    shop.ask(ship(&Buy::new(3, &[]), 1, &[])).reply.unwrap();
    assert_eq!(on_hand(&shop, "A"), at(&[("attic", 0), ("barn", 1), ("cellar", 2), ("yard", 1)]));
    shop.ask(location("yard", 0, true)).reply.unwrap();
    shop.place(&Buy::new(5, &[("A", 1)])).reply.unwrap();
    assert_eq!(holds(&shop, &Buy::new(5, &[])), at(&[("yard", 1)]));
}

#[test]
fn goods_move_between_locations_in_one_commit() {
    let mut shop = Shop::with_stock(&[("A", 5), ("B", 1)]);
    let done = shop.ask_once(transfer(1, ("main", "north"), &[("A", 3), ("B", 1)], false), 50);
    let view = json(done.response().0);
    assert_eq!(
        (done.response().0.status, &view["status"], &view["lines"][0]["received"]),
        (201, &"received".into(), &3.into())
    );
    assert_eq!(
        (on_hand(&shop, "A"), on_hand(&shop, "B")),
        (at(&[("main", 2), ("north", 3)]), at(&[("main", 0), ("north", 1)]))
    );
    assert_eq!(
        shop.ask_once(transfer(1, ("main", "north"), &[("A", 3), ("B", 1)], false), 50).response(),
        (done.response().0, true)
    );
    shop.place(&Buy::new(1, &[("A", 5)])).reply.unwrap();
    let too_much: Vec<(&str, i64)> = vec![("A", 1_000_000_001)];
    let refused = [
        (transfer(2, ("main", "north"), &[("A", 1)], false), "insufficient_stock"),
        (transfer(2, ("main", "main"), &[("A", 1)], false), "invalid_input"),
        (transfer(2, ("Main", "north"), &[("A", 1)], false), "invalid_input"),
        (transfer(2, ("main", "north"), &[], false), "invalid_input"),
        (transfer(2, ("main", "north"), &[("A", 0)], false), "invalid_input"),
        (transfer(2, ("main", "north"), &too_much, false), "invalid_input"),
        (transfer(2, ("north", "main"), &[("B", 1), ("B", 1)], false), "invalid_input"),
        (transfer(2, ("north", "main"), &[("B", 1), ("C", 1)], true), "insufficient_stock"),
        (receive(2, None, false), "not_found"),
        (receive(1, None, false), "already_received"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        shop.rejects(command, code, key);
    }
}

#[test]
fn goods_on_their_way_are_at_neither_location() {
    let mut shop = Shop::with_stock(&[("A", 5), ("B", 2)]);
    shop.ask_once(transfer(1, ("main", "north"), &[("A", 4), ("B", 2)], true), 50);
    assert_eq!(on_hand(&shop, "A"), at(&[("main", 1)]));
    assert_eq!(json(shop.place(&Buy::new(1, &[("A", 2)])).response().0)["code"], "out_of_stock");
    for (lines, code, key) in [
        (&[("A", 5)][..], "invalid_input", 60),
        (&[("C", 1)][..], "invalid_input", 61),
        (&[("A", 0)][..], "invalid_input", 62),
        (&[][..], "invalid_input", 63),
    ] {
        shop.rejects(receive(1, Some(lines), false), code, key);
    }
    let part = shop.ask_once(receive(1, Some(&[("A", 3)]), false), 51);
    assert_eq!(json(part.response().0)["status"], "partially_received");
    assert_eq!(on_hand(&shop, "A"), at(&[("main", 1), ("north", 3)]));
    let rest = shop.ask_once(receive(1, Some(&[("B", 1)]), true), 52);
    assert_eq!(json(rest.response().0)["status"], "closed", "one of each is lost");
    shop.rejects(receive(1, None, false), "already_received", 64);
    shop.ask_once(transfer(2, ("north", "main"), &[("A", 3)], true), 53);
    shop.ask_once(receive(2, None, false), 54);
    assert_eq!(on_hand(&shop, "A"), at(&[("main", 4), ("north", 0)]));
    let page = at_once(shop.engine.transfers(STORE, &PageRequest { limit: 1, cursor: None })).unwrap();
    assert_eq!((page.items[0].state, page.next_cursor.is_some()), (TransferStatus::Received, true));
    let page = at_once(shop.engine.transfers(STORE, &PageRequest { limit: 1, cursor: page.next_cursor })).unwrap();
    assert_eq!((page.items[0].state, page.next_cursor), (TransferStatus::Closed, None));
}

#[test]
fn a_stock_take_is_booked_whole_and_reports_differences() {
    let mut shop = Shop::with_stock(&[("A", 5), ("B", 5)]);
    let done = shop.ask_once(count("main", &[("A", 4), ("B", 5), ("C", 2)]), 50);
    let report = json(done.response().0);
    assert_eq!((&report["by"], &report["differences"]), (&"key:office".into(), &2.into()));
    assert_eq!((&report["lines"][0]["before"], &report["lines"][0]["difference"]), (&5.into(), &(-1).into()));
    assert_eq!((shop.level("A").0, shop.level("B").0, shop.level("C").0), (4, 5, 2));
    let reasons: Vec<_> = done.effects.movements.iter().map(|m| m.reason.as_deref()).collect();
    assert_eq!(reasons, [Some("yearly"), Some("yearly")], "what is as the books say is no movement");
    shop.place(&Buy::new(1, &[("A", 3)])).reply.unwrap();
    let refused = [
        (count("main", &[("B", 9), ("A", 2)]), "stock_owed"),
        (count("main", &[("A", 3), ("A", 3)]), "invalid_input"),
        (count("main", &[]), "invalid_input"),
        (count("main", &[("A", -1)]), "invalid_input"),
        (count("MAIN", &[("A", 1)]), "invalid_input"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        shop.rejects(command, code, key);
    }
    assert_eq!(shop.level("B").0, 5);
}

#[test]
fn low_stock_is_told_once_on_the_way_down() {
    let mut shop = Shop::with_stock(&[("A", 5), ("B", 5)]);
    shop.rejects(threshold("C", Some(1)), "not_found", 100);
    shop.rejects(threshold("A", Some(-1)), "invalid_input", 101);
    shop.ask(threshold("A", Some(3))).reply.unwrap();
    let buy = |n, units| Buy::new(n, &[("A", units)]);
    shop.place(&buy(1, 1)).reply.unwrap();
    assert_eq!(low(&shop), []);
    shop.place(&buy(2, 1)).reply.unwrap();
    shop.place(&buy(3, 1)).reply.unwrap();
    assert_eq!(low(&shop), at(&[("main", 3)]), "told once");
    shop.ask(cancel(&buy(3, 1))).reply.unwrap();
    assert_eq!(low(&shop).len(), 1, "not above it yet");
    shop.ask(cancel(&buy(2, 1))).reply.unwrap();
    shop.place(&buy(4, 4)).reply.unwrap();
    assert_eq!(low(&shop), at(&[("main", 3), ("main", 0)]));
    // The store's own threshold is for levels that have none.
    shop.ask(Command::PutStockSettings(StockSettings { low_stock_threshold: Some(4) })).reply.unwrap();
    shop.place(&Buy::new(5, &[("B", 1)])).reply.unwrap();
    assert_eq!(low(&shop).len(), 3);
    let list = |low, q: Option<&str>| {
        let filter = StockFilter { low, q: q.map(str::to_owned), location: Some("main".to_owned()) };
        let page = at_once(shop.engine.stock(STORE, &filter, &PageRequest::default())).unwrap();
        page.items.iter().map(|l| (l.sku.as_str().to_owned(), l.threshold)).collect::<Vec<_>>()
    };
    assert_eq!(list(true, None), [("A".to_owned(), Some(3)), ("B".to_owned(), Some(4))]);
    assert_eq!(list(false, Some("b")), [("B".to_owned(), Some(4))]);
}
