//! Identity: who is asking.
//!
//! Owns `identity.db`: API keys, customers with their address books, staff with their roles, the sessions of both,
//! tokens that work once, and the orders that people placed in another shop before this one. Of a key, a session or a
//! token only the SHA-256 is stored; of a password its Argon2id; what is personal is sealed under one key per person,
//! and an e-mail address is looked up by a keyed hash. Called by the front of every request ([`http_kit::Front`]) and by
//! commands that open the same file while the shop runs. Calls the carts (a guest's joins the customer's), the ledger (a
//! customer's orders, erasure) and the mails, all through contracts. Emits nothing.
//!
//! - `service`: [`Identity`], which recognises keys and sessions without a query.
//! - `people`: [`People`], the accounts: [`contracts::identity::Customers`] and [`contracts::identity::Staff`].
//!   Also [`contracts::archive::PastOrders`]: history, which no other part of the shop knows of.
//! - `exchange`: customers as files have them, here and elsewhere; [`order_file`]: orders.
//! - `password`, `throttle`: what a guess costs, and how guessing is slowed without locking anybody out.
//! - `placing`: [`Placing`], a checkout that remembers whose order it placed.
//! - `api`: the routes, one file each.
//!
//! Carries its part of I12: a request acts for the store and with the scopes of its key or role and no others; every way
//! of having no valid token gives the same answer, and so does every wrong pair of address and password; what was
//! revoked opens nothing a second later, whichever process revoked it; nobody grants what he lacks.

mod api;
mod exchange;
pub mod order_file;
mod password;
mod people;
mod placing;
mod service;
mod store;
mod throttle;
mod token;

pub use api::{PeopleHandles, people_routes, routes};
pub use password::PasswordCost;
pub use people::{Letters, People, PeopleParts, Purchases};
pub use placing::Placing;
pub use service::Identity;
