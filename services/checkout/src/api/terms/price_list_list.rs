use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{PriceList, TermsKind};
use http_kit::{Api, Caller, Problems, Query};
use kernel::Page;

use super::Handle;
use super::document::{PageQuery, page};

/// List price lists
///
/// In the order of their handles.
#[utoipa::path(
    get,
    path = "/admin/price-lists",
    tag = "selling",
    params(PageQuery),
    responses((status = 200, description = "A page of documents, by handle.", body = Page<PriceList>), Problems)
)]
pub(super) async fn price_list_list(
    State(terms): State<Handle>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Promotions)?;
    page(terms.documents(caller.store, TermsKind::PriceList).await?, query)
}
