//! How much of the machine goes to what can wait.
//!
//! Orders, pages and carts are waited for by people; mails, requests to a warehouse, counts of sales and the feed follow
//! them. What follows works one part of its time and rests for seven, so that a rush makes it late instead of making
//! shoppers wait: on a busy machine a step takes longer, and the pause behind it grows with it. On an idle one the pause
//! is a few milliseconds.

use std::time::Duration;

/// Parts of time at rest for one at work.
const REST: u32 = 7;
/// The longest pause: nothing falls behind further because one step was slow.
const LONGEST: Duration = Duration::from_secs(2);

/// The pause after a step that took `worked` and left more to do.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(infra::pace::pause(Duration::from_millis(10)), Duration::from_millis(70));
/// assert_eq!(infra::pace::pause(Duration::from_secs(9)), Duration::from_secs(2));
/// ```
#[must_use]
pub fn pause(worked: Duration) -> Duration {
    worked.saturating_mul(REST).min(LONGEST)
}
