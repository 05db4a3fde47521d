//! Reads the events and queues what follows from them. What follows from a window and the cursor behind it are one
//! commit: an event is never taken half, and never twice.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use contracts::event::Event;
use contracts::ledger::Books;
use contracts::notification::MailTemplate;
use infra::sqlite::{Db, DbError};
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, MailId, OrderId, SharedClock, SharedRng, StoreId, Timestamp};
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::mail::MAILED_LATE_MS;
use crate::mail::sender::Swept;
use crate::store::endpoint::EndpointRow;
use crate::store::mail::{Facts, LowStock, NewRow, dedupe, insert};
use crate::store::{self, delivery, endpoint, mail};

/// Events read at a time, and committed together.
const WINDOW: u32 = 512;

pub(crate) struct Follower {
    pub(crate) store: StoreId,
    pub(crate) books: Arc<dyn Books>,
    pub(crate) db: Db,
    pub(crate) clock: SharedClock,
    pub(crate) rng: SharedRng,
    /// Whether staff has an address for mails.
    pub(crate) staff: bool,
    pub(crate) mail_wake: Arc<Notify>,
    pub(crate) webhook_wake: Arc<Notify>,
    /// Told when somebody was erased.
    pub(crate) swept: Arc<Swept>,
}

impl Follower {
    /// How long to wait before the next step.
    pub(crate) async fn pause_after(&self, poll: Duration) -> Duration {
        let started = Instant::now();
        match self.step().await {
            Ok(taken) if taken == WINDOW as usize => infra::pace::pause(started.elapsed()),
            Ok(_) => poll,
            Err(failure) => {
                tracing::warn!(%failure, internal = failure.internal, "the events could not be read; notification tries again");
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
        let erased = events.iter().any(|event| event.kind == "person.erased");
        let (now, staff, rng) = (self.clock.now(), self.staff, Arc::clone(&self.rng));
        let (mails, deliveries) = self
            .db
            .write(move |conn| {
                let mut queued = (0, 0);
                let endpoints = endpoint::live(conn, store)?;
                for event in &events {
                    if let Some(row) = plan(conn, event, now, staff, rng.as_ref())? {
                        queued.0 += usize::from(insert(conn, store, &row)?);
                    }
                    queued.1 += spread(conn, event, &endpoints, now)?;
                }
                store::set_cursor(conn, store, last)?;
                Ok::<_, DbError>(queued)
            })
            .await?;
        if erased {
            self.swept.erased.store(true, Ordering::Relaxed);
        }
        if mails > 0 || erased {
            self.mail_wake.notify_one();
        }
        if deliveries > 0 {
            self.webhook_wake.notify_one();
        }
        Ok(count)
    }
}

/// The mail that follows from `event`.
fn plan(
    conn: &Connection,
    event: &Event,
    now: Timestamp,
    staff: bool,
    rng: &dyn kernel::Rng,
) -> Result<Option<NewRow>, DbError> {
    let expires_at = event.at.0.plus_millis(MAILED_LATE_MS);
    // A shop that begins to send mails does not write about orders of last year.
    if expires_at <= now {
        return Ok(None);
    }
    let order = event.data.get("order_id").and_then(Value::as_str).and_then(|id| id.parse::<OrderId>().ok());
    let Some((template, facts)) = told(conn, event, order)? else { return Ok(None) };
    if order.is_none() && !staff {
        return Ok(None);
    }
    Ok(Some(NewRow {
        id: MailId::new(now, rng),
        dedupe: dedupe(&["event", template.name(), &event.id.to_string()]),
        template,
        order,
        facts,
        sealed: None,
        at: now,
        expires_at,
    }))
}

fn told(conn: &Connection, event: &Event, order: Option<OrderId>) -> Result<Option<(MailTemplate, Facts)>, DbError> {
    let id = |key: &str| event.data.get(key).and_then(Value::as_str).and_then(|id| uuid::Uuid::parse_str(id).ok());
    let number = |key: &str| event.data.get(key).and_then(Value::as_i64);
    let text = |key: &str| event.data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if event.kind == "stock.low" {
        let stock = LowStock {
            sku: text("sku"),
            location: text("location"),
            available: number("available").unwrap_or_default(),
            threshold: number("threshold").unwrap_or_default(),
        };
        return Ok(Some((MailTemplate::LowStock, Facts { stock: Some(stock), ..Facts::default() })));
    }
    let Some(order) = order else { return Ok(None) };
    let confirmed = || mail::exists(conn, event.store, order, MailTemplate::OrderConfirmation);
    let shipment = || Facts { shipment: id("shipment_id").map(kernel::ShipmentId::from_uuid), ..Facts::default() };
    Ok(match event.kind.as_str() {
        "order.placed" => Some((MailTemplate::OrderConfirmation, Facts::default())),
        "order.shipped" => Some((MailTemplate::OrderShipped, shipment())),
        "order.delivered" => Some((MailTemplate::OrderDelivered, shipment())),
        "order.refunded" => {
            let refund = id("refund_id").map(kernel::RefundId::from_uuid);
            let amount_minor = number("amount_minor");
            Some((MailTemplate::OrderRefunded, Facts { refund, amount_minor, ..Facts::default() }))
        }
        "order.return_received" => {
            let returned = id("return_id").map(kernel::ReturnId::from_uuid);
            Some((MailTemplate::ReturnReceived, Facts { returned, ..Facts::default() }))
        }
        // Whoever gave up before the payment was decided was never promised anything.
        "order.cancelled" if confirmed()? => Some((MailTemplate::OrderCancelled, Facts::default())),
        "order.cancel_requested" if text("reason") == "out_of_stock" && !confirmed()? => {
            Some((MailTemplate::OrderCancelled, Facts { out_of_stock: Some(true), ..Facts::default() }))
        }
        _ => None,
    })
}

/// Queues `event` for every endpoint that wants it. How many do.
fn spread(conn: &Connection, event: &Event, endpoints: &[EndpointRow], now: Timestamp) -> Result<usize, DbError> {
    let begun = |endpoint: &EndpointRow| match planted(Mutant::EndpointBeginsByClock) {
        true => endpoint.created_at <= event.at.0,
        false => endpoint.begins_after < event.position,
    };
    let wanting: Vec<_> = endpoints.iter().filter(|endpoint| begun(endpoint) && endpoint.wants(&event.kind)).collect();
    if wanting.is_empty() {
        return Ok(0);
    }
    delivery::put_message(conn, event.store, event.id, &event.kind, &body(event), event.at.0)?;
    for endpoint in &wanting {
        delivery::insert(conn, event.store, endpoint.id, event.id, now)?;
    }
    Ok(wanting.len())
}

/// What the endpoint reads: the members that Standard Webhooks names, and where the event stands among its kin.
fn body(event: &Event) -> String {
    json!({
        "type": event.kind,
        "timestamp": event.at,
        "data": event.data,
        "version": event.version,
        "aggregate": event.aggregate,
        "aggregate_seq": event.aggregate_seq,
        "position": event.position,
    })
    .to_string()
}
