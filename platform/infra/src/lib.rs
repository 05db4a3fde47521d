//! Infra: the ports to the machine and their drivers.
//!
//! Owns: SQLite behind one writer thread ([`sqlite`]), tracked tasks and their drain ([`Spawner`]), how much of the
//! machine what can wait takes ([`pace`]), named threads ([`thread`]), what slows guessing down ([`throttle`]) and the keys
//! that protect personal data ([`vault`]). Knows nothing of shops. Called by services and by the binary; web and edge never see it.

pub mod pace;
pub mod sqlite;
pub mod task;
pub mod thread;
pub mod throttle;
pub mod vault;

pub use task::Spawner;
