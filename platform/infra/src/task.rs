//! Tasks that a drain can wait for, and a thread for those that can wait themselves.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::thread::{BACKGROUND, spawn_named, step_back};

/// Starts tasks and remembers them. Clones share the same tasks and the same token.
#[derive(Clone, Debug, Default)]
pub struct Spawner {
    tracker: TaskTracker,
    token: CancellationToken,
    background: Option<Arc<Background>>,
    /// Whether tasks run there, instead of on the runtime of whoever spawns them.
    behind: bool,
}

/// A runtime on one thread that goes behind all others. It ends with its last owner.
#[derive(Debug)]
struct Background {
    handle: Handle,
    end: CancellationToken,
}

impl Drop for Background {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

impl Background {
    fn start() -> io::Result<Self> {
        // Its blocking threads step back like itself; the thread that drives it inherits nothing and does so below.
        let runtime = Builder::new_current_thread()
            .enable_all()
            .thread_name("background")
            .on_thread_start(|| step_back(BACKGROUND))
            .build()?;
        let (handle, end) = (runtime.handle().clone(), CancellationToken::new());
        let ended = end.clone();
        spawn_named("background", move || {
            step_back(BACKGROUND);
            runtime.block_on(ended.cancelled());
        });
        Ok(Background { handle, end })
    }
}

impl Spawner {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a thread for [`Self::background`].
    ///
    /// # Errors
    /// When the operating system refuses what a runtime needs.
    pub fn with_background() -> io::Result<Self> {
        Ok(Spawner { background: Some(Arc::new(Background::start()?)), ..Spawner::default() })
    }

    /// A spawner of the same tasks, on a thread of their own that runs when the rest of the process leaves some of the
    /// machine: for what follows orders and nobody waits for, such as mails. Without such a thread, itself.
    #[must_use]
    pub fn background(&self) -> Self {
        Spawner { behind: true, ..self.clone() }
    }

    /// Runs `future` to its end in the background. It should end by itself soon after [`Self::token`] fires.
    pub fn spawn<F>(&self, name: &'static str, future: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let future = future.instrument(tracing::debug_span!("task", name));
        match &self.background {
            Some(background) if self.behind => self.tracker.spawn_on(future, &background.handle),
            _ => self.tracker.spawn(future),
        };
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
    async fn what_can_wait_runs_on_a_thread_of_its_own_and_is_waited_for_by_a_drain() {
        let spawner = Spawner::with_background().unwrap();
        let background = spawner.background();
        let (tell, told) = tokio::sync::oneshot::channel();
        let token = background.token();
        background.spawn("polite", async move {
            let name = std::thread::current().name().map(ToOwned::to_owned);
            tell.send((name, tokio::task::spawn_blocking(|| 1).await.unwrap())).unwrap();
            token.cancelled().await;
        });
        assert_eq!(told.await.unwrap(), (Some("background".to_owned()), 1));
        assert!(spawner.drain(Duration::from_secs(5)).await);
    }

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
