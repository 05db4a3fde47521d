use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::TermsKind;
use http::HeaderMap;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Handle;
use super::document::{deleted, seen};

/// Delete a customer group
///
/// Promotions and price lists for it are for nobody then.
#[utoipa::path(
    delete,
    path = "/admin/customer-groups/{handle}",
    tag = "selling",
    params(
        ("handle" = String, Path, description = "The customer group's handle."),
        ("If-Match" = String, Header, description = "The ETag of the version to delete, or `*`."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such customer group.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_group_delete(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Api<Response> {
    caller.require(Scope::Customers)?;
    let seen = seen(&headers)?;
    terms.delete(caller.store, TermsKind::CustomerGroup, &handle, seen, caller.actor()).await?;
    Ok(deleted())
}
