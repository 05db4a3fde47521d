//! `/admin/forgot`: asks for a link that sets a new password. The answer is the same for every address.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use http_kit::{Api, Caller, Visit};
use maud::{Markup, html};

use super::visitor;
use crate::form::{Draft, Fields};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

pub(crate) fn forgot_page(ctx: &PageContext, draft: &Draft) -> Markup {
    let form = Form::new("forgot", draft);
    let body = html! {
        form.card method="post" action="/admin/forgot" {
            (form.complaint())
            (form.input(&Field::new("email", "E-mail").kind("email").required().autocomplete("username")))
            p.actions { button type="submit" { "Send me a link" } }
        }
        p { a href="/admin/login" { "Log in" } }
    };
    layout::page(ctx, "Forgot your password?", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<Draft> {
    vec![Draft::default(), crate::samples::draft("forgot", &["email"])]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller) -> Response {
    page(StatusCode::OK, forgot_page(&site.context(&caller, Section::Door), &Draft::default()))
}

pub(crate) async fn ask(State(site): State<Site>, caller: Caller, visit: Visit, fields: Fields) -> Api<Response> {
    let from = visitor(&site, visit);
    let failure = match site.handles().staff.request_staff_reset(site.store(), fields.text("email"), &from).await {
        Ok(()) => return Ok(see_other("/admin/login?notice=reset-sent")),
        Err(failure) => shown_again(failure)?,
    };
    let status = status_of(Some(&failure));
    let draft = Draft::new("forgot", fields, failure);
    Ok(page(status, forgot_page(&site.context(&caller, Section::Door), &draft)))
}
