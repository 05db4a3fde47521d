//! Carriers.

mod barcode;
mod label;
pub mod simulated;

pub use simulated::{Faults, Simulated};
