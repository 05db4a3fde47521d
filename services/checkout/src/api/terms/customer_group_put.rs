use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{CustomerGroup, TermsDocument};
use http::HeaderMap;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};

use super::document::{answer, seen_or_nothing};
use super::{BodyProblems, Handle};

/// Create or replace a customer group
///
/// Customers are named by the ids of their accounts. A new one needs no If-Match; replacing one needs its ETag. Handle and version of the body are ignored.
#[utoipa::path(
    put,
    path = "/admin/customer-groups/{handle}",
    tag = "selling",
    params(
        ("handle" = String, Path, description = "The customer group's handle: lower-case letters, digits and hyphens."),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version to replace."),
    ),
    request_body = CustomerGroup,
    responses(
        (status = 200, description = "The document as stored, with its version as ETag.", body = CustomerGroup),
        (status = 409, description = "`too_many`: a shop has at most 500 of a kind.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "It exists and If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn customer_group_put(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
    Json(body): Json<CustomerGroup>,
) -> Api<Response> {
    caller.require(Scope::Customers)?;
    let seen = seen_or_nothing(&headers)?;
    let document = TermsDocument::CustomerGroup(CustomerGroup { handle, ..body });
    Ok(answer(&terms.put(caller.store, document, seen, caller.actor()).await?))
}
