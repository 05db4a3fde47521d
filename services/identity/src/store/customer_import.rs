//! Imports of customers, and whom they made.

use infra::sqlite::DbError;
use kernel::{CustomerId, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::uuid;

/// The most imports of a store that are kept; older ones cannot be taken back any more.
const KEPT: i64 = 20;

pub(crate) struct ImportRow {
    pub(crate) id: i64,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) undone_at: Option<Timestamp>,
    pub(crate) customers: u64,
}

/// Begins an import and forgets those that are too old. Its number.
pub(crate) fn begin(conn: &Connection, store: StoreId, at: Timestamp, actor: &str) -> Result<i64, DbError> {
    let sql = "insert into customer_imports (store, at, actor) values (?1, ?2, ?3)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), at.millis(), actor])?;
    let id = conn.last_insert_rowid();
    let sql = "delete from customer_imports where store = ?1 and id in
               (select id from customer_imports where store = ?1 order by id desc limit -1 offset ?2)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), KEPT])?;
    Ok(id)
}

pub(crate) fn add(
    conn: &Connection,
    store: StoreId,
    import: i64,
    customer: CustomerId,
    sealed_hash: &[u8],
) -> Result<(), DbError> {
    let sql = "insert into customer_import_people (store, import, customer, sealed_hash) values (?1, ?2, ?3, ?4)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), import, customer.as_bytes(), sealed_hash])?;
    Ok(())
}

/// Latest first.
pub(crate) fn list(conn: &Connection, store: StoreId) -> Result<Vec<ImportRow>, DbError> {
    let sql = "select id, at, actor, undone_at,
                      (select count(*) from customer_import_people p
                         join customers c on c.store = p.store and c.id = p.customer and c.erased_at is null
                        where p.store = i.store and p.import = i.id)
                 from customer_imports i where store = ?1 order by id desc";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![store.as_bytes()], |row| {
        Ok(ImportRow {
            id: row.get(0)?,
            at: Timestamp::from_millis(row.get(1)?),
            actor: row.get(2)?,
            undone_at: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_millis),
            customers: row.get::<_, i64>(4)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether the import is there, and when it was taken back.
pub(crate) fn find(conn: &Connection, store: StoreId, id: i64) -> Result<Option<Option<Timestamp>>, DbError> {
    let sql = "select undone_at from customer_imports where store = ?1 and id = ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), id], |row| row.get::<_, Option<i64>>(0));
    Ok(found.optional()?.map(|at| at.map(Timestamp::from_millis)))
}

pub(crate) fn people(conn: &Connection, store: StoreId, id: i64) -> Result<Vec<(CustomerId, Vec<u8>)>, DbError> {
    let sql = "select customer, sealed_hash from customer_import_people where store = ?1 and import = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![store.as_bytes(), id], |row| Ok((CustomerId::from_uuid(uuid(row.get(0)?)), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn mark_undone(conn: &Connection, store: StoreId, id: i64, at: Timestamp) -> Result<(), DbError> {
    let sql = "update customer_imports set undone_at = ?3 where store = ?1 and id = ?2";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), id, at.millis()])?;
    Ok(())
}
