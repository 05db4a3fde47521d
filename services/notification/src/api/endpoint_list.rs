use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::WebhookEndpointView;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Page;

use super::SharedWebhooks;

/// List webhook endpoints
///
/// Oldest first. A store has at most fifty, so there is one page.
#[utoipa::path(
    get,
    path = "/admin/webhook-endpoints",
    tag = "webhooks",
    security(("api_key" = [])),
    responses(
        (status = 200, description = "The endpoints.", body = Page<WebhookEndpointView>),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn endpoint_list(State(webhooks): State<SharedWebhooks>, caller: Caller) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let items = webhooks.endpoints(caller.store).await?;
    Ok(private(Json(Page { items, next_cursor: None })))
}
