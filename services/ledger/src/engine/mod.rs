//! The port to the database: load these keys, store these changes, all or nothing.
//!
//! An engine knows rows and constraints, never what a command means. Writing goes through [`Engine`], one batch at a
//! time; reading goes through [`Reader`], beside it.

pub mod conformance;
pub mod memory;
pub mod sqlite;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use contracts::event::Event;
use contracts::ledger::{OrderFilter, StockFilter, StockItem};
use kernel::{Failure, OrderId, Page, PageRequest, Sku, StoreId, Timestamp};

use crate::order::{Order, Phase};
use crate::state::{
    AuditRow, Changes, ContactRow, Coupon, GiftCard, Hash, IdempotencyRow, Keys, Meta, Movement, Parked, Person, Sales,
    Shelves, State, StockLevel, StockRule, Transfer,
};

/// Why a batch was not, or may not have been, stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// Definitely nothing was stored.
    #[error("the batch was not stored: {0}")]
    Failed(String),
    /// The connection broke during the commit: it may be stored or not.
    #[error("it is unknown whether the batch was stored: {0}")]
    Unknown(String),
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let mut failure =
            Failure::unavailable("The shop could not save this right now. Please try again with the same key.", 1);
        failure.internal = Some(error.to_string());
        failure
    }
}

/// The writing side. One batch at a time: `begin`, any number of `load`s, then `commit` or `rollback`.
#[async_trait]
pub trait Engine: Send {
    /// Starts a transaction and gives the meta row, locked.
    async fn begin(&mut self) -> Result<Meta, EngineError>;
    /// Adds the rows of `keys` to `state`, locked, in key order. Keys without a row add nothing.
    async fn load(&mut self, keys: &Keys, state: &mut State) -> Result<(), EngineError>;
    /// Stores `changes` and ends the transaction: durably, unless a [`Engine::flusher`] does that part. A broken constraint is [`EngineError::Failed`].
    async fn commit(&mut self, changes: &Changes) -> Result<(), EngineError>;
    /// Ends the transaction without a trace. Never fails: a broken connection has rolled back already.
    async fn rollback(&mut self);
    /// Deletes up to `limit` answered requests whose idempotency keys expired before `now`, oldest first, and tells how
    /// many there were. Called between batches. Such rows mean nothing any more, so an engine may keep them.
    async fn prune(&mut self, _now: Timestamp, _limit: u32) -> Result<usize, EngineError> {
        Ok(0)
    }
    /// Whoever makes commits durable beside the next batches. Once it was asked for, `commit` and `prune` return before
    /// the disk has what they stored: it does after the next [`Flush::flush`], and until then nobody may hear of it.
    /// None when commits are durable by themselves.
    fn flusher(&mut self) -> Option<Box<dyn Flush>> {
        None
    }
}

/// Makes commits durable.
pub trait Flush: Send {
    /// Blocks until all that was committed before the call is durable. [`EngineError::Unknown`] when it may not be; no
    /// later flush succeeds then.
    fn flush(&mut self) -> Result<(), EngineError>;
}

/// What the movements of one level sum to, for I1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovementSum {
    pub store: StoreId,
    pub sku: Sku,
    pub location: String,
    pub on_hand: i64,
    pub held: i64,
    pub committed: i64,
    pub count: u64,
    pub last_seq: u64,
}

/// How many events an aggregate has, and their numbers' bounds, for I9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSpan {
    pub aggregate: String,
    pub count: u64,
    pub first: u64,
    pub last: u64,
}

/// A coupon with the number of orders that use it, for I7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CouponCount {
    pub coupon: Coupon,
    pub active_uses: i64,
}

/// A gift card with the sum and number of its entries, for I7.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftCardSum {
    pub card: GiftCard,
    pub sum_minor: i64,
    pub count: u64,
}

/// The reading side, usable at any time and from any number of tasks. Sees only what is committed.
#[async_trait]
pub trait Reader: Send + Sync {
    async fn order(&self, store: StoreId, id: OrderId) -> Result<Option<Arc<Order>>, Failure>;
    /// The phase of an order and when something is to be done about it, without the rest of it.
    async fn standing(&self, store: StoreId, id: OrderId) -> Result<Option<(Phase, Option<Timestamp>)>, Failure>;
    /// Newest first.
    async fn orders(
        &self,
        store: StoreId,
        filter: &OrderFilter,
        page: &PageRequest,
    ) -> Result<Page<Arc<Order>>, Failure>;
    async fn order_events(&self, store: StoreId, id: OrderId) -> Result<Vec<Event>, Failure>;
    /// What moved for an order, and what was done with it, at any of these times; in order of time.
    async fn order_history(
        &self,
        order: &Order,
        times: &BTreeSet<Timestamp>,
    ) -> Result<(Vec<Movement>, Vec<AuditRow>), Failure>;
    async fn contact(&self, store: StoreId, number: i64) -> Result<Option<(ContactRow, Person)>, Failure>;
    async fn idempotency(&self, store: StoreId, key: Hash) -> Result<Option<IdempotencyRow>, Failure>;
    async fn levels(&self, store: StoreId, sku: &Sku) -> Result<Vec<StockLevel>, Failure>;
    /// Levels by SKU, then by location.
    async fn stock(&self, store: StoreId, filter: &StockFilter, page: &PageRequest)
    -> Result<Page<StockItem>, Failure>;
    async fn shelves(&self, store: StoreId) -> Result<Shelves, Failure>;
    async fn rule(&self, store: StoreId, sku: &Sku) -> Result<Option<StockRule>, Failure>;
    /// What is sold beyond what is there until a time that has come.
    async fn preorders_over(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, Sku)>, Failure>;
    /// The names of the locations that have levels.
    async fn level_locations(&self, store: StoreId) -> Result<Vec<String>, Failure>;
    /// Latest first.
    async fn transfers(&self, store: StoreId, page: &PageRequest) -> Result<Page<Transfer>, Failure>;
    async fn coupon(&self, store: StoreId, code: &str) -> Result<Option<Coupon>, Failure>;
    async fn gift_card(&self, store: StoreId, code_hash: Hash) -> Result<Option<GiftCard>, Failure>;
    async fn sales(&self, store: StoreId) -> Result<Vec<Sales>, Failure>;
    /// Events of all stores, or of one, behind `after`, by position.
    async fn events(&self, store: Option<StoreId>, after: u64, limit: u32) -> Result<Vec<Event>, Failure>;
    /// The highest position of an event; 0 before there is one.
    async fn last_position(&self) -> Result<u64, Failure>;
    /// Orders whose `due_at` has come, longest overdue first.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, OrderId)>, Failure>;
    async fn cursor(&self, consumer: &str) -> Result<u64, Failure>;
    /// Everything parked for `consumer`, by position.
    async fn parked(&self, consumer: &str) -> Result<Vec<Parked>, Failure>;

    // For the doctor: whole tables, in chunks or summed by the engine.

    /// Orders of all stores with a number above `after`, by number.
    async fn scan_orders(&self, after: i64, limit: u32) -> Result<Vec<Arc<Order>>, Failure>;
    async fn all_levels(&self) -> Result<Vec<StockLevel>, Failure>;
    async fn movement_sums(&self) -> Result<Vec<MovementSum>, Failure>;
    /// By store, then by SKU.
    async fn all_rules(&self) -> Result<Vec<StockRule>, Failure>;
    async fn all_transfers(&self) -> Result<Vec<Transfer>, Failure>;
    /// What the movements of transfers sum to, for each SKU that was ever transferred.
    async fn transferred(&self) -> Result<Vec<(StoreId, Sku, i64)>, Failure>;
    async fn coupon_counts(&self) -> Result<Vec<CouponCount>, Failure>;
    async fn gift_card_sums(&self) -> Result<Vec<GiftCardSum>, Failure>;
    async fn event_spans(&self) -> Result<Vec<EventSpan>, Failure>;
    /// Number of events, and the highest position: equal when none is missing.
    async fn event_count(&self) -> Result<(u64, u64), Failure>;
    /// Number of inbox rows of `consumer`.
    async fn inbox_count(&self, consumer: &str) -> Result<u64, Failure>;
    async fn audit(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, Failure>;
    /// Idempotency rows that are answered with a status of 500 or more, or in progress for an order that is decided.
    async fn bad_idempotency(&self) -> Result<Vec<String>, Failure>;
}
