//! Fulfilment: from a confirmed order to a delivered parcel.
//!
//! Owns `fulfilment.db`: for each order one fulfilment per location that has goods of it, and more for what it waited
//! for ([`plan`]); what carriers said about parcels; an outbox; and the
//! folder `fulfilment/outbox/`, into which requests are dropped as CSV when that is configured. Calls the ledger for
//! events (as a feed, with a cursor of its own), for orders and their addresses, and to record shipping and delivery;
//! calls carriers through `contracts::fulfilment::Carrier`. Called by whoever packs: by API, on events
//! (`fulfilment.*`, which outgoing webhooks carry), or with the CSV files. Emits `fulfilment.*`.
//!
//! - A fulfilment never goes back, and taking a step again changes nothing ([`state`]).
//! - What is to be told to a carrier or to the ledger follows from the state ([`reconciler`]): every call can be
//!   repeated and is, until it is known to have had its effect. Steps and events only wake the reconciler.
//! - Before a parcel leaves, its order is asked whether it stands and is about these units: events are a moment late.
//! - A parcel is handed over once: the order is shipped under a key that follows from the fulfilment (its part of I11),
//!   and a shipment that is already there is found before a new one is made.
//! - Addresses are never stored: labels are drawn and files are written when they are needed, and a file is deleted
//!   once its fulfilment is on its way or its person is erased.

mod api;
pub mod carrier;
mod drop;
mod follow;
mod plan;
mod reconciler;
mod service;
mod state;
mod store;

pub use api::routes;
pub use service::{Fulfilment, FulfilmentParts, FulfilmentSettings};
pub use store::in_memory;
