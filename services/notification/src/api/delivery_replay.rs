use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::{ReplayRequest, Replayed};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::WebhookEndpointId;

use super::SharedWebhooks;

/// Replay deliveries
///
/// One event, those of a time, or those that were given up. They carry the ids they had, so a receiver that
/// remembers ids takes none twice. Messages are kept for thirty days.
#[utoipa::path(
    post,
    path = "/admin/webhook-endpoints/{id}/replay",
    tag = "webhooks",
    security(("api_key" = [])),
    params(("id" = inline(WebhookEndpointId), Path, description = "Id of the endpoint.")),
    request_body = ReplayRequest,
    responses(
        (status = 200, description = "They are on their way.", body = Replayed),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such endpoint or delivery.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn delivery_replay(
    State(webhooks): State<SharedWebhooks>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
    Json(which): Json<ReplayRequest>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    Ok(private(Json(webhooks.replay(caller.store, id, which).await?)))
}
