//! A shop in memory: the contracts answered by the simplest thing that behaves like the services.
#![allow(clippy::unwrap_used, reason = "tests may end here")]

pub(crate) mod accounts;
pub(crate) mod goods;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use contracts::cart::{
    CartAccess, CartContent, CartLineView, CartTotals, CartView, Carts, LineChange, NewCart, NewLine,
};
use contracts::catalog::{
    CatalogRead, CategoryNode, CollectionView, ProductCard, ProductQuery, ProductSort, ProductView, Rendered, Sellable,
    View,
};
use contracts::checkout::{Checkout, PlaceOrder, Placed, Quote, QuoteRequest};
use contracts::ledger::{
    Actor, Answer, CancelRequest, FulfilmentStatus, Idempotency, NextAction, NoteRequest, OrderFilter, OrderStatus,
    OrderSummary, OrderView, Orders, PaymentStatus, ReceiveReturnRequest, RefundRequest, ReturnRequest,
    ShipmentRequest, StoredResponse,
};
use contracts::search::{Facet, FacetKind, FacetValue, Matched, Search, SearchAnswer, SearchRequest, Suggestions};
use contracts::selling::{GroupPrices, ShelfTag, Shopper};
use kernel::{
    Cursor, Failure, LineId, Money, OrderId, Page, PageRequest, ReturnId, Secret, SeededRng, ShipmentId, Sku, StoreId,
    Timestamp,
};
use storefront::Storefront;

type Result<T> = contracts::Result<T>;

/// What the tests look at and turn.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) generation: AtomicU64,
    /// How often a product was looked up: a page from the cache looks up none.
    pub(crate) lookups: AtomicU64,
    products: Mutex<Vec<Arc<ProductView>>>,
    /// Those who have prices of their own.
    pub(crate) group: Mutex<Vec<kernel::CustomerId>>,
    carts: Mutex<HashMap<String, CartView>>,
    ids: AtomicU64,
    pub(crate) orders: Mutex<HashMap<OrderId, OrderView>>,
    answers: Mutex<HashMap<OrderId, ([u8; 32], u16)>>,
}

struct FixedClock;

impl kernel::Clock for FixedClock {
    fn now(&self) -> Timestamp {
        goods::NOW
    }
}

/// A shop with `products` products, and the world behind it.
pub(crate) fn shop(products: u64) -> (Storefront, Arc<World>) {
    const NAMES: [&str; 8] = [
        "Fjord Runner",
        "Moss Low",
        "Harbour Boot",
        "Tidewalker",
        "Linden Loafer",
        "Kiln Clog",
        "Drift Trainer",
        "Alder Derby",
    ];
    let world = Arc::new(World::default());
    world.products.lock().unwrap().extend((0..products).map(|n| {
        let name = NAMES[usize::try_from(n).unwrap() % NAMES.len()];
        Arc::new(goods::product(&format!("shoe-{n}"), &format!("{name} {}", n + 1), n))
    }));
    let storefront = Storefront {
        catalog: world.clone(),
        carts: world.clone(),
        checkout: world.clone(),
        orders: world.clone(),
        customers: Arc::new(accounts::Door),
        past_orders: Arc::new(accounts::Door),
        search: world.clone(),
        group_prices: world.clone(),
        markets: goods::markets(),
        store: StoreId::DEFAULT,
        name: "Argosy".to_owned(),
        base_url: None,
        clock: Arc::new(FixedClock),
        rng: Arc::new(SeededRng::new(7)),
    };
    (storefront, world)
}

fn priced(product: &ProductView, view: &View) -> ProductView {
    let mut product = product.clone();
    let into = |money: Money| Money::new(money.amount_minor, view.currency);
    product.price_min = into(product.price_min);
    product.price_max = into(product.price_max);
    for variant in &mut product.variants {
        variant.price = into(variant.price);
        variant.compare_at_price = variant.compare_at_price.map(into);
    }
    product
}

impl World {
    /// Changes the catalog and tells its generation.
    #[allow(dead_code, reason = "the preview changes nothing")]
    pub(crate) fn change_products(&self, change: impl Fn(&mut ProductView)) {
        for product in self.products.lock().unwrap().iter_mut() {
            change(Arc::make_mut(product));
        }
        self.generation.fetch_add(1, Ordering::SeqCst);
    }

    fn find(&self, handle: &str) -> Option<Arc<ProductView>> {
        self.products.lock().unwrap().iter().find(|product| product.handle == handle).cloned()
    }

    fn next_id(&self) -> SeededRng {
        SeededRng::new(1_000 + self.ids.fetch_add(1, Ordering::SeqCst))
    }

    fn with_cart<T>(&self, access: &CartAccess, change: impl FnOnce(&mut CartView) -> Result<T>) -> Result<CartView> {
        let mut carts = self.carts.lock().unwrap();
        let cart = carts
            .values_mut()
            .find(|cart| cart.id == access.id && access.secret.matches("s3cret"))
            .ok_or_else(|| Failure::not_found("cart"))?;
        change(cart)?;
        let view = View { currency: cart.currency, locale: "en".to_owned() };
        for line in &mut cart.lines {
            let now = self.sellable(StoreId::DEFAULT, &line.sku, &view).ok_or_else(|| Failure::not_found("variant"))?;
            line.unit_price = now.price;
            line.available = now.available;
            line.total = now.price.times(i64::from(line.quantity)).unwrap();
        }
        let sum = |sum: Money, line: &CartLineView| sum.plus(line.total).unwrap();
        cart.totals = CartTotals {
            quantity: cart.lines.iter().map(|line| line.quantity).sum(),
            items: cart.lines.iter().fold(Money::zero(cart.currency), sum),
        };
        Ok(cart.clone())
    }

    fn put(&self, cart: &mut CartView, line: NewLine) -> Result<()> {
        let view = View { currency: cart.currency, locale: "en".to_owned() };
        let found = self.sellable(StoreId::DEFAULT, &line.sku, &view).filter(|found| found.available);
        let found = found.ok_or_else(|| Failure::conflict("out_of_stock", "This is sold out."))?;
        cart.version += 1;
        if let Some(same) = cart.lines.iter_mut().find(|known| known.sku == line.sku) {
            same.quantity += line.quantity;
            return Ok(());
        }
        cart.lines.push(CartLineView {
            id: LineId::new(goods::NOW, &self.next_id()),
            sku: line.sku,
            quantity: line.quantity,
            product_handle: found.handle,
            title: found.title,
            variant_title: found.variant_title,
            unit_price: found.price,
            compare_at_price: None,
            price_changed_from: None,
            total: found.price,
            available: true,
            backorder: false,
            image: found.image,
        });
        Ok(())
    }
}

impl CatalogRead for World {
    fn generation(&self, _: StoreId) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    fn product(&self, _: StoreId, handle: &str, view: &View) -> Option<Arc<ProductView>> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        self.find(handle).map(|product| Arc::new(priced(&product, view)))
    }

    fn product_json(&self, _: StoreId, _: &str, _: &View) -> Option<Rendered> {
        unreachable!("pages do not show JSON")
    }

    fn products(&self, _: StoreId, query: &ProductQuery, view: &View) -> Result<Arc<Page<ProductCard>>> {
        let start = match &query.page.cursor {
            Some(cursor) => Cursor::decode(cursor, 1)?[0].parse::<usize>().map_err(Failure::internal)?,
            None => 0,
        };
        let of_category = |product: &ProductView| {
            query
                .category
                .as_deref()
                .is_none_or(|wanted| wanted == "shoes" || product.category.as_deref() == Some(wanted))
        };
        let products = self.products.lock().unwrap();
        let mut found: Vec<ProductView> =
            products.iter().filter(|product| of_category(product)).map(|product| priced(product, view)).collect();
        match query.sort {
            ProductSort::PriceAsc => found.sort_by_key(|product| product.price_min.amount_minor),
            ProductSort::PriceDesc => found.sort_by_key(|product| -product.price_min.amount_minor),
            ProductSort::Title => found.sort_by(|a, b| a.title.cmp(&b.title)),
            ProductSort::Newest => {}
        }
        let end = found.len().min(start + query.page.limit as usize);
        let next_cursor = (end < found.len()).then(|| Cursor::encode(&[&end.to_string()]).as_str().to_owned());
        Ok(Arc::new(Page { items: found[start.min(end)..end].iter().map(goods::card_of).collect(), next_cursor }))
    }

    fn products_json(&self, _: StoreId, _: &ProductQuery, _: &View) -> Result<Rendered> {
        unreachable!("pages do not show JSON")
    }

    fn categories(&self, _: StoreId, _: &str) -> Arc<Vec<CategoryNode>> {
        Arc::new(goods::categories())
    }

    fn collections(&self, _: StoreId, _: &str) -> Arc<Vec<CollectionView>> {
        Arc::new(goods::collections())
    }

    fn sellable(&self, _: StoreId, sku: &Sku, view: &View) -> Option<Sellable> {
        let products = self.products.lock().unwrap();
        products.iter().find_map(|product| {
            let variant = product.variants.iter().find(|variant| variant.sku == *sku)?;
            Some(Sellable {
                product: product.id,
                handle: product.handle.clone(),
                title: product.title.clone(),
                sku: sku.clone(),
                variant_title: variant.options.values().cloned().collect::<Vec<_>>().join(" / "),
                price: Money::new(variant.price.amount_minor, view.currency),
                compare_at: None,
                tax_class: "standard".to_owned(),
                weight_g: 500,
                requires_shipping: true,
                available: variant.available,
                backorder: variant.backorder,
                image: variant.image.and_then(|index| product.images.get(index)).cloned(),
            })
        })
    }
}

impl Search for World {
    fn generation(&self, _: StoreId) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Finds titles that contain the words, and knows one facet.
    fn search(&self, _: StoreId, request: &SearchRequest, view: &View) -> Result<Arc<SearchAnswer>> {
        if let Some(filter) = request.filters.iter().find(|filter| filter.name != "colour") {
            return Err(Failure::field(
                format!("/filter.{}", filter.name),
                "unknown_filter",
                "There is no such filter.",
            ));
        }
        let words = request.query.to_lowercase();
        let wanted: Vec<&String> = request.filters.iter().flat_map(|filter| &filter.values).collect();
        let products = self.products.lock().unwrap();
        let fits = |product: &&Arc<ProductView>| {
            words.split(' ').all(|word| product.title.to_lowercase().contains(word))
                && (wanted.is_empty() || product.options[0].values.iter().any(|value| wanted.contains(&value)))
        };
        let hits: Vec<Arc<ProductCard>> =
            products.iter().filter(fits).map(|product| Arc::new(goods::card_of(&priced(product, view)))).collect();
        let count = u32::try_from(hits.len()).unwrap();
        let value = |value: &str| FacetValue {
            value: value.to_owned(),
            label: value.to_owned(),
            count,
            selected: wanted.iter().any(|wanted| *wanted == value),
        };
        let values = vec![value("Black"), value("Red")];
        let facet = Facet { name: "colour".to_owned(), kind: FacetKind::Option, label: "Colour".to_owned(), values };
        Ok(Arc::new(SearchAnswer {
            hits,
            facets: vec![facet],
            total: count,
            matched: Matched::All,
            corrected: None,
            next_cursor: None,
        }))
    }

    fn suggest(&self, _: StoreId, _: &str, _: &View) -> Result<Suggestions> {
        unreachable!("pages ask for suggestions through the API")
    }
}

/// Customers of a group pay half.
impl GroupPrices for World {
    fn has_own(&self, shopper: &Shopper<'_>) -> bool {
        self.group.lock().unwrap().contains(&shopper.customer)
    }

    fn tag(&self, _: &Shopper<'_>, _: &Sku, shelf: ShelfTag) -> ShelfTag {
        ShelfTag { unit: Money::new(shelf.unit.amount_minor / 2, shelf.unit.currency), compare_at: None }
    }
}

#[async_trait]
impl Carts for World {
    async fn create(&self, _: StoreId, new: NewCart) -> Result<CartView> {
        let mut cart = goods::cart("");
        cart.id = kernel::CartId::new(goods::NOW, &self.next_id());
        cart.version = 1;
        cart.currency = new.currency.unwrap();
        cart.lines.clear();
        for line in new.lines {
            self.put(&mut cart, line)?;
        }
        self.carts.lock().unwrap().insert(cart.id.to_string(), cart.clone());
        let access = CartAccess { id: cart.id, secret: Secret::new("s3cret".to_owned()) };
        let cart = self.with_cart(&access, |_| Ok(()))?;
        Ok(CartView { secret: Some("s3cret".to_owned()), ..cart })
    }

    async fn get(&self, _: StoreId, access: &CartAccess) -> Result<CartView> {
        self.with_cart(access, |_| Ok(()))
    }

    async fn add_line(&self, _: StoreId, access: &CartAccess, line: NewLine) -> Result<CartView> {
        self.with_cart(access, |cart| self.put(cart, line))
    }

    async fn change_line(&self, _: StoreId, access: &CartAccess, line: LineId, change: LineChange) -> Result<CartView> {
        self.with_cart(access, |cart| {
            let line =
                cart.lines.iter_mut().find(|known| known.id == line).ok_or_else(|| Failure::not_found("line"))?;
            line.quantity = change.quantity;
            cart.version += 1;
            Ok(())
        })
    }

    async fn remove_line(&self, _: StoreId, access: &CartAccess, line: LineId) -> Result<CartView> {
        self.with_cart(access, |cart| {
            cart.lines.retain(|known| known.id != line);
            cart.version += 1;
            Ok(())
        })
    }

    async fn add_coupon(&self, _: StoreId, access: &CartAccess, code: &str) -> Result<CartView> {
        self.with_cart(access, |cart| {
            if code.is_empty() {
                return Err(Failure::field("/code", "invalid_coupon_code", "This is no code."));
            }
            cart.coupons.push(code.to_uppercase());
            cart.version += 1;
            Ok(())
        })
    }

    async fn remove_coupon(&self, _: StoreId, access: &CartAccess, code: &str) -> Result<CartView> {
        self.with_cart(access, |cart| {
            cart.coupons.retain(|known| known != code);
            cart.version += 1;
            Ok(())
        })
    }

    async fn content(&self, _: StoreId, access: &CartAccess) -> Result<CartContent> {
        let cart = self.with_cart(access, |_| Ok(()))?;
        let lines = cart.lines.into_iter().map(|line| (line.id, line.sku, line.quantity)).collect();
        Ok(CartContent { id: cart.id, version: cart.version, currency: cart.currency, lines, coupons: Vec::new() })
    }
}

/// The secret of every order here.
pub(crate) const ORDER_SECRET: &str = "0rder-secret";

#[async_trait]
impl Checkout for World {
    async fn quote(&self, _: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote> {
        let cart = self.with_cart(access, |_| Ok(()))?;
        let mut quote = goods::quote("Standard");
        let into = |minor| Money::new(minor, cart.currency);
        // France costs more to send to, so that a change of country is a change of the total.
        let to_france = request.shipping_address.as_ref().is_some_and(|address| address.country == "FR");
        let shipping = if to_france { 990 } else { 490 };
        quote.shipping_options[0].price = into(shipping);
        quote.shipping_options[1].price = into(shipping + 500);
        "Express".clone_into(&mut quote.shipping_options[1].name);
        let chosen = request.shipping_option.clone().unwrap_or_else(|| "standard".to_owned());
        let Some(option) = quote.shipping_options.iter().find(|option| option.handle == chosen) else {
            return Err(Failure::field("/shipping_option", "unknown_option", "There is no such shipping option."));
        };
        let totals = &mut quote.totals;
        totals.items = cart.totals.items;
        totals.shipping = option.price;
        totals.tax_added = into(0);
        let has = |code: &str| cart.coupons.iter().any(|known| known == code);
        totals.discount = into(if has("TEN") { 1_000 } else { 0 });
        totals.total = cart.totals.items.minus(totals.discount).unwrap().plus(option.price).unwrap();
        totals.gift_card = into(if request.gift_cards.is_empty() { 0 } else { 2_500 });
        totals.due = totals.total.minus(totals.gift_card).unwrap();
        let (gift_card, discount) = (totals.gift_card, totals.discount);
        quote.shipping_option = Some(chosen);
        quote.discounts.clear();
        if has("TEN") {
            let lines = vec![contracts::checkout::LineDiscount { line: 1, amount: discount }];
            let ten = contracts::checkout::Discount::of_goods("Ten off", Some("TEN".to_owned()), discount);
            quote.discounts.push(contracts::checkout::Discount { lines, ..ten });
        }
        for code in cart.coupons.iter().filter(|code| *code != "TEN") {
            quote.notes.push(goods::note(code));
        }
        for card in request.gift_cards.iter().take(1) {
            let ending = card.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
            let (balance, amount, code_hash) = (into(9_900), gift_card, [0; 32]);
            quote.gift_cards.push(contracts::checkout::GiftCardUse { ending, balance, amount, code_hash });
        }
        quote.tax_lines.truncate(1);
        quote.tax_lines[0].amount = quote.totals.total.included_share(quote.tax_lines[0].rate).unwrap();
        let template = quote.lines[0].clone();
        quote.lines = cart
            .lines
            .iter()
            .map(|line| contracts::checkout::QuoteLine {
                sku: line.sku.clone(),
                product_handle: line.product_handle.clone(),
                title: line.title.clone(),
                variant_title: line.variant_title.clone(),
                quantity: line.quantity,
                unit_price: line.unit_price,
                subtotal: line.total,
                available: line.available,
                backorder: line.backorder,
                image: line.image.as_ref().map(|image| image.sizes[0].url.clone()),
                ..template.clone()
            })
            .collect();
        (quote.cart_id, quote.cart_version) = (cart.id, cart.version);
        Ok(quote)
    }

    async fn place(
        &self,
        store: StoreId,
        access: &CartAccess,
        order: PlaceOrder,
        idempotency: Idempotency,
        _: Option<String>,
    ) -> Result<Placed> {
        let id = OrderId::derive(0, &idempotency.scope, &idempotency.key);
        let answer = |id: OrderId, status: u16, body: serde_json::Value, replayed| Placed {
            order_id: id,
            secret: Secret::new(ORDER_SECRET.to_owned()),
            response: StoredResponse { status, location: None, body: body.to_string().into() },
            replayed,
        };
        if let Some((fingerprint, status)) = self.answers.lock().unwrap().get(&id) {
            if *fingerprint != idempotency.fingerprint {
                return Err(Failure::invalid("idempotency_key_reused", "This key belongs to another request."));
            }
            return Ok(answer(id, *status, serde_json::json!({}), true));
        }
        let request = QuoteRequest {
            shipping_address: Some(order.shipping_address.clone()),
            shipping_option: Some(order.shipping_option.clone()),
            gift_cards: order.gift_cards.clone(),
            ..QuoteRequest::default()
        };
        let quote = self.quote(store, access, &request).await?;
        if order.cart_version != quote.cart_version {
            return Err(Failure::conflict("cart_changed", "The cart has changed."));
        }
        if order.expected_total.is_some_and(|expected| expected != quote.totals.total) {
            return Err(Failure::conflict("price_changed", "The total is another one now."));
        }
        if order.expected_due.is_some_and(|expected| expected != quote.totals.due) {
            return Err(Failure::conflict("price_changed", "What is left to pay is another amount now."));
        }
        let mut view = goods::order("x");
        view.id = id;
        view.lines.truncate(1);
        (view.cart_id, view.cart_version) = (quote.cart_id, quote.cart_version);
        (view.totals, view.tax_lines, view.currency) =
            (quote.totals, quote.tax_lines, quote.lines[0].unit_price.currency);
        quote.lines[0].title.clone_into(&mut view.lines[0].title);
        view.contact.as_mut().unwrap().shipping_address = order.shipping_address;
        (view.shipments, view.refunds, view.returns) = (Vec::new(), Vec::new(), Vec::new());
        view.timeline.truncate(1);
        "The order was placed.".clone_into(&mut view.timeline[0].text);
        let mut body = serde_json::json!({ "id": id });
        let mut status = 201;
        match order.payment.token.as_str() {
            "tok_3ds" => {
                view.next_action =
                    Some(NextAction { kind: "redirect".to_owned(), url: "/test-provider/3ds".to_owned() });
                body["next_action"] = serde_json::json!(view.next_action);
                (view.status, view.payment_status, status) = (OrderStatus::Pending, PaymentStatus::RequiresAction, 202);
            }
            "tok_slow" => {
                (view.status, view.payment_status, status) = (OrderStatus::Pending, PaymentStatus::Unknown, 202)
            }
            "tok_decline" => {
                body = serde_json::json!({ "code": "card_declined", "detail": "Declined." });
                (view.status, view.payment_status, status) = (OrderStatus::PaymentFailed, PaymentStatus::Declined, 402);
            }
            _ => {}
        }
        if status != 202 {
            view.next_action = None;
        }
        view.fulfilment_status = FulfilmentStatus::Unfulfilled;
        self.orders.lock().unwrap().insert(id, view);
        self.answers.lock().unwrap().insert(id, (idempotency.fingerprint, status));
        Ok(answer(id, status, body, false))
    }

    async fn resume(&self, _: StoreId, order: OrderId) -> Result<()> {
        if let Some(order) = self.orders.lock().unwrap().get_mut(&order)
            && order.payment_status == PaymentStatus::RequiresAction
        {
            order.next_action = None;
            (order.status, order.payment_status) = (OrderStatus::Confirmed, PaymentStatus::Paid);
        }
        Ok(())
    }

    fn order_secret(&self, _: OrderId) -> Secret {
        Secret::new(ORDER_SECRET.to_owned())
    }
}

#[async_trait]
impl Orders for World {
    async fn order(&self, _: StoreId, id: OrderId) -> Result<Option<OrderView>> {
        Ok(self.orders.lock().unwrap().get(&id).cloned())
    }

    async fn orders(&self, _: StoreId, _: OrderFilter, _: PageRequest) -> Result<Page<OrderSummary>> {
        unreachable!("shoppers see one order at a time")
    }

    async fn cancel(&self, _: StoreId, _: OrderId, _: CancelRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        unreachable!("the pages only read orders")
    }

    async fn ship(&self, _: StoreId, _: OrderId, _: ShipmentRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        unreachable!("the pages only read orders")
    }

    async fn deliver(&self, _: StoreId, _: OrderId, _: ShipmentId, _: Idempotency, _: Actor) -> Result<Answer> {
        unreachable!("the pages only read orders")
    }

    async fn refund(&self, _: StoreId, _: OrderId, _: RefundRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        unreachable!("the pages only read orders")
    }

    async fn request_return(
        &self,
        _: StoreId,
        _: OrderId,
        _: ReturnRequest,
        _: Idempotency,
        _: Actor,
    ) -> Result<Answer> {
        unreachable!("the pages only read orders")
    }

    async fn receive_return(
        &self,
        _: StoreId,
        _: OrderId,
        _: ReturnId,
        _: ReceiveReturnRequest,
        _: Idempotency,
        _: Actor,
    ) -> Result<Answer> {
        unreachable!("the pages only read orders")
    }

    async fn note(&self, _: StoreId, _: OrderId, _: NoteRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        unreachable!("the pages only read orders")
    }
}
