use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, SessionCookie, Visit, private};
use kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::PeopleHandles;

/// Shows that it is really you.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Erasure {
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: Secret,
}

/// Delete your account
///
/// Destroys the key of your data, which reaches every copy and backup. Cannot be undone. Orders stay in the books,
/// without your name and address.
#[utoipa::path(
    post,
    path = "/customers/me/erase",
    tag = "customers",
    request_body = Erasure,
    responses(
        (status = 204, description = "Nobody can read your data any more."),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`orders_open`: an order has not been sent yet.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_erase(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    Json(body): Json<Erasure>,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    let from = visit.visitor(SessionCookie::Customer, handles.secure);
    handles.customers.erase_customer(caller.store, id, Some(&body.password), &from).await?;
    let mut response = private(StatusCode::NO_CONTENT.into_response());
    SessionCookie::Customer.clear(response.headers_mut(), handles.secure);
    Ok(response)
}
