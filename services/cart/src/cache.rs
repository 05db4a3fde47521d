//! Carts in memory, bounded, as they stand in the database.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use kernel::{CartId, StoreId};
use parking_lot::Mutex;

use crate::store::Cart;

pub(crate) type Key = (StoreId, CartId);

const SHARDS: usize = 16;

/// Carts used lately. Each shard has two generations: what is used moves to the young one; when that is full it becomes
/// the old one, and what nobody used since is dropped. Never holds what is not committed.
pub(crate) struct Cache {
    shards: Vec<Mutex<Shard>>,
    /// The most carts in one generation of a shard.
    generation: usize,
    hasher: RandomState,
}

#[derive(Default)]
struct Shard {
    young: HashMap<Key, Arc<Cart>>,
    old: HashMap<Key, Arc<Cart>>,
    /// Counts what came and went, so that a cart read from the database is kept only when nothing happened meanwhile.
    changes: u64,
}

/// What the shard had seen when a cart was not found in it.
#[derive(Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Cache {
    /// A cache of at most `capacity` carts.
    pub(crate) fn new(capacity: usize) -> Self {
        Cache {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            generation: (capacity / SHARDS / 2).max(1),
            hasher: RandomState::new(),
        }
    }

    fn shard(&self, key: &Key) -> &Mutex<Shard> {
        let hash = self.hasher.hash_one(key);
        &self.shards[hash as usize % SHARDS]
    }

    /// The cart, or a ticket with which it may be [kept](Self::keep) once read.
    pub(crate) fn get(&self, key: &Key) -> Result<Arc<Cart>, Ticket> {
        let mut shard = self.shard(key).lock();
        if let Some(cart) = shard.young.get(key) {
            return Ok(Arc::clone(cart));
        }
        match shard.old.remove(key) {
            Some(cart) => {
                shard.insert(*key, Arc::clone(&cart), self.generation);
                Ok(cart)
            }
            None => Err(Ticket(shard.changes)),
        }
    }

    /// Keeps a cart that was read after `ticket` was given, unless it may have changed since.
    pub(crate) fn keep(&self, key: Key, cart: Arc<Cart>, ticket: Ticket) {
        let mut shard = self.shard(&key).lock();
        if shard.changes == ticket.0 {
            shard.insert(key, cart, self.generation);
        }
    }

    /// Keeps a cart that was just committed, unless a later version is here already.
    pub(crate) fn put(&self, key: Key, cart: Arc<Cart>) {
        let mut shard = self.shard(&key).lock();
        shard.changes += 1;
        let held = shard.young.get(&key).or_else(|| shard.old.get(&key));
        if held.is_none_or(|held| held.version < cart.version) {
            shard.old.remove(&key);
            shard.insert(key, cart, self.generation);
        }
    }

    /// Forgets a cart whose row may have changed.
    pub(crate) fn forget(&self, key: &Key) {
        let mut shard = self.shard(key).lock();
        shard.changes += 1;
        shard.young.remove(key);
        shard.old.remove(key);
    }
}

impl Shard {
    fn insert(&mut self, key: Key, cart: Arc<Cart>, generation: usize) {
        self.young.insert(key, cart);
        if self.young.len() >= generation {
            self.changes += 1;
            self.old = std::mem::take(&mut self.young);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{Currency, SeededRng, Timestamp};

    fn cart(version: u64) -> Arc<Cart> {
        Arc::new(Cart::new([0; 32], version, Currency::EUR, Timestamp::EPOCH, CartId::from_uuid(uuid::Uuid::nil())))
    }

    fn keys(n: usize) -> Vec<Key> {
        let rng = SeededRng::new(1);
        (0..n).map(|_| (StoreId::DEFAULT, CartId::new(Timestamp::EPOCH, &rng))).collect()
    }

    #[test]
    fn it_stays_bounded_and_keeps_what_is_used() {
        let cache = Cache::new(320);
        let keys = keys(5_000);
        cache.put(keys[0], cart(1));
        for key in &keys[1..] {
            cache.put(*key, cart(1));
            assert!(cache.get(&keys[0]).is_ok(), "a cart in use is not dropped");
        }
        let count = |shard: &Mutex<Shard>| {
            let shard = shard.lock();
            shard.young.len() + shard.old.len()
        };
        let held: usize = cache.shards.iter().map(count).sum();
        assert!(held <= 320, "{held}");
        assert!(cache.get(&keys[1]).is_err());
    }

    #[test]
    fn an_older_version_never_replaces_a_newer_one() {
        let cache = Cache::new(100);
        let key = keys(1)[0];
        let ticket = cache.get(&key).err().unwrap();
        cache.put(key, cart(2));
        cache.put(key, cart(1));
        cache.keep(key, cart(1), ticket);
        assert_eq!(cache.get(&key).ok().unwrap().version, 2);
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let cache = Cache::new(100);
        let key = keys(1)[0];
        let ticket = cache.get(&key).err().unwrap();
        cache.forget(&key);
        cache.keep(key, cart(1), ticket);
        assert!(cache.get(&key).is_err());
    }
}
