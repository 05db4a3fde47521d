use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::{NewSavedAddress, SavedAddress};
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};

use super::PeopleHandles;

/// Save an address
///
/// The first one is the default.
#[utoipa::path(
    post,
    path = "/customers/me/addresses",
    tag = "customers",
    request_body = NewSavedAddress,
    responses(
        (status = 201, description = "The saved address.", body = SavedAddress),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_addresses`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn address_create(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Json(new): Json<NewSavedAddress>,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    let address = handles.customers.add_address(caller.store, id, new).await?;
    Ok(private((StatusCode::CREATED, Json(address)).into_response()))
}
