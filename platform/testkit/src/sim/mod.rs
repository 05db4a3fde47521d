//! The simulator: production code against a world that lies.
//!
//! One seed is one history. The ledger's `decide`, batcher, relay and doctor, the quotes and the checkout saga with its
//! resolver, the notification service, and the merging of carts run as in the shop; databases, payment provider, mail
//! server, receivers of webhooks, clock, process and shoppers are models with a seeded generator. Time is tokio's paused clock, so an hour takes milliseconds and the same seed gives the same
//! trace. Every history ends healed, and then invariants and liveness are checked.

mod cart;
mod check;
mod edits;
mod engine;
mod merchant;
mod mutants;
mod node;
mod outlets;
mod parcels;
mod people;
mod provider;
mod selling;
mod shopper;
mod world;

use std::sync::Arc;
use std::time::Duration;

use kernel::mutant::{Mutant, plant};

pub use mutants::{Caught, hunt};
pub use world::{Goods, World};

/// The least number of faults in a history.
pub const MIN_FAULTS: u64 = 5;

/// What the queues of mails and webhooks need to catch up with a history that is over.
const CATCH_UP: Duration = Duration::from_secs(20);

/// What a history came to.
#[derive(Clone, Debug)]
pub struct History {
    pub seed: u64,
    /// Hash over every line of the trace: equal for equal histories.
    pub trace_hash: u64,
    pub trace: Vec<String>,
    pub faults: u64,
    pub orders: usize,
    pub confirmed: usize,
    pub steps: u64,
    pub violations: Vec<String>,
}

/// Runs one history. With `keep_trace` its lines are kept, otherwise only their hash.
#[must_use]
pub fn run(seed: u64, mutant: Option<Mutant>, keep_trace: bool) -> History {
    plant(mutant);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without I/O can always be built");
    let history = runtime.block_on(history(seed, keep_trace));
    plant(None);
    history
}

async fn history(seed: u64, keep_trace: bool) -> History {
    let world = World::new(seed, keep_trace);
    world.stock_up().await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..world.goods.shoppers {
        let world = Arc::clone(&world);
        tasks.spawn(async move { shopper::shop(world, n).await });
    }
    tasks.spawn(merchant::work(Arc::clone(&world)));
    tasks.spawn(parcels::work(Arc::clone(&world)));
    tasks.spawn(misfortunes(Arc::clone(&world)));
    while let Some(done) = tasks.join_next().await {
        if let Err(error) = done {
            world.violation(format!("a task panicked: {error}"));
        }
    }
    while world.faults() < MIN_FAULTS {
        // A quiet history still has its share of misfortune.
        world.crash().await;
    }
    heal(&world).await;
    parcels::see_out(&world).await;
    check::check(&world).await;
    outlets::see_out(&world).await;
    check::after_all(&world).await;
    cart::check(&world);
    world.close();
    world.finish(seed)
}

/// Crashes and clock jumps while people shop.
async fn misfortunes(world: Arc<World>) {
    for n in 0..world.goods.misfortunes {
        world.pause(500, 20_000).await;
        if n == 1 && world.goods.late_endpoint {
            outlets::subscribe_late(&world).await;
        }
        match world.rng.below(3) {
            0 => world.jump_clock(),
            _ => world.crash().await,
        }
    }
}

/// Ends every fault and gives the shop the time that the slowest path needs.
async fn heal(world: &Arc<World>) {
    world.heal().await;
    // Two holds (one extension), the provider's slowest answer and the longest back-off.
    let patience =
        Duration::from_millis(u64::try_from(world.goods.hold_ms * 2).unwrap_or(0)) + Duration::from_secs(200);
    // Whoever answers has heard of everything by then; the others are seen out later.
    tokio::time::sleep(CATCH_UP).await;
    world.node().hush();
    *world.hushed_at.lock() = Some(tokio::time::Instant::now());
    tokio::time::sleep(patience - CATCH_UP).await;
    world.note("healed");
}
