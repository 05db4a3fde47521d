//! The renditions asked for most lately, in memory.

use std::collections::HashMap;

use bytes::Bytes;

/// Least recently used go first when the sum of all bodies would exceed the limit.
pub(super) struct Hot {
    limit: usize,
    size: usize,
    clock: u64,
    entries: HashMap<String, (Bytes, u64)>,
}

impl Hot {
    /// `limit` in bytes.
    pub(super) fn new(limit: usize) -> Hot {
        Hot { limit, size: 0, clock: 0, entries: HashMap::new() }
    }

    pub(super) fn get(&mut self, file: &str) -> Option<Bytes> {
        self.clock += 1;
        let (body, used) = self.entries.get_mut(file)?;
        *used = self.clock;
        Some(body.clone())
    }

    pub(super) fn put(&mut self, file: String, body: Bytes) {
        // A body that would push out a quarter of the rest is not worth it.
        if body.len() > self.limit / 4 {
            return;
        }
        self.clock += 1;
        self.size += body.len();
        if let Some((old, _)) = self.entries.insert(file, (body, self.clock)) {
            self.size -= old.len();
        }
        while self.size > self.limit {
            let oldest = self.entries.iter().min_by_key(|(_, (_, used))| *used).map(|(file, _)| file.clone());
            let Some((body, _)) = oldest.and_then(|file| self.entries.remove(&file)) else { break };
            self.size -= body.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_goes_first_and_the_limit_holds() {
        let mut hot = Hot::new(40);
        for name in ["a", "b", "c", "d"] {
            hot.put(name.to_owned(), Bytes::from(vec![0; 10]));
        }
        assert!(hot.get("a").is_some());
        hot.put("e".to_owned(), Bytes::from(vec![0; 10]));
        assert!(hot.get("b").is_none(), "b was used least recently");
        assert!(hot.get("a").is_some() && hot.get("e").is_some());
        hot.put("e".to_owned(), Bytes::from(vec![0; 5]));
        assert_eq!(hot.size, 35);
        hot.put("large".to_owned(), Bytes::from(vec![0; 11]));
        assert!(hot.get("large").is_none());
        assert!(hot.size <= 40);
    }
}
