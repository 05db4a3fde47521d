//! `notification.db`. Every statement names the store.

pub(crate) mod delivery;
pub(crate) mod endpoint;
pub(crate) mod mail;

use std::path::Path;

use infra::sqlite::{Db, DbError, Migration, Options, Synchronous};
use kernel::{StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use uuid::Uuid;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_initial", sql: include_str!("../../migrations/0001_initial.sql") },
    Migration {
        name: "0002_endpoints_begin_at_a_position",
        sql: include_str!("../../migrations/0002_endpoints_begin_at_a_position.sql"),
    },
];

/// # Errors
/// When the file cannot be opened or its schema not brought up to date.
pub(crate) fn open(data_dir: &Path) -> Result<Db, DbError> {
    let options = Options { synchronous: Synchronous::Full, readers: 2 };
    Db::open_in_background(&data_dir.join("notification.db"), MIGRATIONS, options)
}

/// `notification.db` in memory, for simulations.
///
/// # Errors
/// When the schema cannot be made.
pub fn in_memory(fate: std::sync::Arc<dyn infra::sqlite::Fate>) -> Result<Db, DbError> {
    Db::in_memory(MIGRATIONS, fate)
}

/// How far the events of `store` were read; 0 at first.
pub(crate) fn cursor(conn: &Connection, store: StoreId) -> Result<u64, DbError> {
    let sql = "select position from cursors where store = :store and follower = 'events'";
    let found =
        conn.prepare_cached(sql)?.query_row(named_params! { ":store": store.as_bytes() }, |row| unsigned(row, 0));
    Ok(found.optional()?.unwrap_or(0))
}

pub(crate) fn set_cursor(conn: &Connection, store: StoreId, position: u64) -> Result<(), DbError> {
    let sql = "insert into cursors (store, follower, position) values (:store, 'events', :position)
               on conflict (store, follower) do update set position = max(position, excluded.position)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":position": i64::try_from(position).unwrap_or(i64::MAX),
    })?;
    Ok(())
}

/// What waits and what was given up, for the meters.
pub(crate) fn backlog(conn: &Connection, store: StoreId) -> Result<Backlog, DbError> {
    let count = |sql: &str| -> Result<u64, DbError> {
        Ok(conn.prepare_cached(sql)?.query_row(named_params! { ":store": store.as_bytes() }, |row| unsigned(row, 0))?)
    };
    Ok(Backlog {
        mails_queued: count("select count(*) from mails where store = :store and status = 'queued'")?,
        mails_failed: count("select count(*) from mails where store = :store and status = 'failed'")?,
        deliveries_pending: count("select count(*) from deliveries where store = :store and status = 'pending'")?,
        endpoints_failing: count(
            "select count(*) from endpoints
              where store = :store and (disabled_reason is not null or failing_since is not null)",
        )?,
    })
}

/// What waits and what was given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    pub mails_queued: u64,
    pub mails_failed: u64,
    pub deliveries_pending: u64,
    /// Endpoints to which nothing gets through, or that were switched off for it.
    pub endpoints_failing: u64,
}

/// # Errors
/// When column `name` does not hold the 16 bytes of an id.
pub(crate) fn uuid(row: &Row<'_>, name: &str) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(name)?))
}

pub(crate) fn time(row: &Row<'_>, name: &str) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_millis(row.get(name)?))
}

pub(crate) fn maybe_time(row: &Row<'_>, name: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(name)?.map(Timestamp::from_millis))
}

/// # Errors
/// When column `index` holds a negative number.
fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
}

/// The value that `read` finds in a column of text, which holds nothing else.
pub(crate) fn named<T>(row: &Row<'_>, column: &str, read: fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    read(&text).ok_or_else(|| corrupt(format!("{column} is {text:?}")))
}

/// A row that this program cannot have written.
pub(crate) fn corrupt(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, why.into())
}

/// `value` as JSON for a column.
pub(crate) fn json(value: &impl serde::Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()).into())
}
