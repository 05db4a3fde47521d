//! The HTTP kit: what every route of the shop shares, so that no handler decides it anew.
//!
//! Owns: problems (RFC 9457) made from [`kernel::Failure`] in one place; strict extractors for bodies, queries and
//! paths, and the forms of pages; [`Front`], the layer that gives each request an id, a [`Caller`] (by bearer token or by
//! the cookie of a session, which changes nothing from another site's page), a place among those in flight, a log line
//! and metrics;
//! idempotency scopes and fingerprints (its part of invariant I11); stored and rendered answers; the server loop and
//! its drain; the reference page. Calls [`contracts::identity::Identity`] to learn who asks (its part
//! of I12). Knows no service.
//!
//! To wire a process: merge the routers, `front.wrap(router)`, [`serve`]. `/metrics` and the probes stay outside the
//! front, so that they answer when it is full.

pub mod answer;
pub mod caller;
pub mod cookie;
pub mod describe;
pub mod docs;
pub mod form;
pub mod front;
pub mod idempotency;
pub mod json;
pub mod log;
pub mod path;
mod patience;
pub mod problem;
pub mod proxy;
pub mod query;
pub mod server;
mod strict;
mod text;

pub use answer::{client_has, if_match, private, rendered, rendered_as, stored, version_etag};
pub use caller::{Caller, invalid_token};
pub use cookie::{Client, ClientAddress, SessionCookie, Visit, from_own_page};
pub use describe::describe;
pub use docs::docs_routes;
pub use form::{Fields, FormFault, content_type, from_us, read_form};
pub use front::{ErrorPage, Front, FrontOptions};
pub use idempotency::{IdempotencyKey, fingerprint, idempotency};
pub use json::{Json, parse_json, read_body};
pub use log::Metrics;
pub use path::Path;
pub use problem::{Api, Problem, ProblemDocument, Problems, Told, problem_body};
pub use proxy::{Network, Proxies};
pub use query::{Query, parse_query};
pub use server::{ServerOptions, serve};
