use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{Promotion, TermsKind};
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Handle;
use super::document::found;

/// Read a promotion
#[utoipa::path(
    get,
    path = "/admin/promotions/{handle}",
    tag = "selling",
    params(("handle" = String, Path, description = "The promotion's handle.")),
    responses(
        (status = 200, description = "The document, with its version as ETag.", body = Promotion),
        (status = 404, description = "No such promotion.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn promotion_get(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Promotions)?;
    found(terms.document(caller.store, TermsKind::Promotion, &handle).await?, "promotion")
}
