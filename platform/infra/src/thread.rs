//! Threads with names, so that a profile or a stack dump reads alone, and with priorities.

use std::thread::{Builder, JoinHandle};

/// Levels of priority that everything else is below the ledger, whose thread every order waits for.
pub const BEHIND_THE_LEDGER: u8 = 3;
/// Levels of priority for what nobody waits for. The kernel gives such a thread a sixth of what the ledger's gets, or
/// whatever nobody else wants: little in a rush, and never so little that a mail is late on a machine that others share.
pub const BACKGROUND: u8 = 8;

/// Starts a thread called `name`.
///
/// # Panics
/// When the operating system cannot start a thread: nothing would work then.
pub fn spawn_named(name: &str, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new().name(name.to_owned()).spawn(body).expect("the operating system refuses to start a thread")
}

/// Lets other threads of this process go first when there is not enough of the machine for all of them. `levels` are
/// those of nice(2): the kernel gives a thread about four fifths of the processor time of one a level above it. Only
/// on Linux, where a thread has a priority of its own; elsewhere, and where the kernel refuses, nothing changes.
pub fn step_back(levels: u8) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(i32::from(levels)) {
        tracing::debug!(%error, "a thread keeps its priority");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = levels;
}
