//! Accounts, staff, keys and past orders, as those who have them use them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod api_keys;
mod customers;
mod past_orders;
mod staff;
mod support;
