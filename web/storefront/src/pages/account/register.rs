//! `/account/register`: makes an account. The answer does not tell whether there was one already.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::identity::NewCustomer;
use http_kit::{Caller, Visit};
use kernel::{ErrorKind, FieldError};
use maud::{Markup, html};

use super::view::{self, Input};
use super::{faults, password, visitor};
use crate::form::Fields;
use crate::pages::error;
use crate::pages::orders::site_for;
use crate::parts::Tone;
use crate::respond::{private, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
#[derive(Default)]
pub(crate) struct RegisterPage {
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) said: Option<(Tone, &'static str)>,
}

pub(crate) fn register_page(ctx: &PageContext<'_>, data: &RegisterPage) -> Markup {
    let t = ctx.phrases.account;
    let name = Input {
        name: "name",
        label: t.name,
        value: &data.name,
        kind: "text",
        autocomplete: "name",
        required: false,
        max: 200,
        hint: None,
    };
    let body = html! {
        p.lead { (t.register_text) }
        form.stack method="post" action="/account/register" {
            (view::input(ctx, &data.errors, &name))
            (view::email(ctx, &data.errors, &data.email))
            (view::password(ctx, &data.errors, "password", t.password, true))
            p.actions { button type="submit" { (t.register) } }
        }
        p { (t.have_account) " " a href="/account/login" { (t.log_in) } }
    };
    view::single(ctx, t.register, data.said, &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<RegisterPage> {
    use crate::goods::HOSTILE;
    let error = |pointer: &str, code: &str| FieldError {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        detail: HOSTILE.to_owned(),
    };
    let errors = vec![error("/email", "invalid_email"), error("/password", "too_common"), error("/name", HOSTILE)];
    let filled = RegisterPage { name: HOSTILE.to_owned(), email: HOSTILE.to_owned(), errors, said: None };
    vec![RegisterPage::default(), filled]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, headers: HeaderMap) -> Response {
    if caller.customer().is_ok() {
        return see_other("/account");
    }
    let site = site_for(&site, &headers, None);
    private(StatusCode::OK, register_page(&site.context("/account/register"), &RegisterPage::default()))
}

pub(crate) async fn register(State(site): State<Site>, headers: HeaderMap, visit: Visit, fields: Fields) -> Response {
    let site = site_for(&site, &headers, None);
    let handles = &site.shop.handles;
    let from = visitor(&site, visit);
    let new = NewCustomer {
        email: fields.text("email").to_owned(),
        password: password(&fields, "password"),
        name: fields.get("name").map(str::to_owned),
        locale: Some(site.here().market.locale.clone()),
    };
    let Err(failure) = handles.customers.register(handles.store, new, &from).await else {
        return see_other("/account/login?notice=registered");
    };
    let limited = failure.kind == ErrorKind::RateLimited;
    let (status, errors, said) = match faults(failure) {
        Ok(errors) => (StatusCode::UNPROCESSABLE_ENTITY, errors, None),
        Err(_) if limited => {
            let said = Some((Tone::Bad, site.phrases().account.too_many_attempts));
            (StatusCode::TOO_MANY_REQUESTS, Vec::new(), said)
        }
        Err(failure) => return error::failure(&site, &failure),
    };
    let (name, email) = (fields.text("name").to_owned(), fields.text("email").to_owned());
    let page = RegisterPage { name, email, errors, said };
    private(status, register_page(&site.context("/account/register"), &page))
}
