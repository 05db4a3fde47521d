use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{CustomerGroup, TermsKind};
use http_kit::{Api, Caller, Problems, Query};
use kernel::Page;

use super::Handle;
use super::document::{PageQuery, page};

/// List customer groups
///
/// With the ids of the customers in them.
#[utoipa::path(
    get,
    path = "/admin/customer-groups",
    tag = "selling",
    params(PageQuery),
    responses((status = 200, description = "A page of documents, by handle.", body = Page<CustomerGroup>), Problems)
)]
pub(super) async fn customer_group_list(
    State(terms): State<Handle>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Customers)?;
    page(terms.documents(caller.store, TermsKind::CustomerGroup).await?, query)
}
