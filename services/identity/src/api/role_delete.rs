use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::Scope;
use http::StatusCode;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};

use super::PeopleHandles;

/// Delete a role
#[utoipa::path(
    delete,
    path = "/admin/roles/{handle}",
    tag = "staff",
    params(("handle" = String, Path, description = "Handle of the role.")),
    responses(
        (status = 204, description = "Deleted."),
        (status = 403, description = "The caller lacks the scope `staff`, or `cannot_grant`: one of the permissions in question.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such role.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`role_in_use`, `built_in_role`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn role_delete(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require(Scope::Staff)?;
    handles.staff.delete_role(caller.store, &handle, &caller.principal).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
