use axum::extract::State;
use axum::response::Response;
use contracts::address::is_email;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::{Failure, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SharedQueue;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForgetReader {
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Secret,
}

#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ForgottenMails {
    /// How many mails there were.
    mails: u64,
}

/// Forget a reader
///
/// Mails to this address that wait are dropped, their files are deleted. Part of erasing a person; doing it again
/// changes nothing.
#[utoipa::path(
    post,
    path = "/admin/mails/forget",
    tag = "mails",
    security(("api_key" = [])),
    request_body = ForgetReader,
    responses(
        (status = 200, description = "Nothing is kept any more.", body = ForgottenMails),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn mail_forget(
    State(queue): State<SharedQueue>,
    caller: Caller,
    Json(reader): Json<ForgetReader>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    if !is_email(reader.email.expose()) {
        return Err(
            Failure::field("/email", "invalid_email", "Write an e-mail address such as ann@example.org.").into()
        );
    }
    let mails = queue.forget(caller.store, &reader.email).await?;
    Ok(private(Json(ForgottenMails { mails })))
}
