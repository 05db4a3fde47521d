//! `/admin/reset/{token}` and `/admin/invitations/{token}`: links from mails that set a password.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::PasswordReset;
use http_kit::{Api, Caller, Path, Visit};
use kernel::{Failure, Secret};
use maud::{Markup, html};

use super::{begin, password, visitor};
use crate::form::{Draft, Fields};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, encoded};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// Which link was opened.
#[derive(Clone, Copy)]
pub(crate) enum Link {
    Reset,
    Invitation,
}

/// What the page shows.
pub(crate) struct ResetPage {
    pub(crate) link: Link,
    pub(crate) token: String,
    pub(crate) draft: Draft,
}

pub(crate) fn reset_page(ctx: &PageContext, data: &ResetPage) -> Markup {
    let form = Form::new("reset", &data.draft);
    let (title, path, press) = match data.link {
        Link::Reset => ("Set a new password", "/admin/reset", "Set the password"),
        Link::Invitation => ("Welcome to the team", "/admin/invitations", "Start"),
    };
    let body = html! {
        form.card method="post" action=(format!("{path}/{}", encoded(&data.token))) {
            (form.complaint())
            (form.input(&Field::new("password", "Password").kind("password").required().autocomplete("new-password")
                .hint("At least 10 characters. A sentence is good.")))
            p.actions { button type="submit" { (press) } }
        }
    };
    layout::page(ctx, title, &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<ResetPage> {
    use crate::samples::{HOSTILE, draft};
    vec![
        ResetPage { link: Link::Reset, token: HOSTILE(), draft: Draft::default() },
        ResetPage { link: Link::Invitation, token: HOSTILE(), draft: draft("reset", &["password"]) },
    ]
}

fn answer(site: &Site, caller: &Caller, link: Link, token: String, draft: Draft) -> Response {
    let status = status_of(draft.failure.as_ref());
    page(status, reset_page(&site.context(caller, Section::Door), &ResetPage { link, token, draft }))
}

pub(crate) async fn show_reset(State(site): State<Site>, caller: Caller, Path(token): Path<String>) -> Response {
    answer(&site, &caller, Link::Reset, token, Draft::default())
}

pub(crate) async fn show_invitation(State(site): State<Site>, caller: Caller, Path(token): Path<String>) -> Response {
    answer(&site, &caller, Link::Invitation, token, Draft::default())
}

fn asked(token: &str, fields: &Fields) -> PasswordReset {
    PasswordReset { token: Secret::new(token.to_owned()), password: password(fields, "password") }
}

fn again(site: &Site, caller: &Caller, link: Link, typed: (String, Fields), failure: Failure) -> Api<Response> {
    let draft = Draft::new("reset", typed.1, shown_again(failure)?);
    Ok(answer(site, caller, link, typed.0, draft))
}

pub(crate) async fn reset(
    State(site): State<Site>,
    caller: Caller,
    Path(token): Path<String>,
    visit: Visit,
    fields: Fields,
) -> Api<Response> {
    let from = visitor(&site, visit);
    let wanted = asked(&token, &fields);
    match site.handles().staff.reset_staff_password(site.store(), wanted, &from).await {
        Ok(()) => Ok(see_other("/admin/login?notice=password")),
        Err(failure) => again(&site, &caller, Link::Reset, (token, fields), failure),
    }
}

pub(crate) async fn accept(
    State(site): State<Site>,
    caller: Caller,
    Path(token): Path<String>,
    visit: Visit,
    fields: Fields,
) -> Api<Response> {
    let from = visitor(&site, visit);
    let wanted = asked(&token, &fields);
    match site.handles().staff.accept_invitation(site.store(), wanted, &from).await {
        Ok(logged_in) => Ok(begin(&site, &logged_in, "/admin")),
        Err(failure) => again(&site, &caller, Link::Invitation, (token, fields), failure),
    }
}
