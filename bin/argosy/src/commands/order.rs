//! `argosy order explain`: the whole story of an order, from every part that had to do with it, in order of time.
//!
//! Read from the files of the shop, which may run meanwhile: the ledger's story of it ([`ledger::story`]), the provider's
//! journal, mails, webhooks and parcels. Ids only; whom it is for is told by the order itself.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use contracts::catalog::TimestampSchema;
use contracts::ledger::{HistoryEntry, HistoryKind, OrderFilter};
use contracts::saga::Next;
use kernel::{PageRequest, StoreId, Timestamp};
use ledger::engine::Reader as _;
use ledger::engine::sqlite::SqliteReader;
use ledger::order::Order;
use rusqlite::{Connection, OpenFlags, Row, params};
use serde::Serialize;
use serde_json::{Value, json};

use super::say;
use crate::cli::{OrderCommand, OrderExplain};
use crate::config::keys::Settings;

const STORE: StoreId = StoreId::DEFAULT;

pub(crate) async fn run(command: &OrderCommand, settings: &Settings) -> Result<ExitCode> {
    let OrderCommand::Explain(OrderExplain { number, json }) = command;
    if !settings.data.join("ledger.db").is_file() {
        bail!("there is no shop in {}; name its directory with --data", settings.data.display());
    }
    let story = explain(&settings.data, number).await?;
    if *json {
        say(&format!("{}\n", serde_json::to_string_pretty(&story)?))?;
    } else {
        say(&told(&story))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What happened to an order, and what is next.
#[derive(Debug, Serialize)]
struct Story {
    id: String,
    number: String,
    phase: Value,
    payment: Value,
    /// What the saga does next.
    next: String,
    due_at: Option<TimestampSchema>,
    total: String,
    cancel_reason: Option<String>,
    entries: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    at: TimestampSchema,
    /// Who tells it: `event`, `audit`, `stock`, `payment`, `provider`, `webhook in`, `webhook out`, `mail`, `parcel`.
    source: &'static str,
    what: String,
    #[serde(skip_serializing_if = "Value::is_null")]
    detail: Value,
}

fn entry(at: i64, source: &'static str, what: impl Into<String>, detail: Value) -> Entry {
    Entry { at: Timestamp::from_millis(at).into(), source, what: what.into(), detail }
}

async fn explain(data: &Path, number: &str) -> Result<Story> {
    let reader = SqliteReader::open(&data.join("ledger.db"), 1).context("ledger.db cannot be opened")?;
    let filter = OrderFilter { number: Some(number.trim_start_matches('#').to_owned()), ..OrderFilter::default() };
    let page = PageRequest { limit: 1, cursor: None };
    let found = reader.orders(STORE, &filter, &page).await.map_err(crate::shop::told)?;
    let Some(order) = found.items.first() else { bail!("there is no order {number}") };
    let events = reader.order_events(STORE, order.head.id).await.map_err(crate::shop::told)?;
    let story = ledger::story::of(&reader, order).await.map_err(crate::shop::told)?;
    let mut entries = told_by_ledger(&story);
    let ledger = open(&data.join("ledger.db"))?;
    entries.extend(webhooks_in(&ledger, order).context("webhooks of the provider")?);
    entries.extend(provider_calls(&data.join("test-provider.journal"), order)?);
    if data.join("notification.db").is_file() {
        let notification = open(&data.join("notification.db"))?;
        entries.extend(mails(&notification, order).context("mails")?);
        for event in &events {
            entries.extend(webhooks_out(&notification, event).context("outgoing webhooks")?);
        }
    }
    if data.join("fulfilment.db").is_file() {
        entries.extend(parcels(&open(&data.join("fulfilment.db"))?, order).context("parcels")?);
    }
    // What was written in one commit keeps the order in which it was told.
    entries.sort_by_key(|entry| entry.at);
    Ok(Story {
        id: order.head.id.to_string(),
        number: number.trim_start_matches('#').to_owned(),
        phase: json!(format!("{:?}", order.head.phase).to_lowercase()),
        payment: payment(order),
        next: next(order),
        due_at: order.head.due_at.map(Into::into),
        total: order.frozen.totals.total.to_string(),
        cancel_reason: order.head.cancel_reason.clone(),
        entries,
    })
}

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn =
        Connection::open_with_flags(path, flags).with_context(|| format!("{} cannot be opened", path.display()))?;
    conn.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(conn)
}

fn payment(order: &Order) -> Value {
    let payment = &order.payment;
    json!({
        "provider": payment.provider,
        "attempt": payment.attempt,
        "key": payment.key(order.head.id),
        "state": payment.state,
        "reference": payment.reference,
        "decline_code": payment.decline_code,
        "amount": order.money(payment.amount_minor).to_string(),
        "captured": order.money(payment.captured_minor).to_string(),
        "refunded": order.money(payment.refunded_minor).to_string(),
        "unanswered_calls": payment.tries,
    })
}

fn next(order: &Order) -> String {
    match order.next() {
        Next::Authorise { key, .. } => format!("ask the provider to authorise {key}"),
        Next::Find { key, .. } => format!("ask the provider what became of {key}"),
        Next::Capture { key, amount, .. } => format!("capture {amount} under {key}"),
        Next::Void { key, .. } => format!("void under {key}"),
        Next::Refund { key, amount, .. } => format!("refund {amount} under {key}"),
        Next::Wait { until } => format!("wait until {until}"),
        Next::Done => "nothing, unless somebody asks for something".to_owned(),
    }
}

/// The entries of a statement whose parameters are `given`.
fn told_by(
    conn: &Connection,
    sql: &str,
    given: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<Entry>,
) -> rusqlite::Result<Vec<Entry>> {
    conn.prepare(sql)?.query_map(given, read)?.collect()
}

/// What the ledger tells, as the API and the page of the order do.
fn told_by_ledger(story: &[HistoryEntry]) -> Vec<Entry> {
    let entry = |one: &HistoryEntry| {
        let (source, what) = match one.kind {
            HistoryKind::Event => ("event", one.name.clone()),
            HistoryKind::Stock => ("stock", moved(one)),
            HistoryKind::Payment => ("payment", one.text.clone()),
            HistoryKind::Staff | HistoryKind::Note => {
                ("audit", format!("{} by {}", one.name, one.by.as_deref().unwrap_or("nobody")))
            }
        };
        Entry { at: one.at, source, what, detail: behind(one) }
    };
    story.iter().map(entry).collect()
}

/// `hold MUG at cellar`.
fn moved(entry: &HistoryEntry) -> String {
    let place = entry.moved.as_ref().map(|moved| format!(" {} at {}", moved.sku, moved.location));
    format!("{}{}", entry.name, place.unwrap_or_default())
}

/// Units that moved, an event's data, a note's text, and why.
fn behind(entry: &HistoryEntry) -> Value {
    let mut detail = match &entry.moved {
        Some(moved) => json!({ "on_hand": moved.on_hand, "held": moved.held, "committed": moved.committed }),
        None if entry.kind == HistoryKind::Note => return json!(entry.text),
        None if entry.data.is_null() => json!({}),
        None => entry.data.clone(),
    };
    let Some(members) = detail.as_object_mut() else { return detail };
    if entry.moved.is_some() {
        members.retain(|_, units| *units != 0);
    }
    if let Some(request) = &entry.request_id {
        members.insert("request_id".to_owned(), json!(request));
    }
    if let Some(reason) = &entry.reason {
        members.insert("reason".to_owned(), json!(reason));
    }
    if members.is_empty() { Value::Null } else { detail }
}

fn webhooks_in(ledger: &Connection, order: &Order) -> rusqlite::Result<Vec<Entry>> {
    let sql = "select at, provider, id from webhooks where store = ?1 and order_id = ?2 order by at";
    told_by(ledger, sql, params![&STORE.as_bytes()[..], &order.head.id.as_bytes()[..]], |row| {
        let (provider, id): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(entry(row.get(0)?, "webhook in", format!("from {provider}"), json!({ "id": id })))
    })
}

/// Calls that reached the test provider, from its journal. A real provider's are in its own dashboard, by these keys.
fn provider_calls(journal: &Path, order: &Order) -> Result<Vec<Entry>> {
    let Ok(text) = std::fs::read_to_string(journal) else { return Ok(Vec::new()) };
    let id = order.head.id.to_string();
    let mut entries = Vec::new();
    for line in text.lines().filter(|line| line.contains(&id) || of_reference(line, order)) {
        let Ok(Value::Object(call)) = serde_json::from_str::<Value>(line) else { continue };
        for (name, mut detail) in call {
            let at = ["at_ms", "created_at_ms"].into_iter().find_map(|member| detail[member].as_i64());
            let at = at.unwrap_or_else(|| order.head.placed_at.millis());
            if let Some(members) = detail.as_object_mut() {
                for untold in ["at_ms", "token", "return_url", "order"] {
                    members.remove(untold);
                }
            }
            entries.push(entry(at, "provider", name, detail));
        }
    }
    Ok(entries)
}

fn of_reference(line: &str, order: &Order) -> bool {
    order.payment.reference.as_ref().is_some_and(|reference| line.contains(&format!("\"{reference}\"")))
}

fn mails(notification: &Connection, order: &Order) -> rusqlite::Result<Vec<Entry>> {
    let sql = "select created_at, template, status, tries, sent_at, last_error from mails
                where store = ?1 and order_id = ?2 order by created_at";
    told_by(notification, sql, params![&STORE.as_bytes()[..], &order.head.id.as_bytes()[..]], |row| {
        let (template, status): (String, String) = (row.get(1)?, row.get(2)?);
        let sent: Option<i64> = row.get(4)?;
        let detail = json!({
            "tries": row.get::<_, i64>(3)?,
            "sent_at": sent.map(Timestamp::from_millis),
            "last_error": row.get::<_, Option<String>>(5)?,
        });
        Ok(entry(row.get(0)?, "mail", format!("{template} is {status}"), without_nulls(detail)))
    })
}

fn webhooks_out(notification: &Connection, event: &contracts::event::Event) -> rusqlite::Result<Vec<Entry>> {
    let sql = "select d.created_at, e.url, d.status, d.tries, d.last_status, d.last_error
                 from deliveries d join endpoints e on e.store = d.store and e.id = d.endpoint
                where d.store = ?1 and d.event = ?2 order by d.created_at";
    told_by(notification, sql, params![&STORE.as_bytes()[..], &event.id.as_bytes()[..]], |row| {
        let (url, status): (String, String) = (row.get(1)?, row.get(2)?);
        let detail = json!({
            "url": url,
            "webhook_id": event.id,
            "tries": row.get::<_, i64>(3)?,
            "answer": row.get::<_, Option<i64>>(4)?,
            "last_error": row.get::<_, Option<String>>(5)?,
        });
        Ok(entry(row.get(0)?, "webhook out", format!("{} is {status}", event.kind), without_nulls(detail)))
    })
}

fn parcels(fulfilment: &Connection, order: &Order) -> rusqlite::Result<Vec<Entry>> {
    let (store, id) = (&STORE.as_bytes()[..], &order.head.id.as_bytes()[..]);
    let sql = "select created_at, number, location, state, carrier, tracking, reason from fulfilments
                where store = ?1 and order_id = ?2 order by created_at";
    let mut entries = told_by(fulfilment, sql, params![store, id], |row| {
        let (number, location, state): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let detail = json!({
            "carrier": row.get::<_, Option<String>>(4)?,
            "tracking": row.get::<_, Option<String>>(5)?,
            "reason": row.get::<_, Option<String>>(6)?,
        });
        let what = format!("request {number} to {location} is {state}");
        Ok(entry(row.get(0)?, "parcel", what, without_nulls(detail)))
    })?;
    let sql =
        "select t.at, t.status, t.place from tracking t join fulfilments f on f.store = t.store and f.id = t.fulfilment
                where f.store = ?1 and f.order_id = ?2 order by t.at";
    entries.extend(told_by(fulfilment, sql, params![store, id], |row| {
        let (status, place): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(entry(row.get(0)?, "parcel", status, json!({ "place": place })))
    })?);
    Ok(entries)
}

fn without_nulls(mut detail: Value) -> Value {
    if let Some(members) = detail.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    detail
}

fn told(story: &Story) -> String {
    let Story { number, id, total, phase, payment, next, due_at, cancel_reason, entries } = story;
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut text = format!("Order {number} ({id}): {}, {total}\n", plain(phase));
    let _ = writeln!(
        text,
        "Payment: {} at {}, attempt {} under key {}; captured {}, refunded {}",
        plain(&payment["state"]),
        plain(&payment["provider"]),
        payment["attempt"],
        plain(&payment["key"]),
        plain(&payment["captured"]),
        plain(&payment["refunded"]),
    );
    if let Some(reason) = cancel_reason {
        let _ = writeln!(text, "Cancelled: {}", printable(reason));
    }
    let _ = writeln!(text, "Next: {next}{}\n", due_at.map(|at| format!(", due {}", at.0)).unwrap_or_default());
    for Entry { at, source, what, detail } in entries {
        let _ = writeln!(text, "{}  {source:<11}  {}", at.0, printable(what));
        if let Some(members) = detail.as_object().filter(|members| !members.is_empty()) {
            let members = members.iter().map(|(name, value)| format!("{name}={}", plain(value)));
            let _ = writeln!(text, "{:39}{}", "", printable(&members.collect::<Vec<_>>().join(", ")));
        } else if let Some(detail) = detail.as_str().filter(|detail| !detail.is_empty()) {
            let _ = writeln!(text, "{:39}{}", "", printable(detail));
        }
    }
    text
}

/// What people typed must not move the cursor of a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
