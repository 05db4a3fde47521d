use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::notification::MailView;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::MailId;

use super::SharedQueue;

/// Try a mail again
///
/// Now, whatever its next try was to be. Also one that was given up.
#[utoipa::path(
    post,
    path = "/admin/mails/{id}/retry",
    tag = "mails",
    security(("api_key" = [])),
    params(("id" = inline(MailId), Path, description = "Id of the mail.")),
    responses(
        (status = 200, description = "The mail, queued.", body = MailView),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such mail.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`mail_done`: it was sent, or there is nobody to send it to.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn mail_retry(
    State(queue): State<SharedQueue>,
    caller: Caller,
    Path(id): Path<MailId>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    Ok(private(Json(queue.retry(caller.store, id).await?)))
}
