//! Storing a batch: one statement per table, prepared once, run for each row.

use std::collections::BTreeMap;

use contracts::event::Event;
use kernel::{OrderId, Sku, StoreId};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::cache::{Cache, Levels};
use super::insert::{Bound, insert};
use super::rows::{Named as _, corrupt};
use super::{rows, store_order};
use crate::state::{Changes, ContactRow, Hash, IdempotencyRow, Meta, StoredAnswer};

/// Writes `changes` inside the open transaction. `cache` follows what was written, so after an error, or a commit that
/// fails, it has to be cleared.
pub(super) fn store(conn: &Connection, cache: &mut Cache, changes: &Changes) -> Result<()> {
    let (was, mut slot) = match cache.meta.take() {
        Some(known) => known,
        None => rows::meta(conn)?,
    };
    let last_slot = slot;
    store_order::store(conn, changes)?;
    for (id, (_, order)) in &changes.orders {
        cache.orders.put(*id, std::sync::Arc::clone(order));
    }
    stock(conn, cache, changes)?;
    vouchers(conn, changes)?;
    idempotency(conn, cache, changes, &mut slot)?;
    people(conn, changes)?;
    events(conn, cache, changes)?;
    consumers(conn, changes)?;
    audit(conn, changes)?;
    let meta = changes.meta.as_ref().unwrap_or(&was);
    if *meta != was || slot != last_slot {
        let sql = "update meta set last_number = ?1, last_position = ?2, audit_seq = ?3, audit_hash = ?4, \
                   last_slot = ?5 where id = 1";
        let Meta { last_number, last_position, audit_seq, audit_hash } = meta;
        let (position, seq) = (last_position.cast_signed(), audit_seq.cast_signed());
        conn.prepare_cached(sql)?.execute(params![last_number, position, seq, audit_hash, slot])?;
    }
    cache.meta = Some((meta.clone(), slot));
    Ok(())
}

// ---- Stock --------------------------------------------------------------------------------------------------------

fn stock(conn: &Connection, cache: &mut Cache, changes: &Changes) -> Result<()> {
    for ((store, sku, location), level) in &changes.stock {
        let levels = levels(conn, cache, *store, sku)?;
        let (seq, event_seq) = (level.seq.cast_signed(), level.event_seq.cast_signed());
        if let Some((id, known)) = levels.get_mut(location) {
            let sql = "update stock_levels set on_hand = ?2, held = ?3, committed = ?4, seq = ?5, event_seq = ?6, \
                       low_at = ?7 where id = ?1";
            let given = params![*id, level.on_hand, level.held, level.committed, seq, event_seq, level.low_at];
            conn.prepare_cached(sql)?.execute(given)?;
            known.clone_from(level);
            continue;
        }
        let sql = "insert into stock_levels (store, sku, location, on_hand, held, committed, seq, event_seq, low_at) \
                   values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let store = store.as_bytes();
        let (on_hand, held, committed) = (level.on_hand, level.held, level.committed);
        let given = params![store, sku.as_str(), location, on_hand, held, committed, seq, event_seq, level.low_at];
        conn.prepare_cached(sql)?.execute(given)?;
        levels.insert(location.clone(), (conn.last_insert_rowid(), level.clone()));
    }
    movements(conn, cache, changes)?;
    shelves(conn, cache, changes)?;
    transfers(conn, changes)?;
    rules(conn, cache, changes)?;
    let sql = "insert into sales (store, sku, units) values (?1, ?2, ?3) \
               on conflict (store, sku) do update set units = excluded.units";
    for row in changes.sales.values() {
        conn.prepare_cached(sql)?.execute(params![row.store.as_bytes(), row.sku.as_str(), row.units])?;
    }
    Ok(())
}

fn shelves(conn: &Connection, cache: &mut Cache, changes: &Changes) -> Result<()> {
    let sql = "insert into locations (store, name, title, priority, active, pickup) values (?1, ?2, ?3, ?4, ?5, ?6) \
               on conflict (store, name) do update set title = excluded.title, priority = excluded.priority, \
               active = excluded.active, pickup = excluded.pickup";
    for ((store, name), l) in &changes.locations {
        conn.prepare_cached(sql)?.execute(params![store.as_bytes(), name, l.title, l.priority, l.active, l.pickup])?;
        cache.shelves.remove(store);
    }
    let sql = "insert into stock_settings (store, low_at) values (?1, ?2) \
               on conflict (store) do update set low_at = excluded.low_at";
    for (store, low_at) in &changes.low_at {
        conn.prepare_cached(sql)?.execute(params![store.as_bytes(), low_at])?;
        cache.shelves.remove(store);
    }
    Ok(())
}

fn rules(conn: &Connection, cache: &mut Cache, changes: &Changes) -> Result<()> {
    let sql = "insert into stock_rules (store, sku, policy, most, until, backordered, components, part_of, event_seq) \
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (store, sku) do update set \
               policy = excluded.policy, most = excluded.most, until = excluded.until, \
               backordered = excluded.backordered, components = excluded.components, part_of = excluded.part_of, \
               event_seq = excluded.event_seq";
    let (mut components, mut part_of) = (Vec::new(), Vec::new());
    for (key, r) in &changes.rules {
        let components = store_order::write_json(&mut components, &r.components)?;
        let part_of = store_order::write_json(&mut part_of, &r.part_of)?;
        let (store, until, seq) = (key.0.as_bytes(), r.until.map(|at| at.millis()), r.event_seq.cast_signed());
        let (sku, policy) = (key.1.as_str(), r.policy.written());
        let given = params![store, sku, policy, r.limit, until, r.backordered, components, part_of, seq];
        conn.prepare_cached(sql)?.execute(given)?;
        cache.rules.put(key.clone(), Some(r.clone()));
    }
    Ok(())
}

fn transfers(conn: &Connection, changes: &Changes) -> Result<()> {
    let sql = "insert into transfers (store, id, source, destination, state, lines, reason, at, updated_at) \
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) on conflict (store, id) do update set \
               state = excluded.state, lines = excluded.lines, updated_at = excluded.updated_at";
    let mut lines = Vec::new();
    for ((store, id), t) in &changes.transfers {
        let lines = store_order::write_json(&mut lines, &t.lines)?;
        let (state, at, updated) = (t.state.written(), t.at.millis(), t.updated_at.millis());
        let given = params![store.as_bytes(), id.as_bytes(), t.from, t.to, state, lines, t.reason, at, updated];
        conn.prepare_cached(sql)?.execute(given)?;
    }
    Ok(())
}

/// The levels of a SKU as the cache has them; they were loaded with the batch unless they have been pushed out since.
fn levels<'c>(conn: &Connection, cache: &'c mut Cache, store: StoreId, sku: &Sku) -> Result<&'c mut Levels> {
    let key = (store, sku.clone());
    if cache.levels.get(&key).is_none() {
        let found = rows::levels(conn, store, sku)?;
        cache.levels.put(key.clone(), found.into_iter().map(|(id, l)| (l.location.clone(), (id, l))).collect());
    }
    cache.levels.get_mut(&key).ok_or_else(|| corrupt(0, "the levels just put into the cache are gone"))
}

fn movements(conn: &Connection, cache: &mut Cache, changes: &Changes) -> Result<()> {
    let table = "movements (level, seq, store, kind, on_hand, held, committed, number, reason, at)";
    insert(conn, table, &changes.movements, |row, m| {
        let level = levels(conn, cache, m.store, &m.sku)?.get(&m.location).map(|(id, _)| *id);
        row.put(level.ok_or_else(|| corrupt(0, format!("{} has no level at {}", m.sku, m.location)))?)?;
        row.put(m.seq.cast_signed())?;
        row.put(m.store.as_bytes())?;
        row.put(m.kind.name())?;
        row.put(m.on_hand)?;
        row.put(m.held)?;
        row.put(m.committed)?;
        row.put(m.order)?;
        row.put(&m.reason)?;
        row.put(m.at.millis())
    })
}

// ---- Coupons and gift cards ---------------------------------------------------------------------------------------

fn vouchers(conn: &Connection, changes: &Changes) -> Result<()> {
    let sql = "insert into coupons (store, code, use_limit, uses, customer_limit) values (?1, ?2, ?3, ?4, ?5) \
               on conflict (store, code) do update set use_limit = excluded.use_limit, uses = excluded.uses, \
               customer_limit = excluded.customer_limit";
    for c in changes.coupons.values() {
        let row = params![c.store.as_bytes(), c.code, c.limit, c.uses, c.customer_limit];
        conn.prepare_cached(sql)?.execute(row)?;
    }
    let sql = "insert into coupon_uses (store, code, number, active) values (?1, ?2, ?3, ?4) \
               on conflict (store, code, number) do update set active = excluded.active";
    for u in changes.coupon_uses.values() {
        conn.prepare_cached(sql)?.execute(params![u.store.as_bytes(), u.code, u.order, u.active])?;
    }
    let sql = "insert into gift_cards (store, code_hash, currency, balance, seq) values (?1, ?2, ?3, ?4, ?5) \
               on conflict (store, code_hash) do update set currency = excluded.currency, \
               balance = excluded.balance, seq = excluded.seq";
    for c in changes.gift_cards.values() {
        let (store, seq) = (c.store.as_bytes(), c.seq.cast_signed());
        conn.prepare_cached(sql)?.execute(params![store, c.code_hash, c.currency.code(), c.balance_minor, seq])?;
    }
    let sql = "insert into gift_card_entries (store, code_hash, seq, delta, number, at) \
               values (?1, ?2, ?3, ?4, ?5, ?6)";
    for e in &changes.gift_card_entries {
        let (store, seq, at) = (e.store.as_bytes(), e.seq.cast_signed(), e.at.millis());
        conn.prepare_cached(sql)?.execute(params![store, e.code_hash, seq, e.delta_minor, e.order, at])?;
    }
    Ok(())
}

// ---- Idempotency --------------------------------------------------------------------------------------------------

fn idempotency(conn: &Connection, cache: &mut Cache, changes: &Changes, last_slot: &mut i64) -> Result<()> {
    let mut answers: Vec<(i64, &IdempotencyRow, &StoredAnswer)> = Vec::new();
    // An expired row is replaced by one with a new slot; the answer in its old slot is pruned in its time.
    let mut request = conn.prepare_cached(
        "insert into idempotency (store, key, fingerprint, order_id, slot, expires_at) values (?1, ?2, ?3, ?4, ?5, ?6) \
         on conflict (store, key) do update set fingerprint = excluded.fingerprint, order_id = excluded.order_id, \
         slot = excluded.slot, expires_at = excluded.expires_at",
    )?;
    for (key, row) in &changes.idempotency {
        let waiting = |known: &&(i64, IdempotencyRow)| known.1.answer.is_none() && same_request(&known.1, row);
        let waiting = cache.requests.get(key).filter(waiting).map(|(slot, _)| *slot);
        let slot = waiting.unwrap_or_else(|| {
            *last_slot += 1;
            *last_slot
        });
        if waiting.is_none() {
            let mut bound = Bound::new(&mut request);
            bound.put(row.store.as_bytes())?;
            bound.put(row.key)?;
            bound.put(row.fingerprint)?;
            bound.put(row.order.as_ref().map(|id| id.as_bytes()))?;
            bound.put(slot)?;
            bound.put(row.expires_at.millis())?;
            request.raw_execute()?;
        }
        answers.extend(row.answer.as_ref().map(|answer| (slot, row, answer)));
        cache.requests.put(*key, (slot, row.clone()));
    }
    let table = "answers (slot, store, key, expires_at, status, location, body)";
    insert(conn, table, &answers, |bound, (slot, row, answer)| {
        bound.put(*slot)?;
        bound.put(row.store.as_bytes())?;
        bound.put(row.key)?;
        bound.put(row.expires_at.millis())?;
        bound.put(answer.status)?;
        bound.put(&answer.location)?;
        bound.put(&answer.body[..])
    })
}

/// Whether only the answer differs.
fn same_request(a: &IdempotencyRow, b: &IdempotencyRow) -> bool {
    a.fingerprint == b.fingerprint && a.order == b.order && a.expires_at == b.expires_at
}

/// Deletes up to `limit` of the oldest answered requests that expired before `now`. How many there were.
pub(super) fn prune_idempotency(conn: &Connection, cache: &mut Cache, now: i64, limit: u32) -> Result<usize> {
    let mut oldest = conn.prepare_cached("select slot, store, key, expires_at from answers order by slot limit ?1")?;
    let found = oldest.query_map([limit], |row| {
        let key: (StoreId, Hash) = (rows::id(row, 1, StoreId::from_uuid)?, row.get(2)?);
        Ok((row.get::<_, i64>(0)?, key, row.get::<_, i64>(3)?))
    })?;
    let mut pruned = 0;
    for row in found.collect::<Result<Vec<_>>>()? {
        let (slot, key, expires) = row;
        if expires > now {
            break;
        }
        conn.prepare_cached("delete from answers where slot = ?1")?.execute([slot])?;
        // The key may have been used again since, under another slot.
        let sql = "delete from idempotency where store = ?1 and key = ?2 and slot = ?3";
        conn.prepare_cached(sql)?.execute(params![key.0.as_bytes(), key.1, slot])?;
        cache.requests.remove(&key);
        pruned += 1;
    }
    Ok(pruned)
}

// ---- People -------------------------------------------------------------------------------------------------------

fn people(conn: &Connection, changes: &Changes) -> Result<()> {
    let mut person = conn.prepare_cached(
        "insert into people (store, id, wrapped_key) values (?1, ?2, ?3) \
         on conflict (store, id) do update set wrapped_key = excluded.wrapped_key",
    )?;
    for p in changes.people.values() {
        let mut bound = Bound::new(&mut person);
        bound.put(p.store.as_bytes())?;
        bound.put(p.id.as_bytes())?;
        bound.put(&p.wrapped_key)?;
        person.raw_execute()?;
    }
    let mut new: BTreeMap<i64, &ContactRow> = changes.contacts.iter().map(|c| (c.order, c)).collect();
    if !new.is_empty() {
        // The address of an order that was there before.
        let mut update = conn.prepare_cached("update contacts set sealed = ?2 where number = ?1")?;
        for (_, order) in changes.orders.values().filter(|(before, _)| before.is_some()) {
            let Some(c) = new.remove(&order.head.number) else { continue };
            let mut bound = Bound::new(&mut update);
            bound.put(c.order)?;
            bound.put(&c.sealed)?;
            update.raw_execute()?;
        }
    }
    let new: Vec<_> = new.into_values().collect();
    insert(conn, "contacts (number, store, person, sealed)", &new, |row, c| {
        row.put(c.order)?;
        row.put(c.store.as_bytes())?;
        row.put(c.person.as_bytes())?;
        row.put(&c.sealed)
    })
}

// ---- Events, consumers and audit ----------------------------------------------------------------------------------

fn events(conn: &Connection, cache: &mut Cache, changes: &Changes) -> Result<()> {
    let table = "outbox (position, store, id, subject, seq, kind, version, at, request_id, data)";
    let mut data = Vec::with_capacity(1024);
    insert(conn, table, &changes.events, |row, event| {
        row.put(event.position.cast_signed())?;
        row.put(event.store.as_bytes())?;
        row.put(event.id.as_bytes())?;
        row.put(subject(conn, cache, changes, event)?)?;
        row.put(event.aggregate_seq.cast_signed())?;
        row.put(&event.kind)?;
        row.put(event.version)?;
        row.put(event.at.0.millis())?;
        row.put(&event.request_id)?;
        row.put(store_order::write_json(&mut data, &event.data)?)
    })
}

/// The number under which the outbox keeps an aggregate: an order's own, so that the index of the outbox grows at its
/// end, or minus an id for everything else.
fn subject(conn: &Connection, cache: &mut Cache, changes: &Changes, event: &Event) -> Result<i64> {
    let order = event.aggregate.strip_prefix("order:").and_then(|id| id.parse::<OrderId>().ok());
    if let Some(id) = order {
        let known = changes.orders.get(&id).map(|(_, order)| order).or_else(|| cache.orders.get(&id));
        if let Some(order) = known.filter(|o| o.head.store == event.store) {
            return Ok(order.head.number);
        }
        let sql = "select number from orders where id = ?1 and store = ?2";
        let given = params![id.as_bytes(), event.store.as_bytes()];
        let found = conn.prepare_cached(sql)?.query_row(given, |row| row.get(0)).optional()?;
        if let Some(number) = found {
            return Ok(number);
        }
    }
    let key = (event.store, event.aggregate.clone());
    if let Some(id) = cache.aggregates.get(&key) {
        return Ok(-id);
    }
    let given = params![key.0.as_bytes(), key.1];
    let sql = "select id from aggregates where store = ?1 and name = ?2";
    let found: Option<i64> = conn.prepare_cached(sql)?.query_row(given, |row| row.get(0)).optional()?;
    let id = match found {
        Some(id) => id,
        None => {
            conn.prepare_cached("insert into aggregates (store, name) values (?1, ?2)")?.execute(given)?;
            conn.last_insert_rowid()
        }
    };
    cache.aggregates.put(key, id);
    Ok(-id)
}

fn consumers(conn: &Connection, changes: &Changes) -> Result<()> {
    for (consumer, event) in &changes.inbox {
        let sql = "insert into inbox (consumer, event) values (?1, ?2)";
        conn.prepare_cached(sql)?.execute(params![consumer, event.as_bytes()])?;
    }
    let sql = "insert into webhooks (store, provider, id, order_id, at) values (?1, ?2, ?3, ?4, ?5) \
               on conflict (store, provider, id) do update set order_id = excluded.order_id, at = excluded.at";
    for w in &changes.webhooks {
        let order = w.order.as_ref().map(|id| id.as_bytes());
        conn.prepare_cached(sql)?.execute(params![w.store.as_bytes(), w.provider, w.id, order, w.at.millis()])?;
    }
    let sql = "insert into cursors (consumer, position) values (?1, ?2) \
               on conflict (consumer) do update set position = excluded.position";
    let cursors: &BTreeMap<String, u64> = &changes.cursors;
    for (consumer, position) in cursors {
        conn.prepare_cached(sql)?.execute(params![consumer, position.cast_signed()])?;
    }
    let sql = "insert into parked (consumer, position, event, aggregate, tries, next_at, dead) \
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (consumer, position) do update set \
               event = excluded.event, aggregate = excluded.aggregate, tries = excluded.tries, \
               next_at = excluded.next_at, dead = excluded.dead";
    for p in &changes.parked {
        let (position, event, next) = (p.position.cast_signed(), p.event.as_bytes(), p.next_at.millis());
        conn.prepare_cached(sql)?.execute(params![p.consumer, position, event, p.aggregate, p.tries, next, p.dead])?;
    }
    for (consumer, position) in &changes.unparked {
        let sql = "delete from parked where consumer = ?1 and position = ?2";
        conn.prepare_cached(sql)?.execute(params![consumer, position.cast_signed()])?;
    }
    Ok(())
}

fn audit(conn: &Connection, changes: &Changes) -> Result<()> {
    let sql = "insert into audit (seq, at, store, actor, action, subject, detail, hash) \
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    for row in &changes.audit {
        let e = &row.entry;
        conn.prepare_cached(sql)?.execute(params![
            row.seq.cast_signed(),
            row.at.millis(),
            e.store.as_bytes(),
            e.actor,
            e.action,
            e.subject,
            e.detail,
            row.hash,
        ])?;
    }
    Ok(())
}
