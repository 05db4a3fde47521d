//! Reads come from memory, agree with the store, and page without skipping.

use std::collections::{BTreeMap, BTreeSet};

use contracts::catalog::{
    Availability, Catalog, CatalogRead, Collection, ListPrice, ProductQuery, ProductSort, ProductStatus, ShelfPrice,
    ShelfPrices, View,
};
use contracts::market::Texts;
use kernel::{Currency, PageRequest, Sku};
use proptest::prelude::*;

use crate::shop::{STORE, category, euros, open, product};

fn query(sort: ProductSort, limit: u32, cursor: Option<String>) -> ProductQuery {
    ProductQuery { sort, page: PageRequest { limit, cursor }, ..ProductQuery::default() }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(future)
}

const SORTS: [ProductSort; 4] =
    [ProductSort::Newest, ProductSort::PriceAsc, ProductSort::PriceDesc, ProductSort::Title];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is inserted and deleted between two pages: every product that is there all the time is seen once.
    #[test]
    fn pages_neither_skip_nor_repeat(
        prices in prop::collection::vec(0_i64..4, 5..25),
        between in prop::collection::vec((0_i64..4, any::<bool>()), 1..8),
        limit in 1_u32..6,
        sort in prop::sample::select(SORTS.to_vec()),
    ) {
        run(async {
            let dir = tempfile::tempdir().unwrap();
            let catalog = open(dir.path());
            for (n, price) in prices.iter().enumerate() {
                let handle = format!("old-{n}");
                let content = product(&format!("Shoe {price}"), &handle, 100 * price);
                catalog.create_product(STORE, &handle, content).await.unwrap();
            }
            let (mut seen, mut cursor, mut changes) = (Vec::new(), None, between.iter().enumerate());
            loop {
                let page = catalog.products(STORE, &query(sort, limit, cursor), &euros()).unwrap();
                seen.extend(page.items.iter().map(|card| card.handle.clone()));
                cursor = page.next_cursor.clone();
                if cursor.is_none() {
                    break;
                }
                if let Some((n, (price, deleted))) = changes.next() {
                    let handle = format!("new-{n}");
                    let content = product(&format!("Shoe {price}"), &handle, 100 * price);
                    catalog.create_product(STORE, &handle, content).await.unwrap();
                    if *deleted && n > 0 {
                        let _ = catalog.delete_product(STORE, &format!("new-{}", n - 1), None).await;
                    }
                }
            }
            let distinct: BTreeSet<_> = seen.iter().collect();
            assert_eq!(distinct.len(), seen.len(), "repeated: {seen:?}");
            for n in 0..prices.len() {
                assert!(distinct.contains(&format!("old-{n}")), "skipped old-{n} in {seen:?}");
            }
        });
    }

    /// After any edits, what shoppers are shown is what a freshly started shop would show.
    #[test]
    fn the_model_agrees_with_the_store(
        edits in prop::collection::vec((0_usize..6, 0_usize..6, 0_usize..6), 1..30),
    ) {
        run(async {
            let dir = tempfile::tempdir().unwrap();
            let catalog = open(dir.path());
            category(&catalog, "shoes", None).await;
            category(&catalog, "boots", Some("shoes")).await;
            let mut skus: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (what, who, value) in edits {
                let handle = format!("p-{who}");
                let mut content = product(&format!("Title {value}"), &handle, 100 * value as i64);
                content.variants[0].sku = Sku::new(&format!("sku-{value}")).unwrap();
                content.category = [None, Some("shoes".to_owned()), Some("boots".to_owned())][value % 3].clone();
                let before = catalog.document(STORE, &handle).await.ok();
                let result = match what {
                    0 => catalog.create_product(STORE, &handle, content).await.map(drop),
                    1 => catalog.delete_product(STORE, &handle, None).await,
                    2 => {
                        content.status = ProductStatus::Draft;
                        catalog.upsert_product(STORE, &handle, content).await.map(drop)
                    }
                    3 => catalog.update_product(STORE, &handle, value as u64, content).await.map(drop),
                    _ => catalog.upsert_product(STORE, &handle, content).await.map(drop),
                };
                let after = catalog.document(STORE, &handle).await.ok();
                if result.is_err() {
                    assert_eq!(before, after, "a refused change changed something");
                }
                skus.remove(&handle);
                if let Some(after) = after {
                    let owned = after.content.variants.iter().map(|variant| variant.sku.to_string());
                    skus.insert(handle, owned.collect());
                }
            }
            let owned: usize = skus.values().map(BTreeSet::len).sum();
            assert_eq!(skus.values().flatten().collect::<BTreeSet<_>>().len(), owned, "a SKU has two products");
            let shown = |catalog: &catalog::CatalogService| {
                let products: Vec<_> = (0..6)
                    .map(|n| catalog.product(STORE, &format!("p-{n}"), &euros()).map(|view| (*view).clone()))
                    .collect();
                let sellable: Vec<_> =
                    (0..6).map(|n| catalog.sellable(STORE, &Sku::new(&format!("sku-{n}")).unwrap(), &euros())).collect();
                let lists: Vec<_> = SORTS
                    .map(|sort| (*catalog.products(STORE, &query(sort, 100, None), &euros()).unwrap()).clone())
                    .into();
                let boots = ProductQuery { category: Some("shoes".to_owned()), ..query(ProductSort::Title, 100, None) };
                let below = (*catalog.products(STORE, &boots, &euros()).unwrap()).clone();
                (products, sellable, lists, below, (*catalog.categories(STORE, "en")).clone())
            };
            let live = shown(&catalog);
            drop(catalog);
            assert_eq!(live, shown(&open(dir.path())));
        });
    }
}

#[tokio::test]
async fn a_read_touches_no_database() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    category(&catalog, "shoes", None).await;
    let mut content = product("Shoe", "shoe", 5_000);
    content.category = Some("shoes".to_owned());
    catalog.create_product(STORE, "shoe", content).await.unwrap();
    // Not the -shm file: SQLite maps it into memory, where a cut would be a signal and no error.
    for name in ["catalog.db", "catalog.db-wal"] {
        std::fs::OpenOptions::new().write(true).open(dir.path().join(name)).unwrap().set_len(0).unwrap();
    }
    assert!(catalog.document(STORE, "shoe").await.is_err(), "the database is gone indeed");
    let sku = Sku::new("shoe-1").unwrap();
    catalog.set_available(STORE, &sku, true);
    assert!(catalog.product(STORE, "shoe", &euros()).unwrap().available);
    assert!(catalog.product_json(STORE, "shoe", &euros()).is_some());
    assert_eq!(catalog.products(STORE, &ProductQuery::default(), &euros()).unwrap().items.len(), 1);
    assert_eq!(catalog.categories(STORE, "en")[0].products, 1);
    assert!(catalog.sellable(STORE, &sku, &euros()).unwrap().available);
}

#[tokio::test]
async fn what_is_rendered_is_shared_until_something_changes() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    let mut content = product("Shoe", "shoe", 5_000);
    content.title.0.insert("de".into(), "Schuh".into());
    catalog.create_product(STORE, "shoe", content.clone()).await.unwrap();
    let json = |view: &View| catalog.product_json(STORE, "shoe", view).unwrap();
    let in_language = |locale: &str| View { currency: Currency::EUR, locale: locale.to_owned() };
    assert_eq!(json(&euros()).body.as_ptr(), json(&euros()).body.as_ptr());
    assert_eq!(json(&in_language("de")).body.as_ptr(), json(&in_language("de-AT")).body.as_ptr());
    assert_eq!(json(&in_language("fr")).body.as_ptr(), json(&euros()).body.as_ptr(), "French readers get English");
    assert_eq!(catalog.product(STORE, "shoe", &in_language("de-AT")).unwrap().title, "Schuh");

    let list = || catalog.products_json(STORE, &ProductQuery::default(), &euros()).unwrap();
    let (tag, listed) = (json(&euros()).etag, list());
    assert_eq!(list().body.as_ptr(), listed.body.as_ptr());
    let generation = catalog.generation(STORE);
    catalog.set_available(STORE, &Sku::new("unknown").unwrap(), true);
    assert_eq!(catalog.generation(STORE), generation, "nobody can see an unknown SKU");
    let sku = Sku::new("shoe-1").unwrap();
    catalog.set_available(STORE, &sku, true);
    assert!(catalog.generation(STORE) > generation);
    assert_ne!(json(&euros()).etag, tag);
    assert_ne!(list().etag, listed.etag);
    catalog.set_available(STORE, &sku, false);
    assert_eq!(json(&euros()).etag, tag, "the same content has the same tag");

    content.variants[0].prices[0].price.amount_minor = 4_000;
    catalog.upsert_product(STORE, "shoe", content).await.unwrap();
    assert_eq!(catalog.sellable(STORE, &sku, &euros()).unwrap().price.amount_minor, 4_000);
    assert_eq!(
        catalog.products(STORE, &ProductQuery::default(), &euros()).unwrap().items[0].price_min.amount_minor,
        4_000
    );
}

#[tokio::test]
async fn availability_told_before_the_product_counts() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    catalog.set_all_available(STORE, vec![Sku::new("shoe-1").unwrap()]);
    catalog.create_product(STORE, "shoe", product("Shoe", "shoe", 1)).await.unwrap();
    assert!(catalog.product(STORE, "shoe", &euros()).unwrap().available);
    catalog.set_all_available(STORE, Vec::new());
    assert!(!catalog.product(STORE, "shoe", &euros()).unwrap().available);
}

#[tokio::test]
async fn what_is_only_delivered_later_says_so_and_until_when() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    catalog.create_product(STORE, "shoe", product("Shoe", "shoe", 1)).await.unwrap();
    let sku = Sku::new("shoe-1").unwrap();
    let shown = || {
        let variant = catalog.product(STORE, "shoe", &euros()).unwrap().variants[0].clone();
        (variant.available, variant.backorder, variant.backorder_until.map(|until| until.0))
    };
    let sold = || catalog.sellable(STORE, &sku, &euros()).unwrap().backorder;
    let until = Some(kernel::Timestamp::from_millis(1_800_000_000_000));
    // At the start both are told whole, and then each change by itself.
    catalog.set_all_available(STORE, vec![sku.clone()]);
    catalog.set_all_backorder(STORE, vec![(sku.clone(), until)]);
    assert_eq!((shown(), sold()), ((true, true, until), true));
    let text = String::from_utf8(catalog.product_json(STORE, "shoe", &euros()).unwrap().body.to_vec()).unwrap();
    assert!(text.contains(r#""backorder":true,"backorder_until":"2027-01-15T08:00:00"#), "{text}");
    let generation = catalog.generation(STORE);
    catalog.set_backorder(STORE, &sku, true, until);
    assert_eq!(catalog.generation(STORE), generation, "nothing new");
    catalog.set_backorder(STORE, &sku, true, None);
    assert_eq!((shown(), catalog.generation(STORE)), ((true, true, None), generation + 1));
    catalog.set_backorder(STORE, &sku, false, None);
    assert_eq!((shown(), sold()), ((true, false, None), false));
    let text = String::from_utf8(catalog.product_json(STORE, "shoe", &euros()).unwrap().body.to_vec()).unwrap();
    assert!(!text.contains("backorder"), "{text}");
    // What cannot be bought at all is not delivered later either.
    catalog.set_backorder(STORE, &sku, true, None);
    catalog.set_available(STORE, &sku, false);
    assert_eq!((shown(), sold()), ((false, false, None), false));
}

#[tokio::test]
async fn a_collection_ends_and_its_products_stay() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    let collection = Collection {
        handle: "summer".into(),
        name: Texts::en("Summer"),
        description: Texts::default(),
        position: 0,
        media: None,
        version: 0,
    };
    catalog.put_collection(STORE, collection).await.unwrap();
    let mut content = product("Shoe", "shoe", 1);
    content.collections = vec!["summer".into()];
    catalog.create_product(STORE, "shoe", content).await.unwrap();
    assert_eq!(catalog.collections(STORE, "en")[0].products, 1);
    catalog.delete_collection(STORE, "summer").await.unwrap();
    assert!(catalog.product(STORE, "shoe", &euros()).unwrap().collections.is_empty());
    let kinds: Vec<_> = catalog.outbox_after(STORE, 0, 10).await.unwrap().into_iter().map(|e| e.kind).collect();
    assert_eq!(
        kinds,
        [
            "catalog.collection_changed",
            "catalog.product_created",
            "catalog.product_updated",
            "catalog.collection_deleted"
        ]
    );
}

#[tokio::test]
async fn categories_do_not_stand_in_circles_or_too_deep() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    category(&catalog, "c-0", None).await;
    for n in 1..8 {
        category(&catalog, &format!("c-{n}"), Some(&format!("c-{}", n - 1))).await;
    }
    let put = async |handle: &str, parent: &str| {
        let category = contracts::catalog::Category {
            handle: handle.to_owned(),
            name: Texts::en(handle),
            parent: Some(parent.to_owned()),
            description: Texts::default(),
            position: 0,
            media: None,
            version: 0,
        };
        catalog.put_category(STORE, category).await.map_err(|failure| failure.errors[0].code.clone())
    };
    assert_eq!(put("c-0", "c-7").await, Err("category_cycle".to_owned()));
    assert_eq!(put("c-3", "c-3").await, Err("category_cycle".to_owned()));
    assert_eq!(put("c-8", "c-7").await, Err("too_deep".to_owned()));
    assert_eq!(put("x", "none").await, Err("unknown_category".to_owned()));
    assert!(put("c-7", "c-0").await.is_ok());
}

#[tokio::test]
async fn events_of_a_product_are_numbered_without_gaps_and_carry_no_texts() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    catalog.create_product(STORE, "shoe", product("Secret title", "shoe", 1)).await.unwrap();
    for cents in 2..5 {
        catalog.upsert_product(STORE, "shoe", product("Secret title", "shoe", cents)).await.unwrap();
        let _ = catalog.create_product(STORE, "shoe", product("Again", "shoe", cents)).await.unwrap_err();
    }
    catalog.delete_product(STORE, "shoe", None).await.unwrap();
    let events = catalog.outbox_after(STORE, 0, 100).await.unwrap();
    assert_eq!(events.iter().map(|e| e.aggregate_seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(events.windows(2).all(|pair| pair[0].position < pair[1].position));
    assert!(!serde_json::to_string(&events).unwrap().contains("Secret"));
    assert_eq!(catalog.outbox_after(STORE, events[3].position, 100).await.unwrap(), events[4..]);
    catalog.mark_published(STORE, events[3].position).await.unwrap();
    catalog.mark_published(STORE, events[1].position).await.unwrap();
    assert_eq!(catalog.published(STORE).await.unwrap(), events[3].position);
}

#[tokio::test]
async fn told_prices_hold_everywhere_until_they_are_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let catalog = open(dir.path());
    for (handle, cents) in [("a", 5_000), ("b", 4_000)] {
        catalog.create_product(STORE, handle, product(handle, handle, cents)).await.unwrap();
    }
    let sku = |name: &str| Sku::new(name).unwrap();
    let told = |name: &str, price, lowest_30_days| ShelfPrice {
        sku: sku(name),
        currency: Currency::EUR,
        price,
        lowest_30_days,
    };
    let sale = ListPrice { unit_minor: 3_000, sale: true, before_minor: None };
    let seen = || {
        let view = catalog.product(STORE, "a", &euros()).unwrap();
        let variant = &view.variants[0];
        let minor = |money: Option<kernel::Money>| money.map(|m| m.amount_minor);
        let cheapest = catalog.products(STORE, &query(ProductSort::PriceAsc, 5, None), &euros()).unwrap();
        let sellable = catalog.sellable(STORE, &sku("a-1"), &euros()).unwrap();
        assert_eq!((sellable.price, sellable.compare_at), (variant.price, variant.compare_at_price));
        let json = catalog.product_json(STORE, "a", &euros()).unwrap().body;
        assert!(String::from_utf8_lossy(&json).contains(&format!("\"amount_minor\":{}", variant.price.amount_minor)));
        (
            variant.price.amount_minor,
            minor(variant.compare_at_price),
            minor(variant.lowest_price_30_days),
            cheapest.items[0].handle.clone(),
        )
    };
    assert_eq!(seen(), (5_000, None, None, "b".to_owned()));
    let generation = catalog.generation(STORE);
    catalog
        .set_prices(STORE, vec![told("a-1", Some(sale), Some(4_500)), told("gone", Some(sale), None)])
        .await
        .unwrap();
    assert_eq!(seen(), (3_000, Some(5_000), Some(4_500), "a".to_owned()));
    assert_ne!(catalog.generation(STORE), generation, "pages are made anew");
    // A change of the document leaves the list price where it is.
    let version = catalog.document(STORE, "a").await.unwrap().version;
    catalog.update_product(STORE, "a", version, product("a", "a", 6_000)).await.unwrap();
    assert_eq!(seen(), (3_000, Some(6_000), Some(4_500), "a".to_owned()));
    let generation = catalog.generation(STORE);
    catalog.set_prices(STORE, vec![told("a-1", Some(sale), Some(4_500))]).await.unwrap();
    assert_eq!(catalog.generation(STORE), generation, "the same again is no change");
    let dear = ListPrice { unit_minor: 7_000, sale: true, before_minor: Some(6_500) };
    catalog.set_prices(STORE, vec![told("a-1", Some(dear), Some(1))]).await.unwrap();
    assert_eq!(seen(), (7_000, None, None, "b".to_owned()), "what costs more is not reduced");
    catalog.set_prices(STORE, Vec::new()).await.unwrap();
    assert_eq!(seen(), (6_000, None, None, "b".to_owned()));
}
