//! `argosy`: the shop as one program.
//!
//! - [`cli`]: commands and flags; [`commands`]: what they do; [`config`]: one table of keys behind flags, environment,
//!   file, `argosy config` and the reference page.
//! - [`lifecycle`]: opening, serving, draining; [`shop`]: the parts and how they are put together; [`lock`]: one
//!   process per data directory; [`telemetry`], [`probes`] and [`meters`]: what an operator sees.
//! - [`roles`] and [`graph`]: what a process can be, and who needs whom.
//! - [`attach`], [`client`], [`local_key`]: how commands work on a shop that runs, through its own API.

mod accounts;
mod attach;
mod cli;
mod client;
mod commands;
mod config;
mod graph;
mod lifecycle;
mod local_key;
mod lock;
mod meters;
mod outbound;
mod probes;
mod roles;
mod shop;
mod telemetry;

use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};

use cli::{Cli, Command};
use config::{environment, load};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let given = cli.everywhere.0.with(&cli.serving.0);
    let settings = |given| anyhow::Ok(load(given, &environment())?.settings);
    match cli.command {
        None => lifecycle::run(&settings(&given)?).map(|()| ExitCode::SUCCESS),
        Some(Command::Serve(serve)) => {
            lifecycle::run(&settings(&given.with(&serve.serving.0))?).map(|()| ExitCode::SUCCESS)
        }
        Some(Command::Config(command)) => commands::config::run(command, &given),
        Some(Command::ApiKey(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(1)?.block_on(commands::api_key::run(command, &settings))
        }
        Some(Command::OwnerLink) => {
            let settings = settings(&given)?;
            lifecycle::runtime(1)?.block_on(commands::owner_link::run(&settings))
        }
        Some(Command::Import(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(0)?.block_on(commands::import::run(&command, &settings))
        }
        Some(Command::Export(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(0)?.block_on(commands::export::run(&command, &settings))
        }
        Some(Command::Undo(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(0)?.block_on(commands::undo::run(&command, &settings))
        }
        Some(Command::Order(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(1)?.block_on(commands::order::run(&command, &settings))
        }
        Some(Command::Backup(command)) => commands::backup::run(&command, &settings(&given)?),
        Some(Command::Restore(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(1)?.block_on(commands::restore::run(&command, &settings))
        }
        Some(Command::Doctor(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(0)?.block_on(commands::doctor::run(&command, &settings))
        }
        Some(Command::Search(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(0)?.block_on(commands::search::run(command, &settings))
        }
        Some(Command::Mail(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(0)?.block_on(commands::mail::run(command, &settings))
        }
        Some(Command::Webhooks(command)) => {
            let settings = settings(&given)?;
            lifecycle::runtime(0)?.block_on(commands::webhooks::run(command, &settings))
        }
        Some(Command::Completions { shell }) => {
            clap_complete::generate(shell, &mut Cli::command(), "argosy", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Reference { subject }) => commands::reference::run(subject),
    }
}
