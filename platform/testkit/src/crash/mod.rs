//! Kills a real shop with SIGKILL at random moments under load, over and over, and looks for anything it forgot.
//!
//! What was promised to a client is written down the moment the answer arrives ([`Books`]). After each restart, and
//! for everything at the end, the promises are called in: an acknowledged order is there and means what it said, a
//! repeated request gives the same bytes, a request that was never answered has one outcome when it is repeated, and
//! every unit of stock is where the orders and adjustments say. A seed chooses what is asked and when the shop dies.

mod books;
mod report;
mod traffic;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use kernel::{Rng as _, SeededRng};
use parking_lot::Mutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::load::Connection;
use crate::load::stats::seconds;
use crate::shop::{Binary, Buyer, Office, Shop, StartOptions, free_port, micros};

pub use books::{AskId, Books, Taken, What};
pub use report::Report;
use traffic::Traffic;

/// Units of each SKU at the beginning.
const INITIAL_STOCK: i64 = 1_000_000;
/// Of one SKU there is little, so that orders are also refused.
const SCARCE_STOCK: i64 = 40;
/// SKUs that are ordered.
const GOODS: usize = 4;

/// How often, how hard, and where.
#[derive(Clone, Debug)]
pub struct Options {
    pub rounds: usize,
    pub seed: u64,
    pub clients: usize,
    pub binary: Option<PathBuf>,
    /// Where the data directory is made.
    pub scratch: PathBuf,
}

/// The shop under attack.
struct Arena {
    shop: Shop,
    start: StartOptions,
    office: Office,
    books: Arc<Mutex<Books>>,
    goods: Arc<Vec<String>>,
    restarts_us: Vec<u64>,
    kills: u64,
}

/// Runs all rounds and the final reckoning.
///
/// # Errors
/// When the shop does not come back, or cannot be asked: what it forgot is told in the report instead.
pub async fn run(options: &Options) -> Result<Report> {
    std::fs::create_dir_all(&options.scratch)?;
    let binary = Binary::locate(options.binary.as_deref())?;
    let home = tempfile::tempdir_in(&options.scratch)?;
    let rng = SeededRng::new(options.seed);
    let began = Instant::now();
    let mut arena = Arena::open(&binary, home.path().join("data")).await?;
    println!(
        "{} rounds, seed {}, {} clients, shop at {}",
        options.rounds, options.seed, options.clients, arena.shop.address
    );
    for round in 1..=options.rounds {
        arena.round(options, round, &rng).await?;
        if round % 20 == 0 || round == options.rounds {
            let books = arena.books.lock();
            println!(
                "round {round}: {} kills, {} orders acknowledged, {} requests never answered so far, {} faults, {}",
                arena.kills,
                books.confirmed().len(),
                books.open().len(),
                books.faults().len(),
                seconds(micros(began.elapsed()))
            );
        }
        if arena.books.lock().faults().len() > 50 {
            println!("too much is wrong; the remaining rounds would only say it again");
            break;
        }
    }
    println!("calling in every promise …");
    let figures = verify::reckoning(&mut arena).await?;
    // The last stop is a polite one: draining must not lose anything either.
    if let Err(error) = arena.shop.stop(Duration::from_secs(15)).await {
        arena.books.lock().fault(format!("SIGTERM: {error:#}"));
    }
    Ok(Report::new(options, &mut arena, figures, micros(began.elapsed())))
}

impl Arena {
    async fn open(binary: &Binary, data: PathBuf) -> Result<Self> {
        // The port is no part of the history, so it may be a different one with the same seed.
        let port = free_port(&kernel::SystemRng::new())?;
        let start = StartOptions { binary: binary.clone(), port, data, demo: true, environment: Vec::new() };
        let mut shop = Shop::start(&start)?;
        shop.ready().await?;
        let office = Office::open(binary, &start.data, shop.address, "crash")?;
        let mut connection = Connection::open(shop.address).await?;
        let (_, goods) = office.goods(&mut connection, GOODS).await?;
        let mut books = Books::default();
        for (i, sku) in goods.iter().enumerate() {
            let units = if i == 0 { SCARCE_STOCK } else { INITIAL_STOCK };
            office.count(&mut connection, sku, units).await?;
            books.counted(sku, office.stock(&mut connection, sku).await?.on_hand);
        }
        let books = Arc::new(Mutex::new(books));
        Ok(Arena { shop, start, office, books, goods: Arc::new(goods), restarts_us: Vec::new(), kills: 0 })
    }

    /// Load, a kill, a restart, a look at what was promised.
    async fn round(&mut self, options: &Options, round: usize, rng: &SeededRng) -> Result<()> {
        let first_of_round = self.books.lock().asked();
        let mut clients = JoinSet::new();
        for client in 0..options.clients {
            let traffic = Traffic {
                books: Arc::clone(&self.books),
                buyer: Buyer { host: self.shop.address },
                office: self.office.clone(),
                goods: Arc::clone(&self.goods),
                rng: SeededRng::new(options.seed ^ (((round as u64) << 32) | (client as u64 + 1))),
            };
            clients.spawn(traffic.run());
        }
        tokio::time::sleep(Duration::from_micros(50_000 + rng.below(350_000))).await;
        self.shop.kill()?;
        self.kills += 1;
        // Their connections are gone, so they end by themselves.
        let ended =
            tokio::time::timeout(Duration::from_secs(10), async { while clients.join_next().await.is_some() {} });
        if ended.await.is_err() {
            self.books.lock().fault(format!("round {round}: clients still wait for a shop that is dead"));
        }
        if rng.below(8) == 0 {
            // Dying while recovering from a death must not be worse than dying once.
            self.shop = Shop::start(&self.start)?;
            tokio::time::sleep(Duration::from_micros(rng.below(60_000))).await;
            self.shop.kill()?;
            self.kills += 1;
        }
        self.shop = Shop::start(&self.start)?;
        let took = self.shop.ready().await?;
        self.restarts_us.push(took);
        verify::after_restart(self, first_of_round, rng).await
    }
}
