//! `argosy config`.

use std::process::ExitCode;

use anyhow::Result;

use crate::cli::ConfigCommand;
use crate::config::flags::Given;
use crate::config::{self, environment, load};

pub(crate) fn run(command: ConfigCommand, given: &Given) -> Result<ExitCode> {
    match command {
        ConfigCommand::Check => {
            load(given, &environment())?;
            println!("The configuration is fine.");
        }
        ConfigCommand::Print => print!("{}", config::print(&load(given, &environment())?)),
        ConfigCommand::Reference => print!("{}", config::reference()),
    }
    Ok(ExitCode::SUCCESS)
}
