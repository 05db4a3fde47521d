//! `/admin/roles`: what groups of colleagues may do.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::{PutRole, RoleView, Scope};
use http_kit::{Api, Caller, Path};
use kernel::{ErrorKind, Failure};
use maud::{Markup, html};

use super::{meaning, scopes};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, button, encoded, said, table};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct RolesPage {
    pub(crate) roles: Vec<RoleView>,
    pub(crate) edited: Option<RoleView>,
    pub(crate) draft: Draft,
}

pub(crate) fn roles_page(ctx: &PageContext, data: &RolesPage) -> Markup {
    let form = Form::new("role", &data.draft);
    let rows: Vec<Markup> = data
        .roles
        .iter()
        .map(|role| {
            html! {
                tr {
                    td {
                        @if role.built_in { (said(&role.name)) }
                        @else { a href=(format!("/admin/roles?edit={}#edit", encoded(&role.handle))) { (said(&role.name)) } }
                    }
                    td { @for scope in &role.scopes { span.state.plain { (meaning(*scope)) } " " } }
                    td {
                        @if role.built_in { "Comes with the shop" }
                        @else if ctx.may(Scope::Staff) {
                            (button(&format!("/admin/roles/{}/delete", encoded(&role.handle)), None, "quiet", "Delete"))
                        }
                    }
                }
            }
        })
        .collect();
    let edited = data.edited.as_ref();
    let mut handle = Field::new("handle", "Handle").required().hint("Small letters, digits, hyphens.");
    if let Some(role) = edited {
        handle = handle.value(&role.handle).readonly();
    }
    let body = html! {
        (Form::new("delete", &data.draft).complaint())
        (table("Roles", &["Role", "May", ""], &rows, "None."))
        @if ctx.may(Scope::Staff) {
            form.card #edit method="post" action="/admin/roles" {
                h2 { @if edited.is_some() { "Change the role" } @else { "New role" } }
                (form.complaint())
                div.fields {
                    (form.input(&handle))
                    (form.input(&Field::new("name", "Name").required().value(edited.map_or("", |role| role.name.as_str()))))
                }
                fieldset {
                    legend { "May" }
                    div.checks {
                        @for scope in Scope::ALL {
                            (form.check("scopes", scope.name(), meaning(scope), edited.is_some_and(|role| role.scopes.contains(&scope))))
                        }
                    }
                }
                p.muted { "You can give only what you may do yourself." }
                p.actions { button type="submit" { "Save" } }
            }
        }
    };
    layout::page(ctx, "Roles", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<RolesPage> {
    use crate::samples::{draft, role};
    let built_in = RoleView { built_in: true, ..role() };
    vec![
        RolesPage { roles: vec![built_in, role()], edited: Some(role()), draft: Draft::default() },
        RolesPage { roles: Vec::new(), edited: None, draft: draft("role", &["handle", "name", "scopes"]) },
    ]
}

async fn answer(site: &Site, caller: &Caller, draft: Draft, asked: &Fields) -> Api<Response> {
    let roles = site.handles().staff.roles(site.store()).await?;
    let edited = roles.iter().find(|role| !role.built_in && asked.get("edit") == Some(&role.handle)).cloned();
    let status = status_of(draft.failure.as_ref());
    let ctx = site.context(caller, Section::Roles).after(asked);
    Ok(page(status, roles_page(&ctx, &RolesPage { roles, edited, draft })))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Staff)?;
    answer(&site, &caller, Draft::default(), &asked).await
}

/// Nobody grants what he lacks: that is said beside the form.
fn told(failure: Failure) -> Api<Failure> {
    if failure.kind == ErrorKind::Forbidden { Ok(failure) } else { shown_again(failure) }
}

pub(crate) async fn put(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Staff)?;
    let mut read = Reading::new(&fields);
    let (handle, name) = (read.line("handle", 1, 50), read.line("name", 1, 100));
    let outcome = match read.done() {
        Ok(()) => {
            let role = PutRole { name, scopes: scopes(&fields) };
            site.handles().staff.put_role(site.store(), &handle, role, &caller.principal).await
        }
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(_) => Ok(see_other("/admin/roles?done=saved")),
        Err(failure) => {
            let draft = Draft::new("role", fields, told(failure)?);
            answer(&site, &caller, draft, &Fields::default()).await
        }
    }
}

pub(crate) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Staff)?;
    match site.handles().staff.delete_role(site.store(), &handle, &caller.principal).await {
        Ok(()) => Ok(see_other("/admin/roles?done=deleted")),
        Err(failure) => {
            let draft = Draft::new("delete", fields, told(failure)?);
            answer(&site, &caller, draft, &Fields::default()).await
        }
    }
}
