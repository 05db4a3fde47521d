use axum::extract::State;
use axum::response::Response;
use contracts::archive::PastOrderSummary;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private};
use kernel::Page;

use super::{ListQuery, PeopleHandles};

/// List your orders of before
///
/// Orders that were placed with your e-mail address in the shop that this one was before, latest first. None as long as
/// the address is not verified.
#[utoipa::path(
    get,
    path = "/customers/me/past-orders",
    tag = "customers",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of past orders.", body = Page<PastOrderSummary>),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_past_order_list(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    Ok(private(Json(handles.archive.past_orders_of(caller.store, id, query.page()?).await?)))
}
