//! Counting and adjusting stock.

use contracts::ledger::StoredResponse;
use kernel::{Failure, Sku};

use super::tx::{Delta, Tx};
use super::{Reply, backorder};
use crate::order::view::json_bytes;
use crate::state::MovementKind;

/// The most units of one SKU at one location.
pub(super) const MAX_UNITS: i64 = 1_000_000_000;

pub(super) fn check_location(location: &str) -> Result<(), Failure> {
    check_location_at("/location", location)
}

pub(super) fn check_location_at(pointer: &str, location: &str) -> Result<(), Failure> {
    let fine = !location.is_empty()
        && location.len() <= 64
        && location.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
    if fine {
        return Ok(());
    }
    Err(Failure::field(pointer, "invalid_location", "A location is 1 to 64 lower-case letters, digits, - or _."))
}

pub(super) fn set(tx: &mut Tx<'_>, sku: &Sku, location: &str, on_hand: i64) -> Result<Reply, Failure> {
    check_location(location)?;
    if !(0..=MAX_UNITS).contains(&on_hand) {
        return Err(Failure::field("/on_hand", "out_of_range", format!("Count 0 to {MAX_UNITS} units.")));
    }
    let level = tx.level(sku, location);
    if on_hand < level.held + level.committed {
        return Err(Failure::conflict(
            "stock_owed",
            format!("{} units are owed to orders; the count cannot be lower.", level.held + level.committed),
        ));
    }
    let delta = Delta { on_hand: on_hand - level.on_hand, ..Delta::default() };
    if delta.on_hand == 0 && level.seq > 0 {
        return Ok(Reply::Stock(level.view()));
    }
    tx.move_stock(sku, location, MovementKind::Count, delta, None, None)?;
    backorder::fill(tx, sku)?;
    let level = tx.level(sku, location);
    tx.audit("stock.set", format!("{sku}@{location}"), on_hand.to_string());
    Ok(Reply::Stock(level.view()))
}

pub(super) fn adjust(tx: &mut Tx<'_>, sku: &Sku, location: &str, by: i64, reason: &str) -> Result<Reply, Failure> {
    check_location(location)?;
    if reason.trim().is_empty() || reason.chars().count() > 200 {
        return Err(Failure::field("/reason", "required", "Say why, in 1 to 200 characters."));
    }
    let level = tx.level(sku, location);
    if by == 0 || by.unsigned_abs() > MAX_UNITS.unsigned_abs() || level.on_hand.saturating_add(by) > MAX_UNITS {
        return Err(Failure::field(
            "/delta",
            "out_of_range",
            format!("Adjust by at most {MAX_UNITS} units, and not by 0."),
        ));
    }
    let delta = Delta { on_hand: by, ..Delta::default() };
    tx.move_stock(sku, location, MovementKind::Adjust, delta, None, Some(reason))?;
    backorder::fill(tx, sku)?;
    let level = tx.level(sku, location);
    tx.audit("stock.adjust", format!("{sku}@{location}"), format!("{by}: {reason}"));
    let response = StoredResponse { status: 201, location: None, body: json_bytes(&level.view()) };
    Ok(Reply::Response { response, replayed: false })
}
