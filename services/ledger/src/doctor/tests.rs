//! A healthy shop has nothing to report; each way of spoiling it is found under its own number.

use std::sync::Arc;

use contracts::payment::ProviderStatus;
use kernel::EventId;

use super::*;
use crate::decide::tests::{Buy, HOLD_MS, STORE, Shop, at_once, cancel, hash, refund_amount, sku};
use crate::engine::Engine;
use crate::order::Refund;
use crate::state::{Changes, IdempotencyRow, Parked, StoredAnswer};

/// A shop with an order of each kind: paid, cancelled, and waiting for its payment.
fn shop() -> Shop {
    let mut shop = Shop::with_stock(&[("A", 10)]);
    shop.ask(crate::decide::Command::PutCoupon { code: "TEN".to_owned(), limit: Some(5) }).reply.unwrap();
    let balance = kernel::Money::new(500, kernel::Currency::EUR);
    let gift = crate::decide::Command::IssueGiftCard { code_hash: hash(900), code: "G".to_owned(), balance };
    shop.ask(gift).reply.unwrap();
    shop.paid(&paid());
    shop.place(&cancelled()).reply.unwrap();
    shop.see(&cancelled(), ProviderStatus::Captured, 1).reply.unwrap();
    shop.ask(cancel(&cancelled())).reply.unwrap();
    let refund = shop.order(&cancelled()).refunds[0].id;
    shop.refund_seen(&cancelled(), refund, contracts::payment::RefundStatus::Succeeded).reply.unwrap();
    assert_eq!(shop.phase(&cancelled()), Phase::Cancelled);
    shop.place(&waiting()).reply.unwrap();
    shop
}

fn paid() -> Buy {
    Buy { coupons: vec!["TEN".to_owned()], ..Buy::new(1, &[("A", 2)]) }
}

fn cancelled() -> Buy {
    Buy::new(2, &[("A", 1)])
}

fn waiting() -> Buy {
    Buy::new(3, &[("A", 1)])
}

fn forge(shop: &Shop, changes: &Changes) {
    at_once(shop.engine.clone().commit(changes)).expect("the constraints allow this");
}

fn forge_order(shop: &Shop, buy: &Buy, spoil: impl FnOnce(&mut Order)) {
    let before = shop.order(buy);
    let mut after = Order::clone(&before);
    spoil(&mut after);
    let orders = [(buy.id(), (Some(before), Arc::new(after)))].into();
    forge(shop, &Changes { orders, ..Changes::default() });
}

/// The numbers of the invariants that are broken, with what is said about each.
fn broken(shop: &Shop) -> Vec<(String, String)> {
    let reports = at_once(check(&shop.engine, shop.now)).unwrap();
    let said = |r: &InvariantReport| r.violations.iter().map(|v| v.detail.clone()).collect::<Vec<_>>().join("; ");
    reports.iter().filter(|r| !r.violations.is_empty()).map(|r| (r.id.clone(), said(r))).collect()
}

#[test]
fn a_healthy_shop_has_every_invariant_checked_and_none_broken() {
    let shop = shop();
    let reports = at_once(check(&shop.engine, shop.now)).unwrap();
    let ids: Vec<_> = reports.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "L1"]);
    assert!(reports.iter().all(|r| r.violations.is_empty()), "{reports:?}");
    assert!(reports.iter().all(|r| r.not_applicable.is_some() == matches!(r.id.as_str(), "I12" | "I13")));
    assert_eq!((reports[0].checked, reports[1].checked, reports[6].checked), (1, 3, 2));
}

#[test]
fn every_spoilt_order_is_found() {
    type Spoil = fn(&mut Order);
    let spoilt: [(&str, &str, Buy, Spoil); 12] = [
        ("I2", "do not sum", paid(), |o| o.payment.refunded_minor = 100),
        ("I2", "do not sum", paid(), |o| o.payment.refund_pending_minor = 100),
        ("I4", "were kept", cancelled(), |o| {
            o.payment.refunded_minor = 400;
            o.refunds[0].amount_minor = 400;
        }),
        ("I5", "owes 2 of A but has 1", paid(), |o| o.holds[0].quantity = 1),
        ("I5", "only held", paid(), |o| o.holds[0].state = HoldState::Held),
        ("I5", "still holds stock", cancelled(), |o| {
            o.holds[0].state = HoldState::Committed;
        }),
        ("I6", "do not add up", paid(), |o| o.payment.amount_minor += 1),
        ("I8", "without a payment", paid(), |o| o.payment.state = Attempt::Voided),
        ("L1", "nothing will wake", waiting(), |o| o.head.due_at = None),
        ("L1", "has had a step due", waiting(), |o| o.head.due_at = Some(o.head.placed_at.plus_millis(-2 * HOLD_MS))),
        ("L1", "again and again", waiting(), |o| o.payment.tries = 50),
        ("L1", "again and again", waiting(), |o| {
            o.head.phase = Phase::Cancelling;
            let refund = |n| Refund {
                id: crate::decide::tests::refund_id(n),
                state: RefundState::Failed,
                amount_minor: 1,
                gift_card_minor: 0,
                lines: Vec::new(),
                reason: String::new(),
                at: o.head.placed_at,
            };
            o.refunds = (0..20).map(refund).collect();
        }),
    ];
    for (id, detail, buy, spoil) in spoilt {
        let shop = shop();
        forge_order(&shop, &buy, spoil);
        let found = broken(&shop);
        assert!(found.iter().any(|(i, said)| i == id && said.contains(detail)), "{id} {detail}: {found:?}");
    }
}

#[test]
fn stock_that_no_movement_or_order_explains_is_found() {
    let spoilt: [fn(&mut crate::state::StockLevel); 4] =
        [|l| l.on_hand += 1, |l| l.held += 1, |l| l.committed -= 1, |l| l.seq += 1];
    for spoil in spoilt {
        let shop = shop();
        let mut level = at_once(shop.engine.levels(STORE, &sku("A"))).unwrap().remove(0);
        spoil(&mut level);
        let stock = [((STORE, sku("A"), level.location.clone()), level)].into();
        forge(&shop, &Changes { stock, ..Changes::default() });
        assert!(matches!(&broken(&shop)[..], [(id, _)] if id == "I1"), "{:?}", broken(&shop));
    }
}

#[test]
fn vouchers_that_do_not_agree_with_their_rows_are_found() {
    let shop = shop();
    let mut coupon = at_once(shop.engine.coupon(STORE, "TEN")).unwrap().unwrap();
    coupon.uses = 2;
    let mut card = at_once(shop.engine.gift_card(STORE, hash(900))).unwrap().unwrap();
    card.balance_minor = 501;
    let coupons = [((STORE, "TEN".to_owned()), coupon)].into();
    let gift_cards = [((STORE, hash(900)), card)].into();
    forge(&shop, &Changes { coupons, gift_cards, ..Changes::default() });
    let found = broken(&shop);
    let [(id, said)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((id.as_str(), said.contains("counts 2 uses"), said.contains("balance is 501")), ("I7", true, true));
}

#[test]
fn missing_events_answers_and_effects_are_found() {
    // An event whose number and position leave a gap.
    let spoilt = shop();
    let last = at_once(spoilt.engine.events(None, 0, 1_000)).unwrap().pop().unwrap();
    let event = contracts::event::Event { position: last.position + 2, aggregate_seq: last.aggregate_seq + 2, ..last };
    forge(&spoilt, &Changes { events: vec![event], ..Changes::default() });
    assert!(matches!(&broken(&spoilt)[..], [(id, said)] if id == "I9" && said.contains("last position")));

    // A dead letter; and a consumer that says it has taken everything but has not.
    let spoilt = shop();
    let (_, last) = at_once(spoilt.engine.event_count()).unwrap();
    forge(&spoilt, &Changes { cursors: [("sales".to_owned(), last)].into(), ..Changes::default() });
    assert!(matches!(&broken(&spoilt)[..], [(id, said)] if id == "I10" && said.contains("1 orders are confirmed")));
    let dead = Parked {
        consumer: "sales".to_owned(),
        position: 1,
        event: EventId::from_uuid(uuid::Uuid::from_u128(1)),
        aggregate: "order:1".to_owned(),
        tries: 5,
        next_at: spoilt.now,
        dead: true,
    };
    forge(&spoilt, &Changes { parked: vec![dead], ..Changes::default() });
    assert!(matches!(&broken(&spoilt)[..], [(id, said)] if id == "I10" && said.contains("dead letter")));

    // A fault of ours that was stored as an answer.
    let spoilt = shop();
    let answer = Some(StoredAnswer { status: 500, location: None, body: "oops".into() });
    let row = IdempotencyRow {
        store: STORE,
        key: hash(77),
        fingerprint: hash(77),
        order: None,
        answer,
        expires_at: spoilt.now,
    };
    forge(&spoilt, &Changes { idempotency: [((STORE, hash(77)), row)].into(), ..Changes::default() });
    assert!(matches!(&broken(&spoilt)[..], [(id, _)] if id == "I11"));
}

#[test]
fn what_is_only_under_way_is_not_a_violation() {
    let mut shop = shop();
    shop.ask(refund_amount(&paid(), 1, 500)).reply.unwrap();
    shop.record(&waiting(), contracts::saga::Observation::Unanswered { attempt: 1 }).reply.unwrap();
    assert_eq!(broken(&shop), []);
    // Due for a while, but not for long.
    shop.pass(STUCK_MS);
    assert_eq!(broken(&shop), []);
    shop.pass(60_000);
    assert!(broken(&shop).iter().all(|(id, _)| id == "L1"));
}

#[test]
fn backorders_that_do_not_agree_with_their_rule_and_the_stock_are_found() {
    use crate::decide::tests::{backorder::policy, inventory::transfer};
    let waiting = Buy::new(7, &[("B", 3)]);
    let shop = || {
        let mut shop = shop();
        shop.stock("B", "main", 1);
        shop.ask(policy("B", contracts::ledger::Oversell::Backorder, Some(5), None)).reply.unwrap();
        shop.paid(&waiting);
        assert_eq!(broken(&shop), []);
        shop
    };
    let spoilt = shop();
    let mut rule = at_once(spoilt.engine.rule(STORE, &sku("B"))).unwrap().unwrap();
    rule.backordered = 1;
    forge(&spoilt, &Changes { rules: [((STORE, sku("B")), rule)].into(), ..Changes::default() });
    assert!(matches!(&broken(&spoilt)[..], [(id, said)] if id == "I5" && said.contains("wait for 2 of B")));

    let spoilt = shop();
    forge_order(&spoilt, &waiting, |o| o.backorders.clear());
    let found = broken(&spoilt);
    assert!(matches!(&found[..], [(id, said)] if id == "I5" && said.contains("owes 3 of B but has 1")), "{found:?}");

    // Units that nobody gave to those who wait.
    let mut spoilt = shop();
    let mut level = at_once(spoilt.engine.levels(STORE, &sku("B"))).unwrap().remove(0);
    level.on_hand += 1;
    forge(
        &spoilt,
        &Changes { stock: [((STORE, sku("B"), level.location.clone()), level)].into(), ..Changes::default() },
    );
    let found = broken(&spoilt);
    assert!(found.iter().any(|(id, said)| id == "I5" && said.contains("although 1 are there")), "{found:?}");

    // A transfer that says more than was moved.
    spoilt = shop();
    spoilt.ask_once(transfer(1, ("main", "north"), &[("A", 1)], true), 500);
    let mut sent = at_once(spoilt.engine.all_transfers()).unwrap().remove(0);
    sent.lines[0].quantity = 2;
    forge(&spoilt, &Changes { transfers: [((STORE, sent.id), sent)].into(), ..Changes::default() });
    assert!(matches!(&broken(&spoilt)[..], [(id, said)] if id == "I1" && said.contains("made 1 units")));
}
