use axum::extract::State;
use axum::response::Response;
use contracts::identity::{CustomerChange, CustomerView};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};

use super::PeopleHandles;

/// Change your account
///
/// What is left out stays as it is; an empty name is taken away.
#[utoipa::path(
    patch,
    path = "/customers/me",
    tag = "customers",
    request_body = CustomerChange,
    responses(
        (status = 200, description = "The account.", body = CustomerView),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_change(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Json(change): Json<CustomerChange>,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    Ok(private(Json(handles.customers.change_customer(caller.store, id, change).await?)))
}
