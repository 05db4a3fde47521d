use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::{DeliveryStatus, DeliveryView};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, Query, private};
use kernel::{Page, PageRequest, WebhookEndpointId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::SharedWebhooks;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveryListQuery {
    /// Only deliveries in this status.
    #[param(inline)]
    status: Option<DeliveryStatus>,
    /// How many; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List deliveries
///
/// Of one endpoint, latest first.
#[utoipa::path(
    get,
    path = "/admin/webhook-endpoints/{id}/deliveries",
    tag = "webhooks",
    security(("api_key" = [])),
    params(
        ("id" = inline(WebhookEndpointId), Path, description = "Id of the endpoint."),
        DeliveryListQuery,
    ),
    responses(
        (status = 200, description = "A page of deliveries.", body = Page<DeliveryView>),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such endpoint.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn delivery_list(
    State(webhooks): State<SharedWebhooks>,
    caller: Caller,
    Path(id): Path<WebhookEndpointId>,
    Query(query): Query<DeliveryListQuery>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let page = PageRequest::new(query.limit, query.cursor)?;
    Ok(private(Json(webhooks.deliveries(caller.store, id, query.status, page).await?)))
}
