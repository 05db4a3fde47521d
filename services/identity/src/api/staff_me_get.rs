use axum::extract::State;
use axum::response::Response;
use contracts::identity::StaffView;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Failure;

use super::PeopleHandles;

/// Show yourself
///
/// Your name, role and permissions.
#[utoipa::path(
    get,
    path = "/admin/me",
    tag = "staff",
    responses(
        (status = 200, description = "You.", body = StaffView),
        (status = 403, description = "`not_staff`: customers and keys have no account here.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_me_get(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    let (id, _) = caller.staff()?;
    let staff =
        handles.staff.staff(caller.store, id).await?.ok_or_else(|| Failure::not_found("member of the staff"))?;
    Ok(private(Json(staff)))
}
