//! Natural batching: commands that arrive while a commit is in flight form the next batch, and one batch is one
//! transaction. No timer, no lock across a network call; a full queue refuses instead of growing.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

mod settle;

use contracts::event::Event;
use futures::FutureExt;
use kernel::mutant::{Mutant, planted};
use kernel::{EventId, Failure, SharedClock, SharedRng, Timestamp};
use ring::digest::{Context, SHA256};
use tokio::sync::{mpsc, oneshot};

use crate::decide::{Command, Envelope, Reply, add_keys, add_related, decide};
use crate::engine::{Engine, EngineError};
use crate::order::Order;
use crate::state::{AuditRow, Changes, Effects, Hash, Keys, NewAudit, NewAuditOwned, NewEvent, State};
use settle::{Settled, Settler};

/// The most commands in one batch.
pub const MAX_BATCH: usize = 256;
/// Commands that are worth a batch of their own while the one before is still being flushed. Fewer wait for that: every
/// commit writes the ends of all tables again, which would cost more than it hastens.
const WORTH_A_BATCH: usize = 24;
/// The most commands that may wait.
pub const QUEUE: usize = 2048;
/// The most rounds of loading before a command must know its keys.
const MAX_ROUNDS: usize = 8;

/// Where an answer goes.
type Caller = oneshot::Sender<Result<Reply, Failure>>;

/// How often to look for expired idempotency rows, in milliseconds, and how many to delete at a time.
const PRUNE_EVERY_MS: i64 = 10_000;
const PRUNE: u32 = 64;

/// A command and where its answer goes.
pub(crate) struct Job {
    pub envelope: Envelope,
    pub answer: Caller,
}

/// Is told of events and orders right after their commit, on this node. For speed only: outbox and orders are the truth.
pub trait CommitListener: Send + Sync {
    fn committed(&self, events: &[Event], orders: &[Arc<Order>]);
    /// Something may have been committed that nobody was told of.
    fn unsure(&self);
}

/// What the batcher counts, for /metrics and the bench.
#[derive(Debug, Default)]
pub struct BatchStats {
    pub batches: AtomicU64,
    pub commands: AtomicU64,
    pub rejected: AtomicU64,
    pub failed_batches: AtomicU64,
    /// Time spent in the engine's commit, in microseconds.
    pub commit_us: AtomicU64,
    /// Flushes beside the batches, where the engine commits and flushes apart, and the time they took in microseconds.
    pub flushes: AtomicU64,
    pub flush_us: AtomicU64,
    /// Time spent loading and deciding, in microseconds.
    pub decide_us: AtomicU64,
}

/// Runs batches until every sender is gone.
pub(crate) struct Batcher {
    pub jobs: mpsc::Receiver<Job>,
    pub engine: Box<dyn Engine>,
    pub clock: SharedClock,
    pub rng: SharedRng,
    pub listener: Arc<dyn CommitListener>,
    pub stats: Arc<BatchStats>,
    /// Only for a replanted bug: events that wait for a transaction of their own.
    pub stray_events: Vec<Event>,
}

impl Batcher {
    pub async fn run(mut self) {
        let settler = Settler::new(self.engine.flusher(), Arc::clone(&self.listener), Arc::clone(&self.stats));
        let mut batch = Vec::with_capacity(MAX_BATCH);
        let mut pruned_at = self.clock.now();
        while self.gather(&mut batch, &settler).await {
            let jobs = std::mem::replace(&mut batch, Vec::with_capacity(MAX_BATCH));
            if AssertUnwindSafe(self.run_batch(jobs, &settler)).catch_unwind().await.is_err() {
                // A bug, ours or the engine's. Its callers are told to come back; those after them are still served.
                tracing::error!("a batch panicked and was given up");
                self.stats.failed_batches.fetch_add(1, Ordering::Relaxed);
                self.engine.rollback().await;
                settler.settle(Settled::unsure());
            }
            self.prune(&mut pruned_at, &settler).await;
        }
    }

    /// The next batch: what waits now, or, while a flush is under way, what is there when it ends or a good batch before.
    /// False when nobody is left who could ask for anything.
    async fn gather(&mut self, batch: &mut Vec<Job>, settler: &Settler) -> bool {
        let mut open = self.jobs.recv_many(batch, MAX_BATCH).await > 0;
        while open && batch.len() < WORTH_A_BATCH && settler.is_busy() {
            tokio::select! {
                biased;
                more = self.jobs.recv_many(batch, MAX_BATCH - batch.len()) => open = more > 0,
                () = settler.idle() => break,
            }
        }
        !batch.is_empty()
    }

    /// Deletes a few expired idempotency rows from time to time; while there are many, after every batch.
    async fn prune(&mut self, pruned_at: &mut Timestamp, settler: &Settler) {
        let now = self.clock.now();
        if now.millis_since(*pruned_at) < PRUNE_EVERY_MS {
            return;
        }
        let pruned = self.engine.prune(now, PRUNE).await;
        settler.settle(Settled { committed: true, ..Settled::default() });
        if !matches!(pruned, Ok(count) if count >= PRUNE as usize) {
            *pruned_at = now;
        }
        if let Err(error) = pruned {
            tracing::warn!(%error, "expired requests were not pruned; it is tried again");
        }
    }

    async fn run_batch(&mut self, mut jobs: Vec<Job>, settler: &Settler) {
        // Whoever stopped waiting before the batch began gets no effect.
        jobs.retain(|job| !job.answer.is_closed());
        if jobs.is_empty() {
            return;
        }
        self.stats.batches.fetch_add(1, Ordering::Relaxed);
        self.stats.commands.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        let (envelopes, answers): (Vec<_>, Vec<_>) = jobs.into_iter().map(|j| (j.envelope, j.answer)).unzip();
        match self.transact(&envelopes).await {
            Ok(done) => settler.settle(done.told_to(answers)),
            Err(error) => {
                settler.settle(Settled::unsure());
                self.stats.failed_batches.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, commands = answers.len(), "a batch was not stored");
                if matches!(error, EngineError::Failed(_)) && answers.len() > 1 {
                    self.one_by_one(&envelopes, answers, error, settler).await;
                } else {
                    answers.into_iter().for_each(|answer| fail(answer, &error));
                }
            }
        }
    }

    /// Nothing of a batch was stored. When one command is to blame, such as an event that breaks a constraint, the
    /// others go through without it; when the engine is, two failures in a row tell, and nobody is kept waiting.
    async fn one_by_one(
        &mut self,
        envelopes: &[Envelope],
        answers: Vec<Caller>,
        mut error: EngineError,
        settler: &Settler,
    ) {
        let mut in_a_row = 0;
        // What a consumer takes is in order, so nothing of it goes past what failed.
        let mut stopped = BTreeSet::new();
        for (envelope, answer) in envelopes.iter().zip(answers) {
            let consumer = match &envelope.command {
                Command::Consume { consumer, .. } => Some(consumer),
                _ => None,
            };
            if in_a_row >= 2 || consumer.is_some_and(|c| stopped.contains(c)) {
                fail(answer, &error);
                continue;
            }
            match self.transact(std::slice::from_ref(envelope)).await {
                Ok(done) => {
                    in_a_row = 0;
                    settler.settle(done.told_to(vec![answer]));
                }
                Err(again) => {
                    settler.settle(Settled::unsure());
                    in_a_row += 1;
                    stopped.extend(consumer);
                    error = again;
                    fail(answer, &error);
                }
            }
        }
    }

    /// One transaction: load, decide each command in order, store, commit.
    async fn transact(&mut self, envelopes: &[Envelope]) -> Result<Done, EngineError> {
        let started = tokio::time::Instant::now();
        let mut state = State { meta: self.engine.begin().await?, ..State::default() };
        if let Err(error) = self.load_all(envelopes, &mut state).await {
            self.engine.rollback().await;
            return Err(error);
        }
        let now = self.clock.now();
        let mut changes = Changes::default();
        let mut replies = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            let (effects, reply) = decide(&state, envelope, now);
            apply(&mut state, &mut changes, effects, now, &self.rng);
            replies.push(reply);
        }
        if planted(Mutant::OutboxOutsideTransaction) {
            std::mem::swap(&mut self.stray_events, &mut changes.events);
        }
        let decided = tokio::time::Instant::now();
        self.stats.decide_us.fetch_add(micros(decided - started), Ordering::Relaxed);
        if changes.is_empty() {
            self.engine.rollback().await;
            return Ok(Done { replies, events: Vec::new(), orders: Vec::new(), committed: false });
        }
        self.engine.commit(&changes).await?;
        self.stats.commit_us.fetch_add(micros(decided.elapsed()), Ordering::Relaxed);
        let orders = changes.orders.into_values().map(|(_, after)| after).collect();
        Ok(Done { replies, events: changes.events, orders, committed: true })
    }

    async fn load_all(&mut self, envelopes: &[Envelope], state: &mut State) -> Result<(), EngineError> {
        let mut loaded = Keys::default();
        for _ in 0..MAX_ROUNDS {
            let mut wanted = Keys::default();
            for envelope in envelopes {
                add_keys(state, envelope, &mut wanted);
            }
            add_related(state, &mut wanted);
            wanted.subtract(&loaded);
            if wanted.is_empty() {
                return Ok(());
            }
            self.engine.load(&wanted, state).await?;
            loaded.extend(wanted);
        }
        Err(EngineError::Failed("the commands of a batch keep naming new keys".to_owned()))
    }
}

/// What a transaction came to, before its callers hear of it.
struct Done {
    replies: Vec<Result<Reply, Failure>>,
    events: Vec<Event>,
    orders: Vec<Arc<Order>>,
    committed: bool,
}

impl Done {
    fn told_to(self, callers: Vec<Caller>) -> Settled {
        let answers = callers.into_iter().zip(self.replies).collect();
        Settled { events: self.events, orders: self.orders, answers, committed: self.committed, unsure: false }
    }
}

/// Tells a caller that nothing was, or may have been, stored.
fn fail(answer: Caller, error: &EngineError) {
    let _ = answer.send(Err(error.clone().into()));
}

fn micros(span: std::time::Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Adds what one command did to the batch, and makes it visible to the commands after it.
pub fn apply(state: &mut State, changes: &mut Changes, effects: Effects, now: Timestamp, rng: &SharedRng) {
    if effects.numbers > 0 || !effects.events.is_empty() || !effects.audit.is_empty() {
        state.meta.last_number += effects.numbers;
        for event in effects.events {
            changes.events.push(positioned(&mut state.meta.last_position, event, now, rng));
        }
        for entry in effects.audit {
            changes.audit.push(linked(&mut state.meta, entry, now));
        }
        changes.meta = Some(state.meta.clone());
    }
    for order in effects.orders {
        let id = order.head.id;
        let order = Arc::new(order);
        let before = state.orders.insert(id, Arc::clone(&order));
        index_cart(state, &order);
        index_waiting(state, before.as_deref(), &order);
        match changes.orders.get_mut(&id) {
            Some((_, after)) => *after = order,
            None => {
                changes.orders.insert(id, (before, order));
            }
        }
    }
    for level in effects.stock {
        let levels = state.stock.entry((level.store, level.sku.clone())).or_default();
        levels.insert(level.location.clone(), level.clone());
        changes.stock.insert((level.store, level.sku.clone(), level.location.clone()), level);
    }
    changes.movements.extend(effects.movements);
    upsert(&mut state.coupons, &mut changes.coupons, effects.coupons, |c| (c.store, c.code.clone()));
    upsert(&mut state.coupon_uses, &mut changes.coupon_uses, effects.coupon_uses, |u| {
        (u.store, u.code.clone(), u.order)
    });
    upsert(&mut state.gift_cards, &mut changes.gift_cards, effects.gift_cards, |c| (c.store, c.code_hash));
    changes.gift_card_entries.extend(effects.gift_card_entries);
    upsert(&mut state.idempotency, &mut changes.idempotency, effects.idempotency, |r| (r.store, r.key));
    upsert(&mut state.people, &mut changes.people, effects.people, |p| (p.store, p.id));
    upsert(&mut state.sales, &mut changes.sales, effects.sales, |s| (s.store, s.sku.clone()));
    upsert(&mut state.rules, &mut changes.rules, effects.rules, |r| (r.store, r.sku.clone()));
    upsert(&mut state.transfers, &mut changes.transfers, effects.transfers, |t| (t.store, t.id));
    for (store, location) in effects.locations {
        let shelves = Arc::make_mut(state.shelves.entry(store).or_default());
        shelves.locations.insert(location.location.clone(), location.clone());
        changes.locations.insert((store, location.location.clone()), location);
    }
    for (store, low_at) in effects.low_at {
        Arc::make_mut(state.shelves.entry(store).or_default()).low_at = low_at;
        changes.low_at.insert(store, low_at);
    }
    changes.contacts.extend(effects.contacts);
    state.inbox.extend(effects.inbox.iter().cloned());
    changes.inbox.extend(effects.inbox);
    state.webhooks.extend(effects.webhooks.iter().map(|w| (w.store, w.provider.clone(), w.id.clone())));
    changes.webhooks.extend(effects.webhooks);
    changes.cursors.extend(effects.cursors);
    changes.parked.extend(effects.parked);
    changes.unparked.extend(effects.unparked);
}

fn upsert<K: Ord + Clone, V: Clone>(
    state: &mut BTreeMap<K, V>,
    changes: &mut BTreeMap<K, V>,
    rows: Vec<V>,
    key: impl Fn(&V) -> K,
) {
    for row in rows {
        let key = key(&row);
        state.insert(key.clone(), row.clone());
        changes.insert(key, row);
    }
}

/// Keeps the batch's view of a cart's orders current.
fn index_cart(state: &mut State, order: &Arc<Order>) {
    let orders = state.carts.entry((order.head.store, order.head.cart)).or_default();
    if matches!(order.head.phase, crate::order::Phase::Cancelling | crate::order::Phase::Cancelled) {
        if orders.get(&order.head.cart_version) == Some(&order.head.id) {
            orders.remove(&order.head.cart_version);
        }
    } else {
        orders.insert(order.head.cart_version, order.head.id);
    }
}

/// Keeps the batch's view of who waits for goods current.
fn index_waiting(state: &mut State, before: Option<&Order>, order: &Order) {
    for backorder in before.iter().flat_map(|o| &o.backorders) {
        if let Some(waiting) = state.waiting.get_mut(&(order.head.store, backorder.sku.clone())) {
            waiting.orders.remove(&order.head.number);
        }
    }
    for backorder in &order.backorders {
        let waiting = state.waiting.entry((order.head.store, backorder.sku.clone())).or_default();
        // Behind the last one that was loaded stand others that were not.
        let last = waiting.orders.last_key_value().map(|(number, _)| *number);
        if !waiting.more || last.is_some_and(|last| order.head.number < last) {
            waiting.orders.insert(order.head.number, order.head.id);
        }
    }
}

fn positioned(last: &mut u64, event: NewEvent, now: Timestamp, rng: &SharedRng) -> Event {
    *last += 1;
    Event {
        id: EventId::new(now, rng.as_ref()),
        position: *last,
        store: event.store,
        aggregate: event.aggregate,
        aggregate_seq: event.aggregate_seq,
        kind: event.kind.into_owned(),
        version: 1,
        at: now.into(),
        request_id: event.request_id,
        data: event.data,
    }
}

fn linked(meta: &mut crate::state::Meta, entry: NewAudit, at: Timestamp) -> AuditRow {
    meta.audit_seq += 1;
    let entry = NewAuditOwned {
        store: entry.store,
        actor: entry.actor,
        action: entry.action.to_owned(),
        subject: entry.subject,
        detail: entry.detail,
    };
    let hash = chain(&meta.audit_hash, meta.audit_seq, at, &entry);
    meta.audit_hash = hash;
    AuditRow { seq: meta.audit_seq, at, entry, hash }
}

/// The hash that links an audit entry to the one before it (invariant I14).
#[must_use]
pub fn chain(previous: &Hash, seq: u64, at: Timestamp, entry: &NewAuditOwned) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    context.update(&seq.to_be_bytes());
    context.update(&at.millis().to_be_bytes());
    context.update(entry.store.as_bytes());
    for text in [&entry.actor, &entry.action, &entry.subject, &entry.detail] {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

#[cfg(test)]
mod tests;
