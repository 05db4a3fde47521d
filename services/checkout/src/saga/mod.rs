//! The checkout saga: takes an order from placing to paid, or back, whatever happens in between.
//!
//! The ledger says what is to be done, the saga does it at the provider and records what it saw. Placing, a webhook,
//! the shopper's return and the resolver all walk the same path, so recovery is not a path of its own.

mod place;
mod resolver;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::Result;
use contracts::cart::CartAccess;
use contracts::checkout::{Checkout, PlaceOrder, Placed, Quote, QuoteRequest};
use contracts::ledger::{Idempotency, StoredResponse};
use contracts::payment::{AuthoriseRequest, Provider, ProviderError, ProviderPayment, Providers};
use contracts::saga::{Next, Observation, SagaLedger};
use infra::Spawner;
use infra::vault::Vault;
use kernel::{Failure, OrderId, Secret, SharedClock, SharedRng, StoreId};
use parking_lot::Mutex;
use tokio::sync::oneshot;

pub use resolver::Resolver;

/// The most steps taken for an order in one go; the resolver takes it further later.
const MAX_STEPS: usize = 16;

/// How often, and in which steps, somebody waits for those who have an order in hand: 2 s in all.
const CATCH_UP_LOOKS: usize = 100;
const CATCH_UP_STEP: Duration = Duration::from_millis(20);

/// Prices carts.
#[async_trait]
pub trait Quotes: Send + Sync {
    async fn quote(&self, store: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote>;
}

#[derive(Clone, Debug)]
pub struct SagaSettings {
    /// The number of the ledger that new orders go to.
    pub ledger: u16,
    /// How long stock is held for an undecided payment, in milliseconds.
    pub hold_ms: i64,
    /// What return URLs start with; empty for paths relative to the shop.
    pub base_url: String,
}

impl Default for SagaSettings {
    fn default() -> Self {
        SagaSettings { ledger: 1, hold_ms: 15 * 60 * 1000, base_url: String::new() }
    }
}

/// What the saga is made of.
pub struct SagaParts {
    pub ledger: Arc<dyn SagaLedger>,
    pub quotes: Arc<dyn Quotes>,
    pub providers: Providers,
    pub vault: Vault,
    pub clock: SharedClock,
    pub rng: SharedRng,
    pub spawner: Spawner,
    pub settings: SagaSettings,
}

/// The checkout of this process. Clones share the same orders in hand.
#[derive(Clone)]
pub struct CheckoutService(Arc<Inner>);

struct Inner {
    parts: SagaParts,
    /// Orders that a task of this process is taking further, and whether somebody asked for another look meanwhile.
    in_hand: Mutex<BTreeMap<OrderId, bool>>,
}

/// Where the answer to a placing goes, once there is one.
type Waiting = Option<oneshot::Sender<Result<StoredResponse>>>;

impl CheckoutService {
    #[must_use]
    pub fn new(parts: SagaParts) -> Self {
        CheckoutService(Arc::new(Inner { parts, in_hand: Mutex::default() }))
    }

    fn provider(&self, name: &str) -> Result<&Arc<dyn Provider>> {
        self.0
            .parts
            .providers
            .get(name)
            .ok_or_else(|| Failure::internal(format!("no payment provider is called {name}")))
    }

    /// Takes the order as far as it goes now, starting with `next`.
    async fn drive(&self, store: StoreId, order: OrderId, next: Next, mut waiting: Waiting) -> Result<()> {
        self.0.in_hand.lock().insert(order, false);
        let outcome = self.steps(store, order, next, &mut waiting).await;
        let asked_again = self.0.in_hand.lock().remove(&order).unwrap_or(false);
        if let (Err(failure), Some(waiting)) = (&outcome, waiting) {
            // The order stands and will be taken further; only its answer cannot be given now.
            let _ = waiting.send(Err(failure.clone()));
        }
        outcome?;
        if asked_again && !self.0.parts.ledger.settled(store, order).await? {
            let progress = self.0.parts.ledger.wake(store, order).await?;
            self.steps(store, order, progress.next, &mut None).await?;
        }
        Ok(())
    }

    async fn steps(&self, store: StoreId, order: OrderId, mut next: Next, waiting: &mut Waiting) -> Result<()> {
        for _ in 0..MAX_STEPS {
            let Some(seen) = self.act(order, next).await? else { return Ok(()) };
            let progress = self.0.parts.ledger.record(store, order, seen).await?;
            if let Some(response) = progress.response
                && let Some(waiting) = waiting.take()
            {
                let _ = waiting.send(Ok(response));
            }
            next = progress.next;
        }
        tracing::debug!(%order, "An order takes many steps; the resolver goes on with it.");
        Ok(())
    }

    /// Does `next` at the provider. None when there is nothing to do now.
    async fn act(&self, order: OrderId, next: Next) -> Result<Option<Observation>> {
        let seen = match next {
            Next::Wait { .. } | Next::Done => return Ok(None),
            Next::Authorise { attempt, provider, key, amount, token, return_url } => {
                let request = AuthoriseRequest { key, amount, token, order: order.to_string(), return_url };
                payment(attempt, self.provider(&provider)?.authorise(request).await)
            }
            Next::Find { attempt, provider, key } => match self.provider(&provider)?.find(&key).await {
                Ok(Some(found)) => Observation::Payment { attempt, payment: found },
                Ok(None) => Observation::Missing { attempt },
                // Whatever kept it from answering, a question that failed says nothing about the payment.
                Err(_) => Observation::Unanswered { attempt },
            },
            Next::Capture { attempt, provider, reference, key, amount } => {
                payment(attempt, self.provider(&provider)?.capture(&reference, &key, amount).await)
            }
            Next::Void { attempt, provider, reference, key } => {
                payment(attempt, self.provider(&provider)?.void(&reference, &key).await)
            }
            Next::Refund { refund, provider, reference, key, amount } => {
                match self.provider(&provider)?.refund(&reference, &key, amount).await {
                    Ok(seen) => Observation::Refund { refund, seen },
                    Err(ProviderError::Unknown(_)) => Observation::RefundUnanswered { refund },
                    Err(ProviderError::Refused(why)) => Observation::RefundRefused { refund, why },
                }
            }
        };
        tracing::debug!(%order, ?seen, "The provider was asked.");
        Ok(Some(seen))
    }
}

fn payment(attempt: u32, answer: std::result::Result<ProviderPayment, ProviderError>) -> Observation {
    match answer {
        Ok(payment) => Observation::Payment { attempt, payment },
        Err(error) => failed(attempt, error),
    }
}

fn failed(attempt: u32, error: ProviderError) -> Observation {
    match error {
        ProviderError::Unknown(_) => Observation::Unanswered { attempt },
        ProviderError::Refused(why) => Observation::Refused { attempt, why },
    }
}

#[async_trait]
impl Checkout for CheckoutService {
    async fn quote(&self, store: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote> {
        self.0.parts.quotes.quote(store, access, request).await
    }

    async fn place(
        &self,
        store: StoreId,
        access: &CartAccess,
        order: PlaceOrder,
        idempotency: Idempotency,
        request_id: Option<String>,
    ) -> Result<Placed> {
        self.place_order(store, access, order, idempotency, request_id).await
    }

    async fn resume(&self, store: StoreId, order: OrderId) -> Result<()> {
        if let Some(asked_again) = self.0.in_hand.lock().get_mut(&order) {
            *asked_again = true;
            return Ok(());
        }
        if self.0.parts.ledger.settled(store, order).await? {
            return Ok(());
        }
        let progress = self.0.parts.ledger.wake(store, order).await?;
        self.drive(store, order, progress.next, None).await
    }

    async fn catch_up(&self, store: StoreId, order: OrderId) -> Result<()> {
        self.resume(store, order).await?;
        // A webhook may have come first, and its look at the provider counts for this one too.
        for _ in 0..CATCH_UP_LOOKS {
            if !self.0.in_hand.lock().contains_key(&order) {
                break;
            }
            tokio::time::sleep(CATCH_UP_STEP).await;
        }
        Ok(())
    }

    fn order_secret(&self, order: OrderId) -> Secret {
        Secret::new(self.0.parts.vault.derived("order", order.as_bytes()))
    }
}

#[async_trait]
impl Quotes for crate::quote::Quoter {
    async fn quote(&self, store: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote> {
        crate::quote::Quoter::quote(self, store, access, request).await
    }
}

#[cfg(test)]
mod tests;
