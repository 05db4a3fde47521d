//! `/admin/staff`: colleagues, their roles, and invitations.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::{NewStaff, RoleView, Scope, StaffChange, StaffStatus, StaffView};
use http_kit::{Api, Caller, Path};
use kernel::{Failure, StaffId};
use maud::{Markup, html};

use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, button, said, state, table, time};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct StaffPage {
    pub(crate) staff: Vec<StaffView>,
    pub(crate) roles: Vec<RoleView>,
    pub(crate) draft: Draft,
}

pub(crate) fn staff_page(ctx: &PageContext, data: &StaffPage) -> Markup {
    let form = Form::new("invite", &data.draft);
    let roles: Vec<(String, String)> = data.roles.iter().map(|r| (r.handle.clone(), r.name.clone())).collect();
    let rows: Vec<Markup> = data
        .staff
        .iter()
        .map(|member| {
            html! {
                tr {
                    td { (said(&member.name)) br; (said(&member.email)) }
                    td { (state(member.status)) }
                    td { @if ctx.may(Scope::Staff) { (role_form(member, &roles)) } @else { (said(&member.role)) } }
                    td { (time(member.created_at)) }
                    td { @if ctx.may(Scope::Staff) { (buttons(member)) } }
                }
            }
        })
        .collect();
    let body = html! {
        (Form::new("change", &data.draft).complaint())
        (table("Staff", &["Name", "State", "Role", "Since", ""], &rows, "Nobody."))
        @if ctx.may(Scope::Staff) {
            form.card method="post" action="/admin/staff" {
                h2 { "Invite a colleague" }
                (form.complaint())
                div.fields {
                    (form.input(&Field::new("name", "Name").required()))
                    (form.input(&Field::new("email", "E-mail").kind("email").required()))
                    (form.select(&Field::new("role", "Role").value("support"), &roles))
                }
                p.actions { button type="submit" { "Send the invitation" } }
            }
        }
    };
    layout::page(ctx, "Staff", &body)
}

fn role_form(member: &StaffView, roles: &[(String, String)]) -> Markup {
    let id = format!("role-{}", member.id);
    html! {
        form.inline method="post" action=(format!("/admin/staff/{}", member.id)) {
            label.unseen for=(id) { "Role of " (member.name) }
            select id=(id) name="role" {
                @for (handle, name) in roles { option value=(handle) selected[*handle == member.role] { (name) } }
            }
            button.quiet type="submit" { "Set" }
        }
    }
}

fn buttons(member: &StaffView) -> Markup {
    let base = format!("/admin/staff/{}", member.id);
    let disabled = member.status == StaffStatus::Disabled;
    html! {
        div.actions {
            form.inline method="post" action=(base) {
                input type="hidden" name="disabled" value=(!disabled);
                button.quiet type="submit" { @if disabled { "Let in again" } @else { "Lock out" } }
            }
            (button(&format!("{base}/remove"), None, "quiet", "Remove"))
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<StaffPage> {
    use crate::samples::{HOSTILE, at, draft, id, role};
    let member = |n, status| StaffView {
        id: id(n),
        email: HOSTILE(),
        name: HOSTILE(),
        role: HOSTILE(),
        scopes: vec![Scope::Admin],
        status,
        created_at: at(),
    };
    let staff =
        || vec![member(1, StaffStatus::Active), member(2, StaffStatus::Disabled), member(3, StaffStatus::Invited)];
    vec![
        StaffPage { staff: staff(), roles: vec![role()], draft: draft("invite", &["name", "email", "role"]) },
        StaffPage { staff: staff(), roles: vec![role()], draft: draft("change", &[]) },
    ]
}

async fn answer(site: &Site, caller: &Caller, draft: Draft, asked: &Fields) -> Api<Response> {
    let handles = site.handles();
    let staff = handles.staff.all_staff(site.store()).await?;
    let roles = handles.staff.roles(site.store()).await?;
    let status = status_of(draft.failure.as_ref());
    let ctx = site.context(caller, Section::Staff).after(asked);
    Ok(page(status, staff_page(&ctx, &StaffPage { staff, roles, draft })))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Staff)?;
    answer(&site, &caller, Draft::default(), &asked).await
}

/// Goes on when it was done, shows the page with what is wrong when not.
async fn finish<T>(
    site: &Site,
    caller: &Caller,
    sent: (&'static str, Fields),
    outcome: Result<T, Failure>,
    done: &str,
) -> Api<Response> {
    match outcome {
        Ok(_) => Ok(see_other(&format!("/admin/staff?done={done}"))),
        Err(failure) if failure.kind == kernel::ErrorKind::Forbidden && failure.code != "missing_scope" => {
            answer(site, caller, Draft::new(sent.0, sent.1, failure), &Fields::default()).await
        }
        Err(failure) => {
            answer(site, caller, Draft::new(sent.0, sent.1, shown_again(failure)?), &Fields::default()).await
        }
    }
}

pub(crate) async fn invite(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Staff)?;
    let mut read = Reading::new(&fields);
    let (email, name) = (read.line("email", 1, 254), read.line("name", 1, 200));
    let new = NewStaff { email, name, role: fields.text("role").to_owned() };
    let outcome = match read.done() {
        Ok(()) => site.handles().staff.invite(site.store(), new, &caller.principal).await,
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, ("invite", fields), outcome, "invited").await
}

pub(crate) async fn change(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<StaffId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Staff)?;
    let disabled = fields.get("disabled").map(|text| text == "true");
    let done = match disabled {
        Some(true) => "disabled",
        Some(false) => "enabled",
        None => "member",
    };
    let change = StaffChange { name: None, role: fields.get("role").map(str::to_owned), disabled };
    let outcome = site.handles().staff.change_staff(site.store(), id, change, &caller.principal).await;
    finish(&site, &caller, ("change", fields), outcome, done).await
}

pub(crate) async fn remove(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<StaffId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Staff)?;
    let outcome = site.handles().staff.remove_staff(site.store(), id, &caller.principal).await;
    finish(&site, &caller, ("change", fields), outcome, "removed").await
}
