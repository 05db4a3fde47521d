//! `GET /robots.txt`

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::pages::public_base;
use crate::site::Site;

pub(crate) async fn show(State(site): State<Site>, headers: HeaderMap) -> Response {
    let mut text = "User-agent: *\nDisallow: /api/\nDisallow: /orders/\n".to_owned();
    for market in &site.shop.markets {
        text.push_str(&format!("Disallow: {0}/cart\nDisallow: {0}/checkout\n", market.prefix));
    }
    let base = public_base(&site, &headers);
    if !base.is_empty() {
        text.push_str(&format!("\nSitemap: {base}/sitemap.xml\n"));
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600")),
    ];
    (headers, text).into_response()
}
