use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, SessionCookie, Visit, private};
use serde::Deserialize;
use utoipa::ToSchema;

use super::PeopleHandles;

/// Whom to write to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StaffResetRequest {
    #[schema(format = "email", max_length = 254)]
    email: String,
}

/// Ask for a link that sets a new password
///
/// The answer is the same whether there is such a colleague or not.
#[utoipa::path(
    post,
    path = "/admin/password-resets",
    tag = "staff",
    request_body = StaffResetRequest,
    responses(
        (status = 202, description = "When there is such a colleague, a mail is on its way."),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn staff_reset_request(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    Json(body): Json<StaffResetRequest>,
) -> Api<Response> {
    let from = visit.visitor(SessionCookie::Staff, handles.secure);
    handles.staff.request_staff_reset(caller.store, &body.email, &from).await?;
    Ok(private(StatusCode::ACCEPTED.into_response()))
}
