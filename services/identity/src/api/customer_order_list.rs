use axum::extract::State;
use axum::response::Response;
use contracts::ledger::OrderSummary;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private};
use kernel::Page;

use super::{ListQuery, PeopleHandles};

/// List your orders
///
/// Latest first.
#[utoipa::path(
    get,
    path = "/customers/me/orders",
    tag = "customers",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of orders.", body = Page<OrderSummary>),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_order_list(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    Ok(private(Json(handles.customers.customer_orders(caller.store, id, query.page()?).await?)))
}
