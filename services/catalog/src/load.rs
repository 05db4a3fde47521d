//! Filling an empty shop in one go.

use contracts::Result;
use contracts::catalog::{Category, Collection, ProductContent, ProductType};
use kernel::StoreId;

use crate::change::Expected;
use crate::demo::Demo;
use crate::service::CatalogService;

/// Everything a shop starts with. Categories stand after those above them.
pub struct Assortment {
    pub product_types: Vec<ProductType>,
    pub categories: Vec<Category>,
    pub collections: Vec<Collection>,
    /// Handles and contents. The first counts as the newest.
    pub products: Vec<(String, ProductContent)>,
}

impl CatalogService {
    /// Takes in the demo shop; its stock is the ledger's to take in, its pictures are drawn when asked for.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub async fn load_demo(&self, store: StoreId, demo: &Demo) -> Result<()> {
        let assortment = Assortment {
            product_types: demo.product_types.clone(),
            categories: demo.categories.clone(),
            collections: demo.collections.clone(),
            products: demo.products.clone(),
        };
        self.load(store, assortment).await
    }

    /// Takes in a whole assortment in one transaction: all of it is there afterwards, or nothing of it.
    ///
    /// # Errors
    /// What the rules find, or internal when the database fails.
    pub async fn load(&self, store: StoreId, assortment: Assortment) -> Result<()> {
        self.change(store, None, move |change| {
            for product_type in assortment.product_types {
                change.put_product_type(product_type, Expected::Any)?;
            }
            for category in assortment.categories {
                change.put_category(category, Expected::Any)?;
            }
            for collection in assortment.collections {
                change.put_collection(collection, Expected::Any)?;
            }
            for (age_ms, (handle, content)) in (0..).zip(assortment.products) {
                change.upsert_product(&handle, content, change.now.plus_millis(-age_ms), |_, _| ())?;
            }
            Ok(())
        })
        .await
    }
}
