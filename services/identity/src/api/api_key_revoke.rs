use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::Scope;
use http::StatusCode;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};
use kernel::ApiKeyId;

use super::SharedIdentity;

/// Revoke an API key
///
/// It opens nothing a second later, on every node. Revoking a revoked key changes nothing.
#[utoipa::path(
    delete,
    path = "/admin/api-keys/{id}",
    params(("id" = ApiKeyId, Path, description = "Id of the key.")),
    responses(
        (status = 204, description = "Revoked."),
        (status = 403, description = "The caller lacks the scope `admin`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such key.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn api_key_revoke(
    State(identity): State<SharedIdentity>,
    caller: Caller,
    Path(id): Path<ApiKeyId>,
) -> Api<Response> {
    caller.require(Scope::Admin)?;
    identity.revoke_api_key(caller.store, id).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
