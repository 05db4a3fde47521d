//! Which fulfilments an order has to have: one for what it has at each location and is in none yet. What no longer fits is
//! cancelled and asked for anew, so nobody packs by a request that changed under his hands.

use std::collections::BTreeMap;

use contracts::fulfilment::FulfilmentState;
use contracts::ledger::{FulfilmentStatus, OrderView};
use kernel::FulfilmentId;
use kernel::mutant::{Mutant, planted};

use crate::store::{Record, StoredLine};

/// What is to be done about the fulfilments of an order.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    pub(crate) cancel: Vec<FulfilmentId>,
    /// Locations, and what is to be sent from there.
    pub(crate) create: Vec<(String, Vec<StoredLine>)>,
}

/// Whether the order, as it was read, knows that the parcel left.
fn shipped(record: &Record, order: &OrderView) -> bool {
    order.shipments.iter().any(|known| {
        record.shipment == Some(known.id) || (record.tracking.is_some() && record.tracking == known.tracking)
    })
}

/// Compares `records` with `order`. `readdressed`: what carries its old address outside of here is void.
pub(crate) fn plan(order: &OrderView, records: &[Record], readdressed: bool) -> Plan {
    let mut free: BTreeMap<(u32, &str), u32> = BTreeMap::new();
    for source in &order.sources {
        *free.entry((source.line, source.location.as_str())).or_insert(0) += source.quantity;
    }
    let mut live: Vec<&Record> = records
        .iter()
        .filter(|r| r.state != FulfilmentState::Cancelled && !r.lines.is_empty() && !shipped(r, order))
        .collect();
    // The furthest first: what a carrier has is sent, and what is packed is kept before what is only asked for.
    live.sort_by_key(|r| (std::cmp::Reverse(r.state), r.id));
    let mut plan = Plan::default();
    for record in live {
        let told_outside = record.announced_at.is_some() || record.dropped || record.tracking.is_some();
        let left = |line: &StoredLine| free.get(&(line.line, record.location.as_str())).copied().unwrap_or(0);
        let fits = record.lines.iter().all(|line| left(line) >= line.quantity);
        if record.state < FulfilmentState::HandedOver && (!fits || (readdressed && told_outside)) {
            plan.cancel.push(record.id);
            continue;
        }
        if planted(Mutant::RequestedAgain) {
            continue;
        }
        for line in &record.lines {
            if let Some(units) = free.get_mut(&(line.line, record.location.as_str())) {
                *units = units.saturating_sub(line.quantity);
            }
        }
    }
    if matches!(order.fulfilment_status, FulfilmentStatus::Unfulfilled | FulfilmentStatus::PartiallyShipped) {
        let mut create: BTreeMap<&str, Vec<StoredLine>> = BTreeMap::new();
        for ((number, location), quantity) in free.into_iter().filter(|(_, quantity)| *quantity > 0) {
            let Some(known) = order.lines.iter().find(|known| known.line == number) else { continue };
            let line = StoredLine { line: number, sku: known.sku.clone(), quantity };
            create.entry(location).or_default().push(line);
        }
        plan.create = create.into_iter().map(|(location, lines)| (location.to_owned(), lines)).collect();
    }
    plan
}
