//! What pages are tested with: texts that somebody with bad intentions typed into every field there is.

use contracts::address::Address;
use contracts::catalog::{
    Category, Media, Price, Product, ProductContent, ProductOption, ProductStatus, TimestampSchema, Variant,
};
use contracts::checkout::{Discount, TaxLine, Totals};
use contracts::fulfilment::{FulfilmentLine, FulfilmentState, FulfilmentView, TrackingStatus, TrackingUpdate};
use contracts::identity::{CustomerView, RoleView, Scope};
use contracts::ledger::{
    Contact, CountLine, CountReport, FulfilmentStatus, HistoryEntry, HistoryKind, LineQuantity, Location,
    OrderLineView, OrderStatus, OrderSummary, OrderView, PaymentStatus, RefundState, RefundView, ReturnStatus,
    ReturnView, ShipmentStatus, ShipmentView, StockItem, StockView, TimelineEntry, TransferLine, TransferStatus,
    TransferView,
};
use contracts::market::Texts;
use contracts::notification::{DeliveryStatus, DeliveryView, MailStatus, MailTemplate, MailView, WebhookEndpointView};
use contracts::selling::{Promotion, TermsDocument};
use kernel::{Currency, Failure, FieldError, Money, OrderId, Rate, Sku, Timestamp};

use crate::form::{Draft, Fields};

/// Markup, quotes, a comment, an entity, marks that turn the direction of writing, and 10,000 characters.
#[allow(non_snake_case, reason = "reads as the constant that it would be, if constants could repeat")]
pub(crate) fn HOSTILE() -> String {
    let nasty = "</textarea></title><script>alert(1)</script><img src=x onerror=alert(2)>'\"`&lt;&#60;<!-- --> {{7*7}} \
                 \u{202e}\u{2066}evil\u{200f} javascript:alert(3) Ω鞋👟";
    format!("{nasty}{}", "x".repeat(10_000))
}

pub(crate) fn at() -> TimestampSchema {
    TimestampSchema(Timestamp::from_millis(1_700_000_000_123))
}

/// An id of any kind, ending in `n`.
pub(crate) fn id<T: std::str::FromStr>(n: u32) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("01890000-0000-7000-8000-{n:012}").parse().unwrap()
}

/// A form that was filled in with the worst, and refused.
pub(crate) fn draft(form: &str, names: &[&str]) -> Draft {
    let fields = Fields::of(names.iter().map(|name| ((*name).to_owned(), HOSTILE())).collect());
    let mut failure = Failure::invalid("invalid_input", HOSTILE());
    let wrong = |name: &&str| FieldError { pointer: format!("/{name}"), code: "x".to_owned(), detail: HOSTILE() };
    failure.errors = names.iter().map(wrong).collect();
    failure.errors.push(FieldError { pointer: HOSTILE(), code: "x".to_owned(), detail: HOSTILE() });
    Draft::new(form, fields, failure)
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn sku() -> Sku {
    Sku::new("\"><script>x</script>\u{202e}'&").unwrap()
}

pub(crate) fn address() -> Address {
    Address {
        name: HOSTILE(),
        line1: HOSTILE(),
        line2: Some(HOSTILE()),
        city: HOSTILE(),
        region: Some(HOSTILE()),
        postal_code: HOSTILE(),
        country: "DE".to_owned(),
    }
}

pub(crate) fn summary() -> OrderSummary {
    OrderSummary {
        id: id(1),
        number: HOSTILE(),
        status: OrderStatus::Confirmed,
        payment_status: PaymentStatus::Paid,
        fulfilment_status: FulfilmentStatus::Unfulfilled,
        total: eur(11_900),
        placed_at: at(),
    }
}

pub(crate) fn order() -> OrderView {
    let line = |line| OrderLineView {
        line,
        sku: sku(),
        product_handle: HOSTILE(),
        title: HOSTILE(),
        variant_title: HOSTILE(),
        quantity: 3,
        unit_price: eur(5_950),
        discount: eur(0),
        tax: eur(950),
        total: eur(5_950),
        shipped: 1,
        returned: 0,
        backordered: 1,
        image: Some(HOSTILE()),
    };
    let lines = vec![LineQuantity { line: 1, quantity: 1 }, LineQuantity { line: 99, quantity: 1 }];
    let shipment = |n, status| ShipmentView {
        id: id(n),
        status,
        lines: lines.clone(),
        carrier: Some(HOSTILE()),
        tracking: Some(HOSTILE()),
        shipped_at: at(),
        delivered_at: None,
    };
    let returned = |n, status| ReturnView { id: id(n), status, lines: lines.clone(), reason: HOSTILE(), at: at() };
    OrderView {
        id: id::<OrderId>(1),
        number: "1001".to_owned(),
        status: OrderStatus::Confirmed,
        payment_status: PaymentStatus::Paid,
        fulfilment_status: FulfilmentStatus::Unfulfilled,
        currency: Currency::EUR,
        cart_id: id(2),
        cart_version: 1,
        placed_at: at(),
        lines: vec![line(1), line(2)],
        discounts: vec![Discount::of_goods(HOSTILE(), Some(HOSTILE()), eur(100))],
        tax_lines: vec![TaxLine { name: HOSTILE(), rate: Rate::from_ppm(190_000), amount: eur(1_900), included: true }],
        shipping_option: HOSTILE(),
        shipping_name: HOSTILE(),
        totals: Totals {
            items: eur(11_900),
            discount: eur(100),
            shipping: eur(100),
            tax: eur(1_900),
            tax_added: eur(0),
            total: eur(11_900),
            gift_card: eur(50),
            due: eur(11_850),
        },
        captured: eur(11_850),
        refunded: eur(10),
        next_action: None,
        shipments: vec![shipment(3, ShipmentStatus::Shipped), shipment(4, ShipmentStatus::Delivered)],
        refunds: vec![RefundView {
            id: id(5),
            status: RefundState::Succeeded,
            amount: eur(10),
            gift_card: Some(eur(5)),
            reason: HOSTILE(),
            at: at(),
        }],
        returns: vec![returned(6, ReturnStatus::Requested), returned(7, ReturnStatus::Received)],
        timeline: vec![TimelineEntry { at: at(), event: HOSTILE(), text: HOSTILE() }; 3],
        person_id: None,
        sources: Vec::new(),
        edits: Vec::new(),
        contact: Some(Contact {
            vat_id: None,
            email: HOSTILE(),
            shipping_address: address(),
            billing_address: Some(address()),
        }),
    }
}

pub(crate) fn history() -> Vec<HistoryEntry> {
    let entry = |kind| HistoryEntry {
        at: at(),
        kind,
        name: HOSTILE(),
        text: HOSTILE(),
        reason: Some(HOSTILE()),
        by: Some(HOSTILE()),
        moved: None,
        data: serde_json::Value::Null,
        request_id: None,
    };
    vec![
        entry(HistoryKind::Event),
        entry(HistoryKind::Stock),
        entry(HistoryKind::Payment),
        entry(HistoryKind::Staff),
        entry(HistoryKind::Note),
    ]
}

pub(crate) fn stock() -> StockView {
    StockView { sku: sku(), location: HOSTILE(), on_hand: 9, held: 2, committed: 3, available: 4 }
}

pub(crate) fn stock_item(low: bool) -> StockItem {
    let StockView { sku, location, on_hand, held, committed, available } = stock();
    StockItem { sku, location, on_hand, held, committed, available, threshold: low.then_some(4), low }
}

pub(crate) fn location() -> Location {
    Location { title: HOSTILE(), pickup: true, ..Location::undescribed(&HOSTILE()) }
}

pub(crate) fn transfer() -> TransferView {
    TransferView {
        id: id(1),
        from: HOSTILE(),
        to: HOSTILE(),
        status: TransferStatus::PartiallyReceived,
        lines: vec![TransferLine { sku: sku(), quantity: 5, received: 2 }],
        reason: HOSTILE(),
        at: at(),
        updated_at: at(),
    }
}

pub(crate) fn count_report() -> CountReport {
    CountReport {
        location: HOSTILE(),
        reason: HOSTILE(),
        by: HOSTILE(),
        at: at(),
        lines: vec![CountLine { sku: sku(), before: 5, counted: 3, difference: -2 }],
        differences: 1,
    }
}

pub(crate) fn texts() -> Texts {
    Texts([("en".to_owned(), HOSTILE()), ("de".to_owned(), HOSTILE())].into())
}

pub(crate) fn product() -> Product {
    let price = |minor, currency| Price { price: Money::new(minor, currency), compare_at: Some(eur(9_999)) };
    let variant = |n| Variant {
        id: id(n),
        sku: sku(),
        options: vec![HOSTILE()],
        prices: vec![price(5_950, Currency::EUR)],
        barcode: Some(HOSTILE()),
        weight_g: 7,
        tax_class: HOSTILE(),
        requires_shipping: true,
        image: Some(0),
    };
    Product {
        id: id(1),
        handle: HOSTILE(),
        version: 7,
        created_at: at(),
        updated_at: at(),
        content: ProductContent {
            status: ProductStatus::Active,
            product_type: HOSTILE(),
            vendor: HOSTILE(),
            title: texts(),
            description_html: texts(),
            category: Some(HOSTILE()),
            collections: vec![HOSTILE()],
            tags: vec![HOSTILE()],
            options: vec![ProductOption { name: HOSTILE(), values: vec![HOSTILE()] }],
            variants: vec![variant(1), variant(2)],
            media: vec![Media { source: HOSTILE(), alt: texts(), width: 1, height: 1 }; 2],
            ..ProductContent::default()
        },
    }
}

pub(crate) fn category() -> Category {
    Category {
        handle: HOSTILE(),
        name: texts(),
        parent: Some(HOSTILE()),
        description: texts(),
        position: -3,
        media: None,
        version: 1,
    }
}

pub(crate) fn customer() -> CustomerView {
    CustomerView {
        id: id(1),
        email: HOSTILE(),
        email_verified: true,
        name: Some(HOSTILE()),
        locale: Some(HOSTILE()),
        created_at: at(),
    }
}

pub(crate) fn role() -> RoleView {
    RoleView { handle: HOSTILE(), name: HOSTILE(), scopes: vec![Scope::Orders, Scope::Stock], built_in: false }
}

pub(crate) fn fulfilment() -> FulfilmentView {
    FulfilmentView {
        id: id(1),
        order_id: id(2),
        number: HOSTILE(),
        location: HOSTILE(),
        state: FulfilmentState::Requested,
        lines: vec![FulfilmentLine { line: 1, sku: sku(), title: HOSTILE(), quantity: 2 }],
        carrier: Some(HOSTILE()),
        tracking: Some(HOSTILE()),
        shipment_id: None,
        reason: Some(HOSTILE()),
        created_at: at(),
        updated_at: at(),
        tracking_updates: vec![TrackingUpdate { at: at(), status: TrackingStatus::InTransit, place: HOSTILE() }],
        address: Some(address()),
    }
}

pub(crate) fn mail(status: MailStatus) -> MailView {
    MailView {
        id: id(1),
        template: MailTemplate::OrderConfirmation,
        status,
        order_id: Some(id(2)),
        tries: 3,
        created_at: at(),
        next_at: Some(at()),
        sent_at: None,
        last_error: Some(HOSTILE()),
        file: Some(HOSTILE()),
    }
}

pub(crate) fn endpoint() -> WebhookEndpointView {
    WebhookEndpointView {
        id: id(1),
        url: HOSTILE(),
        description: HOSTILE(),
        event_types: vec![HOSTILE()],
        enabled: false,
        disabled_reason: Some(HOSTILE()),
        failing_since: Some(at()),
        created_at: at(),
        secret: None,
    }
}

pub(crate) fn delivery() -> DeliveryView {
    DeliveryView {
        event_id: id(1),
        endpoint_id: id(2),
        kind: HOSTILE(),
        status: DeliveryStatus::Failed,
        tries: 3,
        created_at: at(),
        next_at: None,
        delivered_at: None,
        last_status: Some(500),
        last_error: Some(HOSTILE()),
    }
}

/// A promotion with each kind of effect.
pub(crate) fn promotions() -> Vec<Promotion> {
    let hostile = HOSTILE();
    let euros = serde_json::json!([{ "amount_minor": 490, "currency": "EUR" }]);
    let goods = serde_json::json!({ "products": [hostile], "collections": [hostile], "categories": [hostile], "skus": ["<b>"] });
    let effects = serde_json::json!([
        { "kind": "percentage", "rate_ppm": 100_000 },
        { "kind": "fixed", "amounts": euros },
        { "kind": "fixed_per_unit", "amounts": euros },
        { "kind": "buy_x_get_y", "buy": 2, "get": 1, "gets": goods },
        { "kind": "tiers", "steps": [{ "from_quantity": 3, "from_amounts": euros, "rate_ppm": 50_000 }] },
        { "kind": "free_shipping", "options": [hostile], "countries": [hostile] },
    ]);
    let of = |effect: &serde_json::Value| {
        serde_json::json!({
            "handle": hostile, "version": 3, "name": { "en": hostile }, "codes": [hostile], "goods": goods,
            "groups": [hostile], "minimum": { "amounts": euros, "quantity": 2 }, "starts_at": hostile,
            "ends_at": hostile, "limit": 7, "limit_per_customer": 1, "stacking": "exclusive", "effect": effect,
        })
    };
    effects.as_array().unwrap().iter().map(|effect| serde_json::from_value(of(effect)).unwrap()).collect()
}

/// One of each kind, made of JSON as merchants write it.
pub(crate) fn documents() -> Vec<TermsDocument> {
    let hostile = HOSTILE();
    let promotion = serde_json::json!({
        "handle": hostile, "name": { "en": hostile }, "codes": [hostile], "starts_at": hostile, "enabled": false,
        "effect": { "kind": "percentage", "rate_ppm": 100_000 },
    });
    let tax = serde_json::json!({
        "handle": hostile, "country": hostile, "regions": [hostile], "name": hostile,
        "rates": [{ "class": hostile, "rate_ppm": 190_000 }],
    });
    let shipping = serde_json::json!({
        "handle": hostile, "name": hostile, "countries": [hostile],
        "methods": [{ "handle": hostile, "name": { "en": hostile }, "days_min": 1, "days_max": 2,
            "steps": [{ "prices": [{ "amount_minor": 490, "currency": "EUR" }] }] }],
    });
    let list = serde_json::json!({ "handle": hostile, "name": hostile, "currency": "EUR", "prices": [] });
    let group = serde_json::json!({ "handle": hostile, "name": hostile });
    let shop = serde_json::json!({ "handle": hostile, "time_zone": hostile, "country": hostile });
    vec![
        TermsDocument::Promotion(serde_json::from_value(promotion).unwrap()),
        TermsDocument::TaxZone(serde_json::from_value(tax).unwrap()),
        TermsDocument::ShippingZone(serde_json::from_value(shipping).unwrap()),
        TermsDocument::PriceList(serde_json::from_value(list).unwrap()),
        TermsDocument::CustomerGroup(serde_json::from_value(group).unwrap()),
        TermsDocument::Settings(serde_json::from_value(shop).unwrap()),
    ]
}
