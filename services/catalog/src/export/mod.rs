//! The catalog, written down: in the shop's own JSON, which loses nothing, in its own table, and in the columns of Shopify
//! and WooCommerce. Each can be imported again; the same shop gives the same bytes.

mod sheet;
mod shopify;
mod woocommerce;

use contracts::Result;
use contracts::catalog::Product;
use kernel::{Failure, StoreId};
use serde_json::{Value, json};

use crate::import::{FORMAT, StockCount};
use crate::service::CatalogService;
use crate::store::product;

/// Products read at a time.
const CHUNK: u32 = 500;

impl CatalogService {
    /// Everything as one JSON document, a product on each line, in the order of handles.
    ///
    /// # Errors
    /// Internal, when the database fails.
    pub async fn export_json(&self, store: StoreId, stock: &[StockCount]) -> Result<Vec<u8>> {
        let taxonomy = self.taxonomy(store);
        let mut out = Vec::new();
        out.extend_from_slice(format!("{{\"format\":\"{FORMAT}\"").as_bytes());
        let mut list = |name: &str, items: Vec<Value>| {
            out.extend_from_slice(format!(",\n\"{name}\":[").as_bytes());
            for (i, item) in items.iter().enumerate() {
                out.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
                out.extend_from_slice(item.to_string().as_bytes());
            }
            out.extend_from_slice(b"\n]");
        };
        list("product_types", documents(taxonomy.types.values().map(|document| json!(document))));
        list("categories", documents(taxonomy.categories.values().map(|document| json!(document))));
        list("collections", documents(taxonomy.collections.values().map(|document| json!(document))));
        let products = self.every_product(store).await?;
        list("products", products.into_iter().map(of_product).collect());
        list("stock", stock.iter().map(|count| json!(count)).collect());
        out.extend_from_slice(b"}\n");
        Ok(out)
    }

    /// The products in the columns of a Shopify export: one language, one currency and, beside it, those that any
    /// product has. `on_hand` tells the units of a SKU.
    ///
    /// # Errors
    /// Internal, when the database fails.
    pub async fn export_shopify(&self, store: StoreId, stock: &[StockCount]) -> Result<Vec<u8>> {
        let products = self.every_product(store).await?;
        shopify::write(&products, &self.taxonomy(store), self.default_view(), stock)
            .map_err(|error| Failure::internal(format!("the export cannot be written: {error}")))
    }

    /// The products in the columns of a WooCommerce export: one language and one currency.
    ///
    /// # Errors
    /// Internal, when the database fails.
    pub async fn export_woocommerce(&self, store: StoreId, stock: &[StockCount]) -> Result<Vec<u8>> {
        let products = self.every_product(store).await?;
        woocommerce::write(&products, &self.taxonomy(store), self.default_view(), stock)
            .map_err(|error| Failure::internal(format!("the export cannot be written: {error}")))
    }

    /// The products as the shop's own table, with every language, currency and location.
    ///
    /// # Errors
    /// Internal, when the database fails.
    pub async fn export_csv(&self, store: StoreId, stock: &[StockCount]) -> Result<Vec<u8>> {
        let products = self.every_product(store).await?;
        sheet::write(&products, stock)
            .map_err(|error| Failure::internal(format!("the export cannot be written: {error}")))
    }

    /// Every product in the order of handles.
    pub(crate) async fn every_product(&self, store: StoreId) -> Result<Vec<Product>> {
        let mut all: Vec<Product> = Vec::new();
        loop {
            let after = all.last().map(|product| product.handle.clone()).unwrap_or_default();
            let chunk = self.read(move |conn| product::list(conn, &store, &after, CHUNK)).await?;
            let last = (chunk.len() as u32) < CHUNK;
            all.extend(chunk);
            if last {
                return Ok(all);
            }
        }
    }
}

/// Documents in the order of handles, without the versions that only this shop counts.
fn documents(items: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut items: Vec<Value> = items.collect();
    for item in &mut items {
        item.as_object_mut().map(|members| members.remove("version"));
    }
    items.sort_by_key(|item| item["handle"].as_str().unwrap_or_default().to_owned());
    items
}

fn of_product(product: Product) -> Value {
    let mut value = json!(product.content);
    for variant in value["variants"].as_array_mut().into_iter().flatten() {
        variant.as_object_mut().map(|members| members.remove("id"));
    }
    value["handle"] = json!(product.handle);
    value["created_at"] = json!(product.created_at);
    value
}
