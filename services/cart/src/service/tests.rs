use std::collections::BTreeSet;
use std::sync::Arc;

use contracts::catalog::{CategoryNode, CollectionView, ProductCard, ProductQuery, ProductView, Rendered};
use kernel::{Clock, ErrorKind, Page, ProductId, SeededRng};
use parking_lot::Mutex;

use super::*;

/// A catalog that sells two shoes, and one thing in yen.
#[derive(Default)]
pub(crate) struct Shelf {
    gone: Mutex<BTreeSet<&'static str>>,
    /// By how much the first shoe costs more, in cents.
    dearer: Mutex<i64>,
}

impl CatalogRead for Shelf {
    fn generation(&self, _: StoreId) -> u64 {
        1
    }
    fn product(&self, _: StoreId, _: &str, _: &View) -> Option<Arc<ProductView>> {
        None
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
        let (price, currency) = match sku.as_str() {
            "SHOE-42" => (7_999 + *self.dearer.lock(), Currency::EUR),
            "SHOE-43" => (8_999, Currency::EUR),
            "YEN-ONLY" => (1_590, Currency::JPY),
            "ABSURD" => (i64::MAX / 1_000, Currency::EUR),
            text if text.starts_with("BULK-") => (100, Currency::EUR),
            _ => return None,
        };
        if currency != view.currency || self.gone.lock().contains(sku.as_str()) {
            return None;
        }
        Some(Sellable {
            product: ProductId::from_uuid(uuid::Uuid::nil()),
            handle: "shoe".into(),
            title: "A shoe".into(),
            sku: sku.clone(),
            variant_title: "Red".into(),
            price: Money::new(price, currency),
            compare_at: None,
            tax_class: "standard".into(),
            weight_g: 500,
            requires_shipping: true,
            available: sku.as_str() != "SHOE-43",
            backorder: false,
            image: None,
        })
    }
}

#[derive(Default)]
pub(crate) struct Hand(Mutex<i64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(*self.0.lock())
    }
}

pub(crate) struct Shop {
    pub(crate) carts: Arc<CartService>,
    shelf: Arc<Shelf>,
    clock: Arc<Hand>,
    dir: tempfile::TempDir,
}

const STORE: StoreId = StoreId::DEFAULT;

impl Shop {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (shelf, clock) = (Arc::new(Shelf::default()), Arc::new(Hand(Mutex::new(1_800_000_000_000))));
        let carts = open(&dir, &shelf, &clock, 1);
        Shop { carts, shelf, clock, dir }
    }

    /// The same data, opened by a new process with nothing in memory.
    fn reopened(self) -> Self {
        let Shop { carts, shelf, clock, dir } = self;
        drop(carts);
        let carts = open(&dir, &shelf, &clock, 2);
        Shop { carts, shelf, clock, dir }
    }

    async fn cart(&self, lines: &[(&str, u32)]) -> CartAccess {
        let lines = lines.iter().map(|(sku, n)| line(sku, *n)).collect();
        let view = self.carts.create(STORE, NewCart { currency: None, lines }).await.unwrap();
        CartAccess { id: view.id, secret: kernel::Secret::new(view.secret.unwrap()) }
    }
}

fn open(dir: &tempfile::TempDir, shelf: &Arc<Shelf>, clock: &Arc<Hand>, seed: u64) -> Arc<CartService> {
    CartService::open(dir.path(), shelf.clone(), Currency::EUR, clock.clone(), Arc::new(SeededRng::new(seed))).unwrap()
}

fn line(sku: &str, quantity: u32) -> NewLine {
    NewLine { sku: Sku::new(sku).unwrap(), quantity }
}

#[tokio::test]
async fn a_cart_survives_a_restart() {
    let shop = Shop::new();
    let access = shop.cart(&[("SHOE-42", 2), ("SHOE-43", 1)]).await;
    shop.carts.add_coupon(STORE, &access, "spring").await.unwrap();
    let before = shop.carts.get(STORE, &access).await.unwrap();
    let shop = shop.reopened();
    assert_eq!(shop.carts.get(STORE, &access).await.unwrap(), before);
    let content = shop.carts.content(STORE, &access).await.unwrap();
    assert_eq!((content.version, content.lines.len(), content.coupons.as_slice()), (2, 2, &["SPRING".to_owned()][..]));
}

#[tokio::test]
async fn another_store_does_not_see_it() {
    let shop = Shop::new();
    let access = shop.cart(&[]).await;
    let other = StoreId::from_uuid(uuid::Uuid::from_u128(7));
    assert_eq!(shop.carts.get(other, &access).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(shop.carts.add_line(other, &access, line("SHOE-42", 1)).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn changes_made_at_once_are_all_kept_and_each_has_its_version() {
    let shop = Shop::new();
    let access = shop.cart(&[]).await;
    let adds = (0..200).map(|_| shop.carts.add_line(STORE, &access, line("SHOE-42", 1)));
    let results = futures::future::join_all(adds).await;
    let versions: BTreeSet<u64> = results.into_iter().map(|view| view.unwrap().version).collect();
    assert_eq!(versions.len(), 200);
    let after = shop.carts.get(STORE, &access).await.unwrap();
    assert_eq!((after.lines[0].quantity, after.version), (200, 201));
    let shop = shop.reopened();
    assert_eq!(shop.carts.get(STORE, &access).await.unwrap(), after);
}

#[tokio::test]
async fn the_cap_holds_when_many_add_at_once() {
    let shop = Shop::new();
    let access = shop.cart(&[("SHOE-42", 990)]).await;
    let adds = (0..20).map(|_| shop.carts.add_line(STORE, &access, line("SHOE-42", 1)));
    let good = futures::future::join_all(adds).await.into_iter().filter(std::result::Result::is_ok).count();
    assert_eq!(good, 9);
    assert_eq!(shop.carts.get(STORE, &access).await.unwrap().lines[0].quantity, 999);
}

#[tokio::test]
async fn a_change_whose_request_was_given_up_is_still_seen() {
    let shop = Shop::new();
    let access = shop.cart(&[("SHOE-42", 1)]).await;
    {
        // Polled once: the job is with the writer. Then the client goes away.
        let add = shop.carts.add_line(STORE, &access, line("SHOE-42", 1));
        let _ = futures::poll!(std::pin::pin!(add));
    }
    for _ in 0..500 {
        if shop.carts.get(STORE, &access).await.unwrap().lines[0].quantity == 2 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    panic!("the memory still shows what was before the change");
}

#[tokio::test]
async fn a_line_whose_product_is_gone_stays_and_is_not_for_sale() {
    let shop = Shop::new();
    let access = shop.cart(&[("SHOE-42", 2)]).await;
    shop.shelf.gone.lock().insert("SHOE-42");
    let view = shop.carts.get(STORE, &access).await.unwrap();
    let line = &view.lines[0];
    assert_eq!((line.title.as_str(), line.variant_title.as_str(), line.available), ("A shoe", "Red", false));
    assert_eq!((line.unit_price.amount_minor, line.total.amount_minor), (7_999, 15_998));
}

#[tokio::test]
async fn a_price_that_changed_is_told_until_the_line_is_changed() {
    let shop = Shop::new();
    let access = shop.cart(&[("SHOE-42", 2), ("SHOE-43", 1)]).await;
    let told = async || {
        let view = shop.carts.get(STORE, &access).await.unwrap();
        let line = &view.lines[0];
        assert_eq!(view.lines[1].price_changed_from, None);
        (line.unit_price.amount_minor, line.price_changed_from.map(|from| from.amount_minor), view.version)
    };
    assert_eq!(told().await, (7_999, None, 1));
    *shop.shelf.dearer.lock() = 500;
    assert_eq!(told().await, (8_499, Some(7_999), 1));
    // The same quantity again takes it for seen.
    let line = shop.carts.get(STORE, &access).await.unwrap().lines[0].id;
    shop.carts.change_line(STORE, &access, line, LineChange { quantity: 2 }).await.unwrap();
    assert_eq!(told().await, (8_499, None, 2));
    shop.carts.change_line(STORE, &access, line, LineChange { quantity: 2 }).await.unwrap();
    assert_eq!(told().await, (8_499, None, 2), "and then changes nothing");
    *shop.shelf.dearer.lock() = 0;
    shop.carts.add_line(STORE, &access, self::line("SHOE-42", 1)).await.unwrap();
    assert_eq!(told().await, (7_999, None, 3));
}

#[tokio::test]
async fn a_cart_holds_a_hundred_lines() {
    let shop = Shop::new();
    let lines: Vec<_> = (0..100).map(|i| (format!("BULK-{i}"), 1)).collect();
    let lines: Vec<_> = lines.iter().map(|(sku, n)| (sku.as_str(), *n)).collect();
    let access = shop.cart(&lines).await;
    let refused = shop.carts.add_line(STORE, &access, super::tests::line("BULK-100", 1)).await.unwrap_err();
    assert_eq!(refused.code, "too_many_lines");
    assert!(shop.carts.add_line(STORE, &access, super::tests::line("BULK-7", 1)).await.is_ok());
    let new =
        NewCart { currency: None, lines: (0..101).map(|i| super::tests::line(&format!("BULK-{i}"), 1)).collect() };
    assert_eq!(shop.carts.create(STORE, new).await.unwrap_err().code, "too_many_lines");
}

#[tokio::test]
async fn a_price_that_cannot_be_added_up_is_refused() {
    let shop = Shop::new();
    let access = shop.cart(&[]).await;
    let refused = shop.carts.add_line(STORE, &access, line("ABSURD", 1)).await.unwrap_err();
    assert_eq!(refused.code, "amount_too_large");
}

#[tokio::test]
async fn carts_that_nobody_touches_are_swept() {
    let shop = Shop::new();
    let old = shop.cart(&[("SHOE-42", 1)]).await;
    let kept = shop.cart(&[("SHOE-42", 1)]).await;
    *shop.clock.0.lock() += 50 * 86_400_000;
    shop.carts.add_line(STORE, &kept, line("SHOE-42", 1)).await.unwrap();
    assert_eq!(shop.carts.sweep(STORE).await.unwrap(), 0);
    *shop.clock.0.lock() += 41 * 86_400_000;
    assert_eq!(shop.carts.sweep(STORE).await.unwrap(), 1);
    assert_eq!(shop.carts.get(STORE, &old).await.unwrap_err().kind, ErrorKind::NotFound);
    assert!(shop.carts.get(STORE, &kept).await.is_ok());
}

#[tokio::test]
async fn many_carts_are_made_and_filled_together() {
    let shop = Shop::new();
    let made = futures::future::join_all((0..500).map(|_| shop.cart(&[("SHOE-42", 1)]))).await;
    let ids: BTreeSet<_> = made.iter().map(|access| access.id).collect();
    assert_eq!(ids.len(), 500);
    let filled = made.iter().map(|access| shop.carts.add_line(STORE, access, line("SHOE-43", 2)));
    for view in futures::future::join_all(filled).await {
        assert_eq!(view.unwrap().totals.quantity, 3);
    }
}

fn guest(access: &CartAccess) -> GuestCart {
    GuestCart { id: None, secret: access.secret.clone() }
}

fn customer(n: u128) -> (CustomerId, kernel::Secret) {
    (CustomerId::from_uuid(uuid::Uuid::from_u128(n)), kernel::Secret::new(format!("secret of customer {n}")))
}

async fn joined(shop: &Shop, n: u128, from: Option<&CartAccess>) -> Option<CartAccess> {
    let (id, secret) = customer(n);
    let guest = from.map(guest);
    let cart = shop.carts.join(STORE, id, &secret, guest.as_ref()).await.unwrap();
    cart.map(|id| CartAccess { id, secret })
}

async fn quantities(shop: &Shop, access: &CartAccess) -> Vec<(String, u32)> {
    let view = shop.carts.get(STORE, access).await.unwrap();
    view.lines.iter().map(|line| (line.sku.to_string(), line.quantity)).collect()
}

#[tokio::test]
async fn a_guests_cart_becomes_the_customers_and_changes_its_secret() {
    let shop = Shop::new();
    assert!(joined(&shop, 1, None).await.is_none());
    let first = shop.cart(&[("SHOE-42", 2)]).await;
    let own = joined(&shop, 1, Some(&first)).await.unwrap();
    assert_eq!((own.id, quantities(&shop, &own).await), (first.id, vec![("SHOE-42".to_owned(), 2)]));
    assert_eq!(shop.carts.get(STORE, &first).await.unwrap_err().kind, ErrorKind::NotFound);
    // The answer was lost and the request comes again; and after a restart.
    assert_eq!(joined(&shop, 1, Some(&first)).await.unwrap().id, own.id);
    let shop = shop.reopened();
    assert_eq!(joined(&shop, 1, None).await.unwrap().id, own.id);
    assert_eq!(quantities(&shop, &own).await, [("SHOE-42".to_owned(), 2)]);
}

#[tokio::test]
async fn a_second_cart_is_merged_by_the_larger_quantity_and_is_gone() {
    let shop = Shop::new();
    let own = joined(&shop, 1, Some(&shop.cart(&[("SHOE-42", 2), ("SHOE-43", 5)]).await)).await.unwrap();
    let version = shop.carts.get(STORE, &own).await.unwrap().version;
    let second = shop.cart(&[("SHOE-42", 3), ("SHOE-43", 1), ("BULK-1", 1)]).await;
    shop.carts.add_coupon(STORE, &second, "spring").await.unwrap();
    let expected = [("SHOE-42", 3), ("SHOE-43", 5), ("BULK-1", 1)].map(|(sku, n)| (sku.to_owned(), n));
    for _ in 0..2 {
        let again = joined(&shop, 1, Some(&second)).await.unwrap();
        assert_eq!((again.id, quantities(&shop, &own).await), (own.id, expected.to_vec()));
    }
    let view = shop.carts.get(STORE, &own).await.unwrap();
    assert_eq!((view.version, view.coupons.as_slice()), (version + 1, &["SPRING".to_owned()][..]));
    assert_eq!(shop.carts.get(STORE, &second).await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn another_customers_cart_is_never_adopted() {
    let shop = Shop::new();
    let anns = joined(&shop, 1, Some(&shop.cart(&[("SHOE-42", 2)]).await)).await.unwrap();
    // Even whoever knows the secret of Ann's cart does not get it by logging in as somebody else.
    assert!(joined(&shop, 2, Some(&anns)).await.is_none());
    let bobs = joined(&shop, 2, Some(&shop.cart(&[("SHOE-43", 1)]).await)).await.unwrap();
    assert_eq!(joined(&shop, 2, Some(&anns)).await.unwrap().id, bobs.id);
    assert_eq!(quantities(&shop, &bobs).await, [("SHOE-43".to_owned(), 1)]);
    assert_eq!(quantities(&shop, &anns).await, [("SHOE-42".to_owned(), 2)]);
}

#[tokio::test]
async fn after_an_order_the_next_cart_begins_empty() {
    let shop = Shop::new();
    let own = joined(&shop, 1, Some(&shop.cart(&[("SHOE-42", 2)]).await)).await.unwrap();
    shop.carts.leave(STORE, customer(2).0, own.id).await.unwrap();
    assert!(joined(&shop, 1, None).await.is_some(), "only its customer leaves it");
    shop.carts.leave(STORE, customer(1).0, own.id).await.unwrap();
    assert!(joined(&shop, 1, None).await.is_none());
    assert!(joined(&shop, 1, Some(&own)).await.is_none(), "what was ordered does not come back");
    assert!(joined(&shop, 2, Some(&own)).await.is_none(), "and is nobody else's either");
    let next = joined(&shop, 1, Some(&shop.cart(&[("SHOE-43", 1)]).await)).await.unwrap();
    assert_eq!(quantities(&shop, &next).await, [("SHOE-43".to_owned(), 1)]);
}
