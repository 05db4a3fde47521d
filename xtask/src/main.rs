//! `cargo xtask`: the commands that keep this repository honest.
//!
//! `test` is what the README tells a newcomer to run; `ci` is what `.ci/run` runs, a list of named steps with the time
//! each took; `gen` writes the reference pages that come from the code; `arch` holds the crates to DESIGN's edges;
//! `licences` holds the dependencies to deny.toml; `fuzz` lets the tools of others attack a running
//! shop; `bench` measures.

mod arch;
mod ci;
mod fuzz;
mod licences;
mod reference;
mod step;
mod test;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::step::Build;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's own commands", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build and run every test, with nextest when it is installed. Installs Chromium for the browser walk when it is
    /// missing and this runs as root on Debian.
    Test {
        /// Passed on, e.g. `-p payment` or the name of a test.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Run everything that must be green before a change is taken.
    Ci(ci::Options),
    /// Write docs/reference from the code: the OpenAPI document, the configuration and the command line.
    Gen {
        /// Change nothing; fail when a page is not what the code says.
        #[arg(long)]
        check: bool,
    },
    /// Check which crate may depend on which.
    Arch,
    /// Check the licences of all dependencies against deny.toml.
    Licences,
    /// Attack a running shop: its API with schemathesis and, with --pages, its pages with wapiti. Installs both from PyPI.
    Fuzz(fuzz::Options),
    /// Measure, with the reference servers in the same run. Arguments are passed on.
    Bench {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Test { args } => test::run(&args, Build::Usual),
        Command::Ci(options) => ci::run(&options),
        Command::Gen { check } => reference::run(check, Build::Usual),
        Command::Arch => arch::run(),
        Command::Licences => licences::run(),
        Command::Fuzz(options) => fuzz::run(&options),
        Command::Bench { args } => {
            // In one go, so that shop and client share what they are made of.
            let both = ["-p", "argosy", "-p", "testkit", "--bin", "argosy", "--bin", "bench"];
            step::cargo(&[["build", "--profile", "dist"].as_slice(), &both].concat())?;
            let given = args.iter().any(|arg| arg.starts_with("--bin"));
            let shipped: &[&str] = if given { &[] } else { &["--bin", "target/dist/argosy"] };
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            step::run("target/dist/bench", &[shipped, &args].concat())
        }
    }
}

/// The root of the repository.
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
