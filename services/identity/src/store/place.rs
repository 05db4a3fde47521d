//! Networks from which somebody logged in before.

use infra::sqlite::DbError;
use kernel::{StoreId, Timestamp};
use rusqlite::{Connection, params};

/// The most places remembered of one account.
const MAX_PLACES: i64 = 20;

pub(crate) fn is_known(conn: &Connection, store: StoreId, account: &str, place: &str) -> Result<bool, DbError> {
    let sql = "select exists (select 1 from known_places where store = ?1 and account = ?2 and place = ?3)";
    Ok(conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), account, place], |row| row.get(0))?)
}

/// Remembers `place`, and forgets the oldest beyond the bound.
pub(crate) fn remember(
    conn: &Connection,
    store: StoreId,
    account: &str,
    place: &str,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "insert into known_places (store, account, place, seen_at) values (?1, ?2, ?3, ?4)
               on conflict (store, account, place) do update set seen_at = excluded.seen_at";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), account, place, now.millis()])?;
    let sql = "delete from known_places
                where store = ?1 and account = ?2
                  and place not in (select place from known_places where store = ?1 and account = ?2
                                     order by seen_at desc limit ?3)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), account, MAX_PLACES])?;
    Ok(())
}

pub(crate) fn forget(conn: &Connection, store: StoreId, account: &str) -> Result<(), DbError> {
    let sql = "delete from known_places where store = ?1 and account = ?2";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), account])?;
    Ok(())
}
