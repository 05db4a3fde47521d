//! Counts what one request asks of its databases, for its log line. Stores count, the HTTP layer reads.
//!
//! A thread-local that the HTTP layer swaps in around every poll of a request, so that counting costs a nanosecond
//! and no layer between the two has to know.

use std::cell::Cell;

thread_local! {
    static QUERIES: Cell<u32> = const { Cell::new(0) };
}

/// Counts one read or write job of the request that is being polled on this thread.
pub fn count_query() {
    QUERIES.with(|queries| queries.set(queries.get().saturating_add(1)));
}

/// Sets the count of this thread and returns what it was.
#[must_use]
pub fn swap_queries(count: u32) -> u32 {
    QUERIES.with(|queries| queries.replace(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_apart_by_swapping() {
        let outer = swap_queries(5);
        count_query();
        count_query();
        assert_eq!(swap_queries(outer), 7);
    }
}
