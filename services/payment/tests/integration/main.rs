//! Payment from the outside: its provider's contract and books, webhooks, pages and reconciliation.

#![allow(clippy::unwrap_used)] // An unwrap that fails is a failed test.

mod books;
mod page;
mod provider;
mod reconcile;
mod support;
mod webhooks;
