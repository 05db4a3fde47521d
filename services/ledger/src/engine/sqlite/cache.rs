//! What the writer remembers, so that the next step of an order just placed needs no select.
//!
//! Valid because exactly one process writes the file, through one connection, while it holds the exclusive lock on the
//! data directory. Only what is committed stays: a failed batch empties everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{OrderId, Sku, StoreId};

use crate::order::Order;
use crate::recent::Recent;
use crate::state::{Hash, IdempotencyRow, Meta, Shelves, StockLevel, StockRule};

/// A level and the id of its row.
pub(super) type Levels = BTreeMap<String, (i64, StockLevel)>;

pub(super) struct Cache {
    /// With the last slot that was given to an answer.
    pub(super) meta: Option<(Meta, i64)>,
    pub(super) orders: Recent<OrderId, Arc<Order>>,
    /// Every location of a SKU, or an empty map for a SKU that has none.
    pub(super) levels: Recent<(StoreId, Sku), Levels>,
    /// Requests and their answers, with the slot of the answer. Every step of an order asks for its request.
    pub(super) requests: Recent<(StoreId, Hash), (i64, IdempotencyRow)>,
    /// Ids of aggregates that are not orders.
    pub(super) aggregates: Recent<(StoreId, String), i64>,
    pub(super) shelves: Recent<StoreId, Arc<Shelves>>,
    /// The rule of a SKU, or none for a SKU of which nothing was said.
    pub(super) rules: Recent<(StoreId, Sku), Option<StockRule>>,
}

impl Cache {
    pub(super) fn new() -> Self {
        Cache {
            meta: None,
            orders: Recent::new(20_000),
            levels: Recent::new(50_000),
            requests: Recent::new(10_000),
            aggregates: Recent::new(10_000),
            shelves: Recent::new(1_000),
            rules: Recent::new(50_000),
        }
    }

    pub(super) fn clear(&mut self) {
        self.meta = None;
        self.orders.clear();
        self.levels.clear();
        self.requests.clear();
        self.aggregates.clear();
        self.shelves.clear();
        self.rules.clear();
    }
}
