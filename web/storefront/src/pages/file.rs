//! `GET /assets/{file}` and the icon where browsers look for it unasked.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use crate::assets;
use crate::pages::error;
use crate::site::Site;

pub(crate) async fn show(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    match assets::find(uri.path()) {
        Some(asset) => asset.respond(&headers),
        None => error::not_found(&site),
    }
}

pub(crate) async fn icon() -> Response {
    crate::respond::redirect(axum::http::StatusCode::FOUND, &assets::ICON.path)
}
