//! Slows guessing down without locking anybody out.
//!
//! Failures are counted in slots: per network, per account, over all … whatever the caller names. After some free ones each
//! costs a pause that doubles up to a bound, so that a slot never closes, it only slows. In memory of one process, bounded.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use kernel::{ErrorKind, Failure};
use parking_lot::Mutex;
use tokio::time::Instant;

/// The most slots remembered.
const SLOTS: usize = 100_000;
/// After this long without a failure a slot is forgotten.
pub const FORGET: Duration = Duration::from_secs(3600);

/// Where somebody comes from: an IPv4 address, or the /64 that one household has of IPv6.
#[must_use]
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
    }
}

/// How many failures are free, the first pause and the longest, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Term(pub u32, pub u64, pub u64);

#[derive(Debug)]
struct Count {
    failures: u32,
    last: Instant,
}

impl Count {
    fn pause(&self, Term(free, first, longest): Term) -> Duration {
        match self.failures.checked_sub(free) {
            None | Some(0) => Duration::ZERO,
            Some(more) => Duration::from_secs((first << (more - 1).min(20)).min(longest)),
        }
    }
}

/// Counts of failures by slot; `term` says how patient each slot is.
#[derive(Debug)]
pub struct Throttle<S> {
    term: fn(&S) -> Term,
    counts: Mutex<HashMap<S, Count>>,
}

impl<S: Eq + Hash> Throttle<S> {
    #[must_use]
    pub fn new(term: fn(&S) -> Term) -> Self {
        Throttle { term, counts: Mutex::default() }
    }

    /// # Errors
    /// 429 `too_many_attempts` with the seconds to wait for the slowest of `slots`. A refused attempt does not count as a
    /// failure.
    pub fn admit(&self, slots: &[S]) -> Result<(), Failure> {
        let now = Instant::now();
        let counts = self.counts.lock();
        let wait = slots
            .iter()
            .filter_map(|slot| {
                let count = counts.get(slot)?;
                (count.last + count.pause((self.term)(slot))).checked_duration_since(now)
            })
            .max()
            .unwrap_or_default();
        if wait.is_zero() {
            return Ok(());
        }
        let seconds = u32::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
        let detail = format!("There were too many attempts. Please wait {seconds} s and try again.");
        let mut failure = Failure::new(ErrorKind::RateLimited, "too_many_attempts", detail);
        failure.retry_after_s = Some(seconds);
        Err(failure)
    }

    /// Counts a failure in each of `slots`.
    pub fn failed(&self, slots: impl IntoIterator<Item = S>) {
        let now = Instant::now();
        let mut counts = self.counts.lock();
        if counts.len() >= SLOTS {
            make_room(&mut counts, now);
        }
        for slot in slots {
            let count = counts.entry(slot).or_insert(Count { failures: 0, last: now });
            if now.duration_since(count.last) >= FORGET {
                count.failures = 0;
            }
            count.failures += 1;
            count.last = now;
        }
    }

    /// Forgives what was counted in `slot`.
    pub fn forgive(&self, slot: &S) {
        self.counts.lock().remove(slot);
    }
}

fn make_room<S: Eq + Hash>(counts: &mut HashMap<S, Count>, now: Instant) {
    counts.retain(|_, count| now.duration_since(count.last) < FORGET);
    if counts.len() >= SLOTS {
        // Somebody fills the table on purpose. The smallest counts protect the least.
        counts.retain(|_, count| count.failures > 5);
    }
    if counts.len() >= SLOTS {
        counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_failure_costs_a_longer_pause_and_the_longest_is_bounded() {
        let throttle = Throttle::new(|_: &&str| Term(2, 1, 5));
        for _ in 0..2 {
            throttle.admit(&["a"]).unwrap();
            throttle.failed(["a"]);
        }
        for wait in [1, 2, 4, 5, 5] {
            throttle.admit(&["a", "b"]).unwrap();
            throttle.failed(["a"]);
            let refused = throttle.admit(&["b", "a"]).unwrap_err();
            assert_eq!((refused.kind, refused.retry_after_s), (ErrorKind::RateLimited, Some(wait)));
            throttle.admit(&["b"]).unwrap();
            tokio::time::advance(Duration::from_secs(wait.into())).await;
        }
        throttle.failed(["a"]);
        tokio::time::advance(FORGET).await;
        throttle.failed(["a"]);
        throttle.admit(&["a"]).unwrap();
        throttle.failed(["a", "a"]);
        assert!(throttle.admit(&["a"]).is_err());
        throttle.forgive(&"a");
        throttle.admit(&["a"]).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_table_stays_bounded_and_keeps_those_who_tried_most() {
        let throttle = Throttle::new(|_: &u32| Term(5, 60, 60));
        (0..10).for_each(|_| throttle.failed([0]));
        (1..250_000).for_each(|slot| throttle.failed([slot]));
        assert!(throttle.counts.lock().len() <= SLOTS);
        assert!(throttle.admit(&[0]).is_err());
    }

    #[test]
    fn a_household_is_one_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
