use axum::extract::State;
use axum::response::Response;
use contracts::identity::{Scope, StaffView};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::{Failure, StaffId};

use super::PeopleHandles;

/// Show a colleague
#[utoipa::path(
    get,
    path = "/admin/staff/{id}",
    tag = "staff",
    params(("id" = inline(StaffId), Path, description = "Its id.")),
    responses(
        (status = 200, description = "The colleague.", body = StaffView),
        (status = 403, description = "The caller lacks the scope `staff`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is nobody with this id.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_get(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<StaffId>,
) -> Api<Response> {
    caller.require_read(Scope::Staff)?;
    let staff =
        handles.staff.staff(caller.store, id).await?.ok_or_else(|| Failure::not_found("member of the staff"))?;
    Ok(private(Json(staff)))
}
