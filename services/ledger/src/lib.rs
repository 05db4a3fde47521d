//! The ledger: the transactional heart of the shop.
//!
//! Owns orders with their lines and holds; stock levels and movements at every location, transfers, stock-takes,
//! backorders and bundles; payment records, coupons and gift cards; idempotency rows, the outbox and inbox, people's
//! keys and the audit chain. Everything is written by commands:
//! they queue in the [`batcher`], the pure [`decide`] says what each does, and an [`engine`] stores a batch as one
//! transaction. Calls nobody; the checkout saga drives it through `contracts::saga`, pages and API through
//! `contracts::ledger`. Emits `order.*` and `stock.*` events.
//! Carries I1, I2, I3, I5, I6, I7, I8, I9, I10, I11 and I14; [`doctor`] checks them on a live store.

pub mod api;
pub mod batcher;
pub mod decide;
pub mod doctor;
pub mod engine;
pub mod feed;
pub mod order;
mod recent;
pub mod relay;
pub mod service;
pub mod state;
pub mod story;

pub use service::{LedgerParts, LedgerService};
