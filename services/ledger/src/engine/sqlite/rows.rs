//! Rows as they stand in the tables, turned into the ledger's own. Shared by the writer, which loads them, and the
//! reader.

use std::sync::Arc;

use contracts::event::Event;
use contracts::ledger::{Location, Oversell, RefundState, ReturnStatus, ShipmentStatus, TransferStatus};
use kernel::{
    CartId, Currency, EventId, OrderId, PersonId, RefundId, ReturnId, ShipmentId, Sku, StoreId, Timestamp, TransferId,
};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Result, Row, params};
use uuid::Uuid;

use crate::engine::memory::WAITING;
use crate::order::{Attempt, Backorder, Head, Hold, HoldState, Line, Order, Payment, Phase, Refund, Return, Shipment};
use crate::state::{
    Coupon, GiftCard, Hash, IdempotencyRow, Meta, Person, Sales, Shelves, StockLevel, StockRule, StoredAnswer,
    Transfer, Waiting,
};

/// A value that no version of this program wrote.
pub(super) fn corrupt(column: usize, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Null, why.into())
}

/// A closed set of states and how they are written.
pub(super) trait Named: Copy + PartialEq + 'static {
    const NAMES: &'static [(Self, &'static str)];

    fn written(self) -> &'static str {
        Self::NAMES.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    fn read(row: &Row<'_>, column: usize) -> Result<Self> {
        let text = text(row, column)?;
        let found = Self::NAMES.iter().find(|(_, name)| *name == text);
        found.map(|(state, _)| *state).ok_or_else(|| corrupt(column, format!("unknown state {text:?}")))
    }
}

impl Named for HoldState {
    const NAMES: &'static [(Self, &'static str)] =
        &[(HoldState::Held, "held"), (HoldState::Committed, "committed"), (HoldState::Released, "released")];
}

impl Named for Attempt {
    const NAMES: &'static [(Self, &'static str)] = &[
        (Attempt::None, "none"),
        (Attempt::Sent, "sent"),
        (Attempt::Unknown, "unknown"),
        (Attempt::RequiresAction, "requires_action"),
        (Attempt::Declined, "declined"),
        (Attempt::Abandoned, "abandoned"),
        (Attempt::Authorised, "authorised"),
        (Attempt::Voided, "voided"),
    ];
}

impl Named for RefundState {
    const NAMES: &'static [(Self, &'static str)] =
        &[(RefundState::Pending, "pending"), (RefundState::Succeeded, "succeeded"), (RefundState::Failed, "failed")];
}

impl Named for ShipmentStatus {
    const NAMES: &'static [(Self, &'static str)] =
        &[(ShipmentStatus::Shipped, "shipped"), (ShipmentStatus::Delivered, "delivered")];
}

impl Named for ReturnStatus {
    const NAMES: &'static [(Self, &'static str)] =
        &[(ReturnStatus::Requested, "requested"), (ReturnStatus::Received, "received")];
}

impl Named for Oversell {
    const NAMES: &'static [(Self, &'static str)] =
        &[(Oversell::Deny, "deny"), (Oversell::Backorder, "backorder"), (Oversell::Preorder, "preorder")];
}

impl Named for TransferStatus {
    const NAMES: &'static [(Self, &'static str)] = &[
        (TransferStatus::InTransit, "in_transit"),
        (TransferStatus::PartiallyReceived, "partially_received"),
        (TransferStatus::Received, "received"),
        (TransferStatus::Closed, "closed"),
    ];
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str> {
    row.get_ref(column)?.as_str().map_err(|error| corrupt(column, error))
}

pub(super) fn id<T>(row: &Row<'_>, column: usize, make: impl FnOnce(Uuid) -> T) -> Result<T> {
    Ok(make(Uuid::from_bytes(row.get(column)?)))
}

fn optional_id<T>(row: &Row<'_>, column: usize, make: impl FnOnce(Uuid) -> T) -> Result<Option<T>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(|bytes| make(Uuid::from_bytes(bytes))))
}

pub(super) fn at(row: &Row<'_>, column: usize) -> Result<Timestamp> {
    Ok(Timestamp::from_millis(row.get(column)?))
}

pub(super) fn phase(row: &Row<'_>, index: usize) -> Result<Phase> {
    Phase::parse(text(row, index)?).ok_or_else(|| corrupt(index, "unknown phase"))
}

pub(super) fn optional_at(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
}

/// A number that is never negative; SQLite knows only signed ones.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> Result<u64> {
    Ok(row.get::<_, i64>(column)?.cast_unsigned())
}

pub(super) fn sku(row: &Row<'_>, column: usize) -> Result<Sku> {
    Sku::new(text(row, column)?).map_err(|error| corrupt(column, error))
}

fn currency(row: &Row<'_>, column: usize) -> Result<Currency> {
    Currency::parse(text(row, column)?).map_err(|error| corrupt(column, error))
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    serde_json::from_str(text(row, column)?).map_err(|error| corrupt(column, error))
}

// ---- Orders -------------------------------------------------------------------------------------------------------

/// Everything of which an order has exactly one; to be continued with `where`.
macro_rules! select_orders {
    ($rest:literal) => {
        concat!(
            "select o.number, o.store, o.id, o.phase, o.cart, o.cart_version, o.person, o.currency, o.placed_at, ",
            "o.updated_at, o.due_at, o.hold_until, o.extended, o.event_seq, o.answer_to, o.cancel_reason, ",
            "o.request_id, c.content, p.provider, p.attempt, p.state, p.token, p.return_url, p.reference, ",
            "p.action_url, p.decline_code, p.amount, p.authorised, p.captured, p.refund_pending, p.refunded, ",
            "p.disputed, p.revision, p.tries ",
            "from orders o join order_contents c on c.number = o.number join payments p on p.number = o.number ",
            $rest
        )
    };
}
pub(super) use select_orders;

fn head(row: &Row<'_>) -> Result<Head> {
    Ok(Head {
        number: row.get(0)?,
        store: id(row, 1, StoreId::from_uuid)?,
        id: id(row, 2, OrderId::from_uuid)?,
        phase: phase(row, 3)?,
        cart: id(row, 4, CartId::from_uuid)?,
        cart_version: unsigned(row, 5)?,
        person: id(row, 6, PersonId::from_uuid)?,
        currency: currency(row, 7)?,
        placed_at: at(row, 8)?,
        updated_at: at(row, 9)?,
        due_at: optional_at(row, 10)?,
        hold_until: at(row, 11)?,
        extended: row.get(12)?,
        event_seq: unsigned(row, 13)?,
        answer_to: row.get(14)?,
        cancel_reason: row.get(15)?,
        request_id: row.get(16)?,
    })
}

fn payment(row: &Row<'_>) -> Result<Payment> {
    Ok(Payment {
        provider: row.get(18)?,
        attempt: row.get(19)?,
        state: Attempt::read(row, 20)?,
        token: row.get(21)?,
        return_url: row.get(22)?,
        reference: row.get(23)?,
        action_url: row.get(24)?,
        decline_code: row.get(25)?,
        amount_minor: row.get(26)?,
        authorised_minor: row.get(27)?,
        captured_minor: row.get(28)?,
        refund_pending_minor: row.get(29)?,
        refunded_minor: row.get(30)?,
        disputed_minor: row.get(31)?,
        revision: unsigned(row, 32)?,
        tries: row.get(33)?,
    })
}

/// The orders of a [`select_orders`] statement, without what they have several of.
pub(super) fn bare_orders(conn: &Connection, sql: &str, given: impl Params) -> Result<Vec<Order>> {
    let mut statement = conn.prepare_cached(sql)?;
    let orders = statement.query_map(given, |row| {
        Ok(Order {
            head: head(row)?,
            frozen: Arc::new(json(row, 17)?),
            payment: payment(row)?,
            lines: Vec::new(),
            holds: Vec::new(),
            backorders: Vec::new(),
            refunds: Vec::new(),
            shipments: Vec::new(),
            returns: Vec::new(),
        })
    })?;
    orders.collect()
}

/// Adds lines, holds, refunds, shipments and returns. `orders` is sorted by number, and the numbers lie close
/// together: one statement per table reads everything between the first and the last.
pub(super) fn complete(conn: &Connection, orders: &mut [Order]) -> Result<()> {
    let sql = "select key, key & 65535, sku, quantity, total, shipped, cancelled, returned, refunded \
               from order_lines where key between ?1 and ?2 order by key";
    each(conn, sql, orders, |order, row| {
        order.lines.push(Line {
            line: row.get(1)?,
            sku: sku(row, 2)?,
            quantity: row.get(3)?,
            total_minor: row.get(4)?,
            shipped: row.get(5)?,
            cancelled: row.get(6)?,
            returned: row.get(7)?,
            refunded: row.get(8)?,
        });
        Ok(())
    })?;
    let sql = "select key, sku, location, state, quantity \
               from order_holds where key between ?1 and ?2 order by key";
    each(conn, sql, orders, |order, row| {
        let state = HoldState::read(row, 3)?;
        order.holds.push(Hold { sku: sku(row, 1)?, location: row.get(2)?, state, quantity: row.get(4)? });
        Ok(())
    })?;
    let sql = "select key, sku, quantity from order_backorders where key between ?1 and ?2 order by key";
    each(conn, sql, orders, |order, row| {
        order.backorders.push(Backorder { sku: sku(row, 1)?, quantity: row.get(2)? });
        Ok(())
    })?;
    let sql = "select key, id, state, amount, gift_card, lines, reason, at \
               from refunds where key between ?1 and ?2 order by key";
    each(conn, sql, orders, |order, row| {
        order.refunds.push(Refund {
            id: id(row, 1, RefundId::from_uuid)?,
            state: RefundState::read(row, 2)?,
            amount_minor: row.get(3)?,
            gift_card_minor: row.get(4)?,
            lines: json(row, 5)?,
            reason: row.get(6)?,
            at: at(row, 7)?,
        });
        Ok(())
    })?;
    let sql = "select key, id, state, lines, carrier, tracking, shipped_at, delivered_at \
               from shipments where key between ?1 and ?2 order by key";
    each(conn, sql, orders, |order, row| {
        order.shipments.push(Shipment {
            id: id(row, 1, ShipmentId::from_uuid)?,
            state: ShipmentStatus::read(row, 2)?,
            lines: json(row, 3)?,
            carrier: row.get(4)?,
            tracking: row.get(5)?,
            shipped_at: at(row, 6)?,
            delivered_at: optional_at(row, 7)?,
        });
        Ok(())
    })?;
    let sql = "select key, id, state, lines, reason, at \
               from returns where key between ?1 and ?2 order by key";
    each(conn, sql, orders, |order, row| {
        order.returns.push(Return {
            id: id(row, 1, ReturnId::from_uuid)?,
            state: ReturnStatus::read(row, 2)?,
            lines: json(row, 3)?,
            reason: row.get(4)?,
            at: at(row, 5)?,
        });
        Ok(())
    })
}

/// The key of an order's `place`th line, hold, refund, shipment or return.
pub(super) fn part_key(number: i64, place: u16) -> i64 {
    (number << 16) | i64::from(place)
}

fn each(
    conn: &Connection,
    sql: &str,
    orders: &mut [Order],
    mut add: impl FnMut(&mut Order, &Row<'_>) -> Result<()>,
) -> Result<()> {
    let (Some(first), Some(last)) = (orders.first(), orders.last()) else { return Ok(()) };
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([part_key(first.head.number, 0), part_key(last.head.number, u16::MAX)])?;
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(0)? >> 16;
        if let Ok(i) = orders.binary_search_by_key(&number, |o| o.head.number) {
            add(&mut orders[i], row)?;
        }
    }
    Ok(())
}

pub(super) fn order(conn: &Connection, store: StoreId, id: OrderId) -> Result<Option<Order>> {
    let sql = select_orders!("where o.id = ?1 and o.store = ?2");
    let mut orders = bare_orders(conn, sql, params![id.as_bytes(), store.as_bytes()])?;
    complete(conn, &mut orders)?;
    Ok(orders.pop())
}

// ---- Single rows --------------------------------------------------------------------------------------------------

/// The meta row and the last slot given to an answer.
pub(super) fn meta(conn: &Connection) -> Result<(Meta, i64)> {
    let sql = "select last_number, last_position, audit_seq, audit_hash, last_slot from meta where id = 1";
    conn.prepare_cached(sql)?.query_row([], |row| {
        let meta = Meta {
            last_number: row.get(0)?,
            last_position: unsigned(row, 1)?,
            audit_seq: unsigned(row, 2)?,
            audit_hash: row.get(3)?,
        };
        Ok((meta, row.get(4)?))
    })
}

/// A level with its id; `select id, store, sku, location, on_hand, held, committed, seq, event_seq, low_at`.
pub(super) fn level(row: &Row<'_>) -> Result<(i64, StockLevel)> {
    let level = StockLevel {
        store: id(row, 1, StoreId::from_uuid)?,
        sku: sku(row, 2)?,
        location: row.get(3)?,
        on_hand: row.get(4)?,
        held: row.get(5)?,
        committed: row.get(6)?,
        seq: unsigned(row, 7)?,
        event_seq: unsigned(row, 8)?,
        low_at: row.get(9)?,
    };
    Ok((row.get(0)?, level))
}

/// The levels of a SKU with their ids, by location.
pub(super) fn levels(conn: &Connection, store: StoreId, sku: &Sku) -> Result<Vec<(i64, StockLevel)>> {
    let sql = "select id, store, sku, location, on_hand, held, committed, seq, event_seq, low_at \
               from stock_levels where store = ?1 and sku = ?2 order by location";
    conn.prepare_cached(sql)?.query_map(params![store.as_bytes(), sku.as_str()], level)?.collect()
}

/// `select store, sku, policy, most, until, backordered, components, part_of, event_seq`.
pub(super) fn any_rule(row: &Row<'_>) -> Result<StockRule> {
    Ok(StockRule {
        store: id(row, 0, StoreId::from_uuid)?,
        sku: sku(row, 1)?,
        policy: Oversell::read(row, 2)?,
        limit: row.get(3)?,
        until: optional_at(row, 4)?,
        backordered: row.get(5)?,
        components: json(row, 6)?,
        part_of: json(row, 7)?,
        event_seq: unsigned(row, 8)?,
    })
}

pub(super) fn rule(conn: &Connection, store: StoreId, sku: &Sku) -> Result<Option<StockRule>> {
    let sql = "select store, sku, policy, most, until, backordered, components, part_of, event_seq \
               from stock_rules where store = ?1 and sku = ?2";
    conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), sku.as_str()], any_rule).optional()
}

/// The orders that have waited longest for a SKU.
pub(super) fn waiting(conn: &Connection, store: StoreId, sku: &Sku) -> Result<Waiting> {
    let sql = "select o.number, o.id from order_backorders b join orders o on o.number = b.key >> 16 \
               where b.store = ?1 and b.sku = ?2 order by b.key limit ?3";
    let most = i64::try_from(WAITING + 1).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_map(params![store.as_bytes(), sku.as_str(), most], |row| {
        Ok((row.get::<_, i64>(0)?, id(row, 1, OrderId::from_uuid)?))
    })?;
    let mut orders = found.collect::<Result<Vec<_>>>()?;
    let more = orders.len() > WAITING;
    orders.truncate(WAITING);
    Ok(Waiting { orders: orders.into_iter().collect(), more })
}

/// What a store says about all its stock.
pub(super) fn shelves(conn: &Connection, store: StoreId) -> Result<Shelves> {
    let sql = "select name, title, priority, active, pickup from locations where store = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let locations = statement.query_map([store.as_bytes()], |row| {
        let name: String = row.get(0)?;
        let location = Location {
            location: name.clone(),
            title: row.get(1)?,
            priority: row.get(2)?,
            active: row.get(3)?,
            pickup: row.get(4)?,
        };
        Ok((name, location))
    })?;
    let locations = locations.collect::<Result<_>>()?;
    let sql = "select low_at from stock_settings where store = ?1";
    let low_at: Option<Option<i64>> =
        conn.prepare_cached(sql)?.query_row([store.as_bytes()], |row| row.get(0)).optional()?;
    Ok(Shelves { locations, low_at: low_at.flatten() })
}

/// `select store, id, source, destination, state, lines, reason, at, updated_at`.
pub(super) fn any_transfer(row: &Row<'_>) -> Result<Transfer> {
    Ok(Transfer {
        store: id(row, 0, StoreId::from_uuid)?,
        id: id(row, 1, TransferId::from_uuid)?,
        from: row.get(2)?,
        to: row.get(3)?,
        state: TransferStatus::read(row, 4)?,
        lines: json(row, 5)?,
        reason: row.get(6)?,
        at: at(row, 7)?,
        updated_at: at(row, 8)?,
    })
}

pub(super) fn transfer(conn: &Connection, store: StoreId, id: TransferId) -> Result<Option<Transfer>> {
    let sql = "select store, id, source, destination, state, lines, reason, at, updated_at from transfers \
               where store = ?1 and id = ?2";
    conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), id.as_bytes()], any_transfer).optional()
}

/// An idempotency row with the slot of its answer.
pub(super) fn idempotency(conn: &Connection, store: StoreId, key: &Hash) -> Result<Option<(i64, IdempotencyRow)>> {
    let sql = "select i.fingerprint, i.order_id, i.slot, i.expires_at, a.status, a.location, a.body \
               from idempotency i left join answers a on a.slot = i.slot where i.store = ?1 and i.key = ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), key], |row| {
        let answer = match row.get::<_, Option<u16>>(4)? {
            Some(status) => {
                Some(StoredAnswer { status, location: row.get(5)?, body: row.get::<_, Vec<u8>>(6)?.into() })
            }
            None => None,
        };
        let order = optional_id(row, 1, OrderId::from_uuid)?;
        let found =
            IdempotencyRow { store, key: *key, fingerprint: row.get(0)?, order, answer, expires_at: at(row, 3)? };
        Ok((row.get(2)?, found))
    });
    found.optional()
}

pub(super) fn coupon(conn: &Connection, store: StoreId, code: &str) -> Result<Option<Coupon>> {
    let sql = "select use_limit, uses, customer_limit from coupons where store = ?1 and code = ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), code], |row| {
        let (limit, uses, customer_limit) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Coupon { store, code: code.to_owned(), limit, uses, customer_limit })
    });
    found.optional()
}

pub(super) fn gift_card(conn: &Connection, store: StoreId, code_hash: &Hash) -> Result<Option<GiftCard>> {
    let sql = "select currency, balance, seq from gift_cards where store = ?1 and code_hash = ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), code_hash], |row| {
        let currency = currency(row, 0)?;
        Ok(GiftCard { store, code_hash: *code_hash, currency, balance_minor: row.get(1)?, seq: unsigned(row, 2)? })
    });
    found.optional()
}

/// `select store, code_hash, currency, balance, seq`.
pub(super) fn any_gift_card(row: &Row<'_>) -> Result<GiftCard> {
    Ok(GiftCard {
        store: id(row, 0, StoreId::from_uuid)?,
        code_hash: row.get(1)?,
        currency: currency(row, 2)?,
        balance_minor: row.get(3)?,
        seq: unsigned(row, 4)?,
    })
}

pub(super) fn person(conn: &Connection, store: StoreId, id: PersonId) -> Result<Option<Person>> {
    let sql = "select wrapped_key from people where store = ?1 and id = ?2";
    let found = conn
        .prepare_cached(sql)?
        .query_row(params![store.as_bytes(), id.as_bytes()], |row| Ok(Person { store, id, wrapped_key: row.get(0)? }));
    found.optional()
}

pub(super) fn sales(conn: &Connection, store: StoreId, sku: &Sku) -> Result<Option<Sales>> {
    let sql = "select units from sales where store = ?1 and sku = ?2";
    let found = conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), sku.as_str()], |row| {
        Ok(Sales { store, sku: sku.clone(), units: row.get(0)? })
    });
    found.optional()
}

// ---- Events -------------------------------------------------------------------------------------------------------

/// Events with the names of their aggregates; to be continued with `where`.
macro_rules! select_events {
    ($rest:literal) => {
        concat!(
            "select e.position, e.store, e.id, e.seq, e.kind, e.version, e.at, e.request_id, e.data, o.id, a.name ",
            "from outbox e left join orders o on o.number = e.subject left join aggregates a on a.id = -e.subject ",
            $rest
        )
    };
}
pub(super) use select_events;

pub(super) fn events(conn: &Connection, sql: &str, given: impl Params) -> Result<Vec<Event>> {
    let mut statement = conn.prepare_cached(sql)?;
    let events = statement.query_map(given, |row| {
        Ok(Event {
            position: unsigned(row, 0)?,
            store: id(row, 1, StoreId::from_uuid)?,
            id: id(row, 2, EventId::from_uuid)?,
            aggregate: aggregate(row, 9)?,
            aggregate_seq: unsigned(row, 3)?,
            kind: row.get(4)?,
            version: row.get(5)?,
            at: at(row, 6)?.into(),
            request_id: row.get(7)?,
            data: json(row, 8)?,
        })
    })?;
    events.collect()
}

/// The public name of an aggregate, from two columns: the id of an order, or else a name.
pub(super) fn aggregate(row: &Row<'_>, column: usize) -> Result<String> {
    match optional_id(row, column, OrderId::from_uuid)? {
        Some(order) => Ok(format!("order:{order}")),
        None => row.get(column + 1),
    }
}
