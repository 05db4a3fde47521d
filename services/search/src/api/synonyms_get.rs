use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use contracts::identity::Scope;
use contracts::search::{SearchOffice as _, Synonyms};
use http::header::ETAG;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private, version_etag};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::SearchService;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LocaleQuery {
    /// The language; that of the first market when absent.
    #[param(nullable = false, example = "en")]
    pub(crate) locale: Option<String>,
}

/// Read synonyms
///
/// The words that find each other in one language. The ETag names their version.
#[utoipa::path(
    get,
    path = "/admin/search/synonyms",
    tag = "catalog",
    params(LocaleQuery),
    responses(
        (status = 200, description = "The groups, with their version as ETag.", body = Synonyms),
        (status = 403, description = "The caller lacks the scope `catalog`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn synonyms_get(
    State(search): State<Arc<SearchService>>,
    caller: Caller,
    Query(query): Query<LocaleQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let locale = query.locale.unwrap_or_else(|| search.parts.default_view.locale.clone());
    let synonyms = search.synonyms(caller.store, &locale).await?;
    Ok(answer(&synonyms))
}

/// Synonyms with their version as ETag.
pub(crate) fn answer(synonyms: &Synonyms) -> Response {
    let mut response = private(Json(synonyms).into_response());
    response.headers_mut().insert(ETAG, version_etag(synonyms.version));
    response
}
