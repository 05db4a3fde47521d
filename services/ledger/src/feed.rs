//! The feed of other services' events: what their outboxes hold is told once more here, exactly once, so that one feed
//! tells everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contracts::event::{Event, OutboxSource};
use contracts::ledger::Actor;
use kernel::Failure;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::decide::{Command, ConsumerEffect, Envelope};
use crate::service::LedgerService;

/// Events taken over at a time.
const WINDOW: usize = 256;

/// Takes over the events of one source.
pub struct Feed {
    pub ledger: Arc<LedgerService>,
    pub source: Arc<dyn OutboxSource>,
    /// How often to look.
    pub poll: Duration,
}

impl Feed {
    /// Runs until `stop` fires.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let started = Instant::now();
            let pause = match self.step().await {
                Ok(taken) if taken == WINDOW => infra::pace::pause(started.elapsed()),
                Ok(_) => self.poll,
                Err(error) => {
                    tracing::warn!(source = self.source.name(), %error, internal = error.internal, "the feed could not take over events; it tries again");
                    self.poll
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Takes over one window. How many events there were. Repeating it after a failure takes none twice.
    ///
    /// # Errors
    /// When the source cannot be read or the ledger cannot store them.
    pub async fn step(&self) -> Result<usize, Failure> {
        let events = self.source.unpublished(WINDOW).await?;
        // One after the other within an aggregate, whose events must keep their order; aggregates share commits.
        let mut aggregates: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
        for event in &events {
            aggregates.entry(&event.aggregate).or_default().push(event);
        }
        futures::future::try_join_all(aggregates.into_values().map(|events| self.take_all(events))).await?;
        if let Some(last) = events.last() {
            self.source.mark_published(last.store, last.position).await?;
        }
        Ok(events.len())
    }

    async fn take_all(&self, events: Vec<&Event>) -> Result<(), Failure> {
        for event in events {
            self.take(event).await?;
        }
        Ok(())
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        let effect = ConsumerEffect::Feed {
            aggregate: event.aggregate.clone(),
            aggregate_seq: event.aggregate_seq,
            kind: event.kind.clone(),
            request_id: event.request_id.clone(),
            data: event.data.clone(),
        };
        let command = Command::Consume { consumer: format!("feed-{}", self.source.name()), event: event.id, effect };
        let envelope = Envelope { store: event.store, command, idempotency: None, actor: Actor::system() };
        self.ledger.submit(envelope).await.map(|_| ())
    }
}
