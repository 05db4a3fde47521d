//! What moved for an order and what staff did with it, and why: for the back office only.

use async_trait::async_trait;
use kernel::{OrderId, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::catalog::TimestampSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    /// Units were set aside, freed, owed, sent or put back.
    Stock,
    /// Money was asked for, taken, or given back.
    Payment,
    /// Somebody of the staff, or a program with a key, did something.
    Staff,
    /// What somebody of the staff wrote down.
    Note,
}

/// One thing behind an entry of the timeline, which has the same time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HistoryEntry {
    pub at: TimestampSchema,
    pub kind: HistoryKind,
    /// A sentence for people; of a note, the note.
    pub text: String,
    /// Why, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who did it; none for what follows by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

#[async_trait]
pub trait History: Send + Sync {
    /// In order of time. Not found when there is no such order.
    async fn history(&self, store: StoreId, id: OrderId) -> Result<Vec<HistoryEntry>>;
}
