//! What the tests share: a clock that follows tokio's (pausable) time, and a shop that only remembers.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use contracts::Result;
use contracts::cart::CartAccess;
use contracts::checkout::{Checkout, PlaceOrder, Placed, Quote, QuoteRequest};
use contracts::ledger::Idempotency;
use contracts::payment::{AuthoriseRequest, Provider, Providers, WebhookInbox};
use infra::Spawner;
use kernel::{Clock, Currency, ErrorKind, Failure, Money, OrderId, Secret, SharedClock, StoreId, Timestamp};
use parking_lot::Mutex;
use payment::providers::test::{Settings, TestProvider};
use payment::{WebhookIntake, WebhookSink};
use tokio::time::Instant;

pub(crate) const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Wall-clock time that passes as tokio's does.
pub(crate) struct TokioClock(Instant);

impl TokioClock {
    pub(crate) fn shared() -> SharedClock {
        Arc::new(TokioClock(Instant::now()))
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        START.plus_millis(i64::try_from(self.0.elapsed().as_millis()).unwrap())
    }
}

/// Webhooks and wake-ups, in the order in which they came; answers as it is told to.
#[derive(Default)]
pub(crate) struct Shop {
    pub(crate) seen: Mutex<BTreeSet<String>>,
    pub(crate) log: Mutex<Vec<String>>,
    /// How often the shop still fails to take a webhook.
    pub(crate) failures: Mutex<u32>,
    /// Orders that are not known yet.
    pub(crate) unknown: Mutex<BTreeSet<OrderId>>,
}

impl Shop {
    pub(crate) fn count(&self, start: &str) -> usize {
        self.log.lock().iter().filter(|line| line.starts_with(start)).count()
    }

    fn fail_if_told(&self) -> Result<()> {
        let mut failures = self.failures.lock();
        if *failures == 0 {
            return Ok(());
        }
        *failures -= 1;
        Err(Failure::unavailable("The ledger is full.", 1))
    }
}

#[async_trait]
impl WebhookInbox for Shop {
    async fn receive(&self, _: StoreId, provider: &str, webhook_id: &str, order: Option<OrderId>) -> Result<bool> {
        self.fail_if_told()?;
        let new = self.seen.lock().insert(format!("{provider} {webhook_id}"));
        let order = order.map_or("none".to_owned(), |o| o.to_string());
        self.log.lock().push(format!("inbox {} {order}", if new { "new" } else { "known" }));
        Ok(new)
    }
}

#[async_trait]
impl Checkout for Shop {
    async fn quote(&self, _: StoreId, _: &CartAccess, _: &QuoteRequest) -> Result<Quote> {
        Err(Failure::internal("not part of this test"))
    }

    async fn place(
        &self,
        _: StoreId,
        _: &CartAccess,
        _: PlaceOrder,
        _: Idempotency,
        _: Option<String>,
    ) -> Result<Placed> {
        Err(Failure::internal("not part of this test"))
    }

    async fn resume(&self, _: StoreId, order: OrderId) -> Result<()> {
        if self.unknown.lock().contains(&order) {
            return Err(Failure::new(ErrorKind::NotFound, "not_found", "There is no such order."));
        }
        self.fail_if_told()?;
        self.log.lock().push(format!("resume {order}"));
        Ok(())
    }

    fn order_secret(&self, order: OrderId) -> Secret {
        Secret::new(order.to_string())
    }
}

pub(crate) fn secret() -> Secret {
    Secret::new("whsec_of_this_installation".to_owned())
}

pub(crate) fn order(n: u32) -> OrderId {
    OrderId::derive(0, b"test", &n.to_string())
}

pub(crate) fn key(n: u32) -> String {
    format!("{}:1", order(n))
}

pub(crate) fn eur(amount_minor: i64) -> Money {
    Money::new(amount_minor, Currency::EUR)
}

pub(crate) fn request(n: u32, token: &str) -> AuthoriseRequest {
    AuthoriseRequest {
        key: key(n),
        amount: eur(1_000),
        token: token.to_owned(),
        order: order(n).to_string(),
        return_url: format!("/orders/{}/return?a=1&b=2", order(n)),
    }
}

/// A test provider whose webhooks reach a [`Shop`] through the real intake.
pub(crate) struct World {
    pub(crate) provider: TestProvider,
    pub(crate) shop: Arc<Shop>,
    pub(crate) intake: Arc<WebhookIntake>,
    pub(crate) clock: SharedClock,
    pub(crate) spawner: Spawner,
}

pub(crate) fn world(settings: Settings) -> World {
    let (clock, spawner) = (TokioClock::shared(), Spawner::new());
    let (provider, deliveries) = TestProvider::open(None, settings, &secret(), clock.clone(), spawner.clone()).unwrap();
    let shop = Arc::new(Shop::default());
    let providers = Providers::new(vec![Arc::new(provider.clone()) as Arc<dyn Provider>]);
    let intake = Arc::new(WebhookIntake::new(StoreId::DEFAULT, providers, shop.clone(), shop.clone(), clock.clone()));
    deliveries.start(intake.clone() as Arc<dyn WebhookSink>);
    World { provider, shop, intake, clock, spawner }
}
