use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::search::{SearchCheck, SearchOffice as _};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};

use crate::SearchService;

/// Rebuild the index
///
/// Makes a new index beside the one in use and puts it in its place; searching goes on meanwhile. Answers when it is
/// in use. Doing it twice does no harm.
#[utoipa::path(
    post,
    path = "/admin/search/rebuild",
    tag = "catalog",
    responses(
        (status = 200, description = "How the new index compares with the catalog.", body = SearchCheck),
        (status = 403, description = "The caller lacks the scope `catalog`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn index_rebuild(State(search): State<Arc<SearchService>>, caller: Caller) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    Ok(private(Json(search.rebuild(caller.store).await?)))
}
