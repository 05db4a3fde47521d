use axum::extract::State;
use axum::response::Response;
use contracts::identity::{CustomerUndoReport, Scope};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::Failure;

use super::PeopleHandles;

/// Take back an import of customers
///
/// Accounts that the import made are removed with their keys. Who ordered, set a password or was changed since is left.
#[utoipa::path(
    post,
    path = "/admin/imports/customers/{id}/undo",
    tag = "customers",
    params(("id" = i64, Path, description = "`import` of the answer to the import.")),
    responses(
        (status = 200, description = "How many are gone and how many were left.", body = CustomerUndoReport),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such import, or it is too old.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "It was taken back before.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customers_import_undo(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<String>,
) -> Api<Response> {
    caller.require(Scope::Customers)?;
    let id: i64 = id.parse().map_err(|_| Failure::not_found("import"))?;
    Ok(private(Json(handles.exchange.undo_customer_import(caller.store, id).await?)))
}
