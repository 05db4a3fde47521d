//! Webhooks on their way: a bounded queue, signed when they leave, delivered side by side.
//!
//! They are delivered in the process, but as real bytes through the same door as over HTTP, so what is checked there is
//! checked here. Webhooks are hints: when the queue is full the newest is dropped, as a network would, and the saga's
//! resolver and the reconciler find out by asking.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use infra::Spawner;
use kernel::{ErrorKind, SharedClock, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::core::Webhook;
use crate::signature::Signer;
use crate::webhooks::WebhookSink;

/// The most webhooks that wait.
const QUEUE: usize = 65_536;
/// The most that are delivered at the same time; the ledger takes them as one batch.
const SIDE_BY_SIDE: usize = 128;
/// Pauses before a delivery that failed is tried again.
const RETRIES_MS: [u64; 3] = [200, 1_000, 5_000];

/// What a webhook says.
#[derive(Serialize, Deserialize)]
pub(super) struct Body<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    pub(super) created_at: Timestamp,
    #[serde(borrow)]
    pub(super) data: Data<'a>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Data<'a> {
    #[serde(borrow)]
    pub(super) reference: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) key: Cow<'a, str>,
}

struct Letter {
    webhook: Webhook,
    /// Told when the delivery is over, however it went.
    delivered: Option<oneshot::Sender<()>>,
}

/// The end of the queue where webhooks go in.
pub(super) struct Outgoing {
    queue: mpsc::Sender<Letter>,
    dropped: Arc<AtomicU64>,
    spawner: Spawner,
}

/// The end of the queue where webhooks come out. Nothing is delivered before [`Deliveries::start`].
pub struct Deliveries {
    queue: mpsc::Receiver<Letter>,
    signer: Signer,
    clock: SharedClock,
    spawner: Spawner,
}

pub(super) fn channel(signer: Signer, clock: SharedClock, spawner: Spawner) -> (Outgoing, Deliveries) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let outgoing = Outgoing { queue: sender, dropped: Arc::default(), spawner: spawner.clone() };
    (outgoing, Deliveries { queue: receiver, signer, clock, spawner })
}

impl Outgoing {
    pub(super) fn send(&self, webhook: Webhook) {
        enqueue(&self.queue, &self.dropped, Letter { webhook, delivered: None });
    }

    pub(super) fn send_later(&self, webhook: Webhook, after: Duration) {
        let (queue, dropped, stop) = (self.queue.clone(), Arc::clone(&self.dropped), self.spawner.token());
        self.spawner.spawn("test-provider-late-webhook", async move {
            tokio::select! {
                () = tokio::time::sleep(after) => enqueue(&queue, &dropped, Letter { webhook, delivered: None }),
                () = stop.cancelled() => {}
            }
        });
    }

    /// Resolves when the delivery is over, or was given up.
    pub(super) async fn send_and_wait(&self, webhook: Webhook) {
        let (sender, receiver) = oneshot::channel();
        enqueue(&self.queue, &self.dropped, Letter { webhook, delivered: Some(sender) });
        // An error means the letter was dropped, which is an end as well.
        let _ = receiver.await;
    }
}

fn enqueue(queue: &mpsc::Sender<Letter>, dropped: &AtomicU64, letter: Letter) {
    if queue.try_send(letter).is_err() {
        let count = dropped.fetch_add(1, Ordering::Relaxed) + 1;
        // A flood of drops must not become a flood of lines.
        if count.is_power_of_two() {
            tracing::warn!(dropped = count, "Webhooks of the test provider are dropped: their queue is full.");
        }
    }
}

impl Deliveries {
    /// Delivers to `sink` from now on, in the background, until the drain.
    pub fn start(mut self, sink: Arc<dyn WebhookSink>) {
        let stop = self.spawner.token();
        let (signer, clock) = (self.signer, self.clock);
        let letters = futures::stream::poll_fn(move |context| self.queue.poll_recv(context));
        self.spawner.spawn("test-provider-webhooks", async move {
            let delivering = letters.for_each_concurrent(SIDE_BY_SIDE, |letter| {
                let (signer, clock, sink) = (&signer, &clock, &sink);
                async move {
                    deliver(&letter.webhook, signer, clock, sink.as_ref()).await;
                    if let Some(delivered) = letter.delivered {
                        let _ = delivered.send(());
                    }
                }
            });
            tokio::select! {
                () = delivering => {}
                () = stop.cancelled() => {}
            }
        });
    }
}

/// Delivers one webhook, again after a pause when the receiver could not take it.
async fn deliver(webhook: &Webhook, signer: &Signer, clock: &SharedClock, sink: &dyn WebhookSink) {
    let body = Body {
        id: webhook.id.as_str().into(),
        kind: webhook.kind.into(),
        created_at: clock.now(),
        data: Data { reference: webhook.reference.as_str().into(), key: webhook.key.as_str().into() },
    };
    let Ok(bytes) = serde_json::to_vec(&body) else { return };
    for pause_ms in RETRIES_MS.into_iter().map(Some).chain([None]) {
        let signature = signer.sign(&bytes, clock.now());
        let Err(failure) = sink.deliver(super::NAME, &signature, &bytes).await else { return };
        let again = matches!(failure.kind, ErrorKind::Unavailable | ErrorKind::Internal | ErrorKind::RateLimited);
        match pause_ms {
            Some(pause_ms) if again => tokio::time::sleep(Duration::from_millis(pause_ms)).await,
            _ => {
                tracing::warn!(webhook = webhook.id, %failure, "A webhook of the test provider was not taken.");
                return;
            }
        }
    }
}
