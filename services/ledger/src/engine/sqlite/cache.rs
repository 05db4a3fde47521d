//! What the writer remembers, so that the next step of an order just placed needs no select.
//!
//! Valid because exactly one process writes the file, through one connection, while it holds the exclusive lock on the
//! data directory. Only what is committed stays: a failed batch empties everything.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash as StdHash;
use std::sync::Arc;

use kernel::{OrderId, Sku, StoreId};

use crate::order::Order;
use crate::state::{Hash, IdempotencyRow, Meta, StockLevel};

/// The entries used most recently: between `size` and twice as many. A full generation pushes out the one before.
pub(super) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    size: usize,
}

impl<K: StdHash + Eq + Clone, V: Clone> Recent<K, V> {
    fn new(size: usize) -> Self {
        Recent { young: HashMap::new(), old: HashMap::new(), size }
    }

    pub(super) fn get(&mut self, key: &K) -> Option<&V> {
        if let Some(value) = self.old.remove(key) {
            self.put(key.clone(), value);
        }
        self.young.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.get(key)?;
        self.young.get_mut(key)
    }

    pub(super) fn put(&mut self, key: K, value: V) {
        if self.young.len() >= self.size {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

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
}

impl Cache {
    pub(super) fn new() -> Self {
        Cache {
            meta: None,
            orders: Recent::new(10_000),
            levels: Recent::new(50_000),
            requests: Recent::new(5_000),
            aggregates: Recent::new(10_000),
        }
    }

    pub(super) fn clear(&mut self) {
        self.meta = None;
        self.orders.clear();
        self.levels.clear();
        self.requests.clear();
        self.aggregates.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recently_used_stay_and_the_rest_goes() {
        let mut recent = Recent::new(10);
        for i in 0..100 {
            recent.put(i, i);
            assert_eq!(recent.get(&0), Some(&0), "used all the time");
            assert!(recent.young.len() + recent.old.len() <= 20);
        }
        assert_eq!(recent.get(&99), Some(&99));
        assert_eq!(recent.get(&50), None);
        recent.clear();
        assert_eq!(recent.get(&99), None);
    }
}
