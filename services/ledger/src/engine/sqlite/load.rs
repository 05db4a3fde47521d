//! Loading the rows a batch names, from what the writer remembers or from the tables.

use std::sync::Arc;

use kernel::{OrderId, Sku, StoreId};
use rusqlite::{Connection, Result, params};

use super::cache::{Cache, Levels};
use super::rows;
use crate::state::{CouponUse, Keys, State};

pub(super) fn load(conn: &Connection, cache: &mut Cache, keys: &Keys, state: &mut State) -> Result<()> {
    orders(conn, cache, keys, state)?;
    stock(conn, cache, keys, state)?;
    vouchers(conn, keys, state)?;
    requests(conn, cache, keys, state)?;
    for (store, id) in &keys.people {
        state.people.extend(rows::person(conn, *store, *id)?.map(|p| ((*store, *id), p)));
    }
    for (store, sku) in &keys.sales {
        state.sales.extend(rows::sales(conn, *store, sku)?.map(|s| ((*store, sku.clone()), s)));
    }
    Ok(())
}

fn orders(conn: &Connection, cache: &mut Cache, keys: &Keys, state: &mut State) -> Result<()> {
    // Most orders that are asked for here are about to be placed: that there is none is found by one short look.
    let mut present = conn.prepare_cached("select 1 from orders where id = ?1")?;
    for (store, id) in &keys.orders {
        if let Some(order) = cache.orders.get(id) {
            if order.head.store == *store {
                state.orders.insert(*id, Arc::clone(order));
            }
        } else if present.exists([id.as_bytes()])?
            && let Some(order) = rows::order(conn, *store, *id)?
        {
            let order = Arc::new(order);
            cache.orders.put(*id, Arc::clone(&order));
            state.orders.insert(*id, order);
        }
    }
    if keys.carts.is_empty() {
        return Ok(());
    }
    let sql = "select cart_version, id from orders where store = ?1 and cart = ?2 and occupies_cart = 1";
    let mut statement = conn.prepare_cached(sql)?;
    for (store, cart) in &keys.carts {
        let found = statement.query_map(params![store.as_bytes(), cart.as_bytes()], |row| {
            Ok((rows::unsigned(row, 0)?, rows::id(row, 1, OrderId::from_uuid)?))
        })?;
        state.carts.insert((*store, *cart), found.collect::<Result<_>>()?);
    }
    Ok(())
}

fn stock(conn: &Connection, cache: &mut Cache, keys: &Keys, state: &mut State) -> Result<()> {
    for key in &keys.skus {
        if cache.levels.get(key).is_none() {
            let levels = rows::levels(conn, key.0, &key.1)?;
            let levels: Levels = levels.into_iter().map(|(id, l)| (l.location.clone(), (id, l))).collect();
            cache.levels.put(key.clone(), levels);
        }
        let levels = cache.levels.get(key).filter(|levels| !levels.is_empty());
        if let Some(levels) = levels {
            state.stock.insert(key.clone(), levels.iter().map(|(at, (_, l))| (at.clone(), l.clone())).collect());
        }
        shelves(conn, cache, key.0, state)?;
        rule(conn, cache, key, state)?;
    }
    for store in &keys.shelves {
        shelves(conn, cache, *store, state)?;
    }
    for (store, id) in &keys.transfers {
        state.transfers.extend(rows::transfer(conn, *store, *id)?.map(|t| ((*store, *id), t)));
    }
    Ok(())
}

fn rule(conn: &Connection, cache: &mut Cache, key: &(StoreId, Sku), state: &mut State) -> Result<()> {
    if cache.rules.get(key).is_none() {
        cache.rules.put(key.clone(), rows::rule(conn, key.0, &key.1)?);
    }
    let Some(Some(rule)) = cache.rules.get(key) else { return Ok(()) };
    state.rules.insert(key.clone(), rule.clone());
    if rule.backordered > 0 {
        state.waiting.insert(key.clone(), rows::waiting(conn, key.0, &key.1)?);
    }
    Ok(())
}

fn shelves(conn: &Connection, cache: &mut Cache, store: StoreId, state: &mut State) -> Result<()> {
    if state.shelves.contains_key(&store) {
        return Ok(());
    }
    let shelves = match cache.shelves.get(&store) {
        Some(known) => Arc::clone(known),
        None => {
            let found = Arc::new(rows::shelves(conn, store)?);
            cache.shelves.put(store, Arc::clone(&found));
            found
        }
    };
    state.shelves.insert(store, shelves);
    Ok(())
}

fn vouchers(conn: &Connection, keys: &Keys, state: &mut State) -> Result<()> {
    for (store, code) in &keys.coupons {
        state.coupons.extend(rows::coupon(conn, *store, code)?.map(|c| ((*store, code.clone()), c)));
    }
    if !keys.coupon_uses.is_empty() {
        let sql = "select active from coupon_uses where store = ?1 and code = ?2 and number = ?3";
        let mut statement = conn.prepare_cached(sql)?;
        for key in &keys.coupon_uses {
            let (store, code, order) = key;
            let mut found = statement.query(params![store.as_bytes(), code, order])?;
            if let Some(row) = found.next()? {
                let used = CouponUse { store: *store, code: code.clone(), order: *order, active: row.get(0)? };
                state.coupon_uses.insert(key.clone(), used);
            }
        }
    }
    for (store, hash) in &keys.gift_cards {
        state.gift_cards.extend(rows::gift_card(conn, *store, hash)?.map(|c| ((*store, *hash), c)));
    }
    Ok(())
}

fn requests(conn: &Connection, cache: &mut Cache, keys: &Keys, state: &mut State) -> Result<()> {
    for key in &keys.idempotency {
        if let Some((_, row)) = cache.requests.get(key) {
            state.idempotency.insert(*key, row.clone());
        } else if let Some((slot, row)) = rows::idempotency(conn, key.0, &key.1)? {
            cache.requests.put(*key, (slot, row.clone()));
            state.idempotency.insert(*key, row);
        }
    }
    if !keys.inbox.is_empty() {
        let mut statement = conn.prepare_cached("select 1 from inbox where consumer = ?1 and event = ?2")?;
        for key in &keys.inbox {
            if statement.exists(params![key.0, key.1.as_bytes()])? {
                state.inbox.insert(key.clone());
            }
        }
    }
    if !keys.webhooks.is_empty() {
        let sql = "select 1 from webhooks where store = ?1 and provider = ?2 and id = ?3";
        let mut statement = conn.prepare_cached(sql)?;
        for key in &keys.webhooks {
            if statement.exists(params![key.0.as_bytes(), key.1, key.2])? {
                state.webhooks.insert(key.clone());
            }
        }
    }
    Ok(())
}
