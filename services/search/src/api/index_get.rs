use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::search::{SearchCheck, SearchOffice as _};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};

use crate::SearchService;

/// Compare the index with the catalog
///
/// Differences vanish by themselves within a second; one that stays is a fault, and rebuilding is the remedy.
#[utoipa::path(
    get,
    path = "/admin/search",
    tag = "catalog",
    responses(
        (status = 200, description = "How the two compare, now.", body = SearchCheck),
        (status = 403, description = "The caller lacks the scope `catalog`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn index_get(State(search): State<Arc<SearchService>>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    Ok(private(Json(search.check(caller.store).await?)))
}
