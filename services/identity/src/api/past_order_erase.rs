use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use contracts::identity::Scope;
use http::StatusCode;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};
use kernel::PastOrderId;

use super::PeopleHandles;

/// Erase whom a past order was for
///
/// Destroys the key of the person, here and in every other past order with the same e-mail address. Lines and amounts
/// stay. Erasing the account of a customer does the same.
#[utoipa::path(
    post,
    path = "/admin/past-orders/{id}/erase",
    tag = "past orders",
    params(("id" = inline(PastOrderId), Path, description = "Id of the past order.")),
    responses(
        (status = 204, description = "Their data can no longer be read by anybody."),
        (status = 403, description = "The caller lacks the scope `admin`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such past order, or nobody is known any more.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn past_order_erase(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<PastOrderId>,
) -> Api<Response> {
    caller.require(Scope::Admin)?;
    handles.archive.erase_past_person(caller.store, id).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
