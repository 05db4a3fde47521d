//! Threads with names, so that a profile or a stack dump reads alone.

use std::thread::{Builder, JoinHandle};

/// Starts a thread called `name`.
///
/// # Panics
/// When the operating system cannot start a thread: nothing would work then.
pub fn spawn_named(name: &str, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new().name(name.to_owned()).spawn(body).expect("the operating system refuses to start a thread")
}
