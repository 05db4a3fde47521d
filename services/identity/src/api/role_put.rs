use axum::extract::State;
use axum::response::Response;
use contracts::identity::{PutRole, RoleView, Scope};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};

use super::PeopleHandles;

/// Write a role
///
/// Made when there is none with this handle. Nobody grants what he lacks. Holds at once for everybody who has it.
#[utoipa::path(
    put,
    path = "/admin/roles/{handle}",
    tag = "staff",
    params(("handle" = String, Path, description = "Handle of the role.")),
    request_body = PutRole,
    responses(
        (status = 200, description = "The role.", body = RoleView),
        (status = 403, description = "The caller lacks the scope `staff`, or `cannot_grant`: one of the permissions in question.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`built_in_role`, `too_many_roles`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn role_put(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(handle): Path<String>,
    Json(role): Json<PutRole>,
) -> Api<Response> {
    caller.require(Scope::Staff)?;
    Ok(private(Json(handles.staff.put_role(caller.store, &handle, role, &caller.principal).await?)))
}
