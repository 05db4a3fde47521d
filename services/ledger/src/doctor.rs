//! The invariants of CORRECTNESS, checked on a live store through the reader alone.
//!
//! Orders are read in chunks; sums are the engine's. A store that is being written while it is checked can show
//! differences that are only a moment between two reads, so what looks broken is looked at a second time.

use std::collections::BTreeMap;

use contracts::ledger::{InvariantReport, RefundState, Violation};
use contracts::saga::Next;
use kernel::{Failure, Timestamp};

use crate::batcher::chain;
use crate::engine::Reader;
use crate::order::edit::adds_up;
use crate::order::{Attempt, HoldState, Order, Phase};
use crate::state::Hash;

/// Orders read at a time.
const CHUNK: u32 = 500;
/// How long an order may wait for a step that is due before it counts as stuck (L1), in milliseconds.
const STUCK_MS: i64 = 15 * 60 * 1000;
/// How often a step may be tried in a row before a person should look (L1).
const MANY_TRIES: u32 = 20;

/// Checks everything that the ledger alone can check.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn check(reader: &dyn Reader, now: Timestamp) -> Result<Vec<InvariantReport>, Failure> {
    let first = pass(reader, now).await?;
    if first.iter().all(|r| r.violations.is_empty()) {
        return Ok(first);
    }
    let mut second = pass(reader, now).await?;
    for (report, before) in second.iter_mut().zip(&first) {
        report.violations.retain(|v| before.violations.contains(v));
    }
    Ok(second)
}

async fn pass(reader: &dyn Reader, now: Timestamp) -> Result<Vec<InvariantReport>, Failure> {
    let mut books = OrderBooks::default();
    let mut after = 0;
    loop {
        let orders = reader.scan_orders(after, CHUNK).await?;
        let Some(last) = orders.last().map(|o| o.head.number) else { break };
        after = last;
        for order in &orders {
            books.look_at(order, now);
        }
    }
    let stock = stock(reader, &books).await?;
    let waiting = waiting(reader, &books).await?;
    books.i5.extend(waiting);
    let vouchers = vouchers(reader).await?;
    let events = events(reader).await?;
    let consumers = consumers(reader, &books).await?;
    let idempotency = idempotency(reader, books.count).await?;
    let audit = audit(reader).await?;
    let OrderBooks { count, i2, i3, i4, i5, i6, i8, l1, .. } = books;
    Ok(vec![
        stock,
        report("I2", "Per payment: refunded + disputes lost <= captured <= authorised", count, i2),
        report(
            "I3",
            "At most one order per cart version that is not cancelled; at most one successful charge per order",
            count,
            i3,
        ),
        report("I4", "Every captured payment belongs to one order, or is being given back", count, i4),
        report("I5", "Every confirmed order has its stock committed, or waits for it by name", count, i5),
        report("I6", "An order's total is the sum of its components, none negative", count, i6),
        vouchers,
        report("I8", "No status moved backwards except by a named compensation", count, i8),
        events,
        consumers,
        idempotency,
        not_applicable(
            "I12",
            "No record is readable by a principal without a grant on it",
            "Checked by the authorisation tests of every route, not on data.",
        ),
        not_applicable(
            "I13",
            "Regional stock + stock in transit + sold = global stock",
            "This installation has one ledger.",
        ),
        audit,
        report("L1", "Every order that has something due gets it done", count, l1),
    ])
}

fn report(id: &str, statement: &str, checked: u64, violations: Vec<Violation>) -> InvariantReport {
    InvariantReport { id: id.to_owned(), statement: statement.to_owned(), checked, not_applicable: None, violations }
}

fn not_applicable(id: &str, statement: &str, why: &str) -> InvariantReport {
    InvariantReport { not_applicable: Some(why.to_owned()), ..report(id, statement, 0, Vec::new()) }
}

fn violation(detail: String, remedy: &str) -> Violation {
    Violation { detail, remedy: remedy.to_owned() }
}

/// What one walk over the orders finds.
#[derive(Default)]
struct OrderBooks {
    count: u64,
    /// Held and committed units per store, SKU and location, as the orders say.
    held: BTreeMap<(kernel::StoreId, kernel::Sku, String), (i64, i64)>,
    /// Units that orders wait for per store and SKU, and how many orders do.
    waiting: BTreeMap<(kernel::StoreId, kernel::Sku), (i64, usize)>,
    carts: BTreeMap<(kernel::StoreId, kernel::CartId, u64), kernel::OrderId>,
    placed: u64,
    i2: Vec<Violation>,
    i3: Vec<Violation>,
    i4: Vec<Violation>,
    i5: Vec<Violation>,
    i6: Vec<Violation>,
    i8: Vec<Violation>,
    l1: Vec<Violation>,
}

impl OrderBooks {
    fn look_at(&mut self, order: &Order, now: Timestamp) {
        self.count += 1;
        self.payment(order);
        self.holds(order);
        self.money(order);
        self.status(order, now);
    }

    fn payment(&mut self, order: &Order) {
        let (p, number) = (&order.payment, order.head.number);
        let fine = p.refunded_minor >= 0
            && p.refund_pending_minor >= 0
            && p.refunded_minor + p.refund_pending_minor + p.disputed_minor <= p.captured_minor
            && p.captured_minor <= p.authorised_minor;
        if !fine {
            self.i2.push(violation(
                format!(
                    "order {number}: authorised {}, captured {}, refunded {}",
                    p.authorised_minor, p.captured_minor, p.refunded_minor
                ),
                "Compare with the provider's books and book the difference by hand; then report this as a bug.",
            ));
        }
        let refunds =
            |state| order.refunds.iter().filter(|r| r.state == state).map(|r| r.provider_minor()).sum::<i64>();
        if refunds(RefundState::Succeeded) != p.refunded_minor
            || refunds(RefundState::Pending) != p.refund_pending_minor
        {
            self.i2.push(violation(
                format!("order {number}: its refunds do not sum to what the payment says was refunded"),
                "Compare the refunds with the provider's books.",
            ));
        }
        if order.lines.iter().any(|line| order.refunded_of(line.line).0 > line.refunded) {
            self.i2.push(violation(
                format!("order {number}: its refunds name more units than its lines say were refunded"),
                "Report this as a bug; compare what was refunded with the lines before refunding more.",
            ));
        }
        if order.head.phase == Phase::Cancelled && p.state == Attempt::Authorised && p.captured_minor > p.refunded_minor
        {
            self.i4.push(violation(
                format!(
                    "order {number} is cancelled but {} of its payment were kept",
                    order.money(p.captured_minor - p.refunded_minor)
                ),
                "Refund the payment at the provider.",
            ));
        }
        if matches!(order.head.phase, Phase::Cancelling | Phase::Cancelled) {
            return;
        }
        let key = (order.head.store, order.head.cart, order.head.cart_version);
        if let Some(other) = self.carts.insert(key, order.head.id) {
            self.i3.push(violation(
                format!("orders {other} and {} are both for version {} of cart {}", order.head.id, key.2, key.1),
                "Cancel one of the two and refund it.",
            ));
        }
    }

    fn holds(&mut self, order: &Order) {
        let number = order.head.number;
        let mut standing = BTreeMap::new();
        for hold in order.holds.iter().filter(|h| h.state != HoldState::Released) {
            let key = (order.head.store, hold.sku.clone(), hold.location.clone());
            let sums = self.held.entry(key).or_default();
            match hold.state {
                HoldState::Held => sums.0 += hold.quantity,
                HoldState::Committed => sums.1 += hold.quantity,
                HoldState::Released => {}
            }
            *standing.entry(hold.sku.clone()).or_insert(0) += hold.quantity;
        }
        for backorder in &order.backorders {
            let sums = self.waiting.entry((order.head.store, backorder.sku.clone())).or_default();
            *sums = (sums.0 + backorder.quantity, sums.1 + 1);
            *standing.entry(backorder.sku.clone()).or_insert(0) += backorder.quantity;
        }
        let mut owed = BTreeMap::new();
        for (sku, units) in order.lines.iter().flat_map(|line| order.goods(line, line.open())) {
            *owed.entry(sku).or_insert(0) += units;
        }
        match order.head.phase {
            Phase::Confirmed | Phase::Closed => {
                for (sku, units) in
                    owed.iter().filter(|(sku, units)| standing.get(*sku).copied().unwrap_or(0) != **units)
                {
                    self.i5.push(violation(
                        format!(
                            "order {number} owes {units} of {sku} but has {} committed",
                            standing.get(sku).copied().unwrap_or(0)
                        ),
                        "Adjust the stock of this SKU after counting it, then cancel or ship the order.",
                    ));
                }
                if order.holds.iter().any(|h| h.state == HoldState::Held) {
                    self.i5.push(violation(
                        format!("order {number} is confirmed but its stock is only held"),
                        "Report this as a bug.",
                    ));
                }
            }
            Phase::Cancelling | Phase::Cancelled if !standing.is_empty() => {
                self.i5.push(violation(
                    format!("order {number} is cancelled but still holds stock"),
                    "Count the SKU and set its stock; then report this as a bug.",
                ));
            }
            _ => {}
        }
    }

    fn money(&mut self, order: &Order) {
        let due = order.frozen.totals.due.amount_minor;
        let given: i64 = order.frozen.edits.iter().map(|e| e.provider_minor).sum();
        let lines = order.lines.iter().zip(&order.frozen.lines);
        let fine = adds_up(&order.frozen)
            && order.payment.amount_minor == due + given
            && order.lines.len() == order.frozen.lines.len()
            && lines.into_iter().all(|(line, frozen)| {
                (line.quantity, line.total_minor, &line.sku) == (frozen.quantity, frozen.total_minor, &frozen.sku)
            });
        if !fine {
            self.i6.push(violation(
                format!("the amounts of order {} do not add up", order.head.number),
                "Report this as a bug; correct by refund.",
            ));
        }
    }

    fn status(&mut self, order: &Order, now: Timestamp) {
        let number = order.head.number;
        let paid = matches!(order.payment.state, Attempt::Authorised | Attempt::None);
        if matches!(order.head.phase, Phase::Confirmed | Phase::Closed) {
            self.placed += 1;
            if !paid {
                self.i8.push(violation(
                    format!("order {number} is confirmed without a payment"),
                    "Cancel the order or collect the payment.",
                ));
            }
        }
        let to_do = order.head.phase != Phase::Cancelled && !matches!(order.next(), Next::Wait { .. } | Next::Done);
        let unfinished =
            order.head.phase.is_undecided() || matches!(order.head.phase, Phase::Declined | Phase::Cancelling);
        if order.head.due_at.is_none() && (to_do || unfinished) {
            self.l1.push(violation(
                format!("order {number} has a step to do that nothing will wake"),
                "Ask the shop to resume this order; then report this as a bug.",
            ));
        }
        let failed = order.refunds.iter().filter(|r| r.state == RefundState::Failed).count();
        if to_do && order.payment.tries >= MANY_TRIES
            || order.head.phase == Phase::Cancelling && failed >= MANY_TRIES as usize
        {
            self.l1.push(violation(
                format!("order {number} asks the payment provider for the same step again and again"),
                "Look at this payment at the provider, and finish there by hand what it keeps refusing.",
            ));
        }
        if order.head.due_at.is_some_and(|due| now.millis_since(due) > STUCK_MS) {
            self.l1.push(violation(
                format!("order {number} has had a step due for more than {} minutes", STUCK_MS / 60_000),
                "Check that the saga runs and the payment provider answers; the log names the order's last error.",
            ));
        }
    }
}

async fn stock(reader: &dyn Reader, books: &OrderBooks) -> Result<InvariantReport, Failure> {
    let levels = reader.all_levels().await?;
    let sums: BTreeMap<_, _> =
        reader.movement_sums().await?.into_iter().map(|s| ((s.store, s.sku.clone(), s.location.clone()), s)).collect();
    let mut violations = Vec::new();
    let recount = "Count the SKU and set its stock; then report this as a bug.";
    for level in &levels {
        let key = (level.store, level.sku.clone(), level.location.clone());
        let name = format!("{} at {}", level.sku, level.location);
        if level.on_hand < 0 || level.held < 0 || level.committed < 0 || level.available() < 0 {
            violations.push(violation(format!("{name} has {} available", level.available()), recount));
        }
        let replay = sums.get(&key).map(|s| (s.on_hand, s.held, s.committed, s.count, s.last_seq));
        if replay != Some((level.on_hand, level.held, level.committed, level.seq, level.seq)) {
            violations.push(violation(format!("replaying the movements of {name} gives another level"), recount));
        }
        let (held, committed) = books.held.get(&key).copied().unwrap_or_default();
        if (held, committed) != (level.held, level.committed) {
            violations.push(violation(
                format!(
                    "{name}: orders hold {held} and own {committed}, the level says {} and {}",
                    level.held, level.committed
                ),
                recount,
            ));
        }
    }
    for key in books.held.keys().filter(|k| !levels.iter().any(|l| (l.store, &l.sku, &l.location) == (k.0, &k.1, &k.2)))
    {
        violations.push(violation(format!("{} at {} is held but has no level", key.1, key.2), recount));
    }
    violations.extend(transfers(reader).await?);
    let statement = "For every SKU and location: available = on_hand - held - committed >= 0, and replaying the movements gives the same row";
    Ok(report("I1", statement, levels.len() as u64, violations))
}

/// Rules count what orders wait for, and nobody waits for what is there.
async fn waiting(reader: &dyn Reader, books: &OrderBooks) -> Result<Vec<Violation>, Failure> {
    let mut counted: BTreeMap<_, _> =
        reader.all_rules().await?.into_iter().map(|r| ((r.store, r.sku), r.backordered)).collect();
    let mut violations = Vec::new();
    for ((store, sku), (units, orders)) in &books.waiting {
        let count = counted.remove(&(*store, sku.clone())).unwrap_or(0);
        if count != *units {
            let detail = format!("orders wait for {units} of {sku}, its rule counts {count}");
            violations.push(violation(detail, "Report this as a bug; cancel or fulfil the orders that wait."));
        }
        let shelves = reader.shelves(*store).await?;
        let levels = reader.levels(*store, sku).await?;
        let there: i64 = levels.iter().filter(|l| shelves.serves(&l.location)).map(|l| l.available()).sum();
        // A long queue is served in several commits.
        if there > 0 && *orders <= crate::decide::backorder::SERVED_AT_ONCE {
            let detail = format!("orders wait for {units} of {sku} although {there} are there");
            violations.push(violation(detail, "Adjust the stock of this SKU, so that it is given to those who wait."));
        }
    }
    for ((_, sku), count) in counted.into_iter().filter(|(_, count)| *count != 0) {
        let detail = format!("nobody waits for {sku}, its rule counts {count}");
        violations.push(violation(detail, "Report this as a bug."));
    }
    Ok(violations)
}

/// What left a location by a transfer arrived at another, is on its way, or was lost there.
async fn transfers(reader: &dyn Reader) -> Result<Vec<Violation>, Failure> {
    let mut missing: BTreeMap<(kernel::StoreId, kernel::Sku), i64> = BTreeMap::new();
    for transfer in reader.all_transfers().await? {
        for line in &transfer.lines {
            *missing.entry((transfer.store, line.sku.clone())).or_default() += line.quantity - line.received;
        }
    }
    for (store, sku, moved) in reader.transferred().await? {
        *missing.entry((store, sku)).or_default() += moved;
    }
    let off = missing.into_iter().filter(|(_, units)| *units != 0);
    Ok(off
        .map(|((_, sku), units)| {
            violation(
                format!("the transfers of {sku} made {units} units out of nothing"),
                "Count the SKU at both locations; then report this as a bug.",
            )
        })
        .collect())
}

async fn vouchers(reader: &dyn Reader) -> Result<InvariantReport, Failure> {
    let mut violations = Vec::new();
    let coupons = reader.coupon_counts().await?;
    for c in &coupons {
        if c.coupon.limit.is_some_and(|limit| c.coupon.uses > limit) {
            violations.push(violation(
                format!("coupon {} was used {} times", c.coupon.code, c.coupon.uses),
                "Raise its limit or end it.",
            ));
        }
        if c.coupon.uses != c.active_uses {
            violations.push(violation(
                format!("coupon {} counts {} uses, orders show {}", c.coupon.code, c.coupon.uses, c.active_uses),
                "Report this as a bug.",
            ));
        }
    }
    let cards = reader.gift_card_sums().await?;
    for c in &cards {
        if c.card.balance_minor < 0 || c.card.balance_minor != c.sum_minor || c.card.seq != c.count {
            violations.push(violation(
                format!("a gift card's balance is {}, its entries sum to {}", c.card.balance_minor, c.sum_minor),
                "Correct the balance by an entry; then report this as a bug.",
            ));
        }
    }
    let statement = "Coupon uses <= limit; a gift card's balance = the sum of its entries >= 0";
    Ok(report("I7", statement, (coupons.len() + cards.len()) as u64, violations))
}

async fn events(reader: &dyn Reader) -> Result<InvariantReport, Failure> {
    let spans = reader.event_spans().await?;
    let mut violations: Vec<Violation> = spans
        .iter()
        .filter(|s| s.first != 1 || s.last != s.count)
        .map(|s| {
            violation(
                format!("{} has {} events numbered {} to {}", s.aggregate, s.count, s.first, s.last),
                "Consumers may have missed an event: rebuild them.",
            )
        })
        .collect();
    let (count, last) = reader.event_count().await?;
    if count != last {
        violations.push(violation(
            format!("the feed has {count} events but the last position is {last}"),
            "Restore the missing rows from a backup.",
        ));
    }
    Ok(report("I9", "Every event is in the outbox exactly once, gap-free per aggregate", count, violations))
}

async fn consumers(reader: &dyn Reader, books: &OrderBooks) -> Result<InvariantReport, Failure> {
    let mut violations = Vec::new();
    let parked = reader.parked("sales").await?;
    for dead in parked.iter().filter(|p| p.dead) {
        violations.push(violation(
            format!("event {} is a dead letter of consumer {}", dead.event, dead.consumer),
            "See the log for why it failed; it needs a person.",
        ));
    }
    let (_, last) = reader.event_count().await?;
    let cursor = reader.cursor("sales").await?;
    let taken = reader.inbox_count("sales").await?;
    // Edits and cancelled orders that were confirmed once were counted too, so the inbox can only be larger.
    if cursor == last && parked.is_empty() && taken < books.placed {
        violations.push(violation(
            format!("{} orders are confirmed but consumer sales has taken {taken}", books.placed),
            "Report this as a bug.",
        ));
    }
    Ok(report(
        "I10",
        "Each event takes effect at a consumer at most once, and at least once within 15 minutes",
        taken,
        violations,
    ))
}

async fn idempotency(reader: &dyn Reader, count: u64) -> Result<InvariantReport, Failure> {
    let bad = reader.bad_idempotency().await?;
    let violations =
        bad.into_iter().map(|detail| violation(detail, "Delete the row; the client may then try again.")).collect();
    Ok(report("I11", "The same idempotency key gives the same answer, never a second effect", count, violations))
}

async fn audit(reader: &dyn Reader) -> Result<InvariantReport, Failure> {
    let mut previous: Hash = [0; 32];
    let mut seq = 0;
    let mut violations = Vec::new();
    loop {
        let rows = reader.audit(seq, CHUNK).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if row.seq != seq + 1 || chain(&previous, row.seq, row.at, &row.entry) != row.hash {
                violations.push(violation(
                    format!("the audit chain is broken at entry {}", row.seq),
                    "Somebody changed or removed an entry: compare with a backup.",
                ));
            }
            previous = row.hash;
            seq = row.seq;
        }
    }
    Ok(report("I14", "The audit chain verifies", seq, violations))
}

#[cfg(test)]
mod tests;
