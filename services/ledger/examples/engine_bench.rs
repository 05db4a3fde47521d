//! What an order costs the ledger's writer thread: batches that place, confirm and capture orders of one hot SKU,
//! decided and stored as the batcher does it. Prints orders per second and CPU time per order.
//!
//! `cargo run --release -p ledger --example engine_bench -- [batches] [orders per batch] [directory]`

#![allow(clippy::float_arithmetic, clippy::unwrap_used)] // A measurement, not money.

use std::sync::Arc;
use std::time::Duration;

use contracts::payment::ProviderStatus;
use contracts::saga::Observation;
use kernel::{CartId, Clock, PersonId, SharedRng, StoreId, SystemClock, SystemRng, Timestamp};
use ledger::decide::{Command, Envelope};
use ledger::engine::conformance::decide_batch;
use ledger::engine::conformance::sample::{Draft, by_shopper, by_staff, payment, sku};
use ledger::engine::{Engine, sqlite};

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Time spent in the two halves of a batch, on the clock and on the processor.
#[derive(Default)]
struct Spent {
    decide: Duration,
    commit: Duration,
    cpu: f64,
}

/// Seconds of processor time of this thread so far, in user and kernel mode.
fn cpu_seconds() -> f64 {
    // Nanoseconds on the processor, then waiting for it, then time slices.
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

async fn run(engine: &mut dyn Engine, batch: &[Envelope], now: Timestamp, rng: &SharedRng, spent: &mut Spent) {
    let started = tokio::time::Instant::now();
    let cpu = cpu_seconds();
    let (changes, replies) = decide_batch(engine, batch, now, rng).await.unwrap();
    let decided = tokio::time::Instant::now();
    assert!(replies.iter().all(Result::is_ok), "{:?}", replies.iter().find(|r| r.is_err()));
    engine.commit(&changes).await.unwrap();
    spent.decide += decided - started;
    spent.commit += decided.elapsed();
    spent.cpu += cpu_seconds() - cpu;
}

fn seen(draft: &Draft, status: ProviderStatus, revision: u64) -> Envelope {
    let seen = Observation::Payment { attempt: 1, payment: payment(draft.order, status, draft.due(), revision) };
    by_shopper(draft.store, Command::Record { order: draft.order, seen }, None)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, or: u64| arguments.get(i).and_then(|a| a.parse().ok()).unwrap_or(or);
    let (batches, size) = (number(0, 500), number(1, 64));
    let dir = match arguments.get(2) {
        Some(parent) => tempfile::tempdir_in(parent).unwrap(),
        None => tempfile::tempdir().unwrap(),
    };
    let (mut engine, _reader) = sqlite::open(&dir.path().join("ledger.db"), 1).unwrap();
    let rng: SharedRng = Arc::new(SystemRng::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stock = Command::SetStock { sku: sku(1), location: "main".to_owned(), on_hand: 1_000_000_000 };
        let mut setup = Spent::default();
        run(&mut engine, &[by_staff(StoreId::DEFAULT, stock, None)], SystemClock.now(), &rng, &mut setup).await;
        let mut steps = [("place", Spent::default()), ("confirm", Spent::default()), ("capture", Spent::default())];
        for batch in 0..batches {
            let now = SystemClock.now();
            let drafts: Vec<Draft> = (0..size)
                .map(|i| {
                    let mut draft = Draft::new(StoreId::DEFAULT, batch * size + i, sku(1), 1);
                    draft.cart = CartId::new(now, rng.as_ref());
                    draft.person = PersonId::new(now, rng.as_ref());
                    draft
                })
                .collect();
            let place: Vec<_> =
                drafts.iter().zip(batch * size..).map(|(d, key)| by_shopper(d.store, d.command(), Some(key))).collect();
            let confirm: Vec<_> = drafts.iter().map(|d| seen(d, ProviderStatus::Authorised, 1)).collect();
            let capture: Vec<_> = drafts.iter().map(|d| seen(d, ProviderStatus::Captured, 2)).collect();
            for (envelopes, (_, spent)) in [place, confirm, capture].iter().zip(&mut steps) {
                run(&mut engine, envelopes, now, &rng, spent).await;
            }
        }
        let orders = (batches * size) as f64;
        let mut cpu = 0.0;
        let mut wall = Duration::ZERO;
        for (name, spent) in &steps {
            let each = |d: Duration| d.as_secs_f64() * 1e6 / orders;
            println!(
                "{name:8} load and decide {:5.1} us, store {:5.1} us, CPU {:5.1} us per order",
                each(spent.decide),
                each(spent.commit),
                spent.cpu * 1e6 / orders
            );
            cpu += spent.cpu;
            wall += spent.decide + spent.commit;
        }
        println!(
            "{orders} orders: {:.0} a second with commits, {:.0} a second of CPU time ({:.1} us per order)",
            orders / wall.as_secs_f64(),
            orders / cpu,
            cpu * 1e6 / orders
        );
    });
}
