//! The resolver: finds orders whose next step is due and takes them further, whoever left them there.

use std::collections::BTreeMap;
use std::time::Duration;

use contracts::Result;
use contracts::checkout::Checkout;
use futures::stream::{self, StreamExt};
use kernel::mutant::{Mutant, planted};
use kernel::{OrderId, Timestamp};
use tokio_util::sync::CancellationToken;

use super::CheckoutService;

/// Orders looked at per round.
const ROUND: u32 = 200;
/// Orders taken further at the same time.
const CONCURRENCY: usize = 32;

/// Runs in every node that has the payment role. Several may run; each step is idempotent.
pub struct Resolver {
    checkout: CheckoutService,
    /// Orders that failed, with the number of failures and when to try them again: they must not stop the others.
    failing: BTreeMap<OrderId, (u32, Timestamp)>,
}

impl Resolver {
    #[must_use]
    pub fn new(checkout: CheckoutService) -> Self {
        Resolver { checkout, failing: BTreeMap::new() }
    }

    /// Runs a round every `period` until `stop` fires.
    pub async fn run(mut self, period: Duration, stop: CancellationToken) {
        loop {
            if let Err(failure) = self.round().await {
                tracing::warn!(%failure, internal = failure.internal, "A round of the resolver failed; it is repeated.");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(period) => {}
            }
        }
    }

    /// Takes every order that is due one step or more further. How many there were.
    ///
    /// # Errors
    /// When the ledger cannot be asked what is due.
    pub async fn round(&mut self) -> Result<usize> {
        let parts = &self.checkout.0.parts;
        let now = parts.clock.now();
        self.failing.retain(|_, (_, until)| now.millis_since(*until) < 10 * 60 * 1000);
        let skipped = u32::try_from(self.failing.len()).unwrap_or(u32::MAX);
        let due = parts.ledger.due(now, ROUND.saturating_add(skipped)).await?;
        let due: Vec<_> =
            due.into_iter().filter(|(_, id)| self.failing.get(id).is_none_or(|(_, until)| *until <= now)).collect();
        let count = due.len();
        let checkout = &self.checkout;
        let mut results = stream::iter(due)
            .map(|(store, id)| async move { (id, checkout.resume(store, id).await) })
            .buffered(CONCURRENCY);
        while let Some((id, result)) = results.next().await {
            match result {
                Ok(()) => {
                    self.failing.remove(&id);
                }
                Err(failure) if planted(Mutant::PoisonStopsSweep) => return Err(failure),
                Err(failure) => {
                    let tries = self.failing.get(&id).map_or(1, |(tries, _)| tries + 1);
                    let pause_ms = 1000_i64 << tries.min(6);
                    self.failing.insert(id, (tries, now.plus_millis(pause_ms)));
                    tracing::warn!(order = %id, tries, %failure, internal = failure.internal, "An order could not be taken further; it is tried again.");
                }
            }
        }
        Ok(count)
    }
}
