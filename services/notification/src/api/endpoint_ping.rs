use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::PingResult;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::WebhookEndpointId;

use super::SharedWebhooks;

/// Test a webhook endpoint
///
/// Sends `webhook.ping` now and says what came of it.
#[utoipa::path(
    post,
    path = "/admin/webhook-endpoints/{id}/ping",
    tag = "webhooks",
    security(("api_key" = [])),
    params(("id" = inline(WebhookEndpointId), Path, description = "Id of the endpoint.")),
    responses(
        (status = 200, description = "What came of it.", body = PingResult),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such endpoint.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn endpoint_ping(
    State(webhooks): State<SharedWebhooks>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    Ok(private(Json(webhooks.ping(caller.store, id).await?)))
}
