use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use contracts::identity::Scope;
use http::StatusCode;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};
use kernel::WebhookEndpointId;

use super::SharedWebhooks;

/// Delete a webhook endpoint
///
/// With all its deliveries. Nothing is sent to it any more.
#[utoipa::path(
    delete,
    path = "/admin/webhook-endpoints/{id}",
    tag = "webhooks",
    security(("api_key" = [])),
    params(("id" = inline(WebhookEndpointId), Path, description = "Id of the endpoint.")),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such endpoint.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn endpoint_delete(
    State(webhooks): State<SharedWebhooks>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    webhooks.delete_endpoint(caller.store, id).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
