use axum::extract::State;
use axum::response::Response;
use contracts::ledger::{OrderFilter, OrderStatus, OrderSummary};
use http_kit::{Api, Json, ProblemDocument, Problems, Query, private};
use kernel::{Page, PageRequest};
use serde::Deserialize;

use super::access::{ReadOrders, Staff};
use super::{Handles, StaffProblems};

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OrderListQuery {
    /// Only orders in this status.
    #[param(inline)]
    status: Option<OrderStatus>,
    /// Only the order with exactly this number.
    number: Option<String>,
    /// How many; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List orders
///
/// Latest first. Needs the scope `orders` or `read_only`.
#[utoipa::path(
    get,
    path = "/admin/orders",
    tag = "orders",
    security(("api_key" = [])),
    params(OrderListQuery),
    responses(
        (status = 200, description = "A page of orders.", body = Page<OrderSummary>),
        (status = 422, description = "A parameter is unknown or out of range, or the cursor is not of this list.", body = ProblemDocument, content_type = "application/problem+json"),
        StaffProblems,
        Problems,
    )
)]
pub(super) async fn order_list(
    State(handles): State<Handles>,
    staff: Staff<ReadOrders>,
    Query(query): Query<OrderListQuery>,
) -> Api<Response> {
    let page = PageRequest::new(query.limit, query.cursor)?;
    let filter = OrderFilter { status: query.status, number: query.number };
    Ok(private(Json(handles.orders.orders(staff.store(), filter, page).await?)))
}

#[cfg(test)]
mod tests {
    use contracts::identity::Scope;

    use crate::api::probe::{Client, ORDER};

    #[tokio::test]
    async fn orders_are_listed_and_filtered() {
        let client = Client::new();
        let list =
            async |query: &str| client.as_staff(Scope::ReadOnly, &format!("GET /admin/orders{query}"), &[], "").await;
        let all = list("").await;
        assert_eq!((all.status.as_u16(), all.headers["cache-control"].to_str().unwrap()), (200, "private, no-store"));
        assert_eq!(all.body["items"][0]["id"], ORDER);
        assert_eq!(all.body["next_cursor"], "after-1001");
        assert_eq!(list("?number=1001&status=confirmed&limit=100").await.body["items"].as_array().unwrap().len(), 1);
        assert_eq!(list("?status=cancelled").await.body["items"].as_array().unwrap().len(), 0);
        let rest = list("?cursor=after-1001&limit=1").await;
        assert_eq!((rest.body["items"].as_array().unwrap().len(), rest.body["next_cursor"].is_null()), (0, true));
        for (query, pointer) in [
            ("?limit=0", "/limit"),
            ("?limit=101", "/limit"),
            ("?status=lost", "/status"),
            ("?state=confirmed", "/state"),
        ] {
            assert_eq!(list(query).await.problem(), (422, "invalid_input", vec![pointer]), "{query}");
        }
    }
}
