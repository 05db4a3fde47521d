use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, Problems};
use kernel::Page;

use super::Shelf;
use crate::import::BulkChange;

/// List bulk changes
///
/// The twenty latest imports, latest first, with what `POST /admin/changes/{id}/undo` takes back.
#[utoipa::path(
    get,
    path = "/admin/changes",
    tag = "catalog",
    responses((status = 200, description = "Changes that are kept.", body = Page<BulkChange>), Problems)
)]
pub(crate) async fn change_list(State(shelf): State<Shelf>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let items = shelf.catalog.bulk_changes(caller.store).await?;
    Ok(http_kit::private(Json(Page { items, next_cursor: None })))
}
