//! Storing orders: of an order that was there before, only the parts that differ are written.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, Result, ToSql, params};

use super::rows::{Named, corrupt};
use crate::order::{Head, Hold, Line, Order, Payment, Phase, Refund, Return, Shipment};
use crate::state::Changes;

/// An order as it was, where there was one, and as it is to be.
type Change<'c> = (Option<&'c Order>, &'c Order);

pub(super) fn store(conn: &Connection, changes: &Changes) -> Result<()> {
    if changes.orders.is_empty() {
        return Ok(());
    }
    let orders = changes.orders.values().map(|(before, after)| (before.as_deref(), Arc::as_ref(after)));
    let mut orders: Vec<Change<'_>> = orders.collect();
    // In order of number, so that inserts append; a number is the key of everything an order has.
    orders.sort_unstable_by_key(|(_, order)| order.head.number);
    // Those that were there first: a declined order gives its cart version up to the one that replaces it.
    update_heads(conn, &orders)?;
    insert_heads(conn, &orders)?;
    contents(conn, &orders)?;
    payments(conn, &orders)?;
    parts(conn, &orders, "order_lines", "line", |o| &o.lines, line)?;
    parts(conn, &orders, "order_holds", "position", |o| &o.holds, hold)?;
    parts(conn, &orders, "refunds", "position", |o| &o.refunds, refund)?;
    parts(conn, &orders, "shipments", "position", |o| &o.shipments, shipment)?;
    parts(conn, &orders, "returns", "position", |o| &o.returns, returned)
}

/// Whether the order is the one of its cart version (invariant I3).
fn occupies_cart(head: &Head) -> bool {
    !matches!(head.phase, Phase::Cancelling | Phase::Cancelled)
}

fn update_heads(conn: &Connection, orders: &[Change<'_>]) -> Result<()> {
    // Naming a column of an index rewrites that index, so the common change leaves `occupies_cart` alone.
    let mut common = conn.prepare_cached(
        "update orders set phase = ?2, updated_at = ?3, due_at = ?4, hold_until = ?5, extended = ?6, event_seq = ?7, \
         answer_to = ?8, cancel_reason = ?9 where number = ?1",
    )?;
    let mut vacating = conn.prepare_cached(
        "update orders set phase = ?2, updated_at = ?3, due_at = ?4, hold_until = ?5, extended = ?6, event_seq = ?7, \
         answer_to = ?8, cancel_reason = ?9, occupies_cart = ?10 where number = ?1",
    )?;
    let present = orders.iter().filter_map(|(before, after)| Some((&(*before)?.head, &after.head)));
    for (before, head) in present.filter(|(before, after)| before != after) {
        let due = head.due_at.map(|at| at.millis());
        let seq = head.event_seq.cast_signed();
        let (updated, until) = (head.updated_at.millis(), head.hold_until.millis());
        let (number, phase) = (head.number, head.phase.name());
        let given: [&dyn ToSql; 10] = [
            &number,
            &phase,
            &updated,
            &due,
            &until,
            &head.extended,
            &seq,
            &head.answer_to,
            &head.cancel_reason,
            &occupies_cart(head),
        ];
        let changed = if occupies_cart(before) == occupies_cart(head) {
            common.execute(&given[..9])?
        } else {
            vacating.execute(&given[..])?
        };
        if changed != 1 {
            return Err(corrupt(0, format!("order {number} was there and is not any more")));
        }
    }
    Ok(())
}

fn insert_heads(conn: &Connection, orders: &[Change<'_>]) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "insert into orders (number, store, id, phase, occupies_cart, cart, cart_version, person, currency, placed_at, \
         updated_at, due_at, hold_until, extended, event_seq, answer_to, cancel_reason, request_id) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?;
    for head in orders.iter().filter(|(before, _)| before.is_none()).map(|(_, order)| &order.head) {
        statement.execute(params![
            head.number,
            head.store.as_bytes(),
            head.id.as_bytes(),
            head.phase.name(),
            occupies_cart(head),
            head.cart.as_bytes(),
            head.cart_version.cast_signed(),
            head.person.as_bytes(),
            head.currency.code(),
            head.placed_at.millis(),
            head.updated_at.millis(),
            head.due_at.map(|at| at.millis()),
            head.hold_until.millis(),
            head.extended,
            head.event_seq.cast_signed(),
            head.answer_to,
            head.cancel_reason,
            head.request_id,
        ])?;
    }
    Ok(())
}

fn contents(conn: &Connection, orders: &[Change<'_>]) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "insert into order_contents (number, store, items, discount, shipping, tax, tax_added, total, gift_card, due, \
         content) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let mut content = Vec::with_capacity(4096);
    for (_, order) in orders.iter().filter(|(before, _)| before.is_none()) {
        content.clear();
        serde_json::to_writer(&mut content, order.frozen.as_ref())
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let content = std::str::from_utf8(&content).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
        let t = &order.frozen.totals;
        statement.execute(params![
            order.head.number,
            order.head.store.as_bytes(),
            t.items.amount_minor,
            t.discount.amount_minor,
            t.shipping.amount_minor,
            t.tax.amount_minor,
            t.tax_added.amount_minor,
            t.total.amount_minor,
            t.gift_card.amount_minor,
            t.due.amount_minor,
            content,
        ])?;
    }
    Ok(())
}

fn payments(conn: &Connection, orders: &[Change<'_>]) -> Result<()> {
    let mut insert = conn.prepare_cached(
        "insert into payments (number, provider, attempt, state, token, return_url, reference, action_url, \
         decline_code, amount, authorised, captured, refund_pending, refunded, disputed, revision, tries, store) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
    )?;
    let mut update = conn.prepare_cached(
        "update payments set provider = ?2, attempt = ?3, state = ?4, token = ?5, return_url = ?6, reference = ?7, \
         action_url = ?8, decline_code = ?9, amount = ?10, authorised = ?11, captured = ?12, refund_pending = ?13, \
         refunded = ?14, disputed = ?15, revision = ?16, tries = ?17 where number = ?1",
    )?;
    let differing = orders.iter().filter(|(before, after)| before.is_none_or(|b| b.payment != after.payment));
    for (before, order) in differing {
        let Payment { provider, attempt, state, token, return_url, reference, .. } = &order.payment;
        let Payment { action_url, decline_code, amount_minor, authorised_minor, captured_minor, .. } = &order.payment;
        let Payment { refund_pending_minor, refunded_minor, disputed_minor, revision, tries, .. } = &order.payment;
        let (state, revision) = (state.written(), revision.cast_signed());
        let store = order.head.store.as_bytes();
        let given: [&dyn ToSql; 18] = [
            &order.head.number,
            provider,
            attempt,
            &state,
            token,
            return_url,
            reference,
            action_url,
            decline_code,
            amount_minor,
            authorised_minor,
            captured_minor,
            refund_pending_minor,
            refunded_minor,
            disputed_minor,
            &revision,
            tries,
            store,
        ];
        match before {
            None => insert.execute(&given[..])?,
            Some(_) => update.execute(&given[..17])?,
        };
    }
    Ok(())
}

/// The statements of a table that holds what an order has several of, by number and a place within the order.
struct Part<'c> {
    insert: CachedStatement<'c>,
    update: CachedStatement<'c>,
}

/// How one element is bound to the statements of its table, whose first parameters are number, place and store.
type Write<T> = fn(&mut Part<'_>, &Key, &T, bool) -> Result<usize>;

struct Key {
    number: i64,
    place: i64,
    store: [u8; 16],
}

impl Part<'_> {
    fn write(&mut self, given: &[&dyn ToSql], new: bool) -> Result<usize> {
        let statement = if new { &mut self.insert } else { &mut self.update };
        statement.execute(given)
    }
}

/// The columns of a part, after number and place.
const fn columns(table: &str) -> &'static [&'static str] {
    match table.as_bytes() {
        b"order_lines" => &["store", "sku", "quantity", "total", "shipped", "cancelled", "returned", "refunded"],
        b"order_holds" => &["store", "sku", "location", "state", "quantity"],
        b"refunds" => &["store", "id", "state", "amount", "reason", "at"],
        b"shipments" => &["store", "id", "state", "lines", "carrier", "tracking", "shipped_at", "delivered_at"],
        _ => &["store", "id", "state", "lines", "reason", "at"],
    }
}

/// The elements that an order had before; none when it is new.
fn old<'c, T>(order: &Change<'c>, of: fn(&Order) -> &Vec<T>) -> &'c [T] {
    order.0.map_or(&[], |before| of(before))
}

/// Writes the elements of one table that differ, and deletes those that are gone.
fn parts<T: PartialEq>(
    conn: &Connection,
    orders: &[Change<'_>],
    table: &str,
    place: &str,
    of: fn(&Order) -> &Vec<T>,
    write: Write<T>,
) -> Result<()> {
    if orders.iter().all(|order| old(order, of) == of(order.1)) {
        return Ok(());
    }
    let names = columns(table);
    let marks = (3..names.len() + 3).map(|i| format!(", ?{i}")).collect::<String>();
    let sets = names.iter().zip(3..).map(|(name, i)| format!("{name} = ?{i}")).collect::<Vec<_>>().join(", ");
    let insert = format!("insert into {table} (number, {place}, {}) values (?1, ?2{marks})", names.join(", "));
    let update = format!("update {table} set {sets} where number = ?1 and {place} = ?2");
    let mut part = Part { insert: conn.prepare_cached(&insert)?, update: conn.prepare_cached(&update)? };
    for order in orders {
        let (before, after) = (old(order, of), of(order.1));
        for (i, element) in after.iter().enumerate().filter(|(i, e)| before.get(*i) != Some(e)) {
            let key = Key { number: order.1.head.number, place: i as i64 + 1, store: *order.1.head.store.as_bytes() };
            write(&mut part, &key, element, i >= before.len())?;
        }
        if before.len() > after.len() {
            let sql = format!("delete from {table} where number = ?1 and {place} > ?2");
            conn.prepare_cached(&sql)?.execute(params![order.1.head.number, after.len() as i64])?;
        }
    }
    Ok(())
}

fn line(part: &mut Part<'_>, key: &Key, line: &Line, new: bool) -> Result<usize> {
    let Line { sku, quantity, total_minor, shipped, cancelled, returned, refunded, .. } = line;
    let sku = sku.as_str();
    part.write(
        params![key.number, key.place, key.store, sku, quantity, total_minor, shipped, cancelled, returned, refunded],
        new,
    )
}

fn hold(part: &mut Part<'_>, key: &Key, hold: &Hold, new: bool) -> Result<usize> {
    let (sku, state) = (hold.sku.as_str(), hold.state.written());
    part.write(params![key.number, key.place, key.store, sku, hold.location, state, hold.quantity], new)
}

fn refund(part: &mut Part<'_>, key: &Key, refund: &Refund, new: bool) -> Result<usize> {
    let (id, state, at) = (refund.id.as_bytes(), refund.state.written(), refund.at.millis());
    part.write(params![key.number, key.place, key.store, id, state, refund.amount_minor, refund.reason, at], new)
}

fn shipment(part: &mut Part<'_>, key: &Key, shipment: &Shipment, new: bool) -> Result<usize> {
    let lines = to_json(&shipment.lines)?;
    let (id, state) = (shipment.id.as_bytes(), shipment.state.written());
    let (carrier, tracking) = (&shipment.carrier, &shipment.tracking);
    let (shipped, delivered) = (shipment.shipped_at.millis(), shipment.delivered_at.map(|at| at.millis()));
    part.write(params![key.number, key.place, key.store, id, state, lines, carrier, tracking, shipped, delivered], new)
}

fn returned(part: &mut Part<'_>, key: &Key, returned: &Return, new: bool) -> Result<usize> {
    let lines = to_json(&returned.lines)?;
    let (id, state, at) = (returned.id.as_bytes(), returned.state.written(), returned.at.millis());
    part.write(params![key.number, key.place, key.store, id, state, lines, returned.reason, at], new)
}

pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
