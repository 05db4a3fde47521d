//! The one place where a [`Failure`] becomes HTTP: a status and an RFC 9457 document.
//!
//! `type` is `urn:argosy:problem:{code}`: a name, not an address, so that no domain has to answer for it.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use kernel::{ErrorKind, Failure, FieldError};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// What a handler answers when it did not do what was asked.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    failure: Arc<Failure>,
}

/// What handlers return.
pub type Api<T> = Result<T, Problem>;

/// Left in the extensions of a response that tells of a failure, for the log line and for pages made of it.
#[derive(Clone, Debug)]
pub struct Told(pub Arc<Failure>);

/// The status of each kind of failure, and its title.
const fn status_of(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::Malformed => (StatusCode::BAD_REQUEST, "The request could not be read"),
        ErrorKind::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "The input is not acceptable"),
        ErrorKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "Authentication is needed"),
        ErrorKind::PaymentDeclined => (StatusCode::PAYMENT_REQUIRED, "The payment was declined"),
        ErrorKind::Forbidden => (StatusCode::FORBIDDEN, "Not allowed"),
        ErrorKind::NotFound => (StatusCode::NOT_FOUND, "Not found"),
        ErrorKind::Conflict => (StatusCode::CONFLICT, "Not possible in the current state"),
        ErrorKind::PreconditionFailed => (StatusCode::PRECONDITION_FAILED, "Changed in the meantime"),
        ErrorKind::PreconditionRequired => (StatusCode::PRECONDITION_REQUIRED, "A version must be named"),
        ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Too large"),
        ErrorKind::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "Not available right now"),
        ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong"),
    }
}

/// The HTTP status that stands for `kind`.
#[must_use]
pub const fn status(kind: ErrorKind) -> StatusCode {
    status_of(kind).0
}

impl Problem {
    /// A problem whose status no [`ErrorKind`] has, such as 405 or 415: things that only HTTP knows.
    #[must_use]
    pub fn of_http(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Problem { status, failure: Arc::new(Failure::new(ErrorKind::Malformed, code, detail)) }
    }

    /// The answer to a path that no route has.
    #[must_use]
    pub fn no_route() -> Self {
        Failure::new(ErrorKind::NotFound, "no_such_route", "There is nothing at this address.").into()
    }

    /// The answer to a method that the route does not have; the router adds `Allow`.
    #[must_use]
    pub fn wrong_method() -> Self {
        let detail = "This address does not take this method; the Allow header names those it takes.";
        Problem::of_http(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// The document as sent, for whoever stores an answer.
    #[must_use]
    pub fn body(&self) -> bytes::Bytes {
        document(self.status, &self.failure)
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Problem { status: status(failure.kind), failure: Arc::new(failure) }
    }
}

/// The problem document of `failure`, as bytes: what the ledger stores of a failed command.
#[must_use]
pub fn problem_body(failure: &Failure) -> bytes::Bytes {
    document(status(failure.kind), failure)
}

fn document(status: StatusCode, failure: &Failure) -> bytes::Bytes {
    // Written from strings, numbers and JSON values: there is nothing in it that could fail to serialise.
    serde_json::to_vec(&Document { status, failure }).unwrap_or_default().into()
}

struct Document<'a> {
    status: StatusCode,
    failure: &'a Failure,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const OWN: [&str; 6] = ["type", "title", "status", "detail", "code", "errors"];
        let title = if self.status == status(self.failure.kind) {
            status_of(self.failure.kind).1
        } else {
            self.status.canonical_reason().unwrap_or("Problem")
        };
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &format_args!("urn:argosy:problem:{}", self.failure.code))?;
        map.serialize_entry("title", title)?;
        map.serialize_entry("status", &self.status.as_u16())?;
        map.serialize_entry("detail", &self.failure.detail)?;
        map.serialize_entry("code", &self.failure.code)?;
        if !self.failure.errors.is_empty() {
            map.serialize_entry("errors", &self.failure.errors)?;
        }
        for (key, value) in self.failure.extra.iter().flatten().filter(|(key, _)| !OWN.contains(&key.as_str())) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.failure.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(Told(self.failure));
        response
    }
}

/// The shape of every error answer, for the OpenAPI document.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `urn:argosy:problem:{code}`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What happened and what to do next, for people.
    pub detail: String,
    /// Stable, for programs.
    pub code: Cow<'static, str>,
    /// What is wrong with which field of the input.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// The error answers that every route can give, for `responses(…, Problems)` in its `#[utoipa::path]`.
#[derive(Debug)]
pub struct Problems;

impl utoipa::IntoResponses for Problems {
    fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
        use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
        [
            ("400", "The request could not be read."),
            ("401", "The bearer token is not valid."),
            ("422", "The input is not acceptable; `errors` says which fields."),
            ("500", "A fault of ours; it was logged."),
            ("503", "Too busy or stopping; try again after the given time."),
        ]
        .into_iter()
        .map(|(status, description)| {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response =
                ResponseBuilder::new().description(description).content("application/problem+json", content).build();
            (status.to_owned(), RefOr::T(response))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    async fn shown(problem: Problem) -> (http::response::Parts, serde_json::Value) {
        let (parts, body) = problem.into_response().into_parts();
        (parts, serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap())
    }

    #[tokio::test]
    async fn internals_stay_inside() {
        let (parts, body) = shown(Failure::internal("table `orders` is locked").into()).await;
        assert_eq!(parts.status, 500);
        assert_eq!(parts.headers["content-type"], "application/problem+json");
        assert!(!body.to_string().contains("orders"));
        assert_eq!(body["code"], "internal");
        let told = parts.extensions.get::<Told>().unwrap();
        assert_eq!(told.0.internal.as_deref(), Some("table `orders` is locked"));
    }

    #[tokio::test]
    async fn a_problem_has_the_members_of_the_rfc_and_extras_cannot_forge_them() {
        let failure = Failure::conflict("out_of_stock", "One line is sold out.")
            .with_extra("lines", serde_json::json!([{"sku": "A"}]))
            .with_extra("status", 200.into());
        let (_, body) = shown(failure.into()).await;
        assert_eq!(body["type"], "urn:argosy:problem:out_of_stock");
        assert_eq!(body["title"], "Not possible in the current state");
        assert_eq!(body["status"], 409);
        assert_eq!(body["lines"][0]["sku"], "A");
    }

    #[tokio::test]
    async fn waiting_times_and_challenges_are_headers() {
        let (parts, _) = shown(Failure::unavailable("Full.", 3).into()).await;
        assert_eq!((parts.status.as_u16(), parts.headers["retry-after"].to_str().unwrap()), (503, "3"));
        let (parts, _) = shown(Failure::new(ErrorKind::Unauthenticated, "unauthenticated", "Who?").into()).await;
        assert_eq!(parts.headers["www-authenticate"], "Bearer");
    }
}
