//! What every payment provider must do, whoever it is: run against the test provider here, against each real one's
//! test mode where it is added. A provider that has not passed it does not exist.

use contracts::payment::{AuthoriseRequest, Provider, ProviderError, ProviderPayment, ProviderStatus, RefundStatus};
use kernel::{Currency, ErrorKind, Money, Timestamp};

/// The tokens with which a provider's test mode is told what to do.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub approve: String,
    pub decline: String,
    /// Makes the shopper confirm first; none when the provider has no such thing.
    pub requires_action: Option<String>,
}

/// One run of the suite. Keys start with `run`, which must be new to the provider.
struct Run<'a> {
    provider: &'a dyn Provider,
    run: &'a str,
}

/// Runs the whole suite. `since` is a moment before the run at the provider.
///
/// # Panics
/// When the provider breaks the contract; the message says how.
pub async fn conformance(provider: &dyn Provider, tokens: &Tokens, run: &str, since: Timestamp) {
    let run = Run { provider, run };
    run.one_key_is_one_payment(&tokens.approve).await;
    run.a_capture_happens_once_and_within_bounds(&tokens.approve).await;
    run.refunds_stay_within_the_capture(&tokens.approve).await;
    run.a_void_ends_an_authorisation(&tokens.approve).await;
    run.a_decline_is_an_answer_and_moves_nothing(&tokens.decline).await;
    if let Some(token) = &tokens.requires_action {
        run.a_shopper_who_must_act_is_sent_somewhere(token).await;
    }
    run.what_was_never_asked_for_is_not_there().await;
    run.changes_are_listed_oldest_first(since).await;
    run.an_unsigned_webhook_is_refused();
}

fn eur(amount_minor: i64) -> Money {
    Money::new(amount_minor, Currency::EUR)
}

/// The payment of an answer that must be there.
#[track_caller]
fn answered<T>(answer: Result<T, ProviderError>, what: &str) -> T {
    match answer {
        Ok(value) => value,
        Err(error) => panic!("{what}: {error}"),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, ProviderError>, what: &str) {
    assert!(matches!(answer, Err(ProviderError::Refused(_))), "{what} must be refused, but: {answer:?}");
}

impl Run<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}-{name}:1", self.run)
    }

    async fn authorise(&self, name: &str, token: &str, amount: Money) -> ProviderPayment {
        let request = AuthoriseRequest {
            key: self.key(name),
            amount,
            token: token.to_owned(),
            order: name.to_owned(),
            return_url: "/orders/return?order=1&a=b".to_owned(),
        };
        answered(self.provider.authorise(request).await, name)
    }

    async fn find(&self, name: &str) -> Option<ProviderPayment> {
        answered(self.provider.find(&self.key(name)).await, name)
    }

    async fn one_key_is_one_payment(&self, approve: &str) {
        let first = self.authorise("once", approve, eur(1_234)).await;
        assert_eq!(first.status, ProviderStatus::Authorised);
        assert_eq!((first.amount, first.captured_minor, first.refunded_minor), (eur(1_234), 0, 0));
        assert_eq!(first.key, self.key("once"));
        assert_eq!(first.decline_code, None);
        let again = self.authorise("once", approve, eur(1_234)).await;
        assert_eq!(again, first, "the same key is the same payment");
        assert_eq!(self.find("once").await, Some(first.clone()));
        let yen = Money::new(5_000, Currency::JPY);
        let other = self.authorise("other", approve, yen).await;
        assert_ne!(other.reference, first.reference, "another key is another payment");
        assert_eq!(other.amount, yen);
    }

    async fn a_capture_happens_once_and_within_bounds(&self, approve: &str) {
        let payment = self.authorise("capture", approve, eur(1_000)).await;
        let key = self.key("capture-key");
        let above = self.provider.capture(&payment.reference, &self.key("capture-above"), eur(1_001)).await;
        refused(above, "a capture above the authorisation");
        let foreign = Money::new(1_000, Currency::USD);
        let foreign = self.provider.capture(&payment.reference, &self.key("capture-usd"), foreign).await;
        refused(foreign, "a capture in another currency");
        assert_eq!(self.find("capture").await.map(|p| p.captured_minor), Some(0), "a refused capture moves nothing");
        let captured = answered(self.provider.capture(&payment.reference, &key, eur(1_000)).await, "capture");
        assert_eq!((captured.status, captured.captured_minor), (ProviderStatus::Captured, 1_000));
        assert!(captured.revision > payment.revision, "a change raises the revision");
        let again = answered(self.provider.capture(&payment.reference, &key, eur(1_000)).await, "capture again");
        assert_eq!(again, captured, "the same key captures once");
        let second = self.provider.capture(&payment.reference, &self.key("capture-second"), eur(1)).await;
        refused(second, "a capture of what is already captured");
        refused(self.provider.void(&payment.reference, &self.key("capture-void")).await, "a void after the capture");
        assert_eq!(self.find("capture").await, Some(captured));
    }

    async fn refunds_stay_within_the_capture(&self, approve: &str) {
        let payment = self.authorise("refund", approve, eur(1_000)).await;
        let reference = payment.reference.as_str();
        let early = self.provider.refund(reference, &self.key("refund-early"), eur(1)).await;
        refused(early, "a refund before the capture");
        answered(self.provider.capture(reference, &self.key("refund-capture"), eur(1_000)).await, "capture");
        let key = self.key("refund-400");
        let refund = answered(self.provider.refund(reference, &key, eur(400)).await, "refund");
        assert_eq!((refund.amount, refund.payment_reference.as_str()), (eur(400), reference));
        assert_ne!(refund.status, RefundStatus::Failed);
        let again = answered(self.provider.refund(reference, &key, eur(400)).await, "refund again");
        assert_eq!((again.key, again.amount), (refund.key.clone(), refund.amount), "the same key refunds once");
        assert_eq!(self.find("refund").await.map(|p| p.refunded_minor), Some(400));
        let above = self.provider.refund(reference, &self.key("refund-above"), eur(601)).await;
        refused(above, "a refund above what is left");
        let rest = self.provider.refund(reference, &self.key("refund-600"), eur(600)).await;
        answered(rest, "the rest");
        assert_eq!(self.find("refund").await.map(|p| (p.captured_minor, p.refunded_minor)), Some((1_000, 1_000)));
        let found = answered(self.provider.find_refund(&key).await, "find refund");
        assert_eq!(found.map(|r| r.amount), Some(eur(400)));
    }

    async fn a_void_ends_an_authorisation(&self, approve: &str) {
        let payment = self.authorise("void", approve, eur(700)).await;
        let key = self.key("void-key");
        let voided = answered(self.provider.void(&payment.reference, &key).await, "void");
        assert_eq!((voided.status, voided.captured_minor), (ProviderStatus::Voided, 0));
        assert!(voided.revision > payment.revision, "a change raises the revision");
        let again = answered(self.provider.void(&payment.reference, &key).await, "void again");
        assert_eq!(again.status, ProviderStatus::Voided);
        let capture = self.provider.capture(&payment.reference, &self.key("void-capture"), eur(700)).await;
        refused(capture, "a capture after the void");
        let again = self.authorise("void", approve, eur(700)).await;
        assert_eq!(again.status, ProviderStatus::Voided, "a repeated authorisation does not bring it back");
    }

    async fn a_decline_is_an_answer_and_moves_nothing(&self, decline: &str) {
        let payment = self.authorise("decline", decline, eur(900)).await;
        assert_eq!(payment.status, ProviderStatus::Declined);
        assert!(payment.decline_code.is_some_and(|code| !code.is_empty()), "a decline says why");
        let capture = self.provider.capture(&payment.reference, &self.key("decline-capture"), eur(900)).await;
        refused(capture, "a capture of a declined payment");
        let refund = self.provider.refund(&payment.reference, &self.key("decline-refund"), eur(900)).await;
        refused(refund, "a refund of a declined payment");
        assert_eq!(self.find("decline").await.map(|p| p.status), Some(ProviderStatus::Declined));
    }

    async fn a_shopper_who_must_act_is_sent_somewhere(&self, token: &str) {
        let payment = self.authorise("action", token, eur(800)).await;
        assert_eq!(payment.status, ProviderStatus::RequiresAction);
        assert!(payment.next_action_url.is_some_and(|url| !url.is_empty()), "there is a page to go to");
        let capture = self.provider.capture(&payment.reference, &self.key("action-capture"), eur(800)).await;
        refused(capture, "a capture before the shopper acted");
        let voided = answered(self.provider.void(&payment.reference, &self.key("action-void")).await, "void");
        assert_eq!((voided.status, voided.next_action_url), (ProviderStatus::Voided, None));
    }

    async fn what_was_never_asked_for_is_not_there(&self) {
        assert_eq!(self.find("never").await, None);
        let refund = answered(self.provider.find_refund(&self.key("never")).await, "find refund");
        assert_eq!(refund, None);
        refused(self.provider.capture("no-such-payment", &self.key("nothing"), eur(1)).await, "a capture of nothing");
        refused(self.provider.void("no-such-payment", &self.key("nothing")).await, "a void of nothing");
        refused(self.provider.refund("no-such-payment", &self.key("nothing"), eur(1)).await, "a refund of nothing");
    }

    async fn changes_are_listed_oldest_first(&self, since: Timestamp) {
        let mine = |all: Vec<ProviderPayment>| -> Vec<ProviderPayment> {
            all.into_iter().filter(|payment| payment.key.starts_with(self.run)).collect()
        };
        let all = mine(answered(self.provider.changed_since(since, 10_000).await, "changes"));
        assert!(all.len() >= 6, "every payment of this run is listed, found {}", all.len());
        assert!(all.is_sorted_by_key(|payment| payment.changed_at), "oldest change first");
        for payment in &all {
            let found = answered(self.provider.find(&payment.key).await, "find");
            assert_eq!(found.as_ref(), Some(payment), "the list shows what stands");
        }
        // Page by page, as the reconciler reads, nothing is missed.
        let (mut from, mut paged) = (since, Vec::new());
        loop {
            let page = answered(self.provider.changed_since(from, 2).await, "a page of changes");
            let Some(last) = page.last() else { break };
            from = last.changed_at.plus_millis(1);
            paged.extend(page);
        }
        assert_eq!(mine(paged), all, "pages make up the whole");
    }

    fn an_unsigned_webhook_is_refused(&self) {
        for signature in ["", "t=0,v1=00"] {
            let answer = self.provider.verify_webhook(signature, b"{}", Timestamp::from_millis(1_700_000_000_000));
            assert_eq!(answer.map_err(|failure| failure.kind), Err(ErrorKind::Unauthenticated), "{signature:?}");
        }
    }
}
