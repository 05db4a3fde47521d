//! `/account/login`: who has an account logs in; the cart of the browser comes along.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::identity::LogIn;
use http_kit::{Caller, SessionCookie, Visit};
use kernel::ErrorKind;
use maud::{Markup, html};

use super::{guest_cart, password, view, visitor};
use crate::cookies;
use crate::form::Fields;
use crate::pages::error;
use crate::pages::orders::site_for;
use crate::parts::Tone;
use crate::respond::{private, see_other, with_headers};
use crate::site::{PageContext, Site};

/// How long a browser keeps the cookie of a session: as long as the longest session.
const LASTS_S: i64 = 180 * 24 * 3600;

/// What the page shows.
pub(crate) struct LogInPage {
    pub(crate) email: String,
    pub(crate) said: Option<(Tone, &'static str)>,
}

pub(crate) fn log_in_page(ctx: &PageContext<'_>, data: &LogInPage) -> Markup {
    let t = ctx.phrases.account;
    let body = html! {
        p.lead { (t.log_in_text) }
        form.stack method="post" action="/account/login" {
            (view::email(ctx, &[], &data.email))
            (view::password(ctx, &[], "password", t.password, false))
            p.actions { button type="submit" { (t.log_in) } }
        }
        p { a href="/account/forgot" { (t.forgot) } }
        p { (t.no_account_yet) " " a href="/account/register" { (t.register) } }
    };
    view::single(ctx, t.log_in, data.said, &body)
}

#[cfg(test)]
pub(crate) fn samples(t: &'static crate::phrases::Phrases) -> Vec<LogInPage> {
    vec![
        LogInPage { email: String::new(), said: None },
        LogInPage { email: crate::goods::HOSTILE.to_owned(), said: Some((Tone::Bad, t.account.wrong_credentials)) },
    ]
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if caller.customer().is_ok() {
        return see_other("/account");
    }
    let site = site_for(&site, &headers, None);
    let t = site.phrases().account;
    let said = match query.as_deref() {
        Some("notice=registered") => Some((Tone::Good, t.registered)),
        Some("notice=reset") => Some((Tone::Good, t.password_set)),
        Some("notice=out") => Some((Tone::Good, t.logged_out)),
        _ => None,
    };
    let page = LogInPage { email: String::new(), said };
    private(StatusCode::OK, log_in_page(&site.context("/account/login"), &page))
}

pub(crate) async fn log_in(State(site): State<Site>, headers: HeaderMap, visit: Visit, fields: Fields) -> Response {
    let site = site_for(&site, &headers, None);
    let (shop, t) = (&site.shop, site.phrases().account);
    let from = visitor(&site, visit);
    let asked = LogIn { email: fields.text("email").to_owned(), password: password(&fields, "password") };
    let logged_in = shop.handles.customers.log_in(shop.handles.store, asked, guest_cart(&headers), &from).await;
    let logged_in = match logged_in {
        Ok(logged_in) => logged_in,
        Err(failure) => {
            let (status, text) = match failure.kind {
                ErrorKind::Unauthenticated => (StatusCode::UNPROCESSABLE_ENTITY, t.wrong_credentials),
                ErrorKind::RateLimited => (StatusCode::TOO_MANY_REQUESTS, t.too_many_attempts),
                _ => return error::failure(&site, &failure),
            };
            let page = LogInPage { email: fields.text("email").to_owned(), said: Some((Tone::Bad, text)) };
            return private(status, log_in_page(&site.context("/account/login"), &page));
        }
    };
    let mut out = HeaderMap::new();
    SessionCookie::Customer.set(&mut out, shop.secure(), &logged_in.session.token, LASTS_S);
    if let Some(cart) = &logged_in.cart {
        cookies::set_cart(&mut out, shop, cart);
    }
    with_headers(see_other("/account"), out)
}
