//! Counting and adjusting.

use super::*;

fn set(location: &str, on_hand: i64) -> Command {
    Command::SetStock { sku: sku("A"), location: location.to_owned(), on_hand }
}

fn adjust(delta: i64, reason: &str) -> Command {
    Command::AdjustStock { sku: sku("A"), location: "main".to_owned(), delta, reason: reason.to_owned() }
}

#[test]
fn counts_and_adjustments_are_movements() {
    let mut shop = Shop::new();
    let done = shop.ask(set("main", 5));
    assert!(matches!(&done.reply, Ok(Reply::Stock(view)) if view.available == 5));
    assert_eq!(done.effects.movements.len(), 1);
    assert!(shop.ask(set("main", 5)).changed_nothing(), "the same count again is nothing new");
    let done = shop.ask_once(adjust(-2, "broken"), 50);
    assert_eq!((done.response().0.status, json(done.response().0)["on_hand"].as_i64()), (201, Some(3)));
    assert_eq!(done.effects.movements[0].reason.as_deref(), Some("broken"));
    assert_eq!(shop.ask_once(adjust(-2, "broken"), 50).response(), (done.response().0, true));
    assert_eq!(shop.level("A"), (3, 0, 0), "a repeated request takes effect once");
}

#[test]
fn what_cannot_be_counted_changes_nothing() {
    let mut shop = Shop::with_stock(&[("A", 5)]);
    shop.place(&Buy::new(1, &[("A", 2)])).reply.unwrap();
    shop.paid(&Buy::new(2, &[("A", 1)]));
    let refused = [
        (set("main", -1), "invalid_input"),
        (set("main", 1_000_000_001), "invalid_input"),
        (set("", 1), "invalid_input"),
        (set("Main", 1), "invalid_input"),
        (set("main", 2), "stock_owed"),
        (adjust(0, "x"), "invalid_input"),
        (adjust(i64::MIN, "x"), "invalid_input"),
        (adjust(1_000_000_000, "x"), "invalid_input"),
        (adjust(1, " "), "invalid_input"),
        (adjust(1, &"x".repeat(201)), "invalid_input"),
        (adjust(-3, "theft"), "insufficient_stock"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        shop.rejects(command, code, key);
    }
    shop.ask(set("main", 3)).reply.unwrap();
    assert_eq!(shop.level("A"), (3, 2, 1));
}

#[test]
fn selling_out_and_coming_back_are_told_per_location_and_for_all() {
    let mut shop = Shop::new();
    shop.stock("A", "east", 1);
    shop.stock("A", "west", 1);
    shop.place(&Buy::new(1, &[("A", 2)])).reply.unwrap();
    shop.ask(cancel(&Buy::new(1, &[]))).reply.unwrap();
    let events = at_once(shop.engine.events(None, 0, 100)).unwrap();
    let told: Vec<_> = events
        .iter()
        .filter(|e| e.kind == "stock.availability_changed")
        .map(|e| (e.data["location"].as_str().unwrap(), e.data["available"] == true, e.data["sku_available"] == true))
        .collect();
    assert_eq!(
        told,
        [
            ("east", true, true),
            ("west", true, true),
            ("east", false, true),
            ("west", false, false),
            ("east", true, true),
            ("west", true, true),
        ]
    );
}

#[test]
fn the_same_goods_of_two_stores_are_apart() {
    let mut shop = Shop::with_stock(&[("A", 1)]);
    let other = StoreId::from_uuid(uuid(9, 9));
    shop.submit(Envelope { store: other, ..envelope(set("main", 7)) }).reply.unwrap();
    assert_eq!(shop.level("A"), (1, 0, 0));
    shop.paid(&Buy::new(1, &[("A", 1)]));
    assert_eq!(at_once(shop.engine.levels(other, &sku("A"))).unwrap()[0].available(), 7);
}
