//! On what terms a shop sells: documents in `checkout.db`, and what quotes read of them, in memory.
//!
//! A document that is written is checked, committed with its event, and taken over by a new [`Selling`], which replaces the
//! one before as a whole. A quote reads one of them from beginning to end and no database.

mod rules;
mod selling;
mod service;
mod standing;
pub(crate) mod store;
mod zone;

pub use selling::{Selling, Snapshots};
pub use service::TermsService;
pub use zone::Zone;
