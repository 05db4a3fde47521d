use axum::extract::State;
use axum::response::Response;
use contracts::identity::LogIn;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, SessionCookie, Visit};

use super::{PeopleHandles, StaffSessionStarted, staff_session};

/// Log in as staff
///
/// Begins a session: a cookie for browsers, and the same token in the answer for other clients, as a bearer token.
#[utoipa::path(
    post,
    path = "/admin/sessions",
    tag = "staff",
    request_body = LogIn,
    responses(
        (status = 201, description = "Logged in.", body = StaffSessionStarted),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_session_create(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    Json(log_in): Json<LogIn>,
) -> Api<Response> {
    let from = visit.visitor(SessionCookie::Staff, handles.secure);
    let logged_in = handles.staff.staff_log_in(caller.store, log_in, &from).await?;
    Ok(staff_session(logged_in, handles.secure))
}
