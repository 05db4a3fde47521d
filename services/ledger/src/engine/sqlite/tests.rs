//! The suite of every engine, run against SQLite and the model, and what only SQLite can do.

use std::sync::Arc;
use std::time::Duration;

use kernel::{SeededRng, SharedRng, StoreId, Timestamp};

use super::{SqliteEngine, SqliteReader, open, store};
use crate::decide::{Command, IDEMPOTENCY_MS};
use crate::engine::conformance::lockstep::{Side, Tally, lockstep};
use crate::engine::conformance::sample::{Draft, by_shopper, by_staff, hash, sku};
use crate::engine::conformance::{self, transact};
use crate::engine::memory::MemoryEngine;
use crate::engine::{Engine, Reader};
use crate::state::{Changes, Keys, State};

fn ledger() -> (tempfile::TempDir, SqliteEngine, SqliteReader) {
    let dir = tempfile::tempdir().unwrap();
    let (engine, reader) = open(&dir.path().join("ledger.db"), 2).unwrap();
    (dir, engine, reader)
}

#[tokio::test]
async fn sqlite_passes_the_suite() {
    let (_dir, engine, reader) = ledger();
    conformance::run(Box::new(engine), Arc::new(reader)).await;
}

#[tokio::test]
async fn the_model_passes_the_suite() {
    let engine = MemoryEngine::new();
    conformance::run(Box::new(engine.clone()), Arc::new(engine)).await;
}

async fn in_lockstep(seeds: std::ops::Range<u64>) -> Tally {
    let mut sum = Tally::default();
    for seed in seeds {
        let memory = MemoryEngine::new();
        let model = Side { engine: Box::new(memory.clone()), reader: Arc::new(memory) };
        let (_dir, engine, reader) = ledger();
        // Thousands of commits: waiting for the disk would prove nothing more.
        engine.conn.pragma_update(None, "synchronous", "off").unwrap();
        let tally = lockstep(model, Side { engine: Box::new(engine), reader: Arc::new(reader) }, seed, 25).await;
        sum.accepted += tally.accepted;
        sum.rejected += tally.rejected;
        sum.refused += tally.refused;
    }
    sum
}

#[tokio::test]
async fn sqlite_and_the_model_agree_on_random_histories() {
    let sum = in_lockstep(0..200).await;
    assert!(sum.accepted > 10_000 && sum.rejected > 1000 && sum.refused > 5, "{sum:?}");
}

#[tokio::test]
async fn what_was_stored_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    let rng: SharedRng = Arc::new(SeededRng::new(1));
    let (mut engine, _) = open(&path, 1).unwrap();
    let draft = Draft::new(StoreId::DEFAULT, 1, sku(1), 2);
    let stock = Command::SetStock { sku: sku(1), location: "main".to_owned(), on_hand: 9 };
    let batch = [by_staff(draft.store, stock, None), by_shopper(draft.store, draft.command(), Some(1))];
    transact(&mut engine, &batch, Timestamp::from_millis(5), &rng).await.unwrap();
    let meta = engine.begin().await.unwrap();
    drop(engine);
    let (mut engine, reader) = open(&path, 1).unwrap();
    assert_eq!(engine.begin().await.unwrap(), meta);
    let keys = Keys { idempotency: [(draft.store, hash(7, 1))].into(), ..Keys::default() };
    let mut state = State::default();
    engine.load(&keys, &mut state).await.unwrap();
    assert_eq!(state.idempotency[&(draft.store, hash(7, 1))].order, Some(draft.order));
    engine.rollback().await;
    let order = reader.order(draft.store, draft.order).await.unwrap().unwrap();
    assert_eq!((order.head.number, order.lines[0].quantity), (1, 2));
    // The next order takes the next number and the next slot, and finds the stock that the first one held.
    let next = Draft::new(StoreId::DEFAULT, 2, sku(1), 7);
    let batch = [by_shopper(next.store, next.command(), Some(2))];
    transact(&mut engine, &batch, Timestamp::from_millis(6), &rng).await.unwrap();
    assert_eq!(reader.order(next.store, next.order).await.unwrap().unwrap().head.number, 2);
    assert_eq!(reader.levels(next.store, &sku(1)).await.unwrap()[0].available(), 0);
}

#[tokio::test]
async fn what_is_flushed_apart_is_read_when_it_is_on_the_disk() {
    let (_dir, mut engine, reader) = ledger();
    let rng: SharedRng = Arc::new(SeededRng::new(1));
    let count = |on_hand| {
        [by_staff(StoreId::DEFAULT, Command::SetStock { sku: sku(1), location: "main".to_owned(), on_hand }, None)]
    };
    transact(&mut engine, &count(1), Timestamp::EPOCH, &rng).await.unwrap();
    let found = || async { reader.levels(StoreId::DEFAULT, &sku(1)).await.unwrap()[0].on_hand };
    assert_eq!(found().await, 1, "before a flusher is asked for, a commit is durable by itself");
    let mut flusher = engine.flusher().unwrap();
    let mode: i64 = engine.conn.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!(mode, 1, "the log is synced by the flusher alone");
    assert_eq!(found().await, 1);
    for on_hand in [2, 3] {
        transact(&mut engine, &count(on_hand), Timestamp::EPOCH, &rng).await.unwrap();
        let (mut point, mut scan) = (Box::pin(found()), Box::pin(reader.last_position()));
        assert!(futures::poll!(&mut point).is_pending());
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut scan).await.is_err());
        flusher.flush().unwrap();
        assert_eq!(point.await, on_hand);
        scan.await.unwrap();
    }
    // A commit that fails leaves nothing to wait for but what was there before.
    let meta = engine.begin().await.unwrap();
    engine.conn.execute_batch("pragma max_page_count = 1").unwrap();
    let changes = Changes { meta: Some(meta), ..Changes::default() };
    let _ = engine.commit(&changes).await;
    engine.prune(Timestamp::EPOCH, 1).await.unwrap();
    flusher.flush().unwrap();
    assert_eq!(found().await, 3);
}

#[tokio::test]
async fn a_log_that_ends_anywhere_behind_a_flush_holds_what_was_flushed() {
    let (dir, mut engine, _reader) = ledger();
    let rng: SharedRng = Arc::new(SeededRng::new(1));
    let mut flusher = engine.flusher().unwrap();
    let (file, log) = (dir.path().join("ledger.db"), dir.path().join("ledger.db-wal"));
    let length = || std::fs::metadata(&log).unwrap().len();
    // How long the log was at each flush, and the meta row that it must still tell.
    let mut flushes = vec![(length(), engine.begin().await.unwrap())];
    for on_hand in 1..20 {
        let count = Command::SetStock { sku: sku(1), location: "main".to_owned(), on_hand };
        transact(&mut engine, &[by_staff(StoreId::DEFAULT, count, None)], Timestamp::EPOCH, &rng).await.unwrap();
        if on_hand % 3 == 0 {
            flusher.flush().unwrap();
            flushes.push((length(), engine.begin().await.unwrap()));
        }
    }
    let (whole, end) = (std::fs::read(&log).unwrap(), engine.begin().await.unwrap());
    assert!(flushes.len() == 7 && flushes.windows(2).all(|two| two[0].0 < two[1].0), "{flushes:?}");
    let mut seen = std::collections::BTreeSet::new();
    for cut in (flushes[0].0..=whole.len() as u64).step_by(1777).chain(flushes.iter().map(|(length, _)| *length)) {
        let after = tempfile::tempdir().unwrap();
        std::fs::copy(&file, after.path().join("ledger.db")).unwrap();
        std::fs::write(after.path().join("ledger.db-wal"), &whole[..cut as usize]).unwrap();
        let (mut found, _) = open(&after.path().join("ledger.db"), 1).unwrap();
        let found = found.begin().await.unwrap();
        let (_, kept) = flushes.iter().rev().find(|(length, _)| *length <= cut).unwrap();
        assert!((kept.audit_seq..=end.audit_seq).contains(&found.audit_seq), "cut at {cut}: {found:?}");
        seen.insert(found.audit_seq);
    }
    assert!(seen.len() > flushes.len(), "some cuts keep commits that were not flushed: {seen:?}");
}

#[tokio::test]
async fn expired_requests_are_pruned_and_others_stay() {
    let (_dir, mut engine, reader) = ledger();
    let rng: SharedRng = Arc::new(SeededRng::new(1));
    let note = |key| {
        // Rejected, since there is no such order: the rejection is what is stored.
        let order = Draft::new(StoreId::DEFAULT, 99, sku(1), 1).order;
        by_staff(StoreId::DEFAULT, Command::Note { order, text: "hello".to_owned() }, Some(key))
    };
    let (start, later) = (Timestamp::from_millis(0), Timestamp::from_millis(IDEMPOTENCY_MS / 2));
    let end = Timestamp::from_millis(IDEMPOTENCY_MS);
    transact(&mut engine, &[note(0), note(1), note(2)], start, &rng).await.unwrap();
    transact(&mut engine, &[note(3)], later, &rng).await.unwrap();
    // The key of an expired request is used again before it was pruned.
    transact(&mut engine, &[note(1)], end, &rng).await.unwrap();
    assert_eq!(engine.prune(end, 2).await.unwrap(), 2);
    assert_eq!(engine.prune(end, 2).await.unwrap(), 1);
    assert_eq!(engine.prune(end, 2).await.unwrap(), 0);
    for (key, stays) in [(0, false), (1, true), (2, false), (3, true)] {
        let row = reader.idempotency(StoreId::DEFAULT, hash(7, key)).await.unwrap();
        assert_eq!(row.and_then(|r| r.answer).is_some(), stays, "{key}");
    }
}

#[tokio::test]
async fn a_batch_that_was_dropped_in_the_middle_does_not_disturb_the_next() {
    let (_dir, mut engine, reader) = ledger();
    let keys = Keys { skus: [(StoreId::DEFAULT, sku(1))].into(), ..Keys::default() };
    engine.begin().await.unwrap();
    engine.load(&keys, &mut State::default()).await.unwrap();
    let mut meta = engine.begin().await.unwrap();
    meta.last_number = 41;
    engine.commit(&Changes { meta: Some(meta.clone()), ..Changes::default() }).await.unwrap();
    assert_eq!(engine.begin().await.unwrap(), meta);
    assert_eq!(reader.event_count().await.unwrap(), (0, 0));
}

#[tokio::test]
async fn what_a_panic_leaves_in_the_cache_is_forgotten() {
    let (_dir, mut engine, _reader) = ledger();
    let rng: SharedRng = Arc::new(SeededRng::new(1));
    let count = |on_hand| Command::SetStock { sku: sku(1), location: "main".to_owned(), on_hand };
    let batch = [by_staff(StoreId::DEFAULT, count(9), None)];
    transact(&mut engine, &batch, Timestamp::EPOCH, &rng).await.unwrap();
    let batch = [by_staff(StoreId::DEFAULT, count(7), None)];
    let (changes, _) = conformance::decide_batch(&mut engine, &batch, Timestamp::EPOCH, &rng).await.unwrap();
    let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        engine.write(|conn, cache| -> rusqlite::Result<()> {
            store::store(conn, cache, &changes)?;
            panic!("a bug")
        })
    }));
    assert!(broken.is_err());
    engine.rollback().await;
    engine.begin().await.unwrap();
    let mut state = State::default();
    let keys = Keys { skus: [(StoreId::DEFAULT, sku(1))].into(), ..Keys::default() };
    engine.load(&keys, &mut state).await.unwrap();
    assert_eq!(state.stock[&(StoreId::DEFAULT, sku(1))]["main"].on_hand, 9);
}
