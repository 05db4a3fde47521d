//! From nothing to the first page, and what a shop takes when nobody is there.

use std::time::Duration;

use anyhow::Result;

use super::{Options, Row};
use crate::load::stats::{grouped, median, millis};
use crate::shop::{Binary, Shop, StartOptions, free_port};

const PATIENCE: Duration = Duration::from_secs(120);

pub(super) async fn measure(options: &Options, binary: &Binary) -> Result<Vec<Row>> {
    let (mut fresh, mut again, mut resident) = (Vec::new(), Vec::new(), Vec::new());
    let rng = kernel::SystemRng::new();
    for _ in 0..options.rounds {
        let home = tempfile::tempdir_in(&options.scratch)?;
        let start = StartOptions {
            binary: binary.clone(),
            port: free_port(&rng)?,
            data: home.path().join("data"),
            demo: true,
            environment: Vec::new(),
        };
        let mut shop = Shop::start(&start)?;
        fresh.push(shop.answers("/", PATIENCE).await?);
        shop.stop(Duration::from_secs(15)).await?;
        let mut shop = Shop::start(&start)?;
        again.push(shop.answers("/", PATIENCE).await?);
        tokio::time::sleep(Duration::from_secs(2)).await;
        resident.push(shop.usage()?.resident_kib);
        shop.stop(Duration::from_secs(15)).await?;
    }
    let (fresh, again, resident) = (median(&mut fresh), median(&mut again), median(&mut resident));
    let megabytes = |bytes: u64| format!("{} MB", grouped(bytes / 1_000_000));
    let size = binary.size_bytes()?;
    Ok(vec![
        Row::new("cold start to first page", millis(again))
            .target("< 1 s", again < 1_000_000)
            .note("process start to the home page answered; a shop with the demo data"),
        Row::new("first start, demo data made", millis(fresh))
            .note("products, stock and pages of the demo shop made before the first page"),
        Row::new("idle memory", megabytes(resident * 1024))
            .target("< 100 MB", resident * 1024 < 100_000_000)
            .note("resident, 2 s after the first page"),
        Row::new("shipped binary", megabytes(size)).target("< 60 MB", size < 60_000_000),
    ])
}
