//! One process of the shop, from its start to its death: ledger, two checkouts that do not know of each other (as two
//! nodes would), resolver and relay.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use checkout::saga::{Quotes, Resolver};
use checkout::{CheckoutService, SagaParts, SagaSettings};
use contracts::Result;
use contracts::cart::CartAccess;
use contracts::catalog::Availability;
use contracts::checkout::{Discount, Quote, QuoteLine, QuoteRequest, ShippingOption, TaxLine, Totals};
use contracts::event::Event;
use contracts::ledger::{Actor, Idempotency, StoredResponse};
use contracts::payment::{PaymentBooks, Providers};
use contracts::saga::{Observation, PlaceCommand, Progress as SagaProgress, SagaLedger};
use infra::Spawner;
use infra::vault::Vault;
use kernel::{Currency, Failure, Money, OrderId, ProductId, Rate, Sku, StoreId, Timestamp};
use ledger::relay::{Consumer, Relay, SalesConsumer};
use ledger::{LedgerParts, LedgerService};
use parking_lot::Mutex;
use payment::reconciler::{Progress, Reconciler};

use super::engine::LyingEngine;
use super::provider::LyingProvider;
use super::world::{STORE, World};

pub struct Node {
    pub ledger: Arc<LedgerService>,
    /// Where shoppers place orders and come back to.
    pub front: CheckoutService,
    /// Where webhooks come in, and what the resolver uses.
    pub webhooks: CheckoutService,
    alive: Arc<AtomicBool>,
}

/// Nobody reads availability here.
struct Deaf;

impl Availability for Deaf {
    fn set_available(&self, _: StoreId, _: &Sku, _: bool) {}
}

impl Node {
    /// A process that was never started, to be replaced at once.
    pub fn placeholder() -> Node {
        let tables = ledger::engine::memory::MemoryEngine::new();
        let (ledger, _) = LedgerService::new(LedgerParts {
            engine: Box::new(tables.clone()),
            reader: Arc::new(tables),
            clock: Arc::new(kernel::SystemClock),
            rng: Arc::new(kernel::SeededRng::new(0)),
            vault: Vault::from_bytes(&[0; 32]),
            availability: Arc::new(Deaf),
        });
        let checkout = CheckoutService::new(SagaParts {
            ledger: Arc::clone(&ledger) as Arc<dyn SagaLedger>,
            quotes: Arc::new(NoQuotes),
            providers: Providers::default(),
            vault: Vault::from_bytes(&[0; 32]),
            clock: Arc::new(kernel::SystemClock),
            rng: Arc::new(kernel::SeededRng::new(0)),
            spawner: Spawner::new(),
            settings: SagaSettings::default(),
        });
        Node { ledger, front: checkout.clone(), webhooks: checkout, alive: Arc::default() }
    }

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
        let checkout = || {
            let provider = LyingProvider { outside: Arc::clone(&world.outside), alive: Arc::clone(&alive) };
            CheckoutService::new(SagaParts {
                ledger: Arc::new(PoisonableLedger { world: Arc::clone(world), ledger: Arc::clone(&ledger) }),
                quotes: Arc::new(SimQuotes { world: Arc::clone(world) }),
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
        let books = Reconciler {
            store: STORE,
            provider: Arc::new(LyingProvider { outside: Arc::clone(&world.outside), alive: Arc::clone(&alive) }),
            books: Arc::clone(&ledger) as Arc<dyn PaymentBooks>,
            checkout: Arc::new(webhooks.clone()),
            clock: world.clock(),
            quiet_ms: 2_000,
        };
        books.start(Progress::default(), Duration::from_secs(20), &spawner);
        let watched = Node { ledger, front, webhooks, alive };
        let stop = spawner.token();
        let alive = Arc::clone(&watched.alive);
        // A killed process runs nothing more: its loops end, what is in flight never hears an answer.
        spawner.spawn("reaper", async move {
            while alive.load(Ordering::Relaxed) {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            stop.cancel();
        });
        watched
    }

    pub fn kill(&self) {
        self.alive.store(false, Ordering::Relaxed);
    }
}

struct NoQuotes;

#[async_trait]
impl Quotes for NoQuotes {
    async fn quote(&self, _: StoreId, _: &CartAccess, _: &QuoteRequest) -> Result<Quote> {
        Err(Failure::not_found("cart"))
    }
}

/// Quotes with amounts that do not divide evenly, so that every rounding shows.
struct SimQuotes {
    world: Arc<World>,
}

#[async_trait]
impl Quotes for SimQuotes {
    async fn quote(&self, _: StoreId, access: &CartAccess, _: &QuoteRequest) -> Result<Quote> {
        let cart = self.world.carts.lock().get(&access.id).cloned().ok_or_else(|| Failure::not_found("cart"))?;
        let units: Vec<i64> = cart.lines.iter().map(|(sku, _)| unit_minor(sku)).collect();
        let subtotals: Vec<i64> = cart.lines.iter().zip(&units).map(|((_, q), unit)| unit * i64::from(*q)).collect();
        let items: i64 = subtotals.iter().sum();
        let discount = if cart.coupon.is_some() { items / 7 } else { 0 };
        let parts = kernel::money::allocate(discount, &subtotals).map_err(Failure::internal)?;
        let eur = |minor| Money::new(minor, Currency::EUR);
        let rate = Rate::from_ppm(190_000);
        let mut tax = 0;
        let lines = cart.lines.iter().zip(&units).zip(subtotals.iter().zip(&parts)).map(
            |(((sku, quantity), unit), (sub, off))| {
                let included = eur(sub - off).included_share(rate).map_err(Failure::internal)?;
                tax += included.amount_minor;
                Ok(QuoteLine {
                    sku: sku.clone(),
                    product_id: ProductId::from_uuid(uuid::Uuid::nil()),
                    product_handle: "shoe".to_owned(),
                    title: "Shoe".to_owned(),
                    variant_title: String::new(),
                    quantity: *quantity,
                    unit_price: eur(*unit),
                    compare_at_price: None,
                    subtotal: eur(*sub),
                    discount: eur(*off),
                    tax: included,
                    tax_rate: rate,
                    requires_shipping: true,
                    available: true,
                    image: None,
                })
            },
        );
        let lines = lines.collect::<Result<Vec<_>>>()?;
        let shipping = 490;
        let total = eur(items - discount + shipping);
        let discounts = cart.coupon.iter().map(|c| Discount::of_goods(c.clone(), Some(c.clone()), eur(discount)));
        Ok(Quote {
            cart_id: access.id,
            cart_version: cart.version,
            lines,
            discounts: discounts.collect(),
            shipping_options: vec![ShippingOption::new("post", "Post", eur(shipping), (1, 3))],
            shipping_option: Some("post".to_owned()),
            tax_lines: vec![TaxLine { name: "VAT".into(), rate, amount: eur(tax), included: true }],
            totals: Totals {
                items: eur(items),
                discount: eur(discount),
                shipping: eur(shipping),
                tax: eur(tax),
                tax_added: eur(0),
                total,
                gift_card: eur(0),
                due: total,
            },
            notes: Vec::new(),
            gift_cards: Vec::new(),
            reverse_charge: false,
            counted: cart.coupon.iter().cloned().collect(),
        })
    }
}

/// 9.97, 19.97, 29.97 …: three units of a discounted line never divide evenly.
pub fn unit_minor(sku: &Sku) -> i64 {
    997 + 1000 * sku.as_str().bytes().last().map_or(0, |b| i64::from(b) - i64::from(b'0'))
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
        if event.kind == "order.placed" {
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
