//! Stock: levels and thresholds, locations, transfers, stock-takes, backorders and bundles.

use async_trait::async_trait;
use kernel::{Page, PageRequest, Sku, StoreId, Timestamp, TransferId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Actor, Answer, Idempotency};
use crate::Result;
use crate::catalog::TimestampSchema;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockView {
    pub sku: Sku,
    pub location: String,
    pub on_hand: i64,
    /// Held by orders whose payment is not decided.
    pub held: i64,
    /// Owed to confirmed orders.
    pub committed: i64,
    /// `on_hand - held - committed`.
    pub available: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetStock {
    #[serde(default = "main_location")]
    #[schema(min_length = 1, max_length = 64)]
    pub location: String,
    /// Counted units, held and committed ones included.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub on_hand: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustStock {
    pub sku: Sku,
    #[serde(default = "main_location")]
    #[schema(min_length = 1, max_length = 64)]
    pub location: String,
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    pub delta: i64,
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

/// A place with stock. One that was never described is active and comes after those that were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// Lower-case letters, digits, `-` and `_`; what levels and movements name it by.
    #[schema(min_length = 1, max_length = 64)]
    pub location: String,
    /// What people call it.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub title: String,
    /// Orders are served from the location with the lowest number first.
    #[serde(default = "usual_priority")]
    #[schema(minimum = 0, maximum = 1000)]
    pub priority: i64,
    /// Whether orders are served from it.
    #[serde(default = "yes")]
    pub active: bool,
    /// Whether shoppers may collect their goods there.
    #[serde(default)]
    pub pickup: bool,
}

impl Location {
    /// The location `name` as it is until somebody describes it.
    #[must_use]
    pub fn undescribed(name: &str) -> Self {
        let priority = usual_priority();
        Location { location: name.to_owned(), title: String::new(), priority, active: true, pickup: false }
    }
}

const fn usual_priority() -> i64 {
    500
}

const fn yes() -> bool {
    true
}

/// Which levels are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StockFilter {
    pub location: Option<String>,
    /// Only levels at or below their threshold.
    pub low: bool,
    /// Only SKUs that contain this text, whatever its case.
    pub q: Option<String>,
}

/// A level in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockItem {
    pub sku: Sku,
    pub location: String,
    pub on_hand: i64,
    pub held: i64,
    pub committed: i64,
    pub available: i64,
    /// At or below this many available units the level is low: its own threshold, or else the store's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<i64>,
    pub low: bool,
}

/// When the stock of a SKU at a location counts as low.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetThreshold {
    #[serde(default = "main_location")]
    #[schema(min_length = 1, max_length = 64)]
    pub location: String,
    /// The store's own when left out or null.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub threshold: Option<i64>,
}

/// What holds for all stock of a store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockSettings {
    /// At or below this many available units a level without a threshold of its own is low. Null: never.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub low_stock_threshold: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StockQuantity {
    pub sku: Sku,
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub quantity: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    #[schema(min_length = 1, max_length = 64)]
    pub from: String,
    #[schema(min_length = 1, max_length = 64)]
    pub to: String,
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<StockQuantity>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub reason: String,
    /// Whether the goods travel: then they are at neither location until they are received.
    #[serde(default)]
    pub in_transit: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransferStatus {
    InTransit,
    PartiallyReceived,
    /// Everything arrived.
    Received,
    /// Ended although something is missing.
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransferLine {
    pub sku: Sku,
    pub quantity: i64,
    pub received: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TransferView {
    pub id: TransferId,
    pub from: String,
    pub to: String,
    pub status: TransferStatus,
    pub lines: Vec<TransferLine>,
    pub reason: String,
    pub at: TimestampSchema,
    pub updated_at: TimestampSchema,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceiveTransfer {
    /// Everything still on its way when left out.
    #[serde(default)]
    pub lines: Option<Vec<StockQuantity>>,
    /// Whether nothing more is expected: what is missing then is lost.
    #[serde(default)]
    pub close: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountedSku {
    pub sku: Sku,
    /// Counted units, held and committed ones included.
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub on_hand: i64,
}

/// A stock-take of a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountRequest {
    #[serde(default = "main_location")]
    #[schema(min_length = 1, max_length = 64)]
    pub location: String,
    #[schema(min_items = 1, max_items = 1000)]
    pub lines: Vec<CountedSku>,
    #[schema(min_length = 1, max_length = 200)]
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountLine {
    pub sku: Sku,
    /// What the books said.
    pub before: i64,
    pub counted: i64,
    /// `counted - before`.
    pub difference: i64,
}

/// What a stock-take found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CountReport {
    pub location: String,
    pub reason: String,
    /// Who counted.
    pub by: String,
    pub at: TimestampSchema,
    pub lines: Vec<CountLine>,
    /// How many of the lines differ from the books.
    pub differences: u64,
}

/// What happens to an order for more than there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Oversell {
    /// It is refused.
    #[default]
    Deny,
    /// The rest follows when it arrives.
    Backorder,
    /// The same, for goods that are not out yet.
    Preorder,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPolicy {
    pub policy: Oversell,
    /// The most units that may be owed at once. Any number when left out.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub limit: Option<i64>,
    /// From then on more than there is cannot be ordered: the policy becomes `deny`. Only for a pre-order.
    #[serde(default)]
    pub until: Option<TimestampSchema>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PolicyView {
    pub sku: Sku,
    pub policy: Oversell,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<TimestampSchema>,
    /// Units that orders wait for.
    pub backordered: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBundle {
    /// What one bundle is made of. Nothing: the SKU is no bundle any more.
    #[schema(max_items = 20)]
    pub components: Vec<StockQuantity>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BundleView {
    pub sku: Sku,
    pub components: Vec<StockQuantity>,
    /// How many can be sold, as far as the stock of the components goes.
    pub available: i64,
}

fn main_location() -> String {
    super::DEFAULT_LOCATION.to_owned()
}

#[async_trait]
pub trait Stock: Send + Sync {
    /// Every location of one SKU; empty when the SKU was never stocked.
    async fn levels(&self, store: StoreId, sku: &Sku) -> Result<Vec<StockView>>;
    async fn set(&self, store: StoreId, sku: &Sku, request: SetStock, actor: Actor) -> Result<StockView>;
    async fn adjust(
        &self,
        store: StoreId,
        request: AdjustStock,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    /// Every SKU with units available, at once: what the catalog's read model starts from.
    async fn all_available(&self, store: StoreId) -> Result<Vec<Sku>>;
}

/// Locations, stock-takes, transfers, and when stock is low.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// By priority, then by name; the undescribed ones that have stock included.
    async fn locations(&self, store: StoreId) -> Result<Vec<Location>>;
    async fn put_location(&self, store: StoreId, location: Location, actor: Actor) -> Result<Location>;
    /// By SKU, then by location.
    async fn stock(&self, store: StoreId, filter: StockFilter, page: PageRequest) -> Result<Page<StockItem>>;
    async fn set_threshold(&self, store: StoreId, sku: &Sku, request: SetThreshold, actor: Actor) -> Result<StockItem>;
    async fn settings(&self, store: StoreId) -> Result<StockSettings>;
    async fn put_settings(&self, store: StoreId, settings: StockSettings, actor: Actor) -> Result<StockSettings>;
    async fn count(
        &self,
        store: StoreId,
        request: CountRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    async fn transfer(
        &self,
        store: StoreId,
        request: TransferRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    async fn receive_transfer(
        &self,
        store: StoreId,
        id: TransferId,
        request: ReceiveTransfer,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer>;
    /// Latest first.
    async fn transfers(&self, store: StoreId, page: PageRequest) -> Result<Page<TransferView>>;
}

/// What is sold beyond what is there, and what is made of other goods.
#[async_trait]
pub trait StockRules: Send + Sync {
    /// `deny` for a SKU of which nothing else was said.
    async fn policy(&self, store: StoreId, sku: &Sku) -> Result<PolicyView>;
    async fn put_policy(&self, store: StoreId, sku: &Sku, request: SetPolicy, actor: Actor) -> Result<PolicyView>;
    /// None when the SKU is not a bundle.
    async fn bundle(&self, store: StoreId, sku: &Sku) -> Result<Option<BundleView>>;
    async fn put_bundle(&self, store: StoreId, sku: &Sku, request: SetBundle, actor: Actor) -> Result<BundleView>;
    /// Every SKU that can be ordered although nothing of it is there, with the end of that when it has one: what the
    /// catalog's read model starts from.
    async fn all_backorderable(&self, store: StoreId) -> Result<Vec<(Sku, Option<Timestamp>)>>;
}
