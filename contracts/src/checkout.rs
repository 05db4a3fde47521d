//! The checkout: quotes, and placing an order.

use std::net::IpAddr;

use async_trait::async_trait;
use kernel::{CartId, CustomerId, Money, OrderId, ProductId, Rate, Secret, Sku, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::address::Address;
use crate::cart::CartAccess;
use crate::ledger::{Idempotency, StoredResponse};

/// The most gift cards that one order takes.
pub const MAX_GIFT_CARDS: usize = 5;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    /// Without one, shipping and tax are left open.
    #[serde(default)]
    pub shipping_address: Option<Address>,
    /// Handle of one of `shipping_options`; the first when left out.
    #[serde(default)]
    pub shipping_option: Option<String>,
    /// Codes of gift cards that pay, in this order.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub gift_cards: Vec<String>,
    /// VAT id of a business in the European Union, e.g. `FR40303265045`.
    #[serde(default)]
    #[schema(max_length = 20)]
    pub vat_id: Option<String>,
    /// Who asks, when signed in. Found out from the session, never from the body.
    #[serde(skip)]
    pub customer: Option<CustomerId>,
    /// Where the question comes from, so that nobody guesses at codes. Found out from the connection.
    #[serde(skip)]
    pub client: Option<IpAddr>,
}

/// What an order of this cart would cost now. Priced by the server; no reading of it holds anything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quote {
    pub cart_id: CartId,
    pub cart_version: u64,
    pub lines: Vec<QuoteLine>,
    pub discounts: Vec<Discount>,
    pub shipping_options: Vec<ShippingOption>,
    /// Handle of the option that the totals include.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_option: Option<String>,
    pub tax_lines: Vec<TaxLine>,
    pub totals: Totals,
    /// Why a code or a promotion took nothing off, one entry each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<QuoteNote>,
    /// The gift cards that were named, and what each pays.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gift_cards: Vec<GiftCardUse>,
    /// Whether no VAT is charged because the business that buys owes it itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reverse_charge: bool,
    /// Coupons whose use the ledger counts when this becomes an order.
    #[serde(skip)]
    pub counted: Vec<String>,
}

/// Why something that was hoped for did not happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuoteNote {
    pub reason: NoteReason,
    /// The code that was typed, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Name of the promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<String>,
    /// Name of the promotion that was used instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
    /// What the goods still cost too little.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<Money>,
    /// How many units are still missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_quantity: Option<u32>,
    /// A sentence for people, in English.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoteReason {
    /// No promotion has this code.
    UnknownCode,
    NotStarted,
    Ended,
    /// It is for other customers.
    NotForYou,
    /// None of the goods are of those that it is about.
    NotForTheseGoods,
    /// Not in this currency.
    NotInCurrency,
    /// It does not go to this country.
    NotToCountry,
    BelowMinimum,
    /// Not combined with `instead`, which takes more off.
    NotCombined,
    /// The ones before it had left nothing to take off, or not enough is bought.
    NoEffect,
    /// It was used as often as it can be.
    UsedUp,
    UnknownGiftCard,
    EmptyGiftCard,
    /// Too many codes that do not exist were tried from here; this one was not looked up.
    TooManyAttempts,
    InvalidVatId,
    /// The VAT id is of another country than the one that is delivered to.
    VatIdOfAnotherCountry,
}

/// A gift card that pays a part of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GiftCardUse {
    /// The last four characters of its code.
    pub ending: String,
    pub balance: Money,
    pub amount: Money,
    #[serde(skip)]
    pub code_hash: [u8; 32],
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QuoteLine {
    pub sku: Sku,
    pub product_id: ProductId,
    pub product_handle: String,
    pub title: String,
    pub variant_title: String,
    pub quantity: u32,
    pub unit_price: Money,
    /// The price before a reduction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at_price: Option<Money>,
    /// `unit_price` times `quantity`.
    pub subtotal: Money,
    /// Discounts of the line and its part of the order's.
    pub discount: Money,
    /// Tax on `subtotal - discount`: contained in it when `tax_included`, on top of it otherwise.
    pub tax: Money,
    pub tax_rate: Rate,
    pub requires_shipping: bool,
    pub available: bool,
    /// Whether it is only delivered later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backorder: bool,
    /// URL of a small image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Discount {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    pub amount: Money,
    /// Handle of the promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotion: Option<String>,
    /// What it takes off. Those of the goods sum to `totals.discount`; those of the delivery are in its price already.
    #[serde(default)]
    pub target: DiscountTarget,
    /// What it takes off each line, numbered 1, 2, 3 …; they sum to `amount`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineDiscount>,
}

impl Discount {
    /// A discount of the goods that says no more than its name.
    #[must_use]
    pub fn of_goods(label: impl Into<String>, code: Option<String>, amount: Money) -> Self {
        let (promotion, target, lines) = (None, DiscountTarget::Goods, Vec::new());
        Discount { label: label.into(), code, amount, promotion, target, lines }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscountTarget {
    #[default]
    Goods,
    Delivery,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineDiscount {
    pub line: u32,
    pub amount: Money,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShippingOption {
    pub handle: String,
    pub name: String,
    pub price: Money,
    /// Working days until delivery: from, to.
    pub days_min: u16,
    pub days_max: u16,
    /// What it costs without the promotion that makes it free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_before: Option<Money>,
    /// Where it is picked up, when it is not delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pick_up: Option<String>,
    /// First and last day on which it should arrive when ordered now, e.g. `2026-12-03`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrives_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrives_until: Option<String>,
}

impl ShippingOption {
    /// A delivery of which only the price and the days are known.
    #[must_use]
    pub fn new(handle: &str, name: &str, price: Money, (days_min, days_max): (u16, u16)) -> Self {
        let (handle, name) = (handle.to_owned(), name.to_owned());
        let (price_before, pick_up, arrives_from, arrives_until) = (None, None, None, None);
        ShippingOption { handle, name, price, days_min, days_max, price_before, pick_up, arrives_from, arrives_until }
    }
}

/// Tax at one rate, over lines and shipping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaxLine {
    pub name: String,
    pub rate: Rate,
    pub amount: Money,
    /// Whether `amount` is contained in the prices shown.
    pub included: bool,
}

/// `total = items - discount + shipping + tax_added`; `due = total - gift_card`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    pub items: Money,
    pub discount: Money,
    pub shipping: Money,
    /// All tax, included or added.
    pub tax: Money,
    /// The part of `tax` that comes on top of the prices.
    pub tax_added: Money,
    pub total: Money,
    /// Paid by gift card.
    pub gift_card: Money,
    /// What the payment provider is asked for.
    pub due: Money,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceOrder {
    pub cart_id: CartId,
    /// The version that the shopper saw.
    pub cart_version: u64,
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    pub shipping_address: Address,
    #[serde(default)]
    pub billing_address: Option<Address>,
    /// Handle of a shipping option of the quote.
    pub shipping_option: String,
    pub payment: PaymentChoice,
    /// The total that the shopper saw. When it is no longer right: 409 `price_changed`.
    #[serde(default)]
    pub expected_total: Option<Money>,
    /// What the shopper saw as left to pay after gift cards. When it is no longer right: 409 `price_changed`.
    #[serde(default)]
    pub expected_due: Option<Money>,
    /// Codes of gift cards that pay, in this order; the provider is asked for the rest.
    #[serde(default)]
    #[schema(max_items = 5)]
    pub gift_cards: Vec<String>,
    /// VAT id of a business in the European Union, e.g. `FR40303265045`.
    #[serde(default)]
    #[schema(max_length = 20)]
    pub vat_id: Option<String>,
    /// Whose account the order belongs to. Found out from the session, never from the body.
    #[serde(skip)]
    pub customer: Option<CustomerId>,
    /// As in [`QuoteRequest`].
    #[serde(skip)]
    pub client: Option<IpAddr>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentChoice {
    /// `test` in this shop.
    pub provider: String,
    /// What the provider gave the browser; the test provider's tokens say what happens.
    #[schema(min_length = 1, max_length = 200)]
    pub token: String,
}

/// How an order is authorised to be seen: the answer's body and header carry the secret.
#[derive(Clone, Debug)]
pub struct Placed {
    pub order_id: OrderId,
    /// Shows the order to whoever has it, as header `Order-Secret`.
    pub secret: Secret,
    pub response: StoredResponse,
    /// Whether this is the stored answer to an earlier request with the same key.
    pub replayed: bool,
}

#[async_trait]
pub trait Checkout: Send + Sync {
    async fn quote(&self, store: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote>;

    /// Places the order of a cart and takes it as far as the provider lets it within the deadline.
    async fn place(
        &self,
        store: StoreId,
        access: &CartAccess,
        order: PlaceOrder,
        idempotency: Idempotency,
        request_id: Option<String>,
    ) -> Result<Placed>;

    /// Something may have changed at the provider: look, and go on. Safe to call at any time, any number of times.
    async fn resume(&self, store: StoreId, order: OrderId) -> Result<()>;

    /// [`Self::resume`] for somebody who looks at the order next: when it is in other hands here, waits for those, but
    /// not for long.
    async fn catch_up(&self, store: StoreId, order: OrderId) -> Result<()> {
        self.resume(store, order).await
    }

    /// The secret that shows `order`; derived, so that a replayed answer carries the same one.
    fn order_secret(&self, order: OrderId) -> Secret;
}
