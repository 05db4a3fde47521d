//! An order's story: what happened to it, what moved for it, what staff did with it, and why. For the back office only.

use async_trait::async_trait;
use kernel::{OrderId, Sku, StoreId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Result;
use crate::catalog::TimestampSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    /// Something happened to the order, as its timeline tells.
    Event,
    /// Units were set aside, freed, owed, sent or put back.
    Stock,
    /// Money was asked for, taken, or given back.
    Payment,
    /// Somebody of the staff, or a program with a key, did something.
    Staff,
    /// What somebody of the staff wrote down.
    Note,
}

/// One thing of an order's story. What belongs together has the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    pub at: TimestampSchema,
    pub kind: HistoryKind,
    /// Of an event its type, such as `order.placed`; of stock the kind of movement, such as `hold`; of a payment the event
    /// that it belongs to; of staff what was done, such as `order.ship`.
    pub name: String,
    /// A sentence for people; of a note, the note.
    pub text: String,
    /// Why, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who did it; none for what follows by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What moved, of stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<StockMoved>,
    /// More for programs: the data of an event, or what staff's action made.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// The request that caused an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// By how many units a level changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockMoved {
    #[schema(value_type = String)]
    pub sku: Sku,
    /// Handle of the location.
    pub location: String,
    /// Units that are there.
    pub on_hand: i64,
    /// Of them set aside for orders that are being paid.
    pub held: i64,
    /// Of them owed to confirmed orders.
    pub committed: i64,
}

#[async_trait]
pub trait History: Send + Sync {
    /// All of it in order of time; of one time, events first. Not found when there is no such order.
    async fn history(&self, store: StoreId, id: OrderId) -> Result<Vec<HistoryEntry>>;
}
