//! `argosy config`.

use std::process::ExitCode;

use anyhow::Result;

use super::say;
use crate::cli::ConfigCommand;
use crate::config::flags::Given;
use crate::config::{self, environment, load};

pub(crate) fn run(command: ConfigCommand, given: &Given) -> Result<ExitCode> {
    match command {
        ConfigCommand::Check => {
            load(given, &environment())?;
            say("The configuration is fine.\n")?;
        }
        ConfigCommand::Print => say(&config::print(&load(given, &environment())?))?,
        ConfigCommand::Reference => say(&config::reference())?,
    }
    Ok(ExitCode::SUCCESS)
}
