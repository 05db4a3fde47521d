//! Reads the events of orders. What follows from a window and the cursor behind it are one commit.
//!
//! Everything that a fulfilment needs stands in the events, so a rush of orders costs no reading of orders.

use std::sync::Arc;
use std::time::Duration;

use contracts::event::Event;
use contracts::fulfilment::FulfilmentState;
use contracts::ledger::{Books, DEFAULT_LOCATION};
use infra::sqlite::{Db, DbError};
use kernel::{EventId, Failure, FulfilmentId, OrderId, Rng, SharedClock, SharedRng, ShipmentId, StoreId, Timestamp};
use rusqlite::Connection;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::store::{self, Record, StoredLine, outbox};

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
                self.change(order, number, |record| record.paid = true)
            }
            "order.placed" => {
                let lines = lines(event);
                self.change(order, number, |record| record.lines = lines)
            }
            "order.paid" => self.change(order, number, |record| record.paid = true),
            "order.cancel_requested" | "order.cancelled" => self.cancel(order, "The order was cancelled."),
            // Somebody may have sent the goods without us; the reconciler looks.
            "order.shipped" => self.look_at(order),
            "order.delivered" => self.deliver(order, text("shipment_id").and_then(|id| id.parse().ok())),
            _ => Ok(()),
        }
    }

    /// Completes what is known of a new fulfilment. It is told of once it has lines and is paid.
    fn change(&self, order: OrderId, number: &str, change: impl FnOnce(&mut Record)) -> Result<(), DbError> {
        let found = store::of_order(self.conn, self.store, order)?;
        let mut record = match found.into_iter().next() {
            Some(record) => record,
            None => self.new_record(order, number),
        };
        let ready = |record: &Record| record.paid && !record.lines.is_empty();
        if ready(&record) || record.state == FulfilmentState::Cancelled {
            return Ok(());
        }
        change(&mut record);
        record.updated_at = self.now;
        if ready(&record) {
            record.next_at = self.drops.then_some(self.now);
            self.tell(&record)?;
        }
        store::put(self.conn, self.store, &record)
    }

    fn new_record(&self, order: OrderId, number: &str) -> Record {
        Record {
            id: FulfilmentId::new(self.now, self.rng),
            order,
            number: number.to_owned(),
            location: DEFAULT_LOCATION.to_owned(),
            state: FulfilmentState::Requested,
            lines: Vec::new(),
            paid: false,
            carrier: None,
            tracking: None,
            announced_at: None,
            shipment: None,
            refusals: 0,
            settled: false,
            reason: None,
            file: None,
            dropped: false,
            next_at: None,
            tries: 0,
            created_at: self.now,
            updated_at: self.now,
        }
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

fn lines(event: &Event) -> Vec<StoredLine> {
    let lines = event.data.get("lines").cloned().unwrap_or_default();
    serde_json::from_value(lines).unwrap_or_default()
}
