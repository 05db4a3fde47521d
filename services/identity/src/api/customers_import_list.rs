use axum::extract::State;
use axum::response::Response;
use contracts::identity::{CustomerImport, Scope};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Page;

use super::PeopleHandles;

/// List imports of customers
///
/// The twenty latest, latest first, with what `POST /admin/imports/customers/{id}/undo` takes back.
#[utoipa::path(
    get,
    path = "/admin/imports/customers",
    tag = "customers",
    responses(
        (status = 200, description = "Imports that are kept.", body = Page<CustomerImport>),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customers_import_list(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Customers)?;
    let items = handles.exchange.customer_imports(caller.store).await?;
    Ok(private(Json(Page { items, next_cursor: None })))
}
