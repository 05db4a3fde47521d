use axum::extract::State;
use axum::response::Response;
use contracts::identity::CustomerView;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Failure;

use super::PeopleHandles;

/// Show your account
#[utoipa::path(
    get,
    path = "/customers/me",
    tag = "customers",
    responses(
        (status = 200, description = "The account.", body = CustomerView),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_get(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    let (id, _) = caller.customer()?;
    let customer = handles.customers.customer(caller.store, id).await?.ok_or_else(|| Failure::not_found("customer"))?;
    Ok(private(Json(customer)))
}
