//! Telling what was decided, once it is on the disk.
//!
//! Where an engine commits and flushes apart, a thread flushes what was committed and answers its callers while the next
//! batch is decided. One flush serves every batch that was committed before it began.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use contracts::event::Event;
use kernel::Failure;
use tokio::sync::Notify;

use super::{BatchStats, Caller, CommitListener, fail, micros};
use crate::decide::Reply;
use crate::engine::{EngineError, Flush};
use crate::order::Order;

/// Batches that may wait for a flush; the next one waits for room.
const AHEAD: usize = 64;

/// What a batch came to: its events, its orders, and its answers with whom they are for.
#[derive(Default)]
pub(super) struct Settled {
    pub events: Vec<Event>,
    pub orders: Vec<Arc<Order>>,
    pub answers: Vec<(Caller, Result<Reply, Failure>)>,
    /// Whether something may have been committed that is not flushed.
    pub committed: bool,
    /// Whether something may have been committed that is not told here.
    pub unsure: bool,
}

impl Settled {
    /// After a batch of which it is not known whether it was stored, or not for every engine.
    pub(super) fn unsure() -> Self {
        Settled { committed: true, unsure: true, ..Settled::default() }
    }
}

/// Gives answers when they are true.
pub(super) struct Settler {
    teller: Arc<Teller>,
    /// None when commits are durable by themselves.
    beside: Option<Beside>,
}

struct Beside {
    queue: Option<SyncSender<Settled>>,
    thread: Option<JoinHandle<()>>,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Batches handed over and not yet settled.
    waiting: AtomicUsize,
    idle: Notify,
}

struct Teller {
    listener: Arc<dyn CommitListener>,
    stats: Arc<BatchStats>,
}

impl Settler {
    pub(super) fn new(
        flusher: Option<Box<dyn Flush>>,
        listener: Arc<dyn CommitListener>,
        stats: Arc<BatchStats>,
    ) -> Self {
        let teller = Arc::new(Teller { listener, stats });
        let beside = flusher.map(|flusher| {
            let (queue, batches) = sync_channel(AHEAD);
            let state = Arc::new(State::default());
            let (teller, shared) = (Arc::clone(&teller), Arc::clone(&state));
            let body = move || flush_and_tell(flusher, &teller, &shared, &batches);
            let thread = infra::thread::spawn_named("ledger-flush", body);
            Beside { queue: Some(queue), thread: Some(thread), state }
        });
        Settler { teller, beside }
    }

    /// Answers when what was committed so far is durable.
    pub(super) fn settle(&self, settled: Settled) {
        let Some(beside) = &self.beside else { return self.teller.tell(settled) };
        beside.state.waiting.fetch_add(1, Ordering::SeqCst);
        if let Some(Err(error)) = beside.queue.as_ref().map(|queue| queue.send(settled)) {
            // The thread is gone, which only a bug explains: the outcome is not known to be durable.
            beside.state.waiting.fetch_sub(1, Ordering::SeqCst);
            let gone = EngineError::Unknown("the thread that flushes has ended".to_owned());
            error.0.answers.into_iter().for_each(|(caller, _)| fail(caller, &gone));
        }
    }

    /// Whether a flush is under way.
    pub(super) fn is_busy(&self) -> bool {
        self.beside.as_ref().is_some_and(|beside| beside.state.waiting.load(Ordering::SeqCst) > 0)
    }

    /// Resolves when nothing waits for a flush.
    pub(super) async fn idle(&self) {
        let Some(beside) = &self.beside else { return };
        loop {
            let idle = beside.state.idle.notified();
            if beside.state.waiting.load(Ordering::SeqCst) == 0 {
                return;
            }
            idle.await;
        }
    }
}

impl Drop for Settler {
    fn drop(&mut self) {
        let Some(beside) = &mut self.beside else { return };
        beside.queue.take();
        if let Some(thread) = beside.thread.take() {
            // It settles what it has and ends. Its panic, if any, was reported when it happened.
            let _ = thread.join();
        }
    }
}

fn flush_and_tell(mut flusher: Box<dyn Flush>, teller: &Teller, state: &State, batches: &Receiver<Settled>) {
    let mut flushed = Ok(());
    while let Ok(first) = batches.recv() {
        let group: Vec<Settled> = std::iter::once(first).chain(batches.try_iter()).collect();
        let count = group.len();
        // After a flush that failed nothing is true any more, not even what changes nothing: it was read beside that.
        if flushed.is_ok() && group.iter().any(|one| one.committed) {
            flushed = teller.timed(|| flusher.flush());
        }
        // The next batch may begin: telling is nothing that it has to wait for.
        if state.waiting.fetch_sub(count, Ordering::SeqCst) == count {
            state.idle.notify_waiters();
        }
        for settled in group {
            match &flushed {
                Ok(()) => teller.tell(settled),
                Err(error) => {
                    teller.listener.unsure();
                    settled.answers.into_iter().for_each(|(caller, _)| fail(caller, error));
                }
            }
        }
    }
}

impl Teller {
    fn tell(&self, settled: Settled) {
        if settled.unsure {
            self.listener.unsure();
        }
        if settled.committed {
            self.listener.committed(&settled.events, &settled.orders);
        }
        for (caller, reply) in settled.answers {
            if reply.is_err() {
                self.stats.rejected.fetch_add(1, Ordering::Relaxed);
            }
            // A caller that went away finds its answer under its idempotency key.
            let _ = caller.send(reply);
        }
    }

    #[allow(clippy::disallowed_methods, reason = "only measures")]
    fn timed<T>(&self, work: impl FnOnce() -> T) -> T {
        let started = std::time::Instant::now();
        let done = work();
        self.stats.flush_us.fetch_add(micros(started.elapsed()), Ordering::Relaxed);
        self.stats.flushes.fetch_add(1, Ordering::Relaxed);
        done
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use kernel::ErrorKind;
    use parking_lot::Mutex;
    use tokio::sync::oneshot;

    use super::*;

    /// A disk that takes what it is allowed to take.
    struct Disk {
        begun: Sender<()>,
        outcomes: Receiver<Result<(), EngineError>>,
    }

    impl Flush for Disk {
        fn flush(&mut self) -> Result<(), EngineError> {
            self.begun.send(()).unwrap();
            self.outcomes.recv().unwrap()
        }
    }

    #[derive(Default)]
    struct Heard(Mutex<Vec<usize>>);

    impl CommitListener for Heard {
        fn committed(&self, events: &[Event], _: &[Arc<Order>]) {
            self.0.lock().push(events.len());
        }

        fn unsure(&self) {}
    }

    struct Scene {
        settler: Settler,
        heard: Arc<Heard>,
        stats: Arc<BatchStats>,
        begun: Receiver<()>,
        outcomes: Sender<Result<(), EngineError>>,
    }

    fn scene() -> Scene {
        let (began, begun) = channel();
        let (outcomes, wanted) = channel();
        let (heard, stats) = (Arc::new(Heard::default()), Arc::new(BatchStats::default()));
        let disk = Box::new(Disk { begun: began, outcomes: wanted });
        let settler = Settler::new(Some(disk), heard.clone(), Arc::clone(&stats));
        Scene { settler, heard, stats, begun, outcomes }
    }

    impl Scene {
        fn batch(&self, committed: bool) -> oneshot::Receiver<Result<Reply, Failure>> {
            let (caller, answer) = oneshot::channel();
            let answers = vec![(caller, Ok(Reply::Fresh(true)))];
            self.settler.settle(Settled { answers, committed, ..Settled::default() });
            answer
        }
    }

    #[tokio::test]
    async fn nobody_is_answered_before_the_flush_and_one_flush_serves_all_that_wait() {
        let scene = scene();
        let mut first = scene.batch(true);
        scene.begun.recv().unwrap();
        let mut others = [scene.batch(true), scene.batch(false), scene.batch(true)];
        assert!(scene.settler.is_busy());
        assert!(first.try_recv().is_err());
        scene.outcomes.send(Ok(())).unwrap();
        first.await.unwrap().unwrap();
        scene.begun.recv().unwrap();
        assert!(others.iter_mut().all(|other| other.try_recv().is_err()));
        scene.outcomes.send(Ok(())).unwrap();
        for other in others {
            other.await.unwrap().unwrap();
        }
        scene.settler.idle().await;
        assert!(!scene.settler.is_busy());
        assert_eq!(scene.stats.flushes.load(Ordering::Relaxed), 2);
        assert_eq!(scene.heard.0.lock().len(), 3);
    }

    #[tokio::test]
    async fn what_changes_nothing_needs_no_flush() {
        let scene = scene();
        scene.batch(false).await.unwrap().unwrap();
        assert_eq!(scene.stats.flushes.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn after_a_flush_that_failed_nobody_hears_of_anything() {
        let scene = scene();
        let lost = scene.batch(true);
        scene.begun.recv().unwrap();
        scene.outcomes.send(Err(EngineError::Unknown("the disk is gone".to_owned()))).unwrap();
        for answer in [lost, scene.batch(false), scene.batch(true)] {
            assert_eq!(answer.await.unwrap().unwrap_err().kind, ErrorKind::Unavailable);
        }
        assert!(scene.heard.0.lock().is_empty());
    }
}
