use axum::extract::State;
use axum::response::Response;
use contracts::catalog::CollectionView;
use http::HeaderMap;
use http_kit::{Api, Caller, Problems, Query};
use kernel::Page;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{PUBLIC, Shelf};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LocaleQuery {
    /// Language tag; the language of the first market when absent.
    #[param(nullable = false, example = "en")]
    locale: Option<String>,
}

/// List collections
///
/// The whole list of collections at once; there is never a second page.
#[utoipa::path(
    get,
    path = "/collections",
    tag = "shop",
    params(LocaleQuery),
    responses(
        (status = 200, description = "The list of collections.", body = Page<CollectionView>),
        (status = 304, description = "The client has this version."),
        Problems,
    )
)]
pub(crate) async fn collection_list(
    State(shelf): State<Shelf>,
    caller: Caller,
    Query(query): Query<LocaleQuery>,
    headers: HeaderMap,
) -> Api<Response> {
    let view = shelf.catalog.view(caller.store, None, query.locale)?;
    let rendered = shelf.catalog.collections_json(caller.store, &view.locale);
    Ok(http_kit::rendered(&headers, rendered, PUBLIC))
}
