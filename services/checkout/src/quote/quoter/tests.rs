use std::sync::Arc;

use async_trait::async_trait;
use contracts::address::Address;
use contracts::cart::{CartView, LineChange, NewCart, NewLine};
use contracts::catalog::{CategoryNode, CollectionView, ProductCard, ProductQuery, ProductView, Rendered};
use kernel::{CartId, Currency, LineId, Page, ProductId, Sku};

use super::*;

/// A cart with two of `SHOE`, whoever asks.
struct OneCart(CartContent);

#[async_trait]
impl Carts for OneCart {
    async fn create(&self, _: StoreId, _: NewCart) -> Result<CartView> {
        Err(Failure::not_found("cart"))
    }
    async fn get(&self, _: StoreId, _: &CartAccess) -> Result<CartView> {
        Err(Failure::not_found("cart"))
    }
    async fn add_line(&self, _: StoreId, _: &CartAccess, _: NewLine) -> Result<CartView> {
        Err(Failure::not_found("cart"))
    }
    async fn change_line(&self, _: StoreId, _: &CartAccess, _: LineId, _: LineChange) -> Result<CartView> {
        Err(Failure::not_found("cart"))
    }
    async fn remove_line(&self, _: StoreId, _: &CartAccess, _: LineId) -> Result<CartView> {
        Err(Failure::not_found("cart"))
    }
    async fn add_coupon(&self, _: StoreId, _: &CartAccess, _: &str) -> Result<CartView> {
        Err(Failure::not_found("cart"))
    }
    async fn remove_coupon(&self, _: StoreId, _: &CartAccess, _: &str) -> Result<CartView> {
        Err(Failure::not_found("cart"))
    }
    async fn content(&self, _: StoreId, _: &CartAccess) -> Result<CartContent> {
        Ok(self.0.clone())
    }
}

/// Sells `SHOE` in euro.
struct Shelf;

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
        (sku.as_str() == "SHOE" && view.currency == Currency::EUR).then(|| Sellable {
            product: ProductId::from_uuid(uuid::Uuid::nil()),
            handle: "shoe".into(),
            title: "A shoe".into(),
            sku: sku.clone(),
            variant_title: "Red".into(),
            price: Money::new(11_900, Currency::EUR),
            compare_at: None,
            tax_class: "standard".into(),
            weight_g: 500,
            requires_shipping: true,
            available: true,
            image: None,
        })
    }
}

fn content(skus: &[&str], currency: Currency) -> CartContent {
    let line = |sku: &&str| (LineId::from_uuid(uuid::Uuid::nil()), Sku::new(sku).unwrap(), 2);
    CartContent {
        id: CartId::from_uuid(uuid::Uuid::nil()),
        version: 7,
        currency,
        lines: skus.iter().map(line).collect(),
        coupons: Vec::new(),
    }
}

fn to(country: &str) -> QuoteRequest {
    let shipping_address = Some(Address {
        name: String::new(),
        line1: String::new(),
        line2: None,
        city: String::new(),
        region: None,
        postal_code: String::new(),
        country: country.to_owned(),
    });
    QuoteRequest { shipping_address, shipping_option: None }
}

fn quoter(content: CartContent) -> Quoter {
    Quoter::new(Arc::new(OneCart(content)), Arc::new(Shelf), Arc::new(Terms::default()))
}

#[tokio::test]
async fn a_cart_is_quoted_at_the_prices_of_now_and_for_its_version() {
    let access = CartAccess { id: CartId::from_uuid(uuid::Uuid::nil()), secret: kernel::Secret::new(String::new()) };
    let quoter = quoter(content(&["SHOE"], Currency::EUR));
    let quote = quoter.quote(StoreId::DEFAULT, &access, &to("DE")).await.unwrap();
    assert_eq!((quote.cart_version, quote.lines[0].subtotal.amount_minor), (7, 23_800));
    assert_eq!(quote.lines[0].tax.amount_minor, 3_800, "a country is enough for a quote");
}

#[test]
fn what_cannot_be_quoted_says_why() {
    let cases = [
        (content(&[], Currency::EUR), to("DE"), "cart_empty", ""),
        (content(&["SHOE"], Currency::EUR), to("Germany"), "invalid_input", "/shipping_address/country"),
        (content(&["SHOE"], Currency::EUR), to("BR"), "not_delivered", "/shipping_address/country"),
        (
            content(&["SHOE"], Currency::JPY),
            QuoteRequest { shipping_address: None, shipping_option: None },
            "currency_not_sold",
            "",
        ),
        (content(&["SHOE", "GONE"], Currency::EUR), to("DE"), "not_sold", ""),
    ];
    for (content, request, code, pointer) in cases {
        let failure = quoter(content.clone()).quote_content(StoreId::DEFAULT, &content, &request).unwrap_err();
        let found = failure.errors.first().map_or("", |error| &error.pointer);
        assert_eq!((failure.code.as_ref(), found), (code, pointer));
    }
    let gone = content(&["SHOE", "GONE"], Currency::EUR);
    let failure = quoter(gone.clone()).quote_content(StoreId::DEFAULT, &gone, &to("DE")).unwrap_err();
    assert_eq!(failure.extra.unwrap()["lines"][0]["sku"], "GONE");
}
