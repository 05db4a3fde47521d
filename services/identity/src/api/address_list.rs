use axum::extract::State;
use axum::response::Response;
use contracts::identity::SavedAddress;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Page;

use super::PeopleHandles;

/// List your addresses
///
/// Oldest first; there are at most 50.
#[utoipa::path(
    get,
    path = "/customers/me/addresses",
    tag = "customers",
    responses(
        (status = 200, description = "The address book.", body = Page<SavedAddress>),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn address_list(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    let (id, _) = caller.customer()?;
    let items = handles.customers.addresses(caller.store, id).await?;
    Ok(private(Json(Page { items, next_cursor: None })))
}
