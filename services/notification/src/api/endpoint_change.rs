use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::{ChangeWebhookEndpoint, WebhookEndpointView};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::WebhookEndpointId;

use super::SharedWebhooks;

/// Change a webhook endpoint
///
/// What is left out stays. Switching it on again starts with what is waiting; what it missed meanwhile is replayed by
/// hand.
#[utoipa::path(
    patch,
    path = "/admin/webhook-endpoints/{id}",
    tag = "webhooks",
    security(("api_key" = [])),
    params(("id" = inline(WebhookEndpointId), Path, description = "Id of the endpoint.")),
    request_body = ChangeWebhookEndpoint,
    responses(
        (status = 200, description = "The endpoint as it is now.", body = WebhookEndpointView),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such endpoint.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn endpoint_change(
    State(webhooks): State<SharedWebhooks>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
    Json(change): Json<ChangeWebhookEndpoint>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    Ok(private(Json(webhooks.change_endpoint(caller.store, id, change).await?)))
}
