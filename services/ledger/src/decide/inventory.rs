//! Locations, stock-takes, transfers between locations, and when stock is low.

use contracts::ledger::{
    CountLine, CountReport, CountRequest, CountedSku, Location, ReceiveTransfer, SetThreshold, StockQuantity,
    StockSettings, StoredResponse, TransferLine, TransferRequest, TransferStatus,
};
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, Sku, TransferId};
use serde_json::json;

use super::Reply;
use super::stock::{MAX_UNITS, check_location, check_location_at};
use super::tx::{Delta, Tx};
use crate::order::view::json_bytes;
use crate::state::{MovementKind, Transfer};

/// The most SKUs in one stock-take, and in one transfer.
const MAX_COUNTED: usize = 1000;
const MAX_TRANSFERRED: usize = 500;
/// The most locations of a store.
const MAX_LOCATIONS: usize = 1000;

pub(super) fn put_location(tx: &mut Tx<'_>, location: &Location) -> Result<Reply, Failure> {
    check_location(&location.location)?;
    if location.title.chars().count() > 100 || location.title.chars().any(char::is_control) {
        return Err(Failure::field("/title", "too_long", "At most 100 printable characters."));
    }
    if !(0..=1000).contains(&location.priority) {
        return Err(Failure::field("/priority", "out_of_range", "A priority is 0 to 1000; the lowest comes first."));
    }
    let known = &tx.shelves().locations;
    if !known.contains_key(&location.location) && known.len() >= MAX_LOCATIONS {
        return Err(Failure::conflict("too_many_locations", format!("A store has at most {MAX_LOCATIONS} locations.")));
    }
    let store = tx.store();
    tx.effects.locations.push((store, location.clone()));
    let detail = format!("priority {}, active {}, pickup {}", location.priority, location.active, location.pickup);
    tx.audit("location.put", location.location.clone(), detail);
    Ok(Reply::Location(location.clone()))
}

/// Tells again what can be bought of `skus`, after the location that they are at was opened or closed.
pub(super) fn tell(tx: &mut Tx<'_>, location: &str, skus: &[Sku]) -> Reply {
    for sku in skus {
        let mut level = tx.level(sku, location);
        if level.seq == 0 {
            continue;
        }
        level.event_seq += 1;
        let seq = level.event_seq;
        let available = level.available() > 0;
        tx.put_level(level);
        let data = json!({
            "sku": sku, "location": location, "available": available, "sku_available": tx.can_be_bought(sku).0,
        });
        tx.event(format!("stock:{sku}@{location}"), seq, "stock.availability_changed", data);
    }
    Reply::Fresh(true)
}

fn check_threshold(pointer: &str, threshold: Option<i64>) -> Result<(), Failure> {
    if threshold.is_some_and(|t| !(0..=MAX_UNITS).contains(&t)) {
        return Err(Failure::field(pointer, "out_of_range", format!("A threshold is 0 to {MAX_UNITS} units.")));
    }
    Ok(())
}

pub(super) fn put_settings(tx: &mut Tx<'_>, settings: StockSettings) -> Result<Reply, Failure> {
    check_threshold("/low_stock_threshold", settings.low_stock_threshold)?;
    let store = tx.store();
    tx.effects.low_at.push((store, settings.low_stock_threshold));
    tx.audit("stock.settings", "low_stock_threshold".to_owned(), format!("{:?}", settings.low_stock_threshold));
    Ok(Reply::Settings(settings))
}

pub(super) fn set_threshold(tx: &mut Tx<'_>, sku: &Sku, request: &SetThreshold) -> Result<Reply, Failure> {
    check_location(&request.location)?;
    check_threshold("/threshold", request.threshold)?;
    let mut level = tx.level(sku, &request.location);
    if level.seq == 0 {
        return Err(Failure::not_found("stock level"));
    }
    level.low_at = request.threshold;
    let item = level.item(tx.shelves().low_at);
    tx.put_level(level);
    tx.audit("stock.threshold", format!("{sku}@{}", request.location), format!("{:?}", request.threshold));
    Ok(Reply::Level(item))
}

/// Each SKU once, within bounds.
fn check_lines<'l>(
    lines: impl ExactSizeIterator<Item = (&'l Sku, i64)> + Clone,
    most: usize,
    (field, least): (&str, i64),
) -> Result<(), Failure> {
    if lines.len() == 0 || lines.len() > most {
        return Err(Failure::field("/lines", "out_of_range", format!("Name 1 to {most} SKUs.")));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (i, (sku, units)) in lines.enumerate() {
        if !seen.insert(sku) {
            return Err(Failure::field(format!("/lines/{i}/sku"), "repeated_sku", "Name each SKU once."));
        }
        if !(least..=MAX_UNITS).contains(&units) {
            let detail = format!("This must be within {least} and {MAX_UNITS}.");
            return Err(Failure::field(format!("/lines/{i}/{field}"), "out_of_range", detail));
        }
    }
    Ok(())
}

fn check_reason(reason: &str, least: usize) -> Result<(), Failure> {
    if reason.trim().chars().count() < least || reason.chars().count() > 200 {
        return Err(Failure::field("/reason", "invalid_length", "Say why, in at most 200 characters."));
    }
    Ok(())
}

/// A stock-take: all of it or nothing, so that a count that cannot be true is looked at before the rest is booked.
pub(super) fn count(tx: &mut Tx<'_>, request: &CountRequest) -> Result<Reply, Failure> {
    let location = &request.location;
    check_location(location)?;
    check_reason(&request.reason, 1)?;
    check_lines(request.lines.iter().map(|l| (&l.sku, l.on_hand)), MAX_COUNTED, ("on_hand", 0))?;
    let mut owed = Vec::new();
    let mut lines = Vec::with_capacity(request.lines.len());
    for CountedSku { sku, on_hand } in &request.lines {
        let level = tx.level(sku, location);
        if *on_hand < level.held + level.committed {
            owed.push(json!({ "sku": sku, "counted": on_hand, "owed": level.held + level.committed }));
            continue;
        }
        let difference = on_hand - level.on_hand;
        if difference != 0 || level.seq == 0 {
            let delta = Delta { on_hand: difference, ..Delta::default() };
            tx.move_stock(sku, location, MovementKind::Count, delta, None, Some(&request.reason))?;
        }
        lines.push(CountLine { sku: sku.clone(), before: level.on_hand, counted: *on_hand, difference });
    }
    if !owed.is_empty() {
        let detail = "More is owed to orders than was counted. Cancel or change those orders, then count again.";
        return Err(Failure::conflict("stock_owed", detail).with_extra("lines", json!(owed)));
    }
    let differences = lines.iter().filter(|l| l.difference != 0).count() as u64;
    let detail = format!("{} SKUs, {differences} differ: {}", lines.len(), request.reason);
    tx.audit("stock.count", location.clone(), detail);
    let by = tx.envelope.actor.name.clone();
    let reason = request.reason.clone();
    let report = CountReport { location: location.clone(), reason, by, at: tx.now.into(), lines, differences };
    Ok(created(&report))
}

fn created(body: &impl serde::Serialize) -> Reply {
    let response = StoredResponse { status: 201, location: None, body: json_bytes(body) };
    Reply::Response { response, replayed: false }
}

/// Goods leave one location and, unless they travel, arrive at the other in the same commit.
pub(super) fn transfer(tx: &mut Tx<'_>, id: TransferId, request: &TransferRequest) -> Result<Reply, Failure> {
    check_location_at("/from", &request.from)?;
    check_location_at("/to", &request.to)?;
    if request.from == request.to {
        return Err(Failure::field("/to", "same_location", "Name another location than the one they come from."));
    }
    check_reason(&request.reason, 0)?;
    check_lines(request.lines.iter().map(|l| (&l.sku, l.quantity)), MAX_TRANSFERRED, ("quantity", 1))?;
    let reason = format!("transfer {id}");
    let mut lines = Vec::with_capacity(request.lines.len());
    for StockQuantity { sku, quantity } in &request.lines {
        if !request.in_transit {
            // In before out, so that goods that only move are at no moment told as sold out.
            arrive(tx, sku, &request.to, *quantity, &reason)?;
        }
        if !planted(Mutant::TransferOneSided) {
            let delta = Delta { on_hand: -quantity, ..Delta::default() };
            tx.move_stock(sku, &request.from, MovementKind::TransferOut, delta, None, Some(&reason))?;
        }
        let received = if request.in_transit { 0 } else { *quantity };
        lines.push(TransferLine { sku: sku.clone(), quantity: *quantity, received });
    }
    let transfer = Transfer {
        store: tx.store(),
        id,
        from: request.from.clone(),
        to: request.to.clone(),
        state: if request.in_transit { TransferStatus::InTransit } else { TransferStatus::Received },
        lines,
        reason: request.reason.clone(),
        at: tx.now,
        updated_at: tx.now,
    };
    tx.audit("stock.transfer", id.to_string(), format!("{} to {}: {}", request.from, request.to, request.reason));
    let reply = created(&transfer.view());
    tx.effects.transfers.push(transfer);
    Ok(reply)
}

fn arrive(tx: &mut Tx<'_>, sku: &Sku, location: &str, quantity: i64, reason: &str) -> Result<(), Failure> {
    if tx.level(sku, location).on_hand.saturating_add(quantity) > MAX_UNITS {
        let detail = format!("A location holds at most {MAX_UNITS} units of a SKU.");
        return Err(Failure::conflict("stock_overflow", detail));
    }
    let delta = Delta { on_hand: quantity, ..Delta::default() };
    tx.move_stock(sku, location, MovementKind::TransferIn, delta, None, Some(reason))?;
    Ok(())
}

pub(super) fn receive(tx: &mut Tx<'_>, id: TransferId, request: &ReceiveTransfer) -> Result<Reply, Failure> {
    let known = tx.state.transfers.get(&(tx.store(), id)).cloned();
    let mut transfer = known.ok_or_else(|| Failure::not_found("transfer"))?;
    if matches!(transfer.state, TransferStatus::Received | TransferStatus::Closed) {
        return Err(Failure::conflict("already_received", "Nothing of this transfer is on its way any more."));
    }
    let arrived = match &request.lines {
        Some(lines) => {
            if !(lines.is_empty() && request.close) {
                check_lines(lines.iter().map(|l| (&l.sku, l.quantity)), MAX_TRANSFERRED, ("quantity", 1))?;
            }
            lines.clone()
        }
        None => transfer.outstanding(),
    };
    let reason = format!("transfer {id}");
    for (i, StockQuantity { sku, quantity }) in arrived.iter().enumerate() {
        let Some(line) = transfer.lines.iter_mut().find(|l| l.sku == *sku) else {
            return Err(Failure::field(format!("/lines/{i}/sku"), "unknown_line", "This SKU is not in the transfer."));
        };
        if *quantity > line.quantity - line.received {
            let detail = format!("Only {} units are still on their way.", line.quantity - line.received);
            return Err(Failure::field(format!("/lines/{i}/quantity"), "too_large", detail));
        }
        line.received += quantity;
        arrive(tx, sku, &transfer.to, *quantity, &reason)?;
    }
    let missing: i64 = transfer.outstanding().iter().map(|l| l.quantity).sum();
    transfer.state = match (missing, request.close) {
        (0, _) => TransferStatus::Received,
        (_, true) => TransferStatus::Closed,
        (_, false) => TransferStatus::PartiallyReceived,
    };
    transfer.updated_at = tx.now;
    tx.audit("stock.transfer_receive", id.to_string(), format!("{missing} units missing"));
    let response = StoredResponse { status: 200, location: None, body: json_bytes(&transfer.view()) };
    tx.effects.transfers.push(transfer);
    Ok(Reply::Response { response, replayed: false })
}
