//! The keys to personal data, kept apart from the data: `keys.db`.
//!
//! In a backup's databases the place of every person's key is empty (a blob of no bytes). The keys, and the master key
//! that wraps them, are in a file of their own. Whoever keeps only the latest such file has erased in every backup,
//! however old, whom the shop has erased: restoring puts in only the keys that the file has.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use infra::vault::Vault;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::files::{private_file, sync_dir};

/// Its name inside a backup.
pub(crate) const FILE: &str = "keys.db";

const SCHEMA: &str = "
    create table master (id integer primary key check (id = 1), key blob not null check (length(key) = 32)) strict;
    create table person_keys (
        database text not null,
        tab      text not null,
        store    blob not null,
        id       blob not null,
        wrapped  blob not null,
        primary key (database, tab, store, id)
    ) strict, without rowid;
    create table moment (id integer primary key check (id = 1), taken_at integer not null) strict;";

/// A table that holds keys of persons, and what becomes of a row whose key there is no more: what the service that owns
/// it would have done when it erased the person.
pub(crate) struct Keyed {
    pub(crate) database: &'static str,
    pub(crate) table: &'static str,
    without_key: &'static str,
}

/// Every table with a column `wrapped_key`.
pub(crate) const KEYED: [Keyed; 6] = [
    Keyed {
        database: "ledger.db",
        table: "people",
        without_key: "update people set wrapped_key = null where wrapped_key = x'';",
    },
    Keyed {
        database: "identity.db",
        table: "customers",
        without_key: "delete from customer_addresses where exists (select 1 from customers c
                where c.store = customer_addresses.store and c.id = customer_addresses.customer and c.wrapped_key = x'');
            update customers set wrapped_key = null, sealed = null, email_hash = null, password = null,
                                 verified_at = null, erased_at = unixepoch() * 1000
             where wrapped_key = x'';",
    },
    Keyed {
        database: "identity.db",
        table: "staff",
        without_key: "delete from staff where wrapped_key = x'';",
    },
    Keyed {
        database: "identity.db",
        table: "past_people",
        without_key: "update past_orders set contact = null where exists (select 1 from past_people p
                where p.store = past_orders.store and p.id = past_orders.person and p.wrapped_key = x'');
            update past_order_changes set contact = null where exists (select 1 from past_people p
                where p.store = past_order_changes.store and p.id = past_order_changes.person and p.wrapped_key = x'');
            update past_people set wrapped_key = null, email_hash = null, erased_at = unixepoch() * 1000
             where wrapped_key = x'';",
    },
    Keyed {
        database: "notification.db",
        table: "mails",
        without_key: "update mails set wrapped_key = null, sealed = null, next_at = null,
                                       status = iif(status = 'queued', 'dropped', status)
                       where wrapped_key = x'';",
    },
    Keyed {
        database: "notification.db",
        table: "endpoints",
        without_key: "delete from endpoints where wrapped_key = x'';",
    },
];

/// Makes the file for keys at `path`, with the master key in it.
///
/// # Errors
/// When it exists or cannot be written.
pub(crate) fn create(path: &Path, master: &[u8; 32], taken_at_ms: i64) -> Result<()> {
    private_file(path)?;
    let conn = Connection::open(path)?;
    conn.execute_batch(SCHEMA)?;
    conn.execute("insert into master values (1, ?1)", [master])?;
    conn.execute("insert into moment values (1, ?1)", [taken_at_ms])?;
    Ok(())
}

/// Puts the finished file in its place, over an older one: what that one knew of people erased since is gone.
///
/// # Errors
/// When the place cannot be written.
pub(crate) fn put_in_place(fresh: &Path, place: &Path) -> Result<()> {
    std::fs::File::open(fresh)?.sync_all()?;
    std::fs::rename(fresh, place).with_context(|| format!("{} cannot be written", place.display()))?;
    if let Some(folder) = place.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        sync_dir(folder)?;
    }
    Ok(())
}

/// A file of keys, opened.
pub(crate) struct Keys {
    conn: Connection,
    master: [u8; 32],
}

impl Keys {
    /// # Errors
    /// When there is none at `path`, or it is damaged.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn =
            Connection::open_with_flags(path, flags).with_context(|| format!("{} cannot be opened", path.display()))?;
        let master: Option<[u8; 32]> = conn
            .query_row("select key from master where id = 1", [], |row| row.get(0))
            .optional()
            .with_context(|| format!("{} is no file of keys", path.display()))?;
        let Some(master) = master else { bail!("{} has no master key", path.display()) };
        Ok(Keys { conn, master })
    }

    pub(crate) fn master(&self) -> &[u8; 32] {
        &self.master
    }

    /// Puts the keys into the empty places of `database`, which is open as `conn`. How many persons' keys were there.
    ///
    /// # Errors
    /// When a table cannot be read or written.
    pub(crate) fn put_into(&self, conn: &Connection, database: &str) -> Result<u64> {
        let mut put = 0;
        for keyed in KEYED.iter().filter(|keyed| keyed.database == database && has_table(conn, keyed.table)) {
            let sql = "select store, id, wrapped from person_keys where database = ?1 and tab = ?2";
            let mut keys = self.conn.prepare(sql)?;
            let mut rows = keys.query(params![database, keyed.table])?;
            let update = format!(
                "update {} set wrapped_key = ?3 where store = ?1 and id = ?2 and wrapped_key = x''",
                keyed.table
            );
            let mut update = conn.prepare(&update)?;
            while let Some(row) = rows.next()? {
                let (store, id, wrapped): (Vec<u8>, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
                put += update.execute(params![store, id, wrapped])? as u64;
            }
        }
        Ok(put)
    }
}

/// Erases everybody in `database` whose place for a key is still empty. How many there were.
///
/// # Errors
/// When a table cannot be written.
pub(crate) fn erase_keyless(conn: &Connection, database: &str) -> Result<u64> {
    let mut erased = 0;
    for keyed in KEYED.iter().filter(|keyed| keyed.database == database && has_table(conn, keyed.table)) {
        let count = format!("select count(*) from {} where wrapped_key = x''", keyed.table);
        erased += conn.query_row(&count, [], |row| row.get::<_, i64>(0))?.unsigned_abs();
        conn.execute_batch(keyed.without_key)?;
    }
    Ok(erased)
}

fn has_table(conn: &Connection, table: &str) -> bool {
    let sql = "select 1 from sqlite_schema where type = 'table' and name = ?1";
    conn.query_row(sql, [table], |_| Ok(())).is_ok()
}

/// What tells the right master key from a wrong one.
pub(crate) fn check_of(master: &[u8; 32]) -> String {
    Vault::from_bytes(master).derived("backup", b"key check")
}

/// The master key of the shop in `data`.
///
/// # Errors
/// When it is missing or damaged.
pub(crate) fn master_of(data: &Path) -> Result<[u8; 32]> {
    let path = data.join("keys").join("master");
    let bytes = std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let master = <[u8; 32]>::try_from(bytes.as_slice());
    master.map_err(|_| anyhow::anyhow!("{} is not 32 bytes long", path.display()))
}
