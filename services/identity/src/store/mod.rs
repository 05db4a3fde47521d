//! The rows of `identity.db`.

pub(crate) mod api_key;
pub(crate) mod customer;
pub(crate) mod customer_import;
pub(crate) mod past_order;
pub(crate) mod place;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod staff;
pub(crate) mod token;

use contracts::identity::Scope;
use infra::sqlite::{DbError, Migration};
use rusqlite::Connection;
use uuid::Uuid;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_initial", sql: include_str!("../../migrations/0001_initial.sql") },
    Migration { name: "0002_people", sql: include_str!("../../migrations/0002_people.sql") },
    Migration { name: "0003_customer_imports", sql: include_str!("../../migrations/0003_customer_imports.sql") },
    Migration { name: "0004_past_orders", sql: include_str!("../../migrations/0004_past_orders.sql") },
];

/// A number that changes when another connection, of this process or another, has committed.
pub(crate) fn data_version(conn: &Connection) -> Result<i64, DbError> {
    Ok(conn.prepare_cached("pragma data_version")?.query_row([], |row| row.get(0))?)
}

/// Scopes as they are stored: a JSON array of names.
fn names(scopes: &[Scope]) -> Result<String, DbError> {
    serde_json::to_string(scopes).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()).into())
}

fn scopes_of(text: &str) -> rusqlite::Result<Vec<Scope>> {
    serde_json::from_str(text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, e.into()))
}

fn uuid(bytes: [u8; 16]) -> Uuid {
    Uuid::from_bytes(bytes)
}
