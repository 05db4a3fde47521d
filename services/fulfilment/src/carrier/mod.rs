//! Carriers. Every one must pass [`conformance`].

mod barcode;
pub mod conformance;
mod label;
pub mod simulated;

pub use simulated::{Faults, Simulated};
