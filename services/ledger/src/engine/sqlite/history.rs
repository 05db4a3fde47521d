//! What moved for an order at the times of its events. Movements of a level and the audit chain only grow, in order of
//! time, so that those of a moment are found by halving, however long they are.

use std::collections::BTreeSet;

use kernel::{Sku, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use super::rows;
use crate::order::Order;
use crate::state::{AuditRow, Movement, MovementKind, NewAuditOwned};

/// Of which order, and when.
pub(super) struct Asked {
    pub(super) store: StoreId,
    pub(super) number: i64,
    pub(super) subject: String,
    pub(super) skus: BTreeSet<Sku>,
    pub(super) times: BTreeSet<Timestamp>,
}

impl Asked {
    pub(super) fn new(order: &Order, times: &BTreeSet<Timestamp>) -> Self {
        let skus = order.lines.iter().map(|line| &line.sku).chain(order.holds.iter().map(|hold| &hold.sku));
        Asked {
            store: order.head.store,
            number: order.head.number,
            subject: order.head.id.to_string(),
            skus: skus.cloned().collect(),
            times: times.clone(),
        }
    }
}

/// The first of the numbers up to `last` whose time is not before `at`.
fn first_at(last: i64, at: Timestamp, time_of: impl Fn(i64) -> Result<Option<i64>>) -> Result<i64> {
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        if time_of(middle)?.is_some_and(|time| time < at.millis()) { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

pub(super) fn of(conn: &Connection, asked: &Asked) -> Result<(Vec<Movement>, Vec<AuditRow>)> {
    let mut moved = Vec::new();
    for sku in &asked.skus {
        for (level, found) in rows::levels(conn, asked.store, sku)? {
            let last = i64::try_from(found.seq).unwrap_or(i64::MAX - 1);
            for at in &asked.times {
                moved.extend(movements(conn, asked, (level, sku, &found.location, last), *at)?);
            }
        }
    }
    moved.sort_by(|a, b| (a.at, &a.sku, &a.location, a.seq).cmp(&(b.at, &b.sku, &b.location, b.seq)));
    let last: i64 = conn.prepare_cached("select coalesce(max(seq), 0) from audit")?.query_row([], |row| row.get(0))?;
    let mut done = Vec::new();
    for at in &asked.times {
        done.extend(audit(conn, asked, last, *at)?);
    }
    Ok((moved, done))
}

fn movements(
    conn: &Connection,
    asked: &Asked,
    (level, sku, location, last): (i64, &Sku, &str, i64),
    at: Timestamp,
) -> Result<Vec<Movement>> {
    let time = "select at from movements where level = ?1 and seq = ?2";
    let mut time = conn.prepare_cached(time)?;
    let from = {
        let time = std::cell::RefCell::new(&mut time);
        first_at(last, at, |seq| time.borrow_mut().query_row(params![level, seq], |row| row.get(0)).optional())?
    };
    let sql = "select seq, at, kind, on_hand, held, committed, reason, number from movements \
               where level = ?1 and seq >= ?2 order by seq";
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = statement.query(params![level, from])?;
    let mut moved = Vec::new();
    while let Some(row) = found.next()? {
        if rows::at(row, 1)? > at {
            break;
        }
        if row.get::<_, Option<i64>>(7)? != Some(asked.number) {
            continue;
        }
        let name: String = row.get(2)?;
        let kind = MovementKind::named(&name).ok_or_else(|| rows::corrupt(2, format!("a movement called {name}")))?;
        moved.push(Movement {
            store: asked.store,
            sku: sku.clone(),
            location: location.to_owned(),
            seq: rows::unsigned(row, 0)?,
            kind,
            on_hand: row.get(3)?,
            held: row.get(4)?,
            committed: row.get(5)?,
            order: Some(asked.number),
            reason: row.get(6)?,
            at,
        });
    }
    Ok(moved)
}

fn audit(conn: &Connection, asked: &Asked, last: i64, at: Timestamp) -> Result<Vec<AuditRow>> {
    let mut time = conn.prepare_cached("select at from audit where seq = ?1")?;
    let from = {
        let time = std::cell::RefCell::new(&mut time);
        first_at(last, at, |seq| time.borrow_mut().query_row([seq], |row| row.get(0)).optional())?
    };
    let sql = "select seq, at, store, actor, action, subject, detail, hash from audit where seq >= ?1 order by seq";
    let mut statement = conn.prepare_cached(sql)?;
    let mut found = statement.query([from])?;
    let mut done = Vec::new();
    while let Some(row) = found.next()? {
        if rows::at(row, 1)? > at {
            break;
        }
        let entry = NewAuditOwned {
            store: rows::id(row, 2, StoreId::from_uuid)?,
            actor: row.get(3)?,
            action: row.get(4)?,
            subject: row.get(5)?,
            detail: row.get(6)?,
        };
        if entry.store == asked.store && entry.subject == asked.subject {
            done.push(AuditRow { seq: rows::unsigned(row, 0)?, at, entry, hash: row.get(7)? });
        }
    }
    Ok(done)
}
