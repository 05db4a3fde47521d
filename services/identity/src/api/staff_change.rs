use axum::extract::State;
use axum::response::Response;
use contracts::identity::{Scope, StaffChange, StaffView};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::StaffId;

use super::PeopleHandles;

/// Change a colleague
///
/// Another role holds at once; disabling ends their sessions. What is left out stays as it is.
#[utoipa::path(
    patch,
    path = "/admin/staff/{id}",
    tag = "staff",
    params(("id" = inline(StaffId), Path, description = "Its id.")),
    request_body = StaffChange,
    responses(
        (status = 200, description = "The colleague.", body = StaffView),
        (status = 403, description = "The caller lacks the scope `staff`, or `cannot_grant`: one of the permissions in question.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody with this id.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`last_owner`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_change(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<StaffId>,
    Json(change): Json<StaffChange>,
) -> Api<Response> {
    caller.require(Scope::Staff)?;
    Ok(private(Json(handles.staff.change_staff(caller.store, id, change, &caller.principal).await?)))
}
