//! `/account/forgot`: asks for a link that sets a new password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use http_kit::Visit;
use kernel::{ErrorKind, FieldError};
use maud::{Markup, html};

use super::{faults, view, visitor};
use crate::form::Fields;
use crate::pages::error;
use crate::pages::orders::site_for;
use crate::parts::Tone;
use crate::respond::private;
use crate::site::{PageContext, Site};

/// What the page shows.
#[derive(Default)]
pub(crate) struct ForgotPage {
    pub(crate) email: String,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) said: Option<(Tone, &'static str)>,
}

pub(crate) fn forgot_page(ctx: &PageContext<'_>, data: &ForgotPage) -> Markup {
    let t = ctx.phrases.account;
    let body = html! {
        p.lead { (t.forgot_text) }
        form.stack method="post" action="/account/forgot" {
            (view::email(ctx, &data.errors, &data.email))
            p.actions { button type="submit" { (t.send_link) } }
        }
        p { a href="/account/login" { (t.log_in) } }
    };
    view::single(ctx, t.forgot, data.said, &body)
}

#[cfg(test)]
pub(crate) fn samples(t: &'static crate::phrases::Phrases) -> Vec<ForgotPage> {
    let said = Some((Tone::Good, t.account.link_sent));
    vec![ForgotPage::default(), ForgotPage { email: crate::goods::HOSTILE.to_owned(), errors: Vec::new(), said }]
}

pub(crate) async fn show(State(site): State<Site>, headers: HeaderMap) -> Response {
    let site = site_for(&site, &headers, None);
    private(StatusCode::OK, forgot_page(&site.context("/account/forgot"), &ForgotPage::default()))
}

pub(crate) async fn ask(State(site): State<Site>, headers: HeaderMap, visit: Visit, fields: Fields) -> Response {
    let site = site_for(&site, &headers, None);
    let (handles, t) = (&site.shop.handles, site.phrases().account);
    let (email, from) = (fields.text("email").to_owned(), visitor(&site, visit));
    let (status, errors, said) = match handles.customers.request_reset(handles.store, &email, &from).await {
        Ok(()) => (StatusCode::OK, Vec::new(), Some((Tone::Good, t.link_sent))),
        Err(failure) if failure.kind == ErrorKind::RateLimited => {
            (StatusCode::TOO_MANY_REQUESTS, Vec::new(), Some((Tone::Bad, t.too_many_attempts)))
        }
        Err(failure) => match faults(failure) {
            Ok(errors) => (StatusCode::UNPROCESSABLE_ENTITY, errors, None),
            Err(failure) => return error::failure(&site, &failure),
        },
    };
    private(status, forgot_page(&site.context("/account/forgot"), &ForgotPage { email, errors, said }))
}
