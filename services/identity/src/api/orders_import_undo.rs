use axum::extract::State;
use axum::response::Response;
use contracts::archive::OrderUndoReport;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::Failure;

use super::PeopleHandles;

/// Take back an import of past orders
///
/// Past orders that the import made are gone again, and those that it changed are as they were. What a later import
/// changed is left.
#[utoipa::path(
    post,
    path = "/admin/imports/orders/{id}/undo",
    tag = "past orders",
    params(("id" = i64, Path, description = "`import` of the answer to the import.")),
    responses(
        (status = 200, description = "How many are as before and how many were left.", body = OrderUndoReport),
        (status = 403, description = "The caller lacks the scope `orders`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such import, or it is too old.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It was taken back before.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn orders_import_undo(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<String>,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let id: i64 = id.parse().map_err(|_| Failure::not_found("import"))?;
    Ok(private(Json(handles.archive.undo_order_import(caller.store, id).await?)))
}
