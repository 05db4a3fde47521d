use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{CatalogRead, ProductCard, ProductQuery, ProductSort};
use http::HeaderMap;
use http_kit::{Api, Caller, ProblemDocument, Problems, Query};
use kernel::{Page, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{PUBLIC, Shelf};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// Handle of a category; products of the categories below it are included.
    #[param(nullable = false)]
    category: Option<String>,
    /// Handle of a collection.
    #[param(nullable = false)]
    collection: Option<String>,
    /// `newest` (default), `price_asc`, `price_desc` or `title`.
    #[param(nullable = false, inline)]
    sort: Option<ProductSort>,
    /// ISO 4217; the currency of the first market when absent. Products without a price in it are left out.
    #[param(nullable = false, example = "EUR")]
    currency: Option<String>,
    /// Language tag; the language of the first market when absent.
    #[param(nullable = false, example = "en")]
    locale: Option<String>,
    /// 1 to 100, 24 when absent.
    #[param(nullable = false, minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// List products
///
/// A cursor stays right while products come and go: no page skips or repeats one because of it.
#[utoipa::path(
    get,
    path = "/products",
    tag = "shop",
    params(ListQuery),
    responses(
        (status = 200, description = "A page of products.", body = Page<ProductCard>),
        (status = 304, description = "The client has this version."),
        (status = 404, description = "No such category or collection.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_list(
    State(shelf): State<Shelf>,
    caller: Caller,
    Query(query): Query<ListQuery>,
    headers: HeaderMap,
) -> Api<Response> {
    let view = shelf.catalog.view(caller.store, query.currency.as_deref(), query.locale)?;
    let query = ProductQuery {
        category: query.category,
        collection: query.collection,
        sort: query.sort.unwrap_or_default(),
        page: PageRequest::new(query.limit, query.cursor)?,
    };
    let rendered = shelf.catalog.products_json(caller.store, &query, &view)?;
    Ok(http_kit::rendered(&headers, rendered, PUBLIC))
}

#[cfg(test)]
mod tests {
    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_list_is_paged_filtered_and_cached() {
        let client = Client::with_products(5).await;
        let first = client.get("/products?limit=2&sort=price_asc").await;
        assert_eq!(first.status, 200);
        assert_eq!(first.headers["cache-control"], super::PUBLIC);
        assert!(first.headers["surrogate-key"].to_str().unwrap().starts_with("products "));
        assert_eq!(first.handles(), ["shoe-0", "shoe-1"]);
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let second = client.get(&format!("/products?limit=3&sort=price_asc&cursor={cursor}")).await;
        assert_eq!(second.handles(), ["shoe-2", "shoe-3", "shoe-4"]);
        assert!(second.body["next_cursor"].is_null());

        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        let again = client.send("GET /products?limit=2&sort=price_asc", &[("if-none-match", &tag)], "").await;
        assert_eq!(again.status, 304);
        assert_eq!(client.get("/products?category=shoes&limit=100").await.handles().len(), 5);
        assert_eq!(client.get("/products?currency=USD").await.handles(), ["shoe-0"]);
    }

    #[tokio::test]
    async fn what_a_list_does_not_know_is_refused() {
        let client = Client::with_products(2).await;
        for (path, status, code, pointer) in [
            ("/products?category=hats", 404, "not_found", None),
            ("/products?collection=hats", 404, "not_found", None),
            ("/products?currency=JPY", 422, "unknown_currency", Some("/currency")),
            ("/products?currency=eur", 422, "unknown_currency", Some("/currency")),
            ("/products?locale=../x", 422, "unknown_locale", Some("/locale")),
            ("/products?limit=0", 422, "invalid_limit", Some("/limit")),
            ("/products?limit=101", 422, "invalid_limit", Some("/limit")),
            ("/products?cursor=zz", 422, "invalid_cursor", None),
            ("/products?sort=random", 422, "unknown_value", Some("/sort")),
            ("/products?colour=red", 422, "unknown_parameter", Some("/colour")),
        ] {
            let answer = client.get(path).await;
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.codes().first().map(String::as_str), Some(code), "{path}");
            assert_eq!(answer.pointers().first().map(String::as_str), pointer, "{path}");
        }
    }
}
