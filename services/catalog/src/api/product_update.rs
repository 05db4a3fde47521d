use axum::extract::State;
use axum::response::Response;
use contracts::catalog::Product;
use contracts::identity::Scope;
use http::HeaderMap;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};
use kernel::Failure;

use super::Shelf;
use super::document::{answer, expected};
use super::product_create::ProductBody;

/// Replace a product
///
/// The same content again is no new version.
#[utoipa::path(
    put,
    path = "/admin/products/{handle}",
    tag = "catalog",
    params(
        ("handle" = String, Path, description = "The product's handle."),
        ("If-Match" = String, Header, description = "The ETag of the version that you read."),
    ),
    request_body = ProductBody,
    responses(
        (status = 200, description = "The product as stored, with its version as ETag.", body = Product),
        (status = 404, description = "No such product.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`sku_taken`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_update(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
    Json(body): Json<ProductBody>,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let expected = expected(&headers)?;
    if body.handle.as_ref().is_some_and(|named| *named != handle) {
        let detail = "A product keeps its handle. Create another product instead.";
        return Err(Failure::field("/handle", "handle_is_fixed", detail).into());
    }
    let change = (handle, expected, body.into_content());
    let product = shelf.catalog.update(caller.store, Some(caller.request_id), change).await?;
    Ok(answer(product.version, &product))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::probe::{Client, shoe};

    #[tokio::test]
    async fn a_product_is_replaced_by_who_has_read_it() {
        let client = Client::with_products(2).await;
        let read = client.admin("GET /admin/products/shoe-0", &[], &json!(null)).await;
        let tag = read.headers["etag"].to_str().unwrap().to_owned();
        let mut body = read.body.clone();
        body["title"]["en"] = json!("Better shoe");
        let put = "PUT /admin/products/shoe-0";
        assert_eq!(client.admin(put, &[], &body).await.status, 428);
        assert_eq!(client.admin(put, &[("if-match", "\"v9\"")], &body).await.status, 412);
        let stored = client.admin(put, &[("if-match", &tag)], &body).await;
        assert_eq!((stored.status.as_u16(), stored.headers["etag"].to_str().unwrap()), (200, "\"v2\""));
        assert_eq!(stored.body["variants"][0]["id"], read.body["variants"][0]["id"]);
        assert_eq!(client.get("/products/shoe-0").await.body["title"], "Better shoe");
        assert_eq!(client.admin(put, &[("if-match", &tag)], &body).await.status, 412, "the old tag is stale now");
        let same = client.admin(put, &[("if-match", "\"v2\"")], &body).await;
        assert_eq!(same.headers["etag"], "\"v2\"");
        let other = client.admin("PUT /admin/products/none", &[("if-match", "*")], &shoe("none", 9)).await;
        assert_eq!(other.status, 404);
        let renamed = client.admin(put, &[("if-match", "*")], &shoe("renamed", 0)).await;
        assert_eq!(renamed.pointers(), ["/handle"]);
        let taken = client.admin(put, &[("if-match", "*")], &shoe("shoe-0", 1)).await;
        assert_eq!((taken.status.as_u16(), taken.codes()[0].as_str()), (409, "sku_taken"));
    }
}
