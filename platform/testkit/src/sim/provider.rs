//! The payment provider outside, and the network to it: requests and answers get lost, repeated and late; webhooks come
//! early, late, twice, out of order or never.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use contracts::checkout::Checkout;
use contracts::payment::{
    AuthoriseRequest, Provider, ProviderError, ProviderHint, ProviderPayment, ProviderRefund, WebhookInbox,
};
use kernel::{Clock, ErrorKind, Failure, Money, Timestamp};
use parking_lot::Mutex;
use payment::providers::test::core::{Changed, Core, Reply, Webhook, When};
use payment::webhooks::order_of_key;
use tokio::sync::oneshot;

use super::world::{STORE, World};

/// How long our side waits for an answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// The provider's own books and its network. Survives every crash of the shop.
pub struct Outside {
    pub core: Mutex<Core>,
    world: Weak<World>,
}

impl Outside {
    pub fn new(world: Weak<World>) -> Self {
        Outside { core: Mutex::new(Core::new("")), world }
    }

    fn world(&self) -> Option<Arc<World>> {
        self.world.upgrade()
    }

    /// Looks at the books as they are now: slow payments that are due are decided first.
    fn with<T>(self: &Arc<Self>, look: impl FnOnce(&mut Core, Timestamp) -> T) -> Option<T> {
        let world = self.world()?;
        let now = world.sim_clock.now();
        let (out, decided) = {
            let mut core = self.core.lock();
            let decided = core.decide_due(now);
            (look(&mut core, now), decided)
        };
        for changed in decided {
            self.send(changed.webhooks);
        }
        Some(out)
    }

    /// Webhooks leave; each takes its own way.
    fn send(self: &Arc<Self>, webhooks: Vec<Webhook>) {
        let Some(world) = self.world() else { return };
        for webhook in webhooks {
            if world.strikes(world.goods.network_faults / 2, "a webhook is lost") {
                continue;
            }
            let copies = if world.strikes(world.goods.network_faults / 2, "a webhook is repeated") { 2 } else { 1 };
            for _ in 0..copies {
                let base = match webhook.when {
                    When::BeforeReply | When::Now => 0,
                    When::AfterMs(ms) => ms,
                };
                let late = if world.rng.below(4) == 0 { world.rng.below(8_000) } else { world.rng.below(60) };
                let (outside, webhook) = (Arc::clone(self), webhook.clone());
                spawn_outside(async move { outside.deliver(webhook, base + late).await });
            }
        }
    }

    /// Delivers one webhook, again and again while the shop is down, as real providers do.
    async fn deliver(self: Arc<Self>, webhook: Webhook, delay_ms: u64) {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        for attempt in 0..6_u64 {
            let Some(world) = self.world() else { return };
            let node = world.node();
            let order = order_of_key(&webhook.key);
            let handled = tokio::time::timeout(Duration::from_secs(10), async {
                let known = match order {
                    Some(order) => node.webhooks.resume(STORE, order).await,
                    None => Err(Failure::not_found("order")),
                };
                match known {
                    Err(failure) if failure.kind == ErrorKind::NotFound => {
                        node.ledger.receive(STORE, "test", &webhook.id, order).await.map(|_| ())
                    }
                    known => known,
                }
            });
            if let Ok(Ok(())) = handled.await {
                world.note(&format!("webhook {} taken", webhook.id));
                return;
            }
            tokio::time::sleep(Duration::from_secs(1 << attempt)).await;
        }
    }

    /// The shopper decided at the provider's page.
    pub fn complete_action(self: &Arc<Self>, reference: &str, approve: bool) {
        let done = self.with(|core, now| core.complete_action(reference, approve, now));
        if let Some(Ok(changed)) = done {
            self.send(changed.webhooks);
        }
    }
}

/// Starts a task of the outside world: it is not the shop's, and ends with the history.
#[allow(clippy::disallowed_methods)]
fn spawn_outside(future: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(future);
}

/// The provider as one process of the shop reaches it.
pub struct LyingProvider {
    pub outside: Arc<Outside>,
    pub alive: Arc<AtomicBool>,
}

impl LyingProvider {
    /// Sends a call on its way: it may be processed late, twice or never, and its answer may be lost.
    async fn call<T, F>(&self, what: String, process: F) -> Result<T, ProviderError>
    where
        T: Send + 'static,
        F: Fn(&mut Core, Timestamp) -> (Result<T, ProviderError>, Reply, Vec<Webhook>) + Send + Sync + 'static,
    {
        self.while_alive().await;
        let Some(world) = self.outside.world() else { return Err(ProviderError::Unknown("over".to_owned())) };
        let (answer, answered) = oneshot::channel();
        let outside = Arc::clone(&self.outside);
        spawn_outside(async move {
            let rate = world.goods.network_faults;
            let slow = world.strikes(rate / 4, "a request is slow");
            let way_ms = if slow { world.rng.below(6_000) } else { 1 + world.rng.below(50) };
            tokio::time::sleep(Duration::from_millis(way_ms)).await;
            if world.strikes(rate / 4, "a request is lost") {
                return;
            }
            let twice = world.strikes(rate / 8, "a request arrives twice");
            let Some((mut result, mut reply, mut webhooks)) = outside.with(|core, now| process(core, now)) else {
                return;
            };
            if twice && let Some((again, later, more)) = outside.with(|core, now| process(core, now)) {
                (result, reply) = (again, later);
                webhooks.extend(more);
            }
            world.note(&format!("provider: {what}: {}", if result.is_ok() { "done" } else { "refused" }));
            outside.send(webhooks);
            match reply {
                Reply::Never => return,
                Reply::AfterMs(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                Reply::Now => {}
            }
            if world.strikes(rate / 4, "an answer is lost") {
                return;
            }
            let back_ms = 1 + world.rng.below(50);
            tokio::time::sleep(Duration::from_millis(back_ms)).await;
            let _ = answer.send(result);
        });
        let outcome = match tokio::time::timeout(DEADLINE, answered).await {
            Ok(Ok(result)) => result,
            // A lost answer is noticed only when the deadline has passed.
            Ok(Err(_)) => {
                tokio::time::sleep(DEADLINE).await;
                Err(ProviderError::Unknown("no answer".to_owned()))
            }
            Err(_) => Err(ProviderError::Unknown("deadline".to_owned())),
        };
        self.while_alive().await;
        outcome
    }

    async fn while_alive(&self) {
        if !self.alive.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    }
}

fn changed(result: Result<Changed, ProviderError>) -> (Result<ProviderPayment, ProviderError>, Reply, Vec<Webhook>) {
    match result {
        Ok(changed) => (Ok(changed.payment), Reply::Now, changed.webhooks),
        Err(error) => (Err(error), Reply::Now, Vec::new()),
    }
}

#[async_trait]
impl Provider for LyingProvider {
    fn name(&self) -> &'static str {
        "test"
    }

    async fn authorise(&self, request: AuthoriseRequest) -> Result<ProviderPayment, ProviderError> {
        let what = format!("authorise {}", request.key);
        self.call(what, move |core, now| match core.authorise(&request, now) {
            Ok(done) => {
                let lost = || ProviderError::Unknown("never recorded".to_owned());
                (done.payment.ok_or_else(lost), done.reply, done.webhooks)
            }
            Err(error) => (Err(error), Reply::Now, Vec::new()),
        })
        .await
    }

    async fn find(&self, key: &str) -> Result<Option<ProviderPayment>, ProviderError> {
        let key = key.to_owned();
        self.call(format!("find {key}"), move |core, _| (Ok(core.find(&key)), Reply::Now, Vec::new())).await
    }

    async fn capture(&self, reference: &str, key: &str, amount: Money) -> Result<ProviderPayment, ProviderError> {
        let (reference, key) = (reference.to_owned(), key.to_owned());
        self.call(format!("capture {key}"), move |core, now| changed(core.capture(&reference, &key, amount, now))).await
    }

    async fn void(&self, reference: &str, key: &str) -> Result<ProviderPayment, ProviderError> {
        let (reference, key) = (reference.to_owned(), key.to_owned());
        self.call(format!("void {key}"), move |core, now| changed(core.void(&reference, &key, now))).await
    }

    async fn refund(&self, reference: &str, key: &str, amount: Money) -> Result<ProviderRefund, ProviderError> {
        let (reference, key) = (reference.to_owned(), key.to_owned());
        self.call(format!("refund {key}"), move |core, now| refund(core, &reference, &key, amount, now)).await
    }

    async fn find_refund(&self, key: &str) -> Result<Option<ProviderRefund>, ProviderError> {
        let key = key.to_owned();
        self.call(format!("find {key}"), move |core, _| (Ok(core.find_refund(&key)), Reply::Now, Vec::new())).await
    }

    async fn changed_since(&self, since: Timestamp, limit: usize) -> Result<Vec<ProviderPayment>, ProviderError> {
        self.call("list".to_owned(), move |core, _| (Ok(core.changed_since(since, limit)), Reply::Now, Vec::new()))
            .await
    }

    fn verify_webhook(&self, _: &str, _: &[u8], _: Timestamp) -> Result<ProviderHint, Failure> {
        Err(Failure::internal("webhooks of the simulation come as hints"))
    }
}

fn refund(
    core: &mut Core,
    reference: &str,
    key: &str,
    amount: Money,
    now: Timestamp,
) -> (Result<ProviderRefund, ProviderError>, Reply, Vec<Webhook>) {
    match core.refund(reference, key, amount, now) {
        Ok((refund, webhooks)) => (Ok(refund), Reply::Now, webhooks),
        Err(error) => (Err(error), Reply::Now, Vec::new()),
    }
}
