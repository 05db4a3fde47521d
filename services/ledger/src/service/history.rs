//! The story of an order, as the reader of this service finds it.

use async_trait::async_trait;
use contracts::Result;
use contracts::ledger::{History, HistoryEntry};
use kernel::{Failure, OrderId, StoreId};

use super::LedgerService;
use crate::story;

#[async_trait]
impl History for LedgerService {
    async fn history(&self, store: StoreId, id: OrderId) -> Result<Vec<HistoryEntry>> {
        let order = self.reader.order(store, id).await?.ok_or_else(|| Failure::not_found("order"))?;
        story::of(self.reader.as_ref(), &order).await
    }
}
