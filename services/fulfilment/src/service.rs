//! The service: shows fulfilments, takes steps, and runs what goes on in the background.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::Result;
use contracts::event::{Event, OutboxSource};
use contracts::fulfilment::{
    AdvanceFulfilment, Carrier, FulfilmentFilter, FulfilmentLine, FulfilmentState, FulfilmentView, Fulfilments,
    LabelDocument,
};
use contracts::ledger::{Books, OrderStatus, OrderView, Orders};
use infra::Spawner;
use infra::sqlite::Db;
use kernel::mutant::{Mutant, planted};
use kernel::{Cursor, ErrorKind, Failure, FulfilmentId, Page, PageRequest, SharedClock, SharedRng, StoreId};
use tokio::sync::Notify;

use crate::follow::Follower;
use crate::plan::plan;
use crate::reconciler::{Reconciler, parcel};
use crate::state::{Step, step};
use crate::store::{self, Record, outbox};

const FOLLOW_EVERY: Duration = Duration::from_millis(500);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_secs(300);
/// Events given to the feed at once: in a rush the ledger has orders to write.
const TOLD_AT_ONCE: usize = 100;
/// A carrier that did not answer a person is asked again after this time.
const ASK_AGAIN_MS: i64 = 5_000;

/// How fulfilments leave the shop.
#[derive(Clone, Debug)]
pub struct FulfilmentSettings {
    /// Whether each request is written as a file into `fulfilment/outbox/`.
    pub csv_drop: bool,
    /// How often a carrier is asked for a parcel, in milliseconds.
    pub track_every_ms: i64,
}

/// What the service is made of.
pub struct FulfilmentParts {
    pub store: StoreId,
    /// `fulfilment.db` and the folder `fulfilment/` are in it.
    pub data_dir: PathBuf,
    pub books: Arc<dyn Books>,
    pub orders: Arc<dyn Orders>,
    /// The first is used when none is named.
    pub carriers: Vec<Arc<dyn Carrier>>,
    pub clock: SharedClock,
    pub rng: SharedRng,
    pub settings: FulfilmentSettings,
}

/// The fulfilment service. Clones share everything.
#[derive(Clone)]
pub struct Fulfilment(Arc<Inner>);

struct Inner {
    store: StoreId,
    db: Db,
    clock: SharedClock,
    first_carrier: Option<&'static str>,
    follower: Follower,
    reconciler: Reconciler,
}

impl std::fmt::Debug for Fulfilment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fulfilment").field("path", &self.0.db.path()).finish_non_exhaustive()
    }
}

impl Fulfilment {
    /// Opens `fulfilment.db`. Nothing goes on before [`Self::start`].
    ///
    /// # Errors
    /// When the database cannot be opened or its schema not brought up to date.
    pub fn open(parts: FulfilmentParts) -> Result<Self> {
        let db = store::open(&parts.data_dir)?;
        Ok(Self::over(parts, db))
    }

    /// As [`Self::open`], over a database that the caller has.
    #[must_use]
    pub fn over(parts: FulfilmentParts, db: Db) -> Self {
        let wake = Arc::new(Notify::new());
        let follower = Follower {
            store: parts.store,
            books: parts.books,
            db: db.clone(),
            clock: Arc::clone(&parts.clock),
            rng: Arc::clone(&parts.rng),
            drops: parts.settings.csv_drop,
            wake: Arc::clone(&wake),
        };
        let first_carrier = parts.carriers.first().map(|carrier| carrier.name());
        let carriers: BTreeMap<_, _> = parts.carriers.into_iter().map(|carrier| (carrier.name(), carrier)).collect();
        let reconciler = Reconciler {
            store: parts.store,
            db: db.clone(),
            orders: parts.orders,
            carriers,
            clock: Arc::clone(&parts.clock),
            rng: parts.rng,
            settings: parts.settings,
            folder: parts.data_dir.join("fulfilment").join("outbox"),
            wake,
        };
        let clock = parts.clock;
        Fulfilment(Arc::new(Inner { store: parts.store, db, clock, first_carrier, follower, reconciler }))
    }

    /// Follows the events and keeps carriers and ledger up to date in the background, until the drain.
    pub fn start(&self, spawner: &Spawner) {
        let (inner, stop) = (Arc::clone(&self.0), spawner.token());
        spawner.spawn("fulfilment-events", async move {
            loop {
                let pause = inner.follower.pause_after(FOLLOW_EVERY).await;
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
        let (inner, stop) = (Arc::clone(&self.0), spawner.token());
        spawner.spawn("fulfilment-reconciler", async move {
            inner.reconciler.run(LOOK_EVERY, SWEEP_EVERY, stop).await;
        });
    }

    /// Takes the events that are there, for whoever drives the service without a clock of its own.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn follow(&self) -> Result<usize> {
        self.0.follower.step().await
    }

    /// Looks at what is due. How many fulfilments that were.
    ///
    /// # Errors
    /// When they cannot be read or written.
    pub async fn reconcile(&self) -> Result<usize> {
        self.0.reconciler.step().await
    }

    /// Deletes the files of people who were erased. How many.
    ///
    /// # Errors
    /// When they cannot be read or deleted.
    pub async fn sweep(&self) -> Result<usize> {
        self.0.reconciler.sweep().await
    }

    /// Where requests are dropped as files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.reconciler.folder
    }

    async fn load(&self, store: StoreId, id: FulfilmentId) -> Result<Record> {
        let found = self.0.db.read(move |conn| store::get(conn, store, id)).await?;
        found.filter(|record| record.paid && !record.lines.is_empty()).ok_or_else(|| Failure::not_found("fulfilment"))
    }

    /// What a step needs before it is taken: a carrier and a number from `labelled` on.
    async fn prepare(&self, record: Record, ask: &AdvanceFulfilment) -> Result<Record> {
        let reconciler = &self.0.reconciler;
        if record.tracking.is_some() {
            if ask.tracking.is_some() && ask.tracking != record.tracking {
                let detail = "This parcel has a tracking number already. Cancel the fulfilment to send it another way.";
                return Err(Failure::conflict("already_labelled", detail));
            }
            return Ok(record);
        }
        let carrier = ask.carrier.clone().or_else(|| record.carrier.clone());
        let carrier = carrier.or_else(|| self.0.first_carrier.map(str::to_owned));
        let known = carrier.as_deref().is_some_and(|name| reconciler.carriers.contains_key(name));
        if let Some(tracking) = &ask.tracking {
            let tracking = tracking.clone();
            let set = move |record: &mut Record| {
                (record.carrier, record.tracking) = (carrier, Some(tracking));
                false
            };
            return Ok(reconciler.update(record.id, set).await?.unwrap_or(record));
        }
        if !known {
            let detail = "The shop does not know this carrier. Name one that it knows, or the tracking number as well.";
            return Err(Failure::field("/carrier", "unknown_carrier", detail));
        }
        let order = reconciler.order(&record).await?;
        parcel(&record, &order)?;
        // The intent first: if the answer is lost, the reconciler asks again for the same parcel.
        let now = self.0.clock.now();
        let intend = move |record: &mut Record| {
            record.carrier = carrier;
            record.announced_at = record.announced_at.or(Some(now));
            record.next_at = Some(now.plus_millis(ASK_AGAIN_MS));
            false
        };
        let record = reconciler.update(record.id, intend).await?.unwrap_or(record);
        reconciler.announce(&record, &order).await?;
        self.load(self.0.store, record.id).await
    }

    /// Asks the order itself before a parcel leaves: what happened to it is told here a moment later.
    ///
    /// # Errors
    /// 409 when the order does not stand any more, or is about other units.
    async fn still_wanted(&self, record: &Record) -> Result<()> {
        if planted(Mutant::HandedOverUnasked) {
            return Ok(());
        }
        let order = self.0.reconciler.order(record).await?;
        if order.status != OrderStatus::Confirmed {
            let detail = "The order was cancelled or sent another way; this fulfilment will be cancelled too.";
            return Err(Failure::conflict("order_not_standing", detail));
        }
        if !plan(&order, std::slice::from_ref(record), false).cancel.is_empty() {
            let detail = "The order changed since this was packed. What is to be sent is asked for anew in a moment.";
            return Err(Failure::conflict("order_changed", detail));
        }
        Ok(())
    }

    async fn view(&self, record: Record, order: Option<OrderView>, whole: bool) -> Result<FulfilmentView> {
        let title = |line: u32| {
            let lines = order.as_ref().map(|order| order.lines.as_slice()).unwrap_or_default();
            lines.iter().find(|known| known.line == line).map(|known| known.title.clone()).unwrap_or_default()
        };
        let lines = record.lines.iter().map(|line| FulfilmentLine {
            line: line.line,
            sku: line.sku.clone(),
            title: title(line.line),
            quantity: line.quantity,
        });
        let lines = lines.collect();
        let (store, id) = (self.0.store, record.id);
        let tracking_updates =
            if whole { self.0.db.read(move |conn| store::updates(conn, store, id)).await? } else { Vec::new() };
        let contact = order.and_then(|order| order.contact).filter(|_| whole);
        Ok(FulfilmentView {
            id: record.id,
            order_id: record.order,
            number: record.number,
            location: record.location,
            state: record.state,
            lines,
            carrier: record.carrier,
            tracking: record.tracking,
            shipment_id: record.shipment,
            reason: record.reason,
            created_at: record.created_at.into(),
            updated_at: record.updated_at.into(),
            tracking_updates,
            address: contact.map(|contact| contact.shipping_address),
        })
    }

    async fn shown(&self, record: Record, whole: bool) -> Result<FulfilmentView> {
        let order = self.0.reconciler.orders.order(self.0.store, record.order).await?;
        self.view(record, order, whole).await
    }
}

#[async_trait]
impl Fulfilments for Fulfilment {
    async fn fulfilments(
        &self,
        store: StoreId,
        filter: FulfilmentFilter,
        page: PageRequest,
    ) -> Result<Page<FulfilmentView>> {
        let after = match page.cursor.as_deref() {
            Some(text) => Some(position(text)?),
            None => None,
        };
        let limit = page.limit;
        let mut records = self.0.db.read(move |conn| store::list(conn, store, &filter, after, limit + 1)).await?;
        let more = records.len() > limit as usize;
        records.truncate(limit as usize);
        let last = records.last().filter(|_| more);
        let next_cursor = last.map(|record| Cursor::encode(&[&record.id.to_string()]).as_str().to_owned());
        let items = futures::future::try_join_all(records.into_iter().map(|record| self.shown(record, false))).await?;
        Ok(Page { items, next_cursor })
    }

    async fn fulfilment(&self, store: StoreId, id: FulfilmentId) -> Result<FulfilmentView> {
        let record = self.load(store, id).await?;
        self.shown(record, true).await
    }

    async fn advance(&self, store: StoreId, id: FulfilmentId, ask: AdvanceFulfilment) -> Result<FulfilmentView> {
        let mut record = self.load(store, id).await?;
        let wanted = ask.state;
        if step(record.state, wanted)? == Step::Go {
            if wanted >= FulfilmentState::Labelled && wanted != FulfilmentState::Cancelled {
                let (leaves, asks) = (wanted >= FulfilmentState::HandedOver, record.tracking.is_none());
                if leaves {
                    self.still_wanted(&record).await?;
                }
                record = self.prepare(record, &ask).await?;
                // The carrier took its time to answer.
                if leaves && asks {
                    self.still_wanted(&record).await?;
                }
            }
            let (now, reason) = (self.0.clock.now(), ask.reason);
            let refused = Arc::new(parking_lot::Mutex::new(None));
            let told = Arc::clone(&refused);
            let take = move |record: &mut Record| {
                // It may have gone on meanwhile; what counts is where it is now.
                match step(record.state, wanted) {
                    Ok(Step::Done) => return false,
                    Ok(Step::Go) => {}
                    Err(failure) => {
                        *told.lock() = Some(failure);
                        return false;
                    }
                }
                record.state = wanted;
                if wanted == FulfilmentState::Cancelled {
                    record.reason = reason.or_else(|| Some("Cancelled by hand.".to_owned()));
                }
                (record.next_at, record.tries) = (Some(now), 0);
                true
            };
            record = self.0.reconciler.update(id, take).await?.unwrap_or(record);
            if let Some(failure) = refused.lock().take() {
                return Err(failure);
            }
        } else if record.next_at.is_none() && !record.settled && wanted >= FulfilmentState::HandedOver {
            // Asked for again after somebody looked at what was refused.
            let now = self.0.clock.now();
            let wake = move |record: &mut Record| {
                record.next_at = Some(now);
                false
            };
            record = self.0.reconciler.update(id, wake).await?.unwrap_or(record);
        }
        self.0.reconciler.wake.notify_one();
        self.shown(record, true).await
    }

    async fn label(&self, store: StoreId, id: FulfilmentId) -> Result<LabelDocument> {
        let record = self.load(store, id).await?;
        let no_label =
            || Failure::conflict("no_label", "There is no label yet: take the fulfilment to labelled first.");
        let tracking = record.tracking.clone().ok_or_else(no_label)?;
        let carrier = self.0.reconciler.carrier_of(&record)?;
        let order = self.0.reconciler.order(&record).await?;
        carrier.label(&parcel(&record, &order)?, &tracking).await
    }
}

#[async_trait]
impl OutboxSource for Fulfilment {
    fn name(&self) -> &'static str {
        "fulfilment"
    }

    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>> {
        let (store, limit) = (self.0.store, limit.min(TOLD_AT_ONCE));
        Ok(self.0.db.read(move |conn| outbox::unpublished(conn, store, limit)).await?)
    }

    async fn mark_published(&self, store: StoreId, position: u64) -> Result<()> {
        Ok(self.0.db.write(move |conn| outbox::mark_published(conn, store, position)).await?)
    }
}

fn position(cursor: &str) -> Result<FulfilmentId> {
    let parts = Cursor::decode(cursor, 1)?;
    let wrong = || Failure::new(ErrorKind::Invalid, "invalid_cursor", "This cursor was not made by this list.");
    parts.first().and_then(|id| id.parse().ok()).ok_or_else(wrong)
}
