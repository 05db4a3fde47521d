//! A flash sale: 400 buyers at once, 100 units. Exactly 100 orders, 300 clear refusals.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{Ground, Options, Row, machine, prepare};
use crate::load::Connection;
use crate::load::stats::{median, seconds};
use crate::shop::micros;

const BUYERS: usize = 400;
const UNITS: i64 = 100;

pub(super) async fn measure(options: &Options, ground: &Ground) -> Result<Vec<Row>> {
    let mut connection = Connection::open(ground.shop.address).await?;
    // Not the SKU of the other scenarios: this one is to be sold out.
    let (_, skus) = ground.office.goods(&mut connection, 2).await?;
    let sku = skus.last().context("the shop is empty")?;
    let (mut took, mut flush) = (Vec::new(), String::new());
    for round in 1..=options.rounds {
        // A new one each time: the shop closes connections that are idle for as long as a round takes.
        let mut connection = Connection::open(ground.shop.address).await?;
        let before = ground.office.stock(&mut connection, sku).await?;
        // What earlier rounds sold is still owed, so it is counted as well.
        ground.office.count(&mut connection, sku, before.held + before.committed + UNITS).await?;
        flush = machine::flush_note(&options.scratch)?;
        let (answers, elapsed_us) = rush(ground, sku).await?;
        let mut connection = Connection::open(ground.shop.address).await?;
        let after = ground.office.stock(&mut connection, sku).await?;
        eprintln!("flash sale, round {round}: {answers:?} in {}", seconds(elapsed_us));
        let expected = BTreeMap::from([("201".to_owned(), 100), ("409 out_of_stock".to_owned(), 300)]);
        if answers != expected || after.available != 0 {
            bail!("{BUYERS} buyers of {UNITS} units got {answers:?}, and {} units are left", after.available);
        }
        took.push(elapsed_us);
    }
    let mut connection = Connection::open(ground.shop.address).await?;
    let found = ground.office.settled(&mut connection, Duration::from_secs(60)).await?;
    if !found.holds {
        bail!("after the sale invariants are violated:\n{}", found.violations().join("\n"));
    }
    let took = median(&mut took);
    let row = Row::new(format!("{BUYERS} buyers at once, {UNITS} units"), seconds(took))
        .target("< 1 s", took < 1_000_000)
        .note("exactly 100 orders and 300 times 409 `out_of_stock` in every round; 0 units left")
        .note(flush);
    Ok(vec![row])
}

/// Everybody orders at the same moment. How often each answer was given, and when the last one came.
async fn rush(ground: &Ground, sku: &str) -> Result<(BTreeMap<String, usize>, u64)> {
    let start = Arc::new(Barrier::new(BUYERS + 1));
    let mut buyers = JoinSet::new();
    for requests in prepare::orders(ground, sku, BUYERS, 1).await? {
        let mut connection = Connection::open(ground.shop.address).await?;
        let start = Arc::clone(&start);
        buyers.spawn(async move {
            start.wait().await;
            let request = requests.first().context("no order was prepared")?;
            let answer = connection.send_within(request, Duration::from_secs(30)).await?;
            let code = answer.json::<Value>()?["code"].as_str().map(|code| format!(" {code}")).unwrap_or_default();
            anyhow::Ok(format!("{}{code}", answer.status))
        });
    }
    start.wait().await;
    let began = Instant::now();
    let mut answers = BTreeMap::new();
    while let Some(answer) = buyers.join_next().await {
        *answers.entry(answer??).or_default() += 1;
    }
    Ok((answers, micros(began.elapsed())))
}
