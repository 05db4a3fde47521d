//! Copying the write-ahead log to the file beside the writer, so that shoppers do not wait for it.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use infra::thread::spawn_named;
use rusqlite::Connection;

/// Commits between two checkpoints. What is written again and again, the ends of tables and the pages of indices, is copied
/// once for all of them.
const EVERY: u32 = 32;

/// A thread with a connection of its own. It ends with its owner.
pub(super) struct Checkpointer {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
    since: u32,
}

impl Checkpointer {
    pub(super) fn start(conn: Connection) -> Self {
        // One waiting signal is enough: a checkpoint copies everything that was committed before it.
        let (wake, signals) = sync_channel(1);
        let thread = spawn_named("ledger-checkpoint", move || run(&conn, &signals));
        Checkpointer { wake: Some(wake), thread: Some(thread), since: 0 }
    }

    /// The writer has committed once more.
    pub(super) fn committed(&mut self) {
        self.since += 1;
        if self.since >= EVERY
            && let Some(wake) = &self.wake
        {
            self.since = 0;
            // Full: it is behind, and will see this commit too.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.wake.take();
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, was reported when it happened.
            let _ = thread.join();
        }
    }
}

fn run(conn: &Connection, signals: &Receiver<()>) {
    while signals.recv().is_ok() {
        // `passive` never makes anybody wait. What it leaves is copied by the next one, or by the writer.
        if let Err(error) = conn.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())) {
            tracing::warn!(%error, "the write-ahead log was not copied; it is tried again");
        }
    }
}
