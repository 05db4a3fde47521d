//! Storing orders: of an order that was there before, only the parts that differ are written.

use std::sync::Arc;

use rusqlite::{Connection, Result, ToSql};

use super::insert::{Bound, insert};
use super::rows::{Named, corrupt, part_key};
use crate::order::{Backorder, Head, Hold, Line, Order, Payment, Phase, Refund, Return, Shipment};
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
    LINES.store(conn, &orders)?;
    HOLDS.store(conn, &orders)?;
    BACKORDERS.store(conn, &orders)?;
    REFUNDS.store(conn, &orders)?;
    SHIPMENTS.store(conn, &orders)?;
    RETURNS.store(conn, &orders)
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
    let table = "orders (number, store, id, phase, occupies_cart, cart, cart_version, person, currency, placed_at, \
                 updated_at, due_at, hold_until, extended, event_seq, answer_to, cancel_reason, request_id)";
    let new: Vec<&Head> = orders.iter().filter(|(before, _)| before.is_none()).map(|(_, order)| &order.head).collect();
    insert(conn, table, &new, |row, head| {
        row.put(head.number)?;
        row.put(head.store.as_bytes())?;
        row.put(head.id.as_bytes())?;
        row.put(head.phase.name())?;
        row.put(occupies_cart(head))?;
        row.put(head.cart.as_bytes())?;
        row.put(head.cart_version.cast_signed())?;
        row.put(head.person.as_bytes())?;
        row.put(head.currency.code())?;
        row.put(head.placed_at.millis())?;
        row.put(head.updated_at.millis())?;
        row.put(head.due_at.map(|at| at.millis()))?;
        row.put(head.hold_until.millis())?;
        row.put(head.extended)?;
        row.put(head.event_seq.cast_signed())?;
        row.put(head.answer_to)?;
        row.put(&head.cancel_reason)?;
        row.put(&head.request_id)
    })
}

fn contents(conn: &Connection, orders: &[Change<'_>]) -> Result<()> {
    let table =
        "order_contents (number, store, items, discount, shipping, tax, tax_added, total, gift_card, due, content)";
    let new: Vec<&Order> = orders.iter().filter(|(before, _)| before.is_none()).map(|(_, order)| *order).collect();
    let mut text = Vec::with_capacity(4096);
    insert(conn, table, &new, |row, order| {
        let t = &order.frozen.totals;
        row.put(order.head.number)?;
        row.put(order.head.store.as_bytes())?;
        for part in [t.items, t.discount, t.shipping, t.tax, t.tax_added, t.total, t.gift_card, t.due] {
            row.put(part.amount_minor)?;
        }
        row.put(write_json(&mut text, order.frozen.as_ref())?)
    })?;
    // An order that nobody edits keeps the very contents that it was loaded with.
    let edited = |(before, after): &&Change<'_>| {
        before.is_some_and(|b| !Arc::ptr_eq(&b.frozen, &after.frozen) && b.frozen != after.frozen)
    };
    for (_, order) in orders.iter().filter(edited) {
        let mut update = conn.prepare_cached(
            "update order_contents set items = ?2, discount = ?3, shipping = ?4, tax = ?5, tax_added = ?6, total = ?7, \
             gift_card = ?8, due = ?9, content = ?10 where number = ?1",
        )?;
        let t = &order.frozen.totals;
        let mut row = Bound::new(&mut update);
        row.put(order.head.number)?;
        for part in [t.items, t.discount, t.shipping, t.tax, t.tax_added, t.total, t.gift_card, t.due] {
            row.put(part.amount_minor)?;
        }
        row.put(write_json(&mut text, order.frozen.as_ref())?)?;
        update.raw_execute()?;
    }
    Ok(())
}

fn payments(conn: &Connection, orders: &[Change<'_>]) -> Result<()> {
    let table = "payments (number, provider, attempt, state, token, return_url, reference, action_url, decline_code, \
                 amount, authorised, captured, refund_pending, refunded, disputed, revision, tries, store)";
    let new: Vec<&Order> = orders.iter().filter(|(before, _)| before.is_none()).map(|(_, order)| *order).collect();
    insert(conn, table, &new, |row, order| {
        row.put(order.head.number)?;
        payment(row, &order.payment)?;
        row.put(order.head.store.as_bytes())
    })?;
    let differs = |(before, after): &&Change<'_>| before.is_some_and(|b| b.payment != after.payment);
    let mut update = conn.prepare_cached(
        "update payments set provider = ?2, attempt = ?3, state = ?4, token = ?5, return_url = ?6, reference = ?7, \
         action_url = ?8, decline_code = ?9, amount = ?10, authorised = ?11, captured = ?12, refund_pending = ?13, \
         refunded = ?14, disputed = ?15, revision = ?16, tries = ?17 where number = ?1",
    )?;
    for (_, order) in orders.iter().filter(differs) {
        let mut row = Bound::new(&mut update);
        row.put(order.head.number)?;
        payment(&mut row, &order.payment)?;
        update.raw_execute()?;
    }
    Ok(())
}

fn payment(row: &mut Bound<'_, '_>, p: &Payment) -> Result<()> {
    row.put(&p.provider)?;
    row.put(p.attempt)?;
    row.put(p.state.written())?;
    row.put(&p.token)?;
    row.put(&p.return_url)?;
    row.put(&p.reference)?;
    row.put(&p.action_url)?;
    row.put(&p.decline_code)?;
    row.put(p.amount_minor)?;
    row.put(p.authorised_minor)?;
    row.put(p.captured_minor)?;
    row.put(p.refund_pending_minor)?;
    row.put(p.refunded_minor)?;
    row.put(p.disputed_minor)?;
    row.put(p.revision.cast_signed())?;
    row.put(p.tries)
}

/// What an order has several of: where it stands, and how one is bound, after its key and its store.
struct Part<T: 'static> {
    table: &'static str,
    columns: &'static [&'static str],
    of: fn(&Order) -> &Vec<T>,
    bind: fn(&mut Bound<'_, '_>, &T) -> Result<()>,
}

/// The elements that an order had before; none when it is new.
fn old<'c, T>(order: &Change<'c>, of: fn(&Order) -> &Vec<T>) -> &'c [T] {
    order.0.map_or(&[], |before| of(before))
}

/// The key of the element at `index`.
fn key(order: &Order, index: usize) -> Result<i64> {
    let place = u16::try_from(index + 1).map_err(|error| corrupt(0, error))?;
    Ok(part_key(order.head.number, place))
}

impl<T: PartialEq> Part<T> {
    /// Writes the elements that differ, and deletes those that are gone.
    fn store(&self, conn: &Connection, orders: &[Change<'_>]) -> Result<()> {
        let mut new: Vec<(i64, &Order, &T)> = Vec::new();
        let mut changed = Vec::new();
        for order in orders {
            let (before, after) = (old(order, self.of), (self.of)(order.1));
            for (i, element) in after.iter().enumerate().filter(|(i, e)| before.get(*i) != Some(e)) {
                let rows = if i < before.len() { &mut changed } else { &mut new };
                rows.push((key(order.1, i)?, order.1, element));
            }
            if before.len() > after.len() {
                let sql = format!("delete from {} where key between ?1 and ?2", self.table);
                let gone = [key(order.1, after.len())?, key(order.1, before.len())?];
                conn.prepare_cached(&sql)?.execute(gone)?;
            }
        }
        let bind = |row: &mut Bound<'_, '_>, (key, order, element): &(i64, &Order, &T)| {
            row.put(*key)?;
            row.put(order.head.store.as_bytes())?;
            (self.bind)(row, element)
        };
        insert(conn, &format!("{} (key, store, {})", self.table, self.columns.join(", ")), &new, bind)?;
        if changed.is_empty() {
            return Ok(());
        }
        let sets = self.columns.iter().zip(3..).map(|(name, i)| format!(", {name} = ?{i}"));
        let sql = format!("update {} set store = ?2{} where key = ?1", self.table, sets.collect::<String>());
        let mut update = conn.prepare_cached(&sql)?;
        for row in &changed {
            bind(&mut Bound::new(&mut update), row)?;
            update.raw_execute()?;
        }
        Ok(())
    }
}

const LINES: Part<Line> = Part {
    table: "order_lines",
    columns: &["sku", "quantity", "total", "shipped", "cancelled", "returned", "refunded"],
    of: |order| &order.lines,
    bind: |row, line| {
        row.put(line.sku.as_str())?;
        row.put(line.quantity)?;
        row.put(line.total_minor)?;
        row.put(line.shipped)?;
        row.put(line.cancelled)?;
        row.put(line.returned)?;
        row.put(line.refunded)
    },
};

const HOLDS: Part<Hold> = Part {
    table: "order_holds",
    columns: &["sku", "location", "state", "quantity"],
    of: |order| &order.holds,
    bind: |row, hold| {
        row.put(hold.sku.as_str())?;
        row.put(&hold.location)?;
        row.put(hold.state.written())?;
        row.put(hold.quantity)
    },
};

const BACKORDERS: Part<Backorder> = Part {
    table: "order_backorders",
    columns: &["sku", "quantity"],
    of: |order| &order.backorders,
    bind: |row, backorder| {
        row.put(backorder.sku.as_str())?;
        row.put(backorder.quantity)
    },
};

const REFUNDS: Part<Refund> = Part {
    table: "refunds",
    columns: &["id", "state", "amount", "gift_card", "lines", "reason", "at"],
    of: |order| &order.refunds,
    bind: |row, refund| {
        row.put(refund.id.as_bytes())?;
        row.put(refund.state.written())?;
        row.put(refund.amount_minor)?;
        row.put(refund.gift_card_minor)?;
        row.put(to_json(&refund.lines)?)?;
        row.put(&refund.reason)?;
        row.put(refund.at.millis())
    },
};

const SHIPMENTS: Part<Shipment> = Part {
    table: "shipments",
    columns: &["id", "state", "lines", "carrier", "tracking", "shipped_at", "delivered_at"],
    of: |order| &order.shipments,
    bind: |row, shipment| {
        row.put(shipment.id.as_bytes())?;
        row.put(shipment.state.written())?;
        row.put(to_json(&shipment.lines)?)?;
        row.put(&shipment.carrier)?;
        row.put(&shipment.tracking)?;
        row.put(shipment.shipped_at.millis())?;
        row.put(shipment.delivered_at.map(|at| at.millis()))
    },
};

const RETURNS: Part<Return> = Part {
    table: "returns",
    columns: &["id", "state", "lines", "reason", "at"],
    of: |order| &order.returns,
    bind: |row, returned| {
        row.put(returned.id.as_bytes())?;
        row.put(returned.state.written())?;
        row.put(to_json(&returned.lines)?)?;
        row.put(&returned.reason)?;
        row.put(returned.at.millis())
    },
};

/// `value` as JSON, written over what `text` held: for rows by the thousand.
pub(super) fn write_json<'t>(text: &'t mut Vec<u8>, value: &impl serde::Serialize) -> Result<&'t str> {
    text.clear();
    serde_json::to_writer(&mut *text, value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
    std::str::from_utf8(text).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}
