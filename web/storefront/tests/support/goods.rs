//! Things to show: products, carts, quotes and orders with the texts that a test asks for.
#![allow(clippy::unwrap_used, reason = "tests may end here")]
#![allow(dead_code, reason = "each of the targets that include this file uses a part of it")]

use std::collections::BTreeMap;

use contracts::address::Address;
use contracts::cart::{CartLineView, CartTotals, CartView};
use contracts::catalog::{
    AttributeValue, CategoryNode, CollectionView, ImageSize, ImageView, ProductCard, ProductOption, ProductView,
    VariantView,
};
use contracts::checkout::{
    Discount, GiftCardUse, NoteReason, Quote, QuoteLine, QuoteNote, ShippingOption, TaxLine, Totals,
};
use contracts::ledger::{
    Contact, FulfilmentStatus, LineQuantity, NextAction, OrderLineView, OrderStatus, OrderView, PaymentStatus,
    RefundState, RefundView, ReturnStatus, ReturnView, ShipmentStatus, ShipmentView, TimelineEntry,
};
use contracts::market::Market;
use kernel::{
    CartId, Currency, LineId, Money, OrderId, ProductId, Rate, RefundId, ReturnId, SeededRng, ShipmentId, Sku,
    Timestamp,
};

/// A text that must never arrive unescaped.
pub(crate) const HOSTILE: &str = "<script>alert(\"x\")</script>'&amp;<img src=x onerror=alert(1)>";

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

pub(crate) fn markets() -> Vec<Market> {
    let market = |handle: &str, name: &str, currency, locale: &str, countries: &[&str], prices_include_tax| Market {
        handle: handle.to_owned(),
        name: name.to_owned(),
        currency,
        locale: locale.to_owned(),
        countries: countries.iter().map(|code| (*code).to_owned()).collect(),
        prices_include_tax,
    };
    vec![
        market("eu", "Europe", Currency::EUR, "de", &["DE", "AT", "FR", "NL"], true),
        market("uk", "United Kingdom", Currency::GBP, "en-GB", &["GB"], true),
        market("us", "United States", Currency::USD, "en", &[], false),
    ]
}

fn eur(amount_minor: i64) -> Money {
    Money::new(amount_minor, Currency::EUR)
}

pub(crate) fn image(name: &str) -> ImageView {
    image_with(&format!("/media/{name}"), HOSTILE)
}

pub(crate) fn image_with(base: &str, alt: &str) -> ImageView {
    let size = |width| ImageSize { width, url: format!("{base}-{width}.svg") };
    ImageView {
        url: format!("{base}-1200.svg"),
        sizes: vec![size(160), size(480), size(1200)],
        alt: alt.to_owned(),
        width: 1200,
        height: 1200,
    }
}

pub(crate) fn card(handle: &str, title: &str) -> ProductCard {
    card_of(&product(handle, title, 0))
}

pub(crate) fn sold_out_card() -> ProductCard {
    ProductCard { available: false, compare_at_price: None, image: None, ..card("sold-out", "Sold out") }
}

/// The card of a product, as a list shows it.
pub(crate) fn card_of(product: &ProductView) -> ProductCard {
    ProductCard {
        id: product.id,
        handle: product.handle.clone(),
        title: product.title.clone(),
        vendor: product.vendor.clone(),
        price_min: product.price_min,
        price_max: product.price_max,
        compare_at_price: product.variants.first().and_then(|variant| variant.compare_at_price),
        available: product.available,
        image: product.images.first().cloned(),
        swatches: product.options.first().map(|option| option.values.clone()).unwrap_or_default(),
    }
}

/// A product in two colours and three sizes; black is not made in 44, and red 42 is sold out.
pub(crate) fn product(handle: &str, title: &str, seed: u64) -> ProductView {
    let price = eur(7_900 + i64::try_from(seed % 9).unwrap() * 1_000);
    let compare_at_price = (seed % 4 == 1).then(|| price.plus(eur(2_000)).unwrap());
    let mut variants = Vec::new();
    for (index, colour) in ["Black", "Red"].into_iter().enumerate() {
        for size in ["40", "42", "44"] {
            if (colour, size) == ("Black", "44") {
                continue;
            }
            variants.push(VariantView {
                lowest_price_30_days: None,
                sku: Sku::new(&format!("{}-{colour}-{size}", handle.to_uppercase())).unwrap(),
                options: BTreeMap::from([
                    ("Colour".to_owned(), colour.to_owned()),
                    ("Size".to_owned(), size.to_owned()),
                ]),
                price,
                compare_at_price,
                available: (colour, size) != ("Red", "42"),
                backorder: false,
                backorder_until: None,
                image: Some(index),
            });
        }
    }
    ProductView {
        id: ProductId::new(NOW, &SeededRng::new(seed)),
        handle: handle.to_owned(),
        title: title.to_owned(),
        description_html:
            "<p>Light, quiet and made to last: a shoe for long days.</p><ul><li>Recycled upper</li><li>Sole \
            that can be replaced</li></ul>"
                .to_owned(),
        vendor: "Fjordwerk".to_owned(),
        product_type: "shoe".to_owned(),
        category: Some("sneakers".to_owned()),
        collections: vec!["everyday".to_owned()],
        tags: Vec::new(),
        attributes: BTreeMap::from([
            ("upper_material".to_owned(), AttributeValue::Text(title.to_owned())),
            ("waterproof".to_owned(), AttributeValue::Flag(true)),
            ("weight".to_owned(), AttributeValue::Integer(240)),
            ("care".to_owned(), AttributeValue::List(vec!["Brush".to_owned(), "Wax".to_owned()])),
        ]),
        options: vec![
            ProductOption { name: "Colour".to_owned(), values: vec!["Black".to_owned(), "Red".to_owned()] },
            ProductOption { name: "Size".to_owned(), values: ["40", "42", "44"].map(str::to_owned).to_vec() },
        ],
        variants,
        images: vec![
            image_with(&format!("/media/{handle}-black"), &format!("{title} in black")),
            image_with(&format!("/media/{handle}-red"), &format!("{title} in red")),
        ],
        price_min: price,
        price_max: price,
        available: true,
        seo_title: String::new(),
        seo_description: String::new(),
        version: 1,
    }
}

pub(crate) fn categories() -> Vec<CategoryNode> {
    let node = |handle: &str, name: &str, products, children| CategoryNode {
        handle: handle.to_owned(),
        name: name.to_owned(),
        description: "Quiet shoes for loud streets.".to_owned(),
        products,
        children,
    };
    vec![
        node("shoes", "Shoes", 12, vec![node("sneakers", "Sneakers", 12, vec![]), node("boots", "Boots", 0, vec![])]),
        node("home", "At home", 0, vec![]),
        node("care", "Care", 0, vec![]),
    ]
}

pub(crate) fn collections() -> Vec<CollectionView> {
    let collection = |handle: &str, name: &str, products| CollectionView {
        handle: handle.to_owned(),
        name: name.to_owned(),
        description: "Pairs that go with everything you own.".to_owned(),
        products,
    };
    vec![
        collection("everyday", "Every day", 12),
        collection("trail", "Out on the trail", 5),
        collection("rain", "For rainy days", 4),
    ]
}

pub(crate) fn cart(title: &str) -> CartView {
    let line = |seed, available, compare_at_price| CartLineView {
        id: LineId::new(NOW, &SeededRng::new(seed)),
        sku: Sku::new("TRAIL-RUNNER-Black-42").unwrap(),
        quantity: 2,
        product_handle: "trail-runner".to_owned(),
        title: title.to_owned(),
        variant_title: "Black / 42".to_owned(),
        unit_price: eur(7_900),
        compare_at_price,
        price_changed_from: compare_at_price,
        total: eur(15_800),
        available,
        backorder: false,
        image: available.then(|| image("trail-runner-black")),
    };
    CartView {
        id: CartId::new(NOW, &SeededRng::new(1)),
        secret: None,
        version: 3,
        currency: Currency::EUR,
        lines: vec![line(2, true, Some(eur(9_900))), line(3, false, None)],
        coupons: Vec::new(),
        totals: CartTotals { quantity: 4, items: eur(31_600) },
    }
}

fn tax_lines() -> Vec<TaxLine> {
    let tax = |name: &str, ppm, amount, included| TaxLine {
        name: name.to_owned(),
        rate: Rate::from_ppm(ppm),
        amount: eur(amount),
        included,
    };
    vec![tax("VAT", 190_000, 5_124, true), tax("City tax", 12_500, 100, false)]
}

fn totals() -> Totals {
    Totals {
        items: eur(31_600),
        discount: eur(1_000),
        shipping: eur(490),
        tax: eur(5_224),
        tax_added: eur(100),
        total: eur(31_190),
        gift_card: eur(1_190),
        due: eur(30_000),
    }
}

/// Word of a code that took nothing off.
pub(crate) fn note(code: &str) -> QuoteNote {
    QuoteNote {
        reason: NoteReason::NotCombined,
        code: Some(code.to_owned()),
        promotion: None,
        instead: Some(code.to_owned()),
        missing: None,
        missing_quantity: None,
        detail: String::new(),
    }
}

pub(crate) fn quote(title: &str) -> Quote {
    let cart = cart(title);
    let option = |handle: &str, amount, days_min, days_max| {
        ShippingOption::new(handle, title, eur(amount), (days_min, days_max))
    };
    Quote {
        cart_id: cart.id,
        cart_version: cart.version,
        lines: cart
            .lines
            .iter()
            .map(|line| QuoteLine {
                sku: line.sku.clone(),
                product_id: ProductId::new(NOW, &SeededRng::new(9)),
                product_handle: line.product_handle.clone(),
                title: line.title.clone(),
                variant_title: line.variant_title.clone(),
                quantity: line.quantity,
                unit_price: line.unit_price,
                compare_at_price: line.compare_at_price,
                subtotal: line.total,
                discount: eur(0),
                tax: eur(2_522),
                tax_rate: Rate::from_ppm(190_000),
                requires_shipping: true,
                available: line.available,
                backorder: line.backorder,
                image: line.image.as_ref().map(|image| image.sizes[0].url.clone()),
            })
            .collect(),
        discounts: vec![Discount::of_goods(title, None, eur(1_000))],
        shipping_options: vec![option("standard", 490, 2, 4), option("express", 0, 1, 1)],
        shipping_option: Some("standard".to_owned()),
        tax_lines: tax_lines(),
        totals: totals(),
        notes: vec![note(title)],
        gift_cards: vec![GiftCardUse {
            ending: "WXYZ".to_owned(),
            balance: eur(5_000),
            amount: eur(1_190),
            code_hash: [0; 32],
        }],
        reverse_charge: false,
        counted: Vec::new(),
    }
}

pub(crate) fn address(name: &str) -> Address {
    Address {
        name: name.to_owned(),
        line1: "Hafenstraße 5".to_owned(),
        line2: Some("c/o Möwe".to_owned()),
        city: "Hamburg".to_owned(),
        region: None,
        postal_code: "20359".to_owned(),
        country: "DE".to_owned(),
    }
}

/// An order with everything that can happen to one.
pub(crate) fn order(title: &str) -> OrderView {
    let cart = cart(title);
    let rng = SeededRng::new(5);
    let lines = cart.lines.iter().zip(1..).map(|(line, number)| OrderLineView {
        line: number,
        sku: line.sku.clone(),
        product_handle: line.product_handle.clone(),
        title: line.title.clone(),
        variant_title: line.variant_title.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        discount: eur(500),
        tax: eur(2_522),
        total: line.total,
        shipped: 2,
        returned: number - 1,
        backordered: 0,
        image: line.image.as_ref().map(|image| image.sizes[0].url.clone()),
    });
    let shipment = |status, tracking: Option<&str>| ShipmentView {
        id: ShipmentId::new(NOW, &rng),
        status,
        lines: vec![LineQuantity { line: 1, quantity: 1 }, LineQuantity { line: 99, quantity: 1 }],
        carrier: Some(title.to_owned()),
        tracking: tracking.map(str::to_owned),
        shipped_at: NOW.into(),
        delivered_at: (status == ShipmentStatus::Delivered).then(|| NOW.into()),
    };
    let refund = |status| RefundView {
        id: RefundId::new(NOW, &rng),
        status,
        amount: eur(700),
        gift_card: None,
        reason: title.to_owned(),
        at: NOW.into(),
    };
    let entry =
        |event: &str, text: &str| TimelineEntry { at: NOW.into(), event: event.to_owned(), text: text.to_owned() };
    OrderView {
        id: OrderId::derive(0, b"sample", "1"),
        number: "1001".to_owned(),
        status: OrderStatus::Confirmed,
        payment_status: PaymentStatus::Paid,
        fulfilment_status: FulfilmentStatus::Unfulfilled,
        currency: Currency::EUR,
        cart_id: cart.id,
        cart_version: cart.version,
        placed_at: NOW.into(),
        lines: lines.collect(),
        discounts: Vec::new(),
        tax_lines: tax_lines(),
        shipping_option: "standard".to_owned(),
        shipping_name: title.to_owned(),
        totals: totals(),
        captured: eur(30_000),
        refunded: eur(700),
        next_action: Some(NextAction { kind: "redirect".to_owned(), url: "/test-provider/3ds/1?a=1&b=\"".to_owned() }),
        shipments: vec![shipment(ShipmentStatus::Shipped, Some(title)), shipment(ShipmentStatus::Delivered, None)],
        refunds: vec![refund(RefundState::Succeeded), refund(RefundState::Pending), refund(RefundState::Failed)],
        returns: vec![
            ReturnView {
                id: ReturnId::new(NOW, &rng),
                status: ReturnStatus::Requested,
                lines: Vec::new(),
                reason: title.to_owned(),
                at: NOW.into(),
            },
            ReturnView {
                id: ReturnId::new(NOW, &rng),
                status: ReturnStatus::Received,
                lines: Vec::new(),
                reason: String::new(),
                at: NOW.into(),
            },
        ],
        timeline: vec![entry("order.created", title), entry("something.new", title)],
        person_id: None,
        sources: Vec::new(),
        edits: Vec::new(),
        contact: Some(Contact {
            vat_id: None,
            email: "ann@example.org".to_owned(),
            shipping_address: address(title),
            billing_address: None,
        }),
    }
}
