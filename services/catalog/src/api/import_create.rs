use axum::extract::{Request, State};
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::SetStock;
use futures::future::try_join_all;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems, Query, read_body};
use kernel::StoreId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shelf;
use crate::import::{FileFormat, ImportHow, ImportOptions, ImportReport, StockCount, StockRow};

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
    /// What the file is; told by its beginning when it is left out.
    #[param(inline, nullable = false)]
    format: Option<FileFormat>,
    /// Only say what would change.
    #[serde(default)]
    dry_run: bool,
}

/// Import products
///
/// The body is a product export of Shopify, WooCommerce (CSV) or Argosy (CSV, JSON), or a table of stock (CSV). Rows that
/// break a rule are reported and leave out their product; everything else is taken in at once or not at all. The same file again changes nothing. `change` in the
/// answer names what was done, for `POST /admin/changes/{id}/undo`.
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
    let how = ImportHow { format: query.format, dry_run: query.dry_run, actor: actor.name.clone() };
    let file = (body, options);
    let mut report = shelf.catalog.import_as(caller.store, request_id, file, how, |_, _| ()).await?;
    let counted = report.stock.iter().map(|(sku, on_hand)| StockCount {
        sku: sku.clone(),
        location: location.clone(),
        on_hand: *on_hand,
    });
    let counts: Vec<StockCount> = counted.chain(report.stock_at.iter().cloned()).collect();
    let rows = differing(&shelf, caller.store, counts).await?;
    report.stock_changes = rows.len() as u64;
    if query.dry_run || rows.is_empty() {
        return Ok(http_kit::private(Json(report)));
    }
    let change = match report.change {
        Some(change) => change,
        None => shelf.catalog.begin_stock_change(caller.store, actor.name.clone()).await?,
    };
    report.change = Some(change);
    // Before the ledger counts: what is remembered and not done is moved back by nothing.
    shelf.catalog.remember_stock(caller.store, change, rows.clone()).await?;
    let set = async |row: &StockRow| {
        let request = SetStock { location: row.location.clone(), on_hand: row.after };
        shelf.stock.set(caller.store, &row.sku, request, actor.clone()).await
    };
    for rows in rows.chunks(COUNTS_AT_ONCE) {
        try_join_all(rows.iter().map(set)).await?;
    }
    Ok(http_kit::private(Json(report)))
}

/// The counts that are not what the ledger has. Of two counts of one place the last one holds.
async fn differing(shelf: &Shelf, store: StoreId, counts: Vec<StockCount>) -> contracts::Result<Vec<StockRow>> {
    let last: std::collections::BTreeMap<_, _> =
        counts.into_iter().map(|count| ((count.sku, count.location), count.on_hand)).collect();
    let counts: Vec<_> = last.into_iter().collect();
    let mut rows = Vec::new();
    for chunk in counts.chunks(COUNTS_AT_ONCE) {
        let levels = try_join_all(chunk.iter().map(|((sku, _), _)| shelf.stock.levels(store, sku))).await?;
        for (((sku, location), after), levels) in chunk.iter().zip(levels) {
            let before = levels.iter().find(|level| level.location == *location).map(|level| level.on_hand);
            // A place that was never counted is counted even when nothing lies there.
            if before != Some(*after) {
                let (sku, location, before) = (sku.clone(), location.clone(), before.unwrap_or(0));
                rows.push(StockRow { sku, location, before, after: *after });
            }
        }
    }
    Ok(rows)
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
