use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::OrderSummary;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, Query, private};
use kernel::{CustomerId, Failure, Page};

use super::{ListQuery, PeopleHandles};

/// List a customer's orders
///
/// Latest first.
#[utoipa::path(
    get,
    path = "/admin/customers/{id}/orders",
    tag = "customers",
    params(("id" = inline(CustomerId), Path, description = "Its id."), ListQuery),
    responses(
        (status = 200, description = "A page of orders.", body = Page<OrderSummary>),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such customer.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_order_list_staff(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<CustomerId>,
    Query(query): Query<ListQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Customers)?;
    handles.customers.customer(caller.store, id).await?.ok_or_else(|| Failure::not_found("customer"))?;
    Ok(private(Json(handles.customers.customer_orders(caller.store, id, query.page()?).await?)))
}
