use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{Promotion, TermsKind};
use http_kit::{Api, Caller, Problems, Query};
use kernel::Page;

use super::Handle;
use super::document::{PageQuery, page};

/// List promotions
///
/// What each is worth, for whom and when; how often codes were used is with the coupons.
#[utoipa::path(
    get,
    path = "/admin/promotions",
    tag = "selling",
    params(PageQuery),
    responses((status = 200, description = "A page of documents, by handle.", body = Page<Promotion>), Problems)
)]
pub(super) async fn promotion_list(
    State(terms): State<Handle>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Promotions)?;
    page(terms.documents(caller.store, TermsKind::Promotion).await?, query)
}
