//! The test provider: behaves like a real one, moves no money, and does on demand what real ones do by accident.
//!
//! The books are [`core::Core`]; this adapter gives them what they must not have themselves: the clock, a memory that
//! survives the process ([`journal`]), deadlines, and webhooks that are really signed, sent and verified
//! ([`delivery`]). An authorisation or capture costs a few microseconds: one write() under a lock held for no longer.

pub mod core;
mod delivery;
pub mod journal;
pub mod page;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::payment::{AuthoriseRequest, Provider, ProviderError, ProviderHint, ProviderPayment, ProviderRefund};
use infra::Spawner;
use kernel::{ErrorKind, Failure, Money, Secret, SharedClock, Timestamp};
use parking_lot::Mutex;

use self::core::{Changed, Core, Reply, Webhook, When};
pub use self::delivery::Deliveries;
use self::delivery::{Body, Outgoing};
use self::journal::{COMPACT_ABOVE_BYTES, Entry, Journal, JournalError};
use crate::signature::Signer;

/// The name in `payment.provider`.
pub const NAME: &str = "test";

/// Which webhooks are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Webhooks {
    /// One for every change of a payment, as real providers do.
    #[default]
    All,
    /// Only those that tell more than the call's answer did.
    OnlySpecial,
}

/// How the test provider behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a call waits for an answer before it is [`ProviderError::Unknown`].
    pub deadline: Duration,
    pub webhooks: Webhooks,
    /// What the URLs of its pages start with; empty for pages relative to the shop.
    pub base_url: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { deadline: Duration::from_secs(2), webhooks: Webhooks::All, base_url: String::new() }
    }
}

/// The test provider. Clones share the same books.
#[derive(Clone)]
pub struct TestProvider(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    settings: Settings,
    signer: Signer,
    clock: SharedClock,
    spawner: Spawner,
    outgoing: Outgoing,
}

struct State {
    core: Core,
    journal: Journal,
    /// Whether the task that decides slow payments runs.
    deciding: bool,
}

impl TestProvider {
    /// Opens the books kept in `journal`, or empty ones that are forgotten with the process. Webhooks queue up until
    /// the [`Deliveries`] are started. To be called within a tokio runtime.
    ///
    /// # Errors
    /// When the journal cannot be read or written, or is damaged before its last line.
    pub fn open(
        journal: Option<&Path>,
        settings: Settings,
        webhook_secret: &Secret,
        clock: SharedClock,
        spawner: Spawner,
    ) -> Result<(Self, Deliveries), JournalError> {
        let mut core = Core::new(&settings.base_url);
        let journal = match journal {
            Some(path) => Journal::open(path, &mut core, COMPACT_ABOVE_BYTES)?,
            None => Journal::none(),
        };
        let signer = Signer::new(webhook_secret);
        let (outgoing, deliveries) = delivery::channel(signer.clone(), clock.clone(), spawner.clone());
        let state = Mutex::new(State { core, journal, deciding: false });
        let provider = TestProvider(Arc::new(Inner { state, settings, signer, clock, spawner, outgoing }));
        provider.decide_in_time();
        Ok((provider, deliveries))
    }

    /// What stands under the provider's own name for a payment, and where its shopper goes back to.
    ///
    /// # Errors
    /// [`ProviderError::Unknown`] when the journal cannot be written.
    pub fn payment_for_shopper(&self, reference: &str) -> Result<Option<(ProviderPayment, String)>, ProviderError> {
        self.0.read(|core| {
            let return_url = core.return_url(reference)?.to_owned();
            Some((core.find_by_reference(reference)?, return_url))
        })
    }

    /// The shopper approved or denied on the provider's page.
    ///
    /// # Errors
    /// [`ProviderError::Refused`] when the payment does not exist or never needed the shopper.
    pub fn complete_action(&self, reference: &str, approve: bool) -> Result<ProviderPayment, ProviderError> {
        let changed = self.0.call(
            |at_ms| Entry::CompleteAction { at_ms, reference: reference.into(), approve },
            |core, now| core.complete_action(reference, approve, now),
        )?;
        self.0.send(changed.webhooks);
        Ok(changed.payment)
    }

    /// Starts the task that decides slow payments, unless it runs or there are none.
    fn decide_in_time(&self) {
        let mut state = self.0.state.lock();
        if state.deciding || state.core.next_decision().is_none() {
            return;
        }
        state.deciding = true;
        drop(state);
        let inner = Arc::clone(&self.0);
        self.0.spawner.spawn("test-provider-decisions", async move {
            let stop = inner.spawner.token();
            while let Some(wait) = inner.until_next_decision() {
                tokio::select! {
                    () = tokio::time::sleep(wait) => inner.decide(),
                    () = stop.cancelled() => break,
                }
            }
        });
    }
}

impl Inner {
    /// Writes a call into the journal and applies it. In this order: what is applied was written, so nothing that
    /// was ever shown is forgotten.
    fn call<'a, T>(
        &self,
        entry: impl FnOnce(i64) -> Entry<'a>,
        apply: impl FnOnce(&mut Core, Timestamp) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let mut state = self.state.lock();
        // Read under the lock, so that the lines of the journal are in the order of their times.
        let now = self.clock.now();
        let decided = decide_due(&mut state, now)?;
        state.journal.append(&entry(now.millis())).map_err(unwritten)?;
        let applied = apply(&mut state.core, now);
        drop(state);
        self.send_decided(decided);
        applied
    }

    fn read<T>(&self, look: impl FnOnce(&Core) -> T) -> Result<T, ProviderError> {
        let mut state = self.state.lock();
        let decided = decide_due(&mut state, self.clock.now())?;
        let found = look(&state.core);
        drop(state);
        self.send_decided(decided);
        Ok(found)
    }

    fn decide(&self) {
        let decided = decide_due(&mut self.state.lock(), self.clock.now());
        match decided {
            Ok(decided) => self.send_decided(decided),
            Err(error) => {
                tracing::error!(%error, "Slow test payments could not be decided; the next call tries again.")
            }
        }
    }

    /// How long until the next slow payment is to be decided; none ends the task.
    fn until_next_decision(&self) -> Option<Duration> {
        let mut state = self.state.lock();
        match state.core.next_decision() {
            Some(at) => {
                let wait_ms = at.millis_since(self.clock.now()).max(1);
                Some(Duration::from_millis(wait_ms.unsigned_abs()))
            }
            None => {
                state.deciding = false;
                None
            }
        }
    }

    fn send_decided(&self, decided: Vec<Changed>) {
        decided.into_iter().for_each(|changed| self.send(changed.webhooks));
    }

    /// Queues webhooks and does not wait for them.
    fn send(&self, webhooks: Vec<Webhook>) {
        for webhook in webhooks.into_iter().filter(|webhook| self.wanted(webhook)) {
            match webhook.when {
                When::Now | When::BeforeReply => self.outgoing.send(webhook),
                When::AfterMs(ms) => self.outgoing.send_later(webhook, Duration::from_millis(ms)),
            }
        }
    }

    /// Queues the webhooks of an authorisation and waits for those that come before its answer.
    async fn send_first(&self, webhooks: Vec<Webhook>) {
        let (first, others): (Vec<_>, Vec<_>) =
            webhooks.into_iter().partition(|webhook| webhook.when == When::BeforeReply);
        self.send(others);
        for webhook in first {
            // The handler may wait for this very call; it must not be able to hold it for longer than its deadline.
            let delivered = self.outgoing.send_and_wait(webhook);
            if tokio::time::timeout(self.settings.deadline / 2, delivered).await.is_err() {
                tracing::warn!("A webhook that should come before the answer was not taken in time.");
            }
        }
    }

    fn wanted(&self, webhook: &Webhook) -> bool {
        self.settings.webhooks == Webhooks::All || !webhook.plain
    }
}

/// Decides what is due, in the journal first.
fn decide_due(state: &mut State, now: Timestamp) -> Result<Vec<Changed>, ProviderError> {
    if state.core.next_decision().is_none_or(|at| at > now) {
        return Ok(Vec::new());
    }
    state.journal.append(&Entry::DecideDue { at_ms: now.millis() }).map_err(unwritten)?;
    Ok(state.core.decide_due(now))
}

fn unwritten(error: std::io::Error) -> ProviderError {
    ProviderError::Unknown(format!("the test provider's journal cannot be written: {error}"))
}

#[async_trait]
impl Provider for TestProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn authorise(&self, request: AuthoriseRequest) -> Result<ProviderPayment, ProviderError> {
        let authorised = self.0.call(
            |at_ms| Entry::Authorise {
                at_ms,
                key: request.key.as_str().into(),
                amount: request.amount,
                token: request.token.as_str().into(),
                order: request.order.as_str().into(),
                return_url: request.return_url.as_str().into(),
            },
            |core, now| core.authorise(&request, now),
        )?;
        let deadline = self.0.settings.deadline;
        let answers_after = match authorised.reply {
            Reply::Now => Duration::ZERO,
            Reply::AfterMs(ms) => {
                self.decide_in_time();
                Duration::from_millis(ms)
            }
            Reply::Never => Duration::MAX,
        };
        self.0.send_first(authorised.webhooks).await;
        if answers_after > deadline {
            tokio::time::sleep(deadline).await;
            return Err(ProviderError::Unknown(format!("no answer within {} ms", deadline.as_millis())));
        }
        if answers_after.is_zero() {
            return authorised.payment.ok_or_else(|| ProviderError::Unknown("nothing was recorded".to_owned()));
        }
        tokio::time::sleep(answers_after).await;
        let decided = self.0.read(|core| core.find(&request.key))?;
        decided.ok_or_else(|| ProviderError::Unknown("nothing was recorded".to_owned()))
    }

    async fn find(&self, key: &str) -> Result<Option<ProviderPayment>, ProviderError> {
        self.0.read(|core| core.find(key))
    }

    async fn capture(&self, reference: &str, key: &str, amount: Money) -> Result<ProviderPayment, ProviderError> {
        let changed = self.0.call(
            |at_ms| Entry::Capture { at_ms, reference: reference.into(), key: key.into(), amount },
            |core, now| core.capture(reference, key, amount, now),
        )?;
        self.0.send(changed.webhooks);
        Ok(changed.payment)
    }

    async fn void(&self, reference: &str, key: &str) -> Result<ProviderPayment, ProviderError> {
        let changed = self.0.call(
            |at_ms| Entry::Void { at_ms, reference: reference.into(), key: key.into() },
            |core, now| core.void(reference, key, now),
        )?;
        self.0.send(changed.webhooks);
        Ok(changed.payment)
    }

    async fn refund(&self, reference: &str, key: &str, amount: Money) -> Result<ProviderRefund, ProviderError> {
        let (refund, webhooks) = self.0.call(
            |at_ms| Entry::Refund { at_ms, reference: reference.into(), key: key.into(), amount },
            |core, now| core.refund(reference, key, amount, now),
        )?;
        self.0.send(webhooks);
        Ok(refund)
    }

    async fn find_refund(&self, key: &str) -> Result<Option<ProviderRefund>, ProviderError> {
        self.0.read(|core| core.find_refund(key))
    }

    async fn changed_since(&self, since: Timestamp, limit: usize) -> Result<Vec<ProviderPayment>, ProviderError> {
        self.0.read(|core| core.changed_since(since, limit))
    }

    fn verify_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<ProviderHint, Failure> {
        self.0.signer.verify(signature, body, now)?;
        let body: Body<'_> = serde_json::from_slice(body).map_err(|_| {
            Failure::new(ErrorKind::Unauthenticated, "invalid_webhook", "The body is not a webhook of this provider.")
        })?;
        Ok(ProviderHint { webhook_id: body.id.into_owned(), key: body.data.key.into_owned() })
    }
}
