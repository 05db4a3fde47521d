//! What is behind the timeline of an order: movements of stock, steps of the payment, and what staff did and wrote.

use std::collections::BTreeSet;

use async_trait::async_trait;
use contracts::Result;
use contracts::event::Event;
use contracts::ledger::{History, HistoryEntry, HistoryKind};
use kernel::{Failure, OrderId, StoreId};

use super::LedgerService;
use crate::order::Order;
use crate::state::{AuditRow, Movement, MovementKind};

#[async_trait]
impl History for LedgerService {
    async fn history(&self, store: StoreId, id: OrderId) -> Result<Vec<HistoryEntry>> {
        let order = self.reader.order(store, id).await?.ok_or_else(|| Failure::not_found("order"))?;
        let events = self.reader.order_events(store, id).await?;
        // What an event tells of was written in the same commit, at the same time.
        let times: BTreeSet<_> = events.iter().map(|event| event.at.0).collect();
        let (moved, done) = self.reader.order_history(&order, &times).await?;
        let mut entries: Vec<_> = moved.iter().map(movement).collect();
        entries.extend(events.iter().filter_map(|event| payment(&order, event)));
        entries.extend(done.iter().map(action));
        entries.sort_by_key(|entry| entry.at.0);
        Ok(entries)
    }
}

fn movement(moved: &Movement) -> HistoryEntry {
    let Movement { sku, location, on_hand, held, committed, .. } = moved;
    let units = [on_hand, held, committed].into_iter().map(|units| units.abs()).max().unwrap_or(0);
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
        text: format!("{units} × {sku} {what} at {location}."),
        reason: moved.reason.clone(),
        by: None,
    }
}

/// Why money moved, as far as the order knows more than the sentence of the event.
fn payment(order: &Order, event: &Event) -> Option<HistoryEntry> {
    let provider = &order.payment.provider;
    let refund = || {
        let id = event.data.get("refund_id").and_then(|id| id.as_str())?;
        order.refunds.iter().find(|refund| refund.id.to_string() == id)
    };
    let (text, reason) = match event.kind.as_str() {
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
    Some(HistoryEntry { at: event.at, kind: HistoryKind::Payment, text, reason, by: None })
}

fn action(row: &AuditRow) -> HistoryEntry {
    let entry = &row.entry;
    let by = Some(entry.actor.clone());
    if entry.action == "order.note" {
        return HistoryEntry {
            at: row.at.into(),
            kind: HistoryKind::Note,
            text: entry.detail.clone(),
            reason: None,
            by,
        };
    }
    let text = match entry.action.as_str() {
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
    let says_why = matches!(entry.action.as_str(), "order.cancel" | "order.edit") && !entry.detail.is_empty();
    let reason = says_why.then(|| entry.detail.clone());
    HistoryEntry { at: row.at.into(), kind: HistoryKind::Staff, text: text.to_owned(), reason, by }
}
