use axum::extract::{Request, State};
use axum::response::Response;
use contracts::archive::{OrderImportOptions, OrderImportReport};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, private, read_body};
use kernel::{Currency, Failure};
use serde::Deserialize;
use utoipa::IntoParams;

use super::PeopleHandles;

/// The largest file that is taken in, in bytes.
const MAX_FILE: usize = 64 * 1024 * 1024;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OrdersImportQuery {
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
    /// What to call the other shop; `shopify` or `woocommerce` when left out.
    #[param(max_length = 64)]
    source: Option<String>,
    /// Currency of orders that name none, such as `EUR`.
    #[param(max_length = 3)]
    currency: Option<String>,
}

/// Import past orders
///
/// The body is a file of orders: what Argosy exports (CSV or JSON), or an export of Shopify or WooCommerce (CSV). They
/// become history: nothing is owed, held, sent or counted for them. The same order again is the same past order, and a
/// changed one changes it; orders of this shop itself are left alone. Orders that break a rule are reported and left out,
/// sums that do not add up are reported and kept as they are; everything is taken in at once or not at all.
#[utoipa::path(
    post,
    path = "/admin/imports/orders",
    tag = "past orders",
    params(OrdersImportQuery),
    request_body(content = String, content_type = "text/csv", description = "The export."),
    responses(
        (status = 200, description = "What was taken in and what was not.", body = OrderImportReport),
        (status = 403, description = "The caller lacks the scope `orders`.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 413, description = "The file is too large.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn orders_import(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Query(query): Query<OrdersImportQuery>,
    request: Request,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let unknown = |_| Failure::field("/currency", "unknown_currency", "Use an ISO 4217 code such as EUR.");
    let currency = query.currency.as_deref().map(Currency::parse).transpose().map_err(unknown)?;
    let options = OrderImportOptions { dry_run: query.dry_run, source: query.source, currency };
    let file = read_body(request, MAX_FILE).await?;
    let actor = caller.actor().name;
    Ok(private(Json(handles.archive.import_orders(caller.store, file, options, &actor).await?)))
}
