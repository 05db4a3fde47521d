use axum::extract::State;
use axum::response::Response;
use contracts::ledger::OrderView;
use http_kit::{Api, IdempotencyKey, Path, ProblemDocument, Problems, stored};
use kernel::{OrderId, ShipmentId};

use super::access::{ChangeOrders, Staff};
use super::{Handles, IdempotencyHeader, StaffProblems};

/// Mark a shipment as delivered
///
/// Marking it again changes nothing. Needs the scope `orders`.
#[utoipa::path(
    post,
    path = "/admin/orders/{id}/shipments/{shipment_id}/deliver",
    tag = "orders",
    security(("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        ("shipment_id" = ShipmentId, Path, description = "Id of the shipment."),
        IdempotencyHeader,
    ),
    responses(
        (status = 200, description = "The order; closed when all of it is delivered.", body = OrderView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such order, or no such shipment of it.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn shipment_deliver(
    State(handles): State<Handles>,
    staff: Staff<ChangeOrders>,
    Path((id, shipment)): Path<(OrderId, ShipmentId)>,
    key: IdempotencyKey,
) -> Api<Response> {
    let idempotency = staff.idempotency("/admin/orders/{id}/shipments/{shipment_id}/deliver", &key, &(id, shipment));
    Ok(stored(handles.orders.deliver(staff.store(), id, shipment, idempotency, staff.actor()).await?))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, ORDER, OTHER};

    #[tokio::test]
    async fn a_shipment_is_named_by_order_and_id() {
        let client = Client::new();
        let deliver = format!("POST /admin/orders/{ORDER}/shipments/{OTHER}/deliver");
        assert_eq!(client.as_staff(Scope::Orders, &deliver, &[KEY], "").await.status, 200);
        assert_eq!(client.last().what, format!("deliver {OTHER}"));
        let wrong = format!("POST /admin/orders/{ORDER}/shipments/1/deliver");
        assert_eq!(client.as_staff(Scope::Orders, &wrong, &[KEY], "").await.status, 404);
        let keyless = client.as_staff(Scope::Orders, &deliver, &[], "").await;
        assert_eq!(keyless.problem(), (400, "idempotency_key_required", vec![]));
    }
}
