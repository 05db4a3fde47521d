use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::Scope;
use http::StatusCode;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};
use kernel::StaffId;

use super::PeopleHandles;

/// Remove a colleague
#[utoipa::path(
    delete,
    path = "/admin/staff/{id}",
    tag = "staff",
    params(("id" = inline(StaffId), Path, description = "Its id.")),
    responses(
        (status = 204, description = "Removed, and logged out."),
        (status = 403, description = "The caller lacks the scope `staff`, or `cannot_grant`: one of the permissions in question.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody with this id.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`last_owner`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_remove(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<StaffId>,
) -> Api<Response> {
    caller.require(Scope::Staff)?;
    handles.staff.remove_staff(caller.store, id, &caller.principal).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
