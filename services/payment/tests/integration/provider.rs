//! The test provider behaves as its tokens say, forgets nothing when it is killed, and keeps the provider's contract.

use std::time::Duration;

use crate::support::{TokioClock, World, eur, key, order, request, secret, world};
use contracts::payment::{Provider, ProviderError, ProviderStatus};
use infra::Spawner;
use kernel::Timestamp;
use payment::conformance::{Tokens, conformance};
use payment::providers::test::{Settings, TestProvider, Webhooks};
use tokio::time::{Instant, sleep};

fn tokens() -> Tokens {
    Tokens {
        approve: "tok_approve".to_owned(),
        decline: "tok_decline".to_owned(),
        requires_action: Some("tok_3ds".to_owned()),
    }
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_contract_of_every_provider() {
    let World { provider, .. } = world(Settings::default());
    conformance(&provider, &tokens(), "memory", Timestamp::EPOCH).await;
}

#[tokio::test(start_paused = true)]
async fn it_keeps_the_contract_with_a_journal_and_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test-provider.log");
    let clock = TokioClock::shared();
    let open =
        || TestProvider::open(Some(&path), Settings::default(), &secret(), clock.clone(), Spawner::new()).unwrap().0;
    let provider = open();
    conformance(&provider, &tokens(), "first", Timestamp::EPOCH).await;
    let before = provider.changed_since(Timestamp::EPOCH, 10_000).await.unwrap();
    // Nothing is flushed or closed: this is all that a SIGKILL leaves.
    let killed = open();
    assert_eq!(killed.changed_since(Timestamp::EPOCH, 10_000).await.unwrap(), before);
    for payment in &before {
        assert_eq!(killed.find(&payment.key).await.unwrap().as_ref(), Some(payment));
    }
    conformance(&killed, &tokens(), "second", Timestamp::EPOCH).await;
}

#[tokio::test(start_paused = true)]
async fn declines_say_why() {
    let World { provider, .. } = world(Settings::default());
    for (n, token, code) in [
        (1, "tok_decline", "card_declined"),
        (2, "tok_insufficient_funds", "insufficient_funds"),
        (3, "tok_of_another_shop", "invalid_token"),
        (4, "", "invalid_token"),
    ] {
        let payment = provider.authorise(request(n, token)).await.unwrap();
        assert_eq!(
            (payment.status, payment.decline_code.as_deref()),
            (ProviderStatus::Declined, Some(code)),
            "{token}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_charge_without_an_answer_is_found_by_its_key() {
    let World { provider, .. } = world(Settings::default());
    for _ in 0..2 {
        let begun = Instant::now();
        let answer = provider.authorise(request(1, "tok_timeout_charged")).await;
        assert!(matches!(answer, Err(ProviderError::Unknown(_))), "{answer:?}");
        assert_eq!(begun.elapsed(), Duration::from_secs(2), "the deadline");
    }
    let found = provider.find(&key(1)).await.unwrap().unwrap();
    assert_eq!((found.status, found.amount, found.revision), (ProviderStatus::Authorised, eur(1_000), 1));
    assert_eq!(provider.changed_since(Timestamp::EPOCH, 10).await.unwrap().len(), 1, "one key, one payment");
}

#[tokio::test(start_paused = true)]
async fn a_lost_request_leaves_nothing() {
    let World { provider, .. } = world(Settings::default());
    let answer = provider.authorise(request(1, "tok_timeout_lost")).await;
    assert!(matches!(answer, Err(ProviderError::Unknown(_))), "{answer:?}");
    assert_eq!(provider.find(&key(1)).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_slow_payment_is_processing_and_then_decided() {
    let World { provider, shop, .. } = world(Settings::default());
    let answer = provider.authorise(request(1, "tok_slow")).await;
    assert!(matches!(answer, Err(ProviderError::Unknown(_))), "its deadline is before the answer: {answer:?}");
    assert_eq!(provider.find(&key(1)).await.unwrap().unwrap().status, ProviderStatus::Processing);
    sleep(Duration::from_millis(2_900)).await;
    assert_eq!(provider.find(&key(1)).await.unwrap().unwrap().status, ProviderStatus::Processing);
    assert_eq!(shop.count("resume"), 0);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(shop.count("resume"), 1, "a webhook tells of the decision");
    let decided = provider.find(&key(1)).await.unwrap().unwrap();
    assert_eq!((decided.status, decided.revision), (ProviderStatus::Authorised, 2));
}

#[tokio::test(start_paused = true)]
async fn a_slow_payment_answers_a_patient_caller_after_five_seconds() {
    let World { provider, .. } = world(Settings { deadline: Duration::from_secs(10), ..Settings::default() });
    let begun = Instant::now();
    let payment = provider.authorise(request(1, "tok_slow")).await.unwrap();
    assert_eq!(payment.status, ProviderStatus::Authorised);
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn a_slow_payment_is_decided_even_when_the_process_was_killed_meanwhile() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("test-provider.log");
    let clock = TokioClock::shared();
    let open =
        || TestProvider::open(Some(&path), Settings::default(), &secret(), clock.clone(), Spawner::new()).unwrap();
    let (provider, _deliveries) = open();
    let _ = provider.authorise(request(1, "tok_slow")).await;
    let (killed, _deliveries) = open();
    assert_eq!(killed.find(&key(1)).await.unwrap().unwrap().status, ProviderStatus::Processing);
    sleep(Duration::from_millis(3_100)).await;
    assert_eq!(killed.find(&key(1)).await.unwrap().unwrap().status, ProviderStatus::Authorised);
    let (again, _deliveries) = open();
    assert_eq!(again.find(&key(1)).await.unwrap(), killed.find(&key(1)).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn webhooks_come_first_twice_or_late_as_their_tokens_say() {
    let World { provider, shop, .. } = world(Settings::default());
    provider.authorise(request(1, "tok_webhook_first")).await.unwrap();
    let resumed = format!("resume {}", order(1));
    assert_eq!(shop.log.lock().last(), Some(&resumed), "delivered before the call answered");

    provider.authorise(request(2, "tok_webhook_twice")).await.unwrap();
    sleep(Duration::from_millis(10)).await;
    assert_eq!(shop.count("resume"), 3, "two deliveries of the same webhook");
    assert_eq!(shop.count("inbox"), 0, "nothing is written down of an order that is known");

    provider.authorise(request(3, "tok_webhook_late")).await.unwrap();
    sleep(Duration::from_millis(2_900)).await;
    assert_eq!(shop.count("resume"), 3);
    sleep(Duration::from_millis(200)).await;
    assert_eq!(shop.count("resume"), 4);
}

#[tokio::test(start_paused = true)]
async fn every_change_sends_a_webhook_unless_only_the_special_ones_are_wanted() {
    for (webhooks, expected) in [(Webhooks::All, 3), (Webhooks::OnlySpecial, 0)] {
        let World { provider, shop, .. } = world(Settings { webhooks, ..Settings::default() });
        let payment = provider.authorise(request(1, "tok_approve")).await.unwrap();
        provider.capture(&payment.reference, "capture", eur(1_000)).await.unwrap();
        provider.capture(&payment.reference, "capture", eur(1_000)).await.unwrap();
        provider.refund(&payment.reference, "refund", eur(300)).await.unwrap();
        sleep(Duration::from_millis(10)).await;
        assert_eq!(
            shop.count("resume"),
            expected,
            "{webhooks:?}: authorised, captured, refunded; repeats send nothing"
        );
        provider.authorise(request(2, "tok_webhook_first")).await.unwrap();
        assert_eq!(shop.count("resume"), expected + 1, "{webhooks:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_could_not_be_taken_comes_again() {
    let World { provider, shop, .. } = world(Settings::default());
    *shop.failures.lock() = 2;
    provider.authorise(request(1, "tok_approve")).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.count("resume"), 0);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(shop.count("resume"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_the_call_cannot_hold_it_past_its_deadline() {
    let clock = TokioClock::shared();
    let open = TestProvider::open(None, Settings::default(), &secret(), clock, Spawner::new());
    // The deliveries are never started, as if the handler hung.
    let (provider, _deliveries) = open.unwrap();
    let begun = Instant::now();
    provider.authorise(request(1, "tok_webhook_first")).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_its_tasks() {
    let World { provider, spawner, .. } = world(Settings::default());
    let _ = provider.authorise(request(1, "tok_slow")).await;
    provider.authorise(request(2, "tok_webhook_late")).await.unwrap();
    assert!(spawner.drain(Duration::from_secs(1)).await);
}
