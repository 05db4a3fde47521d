use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::NewCustomer;
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, SessionCookie, Visit, private};
use serde::Serialize;
use utoipa::ToSchema;

use super::PeopleHandles;

/// What is said of a registration.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Registered {
    /// Where the mail went.
    email: String,
}

/// Register
///
/// Makes an account and mails a link that verifies the address. The answer is the same when the address has an
/// account already; its owner is told by mail. Log in with POST /sessions.
#[utoipa::path(
    post,
    path = "/customers",
    tag = "customers",
    request_body = NewCustomer,
    responses(
        (status = 201, description = "There is an account with this address now.", body = Registered),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_register(
    State(handles): State<PeopleHandles>,
    visit: Visit,
    caller: Caller,
    Json(new): Json<NewCustomer>,
) -> Api<Response> {
    let email = new.email.trim().to_owned();
    let from = visit.visitor(SessionCookie::Customer, handles.secure);
    handles.customers.register(caller.store, new, &from).await?;
    Ok(private((StatusCode::CREATED, Json(Registered { email })).into_response()))
}
