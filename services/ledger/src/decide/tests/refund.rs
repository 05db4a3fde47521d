//! Refunds: never more than was captured, and in whatever parts, exactly what was paid.

use contracts::saga::Next;
use proptest::prelude::*;

use super::*;

fn paid(lines: &[(&'static str, u32)]) -> (Shop, Buy) {
    let mut shop = Shop::with_stock(&[("A", 10), ("B", 10)]);
    let buy = Buy { shipping: 490, ..Buy::new(1, lines) };
    shop.paid(&buy);
    (shop, buy)
}

#[test]
fn a_refund_is_a_row_first_and_then_a_call_with_its_own_key() {
    let (mut shop, buy) = paid(&[("A", 2)]);
    let done = shop.ask_once(refund_amount(&buy, 1, 500), 50);
    let view = json(done.response().0);
    assert_eq!(
        (done.response().0.status, view["status"].as_str(), view["id"].as_str()),
        (201, Some("pending"), Some(refund_id(1).to_string().as_str()))
    );
    let order = shop.order(&buy);
    assert_eq!((order.payment.refund_pending_minor, order.payment.refunded_minor), (500, 0));
    let woken = shop.wake(&buy);
    assert!(matches!(&woken.progress().next, Next::Refund { key, amount, .. }
        if *key == format!("refund:{}", refund_id(1)) && amount.amount_minor == 500));
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Succeeded).reply.unwrap();
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Succeeded).reply.unwrap();
    let order = shop.order(&buy);
    assert_eq!((order.payment.refund_pending_minor, order.payment.refunded_minor), (0, 500));
    assert_eq!(order.payment_status(), contracts::ledger::PaymentStatus::PartiallyRefunded);
    assert_eq!(shop.told(&buy, "refunded"), 1);
    // The rest, without naming it.
    shop.ask(refund(&buy, 2, RefundRequest::default())).reply.unwrap();
    shop.refund_seen(&buy, refund_id(2), RefundStatus::Succeeded).reply.unwrap();
    assert_eq!(shop.order(&buy).payment.refunded_minor, 2_490);
    assert_eq!(shop.order(&buy).payment_status(), contracts::ledger::PaymentStatus::Refunded);
}

#[test]
fn refunds_that_cannot_be_change_nothing() {
    let (mut shop, buy) = paid(&[("A", 2), ("B", 1)]);
    let both = RefundRequest { amount: Some(eur(1)), lines: Some(quantities(&[(1, 1)])), ..RefundRequest::default() };
    let dollars = RefundRequest { amount: Some(Money::new(1, Currency::USD)), ..RefundRequest::default() };
    let vague = RefundRequest { amount: Some(eur(1)), restock: true, ..RefundRequest::default() };
    let refused = [
        (refund(&buy, 1, both), "invalid_input"),
        (refund(&buy, 1, dollars), "invalid_input"),
        (refund(&buy, 1, vague), "invalid_input"),
        (refund(&buy, 1, RefundRequest { restock: true, ..RefundRequest::default() }), "invalid_input"),
        (refund_amount(&buy, 1, 0), "invalid_input"),
        (refund_amount(&buy, 1, -5), "invalid_input"),
        (refund_amount(&buy, 1, i64::MAX), "refund_exceeds_captured"),
        (refund_amount(&buy, 1, 3_491), "refund_exceeds_captured"),
        (refund_lines(&buy, 1, &[], false), "invalid_input"),
        (refund_lines(&buy, 1, &[(3, 1)], false), "invalid_input"),
        (refund_lines(&buy, 1, &[(1, 3)], true), "invalid_input"),
        (refund_lines(&buy, 1, &[(1, 1), (1, 1)], true), "invalid_input"),
    ];
    for ((command, code), key) in refused.into_iter().zip(100..) {
        shop.rejects(command, code, key);
    }
    // Refunds under way count.
    shop.ask(refund_amount(&buy, 1, 3_000)).reply.unwrap();
    shop.rejects(refund_amount(&buy, 2, 491), "refund_exceeds_captured", 200);
    shop.rejects(refund_lines(&buy, 2, &[(2, 1)], true), "refund_exceeds_captured", 201);
    shop.ask(refund_amount(&buy, 2, 490)).reply.unwrap();
    shop.rejects(refund(&buy, 3, RefundRequest::default()), "nothing_to_refund", 202);
    // An order that is not paid, or cancelled, is not refunded.
    let other = Buy::new(2, &[("A", 1)]);
    shop.place(&other).reply.unwrap();
    shop.rejects(refund_amount(&other, 3, 1), "not_refundable", 203);
    shop.see(&other, ProviderStatus::Authorised, 1).reply.unwrap();
    shop.rejects(refund_amount(&other, 3, 1), "refund_exceeds_captured", 204);
    shop.ask(cancel(&other)).reply.unwrap();
    shop.rejects(refund_amount(&other, 3, 1), "not_refundable", 205);
}

#[test]
fn two_refunds_in_one_batch_do_not_both_take_the_same_money() {
    let (mut shop, buy) = paid(&[("A", 2)]);
    let batch: Vec<_> = (1..=3).map(|n| envelope(refund_amount(&buy, n, 1_000))).collect();
    let done = shop.batch(&batch).unwrap();
    shop.check("three refunds");
    assert!(done[0].reply.is_ok() && done[1].reply.is_ok());
    assert_eq!(done[2].failure().code, "refund_exceeds_captured");
    assert_eq!(shop.order(&buy).payment.refund_pending_minor, 2_000);
}

#[test]
fn refunded_units_go_back_to_where_they_are() {
    let (mut shop, buy) = paid(&[("A", 4)]);
    shop.ask(ship(&buy, 1, &[(1, 2)])).reply.unwrap();
    assert_eq!(shop.level("A"), (8, 0, 2));
    // Three units: two were not shipped yet, one comes back.
    shop.ask(refund_lines(&buy, 1, &[(1, 3)], true)).reply.unwrap();
    let line = shop.order(&buy).lines[0].clone();
    assert_eq!((line.cancelled, line.returned, line.refunded), (2, 1, 3));
    assert_eq!(shop.level("A"), (9, 0, 0));
    // Without restocking only the money moves.
    shop.ask(refund_lines(&buy, 2, &[(1, 1)], false)).reply.unwrap();
    assert_eq!((shop.level("A"), shop.order(&buy).payment.refund_pending_minor), ((9, 0, 0), 4_000));
}

#[test]
fn a_failed_refund_frees_its_amount() {
    let (mut shop, buy) = paid(&[("A", 2)]);
    shop.ask(refund(&buy, 1, RefundRequest::default())).reply.unwrap();
    let pending = shop.refund_seen(&buy, refund_id(1), RefundStatus::Pending);
    assert!(matches!(pending.progress().next, Next::Wait { .. }));
    let failed = shop.refund_seen(&buy, refund_id(1), RefundStatus::Failed);
    assert_eq!(failed.progress().next, Next::Done, "a person decides whether to try again");
    assert_eq!(shop.order(&buy).payment.refundable(), 2_490);
    shop.ask(refund(&buy, 2, RefundRequest::default())).reply.unwrap();
    shop.refund_seen(&buy, refund_id(2), RefundStatus::Succeeded).reply.unwrap();
    assert_eq!(shop.order(&buy).payment.refunded_minor, 2_490);
}

#[test]
fn a_failed_refund_of_lines_frees_their_units() {
    // 10.00 for three units: 3.33, 6.67, 10.00.
    let mut shop = Shop::with_stock(&[("A", 10)]);
    let buy = Buy { lines: vec![("A", 3, 334)], discount: 2, ..Buy::new(1, &[]) };
    shop.paid(&buy);
    shop.ask(refund_lines(&buy, 1, &[(1, 1)], false)).reply.unwrap();
    shop.ask(refund_lines(&buy, 2, &[(1, 2)], true)).reply.unwrap();
    shop.rejects(refund_lines(&buy, 3, &[(1, 1)], false), "invalid_input", 100);
    shop.refund_seen(&buy, refund_id(2), RefundStatus::Succeeded).reply.unwrap();
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Failed).reply.unwrap();
    let order = shop.order(&buy);
    assert_eq!((order.lines[0].refunded, order.lines[0].cancelled), (2, 2), "what went back to the shelf stays there");
    assert_eq!((order.refunds[0].amount_minor, order.refunds[1].amount_minor), (333, 667));
    // The unit that failed can be refunded, and together they give exactly what was paid.
    shop.ask(refund_lines(&buy, 3, &[(1, 1)], false)).reply.unwrap();
    assert_eq!(shop.order(&buy).refunds[2].amount_minor, 333);
    shop.refund_seen(&buy, refund_id(3), RefundStatus::Succeeded).reply.unwrap();
    assert_eq!((shop.order(&buy).payment.refunded_minor, shop.order(&buy).lines[0].refunded), (1_000, 3));
    shop.rejects(refund_lines(&buy, 4, &[(1, 1)], false), "invalid_input", 101);
}

#[test]
fn what_gift_cards_got_of_a_failed_refund_counts_for_its_line() {
    let (mut shop, buy) = paid_by_cards(true);
    shop.ask(refund_lines(&buy, 1, &[(1, 1)], false)).reply.unwrap();
    let first = shop.order(&buy).refunds[0].clone();
    assert_eq!((first.amount_minor, first.gift_card_minor), (1_000, 336));
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Failed).reply.unwrap();
    assert_eq!((shop.order(&buy).lines[0].refunded, shop.order(&buy).refunded_of(1)), (0, (0, 336)));
    // Asked for again, the line gives what is left of its price, and all of it through the provider.
    shop.ask(refund_lines(&buy, 2, &[(1, 1)], false)).reply.unwrap();
    let second = shop.order(&buy).refunds[1].clone();
    assert_eq!((second.amount_minor, second.gift_card_minor), (664, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// However a line is refunded, the parts sum to what was paid for it.
    #[test]
    fn any_partition_of_a_line_sums_to_its_total(
        parts in proptest::collection::vec(1_u32..6, 1..8),
        total in 100_i64..1_000_000,
        restock in any::<bool>(),
    ) {
        let quantity: u32 = parts.iter().sum();
        let unit = total.div_euclid(i64::from(quantity)) + 1;
        let mut shop = Shop::with_stock(&[("A", 100)]);
        let lines = vec![("A", quantity, unit)];
        let buy = Buy { lines, discount: unit * i64::from(quantity) - total, ..Buy::new(1, &[]) };
        shop.paid(&buy);
        let mut sum = 0;
        for (n, part) in (1..).zip(&parts) {
            shop.ask(refund_lines(&buy, n, &[(1, *part)], restock)).reply.unwrap();
            let amount = shop.order(&buy).refunds.last().unwrap().amount_minor;
            // No part is off by more than the rounding of its two ends.
            let exact = total * i64::from(*part) / i64::from(quantity);
            prop_assert!((amount - exact).abs() <= 1);
            sum += amount;
        }
        prop_assert_eq!(sum, total);
        prop_assert_eq!(shop.level("A"), (100, 0, if restock { 0 } else { i64::from(quantity) }));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever refunds of a line fail, those that do not sum to what was paid for it once every unit is refunded.
    #[test]
    fn failed_parts_of_a_line_leave_the_sum_exact(
        parts in proptest::collection::vec((1_u32..4, any::<bool>()), 1..10),
        total in 100_i64..100_000,
    ) {
        let quantity: u32 = parts.iter().map(|(units, _)| units).sum();
        let unit = total.div_euclid(i64::from(quantity)) + 1;
        let mut shop = Shop::with_stock(&[("A", 100)]);
        let buy = Buy {
            lines: vec![("A", quantity, unit)],
            discount: unit * i64::from(quantity) - total,
            ..Buy::new(1, &[])
        };
        shop.paid(&buy);
        for (n, (units, good)) in (1..).zip(&parts) {
            shop.ask(refund_lines(&buy, n, &[(1, *units)], false)).reply.unwrap();
            let seen = if *good { RefundStatus::Succeeded } else { RefundStatus::Failed };
            shop.refund_seen(&buy, refund_id(n), seen).reply.unwrap();
        }
        let left = quantity - shop.order(&buy).lines[0].refunded;
        if left > 0 {
            shop.ask(refund_lines(&buy, 90, &[(1, left)], false)).reply.unwrap();
            shop.refund_seen(&buy, refund_id(90), RefundStatus::Succeeded).reply.unwrap();
        }
        prop_assert_eq!(shop.order(&buy).payment.refunded_minor, total);
    }
}

/// A shop with a paid order of 10.00 and shipping: two gift cards paid 3.00 and 2.00 of it.
fn paid_by_cards(due: bool) -> (Shop, Buy) {
    let mut shop = Shop::with_stock(&[("A", 9)]);
    for (card, balance) in [(900, 300), (901, 5_000)] {
        let code = "GIFT".to_owned();
        shop.ask(Command::IssueGiftCard { code_hash: hash(card), code, balance: eur(balance) }).reply.unwrap();
    }
    let second = if due { 200 } else { 1_190 };
    let buy =
        Buy { shipping: 490, gift_cards: vec![(hash(900), 300), (hash(901), second)], ..Buy::new(1, &[("A", 1)]) };
    if due {
        shop.paid(&buy);
    } else {
        shop.place(&buy).reply.unwrap();
    }
    (shop, buy)
}

fn cards(shop: &Shop) -> [i64; 2] {
    [900, 901].map(|n| at_once(shop.engine.gift_card(STORE, hash(n))).unwrap().unwrap().balance_minor)
}

#[test]
fn every_tender_gets_back_its_share_and_in_the_end_what_it_paid() {
    let (mut shop, buy) = paid_by_cards(true);
    assert_eq!((cards(&shop), shop.order(&buy).payment.captured_minor), ([0, 4_800], 990));
    let done = shop.ask_once(refund_amount(&buy, 1, 149), 50);
    // 500 of 1490 were paid by card: 50.0 of 149, and the first card is made whole first.
    let view = json(done.response().0);
    assert_eq!((&view["amount"]["amount_minor"], &view["gift_card"]["amount_minor"]), (&149.into(), &50.into()));
    assert_eq!((cards(&shop), shop.order(&buy).payment.refund_pending_minor), ([50, 4_800], 99));
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Succeeded).reply.unwrap();
    shop.ask(refund_amount(&buy, 2, 1_000)).reply.unwrap();
    assert_eq!(cards(&shop), [300, 4_886]);
    // The provider refuses its part: it is owed again, the cards keep theirs.
    shop.refund_seen(&buy, refund_id(2), RefundStatus::Failed).reply.unwrap();
    assert_eq!(shop.order(&buy).refundable(), 990 - 99 + 114);
    shop.rejects(refund_amount(&buy, 3, 1_006), "refund_exceeds_captured", 200);
    shop.ask(refund(&buy, 3, RefundRequest::default())).reply.unwrap();
    shop.refund_seen(&buy, refund_id(3), RefundStatus::Succeeded).reply.unwrap();
    let order = shop.order(&buy);
    assert_eq!((cards(&shop), order.payment.refunded_minor, order.refundable()), ([300, 5_000], 990, 0));
    assert_eq!(order.payment_status(), contracts::ledger::PaymentStatus::Refunded);
}

#[test]
fn an_order_paid_by_cards_alone_is_refunded_without_a_provider() {
    let (mut shop, buy) = paid_by_cards(false);
    assert_eq!(shop.phase(&buy), Phase::Confirmed);
    shop.ask(refund_amount(&buy, 1, 400)).reply.unwrap();
    assert_eq!(cards(&shop), [300, 3_910]);
    let order = shop.order(&buy);
    assert_eq!((order.refunds[0].state, order.next()), (contracts::ledger::RefundState::Succeeded, Next::Done));
    assert_eq!(order.payment_status(), contracts::ledger::PaymentStatus::PartiallyRefunded);
    // Cancelled afterwards, it gives back the rest and no more.
    shop.ask(cancel(&buy)).reply.unwrap();
    assert_eq!((cards(&shop), shop.phase(&buy)), ([300, 5_000], Phase::Cancelled));
    assert_eq!(shop.told(&buy, "refunded"), 1);
}

proptest! {
    /// However a refund is split and whatever part of it fails at the provider, no tender gets more than it paid, and a
    /// full refund gives each exactly that.
    #[test]
    fn refunds_over_several_tenders_are_exact(parts in prop::collection::vec((1_i64..700, any::<bool>()), 1..8)) {
        let (mut shop, buy) = paid_by_cards(true);
        for ((amount, good), n) in parts.into_iter().zip(1..) {
            let amount = amount.min(shop.order(&buy).refundable());
            if amount == 0 {
                break;
            }
            shop.ask(refund_amount(&buy, n, amount)).reply.unwrap();
            if shop.order(&buy).refunds.last().unwrap().provider_minor() > 0 {
                let seen = if good { RefundStatus::Succeeded } else { RefundStatus::Failed };
                shop.refund_seen(&buy, refund_id(n), seen).reply.unwrap();
            }
            let order = shop.order(&buy);
            prop_assert!(cards(&shop)[0] <= 300 && cards(&shop)[1] <= 5_000);
            prop_assert_eq!(cards(&shop)[0] + cards(&shop)[1] - 4_800, order.gift_card_credited());
        }
        if shop.order(&buy).refundable() > 0 {
            shop.ask(refund(&buy, 99, RefundRequest::default())).reply.unwrap();
            if shop.order(&buy).refunds.last().unwrap().provider_minor() > 0 {
                shop.refund_seen(&buy, refund_id(99), RefundStatus::Succeeded).reply.unwrap();
            }
        }
        prop_assert_eq!(cards(&shop), [300, 5_000]);
        prop_assert_eq!(shop.order(&buy).payment.refunded_minor, 990);
    }
}
