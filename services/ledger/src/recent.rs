//! A map that forgets.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// The entries put most recently. What was put longest ago goes first, one entry at a time, so that no batch has to wait
/// for thousands of them to be dropped.
pub(crate) struct Recent<K, V> {
    entries: HashMap<K, (u64, V)>,
    /// Keys in the order in which they were put; a key that was put again stands here more than once.
    queue: VecDeque<(K, u64)>,
    puts: u64,
    size: usize,
}

impl<K: Hash + Eq + Clone, V> Recent<K, V> {
    pub(crate) fn new(size: usize) -> Self {
        Recent { entries: HashMap::new(), queue: VecDeque::new(), puts: 0, size }
    }

    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    pub(crate) fn put(&mut self, key: K, value: V) {
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

    pub(crate) fn remove(&mut self, key: &K) {
        self.entries.remove(key);
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.queue.clear();
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
