//! What the writer remembers, so that the next step of an order just placed needs no select.
//!
//! Valid because exactly one process writes the file, through one connection, while it holds the exclusive lock on the
//! data directory. Only what is committed stays: a failed batch empties everything.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash as StdHash;
use std::sync::Arc;

use kernel::{OrderId, Sku, StoreId};

use crate::order::Order;
use crate::state::{Hash, IdempotencyRow, Meta, Shelves, StockLevel, StockRule};

/// The entries put most recently. What was put longest ago goes first, one entry at a time, so that no batch has to wait
/// for thousands of them to be dropped.
pub(super) struct Recent<K, V> {
    entries: HashMap<K, (u64, V)>,
    /// Keys in the order in which they were put; a key that was put again stands here more than once.
    queue: VecDeque<(K, u64)>,
    puts: u64,
    size: usize,
}

impl<K: StdHash + Eq + Clone, V> Recent<K, V> {
    fn new(size: usize) -> Self {
        Recent { entries: HashMap::new(), queue: VecDeque::new(), puts: 0, size }
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    pub(super) fn put(&mut self, key: K, value: V) {
        self.puts += 1;
        self.queue.push_back((key.clone(), self.puts));
        self.entries.insert(key, (self.puts, value));
        while self.entries.len() > self.size || self.queue.len() > 2 * self.size {
            let Some((key, put)) = self.queue.pop_front() else { return };
            if self.entries.get(&key).is_some_and(|(last, _)| *last == put) {
                self.entries.remove(&key);
            }
        }
    }

    pub(super) fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    fn clear(&mut self) {
        self.entries.clear();
        self.queue.clear();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_last_stays_and_the_rest_goes() {
        let mut recent = Recent::new(10);
        for i in 0..1000 {
            recent.put(i, i);
            recent.put(-1, i);
            assert_eq!(recent.get(&-1), Some(&i), "put again and again");
            assert!(recent.entries.len() <= 10 && recent.queue.len() <= 20);
        }
        assert_eq!((recent.get(&999), recent.get(&995), recent.get(&900)), (Some(&999), Some(&995), None));
        *recent.get_mut(&999).unwrap() = 5;
        assert_eq!(recent.get(&999), Some(&5));
        recent.remove(&999);
        assert_eq!((recent.get(&999), recent.get(&998)), (None, Some(&998)));
        recent.clear();
        assert_eq!(recent.get(&998), None);
    }
}
