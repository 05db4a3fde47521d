use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::{ApiKeyView, NewApiKey, Scope};
use http::StatusCode;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};

use super::SharedIdentity;

/// Make an API key
///
/// The answer is the only place where the key itself is shown.
#[utoipa::path(
    post,
    path = "/admin/api-keys",
    request_body = NewApiKey,
    responses(
        (status = 201, description = "The key, shown this once.", body = ApiKeyView),
        (status = 403, description = "The caller lacks the scope `admin`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn api_key_create(
    State(identity): State<SharedIdentity>,
    caller: Caller,
    Json(new): Json<NewApiKey>,
) -> Api<Response> {
    caller.require(Scope::Admin)?;
    let key = identity.create_api_key(caller.store, new).await?;
    Ok(private((StatusCode::CREATED, Json(key)).into_response()))
}
