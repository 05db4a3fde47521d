//! `/admin/account`: one's own password, and where one is logged in.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::{PasswordChange, SessionView};
use http_kit::{Api, Caller, Path, Visit};
use kernel::{ErrorKind, Failure, SessionId};
use maud::{Markup, html};

use super::{password, visitor};
use crate::form::{Asked, Draft, Fields};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, button, said, table, time};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct AccountPage {
    pub(crate) sessions: Vec<SessionView>,
    pub(crate) draft: Draft,
}

pub(crate) fn account_page(ctx: &PageContext, data: &AccountPage) -> Markup {
    let form = Form::new("password", &data.draft);
    let rows: Vec<Markup> = data
        .sessions
        .iter()
        .map(|session| {
            html! {
                tr {
                    td { (said(session.user_agent.as_deref().unwrap_or("–"))) }
                    td { (said(session.address.as_deref().unwrap_or("–"))) }
                    td { (time(session.seen_at)) }
                    td {
                        @if session.current { "This one" }
                        @else { (button(&format!("/admin/account/sessions/{}/end", session.id), None, "quiet", "End")) }
                    }
                }
            }
        })
        .collect();
    let body = html! {
        section.stack {
            h2 { "Where you are logged in" }
            (table("Sessions", &["Browser", "Address", "Seen", ""], &rows, "Nowhere."))
        }
        form.card method="post" action="/admin/account" {
            h2 { "Change your password" }
            (form.complaint())
            (form.input(&Field::new("current", "Current password").kind("password").required()
                .autocomplete("current-password")))
            (form.input(&Field::new("new", "New password").kind("password").required().autocomplete("new-password")
                .hint("At least 10 characters. You will be logged out everywhere else.")))
            p.actions { button type="submit" { "Change it" } }
        }
    };
    layout::page(ctx, "Your account", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<AccountPage> {
    use crate::samples::{HOSTILE, at, draft, id};
    let session = |current| SessionView {
        id: id(7),
        current,
        created_at: at(),
        seen_at: at(),
        expires_at: at(),
        user_agent: Some(HOSTILE()),
        address: Some(HOSTILE()),
    };
    vec![AccountPage { sessions: vec![session(true), session(false)], draft: draft("password", &["current", "new"]) }]
}

async fn answer(site: &Site, caller: &Caller, draft: Draft, asked: &Fields) -> Api<Response> {
    let (id, session) = caller.staff()?;
    let sessions = site.handles().staff.staff_sessions(site.store(), id, session).await?;
    let status = status_of(draft.failure.as_ref());
    let ctx = site.context(caller, Section::Door).after(asked);
    Ok(page(status, account_page(&ctx, &AccountPage { sessions, draft })))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    answer(&site, &caller, Draft::default(), &asked).await
}

pub(crate) async fn change_password(
    State(site): State<Site>,
    caller: Caller,
    visit: Visit,
    fields: Fields,
) -> Api<Response> {
    let (id, session) = caller.staff()?;
    let from = visitor(&site, visit);
    let change = PasswordChange { current: password(&fields, "current"), new: password(&fields, "new") };
    let failure = match site.handles().staff.change_staff_password(site.store(), id, session, change, &from).await {
        Ok(()) => return Ok(see_other("/admin/account?done=password-changed")),
        Err(failure) if failure.kind == ErrorKind::Unauthenticated => {
            Failure::field("/current", "invalid_credentials", "That is not your current password.")
        }
        Err(failure) => shown_again(failure)?,
    };
    answer(&site, &caller, Draft::new("password", fields, failure), &Fields::default()).await
}

pub(crate) async fn end_session(
    State(site): State<Site>,
    caller: Caller,
    Path(session): Path<SessionId>,
    _fields: Fields,
) -> Api<Response> {
    let (id, _) = caller.staff()?;
    site.handles().staff.end_staff_session(site.store(), id, session).await?;
    Ok(see_other("/admin/account?done=ended"))
}
