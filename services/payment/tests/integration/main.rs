//! Payment from the outside: its provider's contract and books, webhooks, pages and reconciliation.

mod books;
mod page;
mod provider;
mod reconcile;
mod support;
mod webhooks;
