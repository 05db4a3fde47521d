use axum::extract::State;
use axum::response::Response;
use contracts::catalog::Collection;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};
use kernel::Failure;

use super::Shelf;
use super::document::answer;

/// Read a collection's document
#[utoipa::path(
    get,
    path = "/admin/collections/{handle}",
    tag = "catalog",
    params(("handle" = String, Path, description = "The collection's handle.")),
    responses(
        (status = 200, description = "The document, with its version as ETag.", body = Collection),
        (status = 404, description = "No such collection.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn collection_get(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let taxonomy = shelf.catalog.taxonomy(caller.store);
    let found = taxonomy.collections.get(&handle).ok_or_else(|| Failure::not_found("collection"))?;
    Ok(answer(found.version, found))
}
