use axum::extract::State;
use axum::response::Response;
use contracts::archive::PastOrderView;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::{Failure, PastOrderId};

use super::PeopleHandles;

/// Get a past order
#[utoipa::path(
    get,
    path = "/admin/past-orders/{id}",
    tag = "past orders",
    params(("id" = inline(PastOrderId), Path, description = "Its id.")),
    responses(
        (status = 200, description = "The past order, with whom it was for.", body = PastOrderView),
        (status = 403, description = "The caller lacks the scope `orders`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such past order.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn past_order_get(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<PastOrderId>,
) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    let found = handles.archive.past_order(caller.store, id).await?;
    Ok(private(Json(found.ok_or_else(|| Failure::not_found("past order"))?)))
}
