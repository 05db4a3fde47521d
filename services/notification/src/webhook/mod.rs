//! Outgoing webhooks, by the Standard Webhooks convention: who gets them ([`service`]), how they are signed ([`sign`]),
//! where they may go ([`address`]), how they are sent ([`client`]), and when ([`dispatcher`]).

mod address;
mod client;
mod dispatcher;
mod service;
mod sign;

pub(crate) use client::Client;
pub use client::{Message, NoAnswer, Post};
pub(crate) use dispatcher::Dispatcher;

/// What webhooks may reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookSettings {
    /// Whether an endpoint may be reached without TLS.
    pub allow_insecure: bool,
    /// Whether an endpoint may stand in a private network: for tests, and for a receiver beside the shop.
    pub allow_private: bool,
}
