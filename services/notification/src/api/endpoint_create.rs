use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use contracts::identity::Scope;
use contracts::notification::{NewWebhookEndpoint, WebhookEndpointView};
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};

use super::SharedWebhooks;

/// Make a webhook endpoint
///
/// Events that happen from now on are sent to it, signed by the Standard Webhooks convention. The answer is the only
/// place where the secret is shown.
#[utoipa::path(
    post,
    path = "/admin/webhook-endpoints",
    tag = "webhooks",
    security(("api_key" = [])),
    request_body = NewWebhookEndpoint,
    responses(
        (status = 201, description = "The endpoint, with its secret.", body = WebhookEndpointView),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_endpoints`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn endpoint_create(
    State(webhooks): State<SharedWebhooks>,
    caller: Caller,
    Json(new): Json<NewWebhookEndpoint>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let endpoint = webhooks.create_endpoint(caller.store, new).await?;
    Ok(private((StatusCode::CREATED, Json(endpoint)).into_response()))
}
