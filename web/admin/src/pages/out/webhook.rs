//! `/admin/webhooks/{id}`: one endpoint and what was sent to it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::{ChangeWebhookEndpoint, DeliveryView, ReplayRequest, WebhookEndpointView};
use http_kit::{Api, Caller, Path};
use kernel::{Page, WebhookEndpointId};
use maud::{Markup, html};

use crate::form::{Asked, Fields};
use crate::layout::{self, Section};
use crate::pages::page_of;
use crate::parts::{button, maybe_time, pager, said, state, table, time};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct WebhookPage {
    pub(crate) endpoint: WebhookEndpointView,
    pub(crate) deliveries: Page<DeliveryView>,
    pub(crate) first: bool,
}

pub(crate) fn webhook_page(ctx: &PageContext, data: &WebhookPage) -> Markup {
    let one = &data.endpoint;
    let base = format!("/admin/webhooks/{}", one.id);
    let rows: Vec<Markup> = data
        .deliveries
        .items
        .iter()
        .map(|delivery| {
            html! {
                tr {
                    td { code { (said(&delivery.kind)) } }
                    td {
                        (state(delivery.status))
                        @if let Some(status) = delivery.last_status { " " (status) }
                        @if let Some(error) = &delivery.last_error { br; (said(error)) }
                    }
                    td.number { (delivery.tries) }
                    td { (time(delivery.created_at)) }
                    td { (maybe_time(delivery.delivered_at.or(delivery.next_at))) }
                }
            }
        })
        .collect();
    let heads = ["Event", "State", "Tries", "Since", "Delivered or next try"];
    let main = html! {
        div.head { h1 { (said(&one.url)) } @if one.enabled { span.state.good { "On" } } @else { span.state.bad { "Off" } } }
        p.muted { (said(&one.description)) }
        @if let Some(why) = &one.disabled_reason { p.notice.bad { (said(why)) } }
        div.actions {
            form.inline method="post" action=(base) {
                input type="hidden" name="enabled" value=(!one.enabled);
                button.secondary type="submit" { @if one.enabled { "Switch off" } @else { "Switch on" } }
            }
            (button(&format!("{base}/ping"), None, "secondary", "Send a test event"))
            (button(&format!("{base}/replay"), None, "secondary", "Send the failed ones again"))
            (button(&format!("{base}/delete"), None, "danger", "Delete"))
        }
        (table("Deliveries", &heads, &rows, "Nothing was sent to it yet."))
        (pager(&base, &[], data.deliveries.next_cursor.as_deref(), data.first))
    };
    layout::frame(ctx, &one.url, &main)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<WebhookPage> {
    use crate::samples::{HOSTILE, delivery, endpoint};
    let deliveries = Page { items: vec![delivery()], next_cursor: Some(HOSTILE()) };
    vec![WebhookPage { endpoint: endpoint(), deliveries, first: false }]
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let webhooks = &site.handles().webhooks;
    let endpoint = webhooks.endpoint(site.store(), id).await?;
    let deliveries = webhooks.deliveries(site.store(), id, None, page_of(&asked)).await?;
    let data = WebhookPage { endpoint, deliveries, first: asked.get("cursor").is_none() };
    Ok(page(StatusCode::OK, webhook_page(&site.context(&caller, Section::Webhooks).after(&asked), &data)))
}

pub(crate) async fn change(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let enabled = fields.text("enabled") == "true";
    let change = ChangeWebhookEndpoint { enabled: Some(enabled), ..ChangeWebhookEndpoint::default() };
    site.handles().webhooks.change_endpoint(site.store(), id, change).await?;
    let done = if enabled { "endpoint-on" } else { "endpoint-off" };
    Ok(see_other(&format!("/admin/webhooks/{id}?done={done}")))
}

pub(crate) async fn ping(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
    _fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let result = site.handles().webhooks.ping(site.store(), id).await?;
    let done = if result.delivered { "ping-ok" } else { "ping-failed" };
    Ok(see_other(&format!("/admin/webhooks/{id}?done={done}")))
}

pub(crate) async fn replay(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
    _fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let which = ReplayRequest { only_failed: true, ..ReplayRequest::default() };
    site.handles().webhooks.replay(site.store(), id, which).await?;
    Ok(see_other(&format!("/admin/webhooks/{id}?done=replayed")))
}

pub(crate) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
    _fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    site.handles().webhooks.delete_endpoint(site.store(), id).await?;
    Ok(see_other("/admin/webhooks?done=deleted"))
}
