//! Events: what happened, told to whoever cares. Public contracts, so: a type, a version, additive changes only, and
//! ids, amounts and quantities instead of people.

use async_trait::async_trait;
use kernel::{EventId, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::catalog::TimestampSchema;

/// An event as the outbox holds it and the feed shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    pub id: EventId,
    /// Position in the feed; pass as `after` to continue behind it.
    pub position: u64,
    pub store: StoreId,
    /// What it happened to, e.g. `order:01…` or `product:…`.
    pub aggregate: String,
    /// 1, 2, 3 … without gaps within an aggregate.
    pub aggregate_seq: u64,
    /// E.g. `order.placed`.
    #[serde(rename = "type")]
    pub kind: String,
    pub version: u32,
    pub at: TimestampSchema,
    /// The request that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
}

/// The outbox of a service that keeps its own, whose events join the feed of the ledger.
#[async_trait]
pub trait OutboxSource: Send + Sync {
    /// Names the source in logs and in the inbox; it never changes.
    fn name(&self) -> &'static str;
    /// Events that are not in the feed yet, oldest first.
    async fn unpublished(&self, limit: usize) -> crate::Result<Vec<Event>>;
    /// Everything up to `position` of the source is in the feed.
    async fn mark_published(&self, store: StoreId, position: u64) -> crate::Result<()>;
}
