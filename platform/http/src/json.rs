//! JSON bodies, read strictly and answered with problems that name the field.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kernel::{ErrorKind, Failure};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Problem;
use crate::strict::{self, Strict};

/// The largest JSON body that is read, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;
/// How deep arrays and objects may be nested.
pub const MAX_DEPTH: usize = 32;
/// How long a client may take to send a small body.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);
/// What a client must manage of a large one, in bytes a second.
const SLOWEST: usize = 128 * 1024;

/// A JSON body. As an argument: `application/json` of at most [`BODY_LIMIT`] bytes and [`MAX_DEPTH`] levels, or a
/// problem. As an answer: `application/json`.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::of_http(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send JSON, with Content-Type: application/json.",
            ));
        }
        let body = read_body(request, BODY_LIMIT).await?;
        parse_json(&body).map(Json).map_err(Problem::from)
    }
}

/// `Option<Json<T>>`: none when there is no body at all; a body that is there must be as for [`Json`].
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        let none = axum::body::HttpBody::is_end_stream(request.body());
        if none {
            return Ok(None);
        }
        <Self as FromRequest<S>>::from_request(request, state).await.map(Some)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let mut response = Response::new(Body::from(body));
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                response
            }
            Err(error) => Problem::from(Failure::internal(error)).into_response(),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let (kind, parameters) = value.split_once(';').unwrap_or((value, ""));
    let charset = parameters.split(';').filter_map(|p| p.split_once('=')).find(|(k, _)| k.trim() == "charset");
    kind.trim().eq_ignore_ascii_case("application/json")
        && charset.is_none_or(|(_, v)| v.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

/// Reads a whole body of at most `limit` bytes.
///
/// # Errors
/// 413 `body_too_large`, 408 `body_too_slow` after some seconds and as many more as `limit` needs, 400 `body_broken`.
pub async fn read_body(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let too_large = || {
        let detail = format!("The body may have at most {limit} bytes.");
        Problem::from(Failure::new(ErrorKind::TooLarge, "body_too_large", detail))
    };
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|n| n > limit as u64) {
        return Err(too_large());
    }
    let reading = Limited::new(request.into_body(), limit).collect();
    let patience = BODY_TIMEOUT + Duration::from_secs((limit / SLOWEST) as u64);
    match tokio::time::timeout(patience, reading).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large()),
        Ok(Err(_)) => {
            Err(Failure::new(ErrorKind::Malformed, "body_broken", "The body ended before it was complete.").into())
        }
        Err(_) => Err(Problem::of_http(
            StatusCode::REQUEST_TIMEOUT,
            "body_too_slow",
            "The body did not arrive in time; send it again.",
        )),
    }
}

/// Reads `body` as strictly as [`Json`] does.
///
/// # Errors
/// 400 `malformed_json` when it is not JSON or nested too deep; 422 `invalid_input` with a pointer when it is JSON
/// of another shape.
pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let malformed = |detail: String| Failure::new(ErrorKind::Malformed, "malformed_json", detail);
    match scan(body) {
        Scan::Fine => {}
        Scan::TooDeep => return Err(malformed(format!("The JSON is nested deeper than {MAX_DEPTH} levels."))),
        Scan::Nul => return Err(Failure::field("", "nul_character", "Texts cannot contain the character U+0000.")),
    }
    if let Ok(value) = strict::from_slice(body) {
        return Ok(value);
    }
    // Something is wrong: read again, slower, to learn where.
    if std::str::from_utf8(body).is_err() {
        return Err(malformed("The body is not valid UTF-8.".to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let error = match serde_path_to_error::deserialize::<_, T>(Strict(&mut reader)) {
        Ok(value) => return reader.end().map(|()| value).map_err(|e| malformed(syntax(&e))),
        Err(error) => error,
    };
    let pointer = pointer(error.path());
    let inner = error.into_inner();
    let out_of_range = inner.to_string().starts_with("number out of range");
    if !inner.is_data() && !out_of_range {
        return Err(malformed(syntax(&inner)));
    }
    // A wrong shape in a text that is not JSON to its end is a syntax error first.
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(body)
        && !out_of_range
    {
        return Err(malformed(syntax(&error)));
    }
    let (code, detail) = explain(&inner.to_string());
    Err(Failure::field(pointer, code, detail))
}

fn syntax(error: &serde_json::Error) -> String {
    format!("The body is not valid JSON: line {}, column {}.", error.line(), error.column())
}

enum Scan {
    Fine,
    TooDeep,
    Nul,
}

/// One pass over the raw text, before any value is built from it.
fn scan(body: &[u8]) -> Scan {
    let mut depth = 0_usize;
    let mut at = 0;
    let mut in_text = false;
    while at < body.len() {
        match (in_text, body[at]) {
            (true, b'\\') => {
                if body[at..].starts_with(b"\\u0000") {
                    return Scan::Nul;
                }
                at += 1;
            }
            (_, b'"') => in_text = !in_text,
            (false, b'[' | b'{') => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Scan::TooDeep;
                }
            }
            (false, b']' | b'}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Scan::Fine
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => out.push_str(&format!("/{index}")),
            Segment::Map { key } => {
                out.push('/');
                out.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            // Serde's own bookkeeping; the client wrote no such level.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    out
}

/// A code and a sentence for what serde found, without the names of our types.
pub(crate) fn explain(message: &str) -> (&'static str, String) {
    let message = message.split(" at line ").next().unwrap_or(message);
    let named = |prefix: &str| message.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    if let Some(field) = named("unknown field `") {
        ("unknown_field", format!("There is no field `{field}` here."))
    } else if let Some(field) = named("missing field `") {
        ("missing_field", format!("The field `{field}` is missing."))
    } else if let Some(field) = named("duplicate field `") {
        ("duplicate_field", format!("The field `{field}` is given twice."))
    } else if let Some(rest) = message.strip_prefix("unknown variant `") {
        let known = rest.split_once("`, expected ").map_or("", |(_, known)| known);
        ("unknown_value", format!("This must be {known}."))
    } else if message.starts_with("number out of range") {
        ("out_of_range", "This number is too large.".to_owned())
    } else if let Some((_, expected)) = message.split_once(", expected ") {
        let code = if message.starts_with("invalid value") { "out_of_range" } else { "wrong_type" };
        (code, format!("This must be {}.", plain(expected)))
    } else if message.starts_with("data did not match any variant") {
        ("wrong_type", "This has none of the accepted forms.".to_owned())
    } else {
        let mut detail = message.to_owned();
        if let Some(first) = detail.get(..1).map(str::to_uppercase) {
            detail.replace_range(..1, &first);
        }
        if !detail.ends_with('.') {
            detail.push('.');
        }
        ("invalid_value", detail)
    }
}

fn plain(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" => "a whole number within range",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative and within range",
        "a boolean" => "true or false",
        "a sequence" => "an array",
        "a map" => "an object",
        other if other.starts_with("struct") || other.starts_with("internally tagged") => "an object",
        other if other.starts_with("enum") || other.starts_with("string or map") => "one of the documented values",
        other if other.starts_with("tuple") => "an array",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Order {
        name: String,
        #[serde(default)]
        lines: Vec<Line>,
        #[serde(default)]
        size: Option<Size>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Line {
        quantity: u32,
        #[serde(default)]
        amount: i64,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Size {
        Small,
        Large,
    }

    fn refused(body: &[u8]) -> (ErrorKind, String, String) {
        let failure = parse_json::<Order>(body).unwrap_err();
        let (pointer, code) = match failure.errors.first() {
            Some(error) => (error.pointer.clone(), error.code.clone()),
            None => (String::new(), failure.code.into_owned()),
        };
        (failure.kind, pointer, code)
    }

    #[test]
    fn a_good_body_is_read() {
        let order: Order =
            parse_json(r#"{"name":"é \\u0000 {[","lines":[{"quantity":2}],"size":"small"}"#.as_bytes()).unwrap();
        assert_eq!(order.lines, [Line { quantity: 2, amount: 0 }]);
        assert_eq!(order.name, "é \\u0000 {[");
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        for bad in [
            &b""[..],
            b"{",
            b"nope",
            b"{\"name\":\"a\"} x",
            b"{\"name\":\"a\"}{}",
            b"{\"name\":\"\xff\"}",
            b"{\"name\":\"\\ud800\"}",
            b"{\"name\":\"a\0\"}",
            b"{\"name\":1",
            b"[1,]",
            b"\xef\xbb\xbf{}",
            b"{\"name\":\"a\",\"lines\":[{\"quantity\":01}]}",
        ] {
            assert_eq!(refused(bad).0, ErrorKind::Malformed, "{}", String::from_utf8_lossy(bad));
        }
        let deep = format!("{{\"name\":{}1{}}}", "[".repeat(32), "]".repeat(32));
        assert_eq!(refused(deep.as_bytes()).0, ErrorKind::Malformed);
        assert_eq!(refused("[".repeat(200_000).as_bytes()).0, ErrorKind::Malformed);
    }

    #[test]
    fn a_wrong_shape_is_invalid_and_says_where() {
        for (bad, pointer, code) in [
            (r#"{"name":"a","lines":[{"quantity":1},{"quantity":-1}]}"#, "/lines/1/quantity", "out_of_range"),
            (r#"{"name":"a","lines":[{"quantity":5000000000}]}"#, "/lines/0/quantity", "out_of_range"),
            (r#"{"name":"a","lines":[{"quantity":1590.0}]}"#, "/lines/0/quantity", "wrong_type"),
            (r#"{"name":"a","lines":[{"quantity":1e400}]}"#, "/lines/0/quantity", "out_of_range"),
            (r#"{"name":"a","lines":[{"quantity":99999999999999999999999}]}"#, "/lines/0/quantity", "wrong_type"),
            (r#"{"name":"a","lines":[{"quantity":"1"}]}"#, "/lines/0/quantity", "wrong_type"),
            (r#"{"name":"a","lines":[{"quantity":1,"price":1}]}"#, "/lines/0/price", "unknown_field"),
            (r#"{"name":"a","lines":[{}]}"#, "/lines/0", "missing_field"),
            (r#"{"name":"a","lines":[[1]]}"#, "/lines/0", "wrong_type"),
            (r#"["a"]"#, "", "wrong_type"),
            (r#"{"name":"a","lines":{}}"#, "/lines", "wrong_type"),
            (r#"{"name":null}"#, "/name", "wrong_type"),
            (r#"{"name":"a","name":"b"}"#, "", "duplicate_field"),
            (r#"{"name":"a\u0000"}"#, "", "nul_character"),
            (r#"{"name":"a","size":"huge"}"#, "/size", "unknown_value"),
            ("[]", "", "wrong_type"),
            ("17", "", "wrong_type"),
        ] {
            assert_eq!(refused(bad.as_bytes()), (ErrorKind::Invalid, pointer.to_owned(), code.to_owned()), "{bad}");
        }
    }

    #[test]
    fn our_types_are_not_named() {
        let failure = parse_json::<Order>(br#"{"name":"a","lines":[3]}"#).unwrap_err();
        assert_eq!(failure.errors[0].detail, "This must be an object.");
        let failure = parse_json::<Order>(br#"{"name":"a","size":3}"#).unwrap_err();
        assert!(!failure.detail.contains("Size"), "{}", failure.detail);
    }

    #[test]
    fn media_types_are_told_apart() {
        let is =
            |value: &'static str| is_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(value))]));
        assert!(is("application/json") && is("Application/JSON; charset=UTF-8"));
        assert!(!is("text/plain") && !is("application/json; charset=latin1") && !is("application/jsonx"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
