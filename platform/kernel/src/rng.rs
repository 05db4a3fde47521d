//! Chance as a parameter: a seed makes a history, the operating system makes a secret.

use std::sync::Arc;

use parking_lot::Mutex;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng};

/// Where randomness comes from.
pub trait Rng: Send + Sync {
    fn fill(&self, bytes: &mut [u8]);

    fn next_u64(&self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number in `0..bound`; 0 when `bound` is 0. The bias is below 2^-32 for every bound used here.
    fn below(&self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64 }
    }
}

pub type SharedRng = Arc<dyn Rng>;

/// Fills `bytes` from the operating system.
///
/// # Panics
/// When the operating system has no entropy to give: nothing secret could be made then.
#[allow(clippy::disallowed_methods)] // The one place where entropy enters.
pub fn os_entropy(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system has no entropy");
}

/// A generator for production: ChaCha12, seeded once from the operating system.
pub struct SystemRng(Mutex<ChaCha12Rng>);

impl SystemRng {
    #[must_use]
    pub fn new() -> Self {
        let mut seed = [0; 32];
        os_entropy(&mut seed);
        SystemRng(Mutex::new(ChaCha12Rng::from_seed(seed)))
    }
}

impl Default for SystemRng {
    fn default() -> Self {
        Self::new()
    }
}

impl Rng for SystemRng {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().fill_bytes(bytes);
    }
}

/// A generator for tests and the simulator: the same seed gives the same numbers.
pub struct SeededRng(Mutex<ChaCha12Rng>);

impl SeededRng {
    #[must_use]
    pub fn new(seed: u64) -> Self {
        SeededRng(Mutex::new(ChaCha12Rng::seed_from_u64(seed)))
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_and_another_seed_gives_others() {
        let draw = |seed| {
            let rng = SeededRng::new(seed);
            [rng.next_u64(), rng.next_u64(), rng.below(1000)]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn below_stays_below() {
        let rng = SystemRng::new();
        assert!((0..1000).all(|_| rng.below(3) < 3));
        assert_eq!(rng.below(0), 0);
    }
}
