use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_kit::{Api, Caller, ProblemDocument, Problems, SessionCookie, Visit, private};

use super::PeopleHandles;

/// Send the link again that verifies your address
#[utoipa::path(
    post,
    path = "/customers/me/verification",
    tag = "customers",
    responses(
        (status = 202, description = "It is on its way, unless the address is verified already."),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_verification_send(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
) -> Api<Response> {
    let (id, _) = caller.customer()?;
    let from = visit.visitor(SessionCookie::Customer, handles.secure);
    handles.customers.request_verification(caller.store, id, &from).await?;
    Ok(private(StatusCode::ACCEPTED.into_response()))
}
