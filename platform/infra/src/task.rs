//! Tasks that a drain can wait for.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Starts tasks and remembers them. Clones share the same tasks and the same token.
#[derive(Clone, Debug, Default)]
pub struct Spawner {
    tracker: TaskTracker,
    token: CancellationToken,
}

impl Spawner {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `future` to its end in the background. It should end by itself soon after [`Self::token`] fires.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tracker.spawn(future.instrument(tracing::debug_span!("task", name)));
    }

    /// Fires when the process is asked to stop.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Tells every task to stop and waits for them, at most `timeout`. Whether all ended in time.
    pub async fn drain(&self, timeout: Duration) -> bool {
        self.token.cancel();
        self.tracker.close();
        tokio::time::timeout(timeout, self.tracker.wait()).await.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_drain_waits_for_tasks_and_gives_up_in_time() {
        let spawner = Spawner::new();
        let token = spawner.token();
        spawner.spawn("polite", async move { token.cancelled().await });
        assert!(spawner.drain(Duration::from_secs(5)).await);

        let spawner = Spawner::new();
        spawner.spawn("deaf", std::future::pending());
        assert!(!spawner.drain(Duration::from_millis(10)).await);
    }
}
