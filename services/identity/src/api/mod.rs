//! The routes of API keys, below `/api/v1`. All need the scope `admin`.

mod api_key_create;
mod api_key_list;
mod api_key_revoke;

use std::sync::Arc;

use contracts::identity::Identity;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

type SharedIdentity = Arc<dyn Identity>;

/// `/admin/api-keys` and what is below it.
pub fn routes(identity: Arc<dyn Identity>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(api_key_create::api_key_create, api_key_list::api_key_list))
        .routes(routes!(api_key_revoke::api_key_revoke))
        .with_state(identity)
}
