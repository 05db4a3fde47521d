//! Styles, script and icon, under names that carry their hash: a browser keeps them for a year, a change is a new name.

use std::sync::LazyLock;

use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::compress::{Body, Encoding};

/// A file served by the shop itself.
pub(crate) struct Asset {
    /// Path with the hash in it.
    pub(crate) path: String,
    content_type: &'static str,
    body: Body,
}

impl Asset {
    fn new(stem: &str, extension: &str, content_type: &'static str, content: &'static str) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, content.as_bytes());
        let hash: String = digest.as_ref()[..6].iter().map(|b| format!("{b:02x}")).collect();
        Asset { path: format!("/assets/{stem}-{hash}.{extension}"), content_type, body: Body::new(content.as_bytes()) }
    }

    pub(crate) fn respond(&self, request: &HeaderMap) -> Response {
        let encoding = Encoding::accepted(request);
        let mut response = Response::new(HttpBody::from(self.body.encoded(encoding).clone()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Some(name) = encoding.name() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        response
    }
}

pub(crate) static STYLES: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("shop", "css", "text/css; charset=utf-8", include_str!("../assets/shop.css")));
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("shop", "js", "text/javascript; charset=utf-8", include_str!("../assets/shop.js")));
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

/// The asset at `path`.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    [&STYLES, &SCRIPT, &ICON].into_iter().map(|asset| &**asset).find(|asset| asset.path == path)
}
