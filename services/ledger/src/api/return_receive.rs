use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{OrderView, ReceiveReturnRequest};
use http_kit::{Api, IdempotencyKey, Json, Path, ProblemDocument, Problems, stored};
use kernel::{OrderId, ReturnId};

use super::access::{ChangeOrders, Staff};
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Take in a return
///
/// The units are back; `restock` puts them on sale again. Needs the scope `orders`.
#[utoipa::path(
    post,
    path = "/admin/orders/{id}/returns/{return_id}/receive",
    tag = "orders",
    security(("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        ("return_id" = ReturnId, Path, description = "Id of the return."),
        IdempotencyHeader,
    ),
    request_body = Option<ReceiveReturnRequest>,
    responses(
        (status = 200, description = "The order with the return received.", body = OrderView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such order, or no such return of it.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`already_received`, or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn return_receive(
    State(handles): State<Handles>,
    staff: Staff<ChangeOrders>,
    Path((id, returned)): Path<(OrderId, ReturnId)>,
    key: IdempotencyKey,
    request: Option<Json<ReceiveReturnRequest>>,
) -> Api<Response> {
    let request = request.map(|Json(request)| request).unwrap_or_default();
    let idempotency =
        staff.idempotency("/admin/orders/{id}/returns/{return_id}/receive", &key, &(id, returned, &request));
    Ok(stored(handles.orders.receive_return(staff.store(), id, returned, request, idempotency, staff.actor()).await?))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, ORDER, OTHER};

    #[tokio::test]
    async fn units_go_back_into_stock_only_when_asked() {
        let client = Client::new();
        let receive = format!("POST /admin/orders/{ORDER}/returns/{OTHER}/receive");
        assert_eq!(client.as_staff(Scope::Orders, &receive, &[KEY], "").await.status, 200);
        assert_eq!(client.last().what, format!("receive {OTHER} false"));
        let key = ("idempotency-key", "k-2");
        assert_eq!(client.as_staff(Scope::Orders, &receive, &[key], r#"{"restock":true}"#).await.status, 200);
        assert_eq!(client.last().what, format!("receive {OTHER} true"));
        let reused = client.as_staff(Scope::Orders, &receive, &[key], "{}").await;
        assert_eq!(reused.problem().1, "idempotency_key_reused");
    }
}
