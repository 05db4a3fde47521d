//! `/admin/webhooks`: where events are sent.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::{NewWebhookEndpoint, WebhookEndpointView};
use http_kit::{Api, Caller};
use kernel::Failure;
use maud::{Markup, html};

use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, maybe_time, said, table};
use crate::respond::page;
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct WebhooksPage {
    pub(crate) endpoints: Vec<WebhookEndpointView>,
    /// The secret of an endpoint just made: shown this once.
    pub(crate) secret: Option<String>,
    pub(crate) draft: Draft,
}

pub(crate) fn webhooks_page(ctx: &PageContext, data: &WebhooksPage) -> Markup {
    let form = Form::new("endpoint", &data.draft);
    let rows: Vec<Markup> = data
        .endpoints
        .iter()
        .map(|one| {
            html! {
                tr {
                    td { a href=(format!("/admin/webhooks/{}", one.id)) { (said(&one.url)) } br; (said(&one.description)) }
                    td {
                        @if one.enabled { span.state.good { "On" } } @else { span.state.bad { "Off" } }
                        @if let Some(why) = &one.disabled_reason { br; (said(why)) }
                    }
                    td { @if one.event_types.is_empty() { "All" } @else { (said(&one.event_types.join(", "))) } }
                    td { (maybe_time(one.failing_since)) }
                }
            }
        })
        .collect();
    let body = html! {
        @if let Some(secret) = &data.secret {
            div.notice.good {
                p { "The endpoint is made. Copy its secret now: it is not shown again." }
                p.secret { (secret) }
            }
        }
        (table("Endpoints", &["Address", "State", "Events", "Failing since"], &rows, "Nobody is told of events yet."))
        form.card method="post" action="/admin/webhooks" {
            h2 { "New endpoint" }
            (form.complaint())
            (form.input(&Field::new("url", "Address").kind("url").required().hint("https://…")))
            (form.input(&Field::new("description", "What it is for")))
            (form.input(&Field::new("event_types", "Events").hint("With commas between them, such as order.paid, product.*; empty for all.")))
            p.actions { button type="submit" { "Add it" } }
        }
    };
    layout::page(ctx, "Webhooks", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<WebhooksPage> {
    use crate::samples::{HOSTILE, draft, endpoint};
    let draft = draft("endpoint", &["url", "description", "event_types"]);
    vec![WebhooksPage { endpoints: vec![endpoint()], secret: Some(HOSTILE()), draft }]
}

pub(super) async fn answer(
    site: &Site,
    caller: &Caller,
    secret: Option<String>,
    draft: Draft,
    asked: &Fields,
) -> Api<Response> {
    let endpoints = site.handles().webhooks.endpoints(site.store()).await?;
    let status = status_of(draft.failure.as_ref());
    let ctx = site.context(caller, Section::Webhooks).after(asked);
    Ok(page(status, webhooks_page(&ctx, &WebhooksPage { endpoints, secret, draft })))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    answer(&site, &caller, None, Draft::default(), &asked).await
}

async fn created(site: &Site, fields: &Fields) -> Result<WebhookEndpointView, Failure> {
    let mut read = Reading::new(fields);
    let (url, description) = (read.line("url", 1, 2000), read.line("description", 0, 200));
    let types = fields.text("event_types").split(',').map(str::trim).filter(|kind| !kind.is_empty());
    let event_types: Vec<String> = types.map(str::to_owned).collect();
    if event_types.len() > 50 {
        read.wrong("event_types", "too_many", "At most 50 types.");
    }
    read.done()?;
    site.handles().webhooks.create_endpoint(site.store(), NewWebhookEndpoint { url, description, event_types }).await
}

/// Answers with the page itself: the secret is kept nowhere that it could be read from again.
pub(crate) async fn create(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    match created(&site, &fields).await {
        Ok(view) => answer(&site, &caller, view.secret, Draft::default(), &Fields::default()).await,
        Err(failure) => {
            let draft = Draft::new("endpoint", fields, shown_again(failure)?);
            answer(&site, &caller, None, draft, &Fields::default()).await
        }
    }
}
