//! Which commits are on the disk: the log is synced beside the writer, and nobody reads what is not synced yet.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use kernel::Failure;
use tokio::sync::Notify;

use crate::engine::{EngineError, Flush};

/// How long a reader waits for the disk before it gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts commits: those a reader may see, those the log holds whole, and those that are on the disk.
#[derive(Debug, Default)]
pub(super) struct Horizon {
    begun: AtomicU64,
    ended: AtomicU64,
    synced: AtomicU64,
    broken: AtomicBool,
    moved: Notify,
}

impl Horizon {
    /// A commit begins; from here on readers may see it.
    pub(super) fn begin(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    /// The commit that began last has ended, whatever became of it.
    pub(super) fn end(&self) {
        self.ended.store(self.begun.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    /// Every commit so far was on the disk when it returned.
    pub(super) fn synced_by_itself(&self) {
        self.reach(self.ended.load(Ordering::SeqCst));
    }

    /// Whether a sync has failed. What the log holds is unknown from then on, until it is read again at a start.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::SeqCst)
    }

    fn reach(&self, commit: u64) {
        self.synced.fetch_max(commit, Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    fn break_down(&self) {
        self.broken.store(true, Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// Waits until everything that could be seen before this call is on the disk.
    ///
    /// # Errors
    /// `unavailable` when the disk does not take it, or not in time.
    pub(super) async fn reached(&self) -> Result<(), Failure> {
        let seen = self.begun.load(Ordering::SeqCst);
        if self.synced.load(Ordering::SeqCst) >= seen {
            return Ok(());
        }
        let wait = async {
            loop {
                // Made before the look, so that no move is missed between the two.
                let moved = self.moved.notified();
                if self.is_broken() {
                    return Err(unkept("a sync of the log has failed"));
                }
                if self.synced.load(Ordering::SeqCst) >= seen {
                    return Ok(());
                }
                moved.await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| Err(unkept("the log was not synced in time")))
    }
}

fn unkept(why: &str) -> Failure {
    let mut failure = Failure::unavailable("The shop's disk does not keep up right now. Please try again.", 1);
    failure.internal = Some(why.to_owned());
    failure
}

/// Syncs the write-ahead log.
#[derive(Debug)]
pub(super) struct LogFlusher {
    log: File,
    horizon: Arc<Horizon>,
    delay: Option<Duration>,
}

impl LogFlusher {
    /// Of the database at `path`, which is open.
    pub(super) fn open(path: &Path, horizon: Arc<Horizon>, delay: Option<Duration>) -> std::io::Result<Self> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        // For writing, although nothing is written: not every system syncs what was opened for reading.
        let log = File::options().write(true).open(PathBuf::from(log))?;
        Ok(LogFlusher { log, horizon, delay })
    }
}

impl Flush for LogFlusher {
    fn flush(&mut self) -> Result<(), EngineError> {
        if self.horizon.is_broken() {
            return Err(EngineError::Unknown("an earlier sync of the log has failed".to_owned()));
        }
        let ended = self.horizon.ended.load(Ordering::SeqCst);
        if let Some(delay) = self.delay {
            std::thread::sleep(delay);
        }
        // A kernel that could not write a page may forget that it should: a second try that succeeds says nothing.
        if let Err(error) = self.log.sync_data() {
            self.horizon.break_down();
            tracing::error!(%error, "the ledger's log was not synced; nothing is taken any more until the shop is started again");
            return Err(EngineError::Unknown(error.to_string()));
        }
        self.horizon.reach(ended);
        Ok(())
    }
}
