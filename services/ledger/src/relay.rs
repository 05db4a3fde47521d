//! The relay: takes events from the outbox to consumers, in order per aggregate, until each has taken effect once.
//!
//! Woken by commits, driven by polling: what is lost on the way is found again in the outbox. An event that a consumer
//! cannot take is parked with its aggregate behind it, tried five times with growing pauses, then left as a dead
//! letter for a person, and never blocks another aggregate (invariants I9, I10, L1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::event::Event;
use contracts::ledger::Actor;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use kernel::mutant::{Mutant, planted};
use kernel::{ErrorKind, Failure, SharedClock, SharedRng, Sku, StoreId};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::decide::{Command, ConsumerEffect, Envelope};
use crate::service::LedgerService;
use crate::state::Parked;

/// Events read at a time.
const WINDOW: u32 = 256;
/// Aggregates whose events are delivered at the same time.
const SIDE_BY_SIDE: usize = 64;
/// Tries before an event becomes a dead letter.
pub const MAX_TRIES: u32 = 5;

/// Whoever wants to hear of events. `take` may be called again for the same event: it must notice.
#[async_trait]
pub trait Consumer: Send + Sync {
    fn name(&self) -> &'static str;
    /// # Errors
    /// Whatever kept it from taking the event; it is tried again.
    async fn take(&self, event: &Event) -> Result<(), Failure>;
}

/// What became of an event that was to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Taken,
    Failed,
    /// The consumer cannot take anything now.
    Away,
    /// Not offered: an earlier event of its aggregate waits.
    Behind,
}

/// Feeds one consumer.
pub struct Relay {
    pub ledger: Arc<LedgerService>,
    pub consumer: Arc<dyn Consumer>,
    pub clock: SharedClock,
    pub rng: SharedRng,
    /// How often to look without being woken.
    pub poll: Duration,
}

impl Relay {
    /// Runs until `stop` fires.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let started = Instant::now();
            let busy = match self.step().await {
                Ok(busy) => busy,
                Err(error) => {
                    tracing::warn!(consumer = self.consumer.name(), %error, "the relay could not make progress; it tries again");
                    false
                }
            };
            if busy {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(infra::pace::pause(started.elapsed())) => {}
                }
                continue;
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.ledger.committed() => {}
                () = tokio::time::sleep(self.poll) => {}
            }
        }
    }

    /// Delivers one window of new events and whatever is due again. Whether there was anything to do.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; nothing is lost then.
    pub async fn step(&self) -> Result<bool, Failure> {
        let retried = self.retry_parked().await?;
        let reader = self.ledger.reader();
        let cursor = reader.cursor(self.consumer.name()).await?;
        let events = reader.events(None, cursor, WINDOW).await?;
        if events.is_empty() {
            return Ok(retried);
        }
        let parked = reader.parked(self.consumer.name()).await?;
        let blocked: BTreeSet<String> = parked.into_iter().filter(|p| !p.dead).map(|p| p.aggregate).collect();
        let outcomes = self.deliver(&events, &blocked).await;
        let mut newly_parked = Vec::new();
        let mut last = cursor;
        for (event, outcome) in events.iter().zip(outcomes) {
            match outcome {
                Outcome::Taken => {}
                // Go on here later; what behind it was taken already, its consumer will notice.
                Outcome::Away => break,
                Outcome::Failed => newly_parked.push(self.park(event, 1)),
                Outcome::Behind => newly_parked.push(self.park(event, 0)),
            }
            last = event.position;
        }
        if last == cursor {
            return Ok(retried);
        }
        if planted(Mutant::CursorSkipsInFlight) {
            newly_parked.clear();
        }
        let command =
            Command::Advance { consumer: self.consumer.name().to_owned(), position: last, parked: newly_parked };
        self.submit(command).await?;
        Ok(true)
    }

    /// Offers `events` to the consumer: those of one aggregate one after the other, aggregates side by side, so that
    /// what a consumer writes to the ledger shares its commits. What became of each.
    async fn deliver(&self, events: &[Event], blocked: &BTreeSet<String>) -> Vec<Outcome> {
        let mut aggregates: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, event) in events.iter().enumerate() {
            aggregates.entry(&event.aggregate).or_default().push(index);
        }
        let mut oldest_first: Vec<_> = aggregates.into_iter().collect();
        oldest_first.sort_unstable_by_key(|(_, indices)| indices.first().copied());
        let mut outcomes = vec![Outcome::Behind; events.len()];
        let mut waiting = oldest_first.into_iter().filter(|(aggregate, _)| !blocked.contains(*aggregate));
        let mut delivering = FuturesUnordered::new();
        loop {
            while delivering.len() < SIDE_BY_SIDE
                && let Some((_, indices)) = waiting.next()
            {
                delivering.push(self.deliver_in_order(events, indices));
            }
            let Some(delivered) = delivering.next().await else { break };
            for (index, outcome) in delivered {
                outcomes[index] = outcome;
            }
        }
        outcomes
    }

    /// Offers the events of one aggregate until one is not taken. What is left out is behind that one.
    async fn deliver_in_order(&self, events: &[Event], indices: Vec<usize>) -> Vec<(usize, Outcome)> {
        let mut delivered = Vec::with_capacity(indices.len());
        for index in indices {
            let event = &events[index];
            let outcome = match self.consumer.take(event).await {
                Ok(()) => Outcome::Taken,
                // Nothing is wrong with the event: its consumer is full or away.
                Err(error) if error.kind == ErrorKind::Unavailable => Outcome::Away,
                Err(error) => {
                    tracing::warn!(consumer = self.consumer.name(), event = %event.id, kind = event.kind, %error, "an event is tried again later");
                    Outcome::Failed
                }
            };
            delivered.push((index, outcome));
            if outcome != Outcome::Taken {
                break;
            }
        }
        delivered
    }

    async fn submit(&self, command: Command) -> Result<(), Failure> {
        let envelope = Envelope { store: StoreId::DEFAULT, command, idempotency: None, actor: Actor::system() };
        self.ledger.submit(envelope).await.map(|_| ())
    }

    /// A pause of 1 s, 2 s, 4 s … with full jitter.
    fn park(&self, event: &Event, tries: u32) -> Parked {
        let ceiling = 1000_u64 << tries.min(6);
        let pause = i64::try_from(self.rng.below(ceiling)).unwrap_or(1000) + 100;
        Parked {
            consumer: self.consumer.name().to_owned(),
            position: event.position,
            event: event.id,
            aggregate: event.aggregate.clone(),
            tries,
            next_at: self.clock.now().plus_millis(if tries == 0 { 0 } else { pause }),
            dead: tries >= MAX_TRIES,
        }
    }

    /// Tries parked events again, the oldest of each aggregate first. A dead one no longer blocks those behind it.
    async fn retry_parked(&self) -> Result<bool, Failure> {
        let reader = self.ledger.reader();
        let parked = reader.parked(self.consumer.name()).await?;
        let now = self.clock.now();
        let mut blocked = BTreeSet::new();
        let mut busy = false;
        for row in parked.into_iter().filter(|p| !p.dead) {
            if blocked.contains(&row.aggregate) {
                continue;
            }
            if row.next_at > now {
                blocked.insert(row.aggregate);
                continue;
            }
            let found = reader.events(None, row.position - 1, 1).await?;
            let Some(event) = found.first().filter(|e| e.position == row.position) else { continue };
            busy = true;
            let consumer = self.consumer.name().to_owned();
            match self.consumer.take(event).await {
                Ok(()) => self.submit(Command::Unpark { consumer, position: row.position }).await?,
                Err(error) if error.kind == ErrorKind::Unavailable => return Ok(false),
                Err(error) => {
                    let again = self.park(event, row.tries + 1);
                    if again.dead {
                        tracing::error!(consumer, event = %event.id, kind = event.kind, %error, "an event is given up; it waits as a dead letter");
                    }
                    blocked.insert(event.aggregate.clone());
                    self.submit(Command::Repark { parked: again }).await?;
                }
            }
        }
        Ok(busy)
    }
}

/// Counts units sold per SKU: the shop's bestsellers. What an edit takes off an order was not sold.
pub struct SalesConsumer {
    ledger: Arc<LedgerService>,
}

impl SalesConsumer {
    #[must_use]
    pub fn new(ledger: Arc<LedgerService>) -> Self {
        SalesConsumer { ledger }
    }
}

#[async_trait]
impl Consumer for SalesConsumer {
    fn name(&self) -> &'static str {
        "sales"
    }

    async fn take(&self, event: &Event) -> Result<(), Failure> {
        let edited = event.kind == "order.edited" && !planted(Mutant::SalesIgnoreEdits);
        if event.kind != "order.placed" && !edited {
            return Ok(());
        }
        let lines = event.data.get("lines").and_then(|l| l.as_array()).cloned().unwrap_or_default();
        let units = lines.iter().filter_map(|line| {
            let number = |key: &str| line.get(key)?.as_i64();
            let sku = Sku::new(line.get("sku")?.as_str()?).ok()?;
            // Of an edit, what it added or took off.
            Some((sku, if edited { number("after")? - number("before")? } else { number("quantity")? }))
        });
        let units: Vec<_> = units.collect();
        if edited && units.is_empty() {
            return Ok(());
        }
        let effect = ConsumerEffect::Sales(units);
        let command = Command::Consume { consumer: self.name().to_owned(), event: event.id, effect };
        let envelope = Envelope { store: event.store, command, idempotency: None, actor: Actor::system() };
        self.ledger.submit(envelope).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests;
