//! `/admin/setup/{token}`: the link that the first start printed makes the one who opens it the owner.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::Setup;
use http_kit::{Api, Caller, Path, Visit};
use kernel::{Failure, Secret};
use maud::{Markup, html};

use super::{begin, password, visitor};
use crate::form::{Draft, Fields};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, encoded};
use crate::respond::page;
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct SetupPage {
    pub(crate) token: String,
    /// Whether the link still works.
    pub(crate) open: bool,
    pub(crate) draft: Draft,
}

pub(crate) fn setup_page(ctx: &PageContext, data: &SetupPage) -> Markup {
    let form = Form::new("setup", &data.draft);
    let body = html! {
        @if data.open {
            p.lead { "This makes you the owner: you may do everything, and invite colleagues who may do less." }
            form.card method="post" action=(format!("/admin/setup/{}", encoded(&data.token))) {
                (form.complaint())
                (form.input(&Field::new("name", "Your name").required().autocomplete("name")))
                (form.input(&Field::new("email", "E-mail").kind("email").required().autocomplete("username")))
                (form.input(&Field::new("password", "Password").kind("password").required().autocomplete("new-password")
                    .hint("At least 10 characters. A sentence is good.")))
                p.actions { button type="submit" { "Open the back office" } }
            }
        } @else {
            div.card {
                p { "This link has been used or is too old." }
                p.muted { "Start the shop again, or run argosy owner-link, for a new one. When there is an owner already, log in." }
                p.actions { a.button href="/admin/login" { "Log in" } }
            }
        }
    };
    layout::page(ctx, "Set up your shop", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<SetupPage> {
    use crate::samples::{HOSTILE, draft};
    vec![
        SetupPage { token: HOSTILE(), open: true, draft: draft("setup", &["name", "email", "password"]) },
        SetupPage { token: HOSTILE(), open: false, draft: Draft::default() },
    ]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Path(token): Path<String>) -> Api<Response> {
    let open = site.handles().staff.setup_is_open(site.store(), &Secret::new(token.clone())).await?;
    let status = if open { StatusCode::OK } else { StatusCode::NOT_FOUND };
    let data = SetupPage { token, open, draft: Draft::default() };
    Ok(page(status, setup_page(&site.context(&caller, Section::Door), &data)))
}

pub(crate) async fn set_up(
    State(site): State<Site>,
    caller: Caller,
    Path(token): Path<String>,
    visit: Visit,
    fields: Fields,
) -> Api<Response> {
    let from = visitor(&site, visit);
    let setup = Setup {
        token: Secret::new(token.clone()),
        email: fields.text("email").to_owned(),
        name: fields.text("name").to_owned(),
        password: password(&fields, "password"),
    };
    let failure: Failure = match site.handles().staff.setup(site.store(), setup, &from).await {
        Ok(logged_in) => return Ok(begin(&site, &logged_in, "/admin?done=welcome")),
        Err(failure) => shown_again(failure)?,
    };
    let (open, status) = (failure.code != "invalid_token", status_of(Some(&failure)));
    let data = SetupPage { token, open, draft: Draft::new("setup", fields, failure) };
    Ok(page(status, setup_page(&site.context(&caller, Section::Door), &data)))
}
