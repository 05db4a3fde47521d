//! The demo shop goes into an empty catalog and can be browsed.

use catalog::demo;
use contracts::catalog::{CatalogRead, ProductQuery, View};
use kernel::{Currency, PageRequest};

use crate::shop::{STORE, euros, open};

#[tokio::test]
async fn the_demo_shop_opens_at_once_and_whole() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    assert!(catalog.is_empty(STORE));
    let shop = demo::catalogue();
    let started = tokio::time::Instant::now();
    catalog.load_demo(STORE, &shop).await.unwrap();
    let took = started.elapsed();
    println!("{} products in {took:?}", shop.products.len());
    assert!(took.as_millis() < 2_000, "{took:?}, without optimisation");
    assert!(!catalog.is_empty(STORE));

    for currency in [Currency::EUR, Currency::USD, Currency::GBP] {
        let view = View { currency, locale: "de".to_owned() };
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let query = ProductQuery { page: PageRequest { limit: 24, cursor }, ..ProductQuery::default() };
            let page = catalog.products(STORE, &query, &view).unwrap();
            seen.extend(page.items.iter().map(|card| card.handle.clone()));
            cursor = page.next_cursor.clone();
            if cursor.is_none() {
                break;
            }
        }
        let made: Vec<_> = shop.products.iter().map(|(handle, _)| handle.clone()).collect();
        assert_eq!(seen, made, "in the order of the shop, in {currency}");
    }
    assert!(!catalog.categories(STORE, "en").is_empty() && !catalog.collections(STORE, "en").is_empty());
    for (sku, _) in &shop.stock {
        assert!(catalog.sellable(STORE, sku, &euros()).is_some(), "{sku}");
    }

    let events = catalog.outbox_after(STORE, 0, 1_000).await.unwrap().len();
    catalog.load_demo(STORE, &shop).await.unwrap();
    assert_eq!(catalog.outbox_after(STORE, 0, 1_000).await.unwrap().len(), events, "once more changes nothing");
}
