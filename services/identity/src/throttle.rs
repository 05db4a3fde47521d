//! Slows guessing down without locking anybody out.
//!
//! Failures are counted per network, per account and network, and per account over all networks that are strange to
//! it; after some free ones each costs a pause that doubles up to a bound. A network from which somebody has logged in
//! before is not slowed by what others try elsewhere, so guessing at an account cannot keep its owner out; who is away
//! from home can always set a new password by mail.

use contracts::Result;
use infra::throttle::Term;
pub(crate) use infra::throttle::network;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Slot {
    Network(String),
    Pair(String, String),
    Strangers(String),
}

/// For passwords.
const fn logins(slot: &Slot) -> Term {
    match slot {
        Slot::Network(_) => Term(60, 1, 300),
        Slot::Pair(..) => Term(5, 1, 900),
        Slot::Strangers(_) => Term(20, 1, 60),
    }
}

/// For whatever sends a mail, where each request counts: a mailbox is not to be filled.
const fn mails(slot: &Slot) -> Term {
    match slot {
        Slot::Network(_) => Term(30, 1, 300),
        Slot::Pair(..) => Term(3, 15, 900),
        Slot::Strangers(_) => Term(6, 60, 3600),
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

pub(crate) struct Throttle(infra::throttle::Throttle<Slot>);

impl Throttle {
    pub(crate) fn logins() -> Self {
        Throttle(infra::throttle::Throttle::new(logins))
    }

    pub(crate) fn mails() -> Self {
        Throttle(infra::throttle::Throttle::new(mails))
    }

    /// # Errors
    /// 429 with the seconds to wait. A refused attempt does not count as a failure.
    pub(crate) fn admit(&self, attempt: &Attempt<'_>) -> Result<()> {
        self.0.admit(&attempt.slots())
    }

    pub(crate) fn failed(&self, attempt: &Attempt<'_>) {
        self.0.failed(attempt.slots());
    }

    /// The right password: what this network got wrong before is forgiven, what strangers do is not.
    pub(crate) fn succeeded(&self, attempt: &Attempt<'_>) {
        if let Some(network) = &attempt.network {
            self.0.forgive(&Slot::Pair(attempt.account.to_owned(), network.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::ErrorKind;

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
}
