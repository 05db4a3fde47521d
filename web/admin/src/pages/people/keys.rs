//! `/admin/api-keys`: what programs log in with.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::{ApiKeyView, NewApiKey, Scope};
use http_kit::{Api, Caller, Path};
use kernel::{ApiKeyId, Failure};
use maud::{Markup, html};

use super::{meaning, scopes};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, button, said, table, time};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct KeysPage {
    pub(crate) keys: Vec<ApiKeyView>,
    /// The key that was just made: shown this once.
    pub(crate) made: Option<String>,
    pub(crate) draft: Draft,
}

pub(crate) fn keys_page(ctx: &PageContext, data: &KeysPage) -> Markup {
    let form = Form::new("key", &data.draft);
    let rows: Vec<Markup> = data
        .keys
        .iter()
        .map(|key| {
            html! {
                tr {
                    td { (said(&key.name)) }
                    td { @for scope in &key.scopes { span.state.plain { (meaning(*scope)) } " " } }
                    td { (time(key.created_at)) }
                    td {
                        @if let Some(at) = key.revoked_at { "Revoked " (time(at)) }
                        @else { (button(&format!("/admin/api-keys/{}/revoke", key.id), None, "quiet", "Revoke")) }
                    }
                }
            }
        })
        .collect();
    let body = html! {
        @if let Some(made) = &data.made {
            div.notice.good {
                p { "The key is made. Copy it now: it is not shown again." }
                p.secret { (made) }
            }
        }
        (table("API keys", &["Name", "May", "Since", ""], &rows, "No keys yet."))
        form.card method="post" action="/admin/api-keys" {
            h2 { "New key" }
            (form.complaint())
            (form.input(&Field::new("name", "Name").required().hint("What uses it, such as: accounting.")))
            fieldset {
                legend { "May" }
                div.checks { @for scope in Scope::ALL { (form.check("scopes", scope.name(), meaning(scope), false)) } }
            }
            p.actions { button type="submit" { "Make the key" } }
        }
    };
    layout::page(ctx, "API keys", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<KeysPage> {
    use crate::samples::{HOSTILE, at, draft, id};
    let key = |revoked_at| ApiKeyView {
        id: id(1),
        name: HOSTILE(),
        scopes: vec![Scope::Orders],
        created_at: at(),
        revoked_at,
        key: None,
    };
    vec![KeysPage { keys: vec![key(None), key(Some(at()))], made: Some(HOSTILE()), draft: draft("key", &["name"]) }]
}

async fn answer(site: &Site, caller: &Caller, made: Option<String>, draft: Draft, asked: &Fields) -> Api<Response> {
    let keys = site.handles().identity.api_keys(site.store()).await?;
    let status = status_of(draft.failure.as_ref());
    let ctx = site.context(caller, Section::Keys).after(asked);
    Ok(page(status, keys_page(&ctx, &KeysPage { keys, made, draft })))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require(Scope::Admin)?;
    answer(&site, &caller, None, Draft::default(), &asked).await
}

async fn made(site: &Site, fields: &Fields) -> Result<ApiKeyView, Failure> {
    let mut read = Reading::new(fields);
    let new = NewApiKey { name: read.line("name", 1, 100), scopes: scopes(fields) };
    if new.scopes.is_empty() {
        read.wrong("scopes", "required", "Tick what the key may do.");
    }
    read.done()?;
    site.handles().identity.create_api_key(site.store(), new).await
}

/// Answers with the page itself and not with a redirect: the key is kept nowhere that it could be read from again.
pub(crate) async fn create(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Admin)?;
    match made(&site, &fields).await {
        Ok(view) => answer(&site, &caller, view.key, Draft::default(), &Fields::default()).await,
        Err(failure) => {
            let draft = Draft::new("key", fields, shown_again(failure)?);
            answer(&site, &caller, None, draft, &Fields::default()).await
        }
    }
}

pub(crate) async fn revoke(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<ApiKeyId>,
    _fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Admin)?;
    site.handles().identity.revoke_api_key(site.store(), id).await?;
    Ok(see_other("/admin/api-keys?done=revoked"))
}
