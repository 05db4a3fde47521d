//! Answers: headers that every page has, private pages, redirects.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use maud::Markup;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");

/// No inline script or style runs, nothing is loaded from elsewhere but images, nobody frames the shop.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; font-src 'self'; \
     connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// The headers of every HTML answer.
pub(crate) fn page_headers() -> [(HeaderName, HeaderValue); 5] {
    [
        (header::CONTENT_TYPE, HTML),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    ]
}

/// A page about one visitor: never stored, by nobody.
pub(crate) fn private(status: StatusCode, markup: Markup) -> Response {
    let mut response = Response::new(Body::from(markup.into_string()));
    *response.status_mut() = status;
    response.headers_mut().extend(page_headers());
    response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
    response
}

/// Go there with GET.
pub(crate) fn see_other(location: &str) -> Response {
    redirect(StatusCode::SEE_OTHER, location)
}

/// A redirect that a browser follows with GET. A location that cannot stand in a header leads home.
pub(crate) fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    response.headers_mut().insert(header::CACHE_CONTROL, PRIVATE);
    response
}

/// `response` with more headers, such as cookies.
pub(crate) fn with_headers(mut response: Response, headers: HeaderMap) -> Response {
    for (name, value) in &headers {
        response.headers_mut().append(name, value.clone());
    }
    response
}
