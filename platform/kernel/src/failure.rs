//! The one shape in which a service says that something did not happen, and why. HTTP turns it into problem+json.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The closed set of ways in which a request can fail. Each maps to one HTTP status, at the edge and nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request could not be read at all (400).
    Malformed,
    /// Read, understood, and not acceptable (422).
    Invalid,
    /// Who are you? (401)
    Unauthenticated,
    /// The provider declined the payment (402).
    PaymentDeclined,
    /// You may not (403).
    Forbidden,
    /// No such thing, or none that you may see (404).
    NotFound,
    /// The state of things does not allow it now (409).
    Conflict,
    /// The version named in If-Match is not the current one (412).
    PreconditionFailed,
    /// A version must be named in If-Match (428).
    PreconditionRequired,
    /// Larger than allowed (413).
    TooLarge,
    /// Too many requests (429).
    RateLimited,
    /// Full or stopping; try again after the given time (503).
    Unavailable,
    /// A bug or a broken engine; the text stays in the log (500).
    Internal,
}

/// What is wrong with one field of the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// JSON pointer to the field, e.g. `/lines/0/quantity`.
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

/// A request that changed nothing, and what its sender should know about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    pub kind: ErrorKind,
    /// Stable, snake_case, for programs.
    pub code: Cow<'static, str>,
    /// One or two sentences for people: what happened and what to do next. Never internals.
    pub detail: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// More members of the problem document, e.g. the lines that are out of stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra: Option<serde_json::Map<String, serde_json::Value>>,
    /// Seconds after which trying again makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
    /// For the log only; never shown to a client.
    #[serde(skip)]
    pub internal: Option<String>,
}

impl Failure {
    #[must_use]
    pub fn new(kind: ErrorKind, code: &'static str, detail: impl Into<String>) -> Self {
        Failure {
            kind,
            code: Cow::Borrowed(code),
            detail: detail.into(),
            errors: Vec::new(),
            extra: None,
            retry_after_s: None,
            internal: None,
        }
    }

    #[must_use]
    pub fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, code, detail)
    }

    #[must_use]
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, code, detail)
    }

    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorKind::NotFound, "not_found", format!("There is no such {what}."))
    }

    #[must_use]
    pub fn unavailable(detail: impl Into<String>, retry_after_s: u32) -> Self {
        let mut failure = Self::new(ErrorKind::Unavailable, "unavailable", detail);
        failure.retry_after_s = Some(retry_after_s);
        failure
    }

    /// A fault of ours. `internal` goes to the log; the client learns only that it happened.
    #[must_use]
    pub fn internal(internal: impl fmt::Display) -> Self {
        let mut failure = Self::new(
            ErrorKind::Internal,
            "internal",
            "Something went wrong on our side. It was logged; please try again.",
        );
        failure.internal = Some(internal.to_string());
        failure
    }

    /// One field is wrong.
    #[must_use]
    pub fn field(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::fields(vec![FieldError { pointer: pointer.into(), code: code.to_owned(), detail }])
    }

    /// Several fields are wrong; all are reported.
    #[must_use]
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] => one.detail.clone(),
            many => format!("{} fields need attention.", many.len()),
        };
        let mut failure = Self::new(ErrorKind::Invalid, "invalid_input", detail);
        failure.errors = errors;
        failure
    }

    #[must_use]
    pub fn with_extra(mut self, key: &str, value: serde_json::Value) -> Self {
        self.extra.get_or_insert_default().insert(key.to_owned(), value);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl std::error::Error for Failure {}
