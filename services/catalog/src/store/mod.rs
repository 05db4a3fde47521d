//! `catalog.db`: documents, the SKUs they own, and the outbox. Every statement names the store.

pub(crate) mod bulk;
pub(crate) mod outbox;
pub(crate) mod product;
pub(crate) mod taxonomy;

use std::path::Path;

use infra::sqlite::{Db, DbError, Migration, Options, Synchronous};
use kernel::{Failure, StoreId};
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

/// Why a job on the database ended without effect.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The engine failed.
    Db(DbError),
    /// A rule said no.
    Refused(Box<Failure>),
}

impl From<DbError> for Fault {
    fn from(error: DbError) -> Self {
        Fault::Db(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Fault::Db(error.into())
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        Fault::Refused(Box::new(failure))
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Failure::internal(format!("a document in catalog.db cannot be read or written: {error}")).into()
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Db(error) => error.into(),
            Fault::Refused(failure) => *failure,
        }
    }
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
