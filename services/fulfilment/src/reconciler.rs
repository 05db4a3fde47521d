//! Brings what carriers and the ledger know to where a fulfilment is. It reads the state and does the next thing, so the
//! happy path and the way back from a crash are one path; events and steps only wake it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use contracts::Result;
use contracts::fulfilment::{Carrier, FulfilmentState, Parcel};
use contracts::ledger::{
    Actor, Answer, FulfilmentStatus, Idempotency, LineQuantity, OrderView, Orders, PaymentStatus, ShipmentRequest,
    ShipmentStatus,
};
use infra::sqlite::{Db, DbError};
use kernel::mutant::{Mutant, planted};
use kernel::{ErrorKind, EventId, Failure, FulfilmentId, SharedClock, SharedRng, ShipmentId, StoreId};
use ring::digest::{SHA256, digest};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::plan::plan;
use crate::state::heard;
use crate::store::{self, Planned, Record, outbox};
use crate::{drop, service::FulfilmentSettings};

/// Fulfilments looked at together.
const WINDOW: u32 = 32;
/// Pauses after a try that failed, in seconds.
const PAUSES_S: [i64; 6] = [5, 15, 60, 300, 900, 3_600];
/// Why fulfilments are cancelled, and what somebody should look at.
const SENT_OTHERWISE: &str = "The order was shipped without this fulfilment.";
const LESS_IS_BOOKED: &str = "The order has fewer units to be sent than this parcel had. Look at what was in it.";
const ASKED_ANEW: &str = "The order changed; what is left of this is asked for anew.";
/// A parcel is asked for at most this long after it was handed over; then somebody has to look.
const TRACKED_MS: i64 = 60 * 24 * 3_600_000;

pub(crate) struct Reconciler {
    pub(crate) store: StoreId,
    pub(crate) db: Db,
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) carriers: BTreeMap<&'static str, Arc<dyn Carrier>>,
    pub(crate) clock: SharedClock,
    pub(crate) rng: SharedRng,
    pub(crate) settings: FulfilmentSettings,
    pub(crate) folder: PathBuf,
    pub(crate) wake: Arc<Notify>,
}

/// When to look again.
enum Next {
    /// Nothing is left to do until somebody takes a step.
    Rest,
    After {
        millis: i64,
    },
}

impl Reconciler {
    pub(crate) async fn run(&self, poll: Duration, sweep_every: Duration, stop: CancellationToken) {
        let mut next_sweep = tokio::time::Instant::now();
        loop {
            let started = tokio::time::Instant::now();
            let pause = match self.step().await {
                Ok(seen) if seen >= WINDOW as usize => infra::pace::pause(started.elapsed()),
                Ok(_) => poll,
                Err(failure) => {
                    tracing::warn!(%failure, internal = failure.internal, "the fulfilments could not be worked on");
                    poll
                }
            };
            if tokio::time::Instant::now() >= next_sweep {
                next_sweep = tokio::time::Instant::now() + sweep_every;
                if let Err(failure) = self.sweep().await {
                    tracing::warn!(%failure, internal = failure.internal, "the folder for pick-up could not be swept");
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.wake.notified(), if pause == poll => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Looks at what is due. How many orders and fulfilments that were.
    pub(crate) async fn step(&self) -> Result<usize> {
        let (store, now) = (self.store, self.clock.now());
        let planned = self.db.read(move |conn| store::plans(conn, store, now, WINDOW)).await?;
        let orders = planned.len();
        futures::future::try_join_all(planned.into_iter().map(|planned| self.compare(planned))).await?;
        let due = self.db.read(move |conn| store::due(conn, store, now, WINDOW)).await?;
        let count = due.len();
        futures::future::try_join_all(due.into_iter().map(|record| self.look(record))).await?;
        Ok(orders + count)
    }

    /// Compares an order with its fulfilments; when it cannot be read, later.
    async fn compare(&self, planned: Planned) -> Result<()> {
        let (store, now) = (self.store, self.clock.now());
        let order = match self.orders.order(store, planned.order).await {
            Ok(Some(order)) => order,
            Ok(None) => return Err(Failure::internal(format!("order {} of a fulfilment is gone", planned.order))),
            Err(failure) => {
                tracing::warn!(order = %planned.order, %failure, internal = failure.internal, "an order is compared with its fulfilments later");
                let pause_s = PAUSES_S.get(planned.tries as usize).or(PAUSES_S.last()).copied().unwrap_or(60);
                let later =
                    move |conn: &rusqlite::Connection| store::plan_later(conn, store, &planned, now.plus_secs(pause_s));
                return Ok(self.db.write(later).await?);
            }
        };
        let (rng, drops) = (Arc::clone(&self.rng), self.settings.csv_drop);
        let applied = self.db.write(move |conn| {
            // What was handed over since the order was read is in `records` and still open in `order`: it is counted.
            let records = store::of_order(conn, store, planned.order)?;
            let plan = plan(&order, &records, planned.readdressed);
            let tell = |record: &Record| outbox::append(conn, store, EventId::new(now, rng.as_ref()), record, now);
            for mut record in records.into_iter().filter(|r| plan.cancel.contains(&r.id)) {
                record.state = FulfilmentState::Cancelled;
                record.reason = Some(if went_otherwise(&order) { SENT_OTHERWISE } else { ASKED_ANEW }.to_owned());
                (record.updated_at, record.next_at, record.tries) = (now, Some(now), 0);
                if record.paid {
                    tell(&record)?;
                }
                store::put(conn, store, &record)?;
            }
            for (location, lines) in plan.create {
                let id = FulfilmentId::new(now, rng.as_ref());
                let mut record = Record::requested(id, planned.order, &planned.number, &location, now);
                (record.lines, record.paid) = (lines, is_paid(&order));
                if record.paid {
                    record.next_at = drops.then_some(now);
                    tell(&record)?;
                }
                store::put(conn, store, &record)?;
            }
            store::planned(conn, store, &planned)
        });
        Ok(applied.await?)
    }

    /// Does what is to be done about one fulfilment now, and says when to look again.
    async fn look(&self, seen: Record) -> Result<()> {
        let outcome = self.converge(seen.id).await;
        let now = self.clock.now();
        self.update(seen.id, move |record| {
            // A step was taken meanwhile, or one followed from what was done: there may be more to do.
            let went_on = record.state != seen.state || record.next_at != seen.next_at;
            match outcome {
                Ok(_) if went_on => (record.next_at, record.tries) = (Some(now), 0),
                Ok(Next::Rest) => (record.next_at, record.tries) = (None, 0),
                Ok(Next::After { millis }) => (record.next_at, record.tries) = (Some(now.plus_millis(millis)), 0),
                Err(failure) => {
                    let pause_s = PAUSES_S.get(record.tries as usize).or(PAUSES_S.last()).copied().unwrap_or(60);
                    record.next_at = Some(now.plus_secs(pause_s));
                    record.tries = record.tries.saturating_add(1);
                    tracing::warn!(fulfilment = %record.id, order = %record.order, tries = record.tries, %failure, internal = failure.internal, "a fulfilment is looked at again later");
                }
            }
            false
        })
        .await
        .map(|_| ())
    }

    /// Changes a fulfilment as it is stored now. A change that answers true is told as an event.
    pub(crate) async fn update(
        &self,
        id: FulfilmentId,
        change: impl FnOnce(&mut Record) -> bool + Send + 'static,
    ) -> Result<Option<Record>> {
        let (store, now, rng) = (self.store, self.clock.now(), Arc::clone(&self.rng));
        let changed = self.db.write(move |conn| {
            let Some(mut record) = store::get(conn, store, id)? else { return Ok(None) };
            if change(&mut record) {
                record.updated_at = now;
                outbox::append(conn, store, EventId::new(now, rng.as_ref()), &record, now)?;
            }
            store::put(conn, store, &record)?;
            Ok::<_, DbError>(Some(record))
        });
        Ok(changed.await?)
    }

    async fn load(&self, id: FulfilmentId) -> Result<Record> {
        let store = self.store;
        let found = self.db.read(move |conn| store::get(conn, store, id)).await?;
        found.ok_or_else(|| Failure::not_found("fulfilment"))
    }

    pub(crate) async fn order(&self, record: &Record) -> Result<OrderView> {
        let found = self.orders.order(self.store, record.order).await?;
        found.ok_or_else(|| Failure::internal(format!("order {} of a fulfilment is gone", record.order)))
    }

    async fn converge(&self, id: FulfilmentId) -> Result<Next> {
        let record = self.load(id).await?;
        match record.state {
            FulfilmentState::Requested | FulfilmentState::Accepted | FulfilmentState::Packed => {
                self.before_label(record).await
            }
            FulfilmentState::Labelled => {
                self.unless_sent_otherwise(&record, &self.order(&record).await?).await?;
                Ok(Next::Rest)
            }
            FulfilmentState::HandedOver | FulfilmentState::InTransit => {
                self.unfile(&record).await?;
                if record.shipment.is_none() && !self.ship(&record).await? {
                    return Ok(Next::Rest);
                }
                self.track(id).await
            }
            FulfilmentState::Delivered => {
                self.unfile(&record).await?;
                let shipped = record.shipment.is_some() || self.ship(&record).await?;
                if shipped && !record.settled {
                    self.deliver(id).await?;
                }
                Ok(Next::Rest)
            }
            FulfilmentState::Cancelled => self.wind_up(&record).await,
        }
    }

    async fn before_label(&self, record: Record) -> Result<Next> {
        let order = self.order(&record).await?;
        if self.unless_sent_otherwise(&record, &order).await? {
            return Ok(Next::Rest);
        }
        if self.settings.csv_drop && record.paid && !record.dropped && order.contact.is_some() {
            let name = drop::write(&self.folder, &record, &order).await?;
            self.update(record.id, move |record| {
                (record.file, record.dropped) = (Some(name), true);
                false
            })
            .await?;
        }
        // A carrier was asked for a number and did not answer yet. Once the person was erased nobody can ask again.
        if record.announced_at.is_some() && record.tracking.is_none() && order.contact.is_some() {
            self.announce(&record, &order).await?;
        }
        Ok(Next::Rest)
    }

    /// Cancels a fulfilment whose goods went another way. Whether that is so.
    async fn unless_sent_otherwise(&self, record: &Record, order: &OrderView) -> Result<bool> {
        if !went_otherwise(order) {
            return Ok(false);
        }
        self.update(record.id, |record| {
            if record.state >= FulfilmentState::HandedOver {
                return false;
            }
            record.state = FulfilmentState::Cancelled;
            record.reason = Some(SENT_OTHERWISE.to_owned());
            true
        })
        .await?;
        self.wind_up(&self.load(record.id).await?).await?;
        Ok(true)
    }

    /// Asks the carrier for a number, and takes the fulfilment to `labelled` once there is one.
    ///
    /// # Errors
    /// Those of the carrier; conflict when the person was erased.
    pub(crate) async fn announce(&self, record: &Record, order: &OrderView) -> Result<()> {
        let carrier = self.carrier_of(record)?;
        let mut parcel = parcel(record, order)?;
        let asked_before = record.announced_at.is_some_and(|at| at < self.clock.now());
        if planted(Mutant::LabelForEachTry) && asked_before {
            parcel.key = FulfilmentId::new(self.clock.now(), self.rng.as_ref());
        }
        let announced = carrier.announce(&parcel).await?;
        let name = carrier.name();
        let labelled = self.update(record.id, move |record| {
            if record.state >= FulfilmentState::Labelled {
                return false;
            }
            record.carrier = Some(name.to_owned());
            record.tracking = Some(announced.tracking);
            record.state = FulfilmentState::Labelled;
            true
        });
        labelled.await?;
        Ok(())
    }

    pub(crate) fn carrier_of(&self, record: &Record) -> Result<&Arc<dyn Carrier>> {
        let name = record.carrier.as_deref().unwrap_or_default();
        self.carriers.get(name).ok_or_else(|| {
            let detail = "The shop does not know this carrier; print the label where the parcel was announced.";
            Failure::conflict("unknown_carrier", detail)
        })
    }

    /// Records in the ledger that the parcel left. Whether it is recorded; a refusal waits for somebody to look.
    async fn ship(&self, record: &Record) -> Result<bool> {
        let order = self.order(record).await?;
        let ours = |order: &OrderView| {
            let found = order.shipments.iter().find(|s| s.tracking.is_some() && s.tracking == record.tracking);
            found.map(|shipment| shipment.id)
        };
        // It may have been recorded just before the process ended.
        if let Some(shipment) = ours(&order).filter(|_| !planted(Mutant::ParcelShippedTwice)) {
            return self.shipped(record, &order, shipment).await;
        }
        // Some units may have left by hand, or the order changed in the very moment in which the parcel left.
        let lines = record.lines.iter().filter_map(|line| {
            let known = order.lines.iter().find(|known| known.line == line.line)?;
            let quantity = line.quantity.min(known.quantity.saturating_sub(known.shipped));
            (quantity > 0).then_some(LineQuantity { line: line.line, quantity })
        });
        let lines: Vec<_> = lines.collect();
        let here = |line: &LineQuantity| {
            let known = order.sources.iter().find(|s| s.line == line.line && s.location == record.location);
            known.is_some_and(|s| s.quantity >= line.quantity)
        };
        // The parcel left, whatever the books say about where it was.
        let location = lines.iter().all(here).then(|| record.location.clone());
        let request = ShipmentRequest {
            lines: Some(lines),
            carrier: record.carrier.clone(),
            tracking: record.tracking.clone(),
            location,
        };
        let mut key = format!("{}:ship:{}", record.id, record.refusals);
        if planted(Mutant::ParcelShippedTwice) {
            key = format!("{key}:{}", record.tries);
        }
        let idempotency = idempotency(record.id, key);
        let answer = self.orders.ship(self.store, record.order, request, idempotency, actor()).await;
        match accepted(answer)? {
            Ok(answer) => {
                let order: OrderView = serde_json::from_slice(&answer.response.body).map_err(Failure::internal)?;
                let last = || order.shipments.last().map(|shipment| shipment.id);
                let shipment = ours(&order).or_else(last);
                let shipment = shipment.ok_or_else(|| Failure::internal("a shipped order shows no shipment"))?;
                self.shipped(record, &order, shipment).await
            }
            Err(why) => {
                tracing::error!(fulfilment = %record.id, order = %record.order, why, "a parcel left, but its order refuses to be shipped; somebody has to look");
                self.update(record.id, move |record| {
                    record.refusals += 1;
                    record.reason = Some(why);
                    false
                })
                .await?;
                Ok(false)
            }
        }
    }

    async fn shipped(&self, record: &Record, order: &OrderView, shipment: ShipmentId) -> Result<bool> {
        let booked = order.shipments.iter().find(|known| known.id == shipment);
        let booked: u32 = booked.map_or(0, |known| known.lines.iter().map(|line| line.quantity).sum());
        let fewer = booked < record.lines.iter().map(|line| line.quantity).sum();
        self.update(record.id, move |record| {
            (record.shipment, record.reason) = (Some(shipment), fewer.then(|| LESS_IS_BOOKED.to_owned()));
            false
        })
        .await?;
        Ok(true)
    }

    /// Hears what the carrier says, and goes on as far as the parcel is.
    async fn track(&self, id: FulfilmentId) -> Result<Next> {
        let record = self.load(id).await?;
        let (Ok(carrier), Some(tracking)) = (self.carrier_of(&record), &record.tracking) else { return Ok(Next::Rest) };
        let told = match carrier.track(tracking).await {
            Ok(told) => told,
            Err(failure) if failure.kind == ErrorKind::NotFound => {
                tracing::warn!(fulfilment = %id, "the carrier does not know the parcel; nobody asks again");
                return Ok(Next::Rest);
            }
            Err(failure) => return Err(failure),
        };
        let (store, last) = (self.store, told.last().map(|update| update.status));
        let known = self.db.write(move |conn| {
            for update in &told {
                store::put_update(conn, store, id, update)?;
            }
            store::updates(conn, store, id)
        });
        let mut furthest = heard(known.await?.iter().map(|update| update.status));
        let back = planted(Mutant::LateUpdateGoesBack);
        if back {
            furthest = heard(last.into_iter());
        }
        let moved = self.update(id, move |record| {
            let further = furthest.filter(|state| *state > record.state && record.state < FulfilmentState::Delivered);
            let further = if back { furthest.filter(|state| *state != record.state) } else { further };
            if let Some(state) = further {
                record.state = state;
            }
            further.is_some()
        });
        let record = moved.await?.unwrap_or(record);
        if record.state == FulfilmentState::Delivered {
            self.deliver(id).await?;
            return Ok(Next::Rest);
        }
        if self.clock.now().millis_since(record.created_at) > TRACKED_MS {
            tracing::warn!(fulfilment = %id, order = %record.order, "a parcel did not arrive within sixty days; nobody asks for it any more");
            return Ok(Next::Rest);
        }
        Ok(Next::After { millis: self.settings.track_every_ms })
    }

    /// Records in the ledger that the parcel arrived; the last one closes the order.
    async fn deliver(&self, id: FulfilmentId) -> Result<()> {
        let record = self.load(id).await?;
        let Some(shipment) = record.shipment else { return Ok(()) };
        let order = self.order(&record).await?;
        let known = order.shipments.iter().find(|known| known.id == shipment);
        if known.is_none_or(|known| known.status != ShipmentStatus::Delivered) {
            let idempotency = idempotency(id, format!("{id}:deliver"));
            let answer = self.orders.deliver(self.store, record.order, shipment, idempotency, actor()).await;
            if let Err(why) = accepted(answer)? {
                return Err(Failure::internal(format!("the delivery of {id} was refused: {why}")));
            }
        }
        self.update(id, |record| {
            record.settled = true;
            false
        })
        .await?;
        Ok(())
    }

    /// What is left to do for a fulfilment that will not be sent.
    async fn wind_up(&self, record: &Record) -> Result<Next> {
        self.unfile(record).await?;
        if record.settled {
            return Ok(Next::Rest);
        }
        if let Ok(carrier) = self.carrier_of(record)
            && !planted(Mutant::CancelledKeepsLabel)
        {
            let tracking = match &record.tracking {
                Some(tracking) => Some(tracking.clone()),
                None => self.asked_for(record, carrier.as_ref()).await?,
            };
            if let Some(tracking) = tracking {
                carrier.withdraw(&tracking).await?;
            }
        }
        self.update(record.id, |record| {
            record.settled = true;
            false
        })
        .await?;
        Ok(Next::Rest)
    }

    /// The number of a parcel of which the carrier was told and whose answer was lost; the same parcel is asked for again.
    /// None when it was never told, or nobody can say any more whose it was.
    async fn asked_for(&self, record: &Record, carrier: &dyn Carrier) -> Result<Option<String>> {
        if record.announced_at.is_none() {
            return Ok(None);
        }
        let order = self.order(record).await?;
        let Ok(parcel) = parcel(record, &order) else { return Ok(None) };
        match carrier.announce(&parcel).await {
            Ok(announced) => Ok(Some(announced.tracking)),
            Err(failure) if failure.kind == ErrorKind::Unavailable => Err(failure),
            // It does not take such a parcel, so it has none.
            Err(_) => Ok(None),
        }
    }

    /// Deletes the file of a fulfilment that is no longer to be picked up.
    async fn unfile(&self, record: &Record) -> Result<()> {
        let Some(file) = &record.file else { return Ok(()) };
        drop::delete(&self.folder, file).await?;
        self.update(record.id, |record| {
            record.file = None;
            false
        })
        .await?;
        Ok(())
    }

    /// Deletes the files of people who were erased meanwhile. How many.
    pub(crate) async fn sweep(&self) -> Result<usize> {
        let (store, mut after, mut deleted) = (self.store, None, 0);
        loop {
            let filed = self.db.read(move |conn| store::filed(conn, store, after, WINDOW)).await?;
            after = filed.last().map(|record| record.id);
            for record in &filed {
                if self.order(record).await?.contact.is_none() {
                    self.unfile(record).await?;
                    deleted += 1;
                }
            }
            if filed.len() < WINDOW as usize {
                return Ok(deleted);
            }
        }
    }
}

/// Whether nothing of the order is left to be sent.
fn went_otherwise(order: &OrderView) -> bool {
    use FulfilmentStatus as F;
    matches!(order.fulfilment_status, F::Shipped | F::Delivered | F::Returned)
}

/// Whether nothing is left to be paid of an order that stands.
fn is_paid(order: &OrderView) -> bool {
    use PaymentStatus as P;
    matches!(order.payment_status, P::NotRequired | P::Paid | P::PartiallyRefunded | P::Refunded)
}

/// What a carrier is told.
///
/// # Errors
/// Conflict when the person was erased: nobody knows where to send it.
pub(crate) fn parcel(record: &Record, order: &OrderView) -> Result<Parcel> {
    let erased =
        || Failure::conflict("address_erased", "The address of this order was erased, so nothing can be sent.");
    let contact = order.contact.as_ref().ok_or_else(erased)?;
    Ok(Parcel {
        key: record.id,
        announced_at: record.announced_at.unwrap_or(record.created_at),
        reference: record.number.clone(),
        to: contact.shipping_address.clone(),
        units: record.lines.iter().map(|line| line.quantity).sum(),
        currency: order.currency,
    })
}

fn actor() -> Actor {
    Actor { name: "fulfilment".to_owned(), request_id: None }
}

/// The same request of the same fulfilment, whenever it is made.
fn idempotency(id: FulfilmentId, key: String) -> Idempotency {
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest(&SHA256, id.as_bytes()).as_ref());
    Idempotency { scope: b"fulfilment".to_vec(), key, fingerprint }
}

/// Whether the ledger took a command: its answer, or why it refused for good.
///
/// # Errors
/// When it is not known whether it did: the same command is to be sent again.
fn accepted(answer: Result<Answer>) -> Result<std::result::Result<Answer, String>> {
    match answer {
        Ok(answer) if answer.response.status < 400 => Ok(Ok(answer)),
        Ok(answer) => {
            let problem: serde_json::Value = serde_json::from_slice(&answer.response.body).unwrap_or_default();
            let detail = problem.get("detail").and_then(|detail| detail.as_str()).unwrap_or("The order refused.");
            Ok(Err(detail.to_owned()))
        }
        Err(failure) => match failure.kind {
            ErrorKind::Conflict if failure.code == "request_in_progress" => Err(failure),
            ErrorKind::Conflict | ErrorKind::Invalid | ErrorKind::NotFound => Ok(Err(failure.detail)),
            _ => Err(failure),
        },
    }
}
