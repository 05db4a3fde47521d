//! Searching in a shop of 100,000 variants: words, slips, filters and orders, hardly one query twice.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use contracts::search::SearchCheck;
use kernel::{Rng, SeededRng};
use serde_json::Value;
use tokio::time::Instant;

use super::goods::{self, FIRST, SECOND, VARIANTS, word};
use super::{Ground, Options, Row, Watch};
use crate::load::stats::{grouped, median, millis, percentile, rate, seconds};
use crate::load::{Connection, Hammer, Hammered, Request, Requests, hammer_with};
use crate::shop::{API, Binary, Shop, micros};

const PRODUCTS: usize = 25_000;
const QUICK_PRODUCTS: usize = 2_500;
const CONNECTIONS: usize = 32;
/// Requests of a list; it begins anew when all were sent.
const QUERIES: usize = 40_000;
const WISHED_PER_SECOND: u64 = 5_000;
const WISHED_P99_US: u64 = 20_000;
/// How long the index may take to follow a whole import.
const PATIENCE: Duration = Duration::from_secs(300);

const KINDS: [&str; 6] = ["Sneaker", "Boot", "Sandal", "Loafer", "Slipper", "Shoe"];

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    OneWord,
    TwoWords,
    ThreeWords,
    Slips,
    Beginning,
    Facet,
    Price,
    Sorted,
}

const ALL: [(&str, Asked); 8] = [
    ("one word", Asked::OneWord),
    ("two words", Asked::TwoWords),
    ("three words", Asked::ThreeWords),
    ("two words with a slip each", Asked::Slips),
    ("a word and the beginning of one", Asked::Beginning),
    ("a word and a size", Asked::Facet),
    ("a word and a price range", Asked::Price),
    ("two words, in another order", Asked::Sorted),
];

pub(super) async fn measure(options: &Options, binary: &Binary) -> Result<Vec<Row>> {
    let home = tempfile::tempdir_in(&options.scratch)?;
    let mut ground = Ground::open(binary, home.path(), &[]).await?;
    let products = if options.quick { QUICK_PRODUCTS } else { PRODUCTS };
    let mut rows = vec![import(&mut ground, binary, home.path(), products).await?];
    rows.push(restarted(&mut ground).await?);
    let address = ground.shop.address;
    let paths: Vec<String> = queries(&ALL.map(|(_, asked)| asked), QUERIES);
    let mut distinct = paths.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let distinct = grouped(distinct.len() as u64);
    let requests = Requests::new(paths.iter().map(|path| api(address, path)).collect());
    let note =
        format!("{} queries of eight kinds in turn by lot, {distinct} of them different", grouped(QUERIES as u64));
    let [rate, waits] = rounds(options, &ground, "search, JSON", &requests).await?;
    let wished = format!("≥ {}/s", grouped(WISHED_PER_SECOND));
    let (fast, soon) = (rate.value >= WISHED_PER_SECOND, waits.value < WISHED_P99_US);
    rows.extend([rate.target(wished, fast).note(note), waits.target(format!("p99 < {}", millis(WISHED_P99_US)), soon)]);
    for (name, asked) in ALL {
        let requests = Requests::new(queries(&[asked], QUERIES / 8).iter().map(|path| api(address, path)).collect());
        let mut done = good(load(options, &ground, &requests, options.lasting() / 2).await)?;
        rows.push(Row::new(format!("… {name}"), format!("{}/s", grouped(done.rate()))).note(waited(&mut done)));
    }
    let pages = paths.iter().map(|path| page(address, path)).collect();
    let [rate, waits] = rounds(options, &ground, "search page", &Requests::new(pages)).await?;
    rows.extend([
        rate.note("as a browser asks for it: rendered and compressed for each that is new, in brotli"),
        waits,
    ]);
    rows.push(Row::new("memory after all that", megabytes(ground.shop.usage()?.resident_kib * 1024)).note("resident"));
    ground.shop.stop(Duration::from_secs(30)).await?;
    Ok(rows)
}

/// Fills the shop while it runs, as a merchant would.
async fn import(ground: &mut Ground, binary: &Binary, home: &Path, products: usize) -> Result<Row> {
    let mut connection = Connection::open(ground.shop.address).await?;
    let export: Value = ground.office.read(&mut connection, "/admin/exports/products?format=json").await?;
    let files = goods::files(&export, products)?;
    let bytes: usize = files.iter().map(Vec::len).sum();
    let mut took_us = 0;
    for (at, file) in files.iter().enumerate() {
        let path = home.join(format!("goods-{at}.json"));
        std::fs::write(&path, file)?;
        let began = Instant::now();
        let mut command = Command::new(&binary.path);
        command.arg("--data").arg(&ground.start.data).arg("import").arg(&path).current_dir(home);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        if !output.status.success() {
            bail!("the import failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        took_us += micros(began.elapsed());
    }
    let peak = ground.shop.usage()?.peak_kib * 1024;
    let imported = Instant::now();
    let check = indexed(ground, products).await?;
    let variants = (products * VARIANTS) as u64;
    eprintln!("{} variants imported in {}", grouped(variants), seconds(took_us));
    Ok(Row::new(format!("{} variants imported", grouped(variants)), format!("{}/s", grouped(rate(variants, took_us))))
        .note(format!(
            "{}, {} products in {} files of {}, with their stock, while the shop runs",
            seconds(took_us),
            grouped(products as u64),
            files.len(),
            megabytes(bytes as u64)
        ))
        .note(format!("the shop's memory at its peak {}", megabytes(peak)))
        .note(format!(
            "all {} searchable {} later",
            grouped(u64::from(check.indexed)),
            seconds(micros(imported.elapsed()))
        )))
}

/// Waits until everything can be found.
async fn indexed(ground: &Ground, products: usize) -> Result<SearchCheck> {
    let began = Instant::now();
    let mut connection = Connection::open(ground.shop.address).await?;
    loop {
        let check: SearchCheck = ground.office.read(&mut connection, "/admin/search").await?;
        if check.agrees && check.indexed as usize >= products {
            return Ok(check);
        }
        if began.elapsed() > PATIENCE {
            bail!("after {PATIENCE:?} {} of {} products are in the index", check.indexed, check.catalog);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What such a shop takes from its start, without what the import left behind.
async fn restarted(ground: &mut Ground) -> Result<Row> {
    ground.shop.stop(Duration::from_secs(60)).await?;
    ground.shop = Shop::start(&ground.start)?;
    let ready_us = ground.shop.answers("/search?q=sneaker", Duration::from_secs(120)).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let resident = ground.shop.usage()?.resident_kib * 1024;
    let index = size_of(&ground.start.data.join("search"))?;
    Ok(Row::new("start to first search", seconds(ready_us)).note(format!(
        "{} resident 2 s later; the index takes {} on the disk",
        megabytes(resident),
        megabytes(index)
    )))
}

/// Bytes of all files below.
fn size_of(directory: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(directory).with_context(|| format!("{} is not there", directory.display()))? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size_of(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

/// Rate and waits over several rounds; each goes on in the list where the one before stopped.
async fn rounds(options: &Options, ground: &Ground, what: &str, requests: &Requests) -> Result<[Row; 2]> {
    let (mut rates, mut p50, mut p99, mut shares) = (Vec::new(), Vec::new(), Vec::new(), String::new());
    for round in 1..=options.rounds {
        let watch = Watch::begin(&ground.shop)?;
        let mut done = good(load(options, ground, requests, options.lasting()).await)?;
        shares = watch.end(&ground.shop)?;
        rates.push(done.rate());
        p50.push(u64::from(percentile(&mut done.latencies_us, 50)));
        p99.push(u64::from(percentile(&mut done.latencies_us, 99)));
        eprintln!("{what}, round {round}: {}/s, p99 {}", grouped(done.rate()), millis(p99[round - 1]));
    }
    let (rate, p50, p99) = (median(&mut rates), median(&mut p50), median(&mut p99));
    let figure = Row::new(format!("{what}, {CONNECTIONS} connections"), format!("{}/s", grouped(rate))).note(shares);
    let waits = Row::new(format!("{what}, wait for an answer"), format!("p50 {}, p99 {}", millis(p50), millis(p99)));
    Ok([Row { value: rate, ..figure }, Row { value: p99, ..waits }])
}

async fn load(options: &Options, ground: &Ground, requests: &Requests, lasting: Duration) -> Hammered {
    let hammer = Hammer {
        address: ground.shop.address,
        connections: CONNECTIONS,
        request: Bytes::new(),
        warm_up: options.lasting() / 4,
        lasting,
    };
    hammer_with(hammer, requests.clone()).await
}

fn good(done: Hammered) -> Result<Hammered> {
    if done.errors > 0 {
        bail!("{} errors while searching, the first: {}", done.errors, done.first_error.unwrap_or_default());
    }
    Ok(done)
}

fn waited(done: &mut Hammered) -> String {
    let mut at = |percent| millis(u64::from(percentile(&mut done.latencies_us, percent)));
    format!("p50 {}, p99 {}", at(50), at(99))
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", grouped(bytes / 1_000_000))
}

fn api(host: std::net::SocketAddr, path: &str) -> Bytes {
    Request::new(host, "GET", &format!("{API}{path}")).bytes()
}

fn page(host: std::net::SocketAddr, path: &str) -> Bytes {
    Request::new(host, "GET", path).header("accept-encoding", "gzip, deflate, br, zstd").bytes()
}

/// The paths of `count` searches, each of a kind drawn from `kinds`; the same at every run.
fn queries(kinds: &[Asked], count: usize) -> Vec<String> {
    let rng = SeededRng::new(20 + kinds.len() as u64);
    let query = |_| query(&rng, goods::pick(&rng, kinds).copied().unwrap_or(Asked::OneWord));
    (0..count).map(query).collect()
}

fn query(rng: &dyn Rng, asked: Asked) -> String {
    let first = || word(rng, &FIRST);
    let second = || word(rng, if rng.below(3) == 0 { &KINDS } else { &SECOND });
    let words = match asked {
        Asked::OneWord => {
            let any = rng.below((FIRST.len() + SECOND.len() + KINDS.len()) as u64);
            let all = FIRST.iter().chain(&SECOND).chain(&KINDS);
            all.copied().nth(usize::try_from(any).unwrap_or(0)).unwrap_or("Shoe").to_owned()
        }
        Asked::TwoWords | Asked::Sorted => format!("{} {}", first(), second()),
        Asked::ThreeWords => format!("{} {} {}", first(), word(rng, &SECOND), word(rng, &KINDS)),
        Asked::Slips => format!("{} {}", slip(rng, first()), slip(rng, second())),
        Asked::Beginning => format!("{} {}", first(), second().chars().take(3).collect::<String>()),
        Asked::Facet | Asked::Price => if rng.below(2) == 0 { first() } else { second() }.to_owned(),
    };
    let mut path = format!("/search?q={}", words.replace(' ', "+"));
    // Writing to a String cannot fail.
    let _ = match asked {
        Asked::Facet => write!(path, "&filter.size={}", 36 + rng.below(11)),
        Asked::Price => {
            let low = 1_000 + rng.below(190) * 100;
            write!(path, "&filter.price={low}-{}", low + 1_000 + rng.below(90) * 100)
        }
        Asked::Sorted => write!(path, "&sort={}", word(rng, &["price_asc", "price_desc", "newest", "title"])),
        _ => Ok(()),
    };
    path
}

/// A letter forgotten, another one hit, or two swapped, but not the first one.
fn slip(rng: &dyn Rng, word: &str) -> String {
    let mut letters: Vec<char> = word.to_lowercase().chars().collect();
    if letters.len() < 4 {
        return word.to_owned();
    }
    let at = 1 + usize::try_from(rng.below(letters.len() as u64 - 2)).unwrap_or(0);
    match rng.below(3) {
        0 => {
            letters.remove(at);
        }
        1 => letters[at] = goods::pick(rng, &['a', 'e', 'i', 'o', 'r', 's', 't', 'u']).copied().unwrap_or('e'),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_the_same_each_time_and_mostly_different_from_each_other() {
        let all = ALL.map(|(_, asked)| asked);
        let made = queries(&all, 4_000);
        assert_eq!(made, queries(&all, 4_000));
        let mut distinct = made.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert!(distinct.len() > 2_500, "{}", distinct.len());
        assert!(made.iter().all(|path| path.starts_with("/search?q=") && !path.contains(' ')));
        for (mark, kind) in [("filter.size=", Asked::Facet), ("filter.price=", Asked::Price), ("sort=", Asked::Sorted)]
        {
            assert!(queries(&[kind], 20).iter().all(|path| path.contains(mark)));
        }
    }

    #[test]
    fn a_slip_is_one() {
        let rng = SeededRng::new(1);
        for _ in 0..200 {
            let slipped = slip(&rng, "Sneaker");
            assert!(slipped.starts_with('s') && (6..=7).contains(&slipped.len()), "{slipped}");
        }
        assert_eq!(slip(&rng, "Bay"), "Bay");
    }
}
