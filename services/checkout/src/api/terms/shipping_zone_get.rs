use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{ShippingZone, TermsKind};
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Handle;
use super::document::found;

/// Read a shipping zone
#[utoipa::path(
    get,
    path = "/admin/shipping-zones/{handle}",
    tag = "selling",
    params(("handle" = String, Path, description = "The shipping zone's handle.")),
    responses(
        (status = 200, description = "The document, with its version as ETag.", body = ShippingZone),
        (status = 404, description = "No such shipping zone.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn shipping_zone_get(
    State(terms): State<Handle>,
    caller: Caller,
    Path(handle): Path<String>,
) -> Api<Response> {
    caller.require_read(Scope::Settings)?;
    found(terms.document(caller.store, TermsKind::ShippingZone, &handle).await?, "shipping zone")
}
