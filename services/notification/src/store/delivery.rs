//! Messages, and what became of each at each endpoint.

use contracts::notification::{DeliveryStatus, DeliveryView, ReplayRequest};
use infra::sqlite::DbError;
use kernel::{EventId, StoreId, Timestamp, WebhookEndpointId};
use rusqlite::{Connection, Row, named_params};

use super::{maybe_time, named, time, uuid};

/// A message whose time has come.
#[derive(Clone, Debug)]
pub(crate) struct DueDelivery {
    pub(crate) event: EventId,
    pub(crate) body: String,
    pub(crate) tries: u32,
}

/// Keeps a message; the same one again changes nothing.
pub(crate) fn put_message(
    conn: &Connection,
    store: StoreId,
    event: EventId,
    kind: &str,
    body: &str,
    at: Timestamp,
) -> Result<(), DbError> {
    let sql = "insert into messages (store, event, kind, body, at) values (:store, :event, :kind, :body, :at)
               on conflict do nothing";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(), ":event": event.as_bytes(), ":kind": kind, ":body": body, ":at": at.millis(),
    })?;
    Ok(())
}

/// Queues a message for an endpoint; the same one again changes nothing.
pub(crate) fn insert(
    conn: &Connection,
    store: StoreId,
    endpoint: WebhookEndpointId,
    event: EventId,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "insert into deliveries (store, endpoint, event, status, next_at, created_at)
               values (:store, :endpoint, :event, 'pending', :now, :now)
               on conflict do nothing";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(), ":endpoint": endpoint.as_bytes(), ":event": event.as_bytes(), ":now": now.millis(),
    })?;
    Ok(())
}

/// What is due at one endpoint, longest waiting first.
pub(crate) fn due(
    conn: &Connection,
    store: StoreId,
    endpoint: WebhookEndpointId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<DueDelivery>, DbError> {
    let sql = "select d.event, d.tries, m.body
                 from deliveries d join messages m on m.store = d.store and m.event = d.event
                where d.store = :store and d.endpoint = :endpoint and d.status = 'pending' and d.next_at <= :now
                order by d.next_at, d.event limit :limit";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(
        named_params! {
            ":store": store.as_bytes(),
            ":endpoint": endpoint.as_bytes(),
            ":now": now.millis(),
            ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
        },
        |row| {
            Ok(DueDelivery {
                event: EventId::from_uuid(uuid(row, "event")?),
                body: row.get("body")?,
                tries: row.get("tries")?,
            })
        },
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// What became of a try.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) status: DeliveryStatus,
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) last_status: Option<u16>,
    pub(crate) last_error: Option<String>,
}

pub(crate) fn record(
    conn: &Connection,
    store: StoreId,
    (endpoint, event): (WebhookEndpointId, EventId),
    now: Timestamp,
    tried: &Tried,
) -> Result<(), DbError> {
    let delivered = tried.status == DeliveryStatus::Delivered;
    let sql = "update deliveries
                  set status = :status, tries = tries + 1, next_at = :next_at, last_status = :last_status,
                      last_error = :last_error, delivered_at = iif(:delivered, :now, delivered_at)
                where store = :store and endpoint = :endpoint and event = :event";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":status": tried.status.name(),
        ":next_at": tried.next_at.map(Timestamp::millis),
        ":last_status": tried.last_status,
        ":last_error": tried.last_error,
        ":delivered": delivered,
        ":now": now.millis(),
        ":store": store.as_bytes(),
        ":endpoint": endpoint.as_bytes(),
        ":event": event.as_bytes(),
    })?;
    Ok(())
}

/// A page of deliveries to an endpoint, latest first, behind `before`.
pub(crate) fn list(
    conn: &Connection,
    store: StoreId,
    endpoint: WebhookEndpointId,
    status: Option<DeliveryStatus>,
    before: Option<EventId>,
    limit: u32,
) -> Result<Vec<DeliveryView>, DbError> {
    let sql = "select d.endpoint, d.event, m.kind, d.status, d.tries, d.created_at, d.next_at, d.delivered_at,
                      d.last_status, d.last_error
                 from deliveries d join messages m on m.store = d.store and m.event = d.event
                where d.store = :store and d.endpoint = :endpoint and (:before is null or d.event < :before)
                  and (:status is null or d.status = :status)
                order by d.event desc limit :limit";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(
        named_params! {
            ":store": store.as_bytes(),
            ":endpoint": endpoint.as_bytes(),
            ":before": before.as_ref().map(EventId::as_bytes),
            ":status": status.map(DeliveryStatus::name),
            ":limit": limit,
        },
        view,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn view(row: &Row<'_>) -> rusqlite::Result<DeliveryView> {
    Ok(DeliveryView {
        event_id: EventId::from_uuid(uuid(row, "event")?),
        endpoint_id: WebhookEndpointId::from_uuid(uuid(row, "endpoint")?),
        kind: row.get("kind")?,
        status: named(row, "status", DeliveryStatus::from_name)?,
        tries: row.get("tries")?,
        created_at: time(row, "created_at")?.into(),
        next_at: maybe_time(row, "next_at")?.map(Into::into),
        delivered_at: maybe_time(row, "delivered_at")?.map(Into::into),
        last_status: row.get("last_status")?,
        last_error: row.get("last_error")?,
    })
}

/// Queues deliveries once more. How many.
pub(crate) fn replay(
    conn: &Connection,
    store: StoreId,
    endpoint: WebhookEndpointId,
    which: &ReplayRequest,
    now: Timestamp,
) -> Result<u64, DbError> {
    let sql = "update deliveries
                  set status = 'pending', tries = 0, next_at = :now
                where store = :store and endpoint = :endpoint
                  and (:event is null or event = :event)
                  and (not :only_failed or status = 'failed')
                  and exists (select 1 from messages m
                               where m.store = deliveries.store and m.event = deliveries.event
                                 and (:since is null or m.at >= :since) and (:until is null or m.at < :until))";
    let changed = conn.prepare_cached(sql)?.execute(named_params! {
        ":now": now.millis(),
        ":store": store.as_bytes(),
        ":endpoint": endpoint.as_bytes(),
        ":event": which.event_id.as_ref().map(EventId::as_bytes),
        ":only_failed": which.only_failed,
        ":since": which.since.map(|at| at.0.millis()),
        ":until": which.until.map(|at| at.0.millis()),
    })?;
    Ok(changed as u64)
}

/// Deletes messages that were done with before `until`, with their deliveries. How many.
pub(crate) fn prune(conn: &Connection, store: StoreId, until: Timestamp) -> Result<usize, DbError> {
    let sql = "delete from messages
                where store = :store and at < :until
                  and not exists (select 1 from deliveries d
                                   where d.store = messages.store and d.event = messages.event
                                     and d.status = 'pending')";
    Ok(conn.prepare_cached(sql)?.execute(named_params! { ":store": store.as_bytes(), ":until": until.millis() })?)
}
