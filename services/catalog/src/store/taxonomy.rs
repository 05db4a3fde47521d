//! Rows of product types, categories and collections: a document each, under its handle.

use std::collections::BTreeMap;

use contracts::catalog::{Category, Collection, ProductType};
use kernel::StoreId;
use rusqlite::{Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Fault, key, signed, uuid};
use crate::model::Taxonomy;

/// Every store's taxonomy.
pub(crate) fn load(conn: &Connection) -> Result<BTreeMap<StoreId, Taxonomy>, Fault> {
    let mut found: BTreeMap<StoreId, Taxonomy> = BTreeMap::new();
    each(conn, "select store, document from product_types", |store, document: ProductType| {
        found.entry(store).or_default().types.insert(document.handle.clone(), document);
    })?;
    each(conn, "select store, document from categories", |store, document: Category| {
        found.entry(store).or_default().categories.insert(document.handle.clone(), document);
    })?;
    each(conn, "select store, document from collections", |store, document: Collection| {
        found.entry(store).or_default().collections.insert(document.handle.clone(), document);
    })?;
    Ok(found)
}

fn each<T: DeserializeOwned>(conn: &Connection, sql: &str, mut take: impl FnMut(StoreId, T)) -> Result<(), Fault> {
    let mut statement = conn.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let document: String = row.get(1)?;
        take(StoreId::from_uuid(uuid(row, 0)?), serde_json::from_str(&document)?);
    }
    Ok(())
}

fn put(conn: &Connection, sql: &str, store: &StoreId, row: (&str, u64, &impl Serialize)) -> Result<(), Fault> {
    let (handle, version, document) = row;
    let document = serde_json::to_string(document)?;
    conn.prepare_cached(sql)?.execute(params![key(store), handle, signed(version), document])?;
    Ok(())
}

pub(crate) fn put_product_type(conn: &Connection, store: &StoreId, document: &ProductType) -> Result<(), Fault> {
    let sql = "insert into product_types (store, handle, version, document) values (?1, ?2, ?3, ?4) \
               on conflict (store, handle) do update set version = excluded.version, document = excluded.document";
    put(conn, sql, store, (&document.handle, document.version, document))
}

pub(crate) fn put_collection(conn: &Connection, store: &StoreId, document: &Collection) -> Result<(), Fault> {
    let sql = "insert into collections (store, handle, version, document) values (?1, ?2, ?3, ?4) \
               on conflict (store, handle) do update set version = excluded.version, document = excluded.document";
    put(conn, sql, store, (&document.handle, document.version, document))
}

pub(crate) fn put_category(conn: &Connection, store: &StoreId, document: &Category) -> Result<(), Fault> {
    let sql = "insert into categories (store, handle, parent, version, document) values (?1, ?2, ?3, ?4, ?5) \
               on conflict (store, handle) do update \
               set parent = excluded.parent, version = excluded.version, document = excluded.document";
    conn.prepare_cached(sql)?.execute(params![
        key(store),
        document.handle,
        document.parent,
        signed(document.version),
        serde_json::to_string(document)?
    ])?;
    Ok(())
}

pub(crate) fn delete_category(conn: &Connection, store: &StoreId, handle: &str) -> Result<(), Fault> {
    conn.prepare_cached("delete from categories where store = ?1 and handle = ?2")?
        .execute(params![key(store), handle])?;
    Ok(())
}

pub(crate) fn delete_collection(conn: &Connection, store: &StoreId, handle: &str) -> Result<(), Fault> {
    conn.prepare_cached("delete from collections where store = ?1 and handle = ?2")?
        .execute(params![key(store), handle])?;
    Ok(())
}
