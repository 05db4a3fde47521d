use axum::extract::State;
use axum::response::Response;
use contracts::identity::{NewSavedAddress, SavedAddress};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::AddressId;

use super::PeopleHandles;

/// Change an address
#[utoipa::path(
    put,
    path = "/customers/me/addresses/{id}",
    tag = "customers",
    params(("id" = inline(AddressId), Path, description = "Its id.")),
    request_body = NewSavedAddress,
    responses(
        (status = 200, description = "The saved address.", body = SavedAddress),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such address of yours.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn address_put(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(address): Path<AddressId>,
    Json(new): Json<NewSavedAddress>,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    Ok(private(Json(handles.customers.put_address(caller.store, id, address, new).await?)))
}
