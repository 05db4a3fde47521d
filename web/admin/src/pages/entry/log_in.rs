//! `/admin/login`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::LogIn;
use http_kit::{Api, Caller, Visit};
use kernel::{ErrorKind, Failure};
use maud::{Markup, html};

use super::{begin, next, password, visitor};
use crate::form::{Asked, Draft, Fields};
use crate::layout::{self, Section};
use crate::pages::status_of;
use crate::parts::{Field, Form, done};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct LogInPage {
    pub(crate) next: String,
    pub(crate) expired: bool,
    pub(crate) draft: Draft,
}

pub(crate) fn log_in_page(ctx: &PageContext, data: &LogInPage) -> Markup {
    let form = Form::new("login", &data.draft);
    let body = html! {
        @if data.expired { p.notice.wait { "Your session has ended, so nothing was done. Log in and send it again." } }
        form.card method="post" action="/admin/login" {
            (form.complaint())
            input type="hidden" name="next" value=(data.next);
            (form.input(&Field::new("email", "E-mail").kind("email").required().autocomplete("username")))
            (form.input(&Field::new("password", "Password").kind("password").required().autocomplete("current-password")))
            p.actions { button type="submit" { "Log in" } }
        }
        p { a href="/admin/forgot" { "Forgot your password?" } }
    };
    layout::page(ctx, "Log in", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<LogInPage> {
    use crate::samples::{HOSTILE, draft};
    vec![
        LogInPage { next: "/admin".to_owned(), expired: true, draft: Draft::default() },
        LogInPage { next: HOSTILE(), expired: false, draft: draft("login", &["email", "password"]) },
    ]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Response {
    if caller.staff().is_ok() {
        return see_other(next(&asked));
    }
    let mut ctx = site.context(&caller, Section::Door);
    ctx.done = done(asked.text("notice"));
    let expired = asked.text("notice") == "expired";
    page(
        StatusCode::OK,
        log_in_page(&ctx, &LogInPage { next: next(&asked).to_owned(), expired, draft: Draft::default() }),
    )
}

pub(crate) async fn log_in(State(site): State<Site>, caller: Caller, visit: Visit, fields: Fields) -> Api<Response> {
    let from = visitor(&site, visit);
    let asked = LogIn { email: fields.text("email").to_owned(), password: password(&fields, "password") };
    let failure = match site.handles().staff.staff_log_in(site.store(), asked, &from).await {
        Ok(logged_in) => return Ok(begin(&site, &logged_in, next(&fields))),
        Err(failure) => failure,
    };
    let failure = match failure.kind {
        // 401 would be taken for "log in first".
        ErrorKind::Unauthenticated => {
            Failure::invalid("invalid_credentials", "That is not the e-mail and password of an account.")
        }
        ErrorKind::Invalid | ErrorKind::RateLimited => failure,
        _ => return Err(failure.into()),
    };
    let status = status_of(Some(&failure));
    let next = next(&fields).to_owned();
    let data = LogInPage { next, expired: false, draft: Draft::new("login", fields, failure) };
    Ok(page(status, log_in_page(&site.context(&caller, Section::Door), &data)))
}
