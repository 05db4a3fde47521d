//! Carts: what a shopper means to buy.
//!
//! Owns `carts.db`: one row per cart, with a document of lines and coupon codes. Calls the catalog's read model for
//! titles and prices, which are those of now whenever a cart is shown. Emits no events: nothing of record is here, and
//! nothing is held for a cart until its payment starts.
//!
//! - [`state`]: the cart as a replicated value. Lines are registers with hybrid-logical times ([`hlc`]) and observed
//!   removals, so that a cart stays writable in every region. Pure.
//! - [`merge`]: two replicas of one cart, and a guest's cart joining a customer's. Commutative, associative, idempotent.
//! - [`service`]: [`CartService`], the implementation of [`contracts::cart::Carts`]: checks, secrets, prices.
//! - `store`, `cache`: the row and the documents held in memory; a read costs no query, a write is read, changed and
//!   written inside one job of the writer thread, so that no update is lost.
//! - [`api`]: the routes below `/carts`.
//!
//! Carries no ledger invariant; gives I3 its half of the key: `version` grows with every visible change, so (cart,
//! version) names exactly one content.

pub mod api;
mod cache;
pub mod hlc;
pub mod merge;
pub mod service;
pub mod state;
mod store;

pub use api::routes;
pub use service::CartService;
