//! The outbox: what happened, written in the transaction in which it happened.

use contracts::event::Event;
use kernel::{EventId, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::{Fault, key, signed, unsigned, uuid};

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
        &event.id.as_bytes()[..],
        key(event.store),
        event.aggregate,
        event.kind,
        event.at.millis(),
        event.request_id,
        serde_json::to_string(&event.data)?,
    ])?;
    Ok(())
}

/// Events behind `position`, at most `limit`, in order.
pub(crate) fn after(conn: &Connection, store: &StoreId, position: u64, limit: u32) -> Result<Vec<Event>, Fault> {
    let sql = "select position, id, aggregate, aggregate_seq, kind, version, at, request_id, payload from outbox \
               where store = ?1 and position > ?2 order by position limit ?3";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![key(store), signed(position), limit])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let payload: String = row.get(8)?;
        events.push(Event {
            position: unsigned(row, 0)?,
            id: EventId::from_uuid(uuid(row, 1)?),
            store: *store,
            aggregate: row.get(2)?,
            aggregate_seq: unsigned(row, 3)?,
            kind: row.get(4)?,
            version: row.get(5)?,
            at: Timestamp::from_millis(row.get(6)?).into(),
            request_id: row.get(7)?,
            data: serde_json::from_str(&payload)?,
        });
    }
    Ok(events)
}

/// The position up to which the relay has carried the outbox; 0 at first.
pub(crate) fn published(conn: &Connection, store: &StoreId) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached("select published from relay where store = ?1")?;
    Ok(statement.query_row(params![key(store)], |row| unsigned(row, 0)).optional()?.unwrap_or(0))
}

/// Remembers that everything up to `position` was carried on. Never goes back.
pub(crate) fn mark_published(conn: &Connection, store: &StoreId, position: u64) -> Result<(), Fault> {
    let sql = "insert into relay (store, published) values (?1, ?2) \
               on conflict (store) do update set published = max(published, excluded.published)";
    conn.prepare_cached(sql)?.execute(params![key(store), signed(position)])?;
    Ok(())
}
