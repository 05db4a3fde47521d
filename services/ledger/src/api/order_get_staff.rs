use axum::extract::State;
use axum::response::Response;
use contracts::ledger::OrderView;
use http_kit::{Api, Json, Path, ProblemDocument, Problems, private};
use kernel::{Failure, OrderId};

use super::access::{ReadOrders, Staff};
use super::{Handles, StaffProblems};

/// Read an order
///
/// With whom to write to and where it goes, unless they were erased. Needs the scope `orders` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/orders/{id}",
    tag = "orders",
    security(("api_key" = [])),
    params(("id" = OrderId, Path, description = "Id of the order.")),
    responses(
        (status = 200, description = "The order as it is now.", body = OrderView),
        (status = 404, description = "No such order.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn order_get_staff(
    State(handles): State<Handles>,
    staff: Staff<ReadOrders>,
    Path(id): Path<OrderId>,
) -> Api<Response> {
    let found = handles.orders.order(staff.store(), id).await?;
    Ok(private(Json(found.ok_or_else(|| Failure::not_found("order"))?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, ORDER, UNKNOWN};

    #[tokio::test]
    async fn staff_read_an_order_of_their_store() {
        let client = Client::new();
        let seen = client.as_staff(Scope::ReadOnly, &format!("GET /admin/orders/{ORDER}"), &[], "").await;
        assert_eq!((seen.status.as_u16(), seen.body["number"].as_str()), (200, Some("1001")));
        assert_eq!(seen.headers["cache-control"], "private, no-store");
        for path in [UNKNOWN, "17", "..."] {
            let missing = client.as_staff(Scope::Orders, &format!("GET /admin/orders/{path}"), &[], "").await;
            assert_eq!(missing.problem(), (404, "not_found", vec![]), "{path}");
        }
        let foreign = client.as_staff_elsewhere(Scope::Admin, &format!("GET /admin/orders/{ORDER}")).await;
        assert_eq!(foreign.status, 404, "another store's key opens nothing here");
    }
}
