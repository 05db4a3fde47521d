use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use contracts::identity::Scope;
use contracts::notification::{MailPreview, MailTemplate};
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, Query, private};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::SharedQueue;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Format {
    /// Subject, text and HTML.
    #[default]
    Json,
    /// The HTML alone, as a page.
    Html,
    /// The text alone.
    Text,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PreviewQuery {
    /// The language to preview, e.g. `de`; English when left out.
    locale: Option<String>,
    /// What to show; `json` when left out.
    #[param(inline)]
    format: Option<Format>,
}

/// Preview a mail
///
/// As its reader would see it, filled with samples.
#[utoipa::path(
    get,
    path = "/admin/mails/preview/{template}",
    tag = "mails",
    security(("api_key" = [])),
    params(
        ("template" = inline(MailTemplate), Path, description = "Which mail."),
        PreviewQuery,
    ),
    responses(
        (status = 200, description = "The mail.", content((MailPreview = "application/json"), (String = "text/html"), (String = "text/plain"))),
        (status = 403, description = "The caller lacks the scope `notifications`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such mail.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn mail_preview(
    State(queue): State<SharedQueue>,
    caller: Caller,
    Path(template): Path<MailTemplate>,
    Query(query): Query<PreviewQuery>,
) -> Api<Response> {
    caller.require(Scope::Notifications)?;
    let preview = queue.preview(template, query.locale.as_deref().unwrap_or("en"));
    let mut answer = match query.format.unwrap_or_default() {
        Format::Json => Json(preview).into_response(),
        Format::Html => Html(preview.html).into_response(),
        Format::Text => preview.text.into_response(),
    };
    // A mail is shown as mail programs do: nothing runs, nothing is fetched.
    let policy = HeaderValue::from_static("sandbox; default-src 'none'; style-src 'unsafe-inline'");
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(private(answer))
}
