//! The ledger: orders, stock, payment records, coupons, gift cards, idempotency and the outbox, written by commands.

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{
    CartId, Currency, Money, OrderId, Page, PageRequest, PersonId, RefundId, ReturnId, Secret, ShipmentId, Sku, StoreId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::catalog::TimestampSchema;
use crate::checkout::{Discount, TaxLine, Totals};
use crate::event::Event;

mod edit;
mod history;
mod stock;
pub use edit::*;
pub use history::*;
pub use stock::*;

/// The name of the location of a shop that has only one.
pub const DEFAULT_LOCATION: &str = "main";

/// What makes a repeated request the same request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// Principal (or cart secret), method and route; hashed before it is stored.
    pub scope: Vec<u8>,
    /// The client's `Idempotency-Key`.
    pub key: String,
    /// SHA-256 of the canonical body and parameters.
    pub fingerprint: [u8; 32],
}

/// An answer as it was, or will be, sent: stored with the effect it tells of, replayed byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    pub status: u16,
    /// Path for the `Location` header.
    pub location: Option<String>,
    /// `application/json`, or `application/problem+json` from status 400 on.
    pub body: Bytes,
}

/// The answer to a command that was asked for over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub response: StoredResponse,
    pub replayed: bool,
}

/// Who does it, for the timeline and the audit chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// `system`, `customer`, or a principal's name such as `key:…`.
    pub name: String,
    pub request_id: Option<String>,
}

impl Actor {
    #[must_use]
    pub fn system() -> Self {
        Actor { name: "system".to_owned(), request_id: None }
    }
}

// ---- Orders as shown ------------------------------------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Waiting for the payment to be decided.
    Pending,
    /// The last payment attempt was declined; the stock is still held and another attempt can be made.
    PaymentFailed,
    Confirmed,
    /// Delivered and done.
    Closed,
    Cancelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing is owed.
    NotRequired,
    Pending,
    /// The provider did not answer; it is being asked.
    Unknown,
    RequiresAction,
    Declined,
    Authorised,
    Paid,
    PartiallyRefunded,
    Refunded,
    Voided,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentStatus {
    Unfulfilled,
    PartiallyShipped,
    Shipped,
    Delivered,
    Returned,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderView {
    pub id: OrderId,
    /// For people, e.g. `1001`.
    pub number: String,
    pub status: OrderStatus,
    pub payment_status: PaymentStatus,
    pub fulfilment_status: FulfilmentStatus,
    pub currency: Currency,
    pub cart_id: CartId,
    pub cart_version: u64,
    pub placed_at: TimestampSchema,
    pub lines: Vec<OrderLineView>,
    pub discounts: Vec<Discount>,
    pub tax_lines: Vec<TaxLine>,
    pub shipping_option: String,
    pub shipping_name: String,
    pub totals: Totals,
    pub captured: Money,
    /// Given back so far, by the provider and to gift cards.
    pub refunded: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    pub shipments: Vec<ShipmentView>,
    pub refunds: Vec<RefundView>,
    pub returns: Vec<ReturnView>,
    pub timeline: Vec<TimelineEntry>,
    /// Where it goes and whom to write to; only for who may see it, absent after erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// Whose personal data the order keeps, to be named when a person is to be forgotten; only for staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The units that can be shipped now, and where they are; only for staff.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<LineSource>,
    /// How the order was changed after it was placed, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<EditView>,
}

/// Units of a line at one location, to be shipped from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineSource {
    /// Number of the order's line.
    pub line: u32,
    pub location: String,
    pub quantity: u32,
}

/// The personal data of an order, decrypted for one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    pub email: String,
    pub shipping_address: crate::address::Address,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<crate::address::Address>,
    /// The VAT id under which the order was sold without VAT, for the invoice and for asking VIES.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderLineView {
    /// 1, 2, 3 …: named in shipments, refunds and returns.
    pub line: u32,
    pub sku: Sku,
    pub product_handle: String,
    pub title: String,
    pub variant_title: String,
    pub quantity: u32,
    pub unit_price: Money,
    pub discount: Money,
    pub tax: Money,
    /// What the shopper pays for this line, with tax.
    pub total: Money,
    pub shipped: u32,
    pub returned: u32,
    /// Units that were not there when they were ordered and have not arrived yet: they cannot be shipped before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub backordered: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(units: &u32) -> bool {
    *units == 0
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NextAction {
    /// `redirect`.
    #[serde(rename = "type")]
    pub kind: String,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineQuantity {
    /// Number of the order's line.
    pub line: u32,
    #[schema(minimum = 1)]
    pub quantity: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentStatus {
    Shipped,
    Delivered,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShipmentView {
    pub id: ShipmentId,
    pub status: ShipmentStatus,
    pub lines: Vec<LineQuantity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    pub shipped_at: TimestampSchema,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<TimestampSchema>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    Pending,
    Succeeded,
    Failed,
}

/// Why a refund was made that nobody of the staff asked for. Whoever tells a customer says it in the customer's language.
pub const REASON_CANCELLED: &str = "order cancelled";
/// As [`REASON_CANCELLED`], when an edit made the order cost less.
pub const REASON_EDITED: &str = "order edited";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefundView {
    pub id: RefundId,
    pub status: RefundState,
    pub amount: Money,
    /// The part of `amount` that went back to gift cards at once; the rest goes through the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gift_card: Option<Money>,
    pub reason: String,
    pub at: TimestampSchema,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReturnStatus {
    Requested,
    Received,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReturnView {
    pub id: ReturnId,
    pub status: ReturnStatus,
    pub lines: Vec<LineQuantity>,
    pub reason: String,
    pub at: TimestampSchema,
}

/// One thing that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TimelineEntry {
    pub at: TimestampSchema,
    /// An event type such as `order.placed`.
    pub event: String,
    /// A sentence for people.
    pub text: String,
}

/// An order in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderSummary {
    pub id: OrderId,
    pub number: String,
    pub status: OrderStatus,
    pub payment_status: PaymentStatus,
    pub fulfilment_status: FulfilmentStatus,
    pub total: Money,
    pub placed_at: TimestampSchema,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    pub status: Option<OrderStatus>,
    /// Exact order number.
    pub number: Option<String>,
}

// ---- Back-office requests -------------------------------------------------------------------------------------------

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelRequest {
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShipmentRequest {
    /// Everything not yet shipped when left out.
    #[serde(default)]
    pub lines: Option<Vec<LineQuantity>>,
    #[serde(default)]
    #[schema(max_length = 100)]
    pub carrier: Option<String>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub tracking: Option<String>,
    /// Where the parcel leaves from: only what the order has there is sent. Wherever the goods are when left out.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub location: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// Either this or `lines`; everything not yet refunded when both are left out.
    #[serde(default)]
    pub amount: Option<Money>,
    #[serde(default)]
    pub lines: Option<Vec<LineQuantity>>,
    /// Whether the units of `lines` go back into stock.
    #[serde(default)]
    pub restock: bool,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnRequest {
    pub lines: Vec<LineQuantity>,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveReturnRequest {
    /// Whether the units go back into stock.
    #[serde(default)]
    pub restock: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    #[schema(min_length = 1, max_length = 2000)]
    pub text: String,
}

/// A coupon as the ledger knows it: only how often it may be used. What it is worth is a promotion's business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CouponView {
    pub code: String,
    /// None: any number of times.
    pub limit: Option<i64>,
    pub uses: i64,
    /// How often one customer may use it. None: as often as there are uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_per_customer: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GiftCardView {
    pub code: String,
    pub balance: Money,
    /// What names the card in orders, in place of its code.
    #[serde(skip)]
    pub code_hash: [u8; 32],
}

/// What one invariant's check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvariantReport {
    /// `I1` … `I14`, as in CORRECTNESS.
    pub id: String,
    pub statement: String,
    /// How many things were looked at.
    pub checked: u64,
    /// Why it does not apply to this installation, when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_applicable: Option<String>,
    pub violations: Vec<Violation>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Violation {
    /// What is wrong, with the ids to look at.
    pub detail: String,
    /// What an operator should do about it.
    pub remedy: String,
}

/// Changes and reads of orders, stock, coupons and gift cards, for the API, the pages and the command line.
/// Writes that carry an [`Idempotency`] answer as HTTP would, so that a repeat is the same bytes.
#[async_trait]
pub trait Orders: Send + Sync {
    async fn order(&self, store: StoreId, id: OrderId) -> Result<Option<OrderView>>;
    async fn orders(&self, store: StoreId, filter: OrderFilter, page: PageRequest) -> Result<Page<OrderSummary>>;
    async fn cancel(
        &self,
        store: StoreId,
        id: OrderId,
        request: CancelRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    async fn ship(
        &self,
        store: StoreId,
        id: OrderId,
        request: ShipmentRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    async fn deliver(
        &self,
        store: StoreId,
        id: OrderId,
        shipment: ShipmentId,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    async fn refund(
        &self,
        store: StoreId,
        id: OrderId,
        request: RefundRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    async fn request_return(
        &self,
        store: StoreId,
        id: OrderId,
        request: ReturnRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    async fn receive_return(
        &self,
        store: StoreId,
        id: OrderId,
        returned: ReturnId,
        request: ReceiveReturnRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    async fn note(
        &self,
        store: StoreId,
        id: OrderId,
        request: NoteRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
}

#[async_trait]
pub trait Vouchers: Send + Sync {
    async fn put_coupon(&self, store: StoreId, code: &str, limit: Option<i64>, actor: Actor) -> Result<CouponView>;
    /// As [`Self::put_coupon`], with a limit for each customer too. Codes are kept in capitals.
    async fn limit_coupon(
        &self,
        store: StoreId,
        code: &str,
        limit: Option<i64>,
        limit_per_customer: Option<i64>,
        actor: Actor,
    ) -> Result<CouponView>;
    async fn coupon(&self, store: StoreId, code: &str) -> Result<Option<CouponView>>;
    async fn issue_gift_card(
        &self,
        store: StoreId,
        code: &Secret,
        balance: Money,
        actor: Actor,
    ) -> Result<GiftCardView>;
    async fn gift_card(&self, store: StoreId, code: &Secret) -> Result<Option<GiftCardView>>;
}

/// The outbox as a feed, people, and the invariants.
#[async_trait]
pub trait Books: Send + Sync {
    /// Events behind `after`, in order of position.
    async fn events(&self, store: StoreId, after: u64, limit: u32) -> Result<Vec<Event>>;
    /// The position of the last event of all stores, 0 before there is one: what happens from now on is behind it.
    async fn last_position(&self) -> Result<u64>;
    async fn invariants(&self) -> Result<Vec<InvariantReport>>;
    /// Destroys the person's key: their data is gone from every copy, the books stay whole.
    async fn erase(&self, store: StoreId, person: PersonId, actor: Actor) -> Result<()>;
}
