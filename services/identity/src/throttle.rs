//! Slows guessing down without locking anybody out.
//!
//! Failures are counted per network, per account and network, and per account over all networks that are strange to
//! it; after some free ones each costs a pause that doubles up to a bound. A network from which somebody has logged in
//! before is not slowed by what others try elsewhere, so guessing at an account cannot keep its owner out; who is away
//! from home can always set a new password by mail. In memory of one process, bounded.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use contracts::Result;
use kernel::{ErrorKind, Failure};
use parking_lot::Mutex;
use tokio::time::Instant;

/// The most slots remembered.
const SLOTS: usize = 100_000;
/// After this long without a failure a slot is forgotten.
const FORGET: Duration = Duration::from_secs(3600);

/// Where somebody comes from: an IPv4 address, or the /64 that one household has of IPv6.
#[must_use]
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            format!("{:x}:{:x}:{:x}:{:x}::/64", s[0], s[1], s[2], s[3])
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Network(String),
    Pair(String, String),
    Strangers(String),
}

/// How many failures are free, the first pause and the longest, in seconds.
#[derive(Clone, Copy, Debug)]
struct Term(u32, u64, u64);

#[derive(Clone, Copy, Debug)]
struct Terms {
    network: Term,
    pair: Term,
    strangers: Term,
}

/// For passwords.
const LOGINS: Terms = Terms { network: Term(60, 1, 300), pair: Term(5, 1, 900), strangers: Term(20, 1, 60) };
/// For whatever sends a mail, where each request counts: a mailbox is not to be filled.
const MAILS: Terms = Terms { network: Term(30, 1, 300), pair: Term(3, 15, 900), strangers: Term(6, 60, 3600) };

impl Terms {
    const fn of(&self, slot: &Slot) -> Term {
        match slot {
            Slot::Network(_) => self.network,
            Slot::Pair(..) => self.pair,
            Slot::Strangers(_) => self.strangers,
        }
    }
}

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

/// One attempt, as the throttle sees it.
#[derive(Clone, Debug)]
pub(crate) struct Attempt<'a> {
    /// A keyed hash of the e-mail address, whether an account has it or not.
    pub(crate) account: &'a str,
    pub(crate) network: Option<String>,
    /// Whether somebody logged in to this account from there before.
    pub(crate) known: bool,
}

impl Attempt<'_> {
    fn slots(&self) -> Vec<Slot> {
        let mut slots = Vec::with_capacity(3);
        if let Some(network) = &self.network {
            slots.push(Slot::Network(network.clone()));
            slots.push(Slot::Pair(self.account.to_owned(), network.clone()));
        }
        if !self.known {
            slots.push(Slot::Strangers(self.account.to_owned()));
        }
        slots
    }
}

pub(crate) struct Throttle {
    terms: Terms,
    counts: Mutex<HashMap<Slot, Count>>,
}

impl Throttle {
    pub(crate) fn logins() -> Self {
        Throttle { terms: LOGINS, counts: Mutex::default() }
    }

    pub(crate) fn mails() -> Self {
        Throttle { terms: MAILS, counts: Mutex::default() }
    }

    /// # Errors
    /// 429 with the seconds to wait. A refused attempt does not count as a failure.
    pub(crate) fn admit(&self, attempt: &Attempt<'_>) -> Result<()> {
        let now = Instant::now();
        let counts = self.counts.lock();
        let wait = attempt
            .slots()
            .iter()
            .filter_map(|slot| {
                let count = counts.get(slot)?;
                (count.last + count.pause(self.terms.of(slot))).checked_duration_since(now)
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

    pub(crate) fn failed(&self, attempt: &Attempt<'_>) {
        let now = Instant::now();
        let mut counts = self.counts.lock();
        if counts.len() >= SLOTS {
            counts.retain(|_, count| now.duration_since(count.last) < FORGET);
            if counts.len() >= SLOTS {
                // Somebody fills the table on purpose. The smallest counts protect the least.
                counts.retain(|_, count| count.failures > 5);
            }
            if counts.len() >= SLOTS {
                counts.clear();
            }
        }
        for slot in attempt.slots() {
            let count = counts.entry(slot).or_insert(Count { failures: 0, last: now });
            if now.duration_since(count.last) >= FORGET {
                count.failures = 0;
            }
            count.failures += 1;
            count.last = now;
        }
    }

    /// The right password: what this network got wrong before is forgiven, what strangers do is not.
    pub(crate) fn succeeded(&self, attempt: &Attempt<'_>) {
        if let Some(network) = &attempt.network {
            self.counts.lock().remove(&Slot::Pair(attempt.account.to_owned(), network.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from<'a>(account: &'a str, network: &str, known: bool) -> Attempt<'a> {
        Attempt { account, network: Some(network.to_owned()), known }
    }

    #[tokio::test(start_paused = true)]
    async fn each_failure_costs_a_longer_pause() {
        let throttle = Throttle::logins();
        let attempt = from("ann", "192.0.2.1", false);
        for _ in 0..5 {
            throttle.admit(&attempt).unwrap();
            throttle.failed(&attempt);
        }
        for wait in [1, 2, 4, 8] {
            throttle.admit(&attempt).unwrap();
            throttle.failed(&attempt);
            let refused = throttle.admit(&attempt).unwrap_err();
            assert_eq!((refused.kind, refused.retry_after_s), (ErrorKind::RateLimited, Some(wait)));
            tokio::time::advance(Duration::from_secs(wait.into())).await;
        }
        throttle.succeeded(&attempt);
        throttle.admit(&attempt).unwrap();
        throttle.failed(&attempt);
        throttle.admit(&attempt).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn guessing_elsewhere_does_not_keep_the_owner_out() {
        let throttle = Throttle::logins();
        for i in 0..2_000 {
            let guess = from("ann", &format!("198.51.{}.{}", i / 250, i % 250), false);
            if throttle.admit(&guess).is_ok() {
                throttle.failed(&guess);
            }
        }
        assert!(throttle.admit(&from("ann", "203.0.113.9", false)).is_err(), "strangers wait");
        throttle.admit(&from("ann", "192.0.2.1", true)).unwrap();
        throttle.admit(&from("bob", "203.0.113.9", false)).unwrap();
        // And never for longer than a minute.
        tokio::time::advance(Duration::from_secs(60)).await;
        throttle.admit(&from("ann", "203.0.113.9", false)).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_cannot_try_many_accounts() {
        let throttle = Throttle::logins();
        let mut tried = 0;
        for i in 0..1_000 {
            let name = format!("user{i}");
            let attempt = from(&name, "192.0.2.1", false);
            if throttle.admit(&attempt).is_ok() {
                throttle.failed(&attempt);
                tried += 1;
            }
        }
        assert_eq!(tried, 61);
    }

    #[test]
    fn a_household_is_one_network() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
