use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::TermsKind;
use http::HeaderMap;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Handle;
use super::document::{deleted, seen};

/// Delete a shipping zone
///
/// After the last one, the zones of the configuration hold again.
#[utoipa::path(
    delete,
    path = "/admin/shipping-zones/{handle}",
    tag = "selling",
    params(
        ("handle" = String, Path, description = "The shipping zone's handle."),
        ("If-Match" = String, Header, description = "The ETag of the version to delete, or `*`."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such shipping zone.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn shipping_zone_delete(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Api<Response> {
    caller.require(Scope::Settings)?;
    let seen = seen(&headers)?;
    terms.delete(caller.store, TermsKind::ShippingZone, &handle, seen, caller.actor()).await?;
    Ok(deleted())
}
