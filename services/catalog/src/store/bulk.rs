//! Rows of bulk changes.

use contracts::catalog::{Product, ProductContent};
use kernel::{ProductId, Sku, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::{Fault, key, signed, unsigned, uuid};

/// The most changes of a store that are kept; older ones cannot be taken back any more.
const KEPT: i64 = 20;

/// A change as it is listed.
pub(crate) struct BulkRow {
    pub(crate) id: i64,
    pub(crate) kind: String,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) undone_at: Option<Timestamp>,
    pub(crate) products: u64,
}

/// What a change did to a product.
pub(crate) struct ProductRow {
    pub(crate) product: ProductId,
    pub(crate) handle: String,
    pub(crate) version: u64,
    pub(crate) before: Option<ProductContent>,
}

/// What a change did to the stock of a SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StockRow {
    pub(crate) sku: Sku,
    pub(crate) location: String,
    pub(crate) before: i64,
    pub(crate) after: i64,
}

/// Begins a change and forgets those that are too old. Its number.
pub(crate) fn begin(conn: &Connection, store: &StoreId, kind: &str, at: Timestamp, actor: &str) -> Result<i64, Fault> {
    let sql = "insert into bulk_changes (store, kind, at, actor) values (?1, ?2, ?3, ?4)";
    conn.prepare_cached(sql)?.execute(params![key(store), kind, at.millis(), actor])?;
    let id = conn.last_insert_rowid();
    let sql = "delete from bulk_changes where store = ?1 and id in
               (select id from bulk_changes where store = ?1 order by id desc limit -1 offset ?2)";
    conn.prepare_cached(sql)?.execute(params![key(store), KEPT])?;
    Ok(id)
}

/// A change that changed nothing was none.
pub(crate) fn abandon(conn: &Connection, store: &StoreId, id: i64) -> Result<(), Fault> {
    conn.prepare_cached("delete from bulk_changes where store = ?1 and id = ?2")?.execute(params![key(store), id])?;
    Ok(())
}

pub(crate) fn add_product(
    conn: &Connection,
    store: &StoreId,
    change: i64,
    made: &Product,
    before: Option<&ProductContent>,
) -> Result<(), Fault> {
    let sql = "insert into bulk_change_products (store, change, product, handle, version, before)
               values (?1, ?2, ?3, ?4, ?5, ?6)
               on conflict (store, change, product) do update set version = excluded.version";
    conn.prepare_cached(sql)?.execute(params![
        key(store),
        change,
        &made.id.as_bytes()[..],
        made.handle,
        signed(made.version),
        before.map(serde_json::to_string).transpose()?,
    ])?;
    Ok(())
}

pub(crate) fn add_stock(conn: &Connection, store: &StoreId, change: i64, rows: &[StockRow]) -> Result<(), Fault> {
    let sql = "insert into bulk_change_stock (store, change, sku, location, before, after)
               values (?1, ?2, ?3, ?4, ?5, ?6)
               on conflict (store, change, sku, location) do update set after = excluded.after";
    let mut statement = conn.prepare_cached(sql)?;
    for row in rows {
        statement.execute(params![key(store), change, row.sku.as_str(), row.location, row.before, row.after])?;
    }
    Ok(())
}

/// The changes that are kept, latest first.
pub(crate) fn list(conn: &Connection, store: &StoreId) -> Result<Vec<BulkRow>, Fault> {
    let sql = "select id, kind, at, actor, undone_at,
                      (select count(*) from bulk_change_products p where p.store = c.store and p.change = c.id)
                 from bulk_changes c where store = ?1 order by id desc";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![key(store)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(BulkRow {
            id: row.get(0)?,
            kind: row.get(1)?,
            at: Timestamp::from_millis(row.get(2)?),
            actor: row.get(3)?,
            undone_at: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_millis),
            products: unsigned(row, 5)?,
        });
    }
    Ok(found)
}

/// Whether the change is there, and when it was taken back.
pub(crate) fn find(conn: &Connection, store: &StoreId, id: i64) -> Result<Option<Option<Timestamp>>, Fault> {
    let sql = "select undone_at from bulk_changes where store = ?1 and id = ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![key(store), id], |row| row.get::<_, Option<i64>>(0));
    Ok(found.optional()?.map(|at| at.map(Timestamp::from_millis)))
}

pub(crate) fn mark_undone(conn: &Connection, store: &StoreId, id: i64, at: Timestamp) -> Result<(), Fault> {
    let sql = "update bulk_changes set undone_at = ?3 where store = ?1 and id = ?2";
    conn.prepare_cached(sql)?.execute(params![key(store), id, at.millis()])?;
    Ok(())
}

/// What the change did, in the order of handles.
pub(crate) fn products(conn: &Connection, store: &StoreId, change: i64) -> Result<Vec<ProductRow>, Fault> {
    let sql = "select product, handle, version, before from bulk_change_products
                where store = ?1 and change = ?2 order by handle";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![key(store), change])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let before: Option<String> = row.get(3)?;
        found.push(ProductRow {
            product: ProductId::from_uuid(uuid(row, 0)?),
            handle: row.get(1)?,
            version: unsigned(row, 2)?,
            before: before.as_deref().map(serde_json::from_str).transpose()?,
        });
    }
    Ok(found)
}

pub(crate) fn stock(conn: &Connection, store: &StoreId, change: i64) -> Result<Vec<StockRow>, Fault> {
    let sql = "select sku, location, before, after from bulk_change_stock
                where store = ?1 and change = ?2 order by sku, location";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![key(store), change])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let sku: String = row.get(0)?;
        let Ok(sku) = Sku::new(&sku) else { continue };
        found.push(StockRow { sku, location: row.get(1)?, before: row.get(2)?, after: row.get(3)? });
    }
    Ok(found)
}
