use axum::extract::State;
use axum::response::Response;
use contracts::archive::OrderImport;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, private};
use kernel::Page;

use super::PeopleHandles;

/// List imports of past orders
///
/// The twenty latest, latest first, with what `POST /admin/imports/orders/{id}/undo` takes back.
#[utoipa::path(
    get,
    path = "/admin/imports/orders",
    tag = "past orders",
    responses(
        (status = 200, description = "Imports that are kept.", body = Page<OrderImport>),
        (status = 403, description = "The caller lacks the scope `orders`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn orders_import_list(State(handles): State<PeopleHandles>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    let items = handles.archive.order_imports(caller.store).await?;
    Ok(private(Json(Page { items, next_cursor: None })))
}
