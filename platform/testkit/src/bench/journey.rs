//! Whole journeys: home page, product page, cart, line, quote, order, status.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::orders::CLIENTS;
use super::{Ground, Options, Row, Watch, machine};
use crate::load::stats::{grouped, median, millis, percentile, rate};
use crate::load::{Answer, Connection, get};
use crate::shop::{Buyer, Cart, Placing, micros};

const WISHED_PER_SECOND: u64 = 1_000;
/// Requests of one journey.
const STEPS: u64 = 7;

pub(super) async fn measure(options: &Options, ground: &Ground) -> Result<Vec<Row>> {
    let mut connection = Connection::open(ground.shop.address).await?;
    let (handle, skus) = ground.office.goods(&mut connection, 1).await?;
    let sku = skus.first().context("the shop is empty")?;
    let (mut rates, mut latencies, mut notes) = (Vec::new(), Vec::new(), String::new());
    for round in 1..=options.rounds {
        ground.office.count(&mut connection, sku, 100_000_000).await?;
        let flush = machine::flush_note(&options.scratch)?;
        let watch = Watch::begin(&ground.shop)?;
        let began = Instant::now();
        let until = began + options.lasting();
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (buyer, handle, sku) = (Buyer { host: ground.shop.address }, handle.clone(), sku.clone());
            let rng = kernel::SystemRng::new();
            clients.spawn(async move {
                let mut connection = Connection::open(buyer.host).await?;
                let mut took = Vec::new();
                while Instant::now() < until {
                    let began = Instant::now();
                    let key = Buyer::key(&rng);
                    tokio::time::timeout(Duration::from_secs(30), walk(buyer, &mut connection, &handle, &sku, &key))
                        .await
                        .context("a journey did not end")??;
                    took.push(micros(began.elapsed()));
                }
                anyhow::Ok(took)
            });
        }
        let mut took = Vec::new();
        while let Some(client) = clients.join_next().await {
            took.extend(client??);
        }
        let elapsed_us = micros(began.elapsed());
        notes = format!("{flush}; {}", watch.end(&ground.shop)?);
        rates.push(rate(took.len() as u64, elapsed_us));
        eprintln!("journeys, round {round}: {}/s", grouped(rates[round - 1]));
        latencies.extend(took);
    }
    let journeys = median(&mut rates);
    let row = Row::new(format!("journeys, {CLIENTS} clients"), format!("{}/s", grouped(journeys)))
        .target(format!("≥ {}/s", grouped(WISHED_PER_SECOND)), journeys >= WISHED_PER_SECOND)
        .note(format!("{STEPS} requests each: home, product, cart, line, quote, order, status"))
        .note(format!("p50 {}, p99 {}", millis(percentile(&mut latencies, 50)), millis(percentile(&mut latencies, 99))))
        .note(notes);
    Ok(vec![row])
}

/// One journey, from the home page to the status of the order.
async fn walk(buyer: Buyer, connection: &mut Connection, handle: &str, sku: &str, key: &str) -> Result<()> {
    expect(connection.send(&get(buyer.host, "/")).await?, 200)?;
    expect(connection.send(&get(buyer.host, &format!("/products/{handle}"))).await?, 200)?;
    let cart: Cart = expect(connection.send(&buyer.cart_request(None)).await?, 201)?.json()?;
    let added: Cart = expect(connection.send(&buyer.line_request(&cart, sku, 1)).await?, 200)?.json()?;
    let cart = Cart { version: added.version, ..cart };
    expect(connection.send(&buyer.quote_request(&cart)).await?, 200)?;
    let order = connection.send(&buyer.order_request(&cart, key, "tok_approve")).await?;
    let placed: Placing = expect(order, 201)?.json()?;
    expect(connection.send(&buyer.status_request(&placed.id, &placed.secret)).await?, 200)?;
    Ok(())
}

fn expect(answer: Answer<'_>, status: u16) -> Result<Answer<'_>> {
    if answer.status != status {
        bail!("a step of a journey was answered with {}, not {status}: {}", answer.status, answer.text());
    }
    Ok(answer)
}
