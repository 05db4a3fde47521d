use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{OrderView, ReturnRequest};
use http_kit::{Api, IdempotencyKey, Json, Path, ProblemDocument, Problems, stored};
use kernel::OrderId;

use super::access::{ChangeOrders, Staff};
use super::check::Faults;
use super::{BodyProblems, Handles, IdempotencyHeader, StaffProblems};

/// Announce a return
///
/// Units that were shipped and are to come back. Needs the scope `orders`.
#[utoipa::path(
    post,
    path = "/admin/orders/{id}/returns",
    tag = "orders",
    security(("api_key" = [])),
    params(
        ("id" = OrderId, Path, description = "Id of the order."),
        IdempotencyHeader,
    ),
    request_body = ReturnRequest,
    responses(
        (status = 201, description = "The order with its new return.", body = OrderView, headers(
            ("Location" = String, description = "The order."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 404, description = "No such order.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn return_create(
    State(handles): State<Handles>,
    staff: Staff<ChangeOrders>,
    Path(id): Path<OrderId>,
    key: IdempotencyKey,
    Json(request): Json<ReturnRequest>,
) -> Api<Response> {
    check(&request)?;
    let idempotency = staff.idempotency("/admin/orders/{id}/returns", &key, &(id, &request));
    Ok(stored(handles.orders.request_return(staff.store(), id, request, idempotency, staff.actor()).await?))
}

fn check(request: &ReturnRequest) -> Result<(), kernel::Failure> {
    let mut faults = Faults::default();
    faults.lines(&request.lines);
    faults.prose("/reason", &request.reason, 0, 500);
    faults.done()
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, KEY, ORDER};

    #[tokio::test]
    async fn a_return_names_its_lines() {
        let client = Client::new();
        let announce = format!("POST /admin/orders/{ORDER}/returns");
        let send = async |body: &str| client.as_staff(Scope::Orders, &announce, &[KEY], body).await;
        assert_eq!(send(r#"{"reason":"too small"}"#).await.problem().0, 422);
        assert_eq!(send(r#"{"lines":[]}"#).await.problem().2, ["/lines"]);
        let twice = send(r#"{"lines":[{"line":1,"quantity":1},{"line":1,"quantity":1}]}"#).await;
        assert_eq!(twice.problem().2, ["/lines/1/line"]);
        assert!(client.calls().is_empty());
        let done = send(r#"{"lines":[{"line":1,"quantity":1}],"reason":"too small"}"#).await;
        assert_eq!((done.status.as_u16(), client.last().what.as_str()), (201, "return 1 too small"));
    }
}
