//! `checkout.db`: the documents and the outbox. Every statement names the store.

use std::path::Path;

use contracts::event::Event;
use contracts::selling::{TermsDocument, TermsKind};
pub(crate) use infra::sqlite::Fault;
use infra::sqlite::{Db, DbError, Migration, Options, Synchronous};
use kernel::{EventId, Failure, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

const MIGRATIONS: &[Migration] =
    &[Migration { name: "0001_initial", sql: include_str!("../../migrations/0001_initial.sql") }];

/// # Errors
/// When the file cannot be opened or its schema not brought up to date.
pub(crate) fn open(data_dir: &Path) -> Result<Db, DbError> {
    let options = Options { synchronous: Synchronous::Full, readers: 2 };
    Db::open(&data_dir.join("checkout.db"), MIGRATIONS, options)
}

// ---- Documents ------------------------------------------------------------------------------------------------------

/// Every document of every store.
pub(crate) fn load(conn: &Connection) -> Result<Vec<(StoreId, TermsDocument)>, Fault> {
    let mut statement = conn.prepare("select store, kind, document from documents order by store, kind, handle")?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let store = StoreId::from_uuid(uuid(row, 0)?);
        let (kind, document): (String, String) = (row.get(1)?, row.get(2)?);
        found.push((store, parse(&kind, &document)?));
    }
    Ok(found)
}

fn parse(kind: &str, document: &str) -> Result<TermsDocument, Fault> {
    Ok(match kind {
        "promotion" => TermsDocument::Promotion(serde_json::from_str(document)?),
        "tax_zone" => TermsDocument::TaxZone(serde_json::from_str(document)?),
        "shipping_zone" => TermsDocument::ShippingZone(serde_json::from_str(document)?),
        "price_list" => TermsDocument::PriceList(serde_json::from_str(document)?),
        "customer_group" => TermsDocument::CustomerGroup(serde_json::from_str(document)?),
        "selling_settings" => TermsDocument::Settings(serde_json::from_str(document)?),
        other => return Err(Failure::internal(format!("checkout.db has a document of the kind {other:?}")).into()),
    })
}

pub(crate) fn put(conn: &Connection, store: &StoreId, document: &TermsDocument) -> Result<(), Fault> {
    let sql = "insert into documents (store, kind, handle, version, document) values (?1, ?2, ?3, ?4, ?5) \
               on conflict (store, kind, handle) do update set version = excluded.version, document = excluded.document";
    conn.prepare_cached(sql)?.execute(params![
        store.as_bytes(),
        document.kind().name(),
        document.handle(),
        document.version().cast_signed(),
        serde_json::to_string(document)?,
    ])?;
    Ok(())
}

pub(crate) fn delete(conn: &Connection, store: &StoreId, kind: TermsKind, handle: &str) -> Result<(), Fault> {
    let sql = "delete from documents where store = ?1 and kind = ?2 and handle = ?3";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), kind.name(), handle])?;
    Ok(())
}

// ---- Outbox ---------------------------------------------------------------------------------------------------------

/// An event about to be written; position and sequence are given by the outbox.
pub(crate) struct NewEvent<'a> {
    pub(crate) id: EventId,
    pub(crate) store: &'a StoreId,
    pub(crate) aggregate: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) data: Value,
}

/// Appends an event as the next of its aggregate. There is one writer, so the next number cannot be taken.
pub(crate) fn append(conn: &Connection, event: &NewEvent<'_>) -> Result<(), Fault> {
    let sql = "insert into outbox (id, store, aggregate, aggregate_seq, kind, version, at, request_id, payload) \
               values (?1, ?2, ?3, (select coalesce(max(aggregate_seq), 0) + 1 from outbox \
               where store = ?2 and aggregate = ?3), ?4, 1, ?5, ?6, ?7)";
    conn.prepare_cached(sql)?.execute(params![
        event.id.as_bytes(),
        event.store.as_bytes(),
        event.aggregate,
        event.kind,
        event.at.millis(),
        event.request_id,
        serde_json::to_string(&event.data)?,
    ])?;
    Ok(())
}

/// Events that the relay has not carried on yet, at most `limit`, in order.
pub(crate) fn unpublished(conn: &Connection, store: &StoreId, limit: usize) -> Result<Vec<Event>, Fault> {
    let sql = "select published from relay where store = ?1";
    let published: Option<i64> =
        conn.prepare_cached(sql)?.query_row([store.as_bytes()], |row| row.get(0)).optional()?;
    let sql = "select position, id, aggregate, aggregate_seq, kind, version, at, request_id, payload from outbox \
               where store = ?1 and position > ?2 order by position limit ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![store.as_bytes(), published.unwrap_or(0), limit])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let payload: String = row.get(8)?;
        events.push(Event {
            position: row.get::<_, i64>(0)?.cast_unsigned(),
            id: EventId::from_uuid(uuid(row, 1)?),
            store: *store,
            aggregate: row.get(2)?,
            aggregate_seq: row.get::<_, i64>(3)?.cast_unsigned(),
            kind: row.get(4)?,
            version: row.get(5)?,
            at: Timestamp::from_millis(row.get(6)?).into(),
            request_id: row.get(7)?,
            data: serde_json::from_str(&payload)?,
        });
    }
    Ok(events)
}

/// Remembers that everything up to `position` was carried on. Never goes back.
pub(crate) fn mark_published(conn: &Connection, store: &StoreId, position: u64) -> Result<(), Fault> {
    let sql = "insert into relay (store, published) values (?1, ?2) \
               on conflict (store) do update set published = max(published, excluded.published)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), position.cast_signed()])?;
    Ok(())
}

fn uuid(row: &rusqlite::Row<'_>, index: usize) -> rusqlite::Result<uuid::Uuid> {
    Ok(uuid::Uuid::from_bytes(row.get::<_, [u8; 16]>(index)?))
}
