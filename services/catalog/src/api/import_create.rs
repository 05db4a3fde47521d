use axum::extract::{Request, State};
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::SetStock;
use futures::future::try_join_all;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, read_body};
use kernel::Sku;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shelf;
use crate::import::{ImportOptions, ImportReport};

/// The largest file that is taken in, in bytes.
const MAX_FILE: usize = 64 * 1024 * 1024;
/// Counts on their way to the ledger at once: they share its commits.
const COUNTS_AT_ONCE: usize = 64;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// Currency of the price columns that name none; the currency of the first market when absent.
    #[param(nullable = false, example = "EUR")]
    currency: Option<String>,
    /// Language of the texts; the language of the first market when absent.
    #[param(nullable = false, example = "en")]
    locale: Option<String>,
    /// Stock location that the quantities were counted at.
    #[param(nullable = false, example = "main")]
    location: Option<String>,
}

/// Import products
///
/// The body is a product export of Shopify (CSV). Rows that break a rule are reported and leave out their product;
/// everything else is taken in. The same file again changes nothing.
#[utoipa::path(
    post,
    path = "/admin/imports",
    tag = "catalog",
    params(ImportQuery),
    request_body(content = String, content_type = "text/csv", description = "The export."),
    responses(
        (status = 200, description = "What was taken in and what was not.", body = ImportReport),
        (status = 413, description = "The file is too large.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn import_create(
    State(shelf): State<Shelf>,
    caller: Caller,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let options = ImportOptions::parse(query.currency.as_deref(), query.locale, shelf.catalog.default_view())?;
    let location = query.location.unwrap_or_else(|| "main".to_owned());
    if location.is_empty() || location.chars().count() > 64 || location.chars().any(char::is_control) {
        return Err(kernel::Failure::field("/location", "invalid_location", "1 to 64 printable characters.").into());
    }
    let actor = caller.actor();
    let body = read_body(request, MAX_FILE).await?;
    let request_id = Some(caller.request_id.clone());
    let report = shelf.catalog.import(caller.store, request_id, body, options, |_, _| ()).await?;
    let set = async |(sku, on_hand): &(Sku, i64)| {
        let request = SetStock { location: location.clone(), on_hand: *on_hand };
        shelf.stock.set(caller.store, sku, request, actor.clone()).await
    };
    for counts in report.stock.chunks(COUNTS_AT_ONCE) {
        try_join_all(counts.iter().map(set)).await?;
    }
    Ok(http_kit::private(Json(report)))
}

#[cfg(test)]
mod tests {
    use kernel::Sku;

    use crate::api::probe::Client;

    const SAMPLE: &[u8] = include_bytes!("../../tests/data/shopify-export.csv");

    #[tokio::test]
    async fn an_import_reports_and_brings_its_counts_to_the_ledger() {
        let client = Client::with_products(0).await;
        let answer = client.keyed("POST /admin/imports?currency=EUR", &[], SAMPLE.to_vec()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["products"]["created"], 9);
        assert_eq!(answer.body["errors"][0]["line"], 50);
        assert_eq!(client.counts.0.lock().get(&Sku::new("LACE-90-F").unwrap()), Some(&60));
        assert_eq!(client.counts.0.lock().get(&Sku::new("CLOG-38").unwrap()), None, "its product was left out");
        assert_eq!(client.get("/products/laces-set").await.body["variants"].as_array().unwrap().len(), 6);

        let no_key = client.send("POST /admin/imports", &[], "Handle,Title\n").await;
        assert_eq!(no_key.status, 401);
        let no_export = client.keyed("POST /admin/imports", &[], b"a,b\n1,2\n".to_vec()).await;
        assert_eq!((no_export.status.as_u16(), no_export.codes()[0].as_str()), (422, "not_a_product_export"));
        let no_currency = client.keyed("POST /admin/imports?currency=Euro", &[], SAMPLE.to_vec()).await;
        assert_eq!(no_currency.pointers(), ["/currency"]);
    }
}
