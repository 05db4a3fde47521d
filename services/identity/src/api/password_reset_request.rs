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
pub(super) struct ResetRequest {
    #[schema(format = "email", max_length = 254)]
    email: String,
}

/// Ask for a link that sets a new password
///
/// The answer is the same whether there is such an account or not.
#[utoipa::path(
    post,
    path = "/password-resets",
    tag = "customers",
    request_body = ResetRequest,
    responses(
        (status = 202, description = "When there is such an account, a mail is on its way."),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn password_reset_request(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    Json(body): Json<ResetRequest>,
) -> Api<Response> {
    let from = visit.visitor(SessionCookie::Customer, handles.secure);
    handles.customers.request_reset(caller.store, &body.email, &from).await?;
    Ok(private(StatusCode::ACCEPTED.into_response()))
}
