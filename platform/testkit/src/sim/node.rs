//! One process of the shop, from its start to its death: ledger, two checkouts that do not know of each other (as two
//! nodes would), resolver, relay, and the notification service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use checkout::saga::{Quotes, Resolver};
use checkout::{CheckoutService, OrderEditor, OrderEditorParts, SagaParts, SagaSettings};
use contracts::Result;
use contracts::catalog::Availability;
use contracts::event::Event;
use contracts::ledger::{Actor, EditLedger, Idempotency, Orders, StoredResponse, Vouchers};
use contracts::payment::{PaymentBooks, Providers};
use contracts::saga::{Observation, PlaceCommand, Progress as SagaProgress, SagaLedger};
use fulfilment::Fulfilment;
use infra::Spawner;
use infra::vault::Vault;
use kernel::{Failure, OrderId, Sku, StoreId, Timestamp};
use ledger::relay::{Consumer, Relay, SalesConsumer};
use ledger::{LedgerParts, LedgerService};
use notification::Notification;
use parking_lot::Mutex;
use payment::reconciler::{Progress, Reconciler};

use super::engine::LyingEngine;
use super::provider::LyingProvider;
use super::world::{STORE, World};
use super::{outlets, parcels, selling};

pub struct Node {
    pub ledger: Arc<LedgerService>,
    /// Where shoppers place orders and come back to.
    pub front: CheckoutService,
    /// Where webhooks come in, and what the resolver uses.
    pub webhooks: CheckoutService,
    pub edits: OrderEditor,
    pub notification: Notification,
    /// In histories with a warehouse.
    pub fulfilment: Option<Fulfilment>,
    /// What follows events into mails, webhooks and parcels.
    writers: Spawner,
    spawner: Spawner,
    alive: Arc<AtomicBool>,
}

/// Nobody reads availability here.
struct Deaf;

impl Availability for Deaf {
    fn set_available(&self, _: StoreId, _: &Sku, _: bool) {}
}

impl Node {
    pub fn start(world: &Arc<World>) -> Node {
        let alive = Arc::new(AtomicBool::new(true));
        let engine =
            LyingEngine { world: Arc::clone(world), tables: world.database.clone(), alive: Arc::clone(&alive) };
        let vault = Vault::from_bytes(&[7; 32]);
        let (ledger, batcher) = LedgerService::new(LedgerParts {
            engine: Box::new(engine),
            reader: Arc::new(world.database.clone()),
            clock: world.clock(),
            rng: Arc::clone(&world.ids),
            vault: vault.clone(),
            availability: Arc::new(Deaf),
        });
        let spawner = Spawner::new();
        spawner.spawn("batcher", batcher);
        let quotes = Arc::new(selling::quoter(world, Arc::clone(&ledger) as Arc<dyn Vouchers>, world.clock()));
        let edits = OrderEditor::new(OrderEditorParts {
            orders: Arc::clone(&ledger) as Arc<dyn Orders>,
            ledger: Arc::clone(&ledger) as Arc<dyn EditLedger>,
            quotes: Arc::clone(&quotes),
        });
        let checkout = || {
            let provider = LyingProvider { outside: Arc::clone(&world.outside), alive: Arc::clone(&alive) };
            CheckoutService::new(SagaParts {
                ledger: Arc::new(PoisonableLedger { world: Arc::clone(world), ledger: Arc::clone(&ledger) }),
                quotes: Arc::clone(&quotes) as Arc<dyn Quotes>,
                providers: Providers::new(vec![Arc::new(provider)]),
                vault: vault.clone(),
                clock: world.clock(),
                rng: Arc::clone(&world.ids),
                spawner: spawner.clone(),
                settings: SagaSettings { ledger: 1, hold_ms: world.goods.hold_ms, base_url: String::new() },
            })
        };
        let (front, webhooks) = (checkout(), checkout());
        let resolver = Resolver::new(webhooks.clone());
        spawner.spawn("resolver", resolver.run(Duration::from_secs(1), spawner.token()));
        let consumer = FlakyConsumer {
            world: Arc::clone(world),
            inner: SalesConsumer::new(Arc::clone(&ledger)),
            last: Mutex::default(),
        };
        let relay = Relay {
            ledger: Arc::clone(&ledger),
            consumer: Arc::new(consumer),
            clock: world.clock(),
            rng: Arc::clone(&world.ids),
            poll: Duration::from_secs(1),
        };
        spawner.spawn("relay", relay.run(spawner.token()));
        spawner.spawn("preorders", Arc::clone(&ledger).end_preorders_in_time(Duration::from_secs(2), spawner.token()));
        let books = Reconciler {
            store: STORE,
            provider: Arc::new(LyingProvider { outside: Arc::clone(&world.outside), alive: Arc::clone(&alive) }),
            books: Arc::clone(&ledger) as Arc<dyn PaymentBooks>,
            checkout: Arc::new(webhooks.clone()),
            clock: world.clock(),
            quiet_ms: 2_000,
        };
        books.start(Progress::default(), Duration::from_secs(20), &spawner);
        let notification = outlets::notification(world, &ledger, &alive);
        let writers = Spawner::new();
        notification.start(&writers);
        let packs = world.goods.packings > 0;
        let fulfilment = packs.then(|| parcels::fulfilment(world, &ledger, &alive));
        if let Some(fulfilment) = &fulfilment {
            parcels::start(fulfilment, &writers);
        }
        Node { ledger, front, webhooks, edits, notification, fulfilment, writers, spawner, alive }
    }

    /// No mails, webhooks and parcels any more, until somebody asks for them.
    pub fn hush(&self) {
        self.writers.token().cancel();
    }

    /// A killed process runs nothing more: its loops end, what is in flight never hears an answer.
    pub fn kill(&self) {
        self.alive.store(false, Ordering::Relaxed);
        self.writers.token().cancel();
        self.spawner.token().cancel();
    }
}

/// The ledger, except for the one order that nothing can be done about.
struct PoisonableLedger {
    world: Arc<World>,
    ledger: Arc<LedgerService>,
}

#[async_trait]
impl SagaLedger for PoisonableLedger {
    async fn place(&self, command: PlaceCommand, idempotency: Idempotency, actor: Actor) -> Result<SagaProgress> {
        let progress = self.ledger.place(command, idempotency, actor).await?;
        if progress.response.is_none() {
            self.world.placed(progress.order);
        }
        Ok(progress)
    }

    async fn replay(&self, store: StoreId, idempotency: &Idempotency) -> Result<Option<(OrderId, StoredResponse)>> {
        self.ledger.replay(store, idempotency).await
    }

    async fn record(&self, store: StoreId, order: OrderId, seen: Observation) -> Result<SagaProgress> {
        self.healthy(order)?;
        self.ledger.record(store, order, seen).await
    }

    async fn wake(&self, store: StoreId, order: OrderId) -> Result<SagaProgress> {
        self.healthy(order)?;
        self.ledger.wake(store, order).await
    }

    async fn settled(&self, store: StoreId, order: OrderId) -> Result<bool> {
        self.healthy(order)?;
        self.ledger.settled(store, order).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, OrderId)>> {
        self.ledger.due(now, limit).await
    }
}

impl PoisonableLedger {
    fn healthy(&self, order: OrderId) -> Result<()> {
        if *self.world.poisoned.lock() == Some(order) {
            return Err(Failure::internal("this order is poison"));
        }
        Ok(())
    }
}

/// The bus to a consumer: it loses messages, repeats them, and repeats old ones late.
struct FlakyConsumer {
    world: Arc<World>,
    inner: SalesConsumer,
    last: Mutex<Option<Event>>,
}

#[async_trait]
impl Consumer for FlakyConsumer {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    async fn take(&self, event: &Event) -> std::result::Result<(), Failure> {
        let may_lie = {
            let mut lies = self.world.bus_lies.lock();
            let told = lies.entry(event.position).or_insert(0);
            *told += 1;
            *told <= 3
        };
        if may_lie && self.world.strikes(80, "the bus loses a message") {
            return Err(Failure::internal("lost on the bus"));
        }
        if self.world.strikes(60, "the bus repeats an old message") {
            let old = self.last.lock().clone();
            if let Some(old) = old {
                self.inner.take(&old).await?;
            }
        }
        self.inner.take(event).await?;
        if matches!(event.kind.as_str(), "order.placed" | "order.edited") {
            *self.last.lock() = Some(event.clone());
        }
        if may_lie && self.world.strikes(80, "the bus loses an acknowledgement") {
            return Err(Failure::internal("acknowledgement lost on the bus"));
        }
        let jitter = self.world.rng.below(5);
        tokio::time::sleep(Duration::from_millis(jitter)).await;
        Ok(())
    }
}
