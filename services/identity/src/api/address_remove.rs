use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};
use kernel::AddressId;

use super::PeopleHandles;

/// Remove an address
///
/// When it was the default, the oldest left becomes it.
#[utoipa::path(
    delete,
    path = "/customers/me/addresses/{id}",
    tag = "customers",
    params(("id" = inline(AddressId), Path, description = "Its id.")),
    responses(
        (status = 204, description = "Removed."),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such address of yours.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn address_remove(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(address): Path<AddressId>,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    handles.customers.remove_address(caller.store, id, address).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
