use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{Catalog, Product};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, Problems, Query};
use kernel::{Page, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shelf;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// 1 to 100, 24 when absent.
    #[param(nullable = false, minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// List product documents
///
/// All of them, whatever their status, in the order of their handles.
#[utoipa::path(
    get,
    path = "/admin/products",
    tag = "catalog",
    params(PageQuery),
    responses((status = 200, description = "A page of documents.", body = Page<Product>), Problems)
)]
pub(crate) async fn product_documents(
    State(shelf): State<Shelf>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let page = PageRequest::new(query.limit, query.cursor)?;
    Ok(http_kit::private(Json(shelf.catalog.documents(caller.store, page).await?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn documents_are_listed_in_the_order_of_their_handles() {
        let client = Client::with_products(3).await;
        let first = client.admin("GET /admin/products?limit=2", &[], &json!(null)).await;
        assert_eq!(first.handles(), ["shoe-0", "shoe-1"]);
        let cursor = first.body["next_cursor"].as_str().unwrap();
        let rest = client.admin(&format!("GET /admin/products?cursor={cursor}"), &[], &json!(null)).await;
        assert_eq!((rest.handles(), rest.body["next_cursor"].is_null()), (vec!["shoe-2".to_owned()], true));
        assert_eq!(client.get("/admin/products").await.status, 401);
    }
}
