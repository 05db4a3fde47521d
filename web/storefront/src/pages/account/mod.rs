//! The account of a customer: logging in and out, orders, addresses, data. Personal, so never cached.
//!
//! The paths have no market in them: links in mails and the browser's own memory of passwords know one address. The
//! language is that of the market which the visitor chose last.

pub(crate) mod addresses;
pub(crate) mod data;
pub(crate) mod forgot;
pub(crate) mod home;
pub(crate) mod log_in;
pub(crate) mod log_out;
pub(crate) mod past;
pub(crate) mod register;
pub(crate) mod reset;
pub(crate) mod security;
pub(crate) mod verify;
pub(crate) mod view;

use axum::Router;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use contracts::identity::{GuestCart, Visitor};
use http_kit::{Caller, SessionCookie, Visit};
use kernel::{CustomerId, ErrorKind, Failure, FieldError, SessionId};

use crate::cookies;
use crate::form::Fields;
use crate::pages::orders::site_for;
use crate::respond::see_other;
use crate::site::Site;

pub(crate) fn routes() -> Router<Site> {
    Router::new()
        .route("/account", get(home::show).post(home::change))
        .route("/account/login", get(log_in::show).post(log_in::log_in))
        .route("/account/logout", post(log_out::log_out))
        .route("/account/register", get(register::show).post(register::register))
        .route("/account/forgot", get(forgot::show).post(forgot::ask))
        .route("/account/reset/{token}", get(reset::show).post(reset::set))
        .route("/account/verify", post(verify::send))
        .route("/account/verify/{token}", get(verify::show).post(verify::verify))
        .route("/account/addresses", get(addresses::list).post(addresses::add))
        .route("/account/addresses/{id}", get(addresses::edit).post(addresses::change))
        .route("/account/password", post(security::change_password))
        .route("/account/sessions/{id}", post(security::end_session))
        .route("/account/past-orders", get(past::list))
        .route("/account/past-orders/{id}", get(past::show))
        .route("/account/export", get(data::export))
        .route("/account/delete", post(data::delete))
}

/// The customer who is logged in, in the language they chose; whoever is not is sent to log in.
#[allow(clippy::result_large_err)] // The response is moved once, on the way out.
fn signed_in(site: &Site, headers: &HeaderMap, caller: &Caller) -> Result<(Site, CustomerId, SessionId), Response> {
    let (id, session) = caller.customer().map_err(|_| see_other("/account/login"))?;
    Ok((site_for(site, headers, None), id, session))
}

fn visitor(site: &Site, visit: Visit) -> Visitor {
    visit.visitor(SessionCookie::Customer, site.shop.secure())
}

/// The cart that this browser holds as a guest.
fn guest_cart(headers: &HeaderMap) -> Option<GuestCart> {
    cookies::cart(headers).map(|access| GuestCart { id: Some(access.id), secret: access.secret })
}

/// What is wrong with a form, or the failure that is no fault of the form.
fn faults(failure: Failure) -> Result<Vec<FieldError>, Failure> {
    match failure.kind {
        ErrorKind::Invalid if !failure.errors.is_empty() => Ok(failure.errors),
        _ => Err(failure),
    }
}

/// A field as it was typed, spaces at its ends included: a password.
fn password(fields: &Fields, name: &str) -> kernel::Secret {
    kernel::Secret::new(fields.raw(name).to_owned())
}
