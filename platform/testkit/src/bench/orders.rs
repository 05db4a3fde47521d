//! Placing orders through HTTP: 64 clients, one hot SKU, every answer durable.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Ground, Options, Row, Watch, machine, prepare};
use crate::load::Connection;
use crate::load::stats::{grouped, median, millis, percentile, rate, times};
use crate::shop::{PLACED, micros};

pub(super) const CLIENTS: usize = 64;
const WISHED_PER_SECOND: u64 = 5_000;
const WISHED_P99_US: u64 = 250_000;

/// Orders that were placed, and how long each took.
struct Placed {
    latencies_us: Vec<u64>,
    elapsed_us: u64,
}

pub(super) async fn measure(options: &Options, ground: &Ground, name: &str) -> Result<Vec<Row>> {
    let mut connection = Connection::open(ground.shop.address).await?;
    let (_, skus) = ground.office.goods(&mut connection, 1).await?;
    let sku = skus.first().context("the shop is empty")?;
    let each = options.orders().div_ceil(CLIENTS);
    let (mut rates, mut p50, mut p99, mut notes) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    for round in 1..=options.rounds {
        // A new one each time: the shop closes connections that are idle for as long as a round takes.
        let mut connection = Connection::open(ground.shop.address).await?;
        ground.office.count(&mut connection, sku, 100_000_000).await?;
        let before = ground.office.stock(&mut connection, sku).await?;
        let prepared = prepare::orders(ground, sku, CLIENTS, each).await?;
        let flush = machine::flush_note(&options.scratch)?;
        let watch = Watch::begin(&ground.shop)?;
        let mut placed = place_all(ground, prepared).await?;
        let shares = watch.end(&ground.shop)?;
        let sold = placed.latencies_us.len();
        rates.push(rate(sold as u64, placed.elapsed_us));
        p50.push(percentile(&mut placed.latencies_us, 50));
        p99.push(percentile(&mut placed.latencies_us, 99));
        eprintln!("{name}, round {round}: {}/s, p99 {}, {flush}", grouped(rates[round - 1]), millis(p99[round - 1]));
        notes = format!("{flush}; {shares}");
        check(ground, sku, before.available, i64::try_from(sold)?).await?;
    }
    let (rate, p50, p99) = (median(&mut rates), median(&mut p50), median(&mut p99));
    let figures = Row::new(format!("{name}, {CLIENTS} clients"), format!("{}/s", grouped(rate)))
        .target(format!("≥ {}/s", grouped(WISHED_PER_SECOND)), rate >= WISHED_PER_SECOND)
        .note(format!(
            "{} rounds of {} orders, each with a cart of its own",
            options.rounds,
            grouped((each * CLIENTS) as u64)
        ))
        .note(notes)
        .note("afterwards stock is the initial one less what was sold, and all invariants hold");
    let waits = Row::new(format!("{name}, wait for an answer"), format!("p50 {}, p99 {}", millis(p50), millis(p99)))
        .target("p99 ≤ 250 ms", p99 <= WISHED_P99_US);
    Ok(vec![Row { value: rate, ..figures }, waits])
}

/// Puts the ratio to the plain program, the last row, into the first.
pub(super) fn compare(rows: &mut [Row]) {
    let Some((reference, figures)) = rows.split_last_mut() else { return };
    if let Some(first) = figures.first_mut() {
        first.reference = format!("plain SQLite {}", reference.figure);
        first.ratio = times(first.value, reference.value);
    }
}

/// Sends every prepared order; any answer but 201 ends the measurement.
async fn place_all(ground: &Ground, prepared: Vec<Vec<Bytes>>) -> Result<Placed> {
    let address = ground.shop.address;
    let mut connections = Vec::with_capacity(prepared.len());
    for _ in &prepared {
        connections.push(Connection::open(address).await?);
    }
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for (mut connection, requests) in connections.into_iter().zip(prepared) {
        clients.spawn(async move {
            let mut latencies_us = Vec::with_capacity(requests.len());
            for request in requests {
                let sent = Instant::now();
                let answer = connection.send_within(&request, Duration::from_secs(30)).await?;
                if answer.status != PLACED {
                    bail!("an order was answered with {}: {}", answer.status, answer.text());
                }
                latencies_us.push(micros(sent.elapsed()));
            }
            Ok(latencies_us)
        });
    }
    let mut placed = Placed { latencies_us: Vec::new(), elapsed_us: 0 };
    while let Some(client) = clients.join_next().await {
        placed.latencies_us.extend(client??);
    }
    placed.elapsed_us = micros(began.elapsed());
    Ok(placed)
}

/// Stock is what it was less what was sold, and nothing is wrong anywhere.
async fn check(ground: &Ground, sku: &str, before: i64, sold: i64) -> Result<()> {
    let mut connection = Connection::open(ground.shop.address).await?;
    let after = ground.office.stock(&mut connection, sku).await?;
    if after.available != before - sold || after.held != 0 {
        bail!("{sold} units were sold of {before}, but {} are left and {} held", after.available, after.held);
    }
    let found = ground.office.settled(&mut connection, Duration::from_secs(60)).await?;
    if !found.holds {
        bail!("after {sold} orders invariants are violated:\n{}", found.violations().join("\n"));
    }
    Ok(())
}
