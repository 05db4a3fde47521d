//! Notification: mails to people and webhooks to programs.
//!
//! Owns `notification.db`: how far the events were read, the queue of mails, endpoints and deliveries of webhooks; and
//! the folder `mail/`, where mails go when no SMTP server is configured. Calls `contracts::ledger` for the events (as
//! a feed, with a cursor of its own) and for an order when a mail about it is written. Called by services that write to
//! somebody about something else (`contracts::notification::Mails`) and by staff. Emits nothing.
//!
//! - Events ([`follow`]) are read in windows; what follows from a window and the cursor behind it are one commit, so
//!   each mail and each delivery is queued once (its part of I10).
//! - A mail about an order holds ids; whom it goes to is asked when it is sent, so an erased person gets none. What
//!   another service wrote is sealed under a key of the mail's own, destroyed once it is sent. Files in the folder are
//!   readable, for they are there to be read: they are deleted when their person is erased, and after thirty days.
//! - A webhook never reaches into a private network: the address that was checked is the address that is connected to.
//!   Every endpoint has its own lane, so that a dead one delays nobody. It is told what stands behind the position of the
//!   feed at which it was made, whatever clocks say.

mod api;
mod follow;
mod mail;
mod service;
mod store;
mod webhook;

pub use api::routes;
pub use mail::transport::{MailTransport, Mailbox, Outgoing, Refused, Transport, check_smtp_url};
pub use service::{MailSettings, Notification, NotificationParts, Outlets};
pub use store::{Backlog, in_memory};
pub use webhook::{Message, NoAnswer, Post, WebhookSettings};
