//! Shipping, delivery, returns and notes.

use contracts::ledger::{DEFAULT_LOCATION, LineQuantity, ReturnStatus, ShipmentRequest, ShipmentStatus};
use kernel::mutant::{Mutant, planted};
use kernel::{Failure, OrderId, ReturnId, ShipmentId, Sku};
use serde_json::json;

use super::Reply;
use super::place::named_lines;
use super::refund::line_mut;
use super::tx::{Delta, Tx};
use crate::order::{HoldState, Line, Order, Phase, PhaseEvent, Return, Shipment};
use crate::state::MovementKind;

pub(super) fn ship(
    tx: &mut Tx<'_>,
    id: OrderId,
    shipment: ShipmentId,
    request: &ShipmentRequest,
) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    if order.head.phase != Phase::Confirmed {
        return Err(Failure::conflict("not_shippable", "Only a confirmed order with open units can be shipped."));
    }
    let from = request.location.as_deref();
    let open = |o: &Order| -> Vec<LineQuantity> {
        let Some(from) = from else {
            let ready = o.lines.iter().zip(o.ready()).filter(|(_, units)| *units > 0);
            return ready.map(|(l, quantity)| LineQuantity { line: l.line, quantity }).collect();
        };
        let here = o.sources().into_iter().filter(|s| s.location == from);
        here.map(|s| LineQuantity { line: s.line, quantity: s.quantity }).collect()
    };
    let lines = match &request.lines {
        Some(lines) => {
            named_lines(&order, lines)?;
            lines.clone()
        }
        None => open(&order),
    };
    if lines.is_empty() && order.lines.iter().any(|l| l.open() > 0) {
        if let Some(from) = from.filter(|_| order.ready().iter().any(|units| *units > 0)) {
            return Err(not_there(from, 0));
        }
        return Err(backordered());
    }
    if lines.is_empty() {
        return Err(Failure::conflict("nothing_to_ship", "Every unit of this order was shipped or taken off."));
    }
    let sources = if from.is_some() { order.sources() } else { Vec::new() };
    for (i, asked) in lines.iter().enumerate() {
        let line = line_mut(&mut order, asked.line)?;
        let here = sources.iter().find(|s| s.line == asked.line && Some(s.location.as_str()) == from);
        let here = here.map_or(0, |s| s.quantity);
        if let Some(from) = from.filter(|_| asked.quantity > here && asked.quantity <= line.open()) {
            return Err(not_there(from, here));
        }
        if asked.quantity > line.open() {
            let detail = format!("Only {} units of this line are still to be shipped.", line.open());
            return Err(Failure::field(format!("/lines/{i}/quantity"), "too_large", detail));
        }
        line.shipped += asked.quantity;
        let line = line.clone();
        for (sku, units) in order.goods(&line, asked.quantity) {
            take_from_shelf(tx, &mut order, &sku, units, from)?;
        }
    }
    order.shipments.push(Shipment {
        id: shipment,
        state: ShipmentStatus::Shipped,
        lines: lines.clone(),
        carrier: request.carrier.clone(),
        tracking: request.tracking.clone(),
        shipped_at: tx.now,
        delivered_at: None,
    });
    let mut data =
        json!({ "shipment_id": shipment, "lines": lines, "carrier": request.carrier, "tracking": request.tracking });
    if let Some(from) = from {
        data["location"] = json!(from);
    }
    tx.order_event(&mut order, "order.shipped", data);
    tx.audit("order.ship", order.head.id.to_string(), shipment.to_string());
    let response = order.answer(201);
    tx.put_order(order);
    Ok(Reply::Response { response, replayed: false })
}

/// What has not arrived cannot leave.
fn backordered() -> Failure {
    Failure::conflict("backordered", "These goods have not arrived yet. Ship what is there, the rest when it has come.")
}

/// What lies elsewhere does not leave from here.
fn not_there(location: &str, here: u32) -> Failure {
    let detail = format!("The order has {here} units of this at {location}. Ship the others from where they are.");
    Failure::conflict("not_there", detail)
}

/// Units leave the location at which they are committed; those at `from` before others.
fn take_from_shelf(
    tx: &mut Tx<'_>,
    order: &mut Order,
    sku: &Sku,
    mut units: i64,
    from: Option<&str>,
) -> Result<(), Failure> {
    let number = order.head.number;
    let mut holds: Vec<_> =
        order.holds.iter_mut().filter(|h| h.sku == *sku && h.state == HoldState::Committed).collect();
    holds.sort_by_key(|h| from.is_some_and(|from| h.location != from));
    for hold in holds {
        let taken = hold.quantity.min(units);
        if taken == 0 {
            continue;
        }
        units -= taken;
        hold.quantity -= taken;
        let location = hold.location.clone();
        if hold.quantity == 0 {
            hold.state = HoldState::Released;
        }
        let delta = Delta { on_hand: -taken, committed: -taken, ..Delta::default() };
        tx.move_stock(sku, &location, MovementKind::Ship, delta, Some(number), None)?;
    }
    if units > 0 && planted(Mutant::BackorderShipped) {
        return Ok(());
    }
    if units > 0 && order.backordered(sku) > 0 {
        return Err(backordered());
    }
    if units > 0 {
        return Err(Failure::internal(format!(
            "order {} has {units} units of {sku} without committed stock",
            order.head.id
        )));
    }
    Ok(())
}

pub(super) fn deliver(tx: &mut Tx<'_>, id: OrderId, shipment: ShipmentId) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    let now = tx.now;
    let found = order.shipments.iter_mut().find(|s| s.id == shipment).ok_or_else(|| Failure::not_found("shipment"))?;
    if found.state != ShipmentStatus::Delivered || planted(Mutant::DeliveredTwice) {
        found.state = ShipmentStatus::Delivered;
        found.delivered_at = Some(now);
        tx.order_event(&mut order, "order.delivered", json!({ "shipment_id": shipment }));
        tx.audit("order.deliver", order.head.id.to_string(), shipment.to_string());
        close_when_done(tx, &mut order);
    }
    let response = order.answer(200);
    tx.put_order(order);
    Ok(Reply::Response { response, replayed: false })
}

/// Closes an order of which every unit is delivered or taken off.
pub(super) fn close_when_done(tx: &mut Tx<'_>, order: &mut Order) {
    let nothing_open = order.lines.iter().all(|l: &Line| l.open() == 0);
    let all_delivered = order.shipments.iter().all(|s| s.state == ShipmentStatus::Delivered);
    if order.head.phase == Phase::Confirmed && nothing_open && all_delivered && tx.advance(order, PhaseEvent::AllDone) {
        tx.order_event(order, "order.closed", json!({}));
    }
}

pub(super) fn request_return(
    tx: &mut Tx<'_>,
    id: OrderId,
    returned: ReturnId,
    lines: &[LineQuantity],
    reason: &str,
) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    named_lines(&order, lines)?;
    for (i, asked) in lines.iter().enumerate() {
        let announced: u32 = order
            .returns
            .iter()
            .filter(|r| r.state == ReturnStatus::Requested)
            .flat_map(|r| &r.lines)
            .filter(|l| l.line == asked.line)
            .map(|l| l.quantity)
            .sum();
        let line = line_mut(&mut order, asked.line)?;
        let left = (line.shipped - line.returned).saturating_sub(announced);
        if asked.quantity > left {
            let detail = format!("Only {left} units of this line were shipped and not yet returned.");
            return Err(Failure::field(format!("/lines/{i}/quantity"), "too_large", detail));
        }
    }
    order.returns.push(Return {
        id: returned,
        state: ReturnStatus::Requested,
        lines: lines.to_vec(),
        reason: reason.to_owned(),
        at: tx.now,
    });
    tx.order_event(&mut order, "order.return_requested", json!({ "return_id": returned, "lines": lines }));
    tx.audit("order.return_request", order.head.id.to_string(), returned.to_string());
    let response = order.answer(201);
    tx.put_order(order);
    Ok(Reply::Response { response, replayed: false })
}

pub(super) fn receive_return(
    tx: &mut Tx<'_>,
    id: OrderId,
    returned: ReturnId,
    restock: bool,
) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    let found = order.returns.iter_mut().find(|r| r.id == returned).ok_or_else(|| Failure::not_found("return"))?;
    if found.state == ReturnStatus::Received && !planted(Mutant::ReturnRestockedTwice) {
        return Err(Failure::conflict("already_received", "This return was received already."));
    }
    found.state = ReturnStatus::Received;
    let lines = found.lines.clone();
    for asked in &lines {
        let line = line_mut(&mut order, asked.line)?;
        let units = asked.quantity.min(line.shipped - line.returned);
        line.returned += units;
        let line = line.clone();
        if restock && units > 0 {
            back_on_shelf(tx, &order, &line, units)?;
        }
    }
    tx.order_event(
        &mut order,
        "order.return_received",
        json!({ "return_id": returned, "lines": lines, "restocked": restock }),
    );
    tx.audit("order.return_receive", order.head.id.to_string(), returned.to_string());
    let response = order.answer(200);
    tx.put_order(order);
    Ok(Reply::Response { response, replayed: false })
}

/// Puts `units` of a line back where their goods came from.
pub(super) fn back_on_shelf(tx: &mut Tx<'_>, order: &Order, line: &Line, units: u32) -> Result<(), Failure> {
    for (sku, units) in order.goods(line, units) {
        let location = home(order, &sku);
        let delta = Delta { on_hand: units, ..Delta::default() };
        tx.move_stock(&sku, &location, MovementKind::Restock, delta, Some(order.head.number), None)?;
    }
    Ok(())
}

/// Where units of `sku` of this order came from, and go back to.
pub(super) fn home(order: &Order, sku: &Sku) -> String {
    order.holds.iter().find(|h| h.sku == *sku).map_or_else(|| DEFAULT_LOCATION.to_owned(), |h| h.location.clone())
}

pub(super) fn note(tx: &mut Tx<'_>, id: OrderId, text: &str) -> Result<Reply, Failure> {
    let mut order = tx.order(id)?;
    if text.trim().is_empty() || text.chars().count() > 2000 {
        return Err(Failure::field("/text", "invalid_length", "Write 1 to 2000 characters."));
    }
    // A note may name people, so its text stands in the audit chain of the shop and not in the public event.
    tx.order_event(&mut order, "order.note_added", json!({}));
    tx.audit("order.note", order.head.id.to_string(), text.to_owned());
    let response = order.answer(201);
    tx.put_order(order);
    Ok(Reply::Response { response, replayed: false })
}
