//! Hybrid-logical time: the wall clock where it helps, a counter where it does not.

use kernel::Timestamp;
use serde::{Deserialize, Serialize};

/// An instant that is never earlier than what its maker had seen, even when its wall clock went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(i64, u32)", into = "(i64, u32)")]
pub struct Hlc {
    /// Milliseconds since the Unix epoch.
    pub millis: i64,
    /// Orders what falls into one millisecond.
    pub count: u32,
}

impl From<(i64, u32)> for Hlc {
    fn from((millis, count): (i64, u32)) -> Self {
        Hlc { millis, count }
    }
}

impl From<Hlc> for (i64, u32) {
    fn from(at: Hlc) -> Self {
        (at.millis, at.count)
    }
}

impl Hlc {
    /// The next instant after `self`, the latest one seen: `now` when the clock is ahead of it, else just after `self`.
    #[must_use]
    pub const fn tick(self, now: Timestamp) -> Hlc {
        if now.millis() > self.millis {
            return Hlc { millis: now.millis(), count: 0 };
        }
        match self.count.checked_add(1) {
            Some(count) => Hlc { millis: self.millis, count },
            None => Hlc { millis: self.millis.saturating_add(1), count: 0 },
        }
    }
}

/// The number of the region that wrote something; breaks ties between equal times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Region(pub u16);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_wall_clock_is_followed_while_it_runs_forward() {
        let at = Hlc { millis: 10, count: 4 };
        assert_eq!(at.tick(Timestamp::from_millis(11)), Hlc { millis: 11, count: 0 });
        assert_eq!(at.tick(Timestamp::from_millis(10)), Hlc { millis: 10, count: 5 });
        assert_eq!(at.tick(Timestamp::from_millis(3)), Hlc { millis: 10, count: 5 });
    }

    proptest! {
        #[test]
        fn a_tick_is_always_later(millis in 0_i64..100, count in prop_oneof![0_u32..5, Just(u32::MAX)], now in 0_i64..100) {
            let at = Hlc { millis, count };
            prop_assert!(at.tick(Timestamp::from_millis(now)) > at);
        }
    }
}
