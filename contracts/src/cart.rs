//! Carts: what a shopper means to buy. Always writable; nothing is held until payment starts.

use async_trait::async_trait;
use kernel::{CartId, Currency, CustomerId, LineId, Money, Secret, Sku, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::catalog::ImageView;
use crate::identity::GuestCart;

/// The most of one SKU in one cart.
pub const MAX_QUANTITY: u32 = 999;
/// The most lines in one cart.
pub const MAX_LINES: usize = 100;

/// Who may touch a cart: whoever knows its secret.
#[derive(Clone, Debug)]
pub struct CartAccess {
    pub id: CartId,
    pub secret: Secret,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCart {
    /// Defaults to the currency of the shop's first market.
    #[serde(default)]
    pub currency: Option<Currency>,
    #[serde(default)]
    pub lines: Vec<NewLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLine {
    pub sku: Sku,
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineChange {
    /// 0 removes the line.
    #[schema(minimum = 0, maximum = 999)]
    pub quantity: u32,
}

/// A cart as shown: priced now, so that what is shown is what would be charged for the goods.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CartView {
    pub id: CartId,
    /// Only in the answer that created the cart; sent back as header `Cart-Secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Increases with every change.
    pub version: u64,
    pub currency: Currency,
    pub lines: Vec<CartLineView>,
    pub coupons: Vec<String>,
    pub totals: CartTotals,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CartLineView {
    pub id: LineId,
    pub sku: Sku,
    pub quantity: u32,
    pub product_handle: String,
    pub title: String,
    pub variant_title: String,
    pub unit_price: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at_price: Option<Money>,
    /// What a unit cost when the line was last changed, when that is another price than now. Changing the line, to the
    /// same quantity too, takes the price of now for seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_changed_from: Option<Money>,
    pub total: Money,
    /// Whether any of it can be bought now.
    pub available: bool,
    /// Whether it is only delivered later.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backorder: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CartTotals {
    /// Number of units.
    pub quantity: u32,
    /// Sum of the lines before discounts, shipping and, where prices exclude it, tax.
    pub items: Money,
}

/// What the checkout reads of a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartContent {
    pub id: CartId,
    pub version: u64,
    pub currency: Currency,
    pub lines: Vec<(LineId, Sku, u32)>,
    pub coupons: Vec<String>,
}

/// The carts of customers: each has at most one, which guests' carts are merged into.
#[async_trait]
pub trait CustomerCarts: Send + Sync {
    /// The customer's cart, made of `guest` when there is none, with `guest` merged into it when there is: per line the
    /// larger quantity. The guest's cart is gone afterwards. None when there is neither. `secret` opens the result; the
    /// same one is given every time. A cart that is another customer's is left alone.
    async fn join(
        &self,
        store: StoreId,
        customer: CustomerId,
        secret: &Secret,
        guest: Option<&GuestCart>,
    ) -> Result<Option<CartId>>;
    /// The cart was ordered: the customer's next one begins empty.
    async fn leave(&self, store: StoreId, customer: CustomerId, cart: CartId) -> Result<()>;
}

#[async_trait]
pub trait Carts: Send + Sync {
    async fn create(&self, store: StoreId, cart: NewCart) -> Result<CartView>;
    /// Not found when the secret does not fit: a stranger learns nothing.
    async fn get(&self, store: StoreId, access: &CartAccess) -> Result<CartView>;
    async fn add_line(&self, store: StoreId, access: &CartAccess, line: NewLine) -> Result<CartView>;
    async fn change_line(
        &self,
        store: StoreId,
        access: &CartAccess,
        line: LineId,
        change: LineChange,
    ) -> Result<CartView>;
    async fn remove_line(&self, store: StoreId, access: &CartAccess, line: LineId) -> Result<CartView>;
    async fn add_coupon(&self, store: StoreId, access: &CartAccess, code: &str) -> Result<CartView>;
    async fn remove_coupon(&self, store: StoreId, access: &CartAccess, code: &str) -> Result<CartView>;
    /// The bare content, without prices.
    async fn content(&self, store: StoreId, access: &CartAccess) -> Result<CartContent>;
}
