use axum::extract::State;
use axum::response::Response;
use contracts::identity::{CustomerFilter, CustomerView, Scope};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private};
use kernel::{Page, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::PeopleHandles;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomerQuery {
    /// The whole address.
    email: Option<String>,
    /// How many, 1 to 100; 24 when left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List customers
///
/// Latest first. An e-mail address is looked up whole: it is stored encrypted.
#[utoipa::path(
    get,
    path = "/admin/customers",
    tag = "customers",
    params(CustomerQuery),
    responses(
        (status = 200, description = "A page of customers.", body = Page<CustomerView>),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customer_list_staff(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Query(query): Query<CustomerQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Customers)?;
    let page = PageRequest::new(query.limit, query.cursor)?;
    let filter = CustomerFilter { email: query.email };
    Ok(private(Json(handles.customers.customers(caller.store, filter, page).await?)))
}
