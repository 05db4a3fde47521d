use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http_kit::{Api, Caller, Json, Problems, private};
use kernel::Secret;
use serde::Deserialize;
use utoipa::ToSchema;

use super::PeopleHandles;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Verification {
    #[schema(value_type = String, max_length = 100)]
    token: Secret,
}

/// Verify an e-mail address
///
/// With the token of the link that was mailed; it works once.
#[utoipa::path(
    post,
    path = "/email-verifications",
    tag = "customers",
    request_body = Verification,
    responses(
        (status = 204, description = "Verified."),
        Problems,
    )
)]
pub(super) async fn email_verify(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Json(body): Json<Verification>,
) -> Api<Response> {
    handles.customers.verify_email(caller.store, &body.token).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
