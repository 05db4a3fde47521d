//! Rows of products and of the SKUs that belong to them.

use contracts::catalog::{Product, ProductContent, ProductStatus};
use kernel::{ProductId, Sku, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Fault, key, signed, unsigned, uuid};

const COLUMNS: &str = "id, handle, version, created_at, updated_at, document";

/// Reads [`COLUMNS`], which begin at column `from`.
fn row(row: &Row<'_>, from: usize) -> Result<Product, Fault> {
    let document: String = row.get(from + 5)?;
    Ok(Product {
        id: ProductId::from_uuid(uuid(row, from)?),
        handle: row.get(from + 1)?,
        version: unsigned(row, from + 2)?,
        created_at: Timestamp::from_millis(row.get(from + 3)?).into(),
        updated_at: Timestamp::from_millis(row.get(from + 4)?).into(),
        content: serde_json::from_str::<ProductContent>(&document)?,
    })
}

fn status(content: &ProductContent) -> &'static str {
    match content.status {
        ProductStatus::Draft => "draft",
        ProductStatus::Active => "active",
        ProductStatus::Archived => "archived",
    }
}

pub(crate) fn find(conn: &Connection, store: &StoreId, handle: &str) -> Result<Option<Product>, Fault> {
    let sql = format!("select {COLUMNS} from products where store = ?1 and handle = ?2");
    let mut statement = conn.prepare_cached(&sql)?;
    statement.query_row(params![key(store), handle], |r| Ok(row(r, 0))).optional()?.transpose()
}

/// Products behind `after` in the order of handles.
pub(crate) fn list(conn: &Connection, store: &StoreId, after: &str, limit: u32) -> Result<Vec<Product>, Fault> {
    let sql = format!("select {COLUMNS} from products where store = ?1 and handle > ?2 order by handle limit ?3");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![key(store), after, limit])?;
    let mut products = Vec::new();
    while let Some(r) = rows.next()? {
        products.push(row(r, 0)?);
    }
    Ok(products)
}

/// Gives every active product of every store to `take`.
pub(crate) fn each_active(conn: &Connection, mut take: impl FnMut(StoreId, Product)) -> Result<(), Fault> {
    let sql = format!("select store, {COLUMNS} from products where status = 'active'");
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(r) = rows.next()? {
        take(StoreId::from_uuid(uuid(r, 0)?), row(r, 1)?);
    }
    Ok(())
}

/// Which of `skus` belong to a product other than `product`, as positions.
pub(crate) fn taken<'a>(
    conn: &Connection,
    store: &StoreId,
    product: ProductId,
    skus: impl Iterator<Item = &'a Sku>,
) -> Result<Vec<usize>, Fault> {
    let mut statement = conn.prepare_cached("select product from skus where store = ?1 and sku = ?2")?;
    let mut taken = Vec::new();
    for (i, sku) in skus.enumerate() {
        let owner = statement.query_row(params![key(store), sku.as_str()], |r| uuid(r, 0)).optional()?;
        if owner.is_some_and(|owner| owner != product.uuid()) {
            taken.push(i);
        }
    }
    Ok(taken)
}

pub(crate) fn insert(conn: &Connection, store: &StoreId, product: &Product) -> Result<(), Fault> {
    let sql = "insert into products (id, store, handle, version, status, category, document, created_at, updated_at) \
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    conn.prepare_cached(sql)?.execute(params![
        &product.id.as_bytes()[..],
        key(store),
        product.handle,
        signed(product.version),
        status(&product.content),
        product.content.category,
        serde_json::to_string(&product.content)?,
        product.created_at.0.millis(),
        product.updated_at.0.millis(),
    ])?;
    own(conn, store, product, &[])
}

/// Writes the next version of a product over the one before it.
pub(crate) fn update(conn: &Connection, store: &StoreId, product: &Product, before: &Product) -> Result<(), Fault> {
    let sql = "update products set version = ?4, status = ?5, category = ?6, document = ?7, updated_at = ?8 \
               where store = ?1 and id = ?2 and version = ?3";
    let changed = conn.prepare_cached(sql)?.execute(params![
        key(store),
        &product.id.as_bytes()[..],
        signed(before.version),
        signed(product.version),
        status(&product.content),
        product.content.category,
        serde_json::to_string(&product.content)?,
        product.updated_at.0.millis(),
    ])?;
    if changed != 1 {
        return Err(kernel::Failure::internal("a product changed while it was being written").into());
    }
    let known: Vec<&Sku> = before.content.variants.iter().map(|variant| &variant.sku).collect();
    own(conn, store, product, &known)
}

/// Makes the SKUs of `product`, and no others, belong to it; `known` are those that belonged to it before.
fn own(conn: &Connection, store: &StoreId, product: &Product, known: &[&Sku]) -> Result<(), Fault> {
    let now: Vec<&Sku> = product.content.variants.iter().map(|variant| &variant.sku).collect();
    for gone in known.iter().filter(|sku| !now.contains(sku)) {
        conn.prepare_cached("delete from skus where store = ?1 and sku = ?2")?
            .execute(params![key(store), gone.as_str()])?;
    }
    for new in now.iter().filter(|sku| !known.contains(sku)) {
        conn.prepare_cached("insert into skus (store, sku, product) values (?1, ?2, ?3)")?.execute(params![
            key(store),
            new.as_str(),
            &product.id.as_bytes()[..]
        ])?;
    }
    Ok(())
}

/// Deletes a product; its SKUs are free again.
pub(crate) fn delete(conn: &Connection, store: &StoreId, product: ProductId) -> Result<(), Fault> {
    conn.prepare_cached("delete from products where store = ?1 and id = ?2")?
        .execute(params![key(store), &product.as_bytes()[..]])?;
    Ok(())
}

/// Whether any product stands in `category`.
pub(crate) fn any_in_category(conn: &Connection, store: &StoreId, category: &str) -> Result<bool, Fault> {
    let sql = "select exists (select 1 from products where store = ?1 and category = ?2)";
    Ok(conn.prepare_cached(sql)?.query_row(params![key(store), category], |r| r.get(0))?)
}

/// The handles of the products in `collection`. Reads every document: for the rare end of a collection.
pub(crate) fn in_collection(conn: &Connection, store: &StoreId, collection: &str) -> Result<Vec<String>, Fault> {
    let sql = "select p.handle from products p where p.store = ?1 and exists \
               (select 1 from json_each(p.document, '$.collections') c where c.value = ?2) order by p.handle";
    let mut statement = conn.prepare_cached(sql)?;
    let handles = statement.query_map(params![key(store), collection], |r| r.get(0))?;
    Ok(handles.collect::<rusqlite::Result<_>>()?)
}

/// The handle of the product that has one of `skus`.
pub(crate) fn owner<'a>(
    conn: &Connection,
    store: &StoreId,
    skus: impl Iterator<Item = &'a Sku>,
) -> Result<Option<String>, Fault> {
    let sql = "select p.handle from skus s join products p on p.store = s.store and p.id = s.product \
               where s.store = ?1 and s.sku = ?2";
    let mut statement = conn.prepare_cached(sql)?;
    for sku in skus {
        let found = statement.query_row(params![key(store), sku.as_str()], |r| r.get(0)).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
