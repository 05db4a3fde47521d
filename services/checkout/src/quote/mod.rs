//! Quotes: what an order would cost now.
//!
//! [`price`] is the whole computation and is pure; [`Quoter`] feeds it with a cart, the catalog and what the ledger holds;
//! [`Terms`] are the markets, taxes and shipping rates of the configuration, which the documents of
//! [`crate::settings`] go on from.

mod guesses;
mod price;
mod quoter;
mod terms;

pub(crate) use guesses::all_looked_up;
pub use price::{HeldCard, PricedLine, Pricing, price};
pub use quoter::{Quoter, QuoterParts};
pub use terms::Terms;
