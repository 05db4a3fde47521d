use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::WebhookEndpointView;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::WebhookEndpointId;

use super::SharedWebhooks;

/// Show a webhook endpoint
#[utoipa::path(
    get,
    path = "/admin/webhook-endpoints/{id}",
    tag = "webhooks",
    security(("api_key" = [])),
    params(("id" = inline(WebhookEndpointId), Path, description = "Id of the endpoint.")),
    responses(
        (status = 200, description = "The endpoint.", body = WebhookEndpointView),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such endpoint.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn endpoint_get(
    State(webhooks): State<SharedWebhooks>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    Ok(private(Json(webhooks.endpoint(caller.store, id).await?)))
}
