use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::TermsKind;
use http::HeaderMap;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Handle;
use super::document::{deleted, seen};

/// Delete a price list
///
/// The prices that it took the place of hold again at once.
#[utoipa::path(
    delete,
    path = "/admin/price-lists/{handle}",
    tag = "selling",
    params(
        ("handle" = String, Path, description = "The price list's handle."),
        ("If-Match" = String, Header, description = "The ETag of the version to delete, or `*`."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such price list.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn price_list_delete(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Api<Response> {
    caller.require(Scope::Promotions)?;
    let seen = seen(&headers)?;
    terms.delete(caller.store, TermsKind::PriceList, &handle, seen, caller.actor()).await?;
    Ok(deleted())
}
