use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{Promotion, TermsDocument};
use http::HeaderMap;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};

use super::document::{answer, seen_or_nothing};
use super::{BodyProblems, Handle};

/// Create or replace a promotion
///
/// A promotion without codes applies by itself; one with codes when a shopper types one of them. Limits are held by the ledger
/// from this moment on: one that is below what was used already is 422. A new one needs no If-Match; replacing one needs its ETag. Handle and version of the body are ignored.
#[utoipa::path(
    put,
    path = "/admin/promotions/{handle}",
    tag = "selling",
    params(
        ("handle" = String, Path, description = "The promotion's handle: lower-case letters, digits and hyphens."),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version to replace."),
    ),
    request_body = Promotion,
    responses(
        (status = 200, description = "The document as stored, with its version as ETag.", body = Promotion),
        (status = 409, description = "`too_many`: a shop has at most 500 of a kind.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "It exists and If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn promotion_put(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Promotion>,
) -> Api<Response> {
    caller.require(Scope::Promotions)?;
    let seen = seen_or_nothing(&headers)?;
    let document = TermsDocument::Promotion(Promotion { handle, ..body });
    Ok(answer(&terms.put(caller.store, document, seen, caller.actor()).await?))
}
