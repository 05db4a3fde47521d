use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::{NewStaff, Scope, StaffView};
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};

use super::PeopleHandles;

/// Invite a colleague
///
/// Mails a link with which they set a password. Inviting somebody again who has not come yet sends a new link.
#[utoipa::path(
    post,
    path = "/admin/staff",
    tag = "staff",
    request_body = NewStaff,
    responses(
        (status = 201, description = "Invited.", body = StaffView),
        (status = 403, description = "The caller lacks the scope `staff`, or `cannot_grant`: one of the permissions in question.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`already_staff`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_invite(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Json(new): Json<NewStaff>,
) -> Api<Response> {
    caller.require(Scope::Staff)?;
    let staff = handles.staff.invite(caller.store, new, &caller.principal).await?;
    Ok(private((StatusCode::CREATED, Json(staff)).into_response()))
}
