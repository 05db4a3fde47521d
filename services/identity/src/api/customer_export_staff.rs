use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::CustomerId;

use super::PeopleHandles;

/// Export a customer's data
///
/// Everything the shop keeps about the person, for answering their request.
#[utoipa::path(
    get,
    path = "/admin/customers/{id}/export",
    tag = "customers",
    params(("id" = inline(CustomerId), Path, description = "Its id.")),
    responses(
        (status = 200, description = "Account, addresses, sessions and orders.", body = serde_json::Value),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such customer.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_export_staff(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<CustomerId>,
) -> Api<Response> {
    caller.require(Scope::Customers)?;
    Ok(private(Json(handles.customers.export(caller.store, id).await?)))
}
