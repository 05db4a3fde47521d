//! Whoever packs, and a carrier whose answers come late, twice or never. Only some histories have a warehouse; the merchant
//! ships by hand in all of them, sometimes what the warehouse packs already.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use contracts::Result;
use contracts::fulfilment::{
    AdvanceFulfilment, Announced, Carrier, FulfilmentState, Fulfilments, LabelDocument, Parcel, TrackingStatus,
    TrackingUpdate,
};
use contracts::ledger::{Books, Orders};
use fulfilment::{Fulfilment, FulfilmentParts, FulfilmentSettings};
use infra::Spawner;
use infra::sqlite::{Db, DbError};
use kernel::{Clock, Failure, FulfilmentId, OrderId, Timestamp};
use ledger::LedgerService;
use ledger::order::Phase;
use parking_lot::Mutex;
use rusqlite::named_params;

use super::outlets::{Calm, Line};
use super::world::{STORE, World};

/// How often the shop looks for parcels, in milliseconds.
const TRACK_EVERY_MS: i64 = 7_000;
/// How long a call to the carrier is waited for.
const DEADLINE: Duration = Duration::from_secs(3);

/// A parcel in the carrier's books.
#[derive(Clone, Debug)]
pub struct Booked {
    pub tracking: String,
    pub announced_at: Timestamp,
    pub withdrawn: bool,
    /// When the carrier got it.
    pub collected_at: Option<Timestamp>,
}

/// The carrier's own books, by the key of the parcel. Survive every crash of the shop.
#[derive(Default)]
pub struct Depot(pub Mutex<BTreeMap<FulfilmentId, Booked>>);

impl Depot {
    /// The parcel lies on the carrier's van.
    fn collect(&self, tracking: &str, now: Timestamp) {
        if let Some(parcel) = self.0.lock().values_mut().find(|p| p.tracking == tracking) {
            parcel.collected_at = parcel.collected_at.or(Some(now));
        }
    }
}

impl Booked {
    /// How long it is on its way, in milliseconds: it follows from its number.
    fn journey_ms(&self) -> i64 {
        5_000 + self.tracking.bytes().map(i64::from).sum::<i64>() * 7_919 % 40_000
    }

    pub fn arrives_at(&self) -> Option<Timestamp> {
        Some(self.collected_at?.plus_millis(self.journey_ms()))
    }
}

/// The carrier as one process of the shop reaches it.
struct LyingCarrier {
    world: Weak<World>,
    alive: Arc<AtomicBool>,
}

impl LyingCarrier {
    /// Brings a call to the carrier and its answer back, or not.
    async fn call<T>(&self, what: &str, process: impl Fn(&World) -> Result<T>) -> Result<T> {
        let world = self.while_alive().await;
        let rate = world.goods.network_faults;
        let way_ms = if world.rng.below(10) == 0 { world.rng.below(2_500) } else { 1 + world.rng.below(40) };
        tokio::time::sleep(Duration::from_millis(way_ms)).await;
        let away = || Failure::unavailable("The carrier does not answer. It is asked again.", 5);
        if world.strikes(rate / 2, "a call to the carrier is lost") {
            tokio::time::sleep(DEADLINE).await;
            self.while_alive().await;
            return Err(away());
        }
        let mut answer = process(&world);
        if world.strikes(rate / 4, "a call reaches the carrier twice") {
            answer = process(&world);
        }
        world.note(&format!("carrier: {what}"));
        if world.strikes(rate / 2, "the carrier's answer is lost") {
            tokio::time::sleep(DEADLINE).await;
            self.while_alive().await;
            return Err(away());
        }
        self.while_alive().await;
        answer
    }

    async fn while_alive(&self) -> Arc<World> {
        match self.world.upgrade() {
            Some(world) if self.alive.load(Ordering::Relaxed) => world,
            _ => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Carrier for LyingCarrier {
    fn name(&self) -> &'static str {
        "lying"
    }

    async fn announce(&self, parcel: &Parcel) -> Result<Announced> {
        let (key, announced_at) = (parcel.key, parcel.announced_at);
        self.call("announce", |world| {
            let mut books = world.depot.0.lock();
            let tracking = format!("P{:05}", books.len() + 1);
            let new = || Booked { tracking, announced_at, withdrawn: false, collected_at: None };
            Ok(Announced { tracking: books.entry(key).or_insert_with(new).tracking.clone() })
        })
        .await
    }

    async fn label(&self, _: &Parcel, _: &str) -> Result<LabelDocument> {
        Err(Failure::internal("nobody prints labels here"))
    }

    async fn track(&self, tracking: &str) -> Result<Vec<TrackingUpdate>> {
        self.call("track", |world| {
            let parcel = world.depot.0.lock().values().find(|p| p.tracking == tracking).cloned();
            let parcel = parcel.ok_or_else(|| Failure::not_found("parcel"))?;
            let mut fate = vec![(parcel.announced_at, TrackingStatus::Announced)];
            if let (Some(collected), Some(arrives)) = (parcel.collected_at, parcel.arrives_at()) {
                fate.push((collected, TrackingStatus::Collected));
                fate.push((collected.plus_millis(parcel.journey_ms() / 2), TrackingStatus::InTransit));
                fate.push((arrives, TrackingStatus::Delivered));
            }
            let now = world.sim_clock.now();
            let mut told = Vec::new();
            for (at, status) in fate.into_iter().filter(|(at, _)| *at <= now) {
                if world.strikes(100, "the carrier forgets to tell something") {
                    continue;
                }
                let update = TrackingUpdate { at: at.into(), status, place: String::new() };
                let copies = if world.strikes(100, "the carrier tells something twice") { 2 } else { 1 };
                for _ in 0..copies {
                    let place = usize::try_from(world.rng.below(told.len() as u64 + 1)).unwrap_or(0);
                    told.insert(place, update.clone());
                }
            }
            Ok(told)
        })
        .await
    }

    async fn withdraw(&self, tracking: &str) -> Result<()> {
        self.call("withdraw", |world| {
            match world.depot.0.lock().values_mut().find(|p| p.tracking == tracking) {
                Some(parcel) => parcel.withdrawn = true,
                None => return Err(Failure::not_found("parcel")),
            }
            Ok(())
        })
        .await
    }
}

/// The empty database of a history. Made once for each thread, as that of mails is.
pub fn database() -> Db {
    thread_local! {
        static MADE: Db = fulfilment::in_memory(Arc::new(Calm)).expect("the schema is that of every shop");
    }
    let made = MADE.with(Db::clone);
    let empty = "delete from tracking; delete from fulfilments; delete from plans; delete from outbox;
                 delete from relay; delete from cursors";
    made.read_now(|conn| conn.execute_batch(empty).map_err(DbError::from)).expect("a row can always be deleted");
    made
}

/// The fulfilment service of one process.
pub fn fulfilment(world: &Arc<World>, ledger: &Arc<LedgerService>, alive: &Arc<AtomicBool>) -> Fulfilment {
    let carrier = LyingCarrier { world: Arc::downgrade(world), alive: Arc::clone(alive) };
    let parts = FulfilmentParts {
        store: STORE,
        data_dir: std::path::PathBuf::new(),
        books: Arc::clone(ledger) as Arc<dyn Books>,
        orders: Arc::clone(ledger) as Arc<dyn Orders>,
        carriers: vec![Arc::new(carrier)],
        clock: world.clock(),
        rng: Arc::clone(&world.ids),
        settings: FulfilmentSettings { csv_drop: false, track_every_ms: TRACK_EVERY_MS },
    };
    let line = Line { world: Arc::downgrade(world), alive: Arc::clone(alive) };
    Fulfilment::over(parts, world.packing.under(Arc::new(line)))
}

/// Follows the events and looks at what is due, as the service does by itself, less often.
pub fn start(fulfilment: &Fulfilment, spawner: &Spawner) {
    let (follower, stop) = (fulfilment.clone(), spawner.token());
    spawner.spawn("fulfilment-events", async move {
        while !stop.is_cancelled() {
            let _ = follower.follow().await;
            tokio::time::sleep(Duration::from_millis(1_300)).await;
        }
    });
    let (reconciler, stop) = (fulfilment.clone(), spawner.token());
    spawner.spawn("fulfilment-reconciler", async move {
        while !stop.is_cancelled() {
            let _ = reconciler.reconcile().await;
            tokio::time::sleep(Duration::from_millis(2_100)).await;
        }
    });
}

/// Whoever packs: takes what is asked for through its steps, two of them at the same parcel now and then.
pub async fn work(world: Arc<World>) {
    let mut homeless = BTreeSet::new();
    for _ in 0..world.goods.packings {
        world.pause(200, 2_500).await;
        let mut waiting = waiting(&world);
        waiting.retain(|packed| !homeless.contains(&packed.id));
        if waiting.is_empty() {
            continue;
        }
        let Waiting { id, state, .. } = waiting[usize::try_from(world.rng.below(waiting.len() as u64)).unwrap_or(0)];
        let hurried = usize::try_from(world.rng.below(2)).unwrap_or(0);
        let steps = [
            FulfilmentState::Accepted,
            FulfilmentState::Packed,
            FulfilmentState::Labelled,
            FulfilmentState::HandedOver,
        ];
        let next = *steps.iter().filter(|step| **step > state).nth(hurried).unwrap_or(&FulfilmentState::HandedOver);
        let goes_somewhere = if world.rng.below(6) == 0 {
            world.note("two people take the same parcel");
            let (one, other) = tokio::join!(advance(&world, id, next), advance(&world, id, next));
            one && other
        } else {
            advance(&world, id, next).await
        };
        if !goes_somewhere {
            homeless.insert(id);
        }
    }
}

/// A fulfilment as the list at the packing table shows it.
struct Waiting {
    id: FulfilmentId,
    order: OrderId,
    state: FulfilmentState,
    lines: String,
}

/// What can be packed.
fn waiting(world: &World) -> Vec<Waiting> {
    let sql = "select id, order_id, state, lines from fulfilments
                where store = :store and paid = 1 and lines <> '[]'
                  and state in ('requested', 'accepted', 'packed', 'labelled') order by id";
    let rows = world.packing.read_now(|conn| {
        let mut statement = conn.prepare_cached(sql)?;
        let rows = statement.query_map(named_params! { ":store": STORE.as_bytes() }, |row| {
            Ok(Waiting {
                id: FulfilmentId::from_uuid(uuid::Uuid::from_bytes(row.get(0)?)),
                order: OrderId::from_uuid(uuid::Uuid::from_bytes(row.get(1)?)),
                state: FulfilmentState::from_name(&row.get::<_, String>(2)?).unwrap_or(FulfilmentState::Requested),
                lines: row.get(3)?,
            })
        })?;
        Ok::<_, DbError>(rows.collect::<rusqlite::Result<Vec<_>>>()?)
    });
    let all = rows.unwrap_or_default();
    nothing_twice(world, &all);
    all
}

/// Nobody is asked to pack more of a line than the order ever was about.
fn nothing_twice(world: &World, all: &[Waiting]) {
    let mut asked: BTreeMap<(OrderId, u64), u64> = BTreeMap::new();
    for packed in all {
        let lines: Vec<serde_json::Value> = serde_json::from_str(&packed.lines).unwrap_or_default();
        let number =
            |line: &serde_json::Value, key: &str| line.get(key).and_then(serde_json::Value::as_u64).unwrap_or(0);
        for line in &lines {
            *asked.entry((packed.order, number(line, "line"))).or_default() += number(line, "quantity");
        }
    }
    for ((order, line), units) in asked {
        let most = world.database.with(|t| {
            let order = t.orders.get(&order)?;
            let now = order.lines.iter().filter(|l| u64::from(l.line) == line).map(|l| l.quantity);
            let edits = order.frozen.edits.iter().flat_map(|e| &e.lines).filter(|l| u64::from(l.line) == line);
            now.chain(edits.map(|l| l.before.max(l.after))).max().map(u64::from)
        });
        if most.is_some_and(|most| units > most) {
            world.violation(format!("I10: the warehouse is asked for {units} units of a line of {most:?}"));
        }
    }
}

/// Takes what is asked for of an order to the van, as fast as anybody can.
pub async fn hurry(world: &Arc<World>, order: OrderId) {
    for packed in waiting(world).into_iter().filter(|packed| packed.order == order) {
        world.note("the van leaves just now");
        advance(world, packed.id, FulfilmentState::HandedOver).await;
    }
}

/// One step, tried until there is an answer. What may leave is given to the carrier. Whether it goes anywhere: nobody knows
/// where somebody lives who was erased.
async fn advance(world: &Arc<World>, id: FulfilmentId, state: FulfilmentState) -> bool {
    let stood = stands(world, id);
    for _ in 0..12 {
        let node = world.node();
        let Some(fulfilment) = &node.fulfilment else { return true };
        let ask = AdvanceFulfilment { state, carrier: None, tracking: None, reason: None };
        match tokio::time::timeout(Duration::from_secs(12), fulfilment.advance(STORE, id, ask)).await {
            Ok(Ok(view)) => {
                world.note(&format!("fulfilment of order {} is {}", view.number, view.state.name()));
                if view.state == FulfilmentState::HandedOver && !stood {
                    world.violation(format!("a parcel left for order {}, which was cancelled before", view.number));
                }
                let leaves = (FulfilmentState::HandedOver..FulfilmentState::Cancelled).contains(&view.state);
                if let Some(tracking) = view.tracking.filter(|_| leaves) {
                    world.depot.collect(&tracking, world.sim_clock.now());
                }
                return true;
            }
            Ok(Err(failure)) if failure.retry_after_s.is_none() && failure.kind != kernel::ErrorKind::Unavailable => {
                world.note(&format!("refusal {} to a step", failure.code));
                return failure.code != "address_erased";
            }
            Ok(Err(_)) | Err(_) => world.pause(200, 2_000).await,
        }
    }
    true
}

/// Whether a parcel is still to leave and its order was not cancelled; true of one that left.
fn stands(world: &World, id: FulfilmentId) -> bool {
    let order = world.packing.read_now(|conn| {
        let sql = "select order_id from fulfilments
                    where store = :store and id = :id and state in ('requested', 'accepted', 'packed', 'labelled')";
        let given = named_params! { ":store": STORE.as_bytes(), ":id": id.as_bytes() };
        Ok::<_, DbError>(conn.query_row(sql, given, |row| row.get::<_, [u8; 16]>(0)).ok())
    });
    let Ok(Some(order)) = order else { return true };
    let order = OrderId::from_uuid(uuid::Uuid::from_bytes(order));
    world.database.with(|t| t.orders.get(&order).is_none_or(|o| o.head.phase == Phase::Confirmed))
}

/// After the history: hours go by until every parcel that left has arrived and nothing is left to be told.
pub async fn see_out(world: &Arc<World>) {
    let node = world.node();
    let Some(fulfilment) = &node.fulfilment else { return };
    // The van takes what was made ready for it, also when nobody heard that it was.
    let ready = world.packing.read_now(|conn| {
        let sql =
            "select tracking from fulfilments where tracking is not null and state in ('handed_over', 'in_transit')";
        let mut statement = conn.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        Ok::<_, DbError>(rows.collect::<rusqlite::Result<Vec<_>>>()?)
    });
    for tracking in ready.unwrap_or_default() {
        world.depot.collect(&tracking, world.sim_clock.now());
    }
    for hour in 0..50 {
        for _ in 0..200 {
            match (fulfilment.follow().await, fulfilment.reconcile().await) {
                (Ok(0), Ok(0)) => break,
                (Ok(_), Ok(_)) => {}
                (Err(error), _) | (_, Err(error)) => {
                    return world.violation(format!("parcels cannot be worked on: {error}"));
                }
            }
        }
        let left = world.packing.read_now(|conn| {
            let sql =
                "select (select count(*) from fulfilments where next_at is not null) + (select count(*) from plans)";
            Ok::<_, DbError>(conn.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        });
        match left {
            Ok(0) => return world.note(&format!("the parcels have arrived after {hour} hours")),
            Ok(_) => world.set_clock_forward(3_600_000),
            Err(error) => return world.violation(format!("the fulfilments cannot be read: {error}")),
        }
    }
    world.violation("L1: parcels are still looked for after two days".to_owned());
}
