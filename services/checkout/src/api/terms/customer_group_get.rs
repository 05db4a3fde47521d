use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{CustomerGroup, TermsKind};
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Handle;
use super::document::found;

/// Read a customer group
#[utoipa::path(
    get,
    path = "/admin/customer-groups/{handle}",
    tag = "selling",
    params(("handle" = String, Path, description = "The customer group's handle.")),
    responses(
        (status = 200, description = "The document, with its version as ETag.", body = CustomerGroup),
        (status = 404, description = "No such customer group.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_group_get(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Customers)?;
    found(terms.document(caller.store, TermsKind::CustomerGroup, &handle).await?, "customer group")
}
