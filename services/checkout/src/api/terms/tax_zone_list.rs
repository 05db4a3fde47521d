use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{TaxZone, TermsKind};
use http_kit::{Api, Caller, Problems, Query};
use kernel::Page;

use super::Handle;
use super::document::{PageQuery, page};

/// List tax zones
///
/// Where no zone is written, the rates of the configuration hold.
#[utoipa::path(
    get,
    path = "/admin/tax-zones",
    tag = "selling",
    params(PageQuery),
    responses((status = 200, description = "A page of documents, by handle.", body = Page<TaxZone>), Problems)
)]
pub(super) async fn tax_zone_list(
    State(terms): State<Handle>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Settings)?;
    page(terms.documents(caller.store, TermsKind::TaxZone).await?, query)
}
