//! `catalog.db`: documents, the SKUs they own, and the outbox. Every statement names the store.

pub(crate) mod bulk;
pub(crate) mod outbox;
pub(crate) mod product;
pub(crate) mod taxonomy;

use std::path::Path;

pub(crate) use infra::sqlite::Fault;
use infra::sqlite::{Db, DbError, Migration, Options, Synchronous};
use kernel::StoreId;
use uuid::Uuid;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_initial", sql: include_str!("../../migrations/0001_initial.sql") },
    Migration { name: "0002_bulk_changes", sql: include_str!("../../migrations/0002_bulk_changes.sql") },
];

/// # Errors
/// When the file cannot be opened or its schema not brought up to date.
pub(crate) fn open(data_dir: &Path) -> Result<Db, DbError> {
    let options = Options { synchronous: Synchronous::Full, readers: 2 };
    Db::open(&data_dir.join("catalog.db"), MIGRATIONS, options)
}

/// # Errors
/// When column `index` does not hold the 16 bytes of an id.
pub(crate) fn uuid(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get::<_, [u8; 16]>(index)?))
}

/// # Errors
/// When column `index` holds a negative number.
pub(crate) fn unsigned(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
}

/// As SQLite wants it; versions and positions stay far below the limit.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn key(store: &StoreId) -> &[u8] {
    store.as_bytes()
}
