//! The storefront: what shoppers see, as server-rendered HTML that works without JavaScript.
//!
//! Owns the pages, their texts in English and German, their styles and the page cache. Calls
//! [`contracts::catalog::CatalogRead`] and [`contracts::search::Search`] (memory only), [`contracts::cart::Carts`],
//! [`contracts::checkout::Checkout`], [`contracts::selling::GroupPrices`] (memory), [`contracts::ledger::Orders`] and
//! [`contracts::identity::Customers`]; emits nothing. It speaks only contracts.
//!
//! - A page is a typed function from a `PageContext` and its data to markup (`pages/*`, one file per endpoint). Each has
//!   samples, and one test renders them all in every market and language.
//! - Home, listings, products, searches, sitemap: rendered once per generation, served from `cache`, nothing personal in
//!   them. Everything else is `private, no-store`, and so is a shelf made for a shopper whose group pays other prices.
//! - Each market has its own URLs: the first without a prefix, the others under `/{handle}` (docs/adr/0004).
//! - Every form is a `form::Fields`, which refuses posts from other sites; every post answers with a redirect, or with
//!   the same page and what is wrong with the input.
//! - I11: the checkout form carries an idempotency key made when it was rendered, so that sending it twice is one order.
//!   I3 is the ledger's; the cart version and the total that the shopper saw travel with the form.
//!
//! [`routes`] sets the fallback (the 404 page), so it is merged last.

mod assets;
mod cache;
mod compress;
mod cookies;
mod form;
mod format;
mod layout;
mod own_prices;
mod pages;
mod parts;
mod phrases;
mod respond;
mod site;

#[cfg(test)]
#[path = "../tests/support/goods.rs"]
mod goods;
#[cfg(test)]
mod markup;

use std::sync::Arc;

use axum::Router;

pub use site::Storefront;

/// Failures as pages, for whoever answers before a route is reached: a full server, a bad path, a panic.
pub fn error_page(storefront: Storefront) -> http_kit::ErrorPage {
    let site = site::Site { shop: Arc::new(site::Shop::new(storefront)), market: 0 };
    Arc::new(move |status, failure| pages::error::at_the_front(&site, status, failure))
}

/// The pages, with the 404 page as fallback.
///
/// # Panics
/// When there is no market, or a market's handle is the name of one of the shop's own paths, such as `cart`.
pub fn routes(storefront: Storefront) -> Router {
    pages::router(Arc::new(site::Shop::new(storefront)))
}
