//! An order's story: its events, and what is behind them: movements of stock, steps of the payment, and what staff did
//! and wrote. The API, the page of an order and `argosy order explain` all tell this one.

use std::collections::BTreeSet;

use contracts::Result;
use contracts::event::Event;
use contracts::ledger::{HistoryEntry, HistoryKind, StockMoved};
use serde_json::Value;

use crate::engine::Reader;
use crate::order::view::sentence;
use crate::order::{Attempt, Order};
use crate::state::{AuditRow, Movement, MovementKind, NewAuditOwned};

/// All of it in order of time; of one time, events first.
///
/// # Errors
/// When it cannot be read.
pub async fn of(reader: &dyn Reader, order: &Order) -> Result<Vec<HistoryEntry>> {
    let events = reader.order_events(order.head.store, order.head.id).await?;
    // What an event tells of was written in the same commit, at the same time.
    let times: BTreeSet<_> = events.iter().map(|event| event.at.0).collect();
    let (moved, done) = reader.order_history(order, &times).await?;
    let mut entries: Vec<_> = events.iter().map(event).collect();
    entries.extend(moved.iter().map(movement));
    entries.extend(events.iter().filter_map(|event| payment(order, event)));
    entries.extend(done.iter().map(action));
    entries.sort_by_key(|entry| entry.at.0);
    Ok(entries)
}

fn event(event: &Event) -> HistoryEntry {
    HistoryEntry {
        at: event.at,
        kind: HistoryKind::Event,
        name: event.kind.clone(),
        text: sentence(event),
        reason: None,
        by: None,
        moved: None,
        data: event.data.clone(),
        request_id: event.request_id.clone(),
    }
}

fn movement(moved: &Movement) -> HistoryEntry {
    let Movement { sku, location, on_hand, held, committed, .. } = moved.clone();
    let units = [on_hand, held, committed].into_iter().map(i64::abs).max().unwrap_or(0);
    let what = match moved.kind {
        MovementKind::Hold => "set aside",
        MovementKind::Release => "no longer set aside",
        MovementKind::Commit => "owed to the order",
        MovementKind::Uncommit => "no longer owed",
        MovementKind::Ship => "taken out for the parcel",
        MovementKind::Restock => "put back into stock",
        MovementKind::Count | MovementKind::Adjust => "corrected",
        MovementKind::TransferOut => "sent elsewhere",
        MovementKind::TransferIn => "received",
    };
    HistoryEntry {
        at: moved.at.into(),
        kind: HistoryKind::Stock,
        name: moved.kind.name().to_owned(),
        text: format!("{units} × {sku} {what} at {location}."),
        reason: moved.reason.clone(),
        by: None,
        moved: Some(StockMoved { sku, location, on_hand, held, committed }),
        data: Value::Null,
        request_id: None,
    }
}

/// Why money moved, as far as the order knows more than the sentence of the event.
fn payment(order: &Order, event: &Event) -> Option<HistoryEntry> {
    let provider = &order.payment.provider;
    let refund = || {
        let id = event.data.get("refund_id").and_then(|id| id.as_str())?;
        order.refunds.iter().find(|refund| refund.id.to_string() == id)
    };
    let by_cards: i64 = order.frozen.gift_cards.iter().map(|(_, paid)| paid).sum();
    let (text, reason) = match event.kind.as_str() {
        "order.created" if by_cards > 0 => (format!("Gift cards paid {}.", order.money(by_cards)), None),
        "order.cancel_requested" if by_cards > 0 => {
            ("What gift cards paid went back to them.".to_owned(), order.head.cancel_reason.clone())
        }
        "order.cancelled" if order.payment.state == Attempt::Voided => {
            let amount = order.money(order.payment.amount_minor);
            (format!("{provider} lets go of {amount}; nothing was collected."), order.head.cancel_reason.clone())
        }
        "order.placed" if order.payment.amount_minor > 0 => {
            let amount = order.money(order.payment.amount_minor);
            (format!("{provider} keeps {amount} ready until it is collected."), None)
        }
        "order.paid" => (format!("{provider} collected it, because the order is confirmed."), None),
        "order.refund_requested" | "order.refunded" | "order.refund_failed" => {
            let refund = refund()?;
            let reason = Some(refund.reason.clone()).filter(|reason| !reason.is_empty());
            (format!("A refund of {}.", order.money(refund.amount_minor)), reason)
        }
        _ => return None,
    };
    Some(HistoryEntry {
        at: event.at,
        kind: HistoryKind::Payment,
        name: event.kind.clone(),
        text,
        reason,
        by: None,
        moved: None,
        data: Value::Null,
        request_id: None,
    })
}

fn action(row: &AuditRow) -> HistoryEntry {
    let NewAuditOwned { actor, action, detail, .. } = &row.entry;
    let is_note = action == "order.note";
    let text = match action.as_str() {
        "order.note" => detail.as_str(),
        "order.cancel" => "Cancelled.",
        "order.ship" => "Shipped.",
        "order.deliver" => "Marked as delivered.",
        "order.refund" => "Refunded.",
        "order.return_request" => "Return recorded.",
        "order.return_receive" => "Return received.",
        "order.edit" => "Edited.",
        other => other,
    };
    // Only these say why in their detail; the others name what was made.
    let says_why = matches!(action.as_str(), "order.cancel" | "order.edit") && !detail.is_empty();
    let names = !is_note && !says_why && !detail.is_empty();
    let named = || serde_json::from_str(detail).unwrap_or_else(|_| Value::String(detail.clone()));
    HistoryEntry {
        at: row.at.into(),
        kind: if is_note { HistoryKind::Note } else { HistoryKind::Staff },
        name: action.clone(),
        text: text.to_owned(),
        reason: says_why.then(|| detail.clone()),
        by: Some(actor.clone()),
        moved: None,
        data: if names { named() } else { Value::Null },
        request_id: None,
    }
}
