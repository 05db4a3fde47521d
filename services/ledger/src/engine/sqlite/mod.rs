//! The ledger in SQLite: one file, one process, one writing connection.
//!
//! The writer blocks, so its batcher runs on a thread of its own. Everything in the hot path appends: tables are keyed
//! by numbers that only grow, and what a batch needs of recent orders is still in the writer's [`cache`].

mod cache;
mod checkpoint;
mod history;
mod horizon;
mod insert;
mod load;
mod read;
mod rows;
mod store;
mod store_order;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use infra::sqlite::{DbError, Migration, Synchronous, connect, migrate};
use kernel::Timestamp;
use rusqlite::Connection;

use super::{Engine, EngineError, Flush};
use crate::state::{Changes, Keys, Meta, State};
use cache::Cache;
use checkpoint::Checkpointer;
use horizon::{Horizon, LogFlusher};

pub use read::SqliteReader;

/// The schema, step by step; append-only.
pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_initial", sql: include_str!("../../../migrations/0001_initial.sql") },
    Migration {
        name: "0002_customer_limits_and_card_refunds",
        sql: include_str!("../../../migrations/0002_customer_limits_and_card_refunds.sql"),
    },
    Migration {
        name: "0003_locations_transfers_and_low_stock",
        sql: include_str!("../../../migrations/0003_locations_transfers_and_low_stock.sql"),
    },
    Migration {
        name: "0004_rules_and_backorders",
        sql: include_str!("../../../migrations/0004_rules_and_backorders.sql"),
    },
    Migration {
        name: "0005_refunded_lines_and_edits",
        sql: include_str!("../../../migrations/0005_refunded_lines_and_edits.sql"),
    },
    Migration { name: "0006_preorders_that_end", sql: include_str!("../../../migrations/0006_preorders_that_end.sql") },
];

/// Pages that the writer keeps in memory, in KiB: the ends of all tables and the indices of some hundred thousand orders. Not
/// more: a commit after a page of an index was split goes through the whole table that they are found by.
const CACHE_KIB: i64 = 12 * 1024;

/// Pages in the write-ahead log, 64 MiB, from which the writer itself copies the rest of them to the file, so that it
/// can begin the log anew. Most were copied by the [`checkpoint`] thread before.
const LOG_PAGES: i64 = 16_000;

/// Settings of the writer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SqliteOptions {
    /// Added to every flush of the log: the bench simulates a disk that is redundant over zones with it (about 2 ms).
    pub commit_delay: Option<Duration>,
}

/// The writing side. Its methods block until they are done.
pub struct SqliteEngine {
    conn: Connection,
    cache: Cache,
    /// Whether a transaction is open. It is opened by the first statement that needs one, so that a batch that finds
    /// everything in the cache and changes nothing does not touch the file.
    open: bool,
    /// Whether the cache may hold what is not committed: from the first row written to the commit.
    writing: bool,
    checkpointer: Checkpointer,
    horizon: Arc<Horizon>,
    /// Whether somebody else brings commits onto the disk.
    flushed_apart: bool,
    path: PathBuf,
    options: SqliteOptions,
}

/// Opens (or creates) the ledger at `path`: the writer, and `readers` connections for reading.
///
/// # Errors
/// When the file cannot be opened or a migration fails.
pub fn open(path: &Path, readers: usize) -> Result<(SqliteEngine, SqliteReader), DbError> {
    open_with(path, readers, SqliteOptions::default())
}

/// [`open`] with other settings.
///
/// # Errors
/// When the file cannot be opened or a migration fails.
pub fn open_with(path: &Path, readers: usize, options: SqliteOptions) -> Result<(SqliteEngine, SqliteReader), DbError> {
    let mut conn = connect(path, Synchronous::Full, false)?;
    conn.pragma_update(None, "cache_size", -CACHE_KIB)?;
    conn.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    migrate(&mut conn, MIGRATIONS)?;
    let checkpointer = Checkpointer::start(connect(path, Synchronous::Full, false)?);
    let horizon = Arc::new(Horizon::default());
    let reader = SqliteReader::open_behind(path, readers, Arc::clone(&horizon))?;
    let engine = SqliteEngine {
        conn,
        cache: Cache::new(),
        open: false,
        writing: false,
        checkpointer,
        horizon,
        flushed_apart: false,
        path: path.to_owned(),
        options,
    };
    Ok((engine, reader))
}

fn failed(error: &rusqlite::Error) -> EngineError {
    EngineError::Failed(error.to_string())
}

impl SqliteEngine {
    /// Opens a transaction unless one is open.
    fn ensure_open(&mut self) -> rusqlite::Result<()> {
        if !self.open {
            self.conn.prepare_cached("begin immediate")?.execute([])?;
            self.open = true;
        }
        Ok(())
    }

    /// Undoes what was not committed, also what a batch that panicked or was dropped has left.
    fn abandon(&mut self) {
        if std::mem::take(&mut self.writing) {
            self.cache.clear();
        }
        if std::mem::take(&mut self.open) {
            // Fails only when SQLite has rolled back by itself already.
            let _ = self.conn.execute_batch("rollback");
        }
    }

    fn current_meta(&mut self) -> rusqlite::Result<Meta> {
        if let Some((meta, _)) = &self.cache.meta {
            return Ok(meta.clone());
        }
        self.ensure_open()?;
        let known = rows::meta(&self.conn)?;
        let meta = known.0.clone();
        self.cache.meta = Some(known);
        Ok(meta)
    }

    /// Runs `work` and commits it, or leaves nothing of it.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Cache) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        let worked = self.ensure_open().and_then(|()| {
            self.writing = true;
            work(&self.conn, &mut self.cache)
        });
        let ended = worked.map_err(|e| failed(&e)).and_then(|done| self.end().map(|()| done));
        self.writing = ended.is_err();
        if ended.is_err() {
            self.abandon();
        }
        ended
    }

    fn end(&mut self) -> Result<(), EngineError> {
        if self.horizon.is_broken() {
            return Err(EngineError::Failed("the log could not be synced; the shop must be started again".to_owned()));
        }
        if let Some(delay) = self.options.commit_delay.filter(|_| !self.flushed_apart) {
            std::thread::sleep(delay);
        }
        self.horizon.begin();
        let committed = self.conn.prepare_cached("commit").and_then(|mut statement| statement.execute([]));
        self.horizon.end();
        if !self.flushed_apart {
            self.horizon.synced_by_itself();
        }
        match committed {
            Ok(_) => {
                self.open = false;
                self.checkpointer.committed();
                Ok(())
            }
            // The pages may have reached the disk although the call that says so failed.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure) => {
                Err(EngineError::Unknown(error.to_string()))
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

#[async_trait]
impl Engine for SqliteEngine {
    async fn begin(&mut self) -> Result<Meta, EngineError> {
        // Whoever dropped the last batch in the middle did not say so.
        self.abandon();
        self.current_meta().map_err(|e| failed(&e))
    }

    async fn load(&mut self, keys: &Keys, state: &mut State) -> Result<(), EngineError> {
        self.ensure_open().and_then(|()| load::load(&self.conn, &mut self.cache, keys, state)).map_err(|e| failed(&e))
    }

    async fn commit(&mut self, changes: &Changes) -> Result<(), EngineError> {
        self.write(|conn, cache| store::store(conn, cache, changes))
    }

    async fn rollback(&mut self) {
        self.abandon();
    }

    async fn prune(&mut self, now: Timestamp, limit: u32) -> Result<usize, EngineError> {
        self.abandon();
        self.write(|conn, cache| store::prune_idempotency(conn, cache, now.millis(), limit))
    }

    fn flusher(&mut self) -> Option<Box<dyn Flush>> {
        let flusher = LogFlusher::open(&self.path, Arc::clone(&self.horizon), self.options.commit_delay);
        let flusher = flusher.inspect_err(|error| tracing::warn!(%error, "the log cannot be synced beside the writer"));
        let flusher = flusher.ok()?;
        // From here on a commit is in the log when it returns; SQLite itself syncs the log before a checkpoint copies it.
        self.conn.pragma_update(None, "synchronous", "normal").ok()?;
        self.flushed_apart = true;
        Some(Box::new(flusher))
    }
}
