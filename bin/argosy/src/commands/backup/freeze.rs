//! One moment of all databases, and copies of that moment.
//!
//! Why the copies fit together. Events go from the outboxes of catalog, checkout and fulfilment into the ledger's feed,
//! and from the feed to whoever follows it (mails, webhooks, parcels, the search); each side remembers how far it came.
//! Copies taken one after the other cannot be put into a right order: a source copied before the ledger would give
//! the number of an event a second time after a restore, and the ledger would take the new event for one it has; a source
//! copied after it would hold as delivered what the ledger never got; a follower copied after it would skip what comes
//! next. So there is no order: for a few milliseconds this process holds the write lock of every database, opens a
//! reading transaction on each, and lets go. Nothing can be committed anywhere in between, so all the readers see the
//! same moment, and every acknowledged write of before is in it. Writers of the shop wait those milliseconds (their
//! time-out is five seconds); copying then goes on from the readers while the shop writes behind them.
//!
//! No deadlock: the shop never holds one database while it waits for another.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::copy::Schema;

/// The database that decides about money and stock; every shop has it.
const LEDGER: &str = "ledger.db";
/// How long to wait for one lock while the others are held.
const LOCK_WAIT: Duration = Duration::from_millis(1000);
const TRIES: usize = 20;

/// A database at the moment, with the file that it is copied into attached as `copy`, and that of keys as `keys`.
pub(super) struct Frozen {
    pub(super) name: String,
    pub(super) conn: Connection,
    pub(super) schema: Schema,
    pub(super) copy: PathBuf,
}

/// Names of the databases in `data`, the ledger last: it is the busiest, so it is held shortest.
///
/// # Errors
/// When the directory cannot be read or holds no shop.
pub(super) fn databases(data: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(data).with_context(|| format!("{} cannot be read", data.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        if let Some(name) = entry?.file_name().to_str().filter(|name| name.ends_with(".db")) {
            names.push(name.to_owned());
        }
    }
    if !names.iter().any(|name| name == LEDGER) {
        bail!("there is no shop in {}; name its directory with --data", data.display());
    }
    names.sort_by_key(|name| (name == LEDGER, name.clone()));
    Ok(names)
}

/// Freezes every database of `data` at one moment. `at_moment` runs while nothing can be committed.
///
/// # Errors
/// When a database cannot be opened or stays locked.
pub(super) fn freeze<T>(
    data: &Path,
    copies: &Path,
    keys: &Path,
    at_moment: impl Fn() -> T,
) -> Result<(Vec<Frozen>, T)> {
    let names = databases(data)?;
    let mut frozen = Vec::with_capacity(names.len());
    for name in names {
        let one = prepare(data, copies, keys, &name).with_context(|| format!("{name} cannot be copied"))?;
        frozen.push(one);
    }
    for _ in 0..TRIES {
        if let Some(locks) = lock_all(data, &frozen)? {
            let moment = at_moment();
            for one in &frozen {
                one.conn.execute_batch("begin")?;
                // The transaction begins with the first read.
                let version: i64 = one.conn.query_row("pragma main.schema_version", [], |row| row.get(0))?;
                one.conn.query_row("select count(*) from main.sqlite_schema", [], |_| Ok(()))?;
                if version != one.schema.version {
                    bail!("the shop is being updated ({} has a new schema); try again in a moment", one.name);
                }
            }
            drop(locks);
            return Ok((frozen, moment));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("the databases of the shop stay locked; try again when it is less busy")
}

fn prepare(data: &Path, copies: &Path, keys: &Path, name: &str) -> Result<Frozen> {
    let conn = open(&data.join(name))?;
    let schema = Schema::read(&conn)?;
    let copy = copies.join(name);
    schema.make_tables(&copy)?;
    conn.execute("attach database ?1 as copy", [path_text(&copy)?])?;
    conn.execute("attach database ?1 as keys", [path_text(keys)?])?;
    // The copy is thrown away unless it is finished.
    conn.query_row("pragma copy.journal_mode = off", [], |_| Ok(()))?;
    conn.execute_batch("pragma copy.synchronous = off; pragma copy.cache_size = -4000; pragma cache_size = -8000")?;
    Ok(Frozen { name: name.to_owned(), conn, schema, copy })
}

/// Every database, locked against writes until it is dropped; none when one of them was not to be had in time.
fn lock_all(data: &Path, frozen: &[Frozen]) -> Result<Option<Vec<Connection>>> {
    let mut locks = frozen.iter().map(|one| open(&data.join(&one.name))).collect::<Result<Vec<_>>>()?;
    for lock in &mut locks {
        match lock.execute_batch("begin immediate") {
            Ok(()) => {}
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(locks))
}

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(LOCK_WAIT)?;
    conn.execute_batch("pragma foreign_keys = off")?;
    Ok(conn)
}

fn path_text(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is no UTF-8; choose another place", path.display()))
}
