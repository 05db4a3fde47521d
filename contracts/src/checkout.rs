//! The checkout: quotes, and placing an order.

use async_trait::async_trait;
use kernel::{CartId, Money, OrderId, ProductId, Rate, Secret, Sku, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::address::Address;
use crate::cart::CartAccess;
use crate::ledger::{Idempotency, StoredResponse};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuoteRequest {
    /// Without one, shipping and tax are left open.
    #[serde(default)]
    pub shipping_address: Option<Address>,
    /// Handle of one of `shipping_options`; the first when left out.
    #[serde(default)]
    pub shipping_option: Option<String>,
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
    /// `unit_price` times `quantity`.
    pub subtotal: Money,
    /// Discounts of the line and its part of the order's.
    pub discount: Money,
    /// Tax on `subtotal - discount`: contained in it when `tax_included`, on top of it otherwise.
    pub tax: Money,
    pub tax_rate: Rate,
    pub requires_shipping: bool,
    pub available: bool,
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
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShippingOption {
    pub handle: String,
    pub name: String,
    pub price: Money,
    /// Working days until delivery: from, to.
    pub days_min: u16,
    pub days_max: u16,
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

    /// The secret that shows `order`; derived, so that a replayed answer carries the same one.
    fn order_secret(&self, order: OrderId) -> Secret;
}
