//! Reads the events of orders. What follows from a window and the cursor behind it are one commit.
//!
//! Everything that a new fulfilment needs stands in the events, so a rush of orders costs no reading of orders. When goods
//! of an order come or go later, the reconciler compares it with its fulfilments.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use contracts::event::Event;
use contracts::fulfilment::FulfilmentState;
use contracts::ledger::{Books, DEFAULT_LOCATION, LineSource};
use infra::sqlite::{Db, DbError};
use kernel::mutant::{Mutant, planted};
use kernel::{EventId, Failure, FulfilmentId, OrderId, Rng, SharedClock, SharedRng, ShipmentId, StoreId, Timestamp};
use rusqlite::Connection;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::store::{self, Planned, Record, StoredLine, outbox};

/// Events read at a time, and committed together.
const WINDOW: u32 = 512;

pub(crate) struct Follower {
    pub(crate) store: StoreId,
    pub(crate) books: Arc<dyn Books>,
    pub(crate) db: Db,
    pub(crate) clock: SharedClock,
    pub(crate) rng: SharedRng,
    /// Whether requests are dropped as files, which the reconciler then writes.
    pub(crate) drops: bool,
    pub(crate) wake: Arc<Notify>,
}

impl Follower {
    /// How long to wait before the next step.
    pub(crate) async fn pause_after(&self, poll: Duration) -> Duration {
        let started = Instant::now();
        match self.step().await {
            Ok(taken) if taken == WINDOW as usize => infra::pace::pause(started.elapsed()),
            Ok(_) => poll,
            Err(failure) => {
                tracing::warn!(%failure, internal = failure.internal, "the events could not be read; fulfilment tries again");
                poll
            }
        }
    }

    /// Takes one window. How many events there were.
    ///
    /// # Errors
    /// When the feed cannot be read or the commit failed; nothing was taken then.
    pub(crate) async fn step(&self) -> Result<usize, Failure> {
        let store = self.store;
        let cursor = self.db.read_now(|conn| store::cursor(conn, store))?;
        let events = self.books.events(store, cursor, WINDOW).await?;
        let Some(last) = events.last().map(|event| event.position) else { return Ok(0) };
        let count = events.len();
        let (now, rng, drops) = (self.clock.now(), Arc::clone(&self.rng), self.drops);
        let taking = self.db.write(move |conn| {
            let taker = Taker { conn, store, now, rng: rng.as_ref(), drops };
            for event in events.iter().filter(|event| event.kind.starts_with("order.")) {
                taker.take(event)?;
            }
            store::set_cursor(conn, store, last)
        });
        taking.await?;
        self.wake.notify_one();
        Ok(count)
    }
}

/// Takes events within one transaction.
struct Taker<'a> {
    conn: &'a Connection,
    store: StoreId,
    now: Timestamp,
    rng: &'a dyn Rng,
    drops: bool,
}

impl Taker<'_> {
    fn take(&self, event: &Event) -> Result<(), DbError> {
        let text = |key: &str| event.data.get(key).and_then(Value::as_str);
        let Some(order) = text("order_id").and_then(|id| id.parse::<OrderId>().ok()) else { return Ok(()) };
        let number = text("number").unwrap_or_default();
        match event.kind.as_str() {
            // Nothing is to be paid: it is paid as soon as it is placed.
            "order.created" if event.data.get("amount_minor").and_then(Value::as_i64) == Some(0) => {
                self.pay(order, number)
            }
            "order.placed" => self.place(order, number, by_location(event)),
            "order.paid" => self.pay(order, number),
            "order.cancel_requested" | "order.cancelled" if planted(Mutant::CancelledStillPacked) => Ok(()),
            "order.cancel_requested" | "order.cancelled" => self.cancel(order, "The order was cancelled."),
            // Units came, went, or go elsewhere: what is asked for may no longer be what there is.
            "order.backorder_filled" | "order.edited" | "order.refund_requested" => self.plan(order, event),
            "order.shipped" => {
                // Somebody may have sent the goods without us; the reconciler looks.
                self.look_at(order)?;
                let ours = store::of_order(self.conn, self.store, order)?;
                let known = ours.iter().any(|r| r.tracking.is_some() && r.tracking.as_deref() == text("tracking"));
                if known { Ok(()) } else { self.plan(order, event) }
            }
            "order.delivered" => self.deliver(order, text("shipment_id").and_then(|id| id.parse().ok())),
            _ => Ok(()),
        }
    }

    /// The order is paid: what is to be sent of it can be told. Before it is placed that is not known yet.
    fn pay(&self, order: OrderId, number: &str) -> Result<(), DbError> {
        let found = store::of_order(self.conn, self.store, order)?;
        if found.is_empty() {
            let record = Record { paid: true, ..self.new_record(order, number, DEFAULT_LOCATION) };
            return store::put(self.conn, self.store, &record);
        }
        for mut record in found.into_iter().filter(|r| !r.paid && r.state != FulfilmentState::Cancelled) {
            record.paid = true;
            self.put_asked(record)?;
        }
        Ok(())
    }

    /// The order stands, with goods at `places`. Without any it waits for all of them, which a record without lines says.
    fn place(&self, order: OrderId, number: &str, places: Vec<(String, Vec<StoredLine>)>) -> Result<(), DbError> {
        let found = store::of_order(self.conn, self.store, order)?;
        let seen = |r: &Record| !r.lines.is_empty() || r.state == FulfilmentState::Cancelled;
        if found.iter().any(seen) {
            return Ok(());
        }
        let mut known = found.into_iter().next();
        let paid = known.as_ref().is_some_and(|r| r.paid);
        if places.is_empty() && known.is_none() {
            return store::put(self.conn, self.store, &self.new_record(order, number, DEFAULT_LOCATION));
        }
        for (location, lines) in places {
            let record = known.take().unwrap_or_else(|| self.new_record(order, number, &location));
            self.put_asked(Record { location, lines, paid, ..record })?;
        }
        Ok(())
    }

    /// Writes a fulfilment that is told of as soon as it has lines and is paid.
    fn put_asked(&self, mut record: Record) -> Result<(), DbError> {
        record.updated_at = self.now;
        if record.paid && !record.lines.is_empty() {
            record.next_at = self.drops.then_some(self.now);
            self.tell(&record)?;
        }
        store::put(self.conn, self.store, &record)
    }

    fn plan(&self, order: OrderId, event: &Event) -> Result<(), DbError> {
        let number = event.data.get("number").and_then(Value::as_str).unwrap_or_default().to_owned();
        let readdressed = event.data.get("address_changed").and_then(Value::as_bool).unwrap_or(false);
        let planned = Planned { order, number, position: event.position, readdressed, tries: 0 };
        store::ask_for_plan(self.conn, self.store, &planned, self.now)
    }

    fn new_record(&self, order: OrderId, number: &str, location: &str) -> Record {
        Record::requested(FulfilmentId::new(self.now, self.rng), order, number, location, self.now)
    }

    fn tell(&self, record: &Record) -> Result<(), DbError> {
        outbox::append(self.conn, self.store, EventId::new(self.now, self.rng), record, self.now)
    }

    fn cancel(&self, order: OrderId, reason: &str) -> Result<(), DbError> {
        for mut record in store::of_order(self.conn, self.store, order)? {
            if record.state >= FulfilmentState::HandedOver {
                continue;
            }
            record.state = FulfilmentState::Cancelled;
            record.reason = Some(reason.to_owned());
            record.updated_at = self.now;
            record.next_at = Some(self.now);
            record.tries = 0;
            if record.paid && !record.lines.is_empty() {
                self.tell(&record)?;
            }
            store::put(self.conn, self.store, &record)?;
        }
        Ok(())
    }

    fn look_at(&self, order: OrderId) -> Result<(), DbError> {
        for mut record in store::of_order(self.conn, self.store, order)? {
            if record.state < FulfilmentState::HandedOver {
                record.next_at = Some(self.now);
                store::put(self.conn, self.store, &record)?;
            }
        }
        Ok(())
    }

    /// The order says that a parcel arrived: staff saw it before the carrier told us.
    fn deliver(&self, order: OrderId, shipment: Option<ShipmentId>) -> Result<(), DbError> {
        for mut record in store::of_order(self.conn, self.store, order)? {
            if shipment.is_none() || record.shipment != shipment || record.settled {
                continue;
            }
            if record.state != FulfilmentState::Delivered {
                record.state = FulfilmentState::Delivered;
                self.tell(&record)?;
            }
            record.settled = true;
            record.next_at = None;
            record.updated_at = self.now;
            store::put(self.conn, self.store, &record)?;
        }
        Ok(())
    }
}

/// What a placed order has, by location. An event that names none is of an order that is whole at the shop's one location.
fn by_location(event: &Event) -> Vec<(String, Vec<StoredLine>)> {
    let lines: Vec<StoredLine> =
        event.data.get("lines").and_then(|lines| serde_json::from_value(lines.clone()).ok()).unwrap_or_default();
    let sources = event.data.get("sources").and_then(|sources| serde_json::from_value(sources.clone()).ok());
    let Some(sources): Option<Vec<LineSource>> = sources else {
        return if lines.is_empty() { Vec::new() } else { vec![(DEFAULT_LOCATION.to_owned(), lines)] };
    };
    let mut places: BTreeMap<String, Vec<StoredLine>> = BTreeMap::new();
    for source in sources {
        let Some(known) = lines.iter().find(|line| line.line == source.line) else { continue };
        let line = StoredLine { line: source.line, sku: known.sku.clone(), quantity: source.quantity };
        places.entry(source.location).or_default().push(line);
    }
    places.into_iter().collect()
}
