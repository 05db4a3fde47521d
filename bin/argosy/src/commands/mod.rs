//! The commands, one file each.

pub(crate) mod api_key;
pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod mail;
pub(crate) mod order;
pub(crate) mod owner_link;
pub(crate) mod reference;
pub(crate) mod restore;
pub(crate) mod search;
pub(crate) mod undo;
pub(crate) mod webhooks;

use std::io::{self, Write as _};

/// Prints what a command has to say.
///
/// # Errors
/// When standard output cannot be written; not when its reader has seen enough and closed it.
pub(crate) fn say(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}
