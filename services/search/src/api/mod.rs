//! The routes of the search: what shoppers ask, and the back office's synonyms and index.

mod index_get;
mod index_rebuild;
mod product_search;
mod suggestion_list;
mod synonyms_get;
mod synonyms_put;

#[cfg(test)]
pub(crate) mod probe;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::SearchService;

/// Prices and stock in an answer are those of now, so it may be kept but must be asked for again.
const FRESH: &str = "public, max-age=0, must-revalidate";

/// The routes of the search, without `/api/v1`.
pub fn routes(search: Arc<SearchService>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(product_search::product_search))
        .routes(routes!(suggestion_list::suggestion_list))
        .routes(routes!(synonyms_get::synonyms_get, synonyms_put::synonyms_put))
        .routes(routes!(index_get::index_get))
        .routes(routes!(index_rebuild::index_rebuild))
        .with_state(search)
}
