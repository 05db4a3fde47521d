//! The admin: what staff see, as server-rendered HTML that needs no JavaScript at all.
//!
//! Owns the pages of the back office, their stylesheet, and the invoices and packing slips (PDF). Calls the contracts
//! of every service and emits nothing; it speaks only contracts, so what it does, the API does too.
//!
//! - A page is a typed function from a `PageContext` and its data to markup (`pages/*`). Each has samples made of
//!   hostile texts, and one test renders them all.
//! - I12: every handler begins with what its caller must be allowed to; who lacks it reads which permission is missing,
//!   who is not logged in logs in and comes back. `pages::tell` makes pages of all failures, in one place.
//! - I11: every form that moves money, stock or orders carries an idempotency key made when it was rendered, so that
//!   sending it twice is doing it once.
//! - Posts are taken from the shop's own pages only; every post answers with a redirect, or with the same page, what was
//!   typed into it and what is wrong with it.
//! - Rows of a form come and go by submit buttons (`rows`); what a service finds wrong stands beside the field whose name
//!   reads like the pointer to it.
//! - Nothing is kept by browsers: all answers are `private, no-store`, and no script runs on any page.

mod assets;
mod form;
mod layout;
mod pages;
mod parts;
mod pdf;
mod respond;
mod rows;
mod site;
mod table;
mod upload;

#[cfg(test)]
mod markup;
#[cfg(test)]
mod samples;

use axum::Router;

pub use site::Admin;

/// The pages below `/admin`.
///
/// # Panics
/// When there is no market.
pub fn routes(admin: Admin) -> Router {
    pages::router(site::Site::new(admin))
}

/// The methods and paths of all pages, such as `GET /admin/orders/{id}`, for whoever asks for every one of them.
#[must_use]
pub fn table() -> Vec<String> {
    pages::pages().table()
}
