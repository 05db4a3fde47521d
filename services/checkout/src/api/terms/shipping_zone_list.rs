use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{ShippingZone, TermsKind};
use http_kit::{Api, Caller, Problems, Query};
use kernel::Page;

use super::Handle;
use super::document::{PageQuery, page};

/// List shipping zones
///
/// As long as there are none, the zones of the configuration hold.
#[utoipa::path(
    get,
    path = "/admin/shipping-zones",
    tag = "selling",
    params(PageQuery),
    responses((status = 200, description = "A page of documents, by handle.", body = Page<ShippingZone>), Problems)
)]
pub(super) async fn shipping_zone_list(
    State(terms): State<Handle>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Settings)?;
    page(terms.documents(caller.store, TermsKind::ShippingZone).await?, query)
}
