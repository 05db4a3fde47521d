//! The world of one history: what is durable, what is outside, and the dice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use contracts::ledger::StoredResponse;
use contracts::selling::Promotion;
use infra::sqlite::Db;
use kernel::{
    CartId, Clock, Currency, EventId, OrderId, Rng, SeededRng, SharedClock, SharedRng, Sku, StoreId, Timestamp,
};
use ledger::engine::memory::MemoryEngine;
use ledger::order::Frozen;
use parking_lot::Mutex;

use super::History;
use super::node::Node;
use super::outlets::{self, Arrived};
use super::parcels::{self, Depot};
use super::people::{Buyer, Erased, Link};
use super::provider::Outside;
use super::selling;

pub const STORE: StoreId = StoreId::DEFAULT;

/// What kind of history this is, drawn from its seed.
#[derive(Clone, Debug)]
pub struct Goods {
    pub shoppers: u64,
    pub skus: Vec<Sku>,
    pub locations: Vec<&'static str>,
    /// Units of each SKU at each location.
    pub units: i64,
    pub hold_ms: i64,
    pub misfortunes: u64,
    /// Of a thousand calls, how many the database spoils.
    pub database_faults: u64,
    /// Of a thousand calls, how many the network to the provider spoils.
    pub network_faults: u64,
    pub promotions: Vec<Promotion>,
    /// Whether everybody comes at the same moment, for the same gift cards.
    pub rush: bool,
    /// Whether mails go into the folder, instead of to a server.
    pub mail_folder: bool,
    /// How often whoever packs does something; 0: there is no warehouse.
    pub packings: u64,
    /// Whether somebody wants to hear of orders while they are placed already.
    pub late_endpoint: bool,
    /// A SKU that is made of the first one, twice, and the last one.
    pub bundle: Option<Sku>,
    /// How many units of the first SKU may be owed; none: it is not sold beyond what is there.
    pub oversold: Option<i64>,
    /// For how long it is sold that way; none: for good.
    pub preorder_ms: Option<i64>,
    /// The order, counted from the first, that no resolver can take further.
    pub poison: Option<u64>,
}

/// Wall-clock time: the paused clock of the runtime plus whatever it was made to jump.
pub struct SimClock {
    started: tokio::time::Instant,
    skew_ms: AtomicI64,
}

impl Clock for SimClock {
    fn now(&self) -> Timestamp {
        let elapsed = i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX);
        Timestamp::from_millis(1_750_000_000_000 + elapsed + self.skew_ms.load(Ordering::Relaxed))
    }
}

/// A cart as the quotes of the simulation read it.
#[derive(Clone, Debug)]
pub struct SimCart {
    pub version: u64,
    pub lines: Vec<(Sku, u32)>,
    pub coupons: Vec<String>,
}

/// What clients saw under an idempotency key.
#[derive(Clone, Debug)]
pub struct Seen {
    pub status: u16,
    pub body: bytes::Bytes,
    pub order: Option<OrderId>,
}

pub struct World {
    pub goods: Goods,
    /// Misfortune and behaviour of people.
    pub rng: SharedRng,
    /// Ids, keys and jitter of the shop itself.
    pub ids: SharedRng,
    pub sim_clock: Arc<SimClock>,
    /// What survives a crash of the shop.
    pub database: MemoryEngine,
    pub outside: Arc<Outside>,
    /// Mails and webhooks on their way.
    pub queues: Db,
    pub arrived: Arrived,
    /// What is to be packed and sent.
    pub packing: Db,
    pub depot: Depot,
    pub carts: Mutex<BTreeMap<CartId, SimCart>>,
    /// Answers by idempotency key.
    pub answers: Mutex<BTreeMap<String, Vec<Seen>>>,
    /// Orders whose 201 a client saw.
    pub acknowledged: Mutex<BTreeMap<OrderId, String>>,
    /// Orders that somebody asked to cancel.
    pub cancel_asked: Mutex<Vec<OrderId>>,
    /// Line refunds asked for and granted: the order, and what was given back in all.
    pub line_refunds: Mutex<BTreeMap<OrderId, i64>>,
    pub buyers: Mutex<BTreeMap<OrderId, Buyer>>,
    /// What each order was agreed to be when it was placed.
    pub placed_as: Mutex<BTreeMap<OrderId, Arc<Frozen>>>,
    pub erased: Mutex<BTreeMap<OrderId, Erased>>,
    pub links: Mutex<Vec<Link>>,
    /// When each event was committed.
    pub told_at: Mutex<BTreeMap<EventId, tokio::time::Instant>>,
    /// Since when mails and webhooks wait until somebody asks for them.
    pub hushed_at: Mutex<Option<tokio::time::Instant>>,
    /// By how much the clock was set back in all, in milliseconds.
    pub set_back_ms: AtomicU64,
    pub crashes: AtomicU64,
    node: Mutex<Option<Arc<Node>>>,
    pub chaos: AtomicBool,
    /// Lies told about each event, by position: the bus is bad, not broken.
    pub bus_lies: Mutex<BTreeMap<u64, u64>>,
    pub poisoned: Mutex<Option<OrderId>>,
    placed: AtomicU64,
    faults: AtomicU64,
    steps: AtomicU64,
    violations: Mutex<Vec<String>>,
    trace: Mutex<(u64, Vec<String>)>,
    keep_trace: bool,
}

impl World {
    pub fn new(seed: u64, keep_trace: bool) -> Arc<World> {
        let rng: SharedRng = Arc::new(SeededRng::new(seed));
        let goods = draw_goods(rng.as_ref());
        let sim_clock = Arc::new(SimClock { started: tokio::time::Instant::now(), skew_ms: AtomicI64::new(0) });
        let world = Arc::new_cyclic(|weak: &std::sync::Weak<World>| World {
            goods,
            ids: Arc::new(SeededRng::new(seed ^ 0x9e37_79b9_7f4a_7c15)),
            sim_clock: Arc::clone(&sim_clock),
            database: MemoryEngine::new(),
            outside: Arc::new(Outside::new(weak.clone())),
            queues: outlets::database(),
            arrived: Arrived::default(),
            packing: parcels::database(),
            depot: Depot::default(),
            carts: Mutex::default(),
            answers: Mutex::default(),
            acknowledged: Mutex::default(),
            cancel_asked: Mutex::default(),
            line_refunds: Mutex::default(),
            buyers: Mutex::default(),
            placed_as: Mutex::default(),
            erased: Mutex::default(),
            links: Mutex::default(),
            told_at: Mutex::default(),
            hushed_at: Mutex::default(),
            set_back_ms: AtomicU64::new(0),
            crashes: AtomicU64::new(0),
            node: Mutex::default(),
            chaos: AtomicBool::new(false),
            bus_lies: Mutex::default(),
            poisoned: Mutex::default(),
            placed: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            steps: AtomicU64::new(0),
            violations: Mutex::default(),
            trace: Mutex::new((0xcbf2_9ce4_8422_2325, Vec::new())),
            keep_trace,
            rng,
        });
        *world.node.lock() = Some(Arc::new(Node::start(&world)));
        world
    }

    pub fn clock(&self) -> SharedClock {
        Arc::clone(&self.sim_clock) as SharedClock
    }

    pub fn node(&self) -> Arc<Node> {
        self.node.lock().clone().expect("a history has a process from its beginning to its end")
    }

    /// Lets go of the last process, which holds on to the world.
    pub fn close(&self) {
        self.node().kill();
        *self.node.lock() = None;
    }

    /// Fills the shelves, coupons and gift cards; then misfortune may begin.
    pub async fn stock_up(self: &Arc<Self>) {
        use contracts::ledger::{Actor, Inventory, Location, SetStock, Stock, Vouchers};
        let node = self.node();
        outlets::subscribe(self, &node.notification).await;
        for sku in &self.goods.skus {
            for location in &self.goods.locations {
                let request = SetStock { location: (*location).to_owned(), on_hand: self.goods.units };
                if let Err(error) =
                    node.ledger.set(STORE, sku, request, Actor { name: "key:sim".into(), request_id: None }).await
                {
                    self.violation(format!("stocking up failed: {error}"));
                }
            }
        }
        for (location, priority) in self.goods.locations.iter().zip([2, 1, 3]) {
            let location = Location { priority, ..Location::undescribed(location) };
            if let Err(error) = node.ledger.put_location(STORE, location, Actor::system()).await {
                self.violation(format!("describing a location failed: {error}"));
            }
        }
        self.say_what_is_sold(&node).await;
        for active in selling::active(&self.goods.promotions) {
            let promotion = &active.promotion;
            let Some(counter) = active.counter(promotion.codes.first().map(String::as_str)) else { continue };
            let (all, each) = (promotion.limit, promotion.limit_per_customer);
            if let Err(error) = node.ledger.limit_coupon(STORE, &counter, all, each, Actor::system()).await {
                self.violation(format!("limiting a promotion failed: {error}"));
            }
        }
        for (code, minor) in GIFT_CARDS {
            let (code, balance) = (kernel::Secret::new(code.to_owned()), kernel::Money::new(minor, Currency::EUR));
            if let Err(error) = node.ledger.issue_gift_card(STORE, &code, balance, Actor::system()).await {
                self.violation(format!("issuing a gift card failed: {error}"));
            }
        }
        self.chaos.store(true, Ordering::Relaxed);
    }

    /// Sells beyond what is there, and bundles, if this history does.
    async fn say_what_is_sold(&self, node: &Node) {
        use contracts::ledger::{Actor, Oversell, SetBundle, SetPolicy, StockQuantity, StockRules};
        let (Some(first), Some(last)) = (self.goods.skus.first(), self.goods.skus.last()) else { return };
        if let Some(limit) = self.goods.oversold {
            let until = self.goods.preorder_ms.map(|ms| self.sim_clock.now().plus_millis(ms).into());
            let policy = if until.is_some() { Oversell::Preorder } else { Oversell::Backorder };
            let request = SetPolicy { policy, limit: Some(limit), until };
            if let Err(error) = node.ledger.put_policy(STORE, first, request, Actor::system()).await {
                self.violation(format!("setting a policy failed: {error}"));
            }
        }
        if let Some(bundle) = &self.goods.bundle {
            let part = |sku: &Sku, quantity| StockQuantity { sku: sku.clone(), quantity };
            let mut components = vec![part(first, 2)];
            components.extend((first != last).then(|| part(last, 1)));
            if let Err(error) = node.ledger.put_bundle(STORE, bundle, SetBundle { components }, Actor::system()).await {
                self.violation(format!("making a bundle failed: {error}"));
            }
        }
    }

    /// Whether `per_mille` of a thousand strikes now; counted when it does.
    pub fn strikes(&self, per_mille: u64, what: &str) -> bool {
        if !self.chaos.load(Ordering::Relaxed) || self.rng.below(1000) >= per_mille {
            return false;
        }
        self.fault(what);
        true
    }

    pub fn fault(&self, what: &str) {
        self.faults.fetch_add(1, Ordering::Relaxed);
        self.note(&format!("fault: {what}"));
    }

    pub fn faults(&self) -> u64 {
        self.faults.load(Ordering::Relaxed)
    }

    /// Adds a line to the trace.
    pub fn note(&self, line: &str) {
        self.steps.fetch_add(1, Ordering::Relaxed);
        let at = self.sim_clock.now().millis();
        let mut trace = self.trace.lock();
        for byte in at.to_le_bytes().iter().chain(line.as_bytes()) {
            trace.0 = (trace.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        if self.keep_trace {
            trace.1.push(format!("{at} {line}"));
        }
    }

    pub fn violation(&self, what: String) {
        self.note(&format!("VIOLATION {what}"));
        self.violations.lock().push(what);
    }

    /// Waits a random time, in milliseconds of the simulation.
    pub async fn pause(&self, from_ms: u64, to_ms: u64) {
        let ms = from_ms + self.rng.below(to_ms.saturating_sub(from_ms) + 1);
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    pub fn jump_clock(&self) {
        let by = i64::try_from(self.rng.below(60_000)).unwrap_or(0) - 30_000;
        self.sim_clock.skew_ms.fetch_add(by, Ordering::Relaxed);
        self.set_back_ms.fetch_add(by.min(0).unsigned_abs(), Ordering::Relaxed);
        self.fault(&format!("the clock jumps by {by} ms"));
    }

    /// Somebody sets the clock right.
    pub fn set_clock_back(&self, by_ms: u64) {
        self.sim_clock.skew_ms.fetch_sub(by_ms.cast_signed(), Ordering::Relaxed);
        self.set_back_ms.fetch_add(by_ms, Ordering::Relaxed);
        self.fault(&format!("the clock is set back by {by_ms} ms"));
    }

    /// Time passes in which nobody does anything.
    pub fn set_clock_forward(&self, by_ms: i64) {
        self.sim_clock.skew_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    /// The process dies, wherever it is, and another one starts on what was durable.
    pub async fn crash(self: &Arc<Self>) {
        self.fault("the process is killed");
        self.crashes.fetch_add(1, Ordering::Relaxed);
        self.node().kill();
        self.pause(0, 3_000).await;
        *self.node.lock() = Some(Arc::new(Node::start(self)));
        self.note("the process is back");
    }

    /// No more faults from here on, and a clock that runs true.
    pub async fn heal(self: &Arc<Self>) {
        self.chaos.store(false, Ordering::Relaxed);
        self.node().kill();
        *self.node.lock() = Some(Arc::new(Node::start(self)));
    }

    /// Told of every placing: the chosen one is poison for resolvers from then on.
    pub fn placed(&self, order: OrderId) {
        let n = self.placed.fetch_add(1, Ordering::Relaxed);
        if self.goods.poison == Some(n) {
            *self.poisoned.lock() = Some(order);
        }
    }

    /// Remembers what a client was told under `key`.
    pub fn told(&self, key: &str, response: &StoredResponse, order: Option<OrderId>) {
        self.note(&format!("answer {} to {key}", response.status));
        let seen = Seen { status: response.status, body: response.body.clone(), order };
        self.answers.lock().entry(key.to_owned()).or_default().push(seen);
    }

    pub fn finish(&self, seed: u64) -> History {
        let mut trace = self.trace.lock();
        let (orders, confirmed) = self.database.with(|t| {
            use ledger::order::Phase;
            let confirmed =
                t.orders.values().filter(|o| matches!(o.head.phase, Phase::Confirmed | Phase::Closed)).count();
            (t.orders.len(), confirmed)
        });
        History {
            seed,
            trace_hash: trace.0,
            trace: std::mem::take(&mut trace.1),
            faults: self.faults(),
            orders,
            confirmed,
            steps: self.steps.load(Ordering::Relaxed),
            violations: std::mem::take(&mut self.violations.lock()),
        }
    }
}

/// The gift cards of every history, with what they hold: everybody knows their codes.
pub const GIFT_CARDS: [(&str, i64); 2] = [("SIMULATED-CARD", 3_000), ("SIMULATED-GIFT", 1_100)];

fn draw_goods(rng: &dyn Rng) -> Goods {
    let skus: Vec<Sku> = (0..1 + rng.below(3)).filter_map(|n| Sku::new(&format!("SHOE-{n}")).ok()).collect();
    let locations = ["main", "north", "yard"];
    let locations = locations[..[1, 1, 2, 3][usize::try_from(rng.below(4)).unwrap_or(0)]].to_vec();
    let hold_ms = if rng.below(3) == 0 { 4_000 } else { 30_000 };
    Goods {
        shoppers: 3 + rng.below(6),
        promotions: selling::promotions(rng, &skus),
        rush: rng.below(4) == 0,
        mail_folder: rng.below(2) == 0,
        packings: if rng.below(2) == 0 { 30 + rng.below(40) } else { 0 },
        late_endpoint: rng.below(2) == 0,
        skus,
        locations,
        units: 1 + i64::try_from(rng.below(8)).unwrap_or(0),
        hold_ms,
        misfortunes: 2 + rng.below(5),
        database_faults: rng.below(60),
        network_faults: 20 + rng.below(250),
        bundle: (rng.below(3) == 0).then(|| Sku::new("SET-3").ok()).flatten(),
        oversold: (rng.below(3) == 0).then(|| 1 + i64::try_from(rng.below(6)).unwrap_or(0)),
        preorder_ms: (rng.below(2) == 0).then(|| 20_000 + i64::try_from(rng.below(160_000)).unwrap_or(0)),
        poison: (rng.below(4) == 0).then(|| rng.below(6)),
    }
}
