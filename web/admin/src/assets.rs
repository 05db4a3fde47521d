//! The stylesheet, under a name that carries its hash: a browser keeps it for a year, a change is a new name.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use http_kit::{Api, Path};
use kernel::Failure;

const STYLES: &str = include_str!("../assets/admin.css");

/// The file's name, without the path.
static STYLES_NAME: LazyLock<String> = LazyLock::new(|| {
    let digest = ring::digest::digest(&ring::digest::SHA256, STYLES.as_bytes());
    let hash: String = digest.as_ref()[..6].iter().map(|b| format!("{b:02x}")).collect();
    format!("admin-{hash}.css")
});

pub(crate) fn styles_path() -> String {
    format!("/admin/assets/{}", *STYLES_NAME)
}

pub(crate) async fn show(Path(file): Path<String>) -> Api<Response> {
    if file != *STYLES_NAME {
        return Err(Failure::not_found("file").into());
    }
    let mut response = Response::new(Body::from(STYLES));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/css; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}
