use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_kit::{Api, Caller, ProblemDocument, Problems, SessionCookie, private};

use super::PeopleHandles;

/// Log out
#[utoipa::path(
    delete,
    path = "/sessions/current",
    tag = "customers",
    responses(
        (status = 204, description = "Logged out."),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn session_end_current(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    let (id, session) = caller.customer()?;
    handles.customers.end_session(caller.store, id, session).await?;
    let mut response = private(StatusCode::NO_CONTENT.into_response());
    SessionCookie::Customer.clear(response.headers_mut(), handles.secure);
    Ok(response)
}
