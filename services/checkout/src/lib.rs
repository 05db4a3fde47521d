//! The checkout: what a cart would cost, and taking it from there to a paid order.
//!
//! Owns the price of a cart ([`quote`], with [`tax`] and [`shipping`]) and the [`saga`] that walks an order from placing
//! to paid, or back. Keeps no state of its own: orders live in the ledger, money at the provider. Calls
//! `contracts::saga::SagaLedger`, `contracts::payment::Provider`, carts and catalog; is called by pages, the API
//! ([`api`]) and the intake of webhooks.
//! Carries I4 (no payment without an order), I6 (totals are sums) and L1 (every order gets somewhere).

pub mod api;
pub mod quote;
pub mod saga;
pub mod shipping;
pub mod tax;

pub use saga::{CheckoutService, Resolver, SagaParts, SagaSettings};
