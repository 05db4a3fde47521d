//! The reference for orders: SQLite as a plain program uses it, one commit per order, with no HTTP and no rules.
//!
//! It writes what the shop writes for an order that is placed, authorised and captured: about twenty rows of about the
//! same size, in one transaction, from as many threads, behind one mutex.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use parking_lot::Mutex;
use rusqlite::{Connection, params};
use tokio::time::Instant;

use super::orders::CLIENTS;
use super::{Options, Row, machine};
use crate::load::stats::{grouped, median, rate};
use crate::shop::micros;

const SCHEMA: &str = "
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table orders (number integer primary key, id blob not null unique, cart blob not null unique, phase text, due integer);
    create table contents (number integer primary key, content text not null);
    create table payments (number integer primary key, state text, token text, captured integer);
    create table lines (number integer, line integer, sku text, quantity integer, primary key (number, line)) without rowid;
    create table holds (number integer, position integer, state text, quantity integer, primary key (number, position)) without rowid;
    create table levels (sku text primary key, on_hand integer check (on_hand >= 0), held integer, committed integer, seq integer);
    create table movements (sku text, seq integer, kind text, delta integer, number integer, primary key (sku, seq)) without rowid;
    create table idempotency (key blob primary key, fingerprint blob not null, number integer) without rowid;
    create table answers (slot integer primary key, status integer, body blob not null);
    create table people (id blob primary key, wrapped_key blob) without rowid;
    create table contacts (number integer primary key, sealed blob not null);
    create table outbox (position integer primary key, id blob not null, kind text, data text not null);
    create table meta (id integer primary key, last integer);
    insert into levels values ('HOT', 1000000000, 0, 0, 0);
    insert into meta values (1, 0);
";

pub(super) fn measure(options: &Options, delay: Duration) -> Result<Row> {
    // A slow commit per order needs few orders to be timed well.
    let orders = if delay.is_zero() { options.orders() / 2 } else { options.orders() / 20 };
    let (mut rates, mut flush) = (Vec::new(), String::new());
    for _ in 0..options.rounds {
        let home = tempfile::tempdir_in(&options.scratch)?;
        flush = machine::flush_note(&options.scratch)?;
        let connection = Connection::open(home.path().join("plain.db"))?;
        connection.execute_batch(SCHEMA)?;
        let elapsed_us = write_all(connection, orders, delay)?;
        rates.push(rate(orders as u64, elapsed_us));
        eprintln!("plain SQLite: {}/s", grouped(*rates.last().unwrap_or(&0)));
    }
    let rate = median(&mut rates);
    let row = Row::new(format!("plain SQLite, {CLIENTS} threads"), format!("{}/s", grouped(rate)))
        .note("one commit per order of 20 row writes, synchronous=FULL, WAL; no HTTP, no prices, no checks")
        .note(flush);
    Ok(Row { value: rate, ..row })
}

/// Writes `orders` orders from all threads. How long it took, in microseconds.
fn write_all(connection: Connection, orders: usize, delay: Duration) -> Result<u64> {
    let connection = Arc::new(Mutex::new(connection));
    let next = Arc::new(AtomicUsize::new(1));
    let began = Instant::now();
    let writer = |i: usize| {
        let (connection, next) = (Arc::clone(&connection), Arc::clone(&next));
        let (told, outcome) = std::sync::mpsc::channel();
        let thread = infra::thread::spawn_named(&format!("plain-{i}"), move || {
            let _ = told.send(loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > orders {
                    break Ok(());
                }
                if let Err(error) = write(&mut connection.lock(), i64::try_from(number).unwrap_or(i64::MAX), delay) {
                    break Err(error);
                }
            });
        });
        (thread, outcome)
    };
    let threads: Vec<_> = (0..CLIENTS).map(writer).collect();
    for (thread, outcome) in threads {
        outcome.recv().context("a thread of the plain program panicked")??;
        let _ = thread.join();
    }
    let elapsed_us = micros(began.elapsed());
    let sold: i64 = connection.lock().query_row("select committed from levels", [], |row| row.get(0))?;
    anyhow::ensure!(usize::try_from(sold) == Ok(orders), "the plain program sold {sold}, not {orders}");
    Ok(elapsed_us)
}

/// One order in one transaction.
fn write(connection: &mut Connection, number: i64, delay: Duration) -> rusqlite::Result<()> {
    // Spread like hashes, because keys of real orders are random.
    let mixed = number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let key = [mixed.to_be_bytes(), number.to_be_bytes(), mixed.to_le_bytes(), number.to_le_bytes()].concat();
    let id = &key[..16];
    let text = "x".repeat(900);
    let tx = connection.transaction()?;
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| tx.prepare_cached(sql)?.execute(values);
    let last = number * 3;
    run("insert into orders values (?1, ?2, ?3, 'confirmed', null)", params![number, id, key])?;
    run("insert into contents values (?1, ?2)", params![number, text])?;
    run("insert into payments values (?1, 'sent', 'tok_approve', 0)", params![number])?;
    run("update payments set state = 'authorised', token = null, captured = 7999 where number = ?1", params![number])?;
    run("insert into lines values (?1, 1, 'HOT', 1)", params![number])?;
    run("insert into holds values (?1, 0, 'held', 1)", params![number])?;
    run("update holds set state = 'committed' where number = ?1 and position = 0", params![number])?;
    run("insert into movements values ('HOT', ?1, 'hold', 1, ?2)", params![number * 2, number])?;
    run("insert into movements values ('HOT', ?1, 'commit', 1, ?2)", params![number * 2 + 1, number])?;
    run("update levels set committed = committed + 1, seq = ?1 where sku = 'HOT'", params![number * 2 + 1])?;
    run("insert into idempotency values (?1, ?2, ?3)", params![key, key, number])?;
    run("insert into answers values (?1, 201, ?2)", params![number, text.as_bytes()])?;
    run("insert into people values (?1, ?2)", params![id, &key[..]])?;
    run("insert into contacts values (?1, ?2)", params![number, &text.as_bytes()[..250]])?;
    for (position, kind) in (last..).zip(["order.created", "order.placed", "order.paid"]) {
        run("insert into outbox values (?1, ?2, ?3, ?4)", params![position, id, kind, &text[..200]])?;
    }
    run("update orders set due = null where number = ?1", params![number])?;
    run("update meta set last = ?1 where id = 1", params![last])?;
    tx.commit()?;
    if !delay.is_zero() {
        std::thread::sleep(delay);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_program_writes_every_order_once() {
        let home = tempfile::tempdir().unwrap();
        let connection = Connection::open(home.path().join("plain.db")).unwrap();
        connection.execute_batch(SCHEMA).unwrap();
        assert!(write_all(connection, 100, Duration::ZERO).unwrap() > 0);
        let again = Connection::open(home.path().join("plain.db")).unwrap();
        let count = |table: &str| -> i64 {
            again.query_row(&format!("select count(*) from {table}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!((count("orders"), count("outbox"), count("movements")), (100, 300, 200));
    }
}
