//! Infra: the ports to the machine and their drivers.
//!
//! Owns: SQLite behind one writer thread ([`sqlite`]), tracked tasks and their drain ([`Spawner`]), named threads
//! ([`thread`]) and the keys that protect personal data ([`vault`]). Knows nothing of shops. Called by services
//! and by the binary; web and edge never see it.

pub mod sqlite;
pub mod task;
pub mod thread;
pub mod vault;

pub use task::Spawner;
