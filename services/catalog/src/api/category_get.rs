use axum::extract::State;
use axum::response::Response;
use contracts::catalog::Category;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};
use kernel::Failure;

use super::Shelf;
use super::document::answer;

/// Read a category's document
#[utoipa::path(
    get,
    path = "/admin/categories/{handle}",
    tag = "catalog",
    params(("handle" = String, Path, description = "The category's handle.")),
    responses(
        (status = 200, description = "The document, with its version as ETag.", body = Category),
        (status = 404, description = "No such category.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn category_get(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let taxonomy = shelf.catalog.taxonomy(caller.store);
    let found = taxonomy.categories.get(&handle).ok_or_else(|| Failure::not_found("category"))?;
    Ok(answer(found.version, found))
}
