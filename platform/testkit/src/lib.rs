//! The testkit: a world that lies, loads that push, and a hand that pulls the plug.
//!
//! Owns the simulator ([`sim`]), which runs production code against seeded models of everything outside it. Its
//! programs are `sim`, `bench` and `crash`. Never part of the shop: a dev-dependency, or run by itself.

pub mod bench;
pub mod crash;
pub mod load;
pub mod shop;
pub mod sim;
