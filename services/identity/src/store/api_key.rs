//! API keys in SQLite.

use contracts::identity::{ApiKeyView, Scope};
use infra::sqlite::DbError;
use kernel::{ApiKeyId, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use uuid::Uuid;

use super::names;
use crate::token::TokenHash;

/// A key that opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiveKey {
    pub(crate) store: StoreId,
    pub(crate) id: ApiKeyId,
    pub(crate) scopes: Vec<Scope>,
}

fn scopes(row: &Row<'_>, column: &str) -> rusqlite::Result<Vec<Scope>> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, e.into()))
}

fn key_id(row: &Row<'_>) -> rusqlite::Result<ApiKeyId> {
    Ok(ApiKeyId::from_uuid(Uuid::from_bytes(row.get("id")?)))
}

pub(crate) fn insert(conn: &Connection, store: StoreId, key: &ApiKeyView, hash: &TokenHash) -> Result<(), DbError> {
    let sql = "insert into api_keys (store, id, hash, name, scopes, created_at)
               values (:store, :id, :hash, :name, :scopes, :created_at)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":id": key.id.as_bytes(),
        ":hash": hash,
        ":name": key.name,
        ":scopes": names(&key.scopes)?,
        ":created_at": key.created_at.0.millis(),
    })?;
    Ok(())
}

/// All keys of `store`, oldest first.
pub(crate) fn list(conn: &Connection, store: StoreId) -> Result<Vec<ApiKeyView>, DbError> {
    let sql = "select id, name, scopes, created_at, revoked_at from api_keys where store = :store order by id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(named_params! { ":store": store.as_bytes() }, |row| {
        Ok(ApiKeyView {
            id: key_id(row)?,
            name: row.get("name")?,
            scopes: scopes(row, "scopes")?,
            created_at: Timestamp::from_millis(row.get("created_at")?).into(),
            revoked_at: row.get::<_, Option<i64>>("revoked_at")?.map(|at| Timestamp::from_millis(at).into()),
            key: None,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether there is such a key. Revoking again keeps the first time.
pub(crate) fn revoke(conn: &Connection, store: StoreId, id: ApiKeyId, at: Timestamp) -> Result<bool, DbError> {
    let sql = "update api_keys set revoked_at = coalesce(revoked_at, :at) where store = :store and id = :id";
    let changed = conn.prepare_cached(sql)?.execute(named_params! {
        ":at": at.millis(),
        ":store": store.as_bytes(),
        ":id": id.as_bytes(),
    })?;
    Ok(changed == 1)
}

/// The key behind `hash`, unless it was revoked. The one query that does not name a store: it finds out which.
pub(crate) fn live(conn: &Connection, hash: &TokenHash) -> Result<Option<LiveKey>, DbError> {
    let sql = "select store, id, scopes from api_keys where hash = :hash and revoked_at is null";
    let found = conn.prepare_cached(sql)?.query_row(named_params! { ":hash": hash }, |row| {
        let store = StoreId::from_uuid(Uuid::from_bytes(row.get("store")?));
        Ok(LiveKey { store, id: key_id(row)?, scopes: scopes(row, "scopes")? })
    });
    Ok(found.optional()?)
}
