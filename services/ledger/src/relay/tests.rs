//! Delivery to consumers that refuse, are away, or were interrupted.

use contracts::payment::ProviderStatus;
use contracts::saga::Observation;
use infra::Spawner;
use infra::vault::Vault;
use kernel::SeededRng;
use parking_lot::Mutex;

use super::*;
use crate::LedgerParts;
use crate::decide::tests::edit::{added, edit};
use crate::decide::tests::{Buy, HandClock, STORE, envelope, key_ref, payment, sku};
use crate::engine::Reader;
use crate::engine::memory::MemoryEngine;

struct Unheard;

impl contracts::catalog::Availability for Unheard {
    fn set_available(&self, _: StoreId, _: &Sku, _: bool) {}
}

/// Takes everything but what it was told to refuse.
#[derive(Default)]
struct Picky {
    refuses: Mutex<Vec<(String, u64)>>,
    away: Mutex<bool>,
    /// Aggregate and number of everything offered, and whether it was taken.
    offered: Mutex<Vec<(String, u64, bool)>>,
}

impl Picky {
    fn taken(&self) -> Vec<(String, u64)> {
        self.offered.lock().iter().filter(|o| o.2).map(|o| (o.0.clone(), o.1)).collect()
    }

    /// How often this event was offered.
    fn tries(&self, aggregate: &str, seq: u64) -> usize {
        self.offered.lock().iter().filter(|o| o.0 == aggregate && o.1 == seq).count()
    }
}

#[async_trait]
impl Consumer for Picky {
    fn name(&self) -> &'static str {
        "picky"
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        if *self.away.lock() {
            return Err(Failure::unavailable("away", 1));
        }
        let key = (event.aggregate.clone(), event.aggregate_seq);
        let fine = !self.refuses.lock().contains(&key);
        self.offered.lock().push((key.0, key.1, fine));
        if fine { Ok(()) } else { Err(Failure::internal("poison")) }
    }
}

struct World {
    ledger: Arc<LedgerService>,
    tables: MemoryEngine,
    clock: Arc<HandClock>,
    picky: Arc<Picky>,
    relay: Relay,
    _tasks: Spawner,
}

fn world() -> World {
    let tables = MemoryEngine::new();
    let clock = HandClock::new();
    let rng: SharedRng = Arc::new(SeededRng::new(3));
    let (ledger, run) = LedgerService::new(LedgerParts {
        engine: Box::new(tables.clone()),
        reader: Arc::new(tables.clone()),
        clock: clock.clone(),
        rng: Arc::clone(&rng),
        vault: Vault::from_bytes(&[7; 32]),
        availability: Arc::new(Unheard),
    });
    let tasks = Spawner::new();
    tasks.spawn("batcher", run);
    let picky = Arc::new(Picky::default());
    let relay = relay(&ledger, picky.clone(), &clock);
    World { ledger, tables, clock, picky, relay, _tasks: tasks }
}

fn relay(ledger: &Arc<LedgerService>, consumer: Arc<dyn Consumer>, clock: &Arc<HandClock>) -> Relay {
    Relay {
        ledger: Arc::clone(ledger),
        consumer,
        clock: clock.clone(),
        rng: Arc::new(SeededRng::new(4)),
        poll: Duration::from_millis(10),
    }
}

impl World {
    async fn ask(&self, command: Command) {
        self.ledger.submit(envelope(command)).await.unwrap();
    }

    /// One event of the stock of `name`: available, or not any more.
    async fn flips(&self, name: &str, available: bool) {
        let on_hand = i64::from(available);
        self.ask(Command::SetStock { sku: sku(name), location: "main".to_owned(), on_hand }).await;
    }

    /// Steps until nothing is to be done now.
    async fn settle(&self) {
        for round in 0.. {
            assert!(round < 100, "the relay runs hot");
            if !self.relay.step().await.unwrap() {
                break;
            }
        }
    }

    async fn parked(&self) -> Vec<Parked> {
        self.tables.parked("picky").await.unwrap()
    }
}

fn stock(name: &str) -> String {
    format!("stock:{name}@main")
}

#[tokio::test]
async fn everything_is_delivered_once_and_in_order() {
    let world = world();
    for available in [true, false, true] {
        world.flips("A", available).await;
        world.flips("B", available).await;
    }
    world.settle().await;
    let taken = world.picky.taken();
    assert_eq!(taken.len(), 6);
    for name in ["A", "B"] {
        let of_one: Vec<_> = taken.iter().filter(|(aggregate, _)| *aggregate == stock(name)).map(|(_, n)| *n).collect();
        assert_eq!(of_one, [1, 2, 3], "the order of an aggregate is kept");
    }
    assert_eq!(world.tables.cursor("picky").await.unwrap(), 6);
    world.settle().await;
    assert_eq!(world.picky.taken().len(), 6);
}

#[tokio::test]
async fn poison_is_parked_after_five_tries_and_blocks_nobody_else() {
    let world = world();
    world.picky.refuses.lock().push((stock("A"), 2));
    for available in [true, false, true] {
        world.flips("A", available).await;
        world.flips("B", available).await;
    }
    world.settle().await;
    // B went on, and so did the cursor; A waits behind its second event.
    assert_eq!(world.tables.cursor("picky").await.unwrap(), 6);
    let taken = world.picky.taken();
    assert_eq!(taken, [(stock("A"), 1), (stock("B"), 1), (stock("B"), 2), (stock("B"), 3)]);
    assert_eq!(world.parked().await.iter().map(|p| p.tries).collect::<Vec<_>>(), [1, 0]);
    for tries in 2..=5 {
        world.settle().await;
        assert_eq!(world.picky.tries(&stock("A"), 2), tries - 1, "not before its pause is over");
        world.clock.pass(70_000);
        world.settle().await;
        assert_eq!(world.picky.tries(&stock("A"), 2), tries);
    }
    // Given up: what was behind it goes on, it stays for a person.
    world.settle().await;
    let parked = world.parked().await;
    assert_eq!((parked.len(), parked[0].dead, parked[0].tries), (1, true, 5));
    assert_eq!(world.picky.taken().last().unwrap(), &(stock("A"), 3));
    world.flips("A", false).await;
    world.settle().await;
    assert_eq!(world.picky.taken().last().unwrap(), &(stock("A"), 4));
    assert_eq!(world.parked().await.len(), 1, "a dead letter parks nothing behind it");
    world.clock.pass(3_600_000);
    world.settle().await;
    assert_eq!(world.picky.tries(&stock("A"), 2), 5);
}

#[tokio::test]
async fn an_event_that_is_taken_later_keeps_the_order_of_its_aggregate() {
    let world = world();
    world.picky.refuses.lock().push((stock("A"), 1));
    for available in [true, false] {
        world.flips("A", available).await;
    }
    world.settle().await;
    // The next event comes while the first is parked and due.
    world.picky.refuses.lock().clear();
    world.flips("A", true).await;
    world.settle().await;
    assert_eq!(world.picky.taken(), [], "the first one's pause is not over");
    world.clock.pass(70_000);
    world.settle().await;
    assert_eq!(world.picky.taken(), [(stock("A"), 1), (stock("A"), 2), (stock("A"), 3)]);
    assert_eq!(world.parked().await, []);
}

#[tokio::test]
async fn a_consumer_that_is_away_is_waited_for() {
    let world = world();
    world.flips("A", true).await;
    *world.picky.away.lock() = true;
    for _ in 0..10 {
        assert!(!world.relay.step().await.unwrap(), "nothing to hurry for");
    }
    assert_eq!((world.tables.cursor("picky").await.unwrap(), world.parked().await.len()), (0, 0));
    *world.picky.away.lock() = false;
    world.settle().await;
    assert_eq!(world.picky.taken().len(), 1);
}

#[tokio::test]
async fn what_was_taken_before_a_crash_is_offered_again_and_takes_effect_once() {
    let world = world();
    world.flips("A", true).await;
    let buy = Buy::new(1, &[("A", 1)]);
    world
        .ledger
        .submit(crate::decide::Envelope { idempotency: Some(key_ref(1)), ..envelope(buy.command()) })
        .await
        .unwrap();
    let seen = Observation::Payment { attempt: 1, payment: payment(&buy, ProviderStatus::Captured, 1) };
    world.ask(Command::Record { order: buy.id(), seen }).await;
    // The consumer took every event; the relay died before it could say so.
    let sales = Arc::new(SalesConsumer::new(Arc::clone(&world.ledger)));
    for event in world.tables.events(None, 0, 100).await.unwrap() {
        sales.take(&event).await.unwrap();
    }
    assert_eq!(world.tables.cursor("sales").await.unwrap(), 0);
    let again = relay(&world.ledger, sales, &world.clock);
    while again.step().await.unwrap() {}
    assert!(world.tables.cursor("sales").await.unwrap() > 0);
    let sold = world.tables.sales(STORE).await.unwrap();
    assert_eq!(sold.iter().map(|s| (s.sku.as_str(), s.units)).collect::<Vec<_>>(), [("A", 1)]);
}

#[tokio::test]
async fn what_an_edit_takes_off_was_not_sold() {
    let world = world();
    world.flips("X", true).await;
    world.ask(Command::SetStock { sku: sku("A"), location: "main".to_owned(), on_hand: 5 }).await;
    let buy = Buy::new(1, &[("A", 3)]);
    world
        .ledger
        .submit(crate::decide::Envelope { idempotency: Some(key_ref(1)), ..envelope(buy.command()) })
        .await
        .unwrap();
    let seen = Observation::Payment { attempt: 1, payment: payment(&buy, ProviderStatus::Captured, 1) };
    world.ask(Command::Record { order: buy.id(), seen }).await;
    world.ask(edit(&buy, 1, &[(1, 1)], &[added("X", 1, 5)])).await;
    let sales = relay(&world.ledger, Arc::new(SalesConsumer::new(Arc::clone(&world.ledger))), &world.clock);
    while sales.step().await.unwrap() {}
    let sold = world.tables.sales(STORE).await.unwrap();
    assert_eq!(sold.iter().map(|s| (s.sku.as_str(), s.units)).collect::<Vec<_>>(), [("A", 1), ("X", 1)]);
    // Taken off for good and taken once, whatever is offered again.
    world.ask(edit(&buy, 2, &[(2, 0)], &[])).await;
    let consumer = SalesConsumer::new(Arc::clone(&world.ledger));
    for event in world.tables.events(None, 0, 100).await.unwrap() {
        consumer.take(&event).await.unwrap();
    }
    let sold = world.tables.sales(STORE).await.unwrap();
    assert_eq!(sold.iter().map(|s| (s.sku.as_str(), s.units)).collect::<Vec<_>>(), [("A", 1), ("X", 0)]);
}

#[tokio::test]
async fn a_running_relay_is_woken_by_commits_and_stops_when_told() {
    let world = world();
    let stop = CancellationToken::new();
    let tasks = Spawner::new();
    let (picky, token) = (Arc::clone(&world.picky), stop.clone());
    let running = relay(&world.ledger, picky, &world.clock);
    tasks.spawn("relay", running.run(token));
    for n in 1..=3_u64 {
        world.flips("A", n % 2 == 1).await;
        let arrives = async {
            while world.picky.taken().len() < usize::try_from(n).unwrap() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), arrives).await.expect("the event arrives");
    }
    stop.cancel();
    assert!(tasks.drain(Duration::from_secs(5)).await);
}
