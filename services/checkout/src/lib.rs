//! The checkout: what a cart would cost, and taking it from there to a paid order.
//!
//! Owns the price of a cart ([`quote`], with [`promotion`], [`prices`], [`tax`] and [`shipping`]), the documents that say on
//! what terms the shop sells ([`settings`], in `checkout.db`), and the [`saga`] that walks an order from placing to paid, or
//! back; [`OrderEditor`] prices what is added to an order later. Orders live in the ledger, with the uses of coupons and what gift cards hold; money at the provider. Calls
//! `contracts::saga::SagaLedger`, `contracts::ledger::Vouchers`, `contracts::payment::Provider`, carts and catalog; is called
//! by pages, the API ([`api`]) and the intake of webhooks. Emits `checkout.promotion_changed` and the like for every document.
//! Carries I4 (no payment without an order), I6 (totals are sums) and L1 (every order gets somewhere).

pub mod api;
mod edit;
pub mod prices;
pub mod promotion;
pub mod quote;
pub mod saga;
pub mod settings;
pub mod shipping;
pub mod tax;

pub use edit::{OrderEditor, OrderEditorParts};
pub use saga::{CheckoutService, Resolver, SagaParts, SagaSettings};
pub use settings::TermsService;
