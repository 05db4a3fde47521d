//! `bench`: how fast the shop is, beside references measured in the same run.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use testkit::bench::{self, Options, Scenario};
use testkit::shop::{interrupted, workspace};

/// Measure the shop: starting, browsing, journeys, orders, a flash sale, logins, pages, searching
///
/// Builds and starts the binary as it is shipped (profile `dist`) on data of its own. A full run writes docs/bench.md.
#[derive(Debug, Parser)]
#[command(name = "bench", max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    measure: Measure,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Args)]
struct Measure {
    /// Measure shortly, to see whether everything runs
    #[arg(long)]
    quick: bool,
    /// Measure only these: start, browse, journey, orders, delayed, flash, login, weights, search, build
    #[arg(long, value_name = "SCENARIO", value_delimiter = ',')]
    only: Vec<String>,
    /// Measure also how long building takes, from a fresh clone
    #[arg(long)]
    build: bool,
    /// Rounds of each measurement; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=99))]
    rounds: u8,
    /// Measure this binary instead of building one
    #[arg(long, value_name = "PATH")]
    bin: Option<PathBuf>,
    /// Where data directories are made [default: target/bench]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Where the report is written [default: docs/bench.md after a full run]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the answer in a file with nothing but hyper: the reference for browsing
    #[command(hide = true)]
    ServeBare {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        file: PathBuf,
    },
}

impl Measure {
    fn options(self) -> Result<Options> {
        let full = self.only.is_empty() && !self.quick;
        let named: Vec<_> = self.only.iter().map(|name| Scenario::parse(name)).collect::<Result<_>>()?;
        let by_default = |s: &Scenario| *s != Scenario::Build || self.build;
        let all = Scenario::ALL.into_iter().map(|(_, scenario)| scenario).filter(by_default);
        Ok(Options {
            scenarios: if named.is_empty() { all.collect() } else { named },
            rounds: usize::from(self.rounds),
            quick: self.quick,
            binary: self.bin,
            scratch: self.scratch.unwrap_or_else(|| workspace().join("target/bench")),
            out: self.out.or_else(|| full.then(|| workspace().join("docs/bench.md"))),
        })
    }
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    if let Some(Command::ServeBare { listen, file }) = cli.command {
        // As many threads as the shop has.
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        return runtime.block_on(bench::serve_bare(listen, &file));
    }
    // The client has one thread, so that it takes no more than one core from the shop.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let options = cli.measure.options()?;
    let report = runtime.block_on(async {
        tokio::select! {
            report = bench::run(&options) => report,
            stopped = interrupted() => Err(stopped),
        }
    })?;
    if !report.all_reached() {
        println!("\nNot every target was reached.");
    }
    Ok(())
}
