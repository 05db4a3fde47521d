//! SQLite behind one writer thread.
//!
//! Jobs that arrive while a commit is in flight share the next one: each runs in its own savepoint, so a failing job
//! undoes only itself, and every caller hears of success only after the commit. Readers are separate connections.

mod fault;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use kernel::Failure;
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

pub use fault::Fault;

/// The most jobs in one commit.
const MAX_BATCH: usize = 256;
/// The most jobs that may wait; one more is refused.
const QUEUE: usize = 4096;

/// Why a read or write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    #[error("SQLite failed")]
    Sqlite(#[from] rusqlite::Error),
    #[error("a migration failed")]
    Migration(#[from] refinery::Error),
    #[error("the queue of writes is full")]
    Full,
    #[error("the database is closed")]
    Closed,
    #[error("the commit failed: {0}")]
    Commit(String),
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Full => Failure::unavailable("The shop is very busy. Please try again in a moment.", 1),
            DbError::Closed => Failure::unavailable("The shop is restarting. Please try again in a moment.", 2),
            other => {
                let source = std::error::Error::source(&other).map(|s| format!(": {s}")).unwrap_or_default();
                let internal = format!("{other}{source}");
                if !other.is_of_the_machine() {
                    return Failure::internal(internal);
                }
                let detail = "The shop could not save or read this right now. Please try again in a moment.";
                let mut failure = Failure::unavailable(detail, 2);
                failure.internal = Some(internal);
                failure
            }
        }
    }
}

impl DbError {
    /// Whether the machine is to blame, such as a disk that is full: nothing was stored, and the same may go well later.
    fn is_of_the_machine(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseBusy, DiskFull, SystemIoFailure};
        match self {
            DbError::Sqlite(error) => {
                matches!(error.sqlite_error_code(), Some(DiskFull | SystemIoFailure | DatabaseBusy))
            }
            DbError::Commit(_) => true,
            DbError::Migration(_) | DbError::Full | DbError::Closed => false,
        }
    }
}

/// How hard a commit tries to survive a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// A commit is on the disk when it returns. For money and stock.
    Full,
    /// Survives a crash of the process; a loss of power may cost the last commits, never consistency. For carts.
    Normal,
    /// Survives only a crash of the process.
    Off,
}

impl Synchronous {
    const fn pragma(self) -> &'static str {
        match self {
            Synchronous::Full => "full",
            Synchronous::Normal => "normal",
            Synchronous::Off => "off",
        }
    }
}

/// One step of a schema. The name starts with a number and an underscore: `0001_initial`. Append-only.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub name: &'static str,
    pub sql: &'static str,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub synchronous: Synchronous,
    /// Connections for reading; at least one.
    pub readers: usize,
}

type Done = Box<dyn FnOnce(Result<(), String>) + Send>;
type Job = Box<dyn FnOnce(&Connection) -> (bool, Done) + Send>;

/// What befalls the jobs of a database in memory: a simulation lets them wait, fail, or succeed unheard.
pub trait Fate: Send + Sync {
    /// Before a job runs. When it fails, the job does not run.
    fn before(&self) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + '_>>;
    /// After a write was committed. When it fails, the caller does not hear that it was.
    fn after(&self) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + '_>>;
}

struct Shared {
    /// None for a database in memory, and once the database is closed.
    jobs: Mutex<Option<SyncSender<Job>>>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    readers: Vec<Mutex<Connection>>,
    next_reader: AtomicUsize,
    path: PathBuf,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.jobs.lock().take();
        if let Some(writer) = self.writer.lock().take() {
            // The queue is closed, so the thread ends after its last commit. Its panic was reported when it happened.
            let _ = writer.join();
        }
    }
}

/// A database file. Clones share the writer and the readers.
#[derive(Clone)]
pub struct Db {
    shared: Arc<Shared>,
    /// Of a database in memory.
    fate: Option<Arc<dyn Fate>>,
}

/// Opens a connection with the settings that every connection of Argosy has.
///
/// # Errors
/// When the file cannot be opened or is not a database.
pub fn connect(path: &Path, synchronous: Synchronous, read_only: bool) -> Result<Connection, DbError> {
    let flags = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX
    };
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    if !read_only {
        conn.pragma_update(None, "journal_mode", "wal")?;
        conn.pragma_update(None, "synchronous", synchronous.pragma())?;
        // A larger write-ahead log than the default 1,000 pages: fewer checkpoints in the middle of a rush.
        conn.pragma_update(None, "wal_autocheckpoint", 8_000)?;
        conn.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    }
    conn.pragma_update(None, "cache_size", -16_000)?;
    conn.pragma_update(None, "temp_store", "memory")?;
    set_up(&conn)?;
    Ok(conn)
}

/// What holds for every connection, to a file or in memory.
fn set_up(conn: &Connection) -> Result<(), DbError> {
    conn.pragma_update(None, "foreign_keys", true)?;
    // Otherwise the planner looks at the value of `limit ?`, and the statement is compiled anew whenever one is bound.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_prepared_statement_cache_capacity(256);
    Ok(())
}

/// Brings the schema of `conn` up to date.
///
/// # Errors
/// When a step fails, or one that was already applied has changed since.
pub fn migrate(conn: &mut Connection, migrations: &[Migration]) -> Result<(), DbError> {
    let steps = migrations
        .iter()
        .map(|m| {
            let (number, name) = m.name.split_once('_').unwrap_or((m.name, "step"));
            let number = number.trim_start_matches('0');
            refinery::Migration::unapplied(&format!("V{number}__{name}"), m.sql)
        })
        .collect::<Result<Vec<_>, _>>()?;
    refinery::Runner::new(&steps).set_grouped(true).run(conn)?;
    Ok(())
}

impl Db {
    /// Opens (or creates) the database at `path` and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or a migration fails.
    pub fn open(path: &Path, migrations: &[Migration], options: Options) -> Result<Self, DbError> {
        Self::open_at(path, migrations, options, 0)
    }

    /// [`Self::open`], with a writer that goes behind the rest of the process: for what follows orders.
    ///
    /// # Errors
    /// When the file cannot be opened or a migration fails.
    pub fn open_in_background(path: &Path, migrations: &[Migration], options: Options) -> Result<Self, DbError> {
        Self::open_at(path, migrations, options, crate::thread::BACKGROUND)
    }

    /// `behind`: how many levels of priority the writer steps back.
    fn open_at(path: &Path, migrations: &[Migration], options: Options, behind: u8) -> Result<Self, DbError> {
        let mut conn = connect(path, options.synchronous, false)?;
        migrate(&mut conn, migrations)?;
        let readers = (0..options.readers.max(1))
            .map(|_| connect(path, options.synchronous, true).map(Mutex::new))
            .collect::<Result<Vec<_>, _>>()?;
        let (jobs, queue) = sync_channel(QUEUE);
        let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or("sqlite").to_owned();
        let writer = crate::thread::spawn_named(&format!("{name}-writer"), move || {
            crate::thread::step_back(behind);
            write_loop(&conn, &queue);
        });
        let shared = Shared {
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(writer)),
            readers,
            next_reader: AtomicUsize::new(0),
            path: path.to_owned(),
        };
        Ok(Db { shared: Arc::new(shared), fate: None })
    }

    /// A database in memory, for simulations: every job runs on its caller's own thread, one after the other, so that
    /// the same history always has the same order.
    ///
    /// # Errors
    /// When a migration fails.
    pub fn in_memory(migrations: &[Migration], fate: Arc<dyn Fate>) -> Result<Self, DbError> {
        let mut conn = Connection::open_in_memory()?;
        set_up(&conn)?;
        migrate(&mut conn, migrations)?;
        let shared = Shared {
            jobs: Mutex::new(None),
            writer: Mutex::new(None),
            readers: vec![Mutex::new(conn)],
            next_reader: AtomicUsize::new(0),
            path: PathBuf::from(":memory:"),
        };
        Ok(Db { shared: Arc::new(shared), fate: Some(fate) })
    }

    /// The same database in memory as another process meets it.
    #[must_use]
    pub fn under(&self, fate: Arc<dyn Fate>) -> Self {
        Db { shared: Arc::clone(&self.shared), fate: self.fate.as_ref().map(|_| fate) }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Runs `job` on the writer thread, inside its own savepoint. Resolves after the commit; an error of the job
    /// undoes the job and nothing else.
    ///
    /// # Errors
    /// The job's own, or [`DbError`] when the queue is full, the commit failed or the database is closed.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        kernel::meter::count_query();
        if let Some(fate) = &self.fate {
            fate.before().await?;
            let done = self.read_on_any(|conn| write_one(conn, job))?;
            fate.after().await?;
            return Ok(done);
        }
        let (answer, result) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let outcome = job(conn);
            let good = outcome.is_ok();
            let done: Done = Box::new(move |commit| {
                let outcome = match commit {
                    Ok(()) => outcome,
                    Err(why) => outcome.and(Err(DbError::Commit(why).into())),
                };
                // A caller that stopped waiting does not need the answer; the effect stands all the same.
                let _ = answer.send(outcome);
            });
            (good, done)
        });
        let sender = self.shared.jobs.lock().clone().ok_or(DbError::Closed)?;
        sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => DbError::Full,
            TrySendError::Disconnected(_) => DbError::Closed,
        })?;
        drop(sender);
        result.await.map_err(|_| DbError::Closed)?
    }

    /// Runs `job` on a reading connection, on this very thread. For point reads that take microseconds.
    ///
    /// # Errors
    /// The job's own.
    pub fn read_now<T, E>(&self, job: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        kernel::meter::count_query();
        self.read_on_any(job)
    }

    fn read_on_any<T, E>(&self, job: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
        let readers = &self.shared.readers;
        let first = self.shared.next_reader.fetch_add(1, Ordering::Relaxed);
        let free = (0..readers.len()).find_map(|i| readers[(first + i) % readers.len()].try_lock());
        let conn = free.unwrap_or_else(|| readers[first % readers.len()].lock());
        job(&conn)
    }

    /// Runs `job` on a reading connection, on a thread that may block. For scans and lists.
    ///
    /// # Errors
    /// The job's own, or [`DbError::Closed`] when the runtime is stopping.
    pub async fn read<T, E, F>(&self, job: F) -> Result<T, E>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        kernel::meter::count_query();
        if let Some(fate) = &self.fate {
            fate.before().await?;
            return self.read_on_any(job);
        }
        let db = self.clone();
        tokio::task::spawn_blocking(move || db.read_on_any(job)).await.map_err(|_| DbError::Closed)?
    }
}

/// One job as a transaction of its own.
fn write_one<T, E: From<DbError>>(conn: &Connection, job: impl FnOnce(&Connection) -> Result<T, E>) -> Result<T, E> {
    let say = |sql: &str| conn.prepare_cached(sql).and_then(|mut s| s.execute([])).map_err(DbError::Sqlite);
    say("begin immediate")?;
    match job(conn) {
        Ok(done) => {
            say("commit")?;
            Ok(done)
        }
        Err(error) => {
            say("rollback")?;
            Err(error)
        }
    }
}

fn write_loop(conn: &Connection, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut waiting: Vec<Done> = Vec::new();
        let committed =
            commit_batch(conn, std::iter::once(first).chain(queue.try_iter().take(MAX_BATCH - 1)), &mut waiting);
        if committed.is_err() {
            // Nothing of the batch is durable; leave no transaction behind for the next one.
            let _ = conn.execute_batch("rollback");
        }
        let outcome = committed.map_err(|error| error.to_string());
        for done in waiting {
            done(outcome.clone());
        }
    }
}

fn commit_batch(conn: &Connection, jobs: impl Iterator<Item = Job>, waiting: &mut Vec<Done>) -> rusqlite::Result<()> {
    conn.prepare_cached("begin immediate")?.execute([])?;
    for job in jobs {
        conn.prepare_cached("savepoint job")?.execute([])?;
        let (good, done) = job(conn);
        waiting.push(done);
        if !good {
            conn.prepare_cached("rollback to job")?.execute([])?;
        }
        conn.prepare_cached("release job")?.execute([])?;
    }
    conn.prepare_cached("commit")?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &[Migration] = &[Migration {
        name: "0001_initial",
        sql: "create table n (id integer primary key, v integer not null check (v >= 0)) strict;",
    }];
    const OPTIONS: Options = Options { synchronous: Synchronous::Full, readers: 2 };

    fn count(db: &Db) -> i64 {
        db.read_now(|c| Ok::<_, DbError>(c.query_row("select count(*) from n", [], |r| r.get(0))?)).unwrap()
    }

    #[tokio::test]
    async fn a_failing_job_undoes_only_itself() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("t.db"), SCHEMA, OPTIONS).unwrap();
        let writes = (0..50_i64).map(|i| {
            let db = db.clone();
            async move {
                db.write(move |c| {
                    c.execute("insert into n values (?1, 1)", [i])?;
                    c.execute("insert into n values (?1, ?2)", [1000 + i, i % 2 - 1])?;
                    Ok::<_, DbError>(())
                })
                .await
            }
        });
        let results = futures::future::join_all(writes).await;
        assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 25);
        assert_eq!(count(&db), 50);
    }

    #[test]
    fn a_limit_that_is_bound_does_not_compile_the_statement_anew() {
        let dir = tempfile::tempdir().unwrap();
        let mut conn = connect(&dir.path().join("t.db"), Synchronous::Full, false).unwrap();
        migrate(&mut conn, SCHEMA).unwrap();
        let mut statement = conn.prepare("select v from n order by id limit ?1").unwrap();
        for limit in 1..5 {
            assert!(statement.query([limit]).unwrap().next().unwrap().is_none());
        }
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        let db = Db::open(&path, SCHEMA, OPTIONS).unwrap();
        db.write(|c| Ok::<_, DbError>(c.execute("insert into n values (1, 1)", [])?)).await.unwrap();
        drop(db);
        assert_eq!(count(&Db::open(&path, SCHEMA, OPTIONS).unwrap()), 1);
    }

    #[tokio::test]
    async fn when_the_disk_is_full_nothing_is_stored_and_everybody_may_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&dir.path().join("t.db"), SCHEMA, OPTIONS).unwrap();
        let pages = |count: i64| {
            let db = db.clone();
            async move {
                let sql = format!("pragma max_page_count = {count}");
                db.write(move |c| Ok::<_, DbError>(c.query_row(&sql, [], |_| Ok(()))?)).await.unwrap();
            }
        };
        pages(1).await;
        let fill = "with recursive s(v) as (select 1 union all select v + 1 from s limit 5000) insert into n select v, 1 from s";
        let writes = (0..20).map(|i: i64| {
            let db = db.clone();
            async move {
                let small =
                    move |c: &Connection| Ok::<_, DbError>(c.execute("insert into n values (?1, 1)", [90_000 + i])?);
                if i == 7 {
                    db.write(move |c| Ok::<_, DbError>(c.execute(fill, [])?)).await
                } else {
                    db.write(small).await
                }
            }
        });
        let results = futures::future::join_all(writes).await;
        let stored = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(count(&db), i64::try_from(stored).unwrap(), "what was refused left nothing behind");
        assert!(results[7].is_err());
        for error in results.into_iter().filter_map(Result::err) {
            let failure = Failure::from(error);
            assert_eq!(failure.kind, kernel::ErrorKind::Unavailable, "{failure:?}");
            assert!(failure.retry_after_s.is_some() && failure.internal.is_some());
        }
        pages(10_000).await;
        db.write(move |c| Ok::<_, DbError>(c.execute(fill, [])?)).await.expect("there is room again");
    }

    /// Fails every third write before it is done, and every third one after it.
    #[derive(Default)]
    struct Moody(AtomicUsize);

    impl Fate for Moody {
        fn before(&self) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + '_>> {
            let n = self.0.fetch_add(1, Ordering::Relaxed);
            Box::pin(
                async move { if n.is_multiple_of(3) { Err(DbError::Commit("before".to_owned())) } else { Ok(()) } },
            )
        }

        fn after(&self) -> Pin<Box<dyn Future<Output = Result<(), DbError>> + Send + '_>> {
            let n = self.0.load(Ordering::Relaxed) - 1;
            Box::pin(async move { if n % 3 == 1 { Err(DbError::Commit("after".to_owned())) } else { Ok(()) } })
        }
    }

    #[tokio::test]
    async fn a_database_in_memory_meets_its_fate() {
        let db = Db::in_memory(SCHEMA, Arc::new(Moody::default())).unwrap();
        let put = |i: i64| db.write(move |c| Ok::<_, DbError>(c.execute("insert into n values (?1, 1)", [i])?));
        let mut said = Vec::new();
        for i in 0..8 {
            said.push(put(i).await.is_ok());
        }
        assert_eq!(said, [false, false, true, false, false, true, false, false]);
        assert_eq!(count(&db), 5, "what failed afterwards was done");
        let broken = db.write(|c| Ok::<_, DbError>(c.execute("insert into n values (100, -1)", [])?)).await;
        assert!(broken.is_err());
        let _ = (put(101).await, put(102).await);
        assert_eq!(count(&db), 6, "the transaction of the broken job is over");
    }

    #[test]
    fn a_changed_migration_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.db");
        drop(Db::open(&path, SCHEMA, OPTIONS).unwrap());
        let changed = [Migration { name: "0001_initial", sql: "create table m (id integer) strict;" }];
        assert!(Db::open(&path, &changed, OPTIONS).is_err());
    }
}
