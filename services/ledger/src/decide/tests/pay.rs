//! The payment's side: whatever the provider says, in whatever order, an order is paid once, or not at all.

use contracts::payment::ProviderStatus as S;
use contracts::saga::Next;

use super::*;
use crate::order::{Attempt, HoldState};

/// An order of the last unit of A.
fn placed() -> (Shop, Buy) {
    let mut shop = Shop::with_stock(&[("A", 1)]);
    let buy = Buy::new(1, &[("A", 1)]);
    shop.place(&buy).reply.unwrap();
    (shop, buy)
}

/// The answer that is stored for the request that placed `buy`.
fn stored(shop: &Shop, buy: &Buy) -> Option<u16> {
    let row = at_once(shop.engine.idempotency(STORE, hash(buy.n))).unwrap().unwrap();
    row.answer.map(|a| a.status)
}

#[test]
fn an_approved_order_is_confirmed_and_then_captured() {
    let (mut shop, buy) = placed();
    let done = shop.see(&buy, S::Authorised, 1);
    assert_eq!((done.response().0.status, stored(&shop, &buy)), (201, Some(201)));
    match &done.progress().next {
        Next::Capture { key, amount, reference, .. } => {
            assert_eq!(*key, format!("{}:1:capture", buy.id()));
            assert_eq!((amount.amount_minor, reference.as_str()), (1_000, "pay_1"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(shop.level("A"), (1, 0, 1));
    assert_eq!(shop.order(&buy).payment.token, None, "a token is kept no longer than it is needed");
    let done = shop.see(&buy, S::Captured, 2);
    assert_eq!(done.progress().next, Next::Done);
    assert_eq!(shop.order(&buy).head.due_at, None);
    assert_eq!(shop.story(&buy), ["created", "placed", "paid"]);
}

#[test]
fn webhook_return_and_poll_are_one_capture_one_story_one_move_of_stock() {
    let (mut shop, buy) = placed();
    for (status, revision) in [
        (S::Processing, 1),
        (S::Captured, 3),
        (S::Authorised, 2),
        (S::Captured, 3),
        (S::Processing, 1),
        (S::Authorised, 2),
        (S::Captured, 3),
    ] {
        shop.see(&buy, status, revision).reply.unwrap();
    }
    assert_eq!(shop.story(&buy), ["created", "payment_unknown", "placed", "paid"]);
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Confirmed, (1, 0, 1)));
    assert_eq!(shop.order(&buy).payment.captured_minor, 1_000);
    assert_eq!(shop.wake(&buy).progress().next, Next::Done);
}

#[test]
fn no_answer_is_unknown_and_asked_for_again_with_growing_pauses() {
    let (mut shop, buy) = placed();
    let done = shop.record(&buy, Observation::Unanswered { attempt: 1 });
    assert_eq!((shop.phase(&buy), done.response().0.status, stored(&shop, &buy)), (Phase::Unknown, 202, Some(202)));
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let due = shop.order(&buy).head.due_at.unwrap();
        pauses.push(due.millis_since(shop.now) / 1000);
        shop.now = due;
        let find = shop.wake(&buy).progress().next.clone();
        assert_eq!(find, Next::Find { attempt: 1, provider: "test".to_owned(), key: format!("{}:1", buy.id()) });
        let wait = shop.record(&buy, Observation::Unanswered { attempt: 1 }).progress().next.clone();
        assert_eq!(wait, Next::Wait { until: shop.order(&buy).head.due_at.unwrap() });
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
    // It was charged all along, and is found.
    shop.see(&buy, S::Captured, 1).reply.unwrap();
    assert_eq!(shop.story(&buy), ["created", "payment_unknown", "placed", "paid"]);
    assert_eq!(stored(&shop, &buy), Some(202), "an answer once given stays");
}

#[test]
fn what_the_provider_never_heard_of_is_sent_again_under_the_same_key_until_time_is_over() {
    let (mut shop, buy) = placed();
    shop.record(&buy, Observation::Unanswered { attempt: 1 }).reply.unwrap();
    for _ in 0..3 {
        let again = shop.record(&buy, Observation::Missing { attempt: 1 });
        assert!(matches!(&again.progress().next, Next::Authorise { attempt: 1, key, token, .. }
            if *key == format!("{}:1", buy.id()) && token == "tok_approve"));
        shop.record(&buy, Observation::Unanswered { attempt: 1 }).reply.unwrap();
    }
    shop.pass(HOLD_MS);
    assert!(matches!(shop.wake(&buy).progress().next, Next::Find { .. }), "first it is asked for once more");
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Unknown, (1, 0, 0)));
    let end = shop.record(&buy, Observation::Missing { attempt: 1 });
    assert_eq!((shop.phase(&buy), end.progress().next.clone()), (Phase::Cancelled, Next::Done));
    assert_eq!(shop.story(&buy), ["created", "payment_unknown", "hold_expired", "cancel_requested", "cancelled"]);
    // The very first request arrives at last.
    let late = shop.see(&buy, S::Authorised, 1);
    assert!(matches!(late.progress().next, Next::Void { .. }));
    shop.see(&buy, S::Voided, 2).reply.unwrap();
    assert_eq!((shop.phase(&buy), shop.order(&buy).payment.state), (Phase::Cancelled, Attempt::Voided));
}

#[test]
fn exactly_one_of_expiry_and_claim_gets_the_last_unit() {
    // Nobody else wanted it: the late approval takes the stock again.
    let (mut shop, buy) = placed();
    shop.record(&buy, Observation::Unanswered { attempt: 1 }).reply.unwrap();
    shop.pass(HOLD_MS);
    shop.wake(&buy).reply.unwrap();
    assert_eq!(shop.level("A"), (1, 0, 0));
    shop.see(&buy, S::Authorised, 1).reply.unwrap();
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Confirmed, (1, 0, 1)));

    // Somebody else got it in between: void, not refund.
    let (mut shop, buy) = placed();
    shop.record(&buy, Observation::Unanswered { attempt: 1 }).reply.unwrap();
    shop.pass(HOLD_MS);
    shop.wake(&buy).reply.unwrap();
    let rival = Buy::new(2, &[("A", 1)]);
    shop.paid(&rival);
    let lost = shop.see(&buy, S::Authorised, 1);
    assert_eq!(shop.phase(&buy), Phase::Cancelling);
    match &lost.progress().next {
        Next::Void { key, reference, .. } => {
            assert_eq!((key.as_str(), reference.as_str()), (format!("{}:1:void", buy.id()).as_str(), "pay_1"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(shop.order(&buy).head.cancel_reason.as_deref(), Some("out_of_stock"));
    assert_eq!(shop.order(&buy).lines[0].cancelled, 1);
    assert_eq!(shop.told(&buy, "placed"), 0);
    shop.see(&buy, S::Voided, 2).reply.unwrap();
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Cancelled, (1, 0, 1)));
    assert_eq!(shop.order(&buy).payment_status(), contracts::ledger::PaymentStatus::Voided);

    // The claim first: time does not touch what is committed.
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Captured, 1).reply.unwrap();
    shop.pass(HOLD_MS * 10);
    shop.wake(&buy).reply.unwrap();
    assert_eq!(shop.level("A"), (1, 0, 1));
}

#[test]
fn expiry_and_claim_in_one_batch_are_decided_in_order() {
    for expiry_first in [true, false] {
        let (mut shop, buy) = placed();
        shop.record(&buy, Observation::Unanswered { attempt: 1 }).reply.unwrap();
        shop.pass(HOLD_MS);
        let rival = Buy::new(2, &[("A", 1)]);
        let seen = Observation::Payment { attempt: 1, payment: payment(&buy, S::Captured, 1) };
        let claim = envelope(Command::Record { order: buy.id(), seen });
        let expiry = envelope(Command::Wake { order: buy.id() });
        let rival_places = Envelope { idempotency: Some(key_ref(2)), ..envelope(rival.command()) };
        let batch = if expiry_first { [expiry, rival_places, claim] } else { [claim, expiry, rival_places] };
        shop.batch(&batch).unwrap();
        shop.check("the race");
        let (expected, level) =
            if expiry_first { (Phase::Cancelling, (1, 1, 0)) } else { (Phase::Confirmed, (1, 0, 1)) };
        assert_eq!((shop.phase(&buy), shop.level("A")), (expected, level));
    }
}

#[test]
fn a_shopper_who_is_asked_for_something_gets_more_time_once() {
    let (mut shop, buy) = placed();
    let asked = shop.see(&buy, S::RequiresAction, 1);
    assert_eq!((asked.response().0.status, stored(&shop, &buy)), (202, Some(202)));
    assert_eq!(json(asked.response().0)["next_action"]["url"], "/3ds");
    let until = START.plus_millis(2 * HOLD_MS);
    assert_eq!(asked.progress().next, Next::Wait { until });
    shop.see(&buy, S::RequiresAction, 2).reply.unwrap();
    assert_eq!(shop.order(&buy).head.hold_until, until);
    shop.pass(HOLD_MS);
    assert!(matches!(shop.wake(&buy).progress().next, Next::Find { .. }), "coming back looks at the provider");
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::RequiresAction, (1, 1, 0)));
    // They never did it: the attempt is ended at the provider before the order is.
    shop.now = until;
    assert!(matches!(shop.wake(&buy).progress().next, Next::Void { .. }));
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Cancelling, (1, 0, 0)));
    shop.see(&buy, S::Voided, 3).reply.unwrap();
    assert_eq!(shop.phase(&buy), Phase::Cancelled);
}

#[test]
fn a_declined_order_keeps_its_stock_until_its_time_is_over() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Declined, 1).reply.unwrap();
    let order = shop.order(&buy);
    assert_eq!((order.head.phase, order.head.due_at), (Phase::Declined, Some(order.head.hold_until)));
    shop.wake(&buy).reply.unwrap();
    assert_eq!(shop.level("A"), (1, 1, 0));
    shop.pass(HOLD_MS);
    assert_eq!(shop.wake(&buy).progress().next, Next::Done);
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Cancelled, (1, 0, 0)));
    assert_eq!(stored(&shop, &buy), Some(402));
}

#[test]
fn a_declined_attempt_that_is_approved_after_all_counts() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Declined, 1).reply.unwrap();
    shop.see(&buy, S::Authorised, 2).reply.unwrap();
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Confirmed, (1, 0, 1)));
    assert_eq!(shop.story(&buy), ["created", "payment_declined", "placed"]);
}

/// What the provider says about an order that was cancelled in each phase, and what becomes of the money.
#[test]
fn an_approval_after_cancellation_is_given_back_exactly_once() {
    let before: [&[S]; 4] = [&[], &[S::Processing], &[S::RequiresAction], &[S::Authorised]];
    for seen in before {
        let (mut shop, buy) = placed();
        let mut revision = 0;
        for status in seen {
            revision += 1;
            shop.see(&buy, *status, revision).reply.unwrap();
        }
        shop.ask(cancel(&buy)).reply.unwrap();
        assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Cancelling, (1, 0, 0)), "{seen:?}");
        let approved = shop.see(&buy, S::Authorised, revision + 1);
        let again = shop.see(&buy, S::Authorised, revision + 1);
        let next = approved.progress().next.clone();
        if matches!(seen, [S::Authorised | S::RequiresAction]) {
            // The attempt was to be voided anyway: nothing new to do.
            assert!(matches!(next, Next::Wait { .. }), "{next:?}");
        } else {
            assert!(matches!(next, Next::Void { .. }), "{seen:?}: {next:?}");
        }
        assert!(matches!(again.progress().next, Next::Wait { .. }), "a repetition is no reason for haste");
        assert!(matches!(shop.wake(&buy).progress().next, Next::Void { .. }));
        shop.see(&buy, S::Voided, revision + 2).reply.unwrap();
        for (status, revision) in [(S::Authorised, revision + 1), (S::Voided, revision + 2), (S::Voided, revision + 3)]
        {
            assert_eq!(shop.see(&buy, status, revision).progress().next, Next::Done);
        }
        assert_eq!((shop.phase(&buy), shop.told(&buy, "cancelled")), (Phase::Cancelled, 1), "{seen:?}");
        assert_eq!((shop.told(&buy, "cancel_requested"), shop.level("A")), (1, (1, 0, 0)));
    }
}

#[test]
fn a_cancellation_during_the_capture_becomes_a_refund() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Authorised, 1).reply.unwrap();
    shop.ask(cancel(&buy)).reply.unwrap();
    assert!(matches!(shop.wake(&buy).progress().next, Next::Void { .. }));
    // The void comes too late: the provider refuses it, and its books say why.
    let refused = shop.record(&buy, Observation::Refused { attempt: 1, why: "captured".to_owned() });
    assert!(matches!(refused.progress().next, Next::Find { .. }));
    let found = shop.see(&buy, S::Captured, 2);
    let Next::Refund { refund, amount, key, .. } = found.progress().next.clone() else { panic!("{found:?}") };
    assert_eq!((amount.amount_minor, key), (1_000, format!("refund:{refund}")));
    assert_eq!(
        shop.see(&buy, S::Captured, 2).progress().next,
        Next::Wait { until: shop.order(&buy).head.due_at.unwrap() }
    );
    assert_eq!(shop.order(&buy).refunds.len(), 1, "a repetition starts no second refund");
    assert_eq!(shop.refund_seen(&buy, refund, RefundStatus::Succeeded).progress().next, Next::Done);
    // Late repetitions of what is settled tell nothing anew.
    for _ in 0..2 {
        shop.refund_seen(&buy, refund, RefundStatus::Succeeded).reply.unwrap();
        assert_eq!(shop.see(&buy, S::Captured, 3).progress().next, Next::Done);
    }
    assert_eq!(shop.phase(&buy), Phase::Cancelled);
    assert_eq!(
        shop.story(&buy),
        ["created", "placed", "cancel_requested", "paid", "refund_requested", "refunded", "cancelled"]
    );
}

#[test]
fn a_cancelled_orders_refund_that_fails_is_made_anew_later_and_not_without_end() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Captured, 1).reply.unwrap();
    shop.ask(cancel(&buy)).reply.unwrap();
    let mut pauses = Vec::new();
    for round in 1..=6 {
        let woken = shop.wake(&buy);
        let Next::Refund { refund, .. } = woken.progress().next.clone() else { panic!("{woken:?}") };
        let failed = shop.record(&buy, Observation::RefundRefused { refund, why: "no".to_owned() });
        let Next::Wait { until } = failed.progress().next else { panic!("{failed:?}") };
        assert_eq!(shop.order(&buy).refunds.len(), round, "one refund a round");
        assert_eq!(shop.order(&buy).payment.refund_pending_minor, 0);
        // Whoever looks before the pause is over finds nothing to do.
        shop.pass(until.millis_since(shop.now) - 1);
        assert_eq!(shop.wake(&buy).progress().next, Next::Wait { until });
        pauses.push(until.millis_since(shop.now) + 1);
        shop.now = until;
    }
    assert!(pauses.len() == 6 && shop.order(&buy).head.due_at == Some(shop.now));
    let Next::Refund { refund, .. } = shop.wake(&buy).progress().next.clone() else { panic!("no refund") };
    let ids: std::collections::BTreeSet<_> = shop.order(&buy).refunds.iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), 7, "every refund has a key of its own");
    shop.refund_seen(&buy, refund, RefundStatus::Pending).reply.unwrap();
    shop.record(&buy, Observation::RefundUnanswered { refund }).reply.unwrap();
    assert!(matches!(shop.wake(&buy).progress().next, Next::Refund { refund: same, .. } if same == refund));
    shop.refund_seen(&buy, refund, RefundStatus::Succeeded).reply.unwrap();
    assert_eq!(shop.phase(&buy), Phase::Cancelled);
    assert_eq!(shop.told(&buy, "refunded"), 1);
}

#[test]
fn a_refund_under_way_and_a_cancellation_give_back_each_cent_once() {
    let mut shop = Shop::with_stock(&[("A", 3)]);
    let buy = Buy::new(1, &[("A", 3)]);
    shop.paid(&buy);
    shop.ask(refund_amount(&buy, 1, 700)).reply.unwrap();
    shop.ask(cancel(&buy)).reply.unwrap();
    let order = shop.order(&buy);
    assert_eq!(order.refunds.iter().map(|r| r.amount_minor).collect::<Vec<_>>(), [700, 2_300]);
    assert!(matches!(shop.wake(&buy).progress().next, Next::Refund { refund, .. } if refund == refund_id(1)));
    // The first one fails: its amount is owed again, beside the second.
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Failed).reply.unwrap();
    let second = shop.order(&buy).refunds[1].id;
    shop.refund_seen(&buy, second, RefundStatus::Succeeded).reply.unwrap();
    assert_eq!(shop.phase(&buy), Phase::Cancelling, "700 are still owed");
    shop.now = shop.order(&buy).head.due_at.unwrap();
    shop.wake(&buy).reply.unwrap();
    let third = shop.order(&buy).refunds[2].clone();
    assert_eq!(third.amount_minor, 700);
    shop.refund_seen(&buy, third.id, RefundStatus::Succeeded).reply.unwrap();
    let order = shop.order(&buy);
    assert_eq!((order.head.phase, order.payment.refunded_minor), (Phase::Cancelled, 3_000));
}

#[test]
fn a_partly_captured_payment_is_refunded_as_far_as_it_was_captured() {
    let (mut shop, buy) = placed();
    let mut partly = payment(&buy, S::Captured, 1);
    partly.captured_minor = 600;
    shop.record(&buy, Observation::Payment { attempt: 1, payment: partly }).reply.unwrap();
    shop.rejects(refund_amount(&buy, 1, 601), "refund_exceeds_captured", 50);
    shop.ask(cancel(&buy)).reply.unwrap();
    let refund = shop.order(&buy).refunds[0].clone();
    assert_eq!(refund.amount_minor, 600);
    shop.refund_seen(&buy, refund.id, RefundStatus::Succeeded).reply.unwrap();
    assert_eq!(shop.phase(&buy), Phase::Cancelled);
    // The rest is captured after all, by whatever means: it goes back too.
    let rest = shop.see(&buy, S::Captured, 2);
    assert!(matches!(&rest.progress().next, Next::Refund { amount, .. } if amount.amount_minor == 400));
    assert_eq!(shop.phase(&buy), Phase::Cancelling);
}

#[test]
fn an_amount_that_is_not_the_orders_is_never_kept() {
    for captured in [false, true] {
        for cancelled_before in [false, true] {
            let (mut shop, buy) = placed();
            if cancelled_before {
                shop.ask(cancel(&buy)).reply.unwrap();
                shop.record(&buy, Observation::Missing { attempt: 1 }).reply.unwrap();
                assert_eq!(shop.phase(&buy), Phase::Cancelled);
            }
            let mut odd = payment(&buy, if captured { S::Captured } else { S::Authorised }, 1);
            odd.amount = eur(999);
            odd.captured_minor = if captured { 999 } else { 0 };
            let done = shop.record(&buy, Observation::Payment { attempt: 1, payment: odd });
            let next = &done.progress().next;
            let back = if captured {
                matches!(next, Next::Refund { amount, .. } if amount.amount_minor == 999)
            } else {
                matches!(next, Next::Void { .. })
            };
            assert!(back, "captured {captured}, cancelled before {cancelled_before}: {next:?}");
            assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Cancelling, (1, 0, 0)));
            assert_eq!(shop.told(&buy, "placed"), 0);
        }
    }
}

#[test]
fn books_that_make_no_sense_are_written_down_and_stop_nobody() {
    // More captured than was set aside, and another amount on a confirmed order.
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Authorised, 1).reply.unwrap();
    let mut odd = payment(&buy, S::Captured, 2);
    (odd.amount, odd.captured_minor) = (eur(1_500), 1_500);
    shop.record(&buy, Observation::Payment { attempt: 1, payment: odd.clone() }).reply.unwrap();
    shop.record(&buy, Observation::Payment { attempt: 1, payment: odd }).reply.unwrap();
    let p = shop.order(&buy).payment.clone();
    assert_eq!((p.authorised_minor, p.captured_minor), (1_500, 1_500));
    assert_eq!(shop.told(&buy, "unexpected_transition"), 1, "told once");
    shop.ask(refund_amount(&buy, 1, 500)).reply.unwrap();
}

#[test]
fn unexpected_news_is_told_as_an_event_and_changes_nothing_else() {
    for status in [S::Declined, S::RequiresAction] {
        let (mut shop, buy) = placed();
        shop.see(&buy, S::Captured, 1).reply.unwrap();
        shop.see(&buy, status, 2).reply.unwrap();
        assert_eq!((shop.phase(&buy), shop.told(&buy, "unexpected_transition")), (Phase::Confirmed, 1), "{status:?}");
        let events = at_once(shop.engine.order_events(STORE, buy.id())).unwrap();
        assert_eq!(events.last().unwrap().data["phase"], "confirmed");
        assert_eq!(shop.level("A"), (1, 0, 1));
    }
}

#[test]
fn an_authorisation_that_lapses_cancels_what_was_not_shipped() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Authorised, 1).reply.unwrap();
    shop.see(&buy, S::Voided, 2).reply.unwrap();
    assert_eq!((shop.phase(&buy), shop.level("A")), (Phase::Cancelled, (1, 0, 0)));
    assert_eq!(shop.order(&buy).head.cancel_reason.as_deref(), Some("authorisation_lapsed"));

    let (mut shop, buy) = placed();
    shop.see(&buy, S::Authorised, 1).reply.unwrap();
    shop.ask(ship(&buy, 1, &[])).reply.unwrap();
    shop.tolerated.push("I8");
    let gone = shop.see(&buy, S::Voided, 2);
    assert_eq!(gone.progress().next, Next::Done, "asking again brings nothing back");
    shop.see(&buy, S::Voided, 3).reply.unwrap();
    assert_eq!((shop.phase(&buy), shop.told(&buy, "unexpected_transition")), (Phase::Confirmed, 1));
    let reports = at_once(doctor::check(&shop.engine, shop.now)).unwrap();
    let i8 = reports.iter().find(|r| r.id == "I8").unwrap();
    assert_eq!(i8.violations.len(), 1, "a person is told");
}

#[test]
fn a_capture_that_is_refused_is_looked_up_and_tried_again_later() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Authorised, 1).reply.unwrap();
    let mut calls = 0;
    let mut next = shop.wake(&buy).progress().next.clone();
    while !matches!(next, Next::Wait { .. }) {
        calls += 1;
        assert!(calls < 5, "hot loop");
        let seen = match next {
            Next::Capture { .. } => Observation::Refused { attempt: 1, why: "busy".to_owned() },
            Next::Find { .. } => Observation::Payment { attempt: 1, payment: payment(&buy, S::Authorised, 1) },
            other => panic!("{other:?}"),
        };
        next = shop.record(&buy, seen).progress().next.clone();
    }
    assert!(shop.order(&buy).head.due_at.unwrap() > shop.now);
    // An answer that repeats what is known does not loop either.
    assert!(matches!(shop.see(&buy, S::Authorised, 1).progress().next, Next::Wait { .. }));
    shop.see(&buy, S::Captured, 2).reply.unwrap();
    assert_eq!((shop.order(&buy).payment.tries, shop.told(&buy, "paid")), (0, 1));
}

#[test]
fn a_call_refused_before_the_payment_is_decided_is_a_decline() {
    let (mut shop, buy) = placed();
    let done = shop.record(&buy, Observation::Refused { attempt: 1, why: "bad_token".to_owned() });
    assert_eq!((shop.phase(&buy), done.response().0.status), (Phase::Declined, 402));
    assert_eq!(json(done.response().0)["decline_code"], "bad_token");
}

#[test]
fn a_void_that_the_provider_forestalled_ends_the_cancellation() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Authorised, 1).reply.unwrap();
    shop.ask(cancel(&buy)).reply.unwrap();
    shop.see(&buy, S::Declined, 2).reply.unwrap();
    assert_eq!(shop.phase(&buy), Phase::Cancelled);
}

#[test]
fn news_of_another_attempt_is_ignored() {
    let (mut shop, buy) = placed();
    let before = shop.order(&buy);
    for seen in [
        Observation::Payment { attempt: 2, payment: payment(&buy, S::Captured, 9) },
        Observation::Missing { attempt: 2 },
        Observation::Unanswered { attempt: 0 },
        Observation::Refused { attempt: 2, why: "no".to_owned() },
        Observation::Refund {
            refund: refund_id(9),
            seen: ProviderRefund {
                key: "refund:9".to_owned(),
                payment_reference: "pay_1".to_owned(),
                amount: eur(1),
                status: RefundStatus::Succeeded,
            },
        },
        Observation::RefundRefused { refund: refund_id(9), why: "no".to_owned() },
    ] {
        shop.record(&buy, seen).reply.unwrap();
    }
    let after = shop.order(&buy);
    assert_eq!(
        (after.head.phase, &after.payment.state, after.head.event_seq),
        (Phase::Placing, &before.payment.state, 1)
    );
    assert_eq!(after.payment.captured_minor, 0);
}

#[test]
fn a_refund_that_failed_and_then_succeeded_is_told_as_unexpected() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Captured, 1).reply.unwrap();
    shop.ask(refund_amount(&buy, 1, 400)).reply.unwrap();
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Failed).reply.unwrap();
    assert_eq!(shop.order(&buy).payment.refundable(), 1_000, "a failed refund frees its amount");
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Failed).reply.unwrap();
    assert_eq!(shop.told(&buy, "unexpected_transition"), 0);
    shop.refund_seen(&buy, refund_id(1), RefundStatus::Succeeded).reply.unwrap();
    assert_eq!(shop.told(&buy, "unexpected_transition"), 1);
    assert_eq!(shop.order(&buy).payment.refunded_minor, 0);
}

#[test]
fn cancelling_twice_gives_back_once() {
    let (mut shop, buy) = placed();
    shop.see(&buy, S::Authorised, 1).reply.unwrap();
    let first = shop.ask_once(cancel(&buy), 60);
    assert_eq!(first.response().0.status, 200);
    assert_eq!(json(first.response().0)["status"], "cancelled");
    let second = shop.ask_once(cancel(&buy), 61);
    assert_eq!((second.response().0.status, second.response().1), (200, false));
    assert_eq!((shop.level("A"), shop.told(&buy, "cancel_requested")), ((1, 0, 0), 1));
    let holds = &shop.order(&buy).holds;
    assert!(holds.iter().all(|h| h.state == HoldState::Released));
}

#[test]
fn a_request_in_progress_is_answered_when_its_order_is_cancelled() {
    let (mut shop, buy) = placed();
    assert_eq!(stored(&shop, &buy), None);
    shop.ask(cancel(&buy)).reply.unwrap();
    assert_eq!(stored(&shop, &buy), Some(409));
    assert_eq!(json(shop.place(&buy).response().0)["code"], "order_cancelled");
}

#[test]
fn an_order_that_is_not_there_cannot_be_moved() {
    let mut shop = Shop::with_stock(&[("A", 1)]);
    let buy = Buy::new(1, &[("A", 1)]);
    let commands = [
        Command::Record { order: buy.id(), seen: Observation::Missing { attempt: 1 } },
        Command::Wake { order: buy.id() },
        cancel(&buy),
        ship(&buy, 1, &[]),
        deliver(&buy, 1),
        refund_amount(&buy, 1, 1),
        Command::Note { order: buy.id(), text: "x".to_owned() },
        Command::Erase { person: PersonId::from_uuid(uuid(2, 1)) },
    ];
    for (command, key) in commands.into_iter().zip(100..) {
        shop.rejects(command, "not_found", key);
    }
    // Nor can one of another store.
    shop.place(&buy).reply.unwrap();
    let elsewhere = Envelope { store: StoreId::from_uuid(uuid(9, 9)), ..envelope(cancel(&buy)) };
    assert_eq!(shop.submit(elsewhere).failure().code, "not_found");
}
