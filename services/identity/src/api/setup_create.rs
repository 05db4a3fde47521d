use axum::extract::State;
use axum::response::Response;
use contracts::identity::Setup;
use http_kit::{Api, Caller, Json, Problems, SessionCookie, Visit};

use super::{PeopleHandles, StaffSessionStarted, staff_session};

/// Create the owner
///
/// With the token of the link that the first start printed; it works once, for a day. Logs the owner in.
#[utoipa::path(
    post,
    path = "/admin/setup",
    tag = "staff",
    request_body = Setup,
    responses(
        (status = 201, description = "The shop has an owner.", body = StaffSessionStarted),
        Problems,
    )
)]
pub(super) async fn setup_create(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    Json(setup): Json<Setup>,
) -> Api<Response> {
    let from = visit.visitor(SessionCookie::Staff, handles.secure);
    let logged_in = handles.staff.setup(caller.store, setup, &from).await?;
    Ok(staff_session(logged_in, handles.secure))
}
