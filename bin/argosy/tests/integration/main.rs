//! The program as people and other programs meet it: started, looked at in browsers, asked, attacked, stopped.
//!
//! One binary for all of it: what each would be linked with and wait for is the same, and they wait at the same time.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod admin;
mod authorisation;
mod backup;
mod binary;
mod exchange;
mod first_hour;
mod hardening;
mod outbound;
mod promotions;
mod relevance;
mod selling;
mod support;
mod walk;
