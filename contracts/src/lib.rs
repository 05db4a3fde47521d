//! Contracts: what the services promise each other and the outside.
//!
//! Per service a trait, its messages and its JSON shapes. A caller holds `Arc<dyn Trait>` and never knows which
//! implementation answers. Services, web and edge depend on this crate and never on one another.
//! Owns no behaviour beyond reading and checking its own shapes.

pub mod address;
pub mod archive;
pub mod cart;
pub mod catalog;
pub mod checkout;
pub mod event;
pub mod fulfilment;
pub mod identity;
pub mod ledger;
pub mod market;
pub mod notification;
pub mod payment;
pub mod saga;
pub mod search;
pub mod selling;

/// What every contract method returns.
pub type Result<T> = std::result::Result<T, kernel::Failure>;
