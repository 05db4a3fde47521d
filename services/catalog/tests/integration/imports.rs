//! Product exports go in as merchants have them.

use bytes::Bytes;
use catalog::import::{ImportOptions, ImportReport};
use contracts::catalog::{Catalog, CatalogRead, ProductQuery, View};
use kernel::{Currency, PageRequest};

use crate::shop::{STORE, euros, open};

const SAMPLE: &[u8] = include_bytes!("../data/shopify-export.csv");

async fn import(catalog: &catalog::CatalogService, file: &[u8]) -> ImportReport {
    let options = ImportOptions::parse(None, None, &euros()).unwrap();
    catalog.import(STORE, None, Bytes::copy_from_slice(file), options, |_, _| ()).await.unwrap()
}

#[tokio::test]
async fn an_export_becomes_a_shop() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    let mut seen = Vec::new();
    let options = ImportOptions::parse(Some("EUR"), None, &euros()).unwrap();
    let progress = |done, total| seen.push((done, total));
    let report =
        catalog.import(STORE, Some("r-7".into()), Bytes::from_static(SAMPLE), options, progress).await.unwrap();
    assert_eq!(seen, [(0, 11), (11, 11)]);
    assert_eq!(report.rows, 47);
    let counts = report.products;
    assert_eq!((counts.created, counts.updated, counts.unchanged, counts.failed), (9, 0, 0, 2), "{:?}", report.errors);
    let errors: Vec<_> = report.errors.iter().map(|e| (e.line, e.handle.as_str(), e.column.as_str())).collect();
    assert_eq!(errors, [(50, "bad-price-clog", "Variant Price"), (51, "stolen-sku", "Variant SKU")]);
    assert_eq!(report.ignored_columns, ["Sole (product.metafields.custom.sole)"]);
    assert!(report.stock.iter().any(|(sku, n)| (sku.as_str(), *n) == ("FJORD-MOS-42", 11)));
    assert!(report.stock.iter().filter(|(sku, _)| sku.as_str() == "CARE-TREE").count() == 1);

    let runner = catalog.product(STORE, "fjord-trail-runner", &euros()).unwrap();
    assert!(!runner.description_html.contains("script") && !runner.description_html.contains("onclick"));
    assert!(runner.description_html.contains("<strong>5 mm lug</strong>"));
    assert_eq!((runner.product_type.as_str(), runner.category.as_deref()), ("running-shoe", Some("athletic-shoes")));
    assert_eq!(runner.images[0].alt, "Moss green trail runner, side view");
    let dollars = View { currency: Currency::USD, ..euros() };
    assert_eq!(catalog.product(STORE, "fjord-trail-runner", &dollars).unwrap().price_min.amount_minor, 13_900);
    assert!(catalog.product(STORE, "court-classic", &dollars).is_none(), "it has no price in dollars");
    assert!(catalog.product(STORE, "winter-prototype", &euros()).is_none(), "a draft is not for sale");
    let boot = catalog.product(STORE, "alpine-boot", &euros()).unwrap();
    assert_eq!(boot.description_html, "<p>Full-grain leather boot\nwith a rand all around.</p>");

    let all = ProductQuery { page: PageRequest { limit: 100, cursor: None }, ..ProductQuery::default() };
    let listed: Vec<_> =
        catalog.products(STORE, &all, &euros()).unwrap().items.iter().map(|card| card.handle.clone()).collect();
    assert_eq!(listed[..3], ["fjord-trail-runner", "cafe-loafer", "cedar-shoe-tree"], "in the order of the file");
}

#[tokio::test]
async fn the_same_file_again_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    let first = import(&catalog, SAMPLE).await;
    let events = catalog.outbox_after(STORE, 0, 1_000).await.unwrap().len();
    let generation = catalog.generation(STORE);
    let second = import(&catalog, SAMPLE).await;
    let counts = second.products;
    assert_eq!((counts.created, counts.updated, counts.unchanged, counts.failed), (0, 0, 9, 2));
    assert_eq!(catalog.outbox_after(STORE, 0, 1_000).await.unwrap().len(), events);
    assert_eq!(catalog.generation(STORE), generation);
    assert_eq!(second.stock, first.stock);
}

#[tokio::test]
async fn a_changed_row_changes_its_product_only_and_keeps_what_the_file_cannot_say() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    import(&catalog, SAMPLE).await;
    let before = catalog.document(STORE, "cafe-loafer").await.unwrap();
    let mut content = before.content.clone();
    content.title.0.insert("de".into(), "Café-Slipper".into());
    content.variants[0].tax_class = "reduced".into();
    catalog.update_product(STORE, "cafe-loafer", before.version, content).await.unwrap();

    let changed = String::from_utf8(SAMPLE.to_vec()).unwrap().replace("189.5", "179.00");
    let report = import(&catalog, changed.as_bytes()).await;
    assert_eq!((report.products.updated, report.products.unchanged), (1, 8));
    let after = catalog.document(STORE, "cafe-loafer").await.unwrap();
    assert_eq!(after.version, 3);
    assert_eq!(after.content.title.get("de"), "Café-Slipper");
    assert_eq!(after.content.variants[0].tax_class, "reduced");
    assert_eq!(after.content.variants[0].prices[0].price.amount_minor, 17_900);
    assert_eq!(after.content.variants[0].id, before.content.variants[0].id);
    let last = catalog.outbox_after(STORE, 0, 1_000).await.unwrap().pop().unwrap();
    assert_eq!(last.kind, "catalog.product_updated");
    assert_eq!(last.data["changed"], serde_json::json!(["variants", "prices"]));
}

#[tokio::test]
async fn thousands_of_products_go_in_within_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    let mut file = String::from("Handle,Title,Body (HTML),Option1 Name,Option1 Value,Variant SKU,Variant Price\n");
    for n in 0..1_000 {
        for size in 40..44 {
            let title = if size == 40 { format!("Shoe {n},<p>Good &amp; cheap</p>") } else { ",".to_owned() };
            file.push_str(&format!("shoe-{n},{title},Size,{size},S-{n}-{size},{n}.00\n"));
        }
    }
    let started = tokio::time::Instant::now();
    let report = import(&catalog, file.as_bytes()).await;
    assert_eq!((report.products.created, report.errors.len()), (1_000, 0));
    let took = started.elapsed();
    println!("1,000 products of 4 variants in {took:?}");
    assert!(took.as_secs() < 20, "{took:?} is far too slow even without optimisation");
}
