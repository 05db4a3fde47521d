//! `GET /media/{file}`: renditions, by names that say their content, so that they never change.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode};
use http_kit::{Problem, client_has};
use kernel::Failure;

use super::name::Rendition;
use super::store::MediaStore;

const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The route under which pages find pictures; merged at the root, outside the API.
pub fn media_routes(store: Arc<MediaStore>) -> Router {
    Router::new().route("/media/{file}", get(media_get)).with_state(store)
}

async fn media_get(
    State(store): State<Arc<MediaStore>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let wanted = Rendition::parse(&file).ok_or_else(|| Failure::not_found("picture"))?;
    let etag = format!("\"{file}\"");
    let format = wanted.format;
    // Whoever has it has it right: the name stands for the content.
    if client_has(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag), (CACHE_CONTROL, FOR_EVER.to_owned())]).into_response());
    }
    let body = store.get(wanted).await?;
    let headers = [
        (CONTENT_TYPE, format.content_type().to_owned()),
        (ETAG, etag),
        (CACHE_CONTROL, FOR_EVER.to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, Body::from(body)).into_response())
}

#[cfg(test)]
mod tests;
