//! Coupons and gift cards: used when the order is placed, given back exactly once when it is cancelled.

use contracts::payment::ProviderStatus as S;

use super::*;

/// Ends an order.
type End = fn(&mut Shop, &Buy);

fn coupon(code: &str, limit: Option<i64>) -> Command {
    Command::PutCoupon { code: code.to_owned(), limit }
}

fn issue(n: u64, balance: Money) -> Command {
    Command::IssueGiftCard { code_hash: hash(n), code: "GIFT".to_owned(), balance }
}

fn uses(shop: &Shop, code: &str) -> i64 {
    at_once(shop.engine.coupon(STORE, code)).unwrap().unwrap().uses
}

fn balance(shop: &Shop, n: u64) -> i64 {
    at_once(shop.engine.gift_card(STORE, hash(n))).unwrap().unwrap().balance_minor
}

/// A shop with a coupon for two and a gift card of 5 EUR, and an order that uses both.
fn shop() -> (Shop, Buy) {
    let mut shop = Shop::with_stock(&[("A", 9)]);
    shop.ask(coupon("TEN", Some(2))).reply.unwrap();
    shop.ask(issue(900, eur(500))).reply.unwrap();
    let buy = using(1);
    shop.place(&buy).reply.unwrap();
    assert_eq!((uses(&shop, "TEN"), balance(&shop, 900)), (1, 100));
    (shop, buy)
}

fn using(n: u64) -> Buy {
    Buy {
        coupons: vec!["TEN".to_owned()],
        discount: 100,
        gift_cards: vec![(hash(900), 400)],
        ..Buy::new(n, &[("A", 1)])
    }
}

#[test]
fn every_way_of_ending_an_order_gives_its_vouchers_back_once() {
    let ways: [(&str, End); 8] = [
        ("cancelled while placing", |shop, buy| drop(shop.ask(cancel(buy)))),
        ("cancelled when paid", |shop, buy| {
            shop.see(buy, S::Captured, 1).reply.unwrap();
            shop.ask(cancel(buy)).reply.unwrap();
        }),
        ("declined, then expired", |shop, buy| {
            shop.see(buy, S::Declined, 1).reply.unwrap();
            shop.pass(HOLD_MS);
            shop.wake(buy).reply.unwrap();
        }),
        ("nobody acted", |shop, buy| {
            shop.see(buy, S::RequiresAction, 1).reply.unwrap();
            shop.pass(2 * HOLD_MS);
            shop.wake(buy).reply.unwrap();
        }),
        ("never heard of", |shop, buy| {
            shop.pass(HOLD_MS);
            shop.wake(buy).reply.unwrap();
            shop.record(buy, Observation::Missing { attempt: 1 }).reply.unwrap();
        }),
        ("approved when sold out", |shop, buy| {
            shop.pass(HOLD_MS);
            shop.wake(buy).reply.unwrap();
            shop.paid(&Buy::new(2, &[("A", 9)]));
            shop.see(buy, S::Authorised, 1).reply.unwrap();
            assert_eq!(shop.order(buy).head.cancel_reason.as_deref(), Some("out_of_stock"));
        }),
        ("another amount", |shop, buy| {
            let payment = ProviderPayment { amount: eur(1), ..payment(buy, S::Authorised, 1) };
            shop.record(buy, Observation::Payment { attempt: 1, payment }).reply.unwrap();
        }),
        ("lapsed", |shop, buy| {
            shop.see(buy, S::Authorised, 1).reply.unwrap();
            shop.see(buy, S::Voided, 2).reply.unwrap();
        }),
    ];
    for (way, end) in ways {
        let (mut shop, buy) = shop();
        end(&mut shop, &buy);
        assert!(matches!(shop.phase(&buy), Phase::Cancelling | Phase::Cancelled), "{way}");
        assert_eq!((uses(&shop, "TEN"), balance(&shop, 900)), (0, 500), "{way}");
        // Whatever comes after.
        shop.ask(cancel(&buy)).reply.unwrap();
        for (status, revision) in [(S::Authorised, 10), (S::Captured, 11), (S::Voided, 12)] {
            shop.see(&buy, status, revision).reply.unwrap();
            shop.pass(HOLD_MS);
            shop.wake(&buy).reply.unwrap();
        }
        shop.ask(cancel(&buy)).reply.unwrap();
        assert_eq!((uses(&shop, "TEN"), balance(&shop, 900)), (0, 500), "{way}, afterwards");
    }
}

#[test]
fn an_expired_hold_keeps_its_vouchers_while_the_payment_is_unknown() {
    let (mut shop, buy) = shop();
    shop.pass(HOLD_MS);
    shop.wake(&buy).reply.unwrap();
    assert_eq!((shop.level("A"), uses(&shop, "TEN"), balance(&shop, 900)), ((9, 0, 0), 1, 100));
    shop.see(&buy, S::Captured, 1).reply.unwrap();
    assert_eq!((shop.phase(&buy), uses(&shop, "TEN"), balance(&shop, 900)), (Phase::Confirmed, 1, 100));
}

#[test]
fn the_last_use_goes_to_one_order_and_comes_back_with_the_retry() {
    let mut shop = Shop::with_stock(&[("A", 9)]);
    shop.ask(coupon("TEN", Some(1))).reply.unwrap();
    let with = |n| Buy { coupons: vec!["TEN".to_owned()], ..Buy::new(n, &[("A", 1)]) };
    let batch: Vec<_> = (1..=3).map(|n| envelope(with(n).command())).collect();
    let done = shop.batch(&batch).unwrap();
    shop.check("the last use");
    assert!(done[0].reply.is_ok());
    assert!(done[1..].iter().all(|d| d.failure().code == "coupon_used_up"));
    // Declined; the retry of the same cart has the coupon, nobody else has.
    shop.see(&with(1), S::Declined, 1).reply.unwrap();
    shop.rejects(with(4).command(), "coupon_used_up", 100);
    shop.place(&with(5).of_cart(1, 2)).reply.unwrap();
    assert_eq!((uses(&shop, "TEN"), shop.phase(&with(1))), (1, Phase::Cancelled));
}

#[test]
fn a_coupon_behind_several_discounts_is_used_once() {
    let mut shop = Shop::with_stock(&[("A", 9)]);
    shop.ask(coupon("TEN", Some(1))).reply.unwrap();
    let buy = Buy { coupons: vec!["TEN".to_owned(), "OTHER".to_owned(), "TEN".to_owned()], ..Buy::new(1, &[("A", 1)]) };
    shop.place(&buy).reply.unwrap();
    assert_eq!(uses(&shop, "TEN"), 1);
    shop.ask(cancel(&buy)).reply.unwrap();
    assert_eq!(uses(&shop, "TEN"), 0);
}

#[test]
fn a_gift_card_pays_no_more_than_it_holds() {
    let mut shop = Shop::with_stock(&[("A", 9)]);
    shop.ask(issue(900, eur(500))).reply.unwrap();
    shop.ask(issue(901, Money::new(500, Currency::USD))).reply.unwrap();
    let with = |n, cards: &[(u64, i64)]| Buy {
        gift_cards: cards.iter().map(|(card, amount)| (hash(*card), *amount)).collect(),
        ..Buy::new(n, &[("A", 1)])
    };
    shop.rejects(with(1, &[(900, 501)]).command(), "gift_card_balance", 100);
    shop.rejects(with(1, &[(900, 300), (900, 300)]).command(), "gift_card_balance", 101);
    shop.rejects(with(1, &[(901, 100)]).command(), "gift_card_unknown", 102);
    shop.rejects(with(1, &[(902, 100)]).command(), "gift_card_unknown", 103);
    shop.place(&with(1, &[(900, 300), (900, 200)])).reply.unwrap();
    assert_eq!(balance(&shop, 900), 0);
    shop.ask(cancel(&with(1, &[]))).reply.unwrap();
    assert_eq!(balance(&shop, 900), 500);
}

#[test]
fn what_cannot_be_put_or_issued_changes_nothing() {
    let (mut shop, _) = shop();
    let refused = [
        (coupon("", None), "invalid_input"),
        (coupon("A B", None), "invalid_input"),
        (coupon(&"X".repeat(41), None), "invalid_input"),
        (coupon("TEN", Some(0)), "invalid_input"),
        (coupon("NEW", Some(-1)), "invalid_input"),
        (issue(900, eur(5)), "gift_card_exists"),
        (issue(901, eur(0)), "invalid_input"),
        (issue(901, eur(-5)), "invalid_input"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        shop.rejects(command, code, key);
    }
    assert!(matches!(shop.ask(coupon("TEN", None)).reply, Ok(Reply::Coupon(view)) if view.uses == 1));
}

#[test]
fn one_customer_uses_a_coupon_so_often_and_no_more() {
    let mut shop = Shop::with_stock(&[("A", 99)]);
    let limited = |limit, each| Command::LimitCoupon { code: "TEN".to_owned(), limit, customer_limit: each };
    shop.ask(limited(Some(4), Some(1))).reply.unwrap();
    let with = |n, customers: &[u64]| Buy {
        coupons: vec!["TEN".to_owned()],
        customers: customers.to_vec(),
        ..Buy::new(n, &[("A", 1)])
    };
    // In one batch, as in two tabs: the mail address is 1, the account 2.
    let batch: Vec<_> = (1..=3).map(|n| envelope(with(n, &[1, 2]).command())).collect();
    let done = shop.batch(&batch).unwrap();
    shop.check("one use each");
    assert!(done[0].reply.is_ok());
    assert!(done[1..].iter().all(|d| d.failure().code == "coupon_used_up"));
    assert_eq!(uses(&shop, "TEN"), 1, "a use that was refused is not counted for all either");
    // Neither a guest with the same address nor the account with another address gets a second one.
    shop.rejects(with(4, &[1]).command(), "coupon_used_up", 100);
    shop.rejects(with(5, &[3, 2]).command(), "coupon_used_up", 101);
    shop.place(&with(6, &[3])).reply.unwrap();
    // A cancelled order gives the use back, to the customer too.
    shop.ask(cancel(&with(1, &[]))).reply.unwrap();
    shop.place(&with(7, &[1])).reply.unwrap();
    assert_eq!(uses(&shop, "TEN"), 2);
    // Raising the limit holds for those who have used theirs.
    shop.ask(limited(Some(4), Some(2))).reply.unwrap();
    shop.place(&with(8, &[1])).reply.unwrap();
    shop.rejects(with(9, &[1]).command(), "coupon_used_up", 102);
    shop.ask(coupon("TEN", Some(5))).reply.unwrap();
    shop.rejects(with(9, &[1]).command(), "coupon_used_up", 103);
    shop.ask(limited(Some(5), None)).reply.unwrap();
    shop.place(&with(10, &[1])).reply.unwrap();
    assert_eq!(uses(&shop, "TEN"), 4);
    shop.rejects(limited(None, Some(0)), "invalid_input", 104);
}
