//! Delivers what is due. Every endpoint has a lane of its own, so that one which hangs or fails takes nothing from the
//! others: a few deliveries at a time, back-off with jitter, and after five days without a success it is switched off.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use contracts::notification::DeliveryStatus;
use futures::StreamExt as _;
use infra::Spawner;
use infra::sqlite::{Db, DbError};
use infra::vault::Vault;
use kernel::mutant::{Mutant, planted};
use kernel::{EventId, Failure, SharedClock, SharedRng, StoreId, Timestamp, WebhookEndpointId};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::client::{Message, NoAnswer, Post};
use super::{WebhookSettings, sign};
use crate::mail::sender::endpoint_disabled;
use crate::store::delivery::{self, DueDelivery, Tried};
use crate::store::endpoint::{self, EndpointRow};
use crate::store::mail::DisabledEndpoint;

/// Deliveries on their way to one endpoint at the same time.
const LANE: usize = 4;
/// Deliveries of one endpoint taken at a time.
const WINDOW: usize = 64;
/// Pauses after each try that failed, in seconds: ten tries within about three days.
const PAUSES_S: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// An endpoint that fails for this long is switched off.
const GIVE_UP_MS: i64 = 5 * 24 * 3_600_000;
/// Messages are kept this long, to be replayed.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
const PRUNE_EVERY_MS: i64 = 3_600_000;

/// Clones share everything.
#[derive(Clone)]
pub(crate) struct Dispatcher(Arc<Inner>);

struct Inner {
    store: StoreId,
    db: Db,
    vault: Vault,
    clock: SharedClock,
    rng: SharedRng,
    post: Arc<dyn Post>,
    settings: WebhookSettings,
    wake: Arc<Notify>,
    mail_wake: Arc<Notify>,
    /// Lanes that are being worked on, so that none is worked on twice.
    busy: Mutex<HashMap<WebhookEndpointId, ()>>,
    pruned_at: Mutex<Timestamp>,
}

impl Dispatcher {
    pub(crate) fn new(
        settings: &WebhookSettings,
        (store, db, vault): (StoreId, Db, Vault),
        (clock, rng): (SharedClock, SharedRng),
        (wake, mail_wake): (Arc<Notify>, Arc<Notify>),
        post: Arc<dyn Post>,
    ) -> Self {
        Dispatcher(Arc::new(Inner {
            store,
            db,
            vault,
            clock,
            rng,
            post,
            settings: *settings,
            wake,
            mail_wake,
            busy: Mutex::default(),
            pruned_at: Mutex::new(Timestamp::EPOCH),
        }))
    }

    pub(crate) fn settings(&self) -> &WebhookSettings {
        &self.0.settings
    }

    pub(crate) fn wake(&self) {
        self.0.wake.notify_one();
    }

    pub(crate) async fn run(&self, poll: Duration, spawner: &Spawner, stop: CancellationToken) {
        loop {
            if let Err(failure) = self.start_lanes(spawner).await {
                tracing::warn!(%failure, internal = failure.internal, "the webhooks could not be looked at; they are tried again");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.0.wake.notified() => {}
                () = tokio::time::sleep(poll) => {}
            }
        }
    }

    /// Works on the lane of every endpoint that has something due and is not worked on already.
    async fn start_lanes(&self, spawner: &Spawner) -> Result<(), Failure> {
        let stop = spawner.token();
        for endpoint in self.live().await? {
            if self.0.busy.lock().insert(endpoint.id, ()).is_some() {
                continue;
            }
            if planted(Mutant::DeadEndpointDelaysAll) {
                let outcome = self.work(&endpoint).await;
                self.0.busy.lock().remove(&endpoint.id);
                outcome?;
                continue;
            }
            let (dispatcher, stop) = (self.clone(), stop.clone());
            spawner.spawn("webhook-lane", async move {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => {}
                    outcome = dispatcher.work(&endpoint) => {
                        if let Err(failure) = outcome {
                            tracing::warn!(endpoint = %endpoint.id, %failure, internal = failure.internal, "the webhooks of an endpoint could not be worked on");
                        }
                    }
                }
                dispatcher.0.busy.lock().remove(&endpoint.id);
            });
        }
        self.prune().await
    }

    /// Works on every lane until nothing is due now. How many deliveries were tried.
    pub(crate) async fn step_and_wait(&self) -> Result<usize, Failure> {
        let lanes = self.live().await?;
        let tried = futures::future::try_join_all(lanes.iter().map(|endpoint| self.work(endpoint))).await?;
        self.prune().await?;
        Ok(tried.into_iter().sum())
    }

    async fn live(&self) -> Result<Vec<EndpointRow>, Failure> {
        let (store, now) = (self.0.store, self.0.clock.now());
        let live = self.0.db.read(move |conn| {
            let mut live = Vec::new();
            for row in endpoint::live(conn, store)? {
                if !delivery::due(conn, store, row.id, now, 1)?.is_empty() {
                    live.push(row);
                }
            }
            Ok::<_, DbError>(live)
        });
        Ok(live.await?)
    }

    /// Delivers what is due at one endpoint, a window after the other, until a window brings nothing.
    async fn work(&self, endpoint: &EndpointRow) -> Result<usize, Failure> {
        let mut tried = 0;
        loop {
            let (store, id, now) = (self.0.store, endpoint.id, self.0.clock.now());
            let due = self
                .0
                .db
                .read(move |conn| {
                    // It may have been switched off or deleted by now.
                    let open = endpoint::get(conn, store, id)?.is_some_and(|endpoint| endpoint.enabled);
                    if open { delivery::due(conn, store, id, now, WINDOW) } else { Ok(Vec::new()) }
                })
                .await?;
            if due.is_empty() {
                return Ok(tried);
            }
            tried += due.len();
            let mut lane = futures::stream::iter(due).map(|due| self.deliver(endpoint, due)).buffer_unordered(LANE);
            while let Some(outcome) = lane.next().await {
                outcome?;
            }
        }
    }

    async fn deliver(&self, endpoint: &EndpointRow, due: DueDelivery) -> Result<(), Failure> {
        if planted(Mutant::WebhookMarkedBeforeAnswer) {
            let sent = Tried { status: DeliveryStatus::Delivered, next_at: None, last_status: None, last_error: None };
            self.record(endpoint, due.event, sent).await?;
            let _ = self.send(endpoint, &due.event.to_string(), &due.body).await;
            return Ok(());
        }
        let answer = self.send(endpoint, &due.event.to_string(), &due.body).await;
        let now = self.0.clock.now();
        let good = matches!(answer, Ok(200..=299));
        let (last_status, last_error) = match answer {
            Ok(status) if good => (Some(status), None),
            Ok(status) => (Some(status), Some(format!("It answered {status}."))),
            Err(why) => (None, Some(why)),
        };
        let next_at = if good { None } else { self.next_try(due.tries, now) };
        let status = match (good, next_at) {
            (true, _) => DeliveryStatus::Delivered,
            (false, Some(_)) => DeliveryStatus::Pending,
            (false, None) => DeliveryStatus::Failed,
        };
        if !good {
            tracing::info!(endpoint = %endpoint.id, event = %due.event, tries = due.tries + 1, error = last_error, "a webhook was not taken");
        }
        self.record(endpoint, due.event, Tried { status, next_at, last_status, last_error }).await
    }

    async fn record(&self, endpoint: &EndpointRow, event: EventId, tried: Tried) -> Result<(), Failure> {
        let (store, id, now) = (self.0.store, endpoint.id, self.0.clock.now());
        let good = tried.status == DeliveryStatus::Delivered;
        let gone = tried.last_status == Some(410);
        let (url, key) = (endpoint.url.clone(), format!("{id} {}", now.millis()));
        let rng = Arc::clone(&self.0.rng);
        let disabled = self
            .0
            .db
            .write(move |conn| {
                delivery::record(conn, store, (id, event), now, &tried)?;
                endpoint::set_failing(conn, store, id, (!good).then_some(now))?;
                let Some(row) = endpoint::get(conn, store, id)? else { return Ok(false) };
                let dead = row.failing_since.is_some_and(|since| now.millis_since(since) >= GIVE_UP_MS);
                let reason = match (gone, dead) {
                    (true, _) => "It answered 410 Gone.",
                    (_, true) => "Every delivery failed for five days.",
                    _ => return Ok(false),
                };
                if !endpoint::disable(conn, store, id, reason)? {
                    return Ok(false);
                }
                let notice = DisabledEndpoint { url, reason: reason.to_owned() };
                endpoint_disabled(store, notice, &key, (now, rng.as_ref()))(conn)?;
                Ok::<_, DbError>(true)
            })
            .await?;
        if disabled {
            tracing::error!(endpoint = %id, "an endpoint of webhooks was switched off; switch it on again and replay what it missed");
            self.0.mail_wake.notify_one();
        }
        Ok(())
    }

    /// When to try again after `tries` earlier ones and this; none when it is given up.
    fn next_try(&self, tries: u32, now: Timestamp) -> Option<Timestamp> {
        let pause_s = *PAUSES_S.get(tries as usize)?;
        // Up to a fifth more, so that what failed together does not come back together.
        let jitter_ms = i64::try_from(self.0.rng.below((pause_s * 200).unsigned_abs())).unwrap_or_default();
        Some(now.plus_secs(pause_s).plus_millis(jitter_ms))
    }

    /// Signs a message and sends it. The status that was answered.
    pub(crate) async fn send(&self, endpoint: &EndpointRow, id: &str, body: &str) -> Result<u16, NoAnswer> {
        let now = self.0.clock.now();
        let secrets = self.secrets(endpoint, now).map_err(|failure| {
            tracing::error!(endpoint = %endpoint.id, internal = failure.internal, "the secret of an endpoint cannot be opened");
            "The secret cannot be opened; make a new one.".to_owned()
        })?;
        let timestamp_s = now.millis().div_euclid(1_000);
        let signature = sign::signature(&secrets, id, timestamp_s, body);
        self.0.post.bring(&endpoint.url, &Message { id, timestamp_s, signature, body }).await
    }

    /// The secrets that sign at `now`, the newest first.
    fn secrets(&self, endpoint: &EndpointRow, now: Timestamp) -> Result<Vec<Vec<u8>>, Failure> {
        let key = self.0.vault.unwrap_person(endpoint.id.as_bytes(), &endpoint.wrapped_key)?;
        let mut secrets = vec![key.open(super::service::SECRET, &endpoint.secret)?];
        if let (Some(old), Some(until)) = (&endpoint.old_secret, endpoint.old_expires_at)
            && until > now
        {
            secrets.push(key.open(super::service::SECRET, old)?);
        }
        Ok(secrets)
    }

    async fn prune(&self) -> Result<(), Failure> {
        let (store, now) = (self.0.store, self.0.clock.now());
        {
            let mut pruned_at = self.0.pruned_at.lock();
            if now.millis_since(*pruned_at) < PRUNE_EVERY_MS {
                return Ok(());
            }
            *pruned_at = now;
        }
        let until = now.plus_millis(-KEPT_MS);
        self.0.db.write(move |conn| delivery::prune(conn, store, until)).await?;
        Ok(())
    }
}
