use axum::extract::State;
use axum::response::Response;
use contracts::archive::PastOrderView;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::{Failure, PastOrderId};

use super::PeopleHandles;

/// Get one of your orders of before
#[utoipa::path(
    get,
    path = "/customers/me/past-orders/{id}",
    tag = "customers",
    params(("id" = inline(PastOrderId), Path, description = "Its id.")),
    responses(
        (status = 200, description = "The past order.", body = PastOrderView),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "None of yours has this id.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_past_order_get(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<PastOrderId>,
) -> Api<Response> {
    let (customer, _) = caller.customer()?;
    let found = handles.archive.past_order_of(caller.store, customer, id).await?;
    Ok(private(Json(found.ok_or_else(|| Failure::not_found("past order"))?)))
}
