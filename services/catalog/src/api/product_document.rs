use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{Catalog, Product};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Shelf;
use super::document::answer;

/// Read a product's document
///
/// With every language and currency, whatever its status.
#[utoipa::path(
    get,
    path = "/admin/products/{handle}",
    tag = "catalog",
    params(("handle" = String, Path, description = "The product's handle.")),
    responses(
        (status = 200, description = "The document, with its version as ETag.", body = Product),
        (status = 404, description = "No such product.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_document(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let product = shelf.catalog.document(caller.store, &handle).await?;
    Ok(answer(product.version, &product))
}
