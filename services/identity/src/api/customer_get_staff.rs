use axum::extract::State;
use axum::response::Response;
use contracts::identity::{CustomerView, Scope};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems, private};
use kernel::{CustomerId, Failure};

use super::PeopleHandles;

/// Show a customer
#[utoipa::path(
    get,
    path = "/admin/customers/{id}",
    tag = "customers",
    params(("id" = inline(CustomerId), Path, description = "Its id.")),
    responses(
        (status = 200, description = "The customer.", body = CustomerView),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such customer.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_get_staff(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<CustomerId>,
) -> Api<Response> {
    caller.require_read(Scope::Customers)?;
    let customer = handles.customers.customer(caller.store, id).await?.ok_or_else(|| Failure::not_found("customer"))?;
    Ok(private(Json(customer)))
}
