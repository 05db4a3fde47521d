use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use contracts::identity::Scope;
use futures::stream;
use http_kit::{Api, Caller, ProblemDocument, Problems, Query, private};
use serde::Deserialize;
use utoipa::IntoParams;

use super::PeopleHandles;
use crate::exchange::{CustomerFormat, ending, heading, written};

/// Customers in memory at a time.
const CHUNK: u32 = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomersExportQuery {
    /// How to write it.
    #[serde(default)]
    #[param(inline)]
    format: CustomerFormat,
}

/// Export customers
///
/// E-mail address, name, language and address book of everybody who has an account, oldest first, never a password. The
/// file can be imported again. Cells that a spreadsheet would run as a formula begin with an apostrophe, which the import
/// takes away again.
#[utoipa::path(
    get,
    path = "/admin/exports/customers",
    tag = "customers",
    params(CustomersExportQuery),
    responses(
        (status = 200, description = "The file.", content((Object = "application/json"), (String = "text/csv"))),
        (status = 403, description = "The caller lacks the scope `customers`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(super) async fn customers_export(
    State(handles): State<PeopleHandles>,
    caller: Caller,
    Query(query): Query<CustomersExportQuery>,
) -> Api<Response> {
    caller.require(Scope::Customers)?;
    let (store, format) = (caller.store, query.format);
    // The first part is read before the answer begins, so that what is broken from the start is told as such.
    let first = handles.exchange.customer_records(store, None, CHUNK).await?;
    let begun = stream::iter([Ok::<_, std::io::Error>(heading(format))]);
    let state = (handles.exchange, Some(first), true);
    let parts = stream::unfold(state, move |(exchange, records, is_first)| async move {
        let records = records?;
        let text = written(format, records.iter().map(|(_, record)| record), is_first);
        let next = match records.last() {
            None => return Some((Ok(ending(format)), (exchange, None, false))),
            Some((last, _)) => exchange.customer_records(store, Some(*last), CHUNK).await,
        };
        Some(match next {
            Ok(next) => (Ok(text), (exchange, Some(next), false)),
            // The connection ends without its end: whoever reads knows that something is missing.
            Err(failure) => (Err(std::io::Error::other(failure.to_string())), (exchange, None, false)),
        })
    });
    let body = Body::from_stream(futures::StreamExt::chain(begun, parts));
    let (kind, name) = match format {
        CustomerFormat::Json => ("application/json", "attachment; filename=\"customers.json\""),
        CustomerFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"customers.csv\""),
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ];
    Ok(private((headers, body).into_response()))
}
