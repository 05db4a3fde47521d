//! The routes of fulfilments, below `/api/v1/admin`.

mod fulfilment_advance;
mod fulfilment_get;
mod fulfilment_list;
mod label_get;

use std::sync::Arc;

use contracts::fulfilment::Fulfilments;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

type Shared = Arc<dyn Fulfilments>;

/// `/admin/fulfilments` and what is below it, without `/api/v1`.
pub fn routes(fulfilments: Arc<dyn Fulfilments>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(fulfilment_list::fulfilment_list))
        .routes(routes!(fulfilment_get::fulfilment_get))
        .routes(routes!(fulfilment_advance::fulfilment_advance))
        .routes(routes!(label_get::label_get))
        .with_state(fulfilments)
}
