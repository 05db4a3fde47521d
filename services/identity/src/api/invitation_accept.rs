use axum::extract::State;
use axum::response::Response;
use contracts::identity::PasswordReset;
use http_kit::{Api, Caller, Json, Problems, SessionCookie, Visit};

use super::{PeopleHandles, StaffSessionStarted, staff_session};

/// Accept an invitation
///
/// With the token of the link that was mailed. Sets the password and logs in.
#[utoipa::path(
    post,
    path = "/admin/invitations/accept",
    tag = "staff",
    request_body = PasswordReset,
    responses(
        (status = 201, description = "Logged in.", body = StaffSessionStarted),
        Problems,
    )
)]
pub(super) async fn invitation_accept(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    Json(accept): Json<PasswordReset>,
) -> Api<Response> {
    let from = visit.visitor(SessionCookie::Staff, handles.secure);
    let logged_in = handles.staff.accept_invitation(caller.store, accept, &from).await?;
    Ok(staff_session(logged_in, handles.secure))
}
