use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{CatalogRead, ProductView};
use http::HeaderMap;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, Query};
use kernel::Failure;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{PUBLIC, Shelf};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ViewQuery {
    /// ISO 4217; the currency of the first market when absent.
    #[param(nullable = false, example = "EUR")]
    currency: Option<String>,
    /// Language tag; the language of the first market when absent.
    #[param(nullable = false, example = "en")]
    locale: Option<String>,
}

/// Read a product
#[utoipa::path(
    get,
    path = "/products/{handle}",
    tag = "shop",
    params(("handle" = String, Path, description = "The product's handle."), ViewQuery),
    responses(
        (status = 200, description = "The product.", body = ProductView),
        (status = 304, description = "The client has this version."),
        (status = 404, description = "No such product on sale in this currency.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_get(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
    Query(query): Query<ViewQuery>,
    headers: HeaderMap,
) -> Api<Response> {
    let view = shelf.catalog.view(caller.store, query.currency.as_deref(), query.locale)?;
    let rendered = shelf.catalog.product_json(caller.store, &handle, &view);
    let rendered = rendered.ok_or_else(|| Failure::not_found("product"))?;
    Ok(http_kit::rendered(&headers, rendered, PUBLIC))
}

#[cfg(test)]
mod tests {
    use contracts::catalog::Availability;
    use kernel::{Sku, StoreId};

    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_product_is_served_with_its_tag_until_its_availability_flips() {
        let client = Client::with_products(1).await;
        let answer = client.get("/products/shoe-0").await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body["title"], "Shoe 0");
        assert_eq!(answer.body["variants"][0]["available"], false);
        let tag = answer.headers["etag"].to_str().unwrap().to_owned();
        let ask = [("if-none-match", tag.as_str())];
        assert_eq!(client.send("GET /products/shoe-0", &ask, "").await.status, 304);

        client.catalog.set_available(StoreId::DEFAULT, &Sku::new("SHOE-0-40").unwrap(), true);
        let fresh = client.send("GET /products/shoe-0", &ask, "").await;
        assert_eq!(fresh.status, 200);
        assert_eq!(fresh.body["variants"][0]["available"], true);
        assert_eq!(fresh.body["available"], true);

        assert_eq!(client.get("/products/shoe-9").await.status, 404);
        assert_eq!(client.get("/products/..%2Fshoe-0").await.status, 404);
    }
}
