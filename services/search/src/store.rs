//! `search.db`: synonyms. Everything else of the search is a copy and stands in the index.

use infra::sqlite::{DbError, Migration};
use kernel::{StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, named_params};

use contracts::search::Synonyms;

pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { name: "0001_initial", sql: include_str!("../migrations/0001_initial.sql") }];

fn row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Synonyms> {
    let groups: String = row.get("groups")?;
    let groups = serde_json::from_str(&groups)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, e.into()))?;
    let version: i64 = row.get("version")?;
    Ok(Synonyms { locale: row.get("locale")?, groups, version: version.unsigned_abs() })
}

/// The synonyms of every language of `store`.
pub(crate) fn all(conn: &Connection, store: StoreId) -> Result<Vec<Synonyms>, DbError> {
    let sql = "select locale, version, groups from synonyms where store = :store order by locale";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(named_params! { ":store": store.as_bytes() }, row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn find(conn: &Connection, store: StoreId, locale: &str) -> Result<Option<Synonyms>, DbError> {
    let sql = "select locale, version, groups from synonyms where store = :store and locale = :locale";
    let params = named_params! { ":store": store.as_bytes(), ":locale": locale };
    Ok(conn.prepare_cached(sql)?.query_row(params, row).optional()?)
}

/// Writes the next version over whatever is there.
pub(crate) fn put(conn: &Connection, store: StoreId, synonyms: &Synonyms, at: Timestamp) -> Result<(), DbError> {
    let groups =
        serde_json::to_string(&synonyms.groups).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    let sql = "insert into synonyms (store, locale, version, groups, updated_at)
               values (:store, :locale, :version, :groups, :at)
               on conflict (store, locale) do update
               set version = excluded.version, groups = excluded.groups, updated_at = excluded.updated_at";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":locale": synonyms.locale,
        ":version": i64::try_from(synonyms.version).unwrap_or(i64::MAX),
        ":groups": groups,
        ":at": at.millis(),
    })?;
    Ok(())
}
