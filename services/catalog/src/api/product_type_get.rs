use axum::extract::State;
use axum::response::Response;
use contracts::catalog::ProductType;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};
use kernel::Failure;

use super::Shelf;
use super::document::answer;

/// Read a product type's document
#[utoipa::path(
    get,
    path = "/admin/product-types/{handle}",
    tag = "catalog",
    params(("handle" = String, Path, description = "The product type's handle.")),
    responses(
        (status = 200, description = "The document, with its version as ETag.", body = ProductType),
        (status = 404, description = "No such product type.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_type_get(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let taxonomy = shelf.catalog.taxonomy(caller.store);
    let found = taxonomy.types.get(&handle).ok_or_else(|| Failure::not_found("product type"))?;
    Ok(answer(found.version, found))
}
