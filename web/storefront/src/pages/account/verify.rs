//! `/account/verify/{token}`: shows that an e-mail address is its owner's. Opening the link changes nothing, because
//! programs that look through mails open links too; the button does.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http_kit::{Caller, Visit};
use kernel::{ErrorKind, Secret};
use maud::{Markup, html};

use super::{signed_in, view, visitor};
use crate::form::Fields;
use crate::pages::error;
use crate::pages::orders::site_for;
use crate::parts::Tone;
use crate::respond::{private, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) enum VerifyPage {
    /// With the token of the link.
    Asked(String),
    Done,
    BadLink,
}

pub(crate) fn verify_page(ctx: &PageContext<'_>, data: &VerifyPage) -> Markup {
    let t = ctx.phrases.account;
    let to_account = html! { p.actions { a.button href="/account" { (t.account) } } };
    match data {
        VerifyPage::Asked(token) => {
            let body = html! {
                p.lead { (t.verify_text) }
                form method="post" action={ "/account/verify/" (token) } {
                    p.actions { button type="submit" { (t.verify) } }
                }
            };
            view::single(ctx, t.verify_title, None, &body)
        }
        VerifyPage::Done => view::single(ctx, t.verify_title, Some((Tone::Good, t.verified)), &to_account),
        VerifyPage::BadLink => view::single(ctx, t.bad_link.0, Some((Tone::Bad, t.bad_link.1)), &to_account),
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<VerifyPage> {
    vec![VerifyPage::Asked(crate::goods::HOSTILE.to_owned()), VerifyPage::Done, VerifyPage::BadLink]
}

pub(crate) async fn show(State(site): State<Site>, headers: HeaderMap, Path(token): Path<String>) -> Response {
    let site = site_for(&site, &headers, None);
    private(StatusCode::OK, verify_page(&site.context("/account"), &VerifyPage::Asked(token)))
}

pub(crate) async fn verify(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(token): Path<String>,
    _: Fields,
) -> Response {
    let site = site_for(&site, &headers, None);
    let handles = &site.shop.handles;
    let (status, page) = match handles.customers.verify_email(handles.store, &Secret::new(token)).await {
        Ok(()) => (StatusCode::OK, VerifyPage::Done),
        Err(failure) if failure.kind == ErrorKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, VerifyPage::BadLink),
        Err(failure) => return error::failure(&site, &failure),
    };
    private(status, verify_page(&site.context("/account"), &page))
}

/// `POST /account/verify`: sends the link again.
pub(crate) async fn send(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    visit: Visit,
    _: Fields,
) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (handles, from) = (&site.shop.handles, visitor(&site, visit));
    match handles.customers.request_verification(handles.store, id, &from).await {
        Ok(()) => see_other("/account?notice=sent"),
        Err(failure) if failure.kind == ErrorKind::RateLimited => see_other("/account?notice=wait"),
        Err(failure) => error::failure(&site, &failure),
    }
}
