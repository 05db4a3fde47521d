//! The flags, made from the table of keys.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use super::keys::{Flag, KEYS};

/// What was given on the command line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    pub(crate) file: Option<PathBuf>,
    /// Name of the key, the flag as typed, the value.
    pub(crate) values: Vec<(&'static str, &'static str, String)>,
}

impl Given {
    /// These flags, with those of a subcommand, which win.
    pub(crate) fn with(mut self, inner: &Given) -> Self {
        self.values.retain(|(name, ..)| !inner.values.iter().any(|(later, ..)| later == name));
        self.values.extend(inner.values.iter().cloned());
        self.file = inner.file.clone().or(self.file);
        self
    }
}

const HEADING: &str = "Configuration";

/// The flags that every command takes, before or after its name: where the data and the configuration are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Everywhere(pub(crate) Given);

/// The other flags, of `serve`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Serving(pub(crate) Given);

impl Args for Everywhere {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .global(true)
            .help_heading(HEADING)
            .help("Configuration file; ./argosy.toml when it is there [env: ARGOSY_CONFIG]");
        augment(command.arg(config), true)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Everywhere {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given = read(matches, true);
        given.file = matches.get_one::<PathBuf>("config").cloned();
        Ok(Everywhere(given))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Serving {
    fn augment_args(command: Command) -> Command {
        augment(command, false)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Serving {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(Serving(read(matches, false)))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Whether the flag of a key is taken by every command.
fn is_everywhere(key: &str) -> bool {
    key == "data"
}

fn augment(mut command: Command, everywhere: bool) -> Command {
    for key in KEYS.iter().filter(|key| is_everywhere(key.name) == everywhere) {
        match key.flag {
            Flag::None => {}
            Flag::Value { name, value } => {
                let default =
                    if key.default.is_empty() { String::new() } else { format!(" [default: {}]", key.default) };
                let help = format!("{}{default} [env: {}]", key.doc, key.env);
                let arg = Arg::new(name).long(name).value_name(value).help(help).help_heading(HEADING);
                command = command.arg(arg.global(everywhere));
            }
            Flag::Switches(switches) => {
                for switch in switches {
                    let others = switches.iter().filter(|other| *other != switch).map(|other| other.name);
                    let arg = Arg::new(switch.name).long(switch.name).action(ArgAction::SetTrue);
                    let help = format!("{} [env: {}={}]", switch.doc, key.env, switch.value);
                    command = command.arg(arg.conflicts_with_all(others).help(help).help_heading(HEADING));
                }
            }
        }
    }
    command
}

fn read(matches: &ArgMatches, everywhere: bool) -> Given {
    let mut values = Vec::new();
    for key in KEYS.iter().filter(|key| is_everywhere(key.name) == everywhere) {
        match key.flag {
            Flag::None => {}
            Flag::Value { name, .. } => {
                if let Some(text) = matches.get_one::<String>(name) {
                    values.push((key.name, name, text.clone()));
                }
            }
            Flag::Switches(switches) => {
                if let Some(on) = switches.iter().find(|switch| matches.get_flag(switch.name)) {
                    values.push((key.name, on.name, on.value.to_owned()));
                }
            }
        }
    }
    Given { file: None, values }
}
