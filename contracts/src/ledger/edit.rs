//! Edits: an order is changed after it was placed and before anything of it was shipped.

use async_trait::async_trait;
use kernel::{Money, OrderId, Rate, RefundId, Sku, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, Answer, Idempotency, LineQuantity};
use crate::Result;
use crate::address::Address;
use crate::catalog::TimestampSchema;
use crate::saga::PlacedLine;

/// What is to be different about an order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRequest {
    /// Lines with another quantity; 0 takes a line off.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub lines: Vec<LineQuantity>,
    /// Goods that come as lines of their own.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub add: Vec<AddLine>,
    /// Where it goes instead: in the same country and region, since tax and delivery were priced for these.
    #[serde(default)]
    pub shipping_address: Option<Address>,
    /// Why, for the timeline. It is seen by the customer and told in the event, so it names no people.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// The new total that was agreed on. When it is another one: 409 `price_changed`.
    #[serde(default)]
    pub expected_total: Option<Money>,
}

/// Goods that are added to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddLine {
    pub sku: Sku,
    #[schema(minimum = 1, maximum = 999)]
    pub quantity: u32,
    /// The price of one, with or without tax as the prices of the order are; the price of now when left out.
    #[serde(default)]
    pub unit_price: Option<Money>,
}

/// An edit as the order shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EditView {
    pub at: TimestampSchema,
    pub reason: String,
    pub lines: Vec<EditedLineView>,
    /// Whether it goes elsewhere since.
    pub address_changed: bool,
    pub total_before: Money,
    pub total: Money,
    /// The refund of what it costs less, unless it costs the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund_id: Option<RefundId>,
}

/// A line whose quantity an edit changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EditedLineView {
    pub line: u32,
    pub sku: Sku,
    /// 0 for a line that was added.
    pub before: u32,
    /// 0 for a line that was taken off.
    pub after: u32,
}

/// [`EditRequest`] with what is added priced and taxed, as the ledger takes it.
#[derive(Clone, Debug)]
pub struct PricedEdit {
    pub lines: Vec<LineQuantity>,
    pub added: Vec<AddedLine>,
    pub shipping_address: Option<Address>,
    pub reason: String,
    pub expected_total: Option<Money>,
}

/// A line to be added, and how it is taxed.
#[derive(Clone, Debug, PartialEq)]
pub struct AddedLine {
    pub line: PlacedLine,
    pub tax_rate: Rate,
    /// Name of its tax, for the line of the order's taxes.
    pub tax_name: String,
    /// Whether the tax is contained in the price.
    pub tax_included: bool,
}

/// Edits for the API and the pages. The goods that are added are priced here.
#[async_trait]
pub trait OrderEdits: Send + Sync {
    /// # Errors
    /// Not found; 422 for what has no sense; 409 `not_editable`, `already_shipped`, `line_settled`, `nothing_left`,
    /// `needs_payment`, `payment_open`, `price_changed`, `destination_changed`, `address_erased`, `not_sold`,
    /// `out_of_stock` or `refund_exceeds_captured`; inside the answer when the ledger decided.
    async fn edit(
        &self,
        store: StoreId,
        order: OrderId,
        request: EditRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
}

/// The ledger's part of an edit: one command, which takes all of it or nothing.
#[async_trait]
pub trait EditLedger: Send + Sync {
    async fn edit(
        &self,
        store: StoreId,
        order: OrderId,
        edit: PricedEdit,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    /// The answer that is stored for `idempotency`, so that a repetition needs no prices.
    async fn answered(&self, store: StoreId, idempotency: &Idempotency) -> Result<Option<Answer>>;
}
