use axum::extract::{Request, State};
use axum::response::Response;
use contracts::identity::{CustomerImportReport, Scope};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private, read_body};
use serde::Deserialize;
use utoipa::IntoParams;

use super::PeopleHandles;

/// The largest file that is taken in, in bytes.
const MAX_FILE: usize = 64 * 1024 * 1024;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomersImportQuery {
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
}

/// Import customers
///
/// The body is a file of customers: Argosy's own (CSV or JSON), or an export of Shopify or WooCommerce (CSV). Who has an
/// account by their e-mail address keeps it as it is; everybody else gets one without a password, and sets it through a
/// password reset. Rows that break a rule are reported and left out; everything else is taken in at once or not at all.
#[utoipa::path(
    post,
    path = "/admin/imports/customers",
    tag = "customers",
    params(CustomersImportQuery),
    request_body(content = String, content_type = "text/csv", description = "The export."),
    responses(
        (status = 200, description = "Who was taken in and who was not.", body = CustomerImportReport),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customers_import(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Query(query): Query<CustomersImportQuery>,
    request: Request,
) -> Api<Response> {
    caller.require(Scope::Customers)?;
    let file = read_body(request, MAX_FILE).await?;
    let actor = caller.actor().name;
    Ok(private(Json(handles.exchange.import_customers(caller.store, file, query.dry_run, &actor).await?)))
}
