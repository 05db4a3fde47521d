//! Quotes: what an order would cost now.
//!
//! [`price`] is the whole computation and is pure; [`Quoter`] feeds it with a cart and the catalog; [`Terms`] are the
//! markets, taxes and shipping rates that a shop sets.

mod price;
mod quoter;
mod terms;

pub use price::{PricedLine, Pricing, price};
pub use quoter::Quoter;
pub use terms::Terms;
