//! What the back office's documents have in common: a version as ETag, and If-Match on writes.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use contracts::Result;
use http::header::{CACHE_CONTROL, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_kit::{Json, if_match, version_etag};
use kernel::Failure;
use serde::Serialize;

use crate::Expected;

/// A document with its version as ETag. Not kept by any cache: it is the back office's.
pub(super) fn answer<T: Serialize>(version: u64, document: &T) -> Response {
    let mut response = Json(document).into_response();
    response.headers_mut().insert(ETAG, version_etag(version));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

pub(super) fn deleted() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The version that must be there.
///
/// # Errors
/// 428 without If-Match, 412 when it is no tag of ours.
pub(super) fn expected(headers: &HeaderMap) -> Result<Expected> {
    Ok(if_match(headers)?.map_or(Expected::Any, Expected::Version))
}

/// As [`expected`]; without If-Match nothing may be there yet.
///
/// # Errors
/// 412 when If-Match is no tag of ours, 422 for an If-None-Match other than `*`.
pub(super) fn expected_or_new(headers: &HeaderMap) -> Result<Expected> {
    if headers.get(IF_NONE_MATCH).is_some_and(|tag| tag != "*") {
        return Err(Failure::invalid("invalid_if_none_match", "If-None-Match can only be * when writing."));
    }
    if headers.contains_key(IF_MATCH) { expected(headers) } else { Ok(Expected::Unnamed) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::probe::Client;

    #[tokio::test]
    async fn documents_are_replaced_only_by_those_who_read_them() {
        let client = Client::with_products(1).await;
        for (path, document) in [
            ("/admin/categories/boots", json!({ "name": { "en": "Boots" }, "parent": "shoes" })),
            ("/admin/collections/summer", json!({ "name": { "en": "Summer" } })),
            ("/admin/product-types/lamp", json!({ "name": { "en": "Lamp" }, "attributes": [] })),
        ] {
            let put = format!("PUT {path}");
            let new = client.admin(&put, &[], &document).await;
            assert_eq!(new.status, 200, "{path}: {}", new.body);
            assert_eq!(new.headers["etag"], "\"v1\"");
            let mut renamed = client.admin(&format!("GET {path}"), &[], &json!(null)).await.body;
            renamed["name"]["de"] = json!("Neu");
            assert_eq!(client.admin(&put, &[], &renamed).await.status, 428, "{path}");
            assert_eq!(client.admin(&put, &[("if-match", "\"v2\"")], &renamed).await.status, 412, "{path}");
            let next = client.admin(&put, &[("if-match", "\"v1\"")], &renamed).await;
            assert_eq!((next.status.as_u16(), next.headers["etag"].to_str().unwrap()), (200, "\"v2\""), "{path}");
            assert_eq!(client.admin(&put, &[("if-match", "\"v1\"")], &renamed).await.status, 412, "{path}");
            let same = client.admin(&put, &[("if-match", "\"v2\"")], &renamed).await;
            assert_eq!(same.headers["etag"], "\"v2\"", "the same document again is no new version");
            let odd = json!({ "name": { "en": "Boots" }, "colour": 1 });
            assert_eq!(client.admin(&put, &[("if-match", "\"v2\"")], &odd).await.status, 422, "{path}");
            assert_eq!(client.send(&put, &[], &document.to_string()).await.status, 401, "{path}");
        }
        for path in ["/admin/categories/boots", "/admin/collections/summer"] {
            let delete = format!("DELETE {path}");
            assert_eq!(client.admin(&delete, &[], &json!(null)).await.status, 428);
            assert_eq!(client.admin(&delete, &[("if-match", "\"v1\"")], &json!(null)).await.status, 412);
            assert_eq!(client.admin(&delete, &[("if-match", "\"v2\"")], &json!(null)).await.status, 204);
            assert_eq!(client.admin(&format!("GET {path}"), &[], &json!(null)).await.status, 404);
        }
        let used = client.admin("DELETE /admin/categories/shoes", &[("if-match", "*")], &json!(null)).await;
        assert_eq!((used.status.as_u16(), used.codes()[0].as_str()), (409, "category_in_use"));
    }
}
