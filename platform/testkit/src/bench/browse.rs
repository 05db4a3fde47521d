//! Browsing: a product's page, its JSON and a listing of 24, from memory, against hyper sending the same bytes.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;

use super::bare::Bare;
use super::{Ground, Options, Row, Watch};
use crate::load::stats::{grouped, median, millis, percent, percentile};
use crate::load::{Connection, Hammer, Hammered, Request, hammer};
use crate::shop::API;

/// The share of bare hyper that is wished for, in percent.
const WISHED: u64 = 60;

struct Target {
    what: &'static str,
    path: String,
    encoding: &'static str,
    connections: &'static [usize],
}

pub(super) async fn measure(options: &Options, ground: &Ground) -> Result<Vec<Row>> {
    let mut connection = Connection::open(ground.shop.address).await?;
    let (handle, _) = ground.office.goods(&mut connection, 1).await?;
    let both = &[32, 256];
    let target = |what, path: String, encoding, connections| Target { what, path, encoding, connections };
    let targets = [
        target("product page", format!("/products/{handle}"), "identity", both),
        target("product JSON", format!("{API}/products/{handle}"), "identity", both),
        target("listing of 24, JSON", format!("{API}/products?limit=24"), "identity", both),
        target("product page, gzip", format!("/products/{handle}"), "gzip", &[32]),
        target("product page, brotli", format!("/products/{handle}"), "br", &[32]),
    ];
    let mut rows = Vec::new();
    for target in &targets {
        rows.extend(against_bare(options, ground, target).await?);
    }
    rows.push(many_connections(options, ground, &targets[0]).await?);
    Ok(rows)
}

/// One target at each of its numbers of connections; shop and reference take turns.
async fn against_bare(options: &Options, ground: &Ground, target: &Target) -> Result<Vec<Row>> {
    let request = request(ground.shop.address, target);
    let mut connection = Connection::open(ground.shop.address).await?;
    let answer = connection.send(&request).await?;
    let encoding = answer.header("content-encoding").unwrap_or("identity");
    if answer.status != 200 || encoding != target.encoding {
        bail!("{} was answered with {}, {encoding}", target.path, answer.status);
    }
    let size = grouped(answer.body.len() as u64);
    let bare = Bare::start(&answer, ground.start.data.parent().context("no home")?, &ground.rng).await?;
    let mut rows = Vec::new();
    for connections in target.connections {
        let (mut shop, mut reference, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let (mut latencies, mut shares) = (Vec::new(), String::new());
        for _ in 0..options.rounds * 2 - 1 {
            let bytes = crate::bench::browse::request(bare.address, target);
            let bare = good(load(options, bare.address, *connections, bytes).await)?.rate();
            let watch = Watch::begin(&ground.shop)?;
            let done = good(load(options, ground.shop.address, *connections, request.clone()).await)?;
            shares = watch.end(&ground.shop)?;
            // Each pair is a second apart, so that whatever else the machine does hits both.
            ratios.push(percent(done.rate(), bare));
            shop.push(done.rate());
            reference.push(bare);
            latencies.extend(done.latencies_us);
        }
        let (shop, reference, share) = (median(&mut shop), median(&mut reference), median(&mut ratios));
        let row = Row::new(format!("{}, {connections} connections", target.what), format!("{}/s", grouped(shop)));
        let row = Row { reference: format!("bare hyper {}/s", grouped(reference)), ratio: format!("{share} %"), ..row }
            .target(format!("≥ {WISHED} %"), share >= WISHED)
            .note(format!("{size} bytes, p50 {}, p99 {}", at(&mut latencies, 50), at(&mut latencies, 99)))
            .note(shares);
        eprintln!("{}: {} against {}", row.what, row.figure, row.reference);
        rows.push(row);
    }
    Ok(rows)
}

async fn many_connections(options: &Options, ground: &Ground, target: &Target) -> Result<Row> {
    let mut done = load(options, ground.shop.address, 1_000, request(ground.shop.address, target)).await;
    let (rate, errors) = (done.rate(), done.errors);
    let row = Row::new("product page, 1,000 connections", format!("{}/s, {errors} errors", grouped(rate)))
        .target("0 errors", errors == 0)
        .note(format!("p99 {}", at(&mut done.latencies_us, 99)))
        .note(done.first_error.unwrap_or_default());
    Ok(row)
}

fn request(host: SocketAddr, target: &Target) -> Bytes {
    Request::new(host, "GET", &target.path).header("accept-encoding", target.encoding).bytes()
}

/// Short, because there are many of them, and more rounds than elsewhere.
fn lasting(options: &Options) -> Duration {
    options.lasting() / 2
}

async fn load(options: &Options, address: SocketAddr, connections: usize, request: Bytes) -> Hammered {
    hammer(Hammer { address, connections, request, warm_up: lasting(options) / 5, lasting: lasting(options) }).await
}

fn good(done: Hammered) -> Result<Hammered> {
    if done.errors > 0 {
        bail!("{} errors while browsing, the first: {}", done.errors, done.first_error.unwrap_or_default());
    }
    Ok(done)
}

fn at(latencies_us: &mut [u32], percent: usize) -> String {
    millis(u64::from(percentile(latencies_us, percent)))
}
