//! A catalog in a folder of its own, and products to put into it.

use std::path::Path;
use std::sync::Arc;

use catalog::CatalogService;
use contracts::catalog::{Catalog, Category, Price, ProductContent, ProductOption, Variant, View};
use contracts::market::Texts;
use infra::Spawner;
use kernel::{Currency, Money, SeededRng, Sku, StoreId, SystemClock, VariantId};
use uuid::Uuid;

pub const STORE: StoreId = StoreId::DEFAULT;

pub fn euros() -> View {
    View { currency: Currency::EUR, locale: "en".to_owned() }
}

pub fn open(dir: &Path) -> Arc<CatalogService> {
    let mut seed = [0; 8];
    kernel::rng::os_entropy(&mut seed);
    let world: (kernel::SharedClock, kernel::SharedRng) =
        (Arc::new(SystemClock), Arc::new(SeededRng::new(u64::from_le_bytes(seed))));
    CatalogService::open(dir, STORE, euros(), world, Spawner::new()).unwrap()
}

/// A product with one variant, `{handle}-1`, for `cents`.
pub fn product(title: &str, handle: &str, cents: i64) -> ProductContent {
    ProductContent {
        title: Texts::en(title),
        options: vec![ProductOption { name: "Size".to_owned(), values: vec!["42".to_owned()] }],
        variants: vec![Variant {
            id: VariantId::from_uuid(Uuid::nil()),
            sku: Sku::new(&format!("{handle}-1")).unwrap(),
            options: vec!["42".to_owned()],
            prices: vec![Price { price: Money::new(cents, Currency::EUR), compare_at: None }],
            barcode: None,
            weight_g: 300,
            tax_class: "standard".to_owned(),
            requires_shipping: true,
            image: None,
        }],
        ..ProductContent::default()
    }
}

pub async fn category(catalog: &CatalogService, handle: &str, parent: Option<&str>) {
    let category = Category {
        handle: handle.to_owned(),
        name: Texts::en(handle),
        parent: parent.map(str::to_owned),
        description: Texts::default(),
        position: 0,
        media: None,
        version: 0,
    };
    catalog.put_category(STORE, category).await.unwrap();
}
