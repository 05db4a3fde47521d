//! The routes of the catalog: public reads from memory, and the back office's documents.

mod body;
mod category_delete;
mod category_get;
mod category_list;
mod category_put;
mod change_list;
mod change_undo;
mod collection_delete;
mod collection_get;
mod collection_list;
mod collection_put;
mod document;
mod export_get;
mod import_create;
mod media_create;
mod product_create;
mod product_delete;
mod product_document;
mod product_documents;
mod product_get;
mod product_list;
mod product_type_get;
mod product_type_put;
mod product_update;
mod view;

#[cfg(test)]
pub(crate) mod probe;

use std::sync::Arc;

use contracts::ledger::Stock;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::CatalogService;

/// Public answers: browsers ask again each time and mostly hear 304; an edge keeps them for a minute and may show
/// them for ten more while it fetches new ones.
const PUBLIC: &str = "public, max-age=0, s-maxage=60, stale-while-revalidate=600";

/// What the handlers hold.
#[derive(Clone)]
pub(crate) struct Shelf {
    pub(crate) catalog: Arc<CatalogService>,
    /// Takes the counts that an import brings.
    pub(crate) stock: Arc<dyn Stock>,
}

/// The routes of the catalog, without `/api/v1`.
pub fn routes(catalog: Arc<CatalogService>, stock: Arc<dyn Stock>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(product_list::product_list))
        .routes(routes!(product_get::product_get))
        .routes(routes!(category_list::category_list))
        .routes(routes!(collection_list::collection_list))
        .routes(routes!(product_documents::product_documents, product_create::product_create))
        .routes(routes!(
            product_document::product_document,
            product_update::product_update,
            product_delete::product_delete
        ))
        .routes(routes!(product_type_get::product_type_get, product_type_put::product_type_put))
        .routes(routes!(category_get::category_get, category_put::category_put, category_delete::category_delete))
        .routes(routes!(
            collection_get::collection_get,
            collection_put::collection_put,
            collection_delete::collection_delete
        ))
        .routes(routes!(media_create::media_create))
        .routes(routes!(import_create::import_create))
        .routes(routes!(export_get::export_get))
        .routes(routes!(change_list::change_list))
        .routes(routes!(change_undo::change_undo))
        .with_state(Shelf { catalog, stock })
}

#[cfg(test)]
mod tests {
    use super::probe::Client;

    #[tokio::test]
    async fn the_reference_names_nothing_that_it_does_not_have() {
        let client = Client::with_products(0).await;
        let (_, document) = super::routes(client.catalog.clone(), client.counts.clone()).split_for_parts();
        let text = document.to_json().unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let named: Vec<&str> = text.split("\"#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(named.len() > 20);
        for pointer in named {
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
