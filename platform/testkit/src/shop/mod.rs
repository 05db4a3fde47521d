//! A real shop as a process, for tools that measure it or kill it, and the people who use it.
//!
//! [`Shop`] builds, starts, watches and stops the `argosy` binary on a data directory of its own; [`Buyer`] fills carts
//! and orders; [`Office`] counts stock and reads the books with an API key.

mod build;
mod buyer;
mod office;
mod process;

pub use build::{Binary, workspace};
pub use buyer::{Buyer, Cart, PLACED, Placing};
pub use office::{Invariants, Office};
pub(crate) use process::micros;
pub use process::{Shop, StartOptions, Usage, free_port, interrupted, own_usage};

/// What every path of the API starts with.
pub const API: &str = "/api/v1";
