use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use contracts::identity::Scope;
use futures::future::try_join_all;
use http_kit::{Api, Caller, Problems, Query};
use kernel::{Sku, StoreId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Shelf;
use crate::import::{FileFormat, StockCount};

/// Levels read at once.
const LEVELS_AT_ONCE: usize = 64;
const CSV: &str = "text/csv; charset=utf-8";

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// What to write.
    #[serde(default = "lossless")]
    #[param(inline, default = "json")]
    format: FileFormat,
}

fn lossless() -> FileFormat {
    FileFormat::Json
}

/// Export products
///
/// Everything that the catalog has and the units of each SKU: as Argosy's JSON, which loses nothing, as its own table
/// (`csv`), or in the columns of a Shopify or WooCommerce export, in the language and currency of the first market. Cells that a spreadsheet would run as a formula
/// begin with an apostrophe, which the import takes away again. Importing the file into an empty shop and exporting again
/// gives the same file.
#[utoipa::path(
    get,
    path = "/admin/exports/products",
    tag = "catalog",
    params(ExportQuery),
    responses(
        (status = 200, description = "The file.", content((Object = "application/json"), (String = "text/csv"))),
        Problems,
    )
)]
pub(crate) async fn export_get(
    State(shelf): State<Shelf>,
    caller: Caller,
    Query(query): Query<ExportQuery>,
) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let stock = counted(&shelf, caller.store).await?;
    let (body, kind, name) = match query.format {
        FileFormat::Json => {
            (shelf.catalog.export_json(caller.store, &stock).await?, "application/json", "catalog.json")
        }
        FileFormat::Csv => (shelf.catalog.export_csv(caller.store, &stock).await?, CSV, "products.csv"),
        FileFormat::Woocommerce => (shelf.catalog.export_woocommerce(caller.store, &stock).await?, CSV, "products.csv"),
        FileFormat::Stock => {
            let table = crate::import::write_stock(&stock).map_err(kernel::Failure::internal)?;
            (table, CSV, "stock.csv")
        }
        FileFormat::Shopify => (shelf.catalog.export_shopify(caller.store, &stock).await?, CSV, "products.csv"),
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let disposition = format!("attachment; filename=\"{name}\"");
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(disposition).map_err(kernel::Failure::internal)?);
    Ok(http_kit::private(response))
}

/// The units of every SKU of the catalog, in the order of SKUs and locations.
async fn counted(shelf: &Shelf, store: StoreId) -> contracts::Result<Vec<StockCount>> {
    let products = shelf.catalog.every_product(store).await?;
    let mut skus: Vec<Sku> =
        products.into_iter().flat_map(|product| product.content.variants).map(|variant| variant.sku).collect();
    skus.sort();
    let mut counts = Vec::new();
    for chunk in skus.chunks(LEVELS_AT_ONCE) {
        for levels in try_join_all(chunk.iter().map(|sku| shelf.stock.levels(store, sku))).await? {
            let mut levels: Vec<StockCount> = levels
                .into_iter()
                .map(|level| StockCount { sku: level.sku, location: level.location, on_hand: level.on_hand })
                .collect();
            levels.sort_by(|a, b| a.location.cmp(&b.location));
            counts.append(&mut levels);
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use kernel::Sku;
    use serde_json::{Value, json};

    use crate::api::probe::Client;

    const SAMPLE: &[u8] = include_bytes!("../../tests/data/shopify-export.csv");

    async fn export(client: &Client, format: &str) -> Vec<u8> {
        let answer = client.keyed(&format!("GET /admin/exports/products?format={format}"), &[], Vec::new()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.bytes.to_vec()
    }

    /// A product whose every text would run in a spreadsheet, in two languages and currencies.
    fn hostile() -> Value {
        json!({
            "format": "argosy-catalog-1",
            "products": [{
                "handle": "hostile", "status": "active", "vendor": "=cmd|' /C calc'!A0",
                "title": { "en": "=1+1", "de": "@SUM(1)" }, "description_html": { "en": "-2+3" },
                "seo_title": { "en": "+49 123" }, "tags": ["=tag", "plain"],
                "options": [{ "name": "=Size", "values": ["+1", "'-2"] }],
                "variants": [
                    { "sku": "=1-A", "options": ["+1"], "prices": [{ "price": { "amount_minor": 1000, "currency": "EUR" } },
                        { "price": { "amount_minor": 1100, "currency": "USD" } }], "barcode": "-1" },
                    { "sku": "@B", "options": ["'-2"], "prices": [{ "price": { "amount_minor": 2000, "currency": "EUR" },
                        "compare_at": { "amount_minor": 2500, "currency": "EUR" } }] }
                ]
            }],
            "stock": [{ "sku": "=1-A", "location": "main", "on_hand": 7 }]
        })
    }

    #[tokio::test]
    async fn an_export_imported_into_an_empty_shop_exports_the_same_bytes() {
        let first = Client::with_products(0).await;
        assert_eq!(first.keyed("POST /admin/imports?currency=EUR", &[], SAMPLE.to_vec()).await.status, 200);
        let taken = first.keyed("POST /admin/imports?format=json", &[], hostile().to_string().into_bytes()).await;
        assert_eq!((taken.status.as_u16(), &taken.body["products"]["created"]), (200, &json!(1)), "{}", taken.body);
        for format in ["json", "csv", "shopify", "woocommerce"] {
            let written = export(&first, format).await;
            let second = Client::with_products(0).await;
            let path = format!("POST /admin/imports?format={format}");
            let taken = second.keyed(&path, &[], written.clone()).await;
            assert_eq!((taken.status.as_u16(), &taken.body["errors"]), (200, &json!([])), "{}", taken.body);
            let again = export(&second, format).await;
            assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&again), "{format}");
            assert_eq!(second.counts.0.lock().get(&Sku::new("=1-A").unwrap()), Some(&7));
            let same = second.keyed(&path, &[], written).await;
            assert_eq!((&same.body["products"]["unchanged"], &same.body["change"]), (&json!(10), &Value::Null));
        }
        let table = export(&first, "stock").await;
        let moved = String::from_utf8(table.clone()).unwrap().replace("'=1-A,main,7", "'=1-A,main,8");
        let taken = first.keyed("POST /admin/imports?format=stock", &[], moved.into_bytes()).await;
        assert_eq!((&taken.body["stock_changes"], &taken.body["errors"]), (&json!(1), &json!([])), "{}", taken.body);
        assert!(taken.body["change"].is_i64());
        assert_ne!(export(&first, "stock").await, table);
        for format in ["csv", "shopify", "woocommerce"] {
            let csv = export(&first, format).await;
            let mut reader = csv::Reader::from_reader(csv.as_slice());
            for cell in reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?} would run");
            }
        }
    }

    #[tokio::test]
    async fn a_dry_run_changes_nothing_and_an_undo_takes_back_what_nobody_edited_since() {
        let client = Client::with_products(0).await;
        client.keyed("POST /admin/imports?currency=EUR", &[], SAMPLE.to_vec()).await;
        let before = export(&client, "json").await;
        let cheap =
            String::from_utf8(SAMPLE.to_vec()).unwrap().replace("189.5", "79.00").replace(",129.00,", ",119.00,");

        let dry = client.keyed("POST /admin/imports?currency=EUR&dry_run=true", &[], cheap.clone().into_bytes()).await;
        assert_eq!((&dry.body["dry_run"], &dry.body["change"]), (&json!(true), &Value::Null), "{}", dry.body);
        assert!(dry.body["effects"]["prices_halved"].as_u64().unwrap() >= 1, "{}", dry.body["effects"]);
        assert_eq!(export(&client, "json").await, before, "a dry run changes nothing");

        let wet = client.keyed("POST /admin/imports?currency=EUR", &[], cheap.into_bytes()).await;
        assert_eq!(wet.body["effects"], dry.body["effects"]);
        let id = wet.body["change"].as_i64().unwrap();
        assert_ne!(export(&client, "json").await, before);
        let listed = client.keyed("GET /admin/changes", &[], Vec::new()).await;
        assert_eq!(listed.body["items"][0]["id"], id, "{}", listed.body);
        let undone = client.keyed(&format!("POST /admin/changes/{id}/undo"), &[], Vec::new()).await;
        assert_eq!((undone.status.as_u16(), &undone.body["kept"]), (200, &json!([])), "{}", undone.body);
        assert_eq!(export(&client, "json").await, before, "as it was before");
        let twice = client.keyed(&format!("POST /admin/changes/{id}/undo"), &[], Vec::new()).await;
        assert_eq!((twice.status.as_u16(), twice.body["code"].as_str()), (409, Some("already_undone")));
        assert_eq!(client.keyed("POST /admin/changes/999/undo", &[], Vec::new()).await.status, 404);

        // What was edited since keeps the edit; what the import made and nobody touched is gone again.
        let made = client.keyed("POST /admin/imports?format=json", &[], hostile().to_string().into_bytes()).await;
        let id = made.body["change"].as_i64().unwrap();
        let mut edited = hostile();
        edited["products"][0]["vendor"] = json!("Somebody");
        client.keyed("POST /admin/imports?format=json", &[], edited.to_string().into_bytes()).await;
        let kept = client.keyed(&format!("POST /admin/changes/{id}/undo"), &[], Vec::new()).await;
        assert_eq!((&kept.body["kept"], &kept.body["deleted"]), (&json!(["hostile"]), &json!(0)), "{}", kept.body);
        assert_eq!(client.get("/products/hostile").await.body["vendor"], "Somebody");
    }
}
