//! Fulfilment between a ledger that keeps its rules and a carrier whose answers cannot be relied on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod api;
mod parcels;
mod places;
mod support;
