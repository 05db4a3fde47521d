use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use contracts::catalog::{
    CategoryNode, CollectionView, ProductCard, ProductQuery, ProductView, Rendered, Sellable, Standing, VariantView,
};
use contracts::ledger::{Actor, CouponView, GiftCardView, Vouchers};
use contracts::selling::{ListedPrice, PriceList, Seen as Version, SellingTerms, TermsDocument, TermsKind};
use infra::Spawner;
use kernel::{Failure, Money, Page, ProductId, Secret, SeededRng};
use parking_lot::Mutex;

use super::*;
use crate::quote::Terms;

const STORE: StoreId = StoreId::DEFAULT;
const DAY_MS: i64 = 86_400_000;

/// One product with one variant, `A`, at a price of its document, and what was told besides.
#[derive(Default)]
struct Shelf {
    price: AtomicI64,
    version: AtomicU64,
    told: Mutex<Vec<ShelfPrice>>,
    tellings: AtomicU64,
}

impl Shelf {
    fn costs(&self, cents: i64) {
        self.price.store(cents, Ordering::SeqCst);
        self.version.fetch_add(1, Ordering::SeqCst);
    }

    fn variant(&self) -> VariantView {
        let price = self.price.load(Ordering::SeqCst);
        let told = self.told.lock().first().cloned();
        let listed = told.as_ref().and_then(|told| told.price);
        let eur = |minor| Money::new(minor, Currency::EUR);
        VariantView {
            sku: Sku::new("A").unwrap(),
            options: BTreeMap::new(),
            price: eur(listed.map_or(price, |listed| listed.unit_minor)),
            compare_at_price: listed.filter(|listed| listed.sale).map(|_| eur(price)),
            lowest_price_30_days: told.and_then(|told| told.lowest_30_days).map(eur),
            available: true,
            backorder: false,
            backorder_until: None,
            image: None,
        }
    }
}

impl CatalogRead for Shelf {
    fn generation(&self, _: StoreId) -> u64 {
        self.version.load(Ordering::SeqCst) + self.tellings.load(Ordering::SeqCst)
    }
    fn product(&self, _: StoreId, handle: &str, view: &View) -> Option<Arc<ProductView>> {
        let variant = self.variant();
        (handle == "a" && view.currency == Currency::EUR).then(|| {
            Arc::new(ProductView {
                id: ProductId::from_uuid(uuid::Uuid::nil()),
                handle: "a".into(),
                title: "A".into(),
                description_html: String::new(),
                vendor: String::new(),
                product_type: String::new(),
                category: None,
                collections: Vec::new(),
                tags: Vec::new(),
                attributes: BTreeMap::new(),
                options: Vec::new(),
                images: Vec::new(),
                price_min: variant.price,
                price_max: variant.price,
                available: true,
                seo_title: String::new(),
                seo_description: String::new(),
                version: self.version.load(Ordering::SeqCst),
                variants: vec![variant],
            })
        })
    }
    fn product_json(&self, _: StoreId, _: &str, _: &View) -> Option<Rendered> {
        None
    }
    fn products(&self, _: StoreId, _: &ProductQuery, _: &View) -> Result<Arc<Page<ProductCard>>> {
        Err(Failure::not_found("list"))
    }
    fn products_json(&self, _: StoreId, _: &ProductQuery, _: &View) -> Result<Rendered> {
        Err(Failure::not_found("list"))
    }
    fn categories(&self, _: StoreId, _: &str) -> Arc<Vec<CategoryNode>> {
        Arc::default()
    }
    fn collections(&self, _: StoreId, _: &str) -> Arc<Vec<CollectionView>> {
        Arc::default()
    }
    fn sellable(&self, _: StoreId, sku: &Sku, view: &View) -> Option<Sellable> {
        let variant = self.variant();
        (*sku == variant.sku && view.currency == Currency::EUR).then(|| Sellable {
            product: ProductId::from_uuid(uuid::Uuid::nil()),
            handle: "a".into(),
            title: "A".into(),
            sku: sku.clone(),
            variant_title: String::new(),
            price: variant.price,
            compare_at: variant.compare_at_price,
            tax_class: "standard".into(),
            weight_g: 1,
            requires_shipping: true,
            available: true,
            backorder: false,
            image: None,
        })
    }
}

impl CatalogContents for Shelf {
    fn content_generation(&self, store: StoreId) -> u64 {
        self.generation(store)
    }
    fn standings(&self, _: StoreId) -> Vec<Standing> {
        let version = self.version.load(Ordering::SeqCst);
        vec![Standing { id: ProductId::from_uuid(uuid::Uuid::nil()), handle: "a".into(), version, available: true }]
    }
    fn card(&self, _: StoreId, _: &str, _: &View) -> Option<Arc<ProductCard>> {
        None
    }
    fn locales(&self, _: StoreId) -> Vec<String> {
        Vec::new()
    }
}

#[async_trait]
impl ShelfPrices for Shelf {
    async fn set_prices(&self, _: StoreId, prices: Vec<ShelfPrice>) -> Result<()> {
        *self.told.lock() = prices;
        self.tellings.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

/// Nothing has a limit here.
struct NoVouchers;

#[async_trait]
impl Vouchers for NoVouchers {
    async fn put_coupon(&self, _: StoreId, _: &str, _: Option<i64>, _: Actor) -> Result<CouponView> {
        Err(Failure::not_found("coupon"))
    }
    async fn limit_coupon(&self, _: StoreId, _: &str, _: Option<i64>, _: Option<i64>, _: Actor) -> Result<CouponView> {
        Err(Failure::not_found("coupon"))
    }
    async fn coupon(&self, _: StoreId, _: &str) -> Result<Option<CouponView>> {
        Ok(None)
    }
    async fn issue_gift_card(&self, _: StoreId, _: &Secret, _: Money, _: Actor) -> Result<GiftCardView> {
        Err(Failure::not_found("gift card"))
    }
    async fn gift_card(&self, _: StoreId, _: &Secret) -> Result<Option<GiftCardView>> {
        Ok(None)
    }
}

#[derive(Default)]
struct Hand(AtomicI64);

impl Hand {
    fn pass_days(&self, days: i64) {
        self.0.fetch_add(days * DAY_MS, Ordering::SeqCst);
    }
}

impl kernel::clock::Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + self.0.load(Ordering::SeqCst))
    }
}

struct World {
    _dir: tempfile::TempDir,
    shelf: Arc<Shelf>,
    clock: Arc<Hand>,
    terms: Arc<TermsService>,
    keeper: PriceKeeper,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (shelf, clock) = (Arc::<Shelf>::default(), Arc::<Hand>::default());
        let world: (SharedClock, kernel::SharedRng) = (clock.clone(), Arc::new(SeededRng::new(1)));
        let config = Arc::new(Terms::default());
        let terms = TermsService::open(dir.path(), config, Arc::new(NoVouchers), world, Spawner::new()).unwrap();
        let keeper = keeper(&terms, &shelf, &clock);
        World { _dir: dir, shelf, clock, terms, keeper }
    }

    /// Writes a list with one price for `A`, between days of the shop's time zone.
    async fn list(&self, handle: &str, price_minor: i64, sale: bool, ends_at: Option<&str>) {
        let list = PriceList {
            handle: handle.to_owned(),
            version: 0,
            name: handle.to_owned(),
            enabled: true,
            currency: Currency::EUR,
            markets: Vec::new(),
            groups: Vec::new(),
            starts_at: None,
            ends_at: ends_at.map(str::to_owned),
            priority: i32::from(sale),
            sale,
            prices: vec![ListedPrice { sku: Sku::new("A").unwrap(), price_minor, tiers: Vec::new() }],
        };
        self.terms.put(STORE, TermsDocument::PriceList(list), Version::Any, Actor::system()).await.unwrap();
    }

    /// Price, what it was before, and the lowest of the 30 days before, after the keeper has looked.
    async fn shown(&mut self) -> (i64, Option<i64>, Option<i64>) {
        self.keeper.step().await.unwrap();
        let variant = self.shelf.variant();
        let minor = |money: Option<Money>| money.map(|m| m.amount_minor);
        (variant.price.amount_minor, minor(variant.compare_at_price), minor(variant.lowest_price_30_days))
    }
}

impl World {
    /// How many prices of `A` are written down, and the oldest of them.
    async fn points(&self) -> (i64, i64) {
        let sql = "select count(*), (select price from price_points order by at limit 1) from price_points";
        let read = |conn: &Connection| Ok::<_, DbError>(conn.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?);
        self.terms.db().read(read).await.unwrap()
    }
}

fn keeper(terms: &Arc<TermsService>, shelf: &Arc<Shelf>, clock: &Arc<Hand>) -> PriceKeeper {
    PriceKeeper::new(PriceKeeperParts {
        store: STORE,
        terms: terms.clone(),
        catalog: shelf.clone(),
        contents: shelf.clone(),
        shelves: shelf.clone(),
        clock: clock.clone(),
    })
}

#[tokio::test]
async fn beside_a_reduced_price_stands_the_lowest_of_the_thirty_days_before() {
    let mut world = World::new();
    world.shelf.costs(10_000);
    assert_eq!(world.shown().await, (10_000, None, None));
    world.clock.pass_days(10);
    world.shelf.costs(8_000);
    assert_eq!(world.shown().await, (8_000, None, None));
    world.clock.pass_days(5);
    // Dearer shortly before the sale: the reduction is not told from that price.
    world.shelf.costs(12_000);
    assert_eq!(world.shown().await, (12_000, None, None));
    world.clock.pass_days(5);
    world.list("sale", 9_000, true, None).await;
    assert_eq!(world.shown().await, (9_000, Some(12_000), Some(8_000)));
    // It stays what it was when the sale began, also for a keeper that starts anew.
    world.clock.pass_days(20);
    assert_eq!(world.shown().await, (9_000, Some(12_000), Some(8_000)));
    world.keeper = keeper(&world.terms, &world.shelf, &world.clock);
    assert_eq!(world.shown().await, (9_000, Some(12_000), Some(8_000)));
    world.terms.delete(STORE, TermsKind::PriceList, "sale", Version::Any, Actor::system()).await.unwrap();
    assert_eq!(world.shown().await, (12_000, None, None));
    // 31 days later only the 12,000 that held all the time are in the window.
    world.clock.pass_days(31);
    world.list("sale", 7_000, true, None).await;
    assert_eq!(world.shown().await, (7_000, Some(12_000), Some(12_000)));
}

#[tokio::test]
async fn a_list_ends_by_itself_and_nothing_is_told_twice() {
    let mut world = World::new();
    world.shelf.costs(10_000);
    let begins = Timestamp::from_millis(1_790_000_000_000);
    // The clock stands at 2026-09-21T14:13:20Z.
    assert!(begins.to_string().starts_with("2026-09-21T14:13"), "{begins}");
    world.list("base", 9_500, false, None).await;
    world.list("sale", 9_000, true, Some("2026-09-23T00:00")).await;
    assert_eq!(world.shown().await, (9_000, Some(10_000), None), "no earlier price is known");
    assert_eq!(world.shelf.told.lock()[0].price.unwrap().before_minor, Some(9_500));
    let tellings = world.shelf.tellings.load(Ordering::SeqCst);
    world.shown().await;
    assert_eq!(world.shelf.tellings.load(Ordering::SeqCst), tellings);
    world.clock.pass_days(2);
    assert_eq!(world.shown().await, (9_500, None, None));
}

#[tokio::test]
async fn prices_that_can_no_longer_matter_are_forgotten() {
    let mut world = World::new();
    for day in 0..120_i64 {
        world.shelf.costs(20_000 - day * 10);
        world.shown().await;
        world.clock.pass_days(1);
    }
    let (points, oldest) = world.points().await;
    assert_eq!((points, oldest), (31, 20_000 - 89 * 10), "30 days, and the price that held when they began");
    // What is kept still says the lowest of the 30 days before, and the price that held when they began counts.
    world.list("sale", 5_000, true, None).await;
    assert_eq!(world.shown().await, (5_000, Some(18_810), Some(18_810)));
    assert_eq!(world.points().await, (31, 20_000 - 90 * 10));
    // A price that holds for long needs nothing but itself and what was before it.
    world.clock.pass_days(400);
    assert_eq!(world.shown().await, (5_000, Some(18_810), Some(18_810)), "as when the sale began");
    world.terms.delete(STORE, TermsKind::PriceList, "sale", Version::Any, Actor::system()).await.unwrap();
    assert_eq!(world.shown().await, (18_810, None, None));
    assert_eq!(world.points().await, (2, 5_000));
}

#[tokio::test]
async fn a_shopper_of_a_group_pays_what_its_list_says_and_nobody_else_does() {
    use contracts::selling::{CustomerGroup, GroupPrices as _, ShelfTag, Shopper};
    use kernel::CustomerId;

    let world = World::new();
    let customer = |n: u128| CustomerId::from_uuid(uuid::Uuid::from_u128(n));
    let put = async |document| world.terms.put(STORE, document, Version::Any, Actor::system()).await.unwrap();
    let group: CustomerGroup = serde_json::from_value(serde_json::json!({
        "handle": "trade", "name": "Trade", "customers": [customer(1)],
    }))
    .unwrap();
    put(TermsDocument::CustomerGroup(group)).await;
    let eur = |minor| Money::new(minor, Currency::EUR);
    let shelf = ShelfTag { unit: eur(10_000), compare_at: None };
    let shopper = |n, currency| Shopper { store: STORE, customer: customer(n), market: "de", currency };
    let a = Sku::new("A").unwrap();
    assert!(!world.terms.has_own(&shopper(1, Currency::EUR)), "a group without a list pays as everybody");
    let list: PriceList = serde_json::from_value(serde_json::json!({
        "handle": "trade", "name": "Trade", "currency": "EUR", "groups": ["trade"],
        "prices": [{ "sku": "A", "price_minor": 7_000 }],
    }))
    .unwrap();
    put(TermsDocument::PriceList(list)).await;
    assert!(world.terms.has_own(&shopper(1, Currency::EUR)));
    assert_eq!(world.terms.tag(&shopper(1, Currency::EUR), &a, shelf), ShelfTag { unit: eur(7_000), compare_at: None });
    for other in [shopper(2, Currency::EUR), shopper(1, Currency::GBP)] {
        assert!(!world.terms.has_own(&other), "{other:?}");
    }
    assert_eq!(world.terms.tag(&shopper(2, Currency::EUR), &a, shelf), shelf);
    assert_eq!(world.terms.tag(&shopper(1, Currency::EUR), &Sku::new("B").unwrap(), shelf), shelf);
}
