//! The commands, one file each.

pub(crate) mod api_key;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod reference;
