use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::identity::{Scope, Visitor};
use http::StatusCode;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems, private};
use kernel::CustomerId;

use super::PeopleHandles;

/// Erase a customer
///
/// Destroys the key of their data, which reaches every copy and backup. Cannot be undone. Orders stay in the books,
/// without name and address.
#[utoipa::path(
    post,
    path = "/admin/customers/{id}/erase",
    tag = "customers",
    params(("id" = inline(CustomerId), Path, description = "Its id.")),
    responses(
        (status = 204, description = "Nobody can read their data any more."),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such customer.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`orders_open`: an order has not been sent yet.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_erase_staff(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Path(id): Path<CustomerId>,
) -> Api<Response> {
    caller.require(Scope::Customers)?;
    handles.customers.erase_customer(caller.store, id, None, &Visitor::default()).await?;
    Ok(private(StatusCode::NO_CONTENT.into_response()))
}
