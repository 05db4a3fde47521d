//! The rows of the ledger, the keys by which a batch loads them, and the changes it stores.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use contracts::ledger::{
    Location, Oversell, StockItem, StockQuantity, StockView, TransferLine, TransferStatus, TransferView,
};
use kernel::{CartId, Currency, EventId, Failure, OrderId, PersonId, Sku, StoreId, Timestamp, TransferId};

use crate::order::Order;

/// A SHA-256.
pub type Hash = [u8; 32];

/// How much of a SKU there is at a location. Invariant I1: `available() >= 0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockLevel {
    pub store: StoreId,
    pub sku: Sku,
    pub location: String,
    pub on_hand: i64,
    pub held: i64,
    pub committed: i64,
    /// Number of the last movement; replaying movements 1 to `seq` gives this row.
    pub seq: u64,
    /// Number of the last event of this level.
    pub event_seq: u64,
    /// At or below this many available units it is low; none: as the store says.
    pub low_at: Option<i64>,
}

impl StockLevel {
    #[must_use]
    pub const fn available(&self) -> i64 {
        self.on_hand - self.held - self.committed
    }

    #[must_use]
    pub fn view(&self) -> StockView {
        StockView {
            sku: self.sku.clone(),
            location: self.location.clone(),
            on_hand: self.on_hand,
            held: self.held,
            committed: self.committed,
            available: self.available(),
        }
    }

    /// As it is listed in a store whose own threshold is `default`.
    #[must_use]
    pub fn item(&self, default: Option<i64>) -> StockItem {
        let threshold = self.low_at.or(default);
        StockItem {
            sku: self.sku.clone(),
            location: self.location.clone(),
            on_hand: self.on_hand,
            held: self.held,
            committed: self.committed,
            available: self.available(),
            threshold,
            low: threshold.is_some_and(|t| self.available() <= t),
        }
    }
}

/// What a store says about all its stock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelves {
    /// Those that were described.
    pub locations: BTreeMap<String, Location>,
    /// The threshold of levels that have none of their own.
    pub low_at: Option<i64>,
}

impl Shelves {
    /// Whether orders are served from `location`.
    #[must_use]
    pub fn serves(&self, location: &str) -> bool {
        self.locations.get(location).is_none_or(|l| l.active)
    }

    /// Orders are served from the location with the lowest number first.
    #[must_use]
    pub fn priority(&self, location: &str) -> i64 {
        self.locations.get(location).map_or(i64::MAX, |l| l.priority)
    }
}

/// What is sold of a SKU beyond what is there, and what it is made of. Without a row: nothing, and of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockRule {
    pub store: StoreId,
    pub sku: Sku,
    pub policy: Oversell,
    /// The most units that may be owed at once.
    pub limit: Option<i64>,
    /// From then on a pre-order is not taken any more.
    pub until: Option<Timestamp>,
    /// Units that orders wait for: the sum over their backorders.
    pub backordered: i64,
    /// What one bundle is made of; nothing for goods of their own.
    pub components: Vec<StockQuantity>,
    /// The bundles that it is a component of.
    pub part_of: Vec<Sku>,
    /// Number of the last event of this SKU over all locations.
    pub event_seq: u64,
}

impl StockRule {
    /// The rule of a SKU of which nothing was said.
    #[must_use]
    pub fn new(store: StoreId, sku: Sku) -> Self {
        StockRule {
            store,
            sku,
            policy: Oversell::Deny,
            limit: None,
            until: None,
            backordered: 0,
            components: Vec::new(),
            part_of: Vec::new(),
            event_seq: 0,
        }
    }

    /// Whether `units` more may be owed at `now`.
    #[must_use]
    pub fn allows(&self, now: Timestamp, units: i64) -> bool {
        let open = match self.policy {
            Oversell::Deny => false,
            Oversell::Backorder => true,
            Oversell::Preorder => self.until.is_none_or(|until| now < until),
        };
        let owed = if kernel::mutant::planted(kernel::mutant::Mutant::BackorderLimitCheckThenAct) {
            0
        } else {
            self.backordered
        };
        open && self.limit.is_none_or(|limit| owed + units <= limit)
    }
}

/// The orders that have waited longest for a SKU, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    pub orders: BTreeMap<i64, OrderId>,
    /// Whether others wait behind them.
    pub more: bool,
}

/// Goods between two locations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    pub store: StoreId,
    pub id: TransferId,
    pub from: String,
    pub to: String,
    pub state: TransferStatus,
    pub lines: Vec<TransferLine>,
    pub reason: String,
    pub at: Timestamp,
    pub updated_at: Timestamp,
}

impl Transfer {
    /// What was sent and has not arrived.
    #[must_use]
    pub fn outstanding(&self) -> Vec<StockQuantity> {
        let open = self.lines.iter().filter(|l| l.received < l.quantity);
        open.map(|l| StockQuantity { sku: l.sku.clone(), quantity: l.quantity - l.received }).collect()
    }

    #[must_use]
    pub fn view(&self) -> TransferView {
        TransferView {
            id: self.id,
            from: self.from.clone(),
            to: self.to.clone(),
            status: self.state,
            lines: self.lines.clone(),
            reason: self.reason.clone(),
            at: self.at.into(),
            updated_at: self.updated_at.into(),
        }
    }
}

/// Why a level changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MovementKind {
    Count,
    Adjust,
    Hold,
    Release,
    Commit,
    Uncommit,
    Ship,
    Restock,
    TransferOut,
    TransferIn,
}

impl MovementKind {
    /// The kind that is called `name`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = [
            MovementKind::Count,
            MovementKind::Adjust,
            MovementKind::Hold,
            MovementKind::Release,
            MovementKind::Commit,
            MovementKind::Uncommit,
            MovementKind::Ship,
            MovementKind::Restock,
            MovementKind::TransferOut,
            MovementKind::TransferIn,
        ];
        all.into_iter().find(|kind| kind.name() == name)
    }

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MovementKind::Count => "count",
            MovementKind::Adjust => "adjust",
            MovementKind::Hold => "hold",
            MovementKind::Release => "release",
            MovementKind::Commit => "commit",
            MovementKind::Uncommit => "uncommit",
            MovementKind::Ship => "ship",
            MovementKind::Restock => "restock",
            MovementKind::TransferOut => "transfer_out",
            MovementKind::TransferIn => "transfer_in",
        }
    }
}

/// One change of a level, never updated afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    pub store: StoreId,
    pub sku: Sku,
    pub location: String,
    pub seq: u64,
    pub kind: MovementKind,
    pub on_hand: i64,
    pub held: i64,
    pub committed: i64,
    /// Number of the order it was made for.
    pub order: Option<i64>,
    pub reason: Option<String>,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coupon {
    pub store: StoreId,
    /// The code; or the code, a space and the hash of a customer, for the row that counts that customer's uses. No code
    /// has a space in it.
    pub code: String,
    pub limit: Option<i64>,
    pub uses: i64,
    /// How often one customer may use it.
    pub customer_limit: Option<i64>,
}

/// An order that uses a coupon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponUse {
    pub store: StoreId,
    pub code: String,
    pub order: i64,
    /// False once the order is cancelled.
    pub active: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftCard {
    pub store: StoreId,
    pub code_hash: Hash,
    pub currency: Currency,
    pub balance_minor: i64,
    /// Number of the last entry; entries 1 to `seq` sum to the balance.
    pub seq: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftCardEntry {
    pub store: StoreId,
    pub code_hash: Hash,
    pub seq: u64,
    pub delta_minor: i64,
    pub order: Option<i64>,
    pub at: Timestamp,
}

/// A request that was made under an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyRow {
    pub store: StoreId,
    /// SHA-256 of scope and key.
    pub key: Hash,
    pub fingerprint: Hash,
    pub order: Option<OrderId>,
    /// None while in progress.
    pub answer: Option<StoredAnswer>,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    pub status: u16,
    pub location: Option<String>,
    pub body: Bytes,
}

/// An event before the batch gives it its position and id.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    pub store: StoreId,
    pub aggregate: String,
    pub aggregate_seq: u64,
    pub kind: std::borrow::Cow<'static, str>,
    pub request_id: Option<String>,
    pub data: serde_json::Value,
}

/// A person: the wrapped key, or nothing after erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub store: StoreId,
    pub id: PersonId,
    pub wrapped_key: Option<Vec<u8>>,
}

/// The sealed contact of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactRow {
    pub store: StoreId,
    pub order: i64,
    pub person: PersonId,
    pub sealed: Vec<u8>,
}

/// An entry of the audit chain before the batch links it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAudit {
    pub store: StoreId,
    pub actor: String,
    pub action: &'static str,
    pub subject: String,
    pub detail: String,
}

/// A linked entry: `hash = SHA-256(previous hash, fields)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub seq: u64,
    pub at: Timestamp,
    pub entry: NewAuditOwned,
    pub hash: Hash,
}

/// [`NewAudit`] as it is read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAuditOwned {
    pub store: StoreId,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRow {
    pub store: StoreId,
    pub provider: String,
    pub id: String,
    pub order: Option<OrderId>,
    pub at: Timestamp,
}

/// An event that a consumer could not take yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parked {
    pub consumer: String,
    pub position: u64,
    pub event: EventId,
    pub aggregate: String,
    pub tries: u32,
    pub next_at: Timestamp,
    /// Given up: waits for a person.
    pub dead: bool,
}

/// Units of a SKU sold, as the `sales` consumer counts them from events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sales {
    pub store: StoreId,
    pub sku: Sku,
    pub units: i64,
}

/// Counters of the ledger, one row, locked by every batch: numbers and positions are given in commit order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    pub last_number: i64,
    pub last_position: u64,
    pub audit_seq: u64,
    pub audit_hash: Hash,
}

/// Which rows a batch needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub orders: BTreeSet<(StoreId, OrderId)>,
    /// Every location of these.
    pub skus: BTreeSet<(StoreId, Sku)>,
    pub coupons: BTreeSet<(StoreId, String)>,
    pub coupon_uses: BTreeSet<(StoreId, String, i64)>,
    pub gift_cards: BTreeSet<(StoreId, Hash)>,
    pub idempotency: BTreeSet<(StoreId, Hash)>,
    /// The orders of a cart that are not cancelled.
    pub carts: BTreeSet<(StoreId, CartId)>,
    pub people: BTreeSet<(StoreId, PersonId)>,
    pub inbox: BTreeSet<(String, EventId)>,
    pub webhooks: BTreeSet<(StoreId, String, String)>,
    pub sales: BTreeSet<(StoreId, Sku)>,
    /// What is said about all stock; comes along with the `skus` of a store.
    pub shelves: BTreeSet<StoreId>,
    pub transfers: BTreeSet<(StoreId, TransferId)>,
}

impl Keys {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Keys::default()
    }

    /// Takes out what `loaded` already has.
    pub fn subtract(&mut self, loaded: &Keys) {
        self.orders.retain(|k| !loaded.orders.contains(k));
        self.skus.retain(|k| !loaded.skus.contains(k));
        self.coupons.retain(|k| !loaded.coupons.contains(k));
        self.coupon_uses.retain(|k| !loaded.coupon_uses.contains(k));
        self.gift_cards.retain(|k| !loaded.gift_cards.contains(k));
        self.idempotency.retain(|k| !loaded.idempotency.contains(k));
        self.carts.retain(|k| !loaded.carts.contains(k));
        self.people.retain(|k| !loaded.people.contains(k));
        self.inbox.retain(|k| !loaded.inbox.contains(k));
        self.webhooks.retain(|k| !loaded.webhooks.contains(k));
        self.sales.retain(|k| !loaded.sales.contains(k));
        self.shelves.retain(|k| !loaded.shelves.contains(k));
        self.transfers.retain(|k| !loaded.transfers.contains(k));
    }

    pub fn extend(&mut self, more: Keys) {
        self.orders.extend(more.orders);
        self.skus.extend(more.skus);
        self.coupons.extend(more.coupons);
        self.coupon_uses.extend(more.coupon_uses);
        self.gift_cards.extend(more.gift_cards);
        self.idempotency.extend(more.idempotency);
        self.carts.extend(more.carts);
        self.people.extend(more.people);
        self.inbox.extend(more.inbox);
        self.webhooks.extend(more.webhooks);
        self.sales.extend(more.sales);
        self.shelves.extend(more.shelves);
        self.transfers.extend(more.transfers);
    }
}

/// The rows that a batch has loaded, kept current while its commands are decided one after the other.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub meta: Meta,
    pub orders: BTreeMap<OrderId, Arc<Order>>,
    pub stock: BTreeMap<(StoreId, Sku), BTreeMap<String, StockLevel>>,
    pub coupons: BTreeMap<(StoreId, String), Coupon>,
    pub coupon_uses: BTreeMap<(StoreId, String, i64), CouponUse>,
    pub gift_cards: BTreeMap<(StoreId, Hash), GiftCard>,
    pub idempotency: BTreeMap<(StoreId, Hash), IdempotencyRow>,
    /// Orders of a cart that are not cancelled: cart version to order.
    pub carts: BTreeMap<(StoreId, CartId), BTreeMap<u64, OrderId>>,
    pub people: BTreeMap<(StoreId, PersonId), Person>,
    pub inbox: BTreeSet<(String, EventId)>,
    pub webhooks: BTreeSet<(StoreId, String, String)>,
    pub sales: BTreeMap<(StoreId, Sku), Sales>,
    pub shelves: BTreeMap<StoreId, Arc<Shelves>>,
    pub transfers: BTreeMap<(StoreId, TransferId), Transfer>,
    pub rules: BTreeMap<(StoreId, Sku), StockRule>,
    /// Who waits for the SKUs of those rules that say somebody does.
    pub waiting: BTreeMap<(StoreId, Sku), Waiting>,
}

/// What a command does. Rows replace those with the same key; appended rows are new.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    pub orders: Vec<Order>,
    pub stock: Vec<StockLevel>,
    pub movements: Vec<Movement>,
    pub coupons: Vec<Coupon>,
    pub coupon_uses: Vec<CouponUse>,
    pub gift_cards: Vec<GiftCard>,
    pub gift_card_entries: Vec<GiftCardEntry>,
    pub idempotency: Vec<IdempotencyRow>,
    pub people: Vec<Person>,
    pub contacts: Vec<ContactRow>,
    pub events: Vec<NewEvent>,
    pub audit: Vec<NewAudit>,
    pub inbox: Vec<(String, EventId)>,
    pub webhooks: Vec<WebhookRow>,
    pub sales: Vec<Sales>,
    pub cursors: Vec<(String, u64)>,
    pub parked: Vec<Parked>,
    pub unparked: Vec<(String, u64)>,
    pub locations: Vec<(StoreId, Location)>,
    /// The thresholds of stores.
    pub low_at: Vec<(StoreId, Option<i64>)>,
    pub transfers: Vec<Transfer>,
    pub rules: Vec<StockRule>,
    /// Numbers used from the meta row.
    pub numbers: i64,
}

/// What a batch stores, all or nothing. `before` is the loaded row where there was one, so that an engine writes
/// only what differs.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    pub meta: Option<Meta>,
    pub orders: BTreeMap<OrderId, (Option<Arc<Order>>, Arc<Order>)>,
    pub stock: BTreeMap<(StoreId, Sku, String), StockLevel>,
    pub movements: Vec<Movement>,
    pub coupons: BTreeMap<(StoreId, String), Coupon>,
    pub coupon_uses: BTreeMap<(StoreId, String, i64), CouponUse>,
    pub gift_cards: BTreeMap<(StoreId, Hash), GiftCard>,
    pub gift_card_entries: Vec<GiftCardEntry>,
    pub idempotency: BTreeMap<(StoreId, Hash), IdempotencyRow>,
    pub people: BTreeMap<(StoreId, PersonId), Person>,
    pub contacts: Vec<ContactRow>,
    pub events: Vec<contracts::event::Event>,
    pub audit: Vec<AuditRow>,
    pub inbox: Vec<(String, EventId)>,
    pub webhooks: Vec<WebhookRow>,
    pub sales: BTreeMap<(StoreId, Sku), Sales>,
    pub cursors: BTreeMap<String, u64>,
    pub parked: Vec<Parked>,
    pub unparked: Vec<(String, u64)>,
    pub locations: BTreeMap<(StoreId, String), Location>,
    pub low_at: BTreeMap<StoreId, Option<i64>>,
    pub transfers: BTreeMap<(StoreId, TransferId), Transfer>,
    pub rules: BTreeMap<(StoreId, Sku), StockRule>,
}

impl Changes {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.meta.is_none()
            && self.orders.is_empty()
            && self.stock.is_empty()
            && self.coupons.is_empty()
            && self.gift_cards.is_empty()
            && self.idempotency.is_empty()
            && self.people.is_empty()
            && self.events.is_empty()
            && self.audit.is_empty()
            && self.inbox.is_empty()
            && self.webhooks.is_empty()
            && self.sales.is_empty()
            && self.cursors.is_empty()
            && self.parked.is_empty()
            && self.unparked.is_empty()
            && self.locations.is_empty()
            && self.low_at.is_empty()
            && self.transfers.is_empty()
            && self.rules.is_empty()
    }
}

impl State {
    /// # Errors
    /// Not found when the order is not loaded or belongs to another store.
    pub fn order(&self, store: StoreId, id: OrderId) -> Result<&Arc<Order>, Failure> {
        self.orders.get(&id).filter(|o| o.head.store == store).ok_or_else(|| Failure::not_found("order"))
    }

    /// Units of `sku` that can be sold, over all locations.
    #[must_use]
    pub fn available(&self, store: StoreId, sku: &Sku) -> i64 {
        self.stock.get(&(store, sku.clone())).map_or(0, |levels| levels.values().map(|l| l.available().max(0)).sum())
    }
}
