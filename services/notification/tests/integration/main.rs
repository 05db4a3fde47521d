//! Notification as its neighbours see it: events in, mails and webhooks out.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod api;
mod mails;
mod smtp;
mod support;
mod webhooks;
