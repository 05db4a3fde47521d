use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::TermsKind;
use http::HeaderMap;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Handle;
use super::document::{deleted, seen};

/// Delete a promotion
///
/// A code that shoppers still have in their carts then says that there is no such promotion. Orders keep what they were given.
#[utoipa::path(
    delete,
    path = "/admin/promotions/{handle}",
    tag = "selling",
    params(
        ("handle" = String, Path, description = "The promotion's handle."),
        ("If-Match" = String, Header, description = "The ETag of the version to delete, or `*`."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such promotion.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn promotion_delete(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Api<Response> {
    caller.require(Scope::Promotions)?;
    let seen = seen(&headers)?;
    terms.delete(caller.store, TermsKind::Promotion, &handle, seen, caller.actor()).await?;
    Ok(deleted())
}
