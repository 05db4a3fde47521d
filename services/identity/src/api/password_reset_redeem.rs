use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::PasswordReset;
use http::StatusCode;
use http_kit::{Api, Caller, Json, Problems, SessionCookie, Visit, private};

use super::PeopleHandles;

/// Set a new password
///
/// With the token of the link that was mailed; it works once, for an hour. Ends every session of the account.
#[utoipa::path(
    post,
    path = "/password-resets/redeem",
    tag = "customers",
    request_body = PasswordReset,
    responses(
        (status = 204, description = "Set."),
        Problems,
    )
)]
pub(super) async fn password_reset_redeem(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    visit: Visit,
    Json(reset): Json<PasswordReset>,
) -> Api<Response> {
    let from = visit.visitor(SessionCookie::Customer, handles.secure);
    handles.customers.reset_password(caller.store, reset, &from).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
