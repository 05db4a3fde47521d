//! The HTTP kit: what every route of the shop shares, so that no handler decides it anew.
//!
//! Owns: problems (RFC 9457) made from [`kernel::Failure`] in one place; strict extractors for bodies, queries and
//! paths; [`Caller`], found out once per request; idempotency scopes and fingerprints (its part of invariant I11);
//! stored and rendered answers. Calls [`contracts::identity::Identity`] to learn who asks. Knows no service.

pub mod answer;
pub mod caller;
pub mod idempotency;
pub mod json;
pub mod path;
pub mod problem;
pub mod query;
mod text;

pub use answer::{client_has, if_match, private, rendered, rendered_as, stored, version_etag};
pub use caller::{Caller, invalid_token};
pub use idempotency::{IdempotencyKey, fingerprint, idempotency};
pub use json::{Json, parse_json, read_body};
pub use path::Path;
pub use problem::{Api, Problem, ProblemDocument, Problems, Told, no_route, problem_body, wrong_method};
pub use query::{Query, parse_query};
