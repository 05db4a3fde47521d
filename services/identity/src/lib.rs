//! Identity: who is asking.
//!
//! Owns: API keys, in `identity.db`. A key is shown once, when it is made; stored is its SHA-256. Customers, staff,
//! roles and sessions join it here. Calls nothing; called by the front of every request ([`http_kit::Front`]) and by
//! `argosy api-key`, which opens the same file while the shop runs. Emits nothing.
//!
//! Carries its part of I12: a request acts for the store and with the scopes of its key and no others, every way of
//! having no valid key gives the same answer, and a revoked key opens nothing a second later, whichever process
//! revoked it.

mod api;
mod key;
mod service;
mod store;

pub use api::routes;
pub use service::Identity;
