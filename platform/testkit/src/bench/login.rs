//! Logging in: as many passwords a second as the shop is willing to hash, and what browsing feels of it.

use std::time::Duration;

use anyhow::{Result, bail};
use bytes::Bytes;
use serde_json::json;

use super::{Ground, Options, Row, Watch};
use crate::load::stats::{grouped, median, millis, percent, percentile};
use crate::load::{Connection, Hammer, Hammered, Request, Requests, get, hammer, hammer_with};
use crate::shop::API;

/// People who have an account; few, because the shop slows down whoever makes many from one network.
const PEOPLE: usize = 8;
/// Clients that log in at once, and that browse at once.
const CLIENTS: usize = 32;
/// The share of its rate that browsing is wished to keep, in percent: hashing may take one of two processors.
const WISHED: u64 = 50;
const PASSWORD: &str = "nine barrels of salted herring";

pub(super) async fn measure(options: &Options, ground: &Ground) -> Result<Vec<Row>> {
    let requests = people(ground).await?;
    let (handle, _) = ground.office.goods(&mut Connection::open(ground.shop.address).await?, 1).await?;
    let page = get(ground.shop.address, &format!("/products/{handle}"));
    let (mut logins, mut waits, mut shares) = (Vec::new(), Vec::new(), String::new());
    let (mut alone, mut beside, mut kept, mut beside_waits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=options.rounds {
        let watch = Watch::begin(&ground.shop)?;
        let done = good(hammer_with(load(options, ground, Bytes::new()), requests.clone()).await)?;
        shares = watch.end(&ground.shop)?;
        logins.push(done.rate());
        waits.extend(done.latencies_us);
        let quiet = good(hammer(load(options, ground, page.clone())).await)?;
        let storm = hammer_with(load(options, ground, Bytes::new()), requests.clone());
        let (browsed, stormed) = tokio::join!(hammer(load(options, ground, page.clone())), storm);
        let (browsed, _) = (good(browsed)?, good(stormed)?);
        kept.push(percent(browsed.rate(), quiet.rate()));
        alone.push(quiet.rate());
        beside.push(browsed.rate());
        beside_waits.extend(browsed.latencies_us);
        eprintln!("logins, round {round}: {}/s", grouped(logins[round - 1]));
    }
    let at = |waits: &mut Vec<u32>, of| millis(u64::from(percentile(waits, of)));
    let kept = median(&mut kept);
    let browsing = Row {
        reference: format!("nobody logging in {}/s", grouped(median(&mut alone))),
        ratio: format!("{kept} %"),
        ..Row::new("product page while logins storm", format!("{}/s", grouped(median(&mut beside))))
    };
    Ok(vec![
        Row::new(format!("logins, {CLIENTS} clients"), format!("{}/s", grouped(median(&mut logins))))
            .note("Argon2id of 19 MiB and two passes, two at once; everybody else waits for a turn")
            .note(format!("p50 {}, p99 {}", at(&mut waits, 50), at(&mut waits, 99)))
            .note(shares),
        browsing
            .target(format!("≥ {WISHED} %"), kept >= WISHED)
            .note(format!("{CLIENTS} connections each; p99 {}", at(&mut beside_waits, 99))),
    ])
}

/// Makes accounts. The requests with which their owners log in.
async fn people(ground: &Ground) -> Result<Requests> {
    let host = ground.shop.address;
    let mut connection = Connection::open(host).await?;
    let mut requests = Vec::with_capacity(PEOPLE);
    for number in 0..PEOPLE {
        let (email, path) = (format!("bench-{number}@example.com"), format!("{API}/customers"));
        let new = Request::new(host, "POST", &path).json(&json!({ "email": email, "password": PASSWORD }).to_string());
        let answer = connection.send(&new).await?;
        if answer.status != 201 {
            bail!("an account was answered with {}: {}", answer.status, answer.text());
        }
        let log_in = Request::new(host, "POST", &format!("{API}/sessions"));
        requests.push(log_in.json(&json!({ "email": email, "password": PASSWORD }).to_string()));
    }
    Ok(Requests::new(requests).answered_with(201))
}

fn load(options: &Options, ground: &Ground, request: Bytes) -> Hammer {
    let lasting = options.lasting().max(Duration::from_secs(1));
    Hammer { address: ground.shop.address, connections: CLIENTS, request, warm_up: lasting / 4, lasting }
}

fn good(done: Hammered) -> Result<Hammered> {
    if done.errors > 0 {
        bail!("{} errors while logging in, the first: {}", done.errors, done.first_error.unwrap_or_default());
    }
    Ok(done)
}
