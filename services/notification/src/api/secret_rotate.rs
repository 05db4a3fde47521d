use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::WebhookEndpointView;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::WebhookEndpointId;

use super::SharedWebhooks;

/// Change the secret of a webhook endpoint
///
/// For a day every delivery is signed with both, so that the receiver can change over in peace. The answer is the only
/// place where the new one is shown.
#[utoipa::path(
    post,
    path = "/admin/webhook-endpoints/{id}/secret",
    tag = "webhooks",
    security(("api_key" = [])),
    params(("id" = inline(WebhookEndpointId), Path, description = "Id of the endpoint.")),
    responses(
        (status = 200, description = "The endpoint, with its new secret.", body = WebhookEndpointView),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such endpoint.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn secret_rotate(
    State(webhooks): State<SharedWebhooks>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    Ok(private(Json(webhooks.rotate_secret(caller.store, id).await?)))
}
