//! `sim`: histories of the shop in a world that lies. See `testkit::sim`.

use std::process::ExitCode;

use clap::Parser;
use kernel::mutant::Mutant;
use testkit::sim;

#[derive(Parser)]
#[command(about = "Run seeded histories of the shop against a world that lies, and check every invariant")]
struct Cli {
    /// Number of histories.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Replay one history and print its trace.
    #[arg(long)]
    seed: Option<u64>,
    /// Replant known bugs one at a time, and see how many are caught.
    #[arg(long)]
    mutants: bool,
    /// With --mutants: give up on a bug after this many histories.
    #[arg(long, default_value_t = 2000)]
    most: u64,
    /// With --seed: replant this bug, named as in `--mutants`.
    #[arg(long)]
    plant: Option<String>,
    /// Also run every n-th history twice and compare the traces.
    #[arg(long, default_value_t = 20)]
    repeat_every: u64,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let good = match cli.seed {
        Some(seed) => replay(seed, cli.plant.as_deref()),
        None if cli.mutants => hunt_all(cli.first, cli.most),
        None => histories(&cli),
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn replay(seed: u64, plant: Option<&str>) -> bool {
    let mutant = plant.and_then(|name| Mutant::ALL.into_iter().find(|m| format!("{m:?}") == name));
    let history = sim::run(seed, mutant, true);
    for line in &history.trace {
        println!("{line}");
    }
    println!(
        "seed {seed}: {} orders, {} confirmed, {} faults, trace {:016x}",
        history.orders, history.confirmed, history.faults, history.trace_hash
    );
    for violation in &history.violations {
        println!("VIOLATION {violation}");
    }
    history.violations.is_empty()
}

fn histories(cli: &Cli) -> bool {
    let started = now();
    let (mut bad, mut faults, mut orders, mut confirmed, mut least, mut steps) = (0_u64, 0, 0, 0, u64::MAX, 0);
    for seed in cli.first..cli.first + cli.seeds {
        let history = sim::run(seed, None, false);
        faults += history.faults;
        orders += history.orders;
        confirmed += history.confirmed;
        steps += history.steps;
        least = least.min(history.faults);
        if !history.violations.is_empty() {
            bad += 1;
            println!("seed {seed} breaks a promise; replay it with --seed {seed}");
            for violation in history.violations.iter().take(5) {
                println!("  {violation}");
            }
        }
        if cli.repeat_every > 0 && seed.is_multiple_of(cli.repeat_every) {
            let again = sim::run(seed, None, false);
            if again.trace_hash != history.trace_hash {
                bad += 1;
                println!("seed {seed} gives another trace when it is run again");
            }
        }
    }
    let elapsed_ms = u64::try_from(now() - started).unwrap_or(0).max(1);
    println!(
        "{} histories, {orders} orders ({confirmed} confirmed), {faults} faults (at least {least} in each), {steps} steps, {} histories/s, {bad} bad",
        cli.seeds,
        cli.seeds * 1000 / elapsed_ms,
    );
    bad == 0 && least >= sim::MIN_FAULTS
}

fn hunt_all(first: u64, most: u64) -> bool {
    let started = now();
    let mut caught = 0;
    println!("| replanted bug | histories needed | seen as |\n|---|---|---|");
    for mutant in Mutant::ALL {
        let result = sim::hunt(mutant, first, most);
        caught += u64::from(result.histories.is_some());
        let needed = result.histories.map_or_else(|| format!("not in {most}"), |n| n.to_string());
        println!("| {mutant:?} | {needed} | {} |", result.symptom.unwrap_or_default());
    }
    let total = Mutant::ALL.len() as u64;
    println!("\n{caught} of {total} replanted bugs caught in {} s", (now() - started) / 1000);
    caught == total
}

/// Milliseconds of real time, for the rate at the end only.
fn now() -> i64 {
    use kernel::Clock;
    kernel::SystemClock.now().millis()
}
