//! Batching over an engine that waits, fails and forgets to answer on command.

use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use contracts::catalog::Availability;
use contracts::ledger::Stock;
use contracts::payment::ProviderStatus;
use contracts::saga::Observation;
use futures::future::{BoxFuture, join_all};
use futures::poll;
use infra::Spawner;
use infra::vault::Vault;
use kernel::{ErrorKind, EventId, SeededRng, Sku, StoreId};
use parking_lot::Mutex;
use tokio::sync::{Notify, Semaphore};

use super::*;
use crate::decide::tests::{Buy, HandClock, STORE, envelope, json, key_ref, payment, sku, staff};
use crate::decide::{Command, ConsumerEffect};
use crate::engine::memory::MemoryEngine;
use crate::engine::{Flush, Reader};
use crate::state::Meta;
use crate::{LedgerParts, LedgerService};

/// How the next commit goes wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Nothing is loaded.
    Load,
    /// Nothing is stored.
    Failed,
    /// A bug.
    Panic,
    /// Nothing is stored, but who knows.
    LostBefore,
    /// It is stored, but who knows.
    LostAfter,
}

/// What a test tells its engine.
struct Mood {
    faults: Mutex<VecDeque<Fault>>,
    /// A commit waits for one of these.
    gate: Semaphore,
    committing: Notify,
    rollbacks: AtomicU64,
    /// Commits are flushed apart, and a flush waits for one of these.
    flushes: Mutex<Option<std::sync::mpsc::Receiver<()>>>,
}

/// A disk of its own.
struct Disk(std::sync::mpsc::Receiver<()>);

impl Flush for Disk {
    fn flush(&mut self) -> Result<(), EngineError> {
        self.0.recv().map_err(|_| EngineError::Unknown("the disk is gone".to_owned()))
    }
}

struct Moody {
    tables: MemoryEngine,
    mood: Arc<Mood>,
}

impl Moody {
    fn next(&self, wanted: impl Fn(Fault) -> bool) -> Option<Fault> {
        let mut faults = self.mood.faults.lock();
        if faults.front().is_some_and(|f| wanted(*f)) { faults.pop_front() } else { None }
    }
}

#[async_trait]
impl Engine for Moody {
    async fn begin(&mut self) -> Result<Meta, EngineError> {
        self.tables.begin().await
    }

    async fn load(&mut self, keys: &Keys, state: &mut State) -> Result<(), EngineError> {
        if self.next(|f| matches!(f, Fault::Load)).is_some() {
            return Err(EngineError::Failed("the disk is away".to_owned()));
        }
        self.tables.load(keys, state).await
    }

    async fn commit(&mut self, changes: &Changes) -> Result<(), EngineError> {
        self.mood.committing.notify_one();
        self.mood.gate.acquire().await.unwrap().forget();
        match self.next(|f| !matches!(f, Fault::Load)) {
            None => self.tables.commit(changes).await,
            Some(Fault::LostAfter) => {
                self.tables.commit(changes).await?;
                Err(EngineError::Unknown("cut".to_owned()))
            }
            Some(Fault::Panic) => panic!("a bug in the engine"),
            Some(Fault::LostBefore) => Err(EngineError::Unknown("cut".to_owned())),
            Some(fault) => Err(EngineError::Failed(format!("{fault:?}"))),
        }
    }

    async fn rollback(&mut self) {
        self.mood.rollbacks.fetch_add(1, Ordering::Relaxed);
        self.tables.rollback().await;
    }

    fn flusher(&mut self) -> Option<Box<dyn Flush>> {
        self.mood.flushes.lock().take().map(|disk| Box::new(Disk(disk)) as Box<dyn Flush>)
    }
}

/// Remembers what it was told.
#[derive(Default)]
struct Told(Mutex<Vec<(String, bool)>>);

impl Availability for Told {
    fn set_available(&self, _: StoreId, sku: &Sku, available: bool) {
        self.0.lock().push((sku.as_str().to_owned(), available));
    }
}

struct Node {
    ledger: Arc<LedgerService>,
    tables: MemoryEngine,
    mood: Arc<Mood>,
    told: Arc<Told>,
    _tasks: Spawner,
}

/// A ledger whose commits wait for as many permits as `open`.
fn node(open: usize) -> Node {
    node_over(open, None)
}

/// [`node`] with a disk that waits for `flushes`, if any.
fn node_over(open: usize, flushes: Option<std::sync::mpsc::Receiver<()>>) -> Node {
    let tables = MemoryEngine::new();
    let mood = Arc::new(Mood {
        faults: Mutex::default(),
        gate: Semaphore::new(open),
        committing: Notify::new(),
        rollbacks: AtomicU64::new(0),
        flushes: Mutex::new(flushes),
    });
    let told = Arc::new(Told::default());
    let availability: Arc<dyn Availability> = told.clone();
    let (ledger, run) = LedgerService::new(LedgerParts {
        engine: Box::new(Moody { tables: tables.clone(), mood: Arc::clone(&mood) }),
        reader: Arc::new(tables.clone()),
        clock: HandClock::new(),
        rng: Arc::new(SeededRng::new(5)),
        vault: Vault::from_bytes(&[7; 32]),
        availability,
    });
    let tasks = Spawner::new();
    tasks.spawn("batcher", run);
    Node { ledger, tables, mood, told, _tasks: tasks }
}

const MANY: usize = 1_000_000;

fn set(name: &str, on_hand: i64) -> Envelope {
    envelope(Command::SetStock { sku: sku(name), location: "main".to_owned(), on_hand })
}

fn adjust(name: &str, delta: i64) -> Envelope {
    let command =
        Command::AdjustStock { sku: sku(name), location: "main".to_owned(), delta, reason: "test".to_owned() };
    Envelope { actor: staff(), ..envelope(command) }
}

impl Node {
    fn submit(&self, envelope: Envelope) -> BoxFuture<'static, Result<Reply, Failure>> {
        let ledger = Arc::clone(&self.ledger);
        async move { ledger.submit(envelope).await }.boxed()
    }

    /// Submits something and lets its batch come as far as the gate.
    async fn batch_at_the_gate(&self) -> BoxFuture<'static, Result<Reply, Failure>> {
        let mut first = self.submit(set("FIRST", 1));
        assert!(poll!(&mut first).is_pending());
        self.mood.committing.notified().await;
        first
    }

    async fn on_hand(&self, name: &str) -> i64 {
        self.ledger.levels(STORE, &sku(name)).await.unwrap().iter().map(|l| l.on_hand).sum()
    }

    fn counts(&self) -> (u64, u64) {
        let stats = self.ledger.stats();
        (stats.batches.load(Ordering::Relaxed), stats.commands.load(Ordering::Relaxed))
    }

    async fn check(&self) {
        let now = crate::decide::tests::START;
        for report in crate::doctor::check(&self.tables, now).await.unwrap() {
            assert!(report.violations.is_empty(), "{report:?}");
        }
    }
}

#[tokio::test]
async fn what_arrives_during_a_commit_is_the_next_batch() {
    let node = node(0);
    let first = node.batch_at_the_gate().await;
    let mut waiting: Vec<_> = (0..100).map(|n| node.submit(adjust("A", n + 1))).collect();
    for future in &mut waiting {
        assert!(poll!(future).is_pending(), "nobody is answered before the commit");
    }
    assert_eq!(node.on_hand("FIRST").await, 0);
    node.mood.gate.add_permits(2);
    first.await.unwrap();
    for reply in join_all(waiting).await {
        reply.unwrap();
    }
    assert_eq!((node.counts(), node.on_hand("A").await), ((2, 101), 5_050));
    node.check().await;
}

/// Long enough for whatever can go on to do so.
async fn a_while() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "the runtime ends with the test")]
async fn during_a_flush_a_few_wait_and_many_go_on() {
    let (disk, flushes) = std::sync::mpsc::channel();
    let node = node_over(MANY, Some(flushes));
    let first = tokio::spawn(node.submit(set("FIRST", 1)));
    a_while().await;
    let few: Vec<_> = (1..WORTH_A_BATCH).map(|_| tokio::spawn(node.submit(adjust("A", 1)))).collect();
    a_while().await;
    assert_eq!(node.counts(), (1, 1), "a few wait for the flush");
    let one_more = tokio::spawn(node.submit(adjust("A", 1)));
    a_while().await;
    assert_eq!(node.counts(), (2, 1 + WORTH_A_BATCH as u64), "enough of them do not");
    assert!(!first.is_finished() && few.iter().chain([&one_more]).all(|one| !one.is_finished()), "nobody is answered");
    disk.send(()).unwrap();
    first.await.unwrap().unwrap();
    disk.send(()).unwrap();
    for one in few.into_iter().chain([one_more]) {
        one.await.unwrap().unwrap();
    }
    // When the flush ends, those who are there begin, however few.
    let again = tokio::spawn(node.submit(adjust("A", 1)));
    a_while().await;
    let next = tokio::spawn(node.submit(adjust("A", 1)));
    disk.send(()).unwrap();
    disk.send(()).unwrap();
    again.await.unwrap().unwrap();
    next.await.unwrap().unwrap();
    assert_eq!(node.on_hand("A").await, WORTH_A_BATCH as i64 + 2);
    // A disk that is gone: nobody is told that it went well, now or later.
    drop(disk);
    for _ in 0..2 {
        assert_eq!(node.submit(adjust("A", 1)).await.unwrap_err().kind, ErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn a_batch_has_a_limit() {
    let node = node(0);
    let first = node.batch_at_the_gate().await;
    let mut waiting: Vec<_> = (0..MAX_BATCH + 10).map(|_| node.submit(adjust("A", 1))).collect();
    for future in &mut waiting {
        assert!(poll!(future).is_pending());
    }
    node.mood.gate.add_permits(MANY);
    first.await.unwrap();
    join_all(waiting).await;
    assert_eq!(node.counts(), (3, MAX_BATCH as u64 + 11));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_says_when_to_come_back() {
    let node = node(0);
    let first = node.batch_at_the_gate().await;
    let mut waiting: Vec<_> = (0..QUEUE).map(|_| node.submit(adjust("A", 1))).collect();
    for future in &mut waiting {
        assert!(poll!(future).is_pending());
    }
    for _ in 0..3 {
        let refused = node.submit(adjust("A", 1)).now_or_never().expect("refused without waiting").unwrap_err();
        assert_eq!((refused.kind, refused.retry_after_s), (ErrorKind::Unavailable, Some(1)));
    }
    node.mood.gate.add_permits(MANY);
    first.await.unwrap();
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    assert_eq!(node.on_hand("A").await, QUEUE as i64, "the refused ones had no effect");
    node.submit(adjust("A", 1)).await.unwrap();
}

#[tokio::test]
async fn whoever_left_before_the_batch_gets_no_effect() {
    let node = node(0);
    let first = node.batch_at_the_gate().await;
    let mut stays = node.submit(adjust("A", 1));
    let mut leaves = node.submit(adjust("A", 10));
    assert!(poll!(&mut stays).is_pending() && poll!(&mut leaves).is_pending());
    drop(leaves);
    node.mood.gate.add_permits(MANY);
    first.await.unwrap();
    stays.await.unwrap();
    assert_eq!((node.on_hand("A").await, node.counts()), (1, (2, 2)));
}

#[tokio::test]
async fn whoever_leaves_during_the_commit_finds_the_answer_under_the_key() {
    let node = node(0);
    let asked = || Envelope { idempotency: Some(key_ref(1)), ..adjust("A", 10) };
    let mut leaves = node.submit(asked());
    assert!(poll!(&mut leaves).is_pending());
    node.mood.committing.notified().await;
    drop(leaves);
    node.mood.gate.add_permits(MANY);
    let again = node.submit(asked()).await.unwrap();
    assert!(matches!(again, Reply::Response { replayed: true, .. }));
    assert_eq!(node.on_hand("A").await, 10);
}

#[tokio::test]
async fn a_failed_batch_answers_everyone_and_leaves_nothing() {
    for fault in [Fault::Load, Fault::Failed, Fault::LostBefore] {
        let node = node(0);
        let first = node.batch_at_the_gate().await;
        let asked = |n: u64| Envelope { idempotency: Some(key_ref(n)), ..adjust("A", 1) };
        let mut waiting: Vec<_> = (0..5).map(|n| node.submit(asked(n))).collect();
        for future in &mut waiting {
            assert!(poll!(future).is_pending());
        }
        // It fails again for the first two that are tried alone: then it is the engine, and nobody waits longer.
        let faults = if matches!(fault, Fault::LostBefore) { 1 } else { 3 };
        // The second batch loads as soon as the first is stored, and then waits at the gate.
        if matches!(fault, Fault::Load) {
            node.mood.faults.lock().extend(vec![fault; faults]);
        }
        node.mood.gate.add_permits(1);
        first.await.unwrap();
        let before = format!("{:?}", node.tables.tables());
        if !matches!(fault, Fault::Load) {
            node.mood.faults.lock().extend(vec![fault; faults]);
        }
        node.mood.gate.add_permits(MANY);
        for reply in join_all(waiting).await {
            let failure = reply.unwrap_err();
            assert_eq!((failure.kind, failure.retry_after_s), (ErrorKind::Unavailable, Some(1)), "{fault:?}");
        }
        assert_eq!(format!("{:?}", node.tables.tables()), before, "{fault:?}");
        assert_eq!(*node.told.0.lock(), [("FIRST".to_owned(), true)], "nobody is told of what did not happen");
        // The next batch is not in its way, and the same keys are free.
        for n in 0..5 {
            assert!(matches!(node.submit(asked(n)).await, Ok(Reply::Response { replayed: false, .. })));
        }
        assert_eq!(node.on_hand("A").await, 5);
        assert_eq!(node.ledger.stats().failed_batches.load(Ordering::Relaxed), 1);
        node.check().await;
    }
}

#[tokio::test]
async fn a_command_that_no_constraint_allows_is_alone_in_failing() {
    let node = node(0);
    let feed = |event: u128, consumer: &str, seq| {
        let effect = ConsumerEffect::Feed {
            aggregate: "product:1".to_owned(),
            aggregate_seq: seq,
            kind: "product.changed".to_owned(),
            request_id: None,
            data: serde_json::Value::Null,
        };
        let event = EventId::from_uuid(uuid::Uuid::from_u128(event));
        envelope(Command::Consume { consumer: consumer.to_owned(), event, effect })
    };
    node.mood.gate.add_permits(1);
    node.submit(feed(1, "feed-catalog", 1)).await.unwrap();
    let first = node.batch_at_the_gate().await;
    // Another event under a number that is taken, as after a restored backup, and one behind it.
    let batch = [
        adjust("A", 1),
        feed(2, "feed-catalog", 1),
        adjust("A", 2),
        feed(3, "feed-catalog", 2),
        feed(4, "other", 2),
        adjust("A", 4),
    ];
    let mut waiting: Vec<_> = batch.into_iter().map(|e| node.submit(e)).collect();
    for future in &mut waiting {
        assert!(poll!(future).is_pending());
    }
    node.mood.gate.add_permits(MANY);
    first.await.unwrap();
    let stored: Vec<_> = join_all(waiting).await.iter().map(Result::is_ok).collect();
    assert_eq!(stored, [true, false, true, false, true, true], "what is behind it in its feed waits for it");
    assert_eq!(node.on_hand("A").await, 7);
    node.check().await;
}

#[tokio::test]
async fn a_bug_costs_one_batch_and_not_the_shop() {
    let node = node(MANY);
    node.mood.faults.lock().push_back(Fault::Panic);
    let asked = || Envelope { idempotency: Some(key_ref(1)), ..adjust("A", 10) };
    let failure = node.submit(asked()).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry_after_s), (ErrorKind::Unavailable, Some(2)));
    assert_eq!(node.mood.rollbacks.load(Ordering::Relaxed), 1, "the next batch finds no transaction open");
    assert!(matches!(node.submit(asked()).await, Ok(Reply::Response { replayed: false, .. })));
    assert_eq!(node.on_hand("A").await, 10);
    node.check().await;
}

#[tokio::test]
async fn a_commit_that_was_stored_unheard_takes_effect_once() {
    let node = node(MANY);
    let asked = || Envelope { idempotency: Some(key_ref(1)), ..adjust("A", 10) };
    node.mood.faults.lock().push_back(Fault::LostAfter);
    assert_eq!(node.submit(asked()).await.unwrap_err().kind, ErrorKind::Unavailable);
    let Ok(Reply::Response { response, replayed: true }) = node.submit(asked()).await else { panic!("not replayed") };
    assert_eq!((json(&response)["on_hand"].as_i64(), node.on_hand("A").await), (Some(10), 10));
    node.check().await;
}

#[tokio::test]
async fn a_rejected_command_does_not_disturb_the_others() {
    let node = node(0);
    let first = node.batch_at_the_gate().await;
    let mut waiting = vec![node.submit(adjust("A", 1)), node.submit(adjust("A", -5)), node.submit(adjust("A", 2))];
    for future in &mut waiting {
        assert!(poll!(future).is_pending());
    }
    node.mood.gate.add_permits(MANY);
    first.await.unwrap();
    let replies = join_all(waiting).await;
    assert!(replies[0].is_ok() && replies[2].is_ok());
    assert_eq!(replies[1].as_ref().unwrap_err().code, "insufficient_stock");
    assert_eq!(node.on_hand("A").await, 3);
    node.check().await;
}

#[tokio::test]
async fn a_batch_in_which_nothing_changes_is_not_committed() {
    let node = node(MANY);
    node.submit(set("A", 1)).await.unwrap();
    let before = node.mood.gate.available_permits();
    node.submit(set("A", 1)).await.unwrap();
    node.submit(adjust("A", -5)).await.unwrap_err();
    assert_eq!((node.mood.gate.available_permits(), node.mood.rollbacks.load(Ordering::Relaxed)), (before, 2));
}

#[tokio::test]
async fn an_order_may_be_placed_and_paid_in_one_batch() {
    let node = node(0);
    let first = node.batch_at_the_gate().await;
    let buy = Buy::new(1, &[("A", 1)]);
    let seen = Observation::Payment { attempt: 1, payment: payment(&buy, ProviderStatus::Captured, 1) };
    let mut waiting = vec![
        node.submit(set("A", 1)),
        node.submit(Envelope { idempotency: Some(key_ref(1)), ..envelope(buy.command()) }),
        node.submit(envelope(Command::Record { order: buy.id(), seen })),
    ];
    for future in &mut waiting {
        assert!(poll!(future).is_pending());
    }
    node.mood.gate.add_permits(MANY);
    first.await.unwrap();
    assert!(join_all(waiting).await.iter().all(Result::is_ok));
    let order = node.tables.order(STORE, buy.id()).await.unwrap().unwrap();
    assert_eq!(order.payment.captured_minor, 1_000);
    let events = node.tables.order_events(STORE, buy.id()).await.unwrap();
    assert_eq!(
        events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(),
        ["order.created", "order.placed", "order.paid"]
    );
    node.check().await;
}

#[tokio::test]
async fn availability_is_told_after_the_commit_and_waiters_are_woken() {
    let node = node(0);
    let mut woken = node.ledger.committed().boxed();
    assert!(poll!(&mut woken).is_pending());
    let mut first = node.batch_at_the_gate().await;
    assert!(node.told.0.lock().is_empty());
    assert!(poll!(&mut woken).is_pending() && poll!(&mut first).is_pending());
    node.mood.gate.add_permits(MANY);
    first.await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), woken).await.expect("woken by the commit");
    node.submit(adjust("FIRST", -1)).await.unwrap();
    assert_eq!(*node.told.0.lock(), [("FIRST".to_owned(), true), ("FIRST".to_owned(), false)]);
}

#[tokio::test]
async fn a_ledger_that_stopped_says_so() {
    let node = node(MANY);
    let (ledger, run) = LedgerService::new(LedgerParts {
        engine: Box::new(node.tables.clone()),
        reader: Arc::new(node.tables.clone()),
        clock: HandClock::new(),
        rng: Arc::new(SeededRng::new(5)),
        vault: Vault::from_bytes(&[7; 32]),
        availability: Arc::new(Told::default()),
    });
    let mut waiting = ledger.submit(set("A", 1)).boxed();
    assert!(matches!(poll!(&mut waiting), Poll::Pending));
    drop(run);
    assert_eq!(waiting.await.unwrap_err().kind, ErrorKind::Unavailable);
    assert_eq!(ledger.submit(set("A", 1)).await.unwrap_err().kind, ErrorKind::Unavailable);
}
