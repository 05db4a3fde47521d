//! Payment: the providers through which money moves, their webhooks, and the comparison of their books with ours.
//!
//! Owns the test provider ([`providers::test`]) with its books and its pages, the signatures and the intake of
//! webhooks ([`webhooks`]), and the reconciler ([`reconciler`]). Owns no order and no payment record: those live in
//! the ledger. Every provider must pass [`conformance`].
//!
//! Called by the checkout saga through [`contracts::payment::Provider`], by providers through `POST
//! /webhooks/{provider}`. Calls [`contracts::payment::WebhookInbox`] and [`contracts::payment::PaymentBooks`] (the
//! ledger) and [`contracts::checkout::Checkout::resume`] (the saga), never with anything but a hint: what is true about
//! a payment is asked of the provider.
//!
//! Invariants carried: I2 at the provider's side (`refunded <= captured <= authorised`, by
//! [`providers::test::core::Core`]), one key one effect (the provider's half of I3 and I11), I4 (the reconciler finds
//! money without an order, and orders without their money, within 15 minutes).

pub mod conformance;
pub mod providers;
pub mod reconciler;
pub mod signature;
pub mod webhooks;

pub use contracts::payment::Providers;
pub use providers::test::{TestProvider, page::routes as test_pages};
pub use webhooks::{WebhookIntake, WebhookSink, routes};
