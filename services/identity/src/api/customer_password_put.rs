use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::PasswordChange;
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, SessionCookie, Visit, private};

use super::PeopleHandles;

/// Change your password
///
/// Ends every other session of yours at once.
#[utoipa::path(
    put,
    path = "/customers/me/password",
    tag = "customers",
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed."),
        (status = 403, description = "`not_a_customer`: staff and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_password_put(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    Json(change): Json<PasswordChange>,
) -> Api<Response> {
    let (id, session) = caller.customer()?;
    let from = visit.visitor(SessionCookie::Customer, handles.secure);
    handles.customers.change_password(caller.store, id, session, change, &from).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
