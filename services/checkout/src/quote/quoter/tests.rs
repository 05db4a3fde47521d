use std::sync::Arc;

use async_trait::async_trait;
use contracts::address::Address;
use contracts::cart::{CartView, LineChange, NewCart, NewLine};
use contracts::catalog::{CategoryNode, CollectionView, ProductCard, ProductQuery, ProductView, Rendered};
use contracts::ledger::{Actor, CouponView, GiftCardView};
use contracts::selling::TermsDocument;
use kernel::{CartId, Currency, LineId, Money, Page, ProductId, Sku};

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
            backorder: false,
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
    QuoteRequest { shipping_address, ..QuoteRequest::default() }
}

/// A gift card of 50.00, and a coupon that is used up.
struct Wallet;

#[async_trait]
impl Vouchers for Wallet {
    async fn put_coupon(&self, _: StoreId, _: &str, _: Option<i64>, _: Actor) -> Result<CouponView> {
        Err(Failure::not_found("coupon"))
    }
    async fn limit_coupon(&self, _: StoreId, _: &str, _: Option<i64>, _: Option<i64>, _: Actor) -> Result<CouponView> {
        Err(Failure::not_found("coupon"))
    }
    async fn coupon(&self, _: StoreId, code: &str) -> Result<Option<CouponView>> {
        let used = CouponView { code: code.to_owned(), limit: Some(3), uses: 3, limit_per_customer: None };
        Ok((code == "GONE").then_some(used))
    }
    async fn issue_gift_card(&self, _: StoreId, _: &Secret, _: Money, _: Actor) -> Result<GiftCardView> {
        Err(Failure::not_found("gift card"))
    }
    async fn gift_card(&self, _: StoreId, code: &Secret) -> Result<Option<GiftCardView>> {
        let (balance, hash) = if code.expose() == "EMPTY-CARD" { (0, 8) } else { (5_000, 7) };
        let balance = Money::new(balance, Currency::EUR);
        let card = GiftCardView { code: code.expose().clone(), balance, code_hash: [hash; 32] };
        Ok(["GIFT-2345-WXYZ", "EMPTY-CARD"].contains(&code.expose().as_str()).then_some(card))
    }
}

struct Noon;

impl kernel::clock::Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-25T12:00:00Z").unwrap()
    }
}

fn quoter_of(content: CartContent, documents: Vec<TermsDocument>) -> Quoter {
    let terms = Arc::new(Terms::default());
    let snapshots = Snapshots::new(terms.clone());
    let documents = documents.into_iter().map(|d| ((d.kind(), d.handle().to_owned()), d)).collect();
    snapshots.replace(StoreId::DEFAULT, Selling::new(terms, documents));
    Quoter::new(QuoterParts {
        carts: Arc::new(OneCart(content)),
        catalog: Arc::new(Shelf),
        terms: Arc::new(snapshots),
        vouchers: Arc::new(Wallet),
        clock: Arc::new(Noon),
    })
}

fn quoter(content: CartContent) -> Quoter {
    quoter_of(content, Vec::new())
}

async fn ask(quoter: &Quoter, request: &QuoteRequest) -> Result<Quote> {
    let access = CartAccess { id: CartId::from_uuid(uuid::Uuid::nil()), secret: Secret::new(String::new()) };
    quoter.quote(StoreId::DEFAULT, &access, request).await
}

#[tokio::test]
async fn a_cart_is_quoted_at_the_prices_of_now_and_for_its_version() {
    let quote = ask(&quoter(content(&["SHOE"], Currency::EUR)), &to("DE")).await.unwrap();
    assert_eq!((quote.cart_version, quote.lines[0].subtotal.amount_minor), (7, 23_800));
    assert_eq!(quote.lines[0].tax.amount_minor, 3_800, "a country is enough for a quote");
}

#[tokio::test]
async fn what_cannot_be_quoted_says_why() {
    let cases = [
        (content(&[], Currency::EUR), to("DE"), "cart_empty", ""),
        (content(&["SHOE"], Currency::EUR), to("Germany"), "invalid_input", "/shipping_address/country"),
        (content(&["SHOE"], Currency::EUR), to("BR"), "not_delivered", "/shipping_address/country"),
        (content(&["SHOE"], Currency::JPY), QuoteRequest::default(), "currency_not_sold", ""),
        (content(&["SHOE", "GONE"], Currency::EUR), to("DE"), "not_sold", ""),
    ];
    for (content, request, code, pointer) in cases {
        let failure = ask(&quoter(content), &request).await.unwrap_err();
        let found = failure.errors.first().map_or("", |error| &error.pointer);
        assert_eq!((failure.code.as_ref(), found), (code, pointer));
    }
    let gone = content(&["SHOE", "GONE"], Currency::EUR);
    let failure = ask(&quoter(gone), &to("DE")).await.unwrap_err();
    assert_eq!(failure.extra.unwrap()["lines"][0]["sku"], "GONE");
}

#[tokio::test]
async fn gift_cards_are_known_by_their_code_and_named_by_its_end() {
    let codes = ["gift 2345", "GIFT-2345-WXYZ", "GIFT-2345-WXYZ", "EMPTY-CARD", "<script>"];
    let request = QuoteRequest { gift_cards: codes.map(str::to_owned).to_vec(), ..to("DE") };
    let quoter = quoter(content(&["SHOE"], Currency::EUR));
    let quote = ask(&quoter, &request).await.unwrap();
    assert_eq!((quote.gift_cards.len(), quote.gift_cards[0].ending.as_str()), (1, "WXYZ"), "named twice, it pays once");
    assert_eq!((quote.gift_cards[0].code_hash, quote.totals.gift_card.amount_minor), ([7; 32], 5_000));
    let told: Vec<_> = quote.notes.iter().map(|n| (n.reason, n.code.as_deref().unwrap())).collect();
    use NoteReason::{EmptyGiftCard, UnknownGiftCard};
    assert_eq!(told, [(UnknownGiftCard, "2345"), (EmptyGiftCard, "CARD"), (UnknownGiftCard, "RIPT")]);
    let six = QuoteRequest { gift_cards: vec!["X".to_owned(); 6], ..to("DE") };
    assert_eq!(ask(&quoter, &six).await.unwrap_err().errors[0].code, "too_many_gift_cards");
}

#[tokio::test]
async fn a_business_abroad_owes_its_vat_when_the_shop_lets_it() {
    let with = |reverse_charge| {
        let mut settings = Selling::of(Arc::new(Terms::default())).settings;
        settings.reverse_charge = reverse_charge;
        quoter_of(content(&["SHOE"], Currency::EUR), vec![TermsDocument::Settings(settings)])
    };
    let asked = async |reverse_charge, country: &str, id: &str| {
        let request = QuoteRequest { vat_id: Some(id.to_owned()), ..to(country) };
        let quote = ask(&with(reverse_charge), &request).await.unwrap();
        (quote.reverse_charge, quote.notes.first().map(|n| n.reason))
    };
    use NoteReason::{InvalidVatId, VatIdOfAnotherCountry};
    assert_eq!(asked(true, "FR", "FR 40 303 265 045").await, (true, None));
    assert_eq!(asked(false, "FR", "FR40303265045").await, (false, None));
    assert_eq!(asked(true, "FR", "FR41303265045").await, (false, Some(InvalidVatId)));
    assert_eq!(asked(true, "AT", "FR40303265045").await, (false, Some(VatIdOfAnotherCountry)));
    assert_eq!(asked(true, "DE", "DE136695976").await, (false, None), "at home VAT is charged");
    assert_eq!(asked(true, "CH", "FR40303265045").await, (false, None), "outside the union it is an export");
    assert_eq!(asked(true, "FR", "  ").await, (false, None));
}

fn ordered(country: &str, vat_id: Option<&str>, currency: &str) -> OrderView {
    let zero = serde_json::json!({ "amount_minor": 0, "currency": currency });
    let id = "0190d0a0-0000-7000-8000-000000000001";
    serde_json::from_value(serde_json::json!({
        "id": id, "number": "1001", "status": "confirmed", "payment_status": "paid",
        "fulfilment_status": "unfulfilled", "currency": currency, "cart_id": id, "cart_version": 3,
        "placed_at": "2026-01-02T03:04:05Z", "lines": [], "discounts": [], "tax_lines": [],
        "shipping_option": "standard", "shipping_name": "Standard", "captured": zero, "refunded": zero,
        "totals": {
            "items": zero, "discount": zero, "shipping": zero, "tax": zero, "tax_added": zero, "total": zero,
            "gift_card": zero, "due": zero,
        },
        "shipments": [], "refunds": [], "returns": [], "timeline": [],
        "contact": {
            "email": "ann@mail.test", "vat_id": vat_id,
            "shipping_address": {
                "name": "Ann", "line1": "1 High Street", "city": "X", "postal_code": "1", "country": country,
            },
        },
    }))
    .unwrap()
}

#[test]
fn what_is_added_to_an_order_costs_what_it_costs_now() {
    let quoter = quoter(content(&[], Currency::EUR));
    let line = |sku: &str, quantity, unit_price| AddLine { sku: Sku::new(sku).unwrap(), quantity, unit_price };
    let added = |order: &OrderView, line| quoter.added(StoreId::DEFAULT, order, &[line]);
    let amounts = |line: &AddedLine| {
        let placed = &line.line;
        assert_eq!(placed.tax_rate, Some(line.tax_rate));
        (placed.unit_minor, placed.tax_minor, placed.total_minor, line.tax_rate.ppm(), line.tax_included)
    };
    let german = ordered("DE", None, "EUR");
    let now = added(&german, line("SHOE", 2, None)).unwrap();
    assert_eq!(amounts(&now[0]), (11_900, 3_800, 23_800, 190_000, true));
    let given = added(&german, line("SHOE", 2, Some(Money::new(100, Currency::EUR)))).unwrap();
    assert_eq!(amounts(&given[0]), (100, 32, 200, 190_000, true));
    // The tax follows the order: at the rate of its country, and owed by the buyer where it was before.
    assert_eq!(added(&ordered("FR", None, "EUR"), line("SHOE", 1, None)).unwrap()[0].tax_rate.ppm(), 200_000);
    let business = added(&ordered("FR", Some("FR40303265045"), "EUR"), line("SHOE", 1, None)).unwrap();
    assert_eq!(amounts(&business[0]), (9_917, 0, 9_917, 0, false));

    let refused = |order: &OrderView, line| {
        let failure = added(order, line).unwrap_err();
        (failure.code.to_string(), failure.errors.first().map_or(String::new(), |e| e.pointer.clone()))
    };
    let dollars = line("SHOE", 1, Some(Money::new(1, Currency::USD)));
    assert_eq!(refused(&german, dollars), ("invalid_input".into(), "/add/0/unit_price/currency".into()));
    assert_eq!(refused(&german, line("GONE", 1, None)).0, "not_sold");
    assert_eq!(refused(&german, line("SHOE", 999, Some(Money::new(i64::MAX, Currency::EUR)))).0, "amount_too_large");
    let erased = OrderView { contact: None, ..german };
    assert_eq!(refused(&erased, line("SHOE", 1, None)).0, "address_erased");
}
