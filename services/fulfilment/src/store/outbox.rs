//! The outbox: what happened, written in the transaction in which it happened.

use contracts::event::Event;
use infra::sqlite::DbError;
use kernel::{EventId, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, named_params};
use serde_json::json;
use uuid::Uuid;

use super::{Record, corrupt};

/// Tells that `record` is now in its state.
pub(crate) fn append(
    conn: &Connection,
    store: StoreId,
    id: EventId,
    record: &Record,
    at: Timestamp,
) -> Result<(), DbError> {
    let aggregate = format!("fulfilment:{}", record.id);
    let data = json!({
        "fulfilment_id": record.id,
        "order_id": record.order,
        "number": record.number,
        "location": record.location,
        "lines": record.lines,
        "carrier": record.carrier,
        "tracking": record.tracking,
        "reason": record.reason,
    });
    let sql = "insert into outbox (id, store, aggregate, aggregate_seq, kind, at, payload)
               values (:id, :store, :aggregate,
                       (select coalesce(max(aggregate_seq), 0) + 1 from outbox
                         where store = :store and aggregate = :aggregate),
                       :kind, :at, :payload)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":id": id.as_bytes(),
        ":store": store.as_bytes(),
        ":aggregate": aggregate,
        ":kind": format!("fulfilment.{}", record.state.name()),
        ":at": at.millis(),
        ":payload": data.to_string(),
    })?;
    Ok(())
}

/// Events that are not in the feed yet, oldest first.
pub(crate) fn unpublished(conn: &Connection, store: StoreId, limit: usize) -> Result<Vec<Event>, DbError> {
    let published = {
        let sql = "select published from relay where store = :store";
        let found = conn
            .prepare_cached(sql)?
            .query_row(named_params! { ":store": store.as_bytes() }, |row| row.get::<_, i64>(0));
        found.optional()?.unwrap_or(0)
    };
    let sql = "select position, id, aggregate, aggregate_seq, kind, at, payload from outbox
                where store = :store and position > :published order by position limit :limit";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(
        named_params! {
            ":store": store.as_bytes(),
            ":published": published,
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        },
        |row| {
            let payload: String = row.get("payload")?;
            Ok(Event {
                id: EventId::from_uuid(Uuid::from_bytes(row.get("id")?)),
                position: row.get::<_, i64>("position")?.unsigned_abs(),
                store,
                aggregate: row.get("aggregate")?,
                aggregate_seq: row.get::<_, i64>("aggregate_seq")?.unsigned_abs(),
                kind: row.get("kind")?,
                version: 1,
                at: Timestamp::from_millis(row.get("at")?).into(),
                request_id: None,
                data: serde_json::from_str(&payload).map_err(corrupt)?,
            })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Remembers that everything up to `position` was carried on. Never goes back.
pub(crate) fn mark_published(conn: &Connection, store: StoreId, position: u64) -> Result<(), DbError> {
    let sql = "insert into relay (store, published) values (:store, :position)
               on conflict (store) do update set published = max(published, excluded.published)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":position": i64::try_from(position).unwrap_or(i64::MAX),
    })?;
    Ok(())
}
