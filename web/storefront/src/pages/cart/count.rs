//! `GET /cart/count`: how many units are in the cart, for the number beside its link on pages that are the same for all.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

use crate::respond::with_headers;
use crate::site::Site;

pub(crate) async fn show(State(site): State<Site>, headers: HeaderMap) -> Response {
    let mut out = HeaderMap::new();
    let count = match super::current(&site, &headers, &mut out).await {
        Ok(Some((_, cart))) => cart.totals.quantity,
        Ok(None) => 0,
        Err(failure) => {
            tracing::warn!(code = %failure.code, "the cart could not be counted");
            0
        }
    };
    let mut response = Response::new(Body::from(format!("{{\"count\":{count}}}")));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    with_headers(response, out)
}
