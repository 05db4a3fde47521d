//! On what terms the shop sells: promotions, price lists, customer groups, shipping, taxes and settings as documents,
//! and gift cards.
//!
//! Each kind has a list and a form for all of it, some have a short one for the common case, and every document can be
//! written whole, as the API takes it.

pub(crate) mod document;
mod forms;
pub(crate) mod gift_cards;
pub(crate) mod list;
pub(crate) mod promotions;
pub(crate) mod simple;

use contracts::identity::Scope;
use contracts::selling::TermsKind;
use http_kit::Api;
use kernel::Failure;

use crate::layout::Section;
use crate::table::{Pages, get, post};

/// A kind of document, as its pages know it.
pub(crate) struct Kind {
    pub(crate) kind: TermsKind,
    /// Its name in addresses.
    pub(crate) path: &'static str,
    pub(crate) title: &'static str,
    /// What one of them is called.
    pub(crate) one: &'static str,
    pub(crate) scope: Scope,
    pub(crate) section: Section,
    /// What a new one looks like.
    pub(crate) example: &'static str,
}

pub(crate) const KINDS: [Kind; 6] = [
    Kind {
        kind: TermsKind::Promotion,
        path: "promotions",
        title: "Promotions",
        one: "promotion",
        scope: Scope::Promotions,
        section: Section::Promotions,
        example: r#"{
  "handle": "three-for-two",
  "name": { "en": "Three for two" },
  "effect": { "kind": "buy_x_get_y", "buy": 2, "get": 1, "rate_ppm": 1000000 },
  "goods": { "collections": [] },
  "starts_at": null,
  "ends_at": null
}"#,
    },
    Kind {
        kind: TermsKind::PriceList,
        path: "price-lists",
        title: "Price lists",
        one: "price list",
        scope: Scope::Promotions,
        section: Section::PriceLists,
        example: r#"{
  "handle": "winter-sale",
  "name": "Winter sale",
  "currency": "EUR",
  "sale": true,
  "starts_at": null,
  "ends_at": null,
  "prices": [{ "sku": "SKU", "price_minor": 4999 }]
}"#,
    },
    Kind {
        kind: TermsKind::CustomerGroup,
        path: "customer-groups",
        title: "Customer groups",
        one: "customer group",
        scope: Scope::Customers,
        section: Section::CustomerGroups,
        example: r#"{
  "handle": "friends",
  "name": "Friends of the shop",
  "customers": []
}"#,
    },
    Kind {
        kind: TermsKind::ShippingZone,
        path: "shipping-zones",
        title: "Shipping",
        one: "shipping zone",
        scope: Scope::Settings,
        section: Section::ShippingZones,
        example: r#"{
  "handle": "neighbours",
  "name": "Neighbours",
  "countries": ["AT"],
  "position": 1,
  "methods": [{
    "handle": "standard",
    "name": { "en": "Standard" },
    "by": "weight",
    "steps": [{ "up_to": 2000, "prices": [{ "amount_minor": 490, "currency": "EUR" }] }],
    "free_from": [],
    "days_min": 2,
    "days_max": 4
  }]
}"#,
    },
    Kind {
        kind: TermsKind::TaxZone,
        path: "tax-zones",
        title: "Taxes",
        one: "tax",
        scope: Scope::Settings,
        section: Section::TaxZones,
        example: r#"{
  "handle": "ch",
  "country": "CH",
  "name": "VAT",
  "rates": [{ "class": "standard", "rate_ppm": 81000 }]
}"#,
    },
    Kind {
        kind: TermsKind::Settings,
        path: "settings",
        title: "Settings",
        one: "settings",
        scope: Scope::Settings,
        section: Section::Settings,
        example: r#"{
  "handle": "shop",
  "time_zone": "Europe/Berlin",
  "country": "DE",
  "tax_rounding": "per_line",
  "reverse_charge": true,
  "us_states": []
}"#,
    },
];

fn kind_of(path: &str) -> Api<&'static Kind> {
    Ok(KINDS.iter().find(|kind| kind.path == path).ok_or_else(|| Failure::not_found("page"))?)
}

pub(crate) fn routes() -> Pages {
    let mut router = Pages::new()
        .route("/admin/gift-cards", get(gift_cards::show).post(gift_cards::issue))
        .route("/admin/gift-cards/look-up", post(gift_cards::look_up))
        .route("/admin/promotions", get(promotions::show))
        .route("/admin/promotions/{handle}/switch", post(promotions::switch))
        .route("/admin/promotions/{handle}/end", post(promotions::end))
        .route("/admin/shipping-zones/new/simple", post(simple::shipping))
        .route("/admin/tax-zones/new/simple", post(simple::tax));
    for kind in &KINDS {
        let at = |rest: &str| format!("/admin/{}{rest}", kind.path);
        router = router
            .route(&at("/{handle}"), get(document::show).post(document::put))
            .route(&at("/{handle}/json"), get(document::show).post(document::put));
        router = match kind.kind {
            TermsKind::Settings => router.route(&at(""), get(document::show_only)),
            TermsKind::Promotion => router.route(&at("/{handle}/delete"), post(document::delete)),
            _ => router.route(&at(""), get(list::show)).route(&at("/{handle}/delete"), post(document::delete)),
        };
    }
    router
}

/// The kind that an address is about.
fn kind_at(uri: &axum::http::Uri) -> Api<&'static Kind> {
    kind_of(uri.path().split('/').nth(2).unwrap_or(""))
}
