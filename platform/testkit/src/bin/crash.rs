//! `crash`: kills the shop at random moments under load, and looks for anything it forgot.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use testkit::crash::{self, Options};
use testkit::shop::{interrupted, workspace};

/// Kill the shop with SIGKILL at random moments under order load, restart it, and check that nothing is lost
///
/// The exit code is 1 when an acknowledged order was lost, an answer changed, an invariant was violated or a unit of
/// stock went astray.
#[derive(Debug, Parser)]
#[command(name = "crash", max_term_width = 100)]
struct Cli {
    /// How often the shop is killed
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// What chooses the requests and the moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Clients at once
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=256))]
    clients: u16,
    /// Kill this binary instead of building one
    #[arg(long, value_name = "PATH")]
    bin: Option<PathBuf>,
    /// Where the data directory is made [default: target/crash]
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    /// Where the result is written [default: docs/crash.md from 200 rounds on]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<bool> {
    let out = cli.out.or_else(|| (cli.rounds >= 200).then(|| workspace().join("docs/crash.md")));
    let options = Options {
        rounds: cli.rounds,
        seed: cli.seed,
        clients: usize::from(cli.clients),
        binary: cli.bin,
        scratch: cli.scratch.unwrap_or_else(|| workspace().join("target/crash")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(async {
        tokio::select! {
            report = crash::run(&options) => report,
            stopped = interrupted() => Err(stopped),
        }
    })?;
    println!("\n{}", report.text());
    if let Some(out) = out {
        std::fs::write(&out, report.markdown())?;
        println!("written to {}", out.strip_prefix(workspace()).unwrap_or(&out).display());
    }
    println!("{}", if report.passed() { "nothing was lost" } else { "NOT everything is as it was promised" });
    Ok(report.passed())
}
