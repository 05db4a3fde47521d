//! I10, I11 and L1 of what is sent: the warehouse is asked once for everything that can be sent, each parcel is one label, one
//! shipment and one delivery, and nothing is packed for orders that do not stand.

use std::collections::{BTreeMap, BTreeSet};

use contracts::fulfilment::FulfilmentState;
use contracts::ledger::ShipmentStatus;
use infra::sqlite::DbError;
use kernel::{FulfilmentId, OrderId, ShipmentId};
use ledger::engine::memory::Tables;
use ledger::order::{Order, Phase};
use serde_json::Value;
use uuid::Uuid;

use super::super::world::World;
use super::healthy;

/// A fulfilment as its row says.
struct Packed {
    id: FulfilmentId,
    order: OrderId,
    location: String,
    state: FulfilmentState,
    lines: Vec<(u32, u32)>,
    paid: bool,
    tracking: Option<String>,
    shipment: Option<ShipmentId>,
    refusals: u32,
    settled: bool,
}

pub fn check(world: &World, tables: &Tables) {
    each_thing_once(world, tables);
    if world.goods.packings == 0 {
        return;
    }
    let all = match rows(world) {
        Ok(all) => all,
        Err(error) => return world.violation(format!("the fulfilments cannot be read: {error}")),
    };
    for order in healthy(world, tables) {
        let ours: Vec<&Packed> = all.iter().filter(|p| p.order == order.head.id).collect();
        asked_once(world, order, &ours);
        shipped_once(world, order, &ours);
    }
    labels_are_used(world, tables, &all);
    steps_never_go_back(world);
}

fn rows(world: &World) -> Result<Vec<Packed>, DbError> {
    let sql =
        "select id, order_id, location, state, lines, paid, tracking, shipment, refusals, settled from fulfilments";
    world.packing.read_now(|conn| {
        let mut statement = conn.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| {
            let lines: String = row.get(4)?;
            let lines: Vec<Value> = serde_json::from_str(&lines).unwrap_or_default();
            let number = |line: &Value, key: &str| {
                line.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
            };
            Ok(Packed {
                id: FulfilmentId::from_uuid(Uuid::from_bytes(row.get(0)?)),
                order: OrderId::from_uuid(Uuid::from_bytes(row.get(1)?)),
                location: row.get(2)?,
                state: FulfilmentState::from_name(&row.get::<_, String>(3)?).unwrap_or(FulfilmentState::Requested),
                lines: lines.iter().map(|line| (number(line, "line"), number(line, "quantity"))).collect(),
                paid: row.get(5)?,
                tracking: row.get(6)?,
                shipment: row.get::<_, Option<[u8; 16]>>(7)?.map(|id| ShipmentId::from_uuid(Uuid::from_bytes(id))),
                refusals: row.get(8)?,
                settled: row.get(9)?,
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    })
}

/// What can be sent of an order is asked for once at each location; of one that does not stand, nothing is.
fn asked_once(world: &World, order: &Order, ours: &[&Packed]) {
    let number = order.head.number;
    let live = || ours.iter().filter(|p| p.state != FulfilmentState::Cancelled && p.shipment.is_none());
    let mut asked: BTreeMap<(u32, &str), u32> = BTreeMap::new();
    for packed in live() {
        for (line, quantity) in &packed.lines {
            *asked.entry((*line, &packed.location)).or_default() += quantity;
        }
    }
    let mut there: BTreeMap<(u32, String), u32> = BTreeMap::new();
    match order.head.phase {
        Phase::Confirmed => {
            // What left before the order refused it has to be looked at by somebody; so do the units that are left.
            if ours.iter().any(|p| p.refusals > 0) {
                return;
            }
            for source in order.sources() {
                *there.entry((source.line, source.location)).or_default() += source.quantity;
            }
        }
        // A parcel that had left when the order was cancelled, or was sent by hand.
        _ if live().all(|p| p.refusals > 0) => return,
        _ => {}
    }
    let there: BTreeMap<(u32, &str), u32> =
        there.iter().map(|((line, location), quantity)| ((*line, location.as_str()), *quantity)).collect();
    if asked != there {
        world.violation(format!("I10: of order {number} {there:?} can be sent, the warehouse is asked for {asked:?}"));
    }
    let paid = order.payment.captured_minor > 0 || order.payment.amount_minor == 0;
    if live().any(|p| p.paid != paid && !p.lines.is_empty()) {
        world.violation(format!("I10: order {number} is paid: {paid}, its fulfilments say otherwise"));
    }
}

/// A parcel that left is one shipment of its order, and one that arrived is delivered there.
fn shipped_once(world: &World, order: &Order, ours: &[&Packed]) {
    let number = order.head.number;
    for packed in ours {
        let left = (FulfilmentState::HandedOver..FulfilmentState::Cancelled).contains(&packed.state);
        let same = order.shipments.iter().filter(|s| s.tracking.is_some() && s.tracking == packed.tracking);
        let count = same.count();
        if count > 1 || (left && packed.shipment.is_none() && (count > 0 || packed.refusals == 0)) {
            world.violation(format!("I11: a parcel of order {number} is {count} shipments of it"));
        }
        let Some(shipment) = packed.shipment else { continue };
        let Some(shipment) = order.shipments.iter().find(|s| s.id == shipment) else {
            world.violation(format!("I11: a parcel of order {number} is a shipment that it does not have"));
            continue;
        };
        let sent: BTreeMap<u32, u32> = packed.lines.iter().copied().collect();
        if shipment.lines.iter().any(|l| sent.get(&l.line).is_none_or(|units| l.quantity > *units)) {
            world.violation(format!("I11: a shipment of order {number} has more in it than its parcel"));
        }
        let arrived = packed.state == FulfilmentState::Delivered;
        if arrived != (shipment.state == ShipmentStatus::Delivered) || (arrived && !packed.settled) {
            world.violation(format!(
                "L1: a parcel of order {number} is {:?} and its shipment {:?}",
                packed.state, shipment.state
            ));
        }
        let arrives = world.depot.0.lock().get(&packed.id).and_then(|p| p.arrives_at());
        if arrives.is_some_and(|at| at <= kernel::Clock::now(world.sim_clock.as_ref())) && !arrived {
            world.violation(format!("L1: a parcel of order {number} has arrived, and nobody says so"));
        }
    }
}

/// Every label that was bought is on a parcel, or was given back.
fn labels_are_used(world: &World, tables: &Tables, all: &[Packed]) {
    let poisoned = *world.poisoned.lock();
    for (key, booked) in world.depot.0.lock().iter() {
        let Some(packed) = all.iter().find(|p| p.id == *key) else {
            world.violation(format!("I11: the carrier has parcel {} that nobody packs", booked.tracking));
            continue;
        };
        let cancelled = packed.state == FulfilmentState::Cancelled;
        if booked.withdrawn && (!cancelled || booked.collected_at.is_some()) {
            world.violation(format!("I11: parcel {} left or will, and its label was given back", booked.tracking));
        }
        // Nobody can be asked any more for the parcel of somebody who was erased.
        let erased = tables.orders.get(&packed.order).is_some_and(|o| world.erased.lock().contains_key(&o.head.id))
            || tables.orders.get(&packed.order).is_none_or(|o| person_is_gone(tables, o));
        if cancelled && !booked.withdrawn && !erased && poisoned != Some(packed.order) {
            world.violation(format!("L1: parcel {} will not come, and its label was not given back", booked.tracking));
        }
        if packed.tracking.as_ref().is_some_and(|tracking| *tracking != booked.tracking) {
            world.violation(format!("I11: parcel {} goes under another number", booked.tracking));
        }
    }
}

fn person_is_gone(tables: &Tables, order: &Order) -> bool {
    tables.people.get(&(order.head.store, order.head.person)).is_none_or(|person| person.wrapped_key.is_none())
}

/// I8 and I9 of fulfilments: each tells its steps in their order, once each.
fn steps_never_go_back(world: &World) {
    let told = world.packing.read_now(|conn| {
        let sql = "select aggregate, aggregate_seq, kind from outbox order by aggregate, aggregate_seq";
        let mut statement = conn.prepare_cached(sql)?;
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, String>(2)?)))?;
        Ok::<_, DbError>(rows.collect::<rusqlite::Result<Vec<_>>>()?)
    });
    let mut last: BTreeMap<String, (i64, FulfilmentState)> = BTreeMap::new();
    for (aggregate, seq, kind) in told.unwrap_or_default() {
        let Some(state) = kind.strip_prefix("fulfilment.").and_then(FulfilmentState::from_name) else { continue };
        let before = last.get(&aggregate);
        if seq != before.map_or(1, |(seq, _)| seq + 1) || before.is_some_and(|(_, before)| *before >= state) {
            world.violation(format!("I8: {aggregate} tells {kind} after {before:?}"));
        }
        last.insert(aggregate, (seq, state));
    }
}

/// I10: an order is closed once, and each of its shipments delivered once.
fn each_thing_once(world: &World, tables: &Tables) {
    let mut seen = BTreeSet::new();
    for event in tables.events.values().filter(|e| matches!(e.kind.as_str(), "order.closed" | "order.delivered")) {
        let shipment = event.data.get("shipment_id").and_then(Value::as_str).unwrap_or_default();
        if !seen.insert((event.aggregate.as_str(), event.kind.as_str(), shipment)) {
            world.violation(format!("I10: {} tells {} twice", event.aggregate, event.kind));
        }
    }
}
