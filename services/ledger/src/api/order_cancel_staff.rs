use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{CancelRequest, OrderView};
use http_kit::{Api, IdempotencyKey, Json, Path, ProblemDocument, Problems, stored};
use kernel::OrderId;

use super::access::{ChangeOrders, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Cancel an order
///
/// While nothing is shipped. What was paid is given back, what was held goes back on sale. Needs the scope `orders`.
#[utoipa::path(
    post,
    path = "/admin/orders/{id}/cancel",
    tag = "orders",
    security(("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        IdempotencyHeader,
    ),
    request_body = Option<CancelRequest>,
    responses(
        (status = 200, description = "The order, cancelled or on its way there.", body = OrderView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such order.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`already_shipped`, or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn order_cancel_staff(
    State(handles): State<Handles>,
    staff: Staff<ChangeOrders>,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    request: Option<Json<CancelRequest>>,
) -> Api<Response> {
    let request = request.map(|Json(request)| request).unwrap_or_default();
    let mut faults = Faults::default();
    faults.prose("/reason", &request.reason, 0, 500);
    faults.done()?;
    let idempotency = staff.idempotency("/admin/orders/{id}/cancel", &key, &(id, &request));
    Ok(stored(handles.orders.cancel(staff.store(), id, request, idempotency, staff.actor()).await?))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, ORDER};

    #[tokio::test]
    async fn a_repeated_cancelling_is_the_same_answer() {
        let client = Client::new();
        let cancel = format!("POST /admin/orders/{ORDER}/cancel");
        let first = client.as_staff(Scope::Orders, &cancel, &[KEY], r#"{"reason":"fraud"}"#).await;
        assert_eq!(first.status, 200);
        assert!(!first.headers.contains_key("idempotent-replayed"));
        let again = client.as_staff(Scope::Orders, &cancel, &[KEY], r#" {"reason" : "fraud"} "#).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        let other = client.as_staff(Scope::Orders, &cancel, &[KEY], r#"{"reason":"asked"}"#).await;
        assert_eq!(other.problem(), (422, "idempotency_key_reused", vec![]));
        let secret = client.as_anyone(&cancel, &[KEY, ("order-secret", crate::api::probe::SECRET)], "{}").await;
        assert_eq!(secret.problem(), (401, "unauthenticated", vec![]), "the back office takes no order's secret");
    }
}
