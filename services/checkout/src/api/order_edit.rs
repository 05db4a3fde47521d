use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::{EditRequest, OrderEdits, OrderView};
use http_kit::{Api, Caller, IdempotencyKey, Json, Path, Problem, ProblemDocument, Problems, idempotency, stored};
use kernel::OrderId;

use super::BodyProblems;

/// Staff who may change orders: settled before the rest of a request is judged.
pub(super) struct Editor(Caller);

impl<S: Send + Sync> FromRequestParts<S> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        caller.require(Scope::Orders)?;
        Ok(Editor(caller))
    }
}

/// Edit an order
///
/// Before anything of it is shipped: other quantities, lines that go, goods that come, another address in the same country and
/// region. All of it happens or nothing. Stock is released and taken at once; what the order costs less is refunded to whoever
/// paid, in proportion. An edit that would cost more is refused with `needs_payment`. A line keeps its price; its discount shrinks with its
/// quantity and never grows. Goods that are added cost what a quote would ask now, without promotions, or `unit_price`. Needs the scope `orders`.
#[utoipa::path(
    post,
    path = "/admin/orders/{id}/edits",
    tag = "orders",
    security(("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255, description = "A new random value for each new request, the same for a repetition; 1 to 255 printable ASCII characters."),
    ),
    request_body = EditRequest,
    responses(
        (status = 201, description = "The order as it is now.", body = OrderView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 403, description = "The key lacks the scope that this route needs.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "No such order.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`not_editable`, `already_shipped`, `line_settled` (units were refunded), `nothing_left` (cancel it), `needs_payment` with what is missing, `price_changed` with the total, `out_of_stock` with the lines, `not_sold`, `destination_changed`, `address_erased`, `taxed_differently`, `refund_exceeds_captured`, `too_many_edits`; `payment_open` or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn order_edit(
    State(edits): State<Arc<dyn OrderEdits>>,
    Editor(caller): Editor,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    Json(request): Json<EditRequest>,
) -> Api<Response> {
    let same = idempotency(&caller, None, "POST", "/admin/orders/{id}/edits", &key, &(id, &request));
    Ok(stored(edits.edit(caller.store, id, request, same, caller.actor()).await?))
}
