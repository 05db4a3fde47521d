//! Answers that are not made on the spot: stored ones, and those rendered once per version.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use contracts::catalog::Rendered;
use contracts::ledger::Answer;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kernel::{ErrorKind, Failure};

use crate::Problem;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const SURROGATE_KEY: HeaderName = HeaderName::from_static("surrogate-key");

/// Marks an answer as personal: no cache may keep it.
#[must_use]
pub fn private(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// The answer of a command, as stored: the same bytes the first time and every time.
#[must_use]
pub fn stored(answer: Answer) -> Response {
    let Answer { response: stored, replayed } = answer;
    let Ok(status) = StatusCode::from_u16(stored.status) else {
        return Problem::from(Failure::internal(format_args!("stored status {} is none", stored.status)))
            .into_response();
    };
    let mut response = Response::new(Body::from(stored.body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let problem = HeaderValue::from_static("application/problem+json");
    headers.insert(CONTENT_TYPE, if stored.status >= 400 { problem } else { JSON });
    if let Some(location) = stored.location.and_then(|l| HeaderValue::try_from(l).ok()) {
        headers.insert(LOCATION, location);
    }
    if replayed {
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    private(response)
}

/// A rendered JSON answer: 304 when the client has it, otherwise the smallest encoding that it takes.
#[must_use]
pub fn rendered(headers: &HeaderMap, rendered: Rendered, cache_control: &'static str) -> Response {
    rendered_as(headers, rendered, cache_control, "application/json")
}

/// As [`rendered`], for pages and other types.
#[must_use]
pub fn rendered_as(
    headers: &HeaderMap,
    rendered: Rendered,
    cache_control: &'static str,
    content_type: &'static str,
) -> Response {
    let varies = rendered.brotli.is_some() || rendered.gzip.is_some();
    let (body, encoding) = match encoding(headers, &rendered) {
        Some(Encoding::Brotli(body)) => (body, Some("br")),
        Some(Encoding::Gzip(body)) => (body, Some("gzip")),
        None => (rendered.body, None),
    };
    let known = client_has(headers, &rendered.etag);
    let mut response = Response::new(if known { Body::empty() } else { Body::from(body) });
    let out = response.headers_mut();
    // A strong tag names exact bytes, so an encoded body carries the weak form of the same tag.
    let tag = match encoding {
        Some(_) if !rendered.etag.starts_with("W/") => HeaderValue::try_from(format!("W/{}", rendered.etag)),
        _ => HeaderValue::from_str(&rendered.etag),
    };
    if let Ok(tag) = tag {
        out.insert(ETAG, tag);
    }
    out.insert(CACHE_CONTROL, HeaderValue::from_static(cache_control));
    if varies {
        out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if !rendered.surrogate_keys.is_empty()
        && let Ok(keys) = HeaderValue::from_str(&rendered.surrogate_keys)
    {
        out.insert(SURROGATE_KEY, keys);
    }
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        out.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Some(encoding) = encoding {
            out.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
    }
    response
}

enum Encoding {
    Brotli(bytes::Bytes),
    Gzip(bytes::Bytes),
}

/// The best encoding that the client accepts and that was prepared; brotli before gzip when it likes both as much.
fn encoding(headers: &HeaderMap, rendered: &Rendered) -> Option<Encoding> {
    let accepts = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let (mut brotli, mut gzip, mut any) = (None, None, 0);
    for item in accepts.split(',') {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = quality(parameters);
        match name.trim() {
            "br" => brotli = Some(weight),
            "gzip" | "x-gzip" => gzip = Some(weight),
            "*" => any = weight,
            _ => {}
        }
    }
    let brotli = rendered.brotli.clone().map(|body| (brotli.unwrap_or(any), body)).filter(|(weight, _)| *weight > 0);
    let gzip = rendered.gzip.clone().map(|body| (gzip.unwrap_or(any), body)).filter(|(weight, _)| *weight > 0);
    match (brotli, gzip) {
        (Some((b, body)), Some((g, _))) if b >= g => Some(Encoding::Brotli(body)),
        (_, Some((_, body))) => Some(Encoding::Gzip(body)),
        (Some((_, body)), None) => Some(Encoding::Brotli(body)),
        (None, None) => None,
    }
}

/// A weight such as `q=0.5`, in thousandths; 1000 when there is none, 0 when it cannot be read.
fn quality(parameters: &str) -> u32 {
    let Some(value) = parameters.split(';').find_map(|p| p.trim().strip_prefix("q=")) else { return 1000 };
    match value.trim().split_once('.') {
        None => value.trim().parse::<u32>().map_or(0, |q| q.min(1) * 1000),
        Some(("1", _)) => 1000,
        Some((_, decimals)) if decimals.len() <= 3 => format!("{decimals:0<3}").parse().unwrap_or(0),
        Some(_) => 0,
    }
}

/// Whether If-None-Match names `etag`, by weak comparison.
#[must_use]
pub fn client_has(headers: &HeaderMap, etag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let etag = etag.trim_start_matches("W/");
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || bare(tag) == etag)
}

/// The ETag of a document's version.
#[must_use]
pub fn version_etag(version: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"v{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"v0\""))
}

/// The version that If-Match names; none for `*`, which means any.
///
/// # Errors
/// 428 `if_match_required` without the header, 412 `version_mismatch` when it cannot be one of our tags.
pub fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Failure> {
    let Some(value) = headers.get(IF_MATCH) else {
        let detail = "Send If-Match with the ETag of the version that you want to change.";
        return Err(Failure::new(ErrorKind::PreconditionRequired, "if_match_required", detail));
    };
    let tag = value.to_str().unwrap_or("").trim();
    if tag == "*" {
        return Ok(None);
    }
    let version = tag.strip_prefix("\"v").and_then(|rest| rest.strip_suffix('"')).and_then(|n| n.parse().ok());
    version.map(Some).ok_or_else(|| {
        let detail = "If-Match does not name the current version; read the document again.";
        Failure::new(ErrorKind::PreconditionFailed, "version_mismatch", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use contracts::ledger::StoredResponse;
    use http_body_util::BodyExt as _;

    fn page() -> Rendered {
        Rendered {
            body: Bytes::from_static(b"plain"),
            gzip: Some(Bytes::from_static(b"gz")),
            brotli: Some(Bytes::from_static(b"br")),
            etag: "\"p1-3\"".into(),
            surrogate_keys: "p1 list".into(),
        }
    }

    fn with(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.clone(), HeaderValue::from_str(v).unwrap())).collect()
    }

    async fn body(response: Response) -> Bytes {
        response.into_body().collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn the_client_gets_the_encoding_it_takes() {
        for (accepts, expected) in [
            ("", "plain"),
            ("identity", "plain"),
            ("gzip, deflate, br", "br"),
            ("gzip;q=1.0, br;q=0.5", "gz"),
            ("br;q=0, gzip", "gz"),
            ("br;q=0.000, gzip;q=0", "plain"),
            ("*", "br"),
            ("br;q=0, *;q=0.1", "gz"),
            ("gzip", "gz"),
        ] {
            let response = rendered(&with(&[(ACCEPT_ENCODING, accepts)]), page(), "public, max-age=60");
            assert_eq!(response.headers()[VARY], "accept-encoding");
            assert_eq!(response.headers().contains_key(CONTENT_ENCODING), expected != "plain", "{accepts}");
            assert_eq!(body(response).await, expected, "{accepts}");
        }
    }

    #[tokio::test]
    async fn a_client_that_has_it_gets_304() {
        for tag in ["\"p1-3\"", "W/\"p1-3\"", "\"x\", W/\"p1-3\"", "*"] {
            let headers = with(&[(IF_NONE_MATCH, tag), (ACCEPT_ENCODING, "br")]);
            let response = rendered(&headers, page(), "public, max-age=60");
            assert_eq!(response.status(), 304, "{tag}");
            assert_eq!(response.headers()[ETAG], "W/\"p1-3\"");
            assert_eq!(response.headers()[SURROGATE_KEY], "p1 list");
            assert!(body(response).await.is_empty());
        }
        let response = rendered(&with(&[(IF_NONE_MATCH, "\"p1-2\"")]), page(), "public, max-age=60");
        assert_eq!((response.status().as_u16(), response.headers()[ETAG].to_str().unwrap()), (200, "\"p1-3\""));
    }

    #[tokio::test]
    async fn a_stored_answer_is_sent_as_it_was() {
        let response = StoredResponse { status: 201, location: Some("/api/v1/orders/1".into()), body: "{}".into() };
        let first = stored(Answer { response: response.clone(), replayed: false });
        assert_eq!((first.status().as_u16(), first.headers()[LOCATION].to_str().unwrap()), (201, "/api/v1/orders/1"));
        assert!(!first.headers().contains_key("idempotent-replayed"));
        assert_eq!(first.headers()[CACHE_CONTROL], "private, no-store");
        let again = stored(Answer { response, replayed: true });
        assert_eq!(again.headers()["idempotent-replayed"], "true");
        assert_eq!(body(first).await, body(again).await);
        let refused = StoredResponse { status: 409, location: None, body: "{}".into() };
        let refused = stored(Answer { response: refused, replayed: true });
        assert_eq!(refused.headers()[CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn if_match_names_a_version() {
        let of = |tag: &str| if_match(&with(&[(IF_MATCH, tag)])).map_err(|f| f.kind);
        assert_eq!(of(version_etag(7).to_str().unwrap()), Ok(Some(7)));
        assert_eq!(of("*"), Ok(None));
        for bad in ["\"v\"", "7", "W/\"v7\"", "\"v-1\""] {
            assert_eq!(of(bad), Err(ErrorKind::PreconditionFailed), "{bad}");
        }
        assert_eq!(if_match(&HeaderMap::new()).map_err(|f| f.kind), Err(ErrorKind::PreconditionRequired));
    }
}
