//! `fulfilment.db`. Every statement names the store.

pub(crate) mod outbox;

use std::path::Path;

use contracts::fulfilment::{FulfilmentFilter, FulfilmentState, TrackingStatus, TrackingUpdate};
use infra::sqlite::{Db, DbError, Migration, Options, Synchronous};
use kernel::{FulfilmentId, OrderId, ShipmentId, Sku, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_initial", sql: include_str!("../../migrations/0001_initial.sql") },
    Migration { name: "0002_several_per_order", sql: include_str!("../../migrations/0002_several_per_order.sql") },
];

/// # Errors
/// When the file cannot be opened or its schema not brought up to date.
pub(crate) fn open(data_dir: &Path) -> Result<Db, DbError> {
    let options = Options { synchronous: Synchronous::Full, readers: 2 };
    Db::open_in_background(&data_dir.join("fulfilment.db"), MIGRATIONS, options)
}

/// `fulfilment.db` in memory, for simulations.
///
/// # Errors
/// When the schema cannot be made.
pub fn in_memory(fate: std::sync::Arc<dyn infra::sqlite::Fate>) -> Result<Db, DbError> {
    Db::in_memory(MIGRATIONS, fate)
}

/// Units of one line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredLine {
    pub(crate) line: u32,
    pub(crate) sku: Sku,
    pub(crate) quantity: u32,
}

/// A fulfilment as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) id: FulfilmentId,
    pub(crate) order: OrderId,
    pub(crate) number: String,
    pub(crate) location: String,
    pub(crate) state: FulfilmentState,
    pub(crate) lines: Vec<StoredLine>,
    /// Whether the order is paid; nobody sees a fulfilment before.
    pub(crate) paid: bool,
    pub(crate) carrier: Option<String>,
    pub(crate) tracking: Option<String>,
    pub(crate) announced_at: Option<Timestamp>,
    pub(crate) shipment: Option<ShipmentId>,
    /// How often the order refused to be shipped: each try after a refusal is a new request.
    pub(crate) refusals: u32,
    pub(crate) settled: bool,
    pub(crate) reason: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) dropped: bool,
    pub(crate) next_at: Option<Timestamp>,
    pub(crate) tries: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Record {
    /// A request to whoever packs at `location`; nobody sees it before it is paid and has lines.
    pub(crate) fn requested(id: FulfilmentId, order: OrderId, number: &str, location: &str, now: Timestamp) -> Self {
        Record {
            id,
            order,
            number: number.to_owned(),
            location: location.to_owned(),
            state: FulfilmentState::Requested,
            lines: Vec::new(),
            paid: false,
            carrier: None,
            tracking: None,
            announced_at: None,
            shipment: None,
            refusals: 0,
            settled: false,
            reason: None,
            file: None,
            dropped: false,
            next_at: None,
            tries: 0,
            created_at: now,
            updated_at: now,
        }
    }
}

const ALL: &str = "id, order_id, number, location, state, lines, paid, carrier, tracking, announced_at, shipment,
                   refusals, settled, reason, file, dropped, next_at, tries, created_at, updated_at";

fn uuid(row: &Row<'_>, name: &str) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(name)?))
}

fn maybe_time(row: &Row<'_>, name: &str) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(name)?.map(Timestamp::from_millis))
}

/// A row that this program cannot have written.
fn corrupt(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, why.into())
}

fn json(value: &impl Serialize) -> Result<String, DbError> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()).into())
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let state: String = row.get("state")?;
    let lines: String = row.get("lines")?;
    let shipment: Option<[u8; 16]> = row.get("shipment")?;
    Ok(Record {
        id: FulfilmentId::from_uuid(uuid(row, "id")?),
        order: OrderId::from_uuid(uuid(row, "order_id")?),
        number: row.get("number")?,
        location: row.get("location")?,
        state: FulfilmentState::from_name(&state).ok_or_else(|| corrupt(format!("state is {state:?}")))?,
        lines: serde_json::from_str(&lines).map_err(corrupt)?,
        paid: row.get("paid")?,
        carrier: row.get("carrier")?,
        tracking: row.get("tracking")?,
        announced_at: maybe_time(row, "announced_at")?,
        shipment: shipment.map(|bytes| ShipmentId::from_uuid(Uuid::from_bytes(bytes))),
        refusals: row.get("refusals")?,
        settled: row.get("settled")?,
        reason: row.get("reason")?,
        file: row.get("file")?,
        dropped: row.get("dropped")?,
        next_at: maybe_time(row, "next_at")?,
        tries: row.get("tries")?,
        created_at: Timestamp::from_millis(row.get("created_at")?),
        updated_at: Timestamp::from_millis(row.get("updated_at")?),
    })
}

pub(crate) fn get(conn: &Connection, store: StoreId, id: FulfilmentId) -> Result<Option<Record>, DbError> {
    let sql = format!("select {ALL} from fulfilments where store = :store and id = :id");
    let found = conn
        .prepare_cached(&sql)?
        .query_row(named_params! { ":store": store.as_bytes(), ":id": id.as_bytes() }, record);
    Ok(found.optional()?)
}

/// The fulfilments of an order, paid or not.
pub(crate) fn of_order(conn: &Connection, store: StoreId, order: OrderId) -> Result<Vec<Record>, DbError> {
    let sql = format!("select {ALL} from fulfilments where store = :store and order_id = :order order by id");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(named_params! { ":store": store.as_bytes(), ":order": order.as_bytes() }, record)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A page of the fulfilments of paid orders, oldest first, behind `after`.
pub(crate) fn list(
    conn: &Connection,
    store: StoreId,
    filter: &FulfilmentFilter,
    after: Option<FulfilmentId>,
    limit: u32,
) -> Result<Vec<Record>, DbError> {
    let sql = format!(
        "select {ALL} from fulfilments
          where store = :store and paid = 1 and lines <> '[]' and (:after is null or id > :after)
            and (:state is null or state = :state) and (:order is null or order_id = :order)
            and (:location is null or location = :location)
          order by id limit :limit"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":store": store.as_bytes(),
            ":after": after.as_ref().map(FulfilmentId::as_bytes),
            ":state": filter.state.map(FulfilmentState::name),
            ":order": filter.order.as_ref().map(OrderId::as_bytes),
            ":location": filter.location,
            ":limit": limit,
        },
        record,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Fulfilments that are to be looked at, longest waiting first.
pub(crate) fn due(conn: &Connection, store: StoreId, now: Timestamp, limit: u32) -> Result<Vec<Record>, DbError> {
    let sql =
        format!("select {ALL} from fulfilments where store = :store and next_at <= :now order by next_at limit :limit");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement
        .query_map(named_params! { ":store": store.as_bytes(), ":now": now.millis(), ":limit": limit }, record)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// An order whose fulfilments are to be compared with it.
#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) order: OrderId,
    pub(crate) number: String,
    pub(crate) position: u64,
    pub(crate) readdressed: bool,
    pub(crate) tries: u32,
}

/// Asks for a comparison, because of the event at `position`.
pub(crate) fn ask_for_plan(
    conn: &Connection,
    store: StoreId,
    planned: &Planned,
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "insert into plans (store, order_id, number, position, readdressed, next_at)
               values (:store, :order, :number, :position, :readdressed, :now)
               on conflict (store, order_id) do update
                  set position = excluded.position, readdressed = max(readdressed, excluded.readdressed),
                      next_at = excluded.next_at, tries = 0";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":order": planned.order.as_bytes(),
        ":number": planned.number,
        ":position": planned.position.cast_signed(),
        ":readdressed": planned.readdressed,
        ":now": now.millis(),
    })?;
    Ok(())
}

/// Orders to be compared, longest waiting first.
pub(crate) fn plans(conn: &Connection, store: StoreId, now: Timestamp, limit: u32) -> Result<Vec<Planned>, DbError> {
    let sql = "select order_id, number, position, readdressed, tries from plans
                where store = :store and next_at <= :now order by next_at limit :limit";
    let mut statement = conn.prepare_cached(sql)?;
    let given = named_params! { ":store": store.as_bytes(), ":now": now.millis(), ":limit": limit };
    let rows = statement.query_map(given, |row| {
        Ok(Planned {
            order: OrderId::from_uuid(uuid(row, "order_id")?),
            number: row.get("number")?,
            position: row.get::<_, i64>("position")?.unsigned_abs(),
            readdressed: row.get("readdressed")?,
            tries: row.get("tries")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The comparison is done, unless another event asked for it meanwhile.
pub(crate) fn planned(conn: &Connection, store: StoreId, done: &Planned) -> Result<(), DbError> {
    let sql = "delete from plans where store = :store and order_id = :order and position = :position";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(), ":order": done.order.as_bytes(), ":position": done.position.cast_signed(),
    })?;
    Ok(())
}

/// The comparison failed and is tried again.
pub(crate) fn plan_later(
    conn: &Connection,
    store: StoreId,
    failed: &Planned,
    next_at: Timestamp,
) -> Result<(), DbError> {
    let sql = "update plans set next_at = :next_at, tries = tries + 1
                where store = :store and order_id = :order and position = :position";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":order": failed.order.as_bytes(),
        ":position": failed.position.cast_signed(),
        ":next_at": next_at.millis(),
    })?;
    Ok(())
}

/// Fulfilments with a file in the folder for pick-up.
pub(crate) fn filed(
    conn: &Connection,
    store: StoreId,
    after: Option<FulfilmentId>,
    limit: u32,
) -> Result<Vec<Record>, DbError> {
    let sql = format!(
        "select {ALL} from fulfilments
          where store = :store and file is not null and (:after is null or id > :after) order by id limit :limit"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(
        named_params! {
            ":store": store.as_bytes(), ":after": after.as_ref().map(FulfilmentId::as_bytes), ":limit": limit,
        },
        record,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes a fulfilment, new or changed.
pub(crate) fn put(conn: &Connection, store: StoreId, r: &Record) -> Result<(), DbError> {
    let sql = "insert into fulfilments (store, id, order_id, number, location, state, lines, paid, carrier, tracking,
                                        announced_at, shipment, refusals, settled, reason, file, dropped, next_at,
                                        tries, created_at, updated_at)
               values (:store, :id, :order, :number, :location, :state, :lines, :paid, :carrier, :tracking,
                       :announced_at, :shipment, :refusals, :settled, :reason, :file, :dropped, :next_at, :tries,
                       :created_at, :updated_at)
               on conflict (store, id) do update
                  set location = :location, state = :state, lines = :lines, paid = :paid, carrier = :carrier,
                      tracking = :tracking, announced_at = :announced_at, shipment = :shipment, refusals = :refusals, settled = :settled,
                      reason = :reason, file = :file, dropped = :dropped, next_at = :next_at, tries = :tries,
                      updated_at = :updated_at";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":id": r.id.as_bytes(),
        ":order": r.order.as_bytes(),
        ":number": r.number,
        ":location": r.location,
        ":state": r.state.name(),
        ":lines": json(&r.lines)?,
        ":paid": r.paid,
        ":carrier": r.carrier,
        ":tracking": r.tracking,
        ":announced_at": r.announced_at.map(Timestamp::millis),
        ":shipment": r.shipment.as_ref().map(ShipmentId::as_bytes),
        ":refusals": r.refusals,
        ":settled": r.settled,
        ":reason": r.reason,
        ":file": r.file,
        ":dropped": r.dropped,
        ":next_at": r.next_at.map(Timestamp::millis),
        ":tries": r.tries,
        ":created_at": r.created_at.millis(),
        ":updated_at": r.updated_at.millis(),
    })?;
    Ok(())
}

/// Keeps what a carrier said; the same thing again changes nothing. Whether it is news.
pub(crate) fn put_update(
    conn: &Connection,
    store: StoreId,
    id: FulfilmentId,
    update: &TrackingUpdate,
) -> Result<bool, DbError> {
    let sql = "insert into tracking (store, fulfilment, at, status, place) values (:store, :id, :at, :status, :place)
               on conflict do nothing";
    let changed = conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":id": id.as_bytes(),
        ":at": update.at.0.millis(),
        ":status": update.status.name(),
        ":place": update.place,
    })?;
    Ok(changed == 1)
}

/// What carriers said about a fulfilment, oldest first.
pub(crate) fn updates(conn: &Connection, store: StoreId, id: FulfilmentId) -> Result<Vec<TrackingUpdate>, DbError> {
    let sql = "select at, status, place from tracking where store = :store and fulfilment = :id order by at, status";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(named_params! { ":store": store.as_bytes(), ":id": id.as_bytes() }, |row| {
        let status: String = row.get("status")?;
        Ok(TrackingUpdate {
            at: Timestamp::from_millis(row.get("at")?).into(),
            status: TrackingStatus::from_name(&status).ok_or_else(|| corrupt(format!("status is {status:?}")))?,
            place: row.get("place")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How far the events of `store` were read; 0 at first.
pub(crate) fn cursor(conn: &Connection, store: StoreId) -> Result<u64, DbError> {
    let sql = "select position from cursors where store = :store and follower = 'events'";
    let found =
        conn.prepare_cached(sql)?.query_row(named_params! { ":store": store.as_bytes() }, |row| row.get::<_, i64>(0));
    Ok(found.optional()?.unwrap_or(0).unsigned_abs())
}

pub(crate) fn set_cursor(conn: &Connection, store: StoreId, position: u64) -> Result<(), DbError> {
    let sql = "insert into cursors (store, follower, position) values (:store, 'events', :position)
               on conflict (store, follower) do update set position = max(position, excluded.position)";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":position": i64::try_from(position).unwrap_or(i64::MAX),
    })?;
    Ok(())
}
