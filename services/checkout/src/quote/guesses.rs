//! Guessing at the codes of gift cards and promotions.
//!
//! A code that does not exist counts against whoever tried it: the customer who is signed in, the network otherwise. After
//! some free ones further codes are not looked up for a while, whether they exist or not, so that the answer says nothing;
//! the rest of the quote is as ever. The same wrong code counts once, however often its cart is looked at, and a code that
//! was found goes on being found, so that nobody loses a discount to somebody else's guesses. When many codes fail in the
//! whole shop, everybody has fewer free ones; a pause is always for one's own failures, so strangers lock nobody out.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use contracts::checkout::{NoteReason, QuoteNote};
use infra::throttle::{FORGET, Term, Throttle, network};
use kernel::{CustomerId, ErrorKind, Failure, StoreId};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::promotion::bare_note;

/// The most codes remembered as tried.
const TRIED: usize = 100_000;
/// How long failures are summed over the whole shop: over this window and the one before.
const WINDOW: Duration = Duration::from_secs(600);
/// So many failures in the whole shop are somebody's work.
const ALARM: u32 = 500;

/// Who tries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Guesser {
    Customer(CustomerId),
    Network(String),
}

impl Guesser {
    /// None for callers inside the shop, who have no reason to guess.
    pub(super) fn of(customer: Option<CustomerId>, client: Option<IpAddr>) -> Option<Self> {
        customer.map(Guesser::Customer).or_else(|| Some(Guesser::Network(network(client?))))
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Guesser::Customer(id) => id.as_bytes().to_vec(),
            Guesser::Network(network) => network.clone().into_bytes(),
        }
    }
}

/// Failures in the whole shop, in this window and the one before.
#[derive(Debug)]
struct Total {
    since: Instant,
    now: u32,
    before: u32,
}

pub(super) struct Guesses {
    calm: Throttle<Guesser>,
    wary: Throttle<Guesser>,
    /// When which code was first tried by whom, by a hash of both.
    tried: Mutex<HashMap<[u8; 32], Instant>>,
    total: Mutex<Total>,
}

impl Guesses {
    pub(super) fn new() -> Self {
        Guesses {
            calm: Throttle::new(|_| Term(20, 1, 300)),
            wary: Throttle::new(|_| Term(3, 2, 900)),
            tried: Mutex::default(),
            total: Mutex::new(Total { since: Instant::now(), now: 0, before: 0 }),
        }
    }

    /// Whether `code` may be looked up for `who`.
    ///
    /// # Errors
    /// The note to give in its place.
    pub(super) fn admit(&self, store: StoreId, who: Option<&Guesser>, code: &str) -> Result<(), Box<QuoteNote>> {
        let Some(who) = who else { return Ok(()) };
        if self.known(&self.key(store, who, code)) {
            return Ok(());
        }
        let throttle = if self.alarmed() { &self.wary } else { &self.calm };
        throttle.admit(std::slice::from_ref(who)).map_err(|refused| {
            let seconds = refused.retry_after_s.unwrap_or(1);
            let detail =
                format!("There were too many attempts. This code was not looked up; try again in {seconds} s.");
            Box::new(bare_note(NoteReason::TooManyAttempts, None, detail))
        })
    }

    /// Remembers what came of looking `code` up.
    pub(super) fn looked_up(&self, store: StoreId, who: Option<&Guesser>, code: &str, found: bool) {
        let Some(who) = who else { return };
        let key = self.key(store, who, code);
        if self.known(&key) {
            return;
        }
        let now = Instant::now();
        let mut tried = self.tried.lock();
        if tried.len() >= TRIED {
            tried.retain(|_, at| now.duration_since(*at) < FORGET);
            if tried.len() >= TRIED {
                tried.clear();
            }
        }
        tried.insert(key, now);
        drop(tried);
        if !found {
            self.calm.failed([who.clone()]);
            self.wary.failed([who.clone()]);
            self.count(now);
        }
    }

    fn key(&self, store: StoreId, who: &Guesser, code: &str) -> [u8; 32] {
        http_kit::fingerprint(&[store.as_bytes().as_slice(), &who.bytes(), code.as_bytes()])
    }

    fn known(&self, key: &[u8; 32]) -> bool {
        self.tried.lock().get(key).is_some_and(|at| at.elapsed() < FORGET)
    }

    fn count(&self, now: Instant) {
        let mut total = self.total.lock();
        turn(&mut total, now);
        total.now = total.now.saturating_add(1);
    }

    fn alarmed(&self) -> bool {
        let mut total = self.total.lock();
        turn(&mut total, Instant::now());
        total.now.saturating_add(total.before) >= ALARM
    }
}

fn turn(total: &mut Total, now: Instant) {
    let past = now.duration_since(total.since);
    if past >= WINDOW {
        total.before = if past >= WINDOW * 2 { 0 } else { total.now };
        (total.now, total.since) = (0, now);
    }
}

/// For an order, which is not to be placed without what its shopper counted on.
///
/// # Errors
/// 429 when a code was not looked up.
pub(crate) fn all_looked_up(notes: &[QuoteNote]) -> Result<(), Failure> {
    match notes.iter().find(|note| note.reason == NoteReason::TooManyAttempts) {
        None => Ok(()),
        Some(note) => Err(Failure::new(ErrorKind::RateLimited, "too_many_attempts", note.detail.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> Option<Guesser> {
        Guesser::of(None, Some(address.parse().unwrap()))
    }

    /// How many of `count` new codes are looked up, one after the other.
    fn guess(guesses: &Guesses, who: Option<&Guesser>, prefix: &str, count: u32) -> usize {
        (0..count)
            .filter(|i| {
                let code = format!("{prefix}{i}");
                let admitted = guesses.admit(StoreId::DEFAULT, who, &code).is_ok();
                if admitted {
                    guesses.looked_up(StoreId::DEFAULT, who, &code, false);
                }
                admitted
            })
            .count()
    }

    #[tokio::test(start_paused = true)]
    async fn new_wrong_codes_cost_pauses_and_known_ones_nothing() {
        let guesses = Guesses::new();
        let who = from("192.0.2.1");
        guesses.looked_up(StoreId::DEFAULT, who.as_ref(), "GIFT", true);
        assert_eq!(guess(&guesses, who.as_ref(), "A", 100), 21, "twenty are free, the next one begins to cost");
        assert_eq!(guess(&guesses, who.as_ref(), "A", 21), 21, "the same again is no guess");
        for code in ["GIFT", "A0"] {
            assert!(guesses.admit(StoreId::DEFAULT, who.as_ref(), code).is_ok(), "{code}");
        }
        let note = guesses.admit(StoreId::DEFAULT, who.as_ref(), "NEW").unwrap_err();
        assert_eq!((note.reason, note.code.as_deref()), (NoteReason::TooManyAttempts, None));
        assert!(all_looked_up(&[*note]).is_err());
        assert_eq!(guess(&guesses, from("192.0.2.2").as_ref(), "B", 100), 21, "others have their own");
        tokio::time::advance(Duration::from_secs(300)).await;
        assert_eq!(guess(&guesses, who.as_ref(), "C", 100), 1);
        assert_eq!(guess(&guesses, None, "D", 100), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn many_networks_guess_little_together_and_lock_nobody_out() {
        let guesses = Guesses::new();
        let botnet = |day: u32| -> usize {
            let bots = (0..1_000).map(|i| from(&format!("198.{day}.{}.{}", i / 250, i % 250)));
            bots.map(|bot| guess(&guesses, bot.as_ref(), "X", 30)).sum()
        };
        let first = botnet(18);
        assert!(first < 500 + 21 + 1_000 * 4, "{first}");
        // Somebody who never guessed is served at once, and may mistype twice.
        let shopper = from("203.0.113.9");
        assert_eq!(guess(&guesses, shopper.as_ref(), "TYPO", 2), 2);
        assert!(guesses.admit(StoreId::DEFAULT, shopper.as_ref(), "GIFT").is_ok());
        // When it is over, everybody has as many free ones as before.
        tokio::time::advance(WINDOW * 2).await;
        assert_eq!(guess(&guesses, from("203.0.113.10").as_ref(), "Y", 100), 21);
    }
}
