//! `/account/reset/{token}`: sets a new password with the link that was mailed.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::identity::PasswordReset;
use http_kit::Visit;
use kernel::{FieldError, Secret};
use maud::{Markup, html};

use super::{faults, password, view, visitor};
use crate::form::Fields;
use crate::pages::error;
use crate::pages::orders::site_for;
use crate::parts::Tone;
use crate::respond::{private, see_other};
use crate::site::{PageContext, Site};

/// What the page shows: the form, or that the link does not work.
#[derive(Default)]
pub(crate) struct ResetPage {
    /// Empty when the link does not work.
    pub(crate) token: String,
    pub(crate) errors: Vec<FieldError>,
}

pub(crate) fn reset_page(ctx: &PageContext<'_>, data: &ResetPage) -> Markup {
    let t = ctx.phrases.account;
    if data.token.is_empty() {
        let body = html! { p.actions { a.button href="/account/forgot" { (t.send_link) } } };
        return view::single(ctx, t.bad_link.0, Some((Tone::Bad, t.bad_link.1)), &body);
    }
    let body = html! {
        form.stack method="post" action={ "/account/reset/" (data.token) } {
            (view::password(ctx, &data.errors, "password", t.new_password, true))
            p.actions { button type="submit" { (t.set_password) } }
        }
    };
    view::single(ctx, t.reset_title, None, &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<ResetPage> {
    let error = FieldError { pointer: "/password".to_owned(), code: "too_short".to_owned(), detail: String::new() };
    vec![ResetPage::default(), ResetPage { token: crate::goods::HOSTILE.to_owned(), errors: vec![error] }]
}

pub(crate) async fn show(State(site): State<Site>, headers: HeaderMap, Path(token): Path<String>) -> Response {
    let site = site_for(&site, &headers, None);
    private(StatusCode::OK, reset_page(&site.context("/account/forgot"), &ResetPage { token, errors: Vec::new() }))
}

pub(crate) async fn set(
    State(site): State<Site>,
    headers: HeaderMap,
    Path(token): Path<String>,
    visit: Visit,
    fields: Fields,
) -> Response {
    let site = site_for(&site, &headers, None);
    let handles = &site.shop.handles;
    let from = visitor(&site, visit);
    let reset = PasswordReset { token: Secret::new(token.clone()), password: password(&fields, "password") };
    let Err(failure) = handles.customers.reset_password(handles.store, reset, &from).await else {
        return see_other("/account/login?notice=reset");
    };
    let page = match faults(failure) {
        Ok(errors) if errors.iter().any(|error| error.pointer == "/token") => ResetPage::default(),
        Ok(errors) => ResetPage { token, errors },
        Err(failure) => return error::failure(&site, &failure),
    };
    private(StatusCode::UNPROCESSABLE_ENTITY, reset_page(&site.context("/account/forgot"), &page))
}
