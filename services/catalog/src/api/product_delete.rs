use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use http::HeaderMap;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Shelf;
use super::document::{deleted, expected};

/// Delete a product
///
/// Its SKUs are free for other products afterwards; orders keep what they say about it.
#[utoipa::path(
    delete,
    path = "/admin/products/{handle}",
    tag = "catalog",
    params(
        ("handle" = String, Path, description = "The product's handle."),
        ("If-Match" = String, Header, description = "The ETag of the version to delete, or `*`."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such product.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_delete(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let expected = expected(&headers)?;
    let job = move |change: &mut crate::change::Change<'_>| change.delete_product(&handle, expected);
    shelf.catalog.change(caller.store, Some(caller.request_id), job).await?;
    Ok(deleted())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::probe::{Client, shoe};

    #[tokio::test]
    async fn a_deleted_product_leaves_the_shop_and_frees_its_skus() {
        let client = Client::with_products(1).await;
        let delete = "DELETE /admin/products/shoe-0";
        assert_eq!(client.admin(delete, &[], &json!(null)).await.status, 428);
        assert_eq!(client.admin(delete, &[("if-match", "\"v2\"")], &json!(null)).await.status, 412);
        assert_eq!(client.send(delete, &[("if-match", "*")], "").await.status, 401);
        assert_eq!(client.admin(delete, &[("if-match", "\"v1\"")], &json!(null)).await.status, 204);
        assert_eq!(client.get("/products/shoe-0").await.status, 404);
        assert!(client.get("/products").await.handles().is_empty());
        assert_eq!(client.admin("POST /admin/products", &[], &shoe("heir", 0)).await.status, 201);
    }
}
