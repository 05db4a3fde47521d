//! The workbench of one command: rows read through its own changes, stock moved with its movements, events numbered.

use kernel::mutant::{Mutant, planted};
use kernel::{Failure, OrderId, Sku, StoreId, Timestamp};
use serde_json::{Value, json};

use super::Envelope;
use crate::order::{Backorder, Hold, HoldState, Order, Phase, PhaseEvent, phase::Transition};
use crate::state::{Effects, Hash, Movement, MovementKind, NewAudit, NewEvent, Shelves, State, StockLevel, StockRule};

pub(super) struct Tx<'a> {
    pub state: &'a State,
    pub envelope: &'a Envelope,
    pub now: Timestamp,
    pub effects: Effects,
}

/// How a movement changes a level.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Delta {
    pub on_hand: i64,
    pub held: i64,
    pub committed: i64,
}

/// SKUs that are short, with what was wanted and what is available.
pub(super) type Short = Vec<(Sku, i64, i64)>;

/// The holds, and what is to be waited for; or what is short.
pub(super) type Taken = Result<(Vec<Hold>, Vec<Backorder>), Short>;

impl<'a> Tx<'a> {
    pub fn new(state: &'a State, envelope: &'a Envelope, now: Timestamp) -> Self {
        Tx { state, envelope, now, effects: Effects::default() }
    }

    pub fn store(&self) -> StoreId {
        self.envelope.store
    }

    /// A copy of the order, with this command's own changes.
    pub fn order(&self, id: OrderId) -> Result<Order, Failure> {
        if let Some(changed) = self.effects.orders.iter().find(|o| o.head.id == id) {
            return Ok(changed.clone());
        }
        self.state.order(self.store(), id).map(|o| Order::clone(o))
    }

    pub fn put_order(&mut self, mut order: Order) {
        order.head.updated_at = self.now;
        match self.effects.orders.iter_mut().find(|o| o.head.id == order.head.id) {
            Some(slot) => *slot = order,
            None => self.effects.orders.push(order),
        }
    }

    /// The levels of `sku`, by location, with this command's own changes.
    pub fn levels(&self, sku: &Sku) -> Vec<StockLevel> {
        let base = self.state.stock.get(&(self.store(), sku.clone()));
        let mut levels: Vec<StockLevel> = base.map(|m| m.values().cloned().collect()).unwrap_or_default();
        for changed in self.effects.stock.iter().filter(|l| l.sku == *sku) {
            match levels.iter_mut().find(|l| l.location == changed.location) {
                Some(slot) => slot.clone_from(changed),
                None => levels.push(changed.clone()),
            }
        }
        levels
    }

    pub fn level(&self, sku: &Sku, location: &str) -> StockLevel {
        if let Some(changed) = self.effects.stock.iter().find(|l| l.sku == *sku && l.location == location) {
            return changed.clone();
        }
        let loaded = self.state.stock.get(&(self.store(), sku.clone())).and_then(|m| m.get(location));
        loaded.cloned().unwrap_or_else(|| StockLevel {
            store: self.store(),
            sku: sku.clone(),
            location: location.to_owned(),
            on_hand: 0,
            held: 0,
            committed: 0,
            seq: 0,
            event_seq: 0,
            low_at: None,
        })
    }

    pub fn put_level(&mut self, level: StockLevel) {
        match self.effects.stock.iter_mut().find(|l| l.sku == level.sku && l.location == level.location) {
            Some(slot) => *slot = level,
            None => self.effects.stock.push(level),
        }
    }

    /// What the store says about all its stock.
    pub fn shelves(&self) -> &Shelves {
        static BARE: Shelves = Shelves { locations: std::collections::BTreeMap::new(), low_at: None };
        self.state.shelves.get(&self.store()).map_or(&BARE, std::sync::Arc::as_ref)
    }

    /// The levels of `sku` that orders are served from, in the order in which they are.
    fn serving_levels(&self, sku: &Sku) -> Vec<StockLevel> {
        let mut levels = self.levels(sku);
        let shelves = self.shelves();
        if !shelves.locations.is_empty() {
            levels.retain(|l| shelves.serves(&l.location));
            levels.sort_by_key(|l| shelves.priority(&l.location));
        }
        levels
    }

    /// What was said about `sku`, with this command's own changes.
    pub fn rule(&self, sku: &Sku) -> Option<StockRule> {
        if self.state.rules.is_empty() && self.effects.rules.is_empty() {
            return None;
        }
        let changed = self.effects.rules.iter().find(|r| r.sku == *sku);
        changed.or_else(|| self.state.rules.get(&(self.store(), sku.clone()))).cloned()
    }

    pub fn rule_or_new(&self, sku: &Sku) -> StockRule {
        self.rule(sku).unwrap_or_else(|| StockRule::new(self.store(), sku.clone()))
    }

    pub fn put_rule(&mut self, rule: StockRule) {
        match self.effects.rules.iter_mut().find(|r| r.sku == rule.sku) {
            Some(slot) => *slot = rule,
            None => self.effects.rules.push(rule),
        }
    }

    /// Units of `sku` on the shelves that orders are served from.
    pub fn there(&self, sku: &Sku) -> i64 {
        self.serving_levels(sku).iter().map(|l| l.available().max(0)).sum()
    }

    /// Units of `sku` that nobody waits for.
    pub fn open_units(&self, sku: &Sku) -> i64 {
        (self.there(sku) - self.rule(sku).map_or(0, |r| r.backordered)).max(0)
    }

    /// How many bundles of `components` are there.
    pub fn bundles_there(&self, components: &[contracts::ledger::StockQuantity]) -> i64 {
        components.iter().map(|c| self.open_units(&c.sku) / c.quantity.max(1)).min().unwrap_or(0)
    }

    /// Whether one of `sku` can be ordered; and if so, whether only to be delivered later.
    pub fn can_be_bought(&self, sku: &Sku) -> (bool, bool) {
        let Some(rule) = self.rule(sku) else { return (self.can_be_taken(sku), false) };
        let one = [contracts::ledger::StockQuantity { sku: sku.clone(), quantity: 1 }];
        let parts = if rule.components.is_empty() { &one[..] } else { &rule.components };
        let (mut now, mut ever) = (true, true);
        for part in parts {
            let missing = (part.quantity - self.open_units(&part.sku)).max(0);
            now &= missing == 0;
            ever &= missing == 0 || self.rule(&part.sku).is_some_and(|r| r.allows(self.now, missing));
        }
        (ever, ever && !now)
    }

    /// Until when `sku` can be ordered only to be delivered later; none when that does not end, or is not so.
    pub fn bought_until(&self, sku: &Sku) -> Option<Timestamp> {
        let rule = self.rule(sku)?;
        let one = [contracts::ledger::StockQuantity { sku: sku.clone(), quantity: 1 }];
        let parts = if rule.components.is_empty() { &one[..] } else { &rule.components };
        let late = parts.iter().filter(|part| self.open_units(&part.sku) < part.quantity);
        late.filter_map(|part| self.rule(&part.sku)?.until).min()
    }

    /// `order` waits for `units` of `sku` less than it did.
    pub fn wait_less(&mut self, order: &mut Order, sku: &Sku, units: i64) {
        if let Some(backorder) = order.backorders.iter_mut().find(|b| b.sku == *sku) {
            backorder.quantity -= units;
        }
        order.backorders.retain(|b| b.quantity > 0);
        let mut rule = self.rule_or_new(sku);
        rule.backordered -= units;
        self.put_rule(rule);
    }

    /// Whether any unit of `sku` can be taken for an order.
    pub fn can_be_taken(&self, sku: &Sku) -> bool {
        self.serving_levels(sku).iter().any(|l| l.available() > 0)
    }

    /// Changes a level and writes the movement that says why.
    ///
    /// # Errors
    /// `out_of_stock` when nothing would be left to give; overflow is a conflict too.
    pub fn move_stock(
        &mut self,
        sku: &Sku,
        location: &str,
        kind: MovementKind,
        delta: Delta,
        order: Option<i64>,
        reason: Option<&str>,
    ) -> Result<StockLevel, Failure> {
        let mut level = self.level(sku, location);
        let was = level.available();
        if self.rule(sku).is_some_and(|r| !r.components.is_empty()) && delta.on_hand > 0 && order.is_none() {
            let detail = format!("{sku} is a bundle; it has no stock but that of its components.");
            return Err(Failure::conflict("is_bundle", detail));
        }
        let add = |a: i64, b: i64| {
            a.checked_add(b).ok_or_else(|| Failure::invalid("stock_overflow", "The quantity is too large."))
        };
        level.on_hand = add(level.on_hand, delta.on_hand)?;
        level.held = add(level.held, delta.held)?;
        level.committed = add(level.committed, delta.committed)?;
        let broken = level.on_hand < 0 || level.held < 0 || level.committed < 0 || level.available() < 0;
        // A person's count is refused whatever else is broken, or every replanted bug would look like this one.
        let by_hand = matches!(kind, MovementKind::Count | MovementKind::Adjust | MovementKind::TransferOut);
        if broken && (by_hand || !kernel::mutant::stock_unchecked()) {
            return Err(Failure::conflict(
                "insufficient_stock",
                format!("There are {was} units of {sku} available at {location}; the rest is owed to orders."),
            ));
        }
        level.seq += 1;
        self.effects.movements.push(Movement {
            store: level.store,
            sku: sku.clone(),
            location: location.to_owned(),
            seq: level.seq,
            kind,
            on_hand: delta.on_hand,
            held: delta.held,
            committed: delta.committed,
            order,
            reason: reason.map(str::to_owned),
            at: self.now,
        });
        let (before, after) = (was > 0, level.available() > 0);
        if before != after {
            level.event_seq += 1;
            let here = after && self.shelves().serves(location);
            let elsewhere = self.serving_levels(sku).iter().any(|l| l.location != location && l.available() > 0);
            let data =
                json!({ "sku": sku, "location": location, "available": after, "sku_available": here || elsewhere });
            self.event(format!("stock:{sku}@{location}"), level.event_seq, "stock.availability_changed", data);
        }
        if let Some(threshold) = level.low_at.or(self.shelves().low_at)
            && was > threshold
            && level.available() <= threshold
        {
            level.event_seq += 1;
            let data =
                json!({ "sku": sku, "location": location, "available": level.available(), "threshold": threshold });
            self.event(format!("stock:{sku}@{location}"), level.event_seq, "stock.low", data);
        }
        self.put_level(level.clone());
        Ok(level)
    }

    pub fn event(&mut self, aggregate: String, aggregate_seq: u64, kind: &'static str, data: Value) {
        let request_id = self.envelope.actor.request_id.clone();
        self.effects.events.push(NewEvent {
            store: self.store(),
            aggregate,
            aggregate_seq,
            kind: kind.into(),
            request_id,
            data,
        });
    }

    /// An event of `order`, with its number and id added to `data`.
    pub fn order_event(&mut self, order: &mut Order, kind: &'static str, mut data: Value) {
        order.head.event_seq += 1;
        if let Value::Object(map) = &mut data {
            map.insert("order_id".to_owned(), json!(order.head.id));
            map.insert("number".to_owned(), json!(order.head.number.to_string()));
        }
        let request_id = self.envelope.actor.request_id.clone().or_else(|| order.head.request_id.clone());
        self.effects.events.push(NewEvent {
            store: self.store(),
            aggregate: format!("order:{}", order.head.id),
            aggregate_seq: order.head.event_seq,
            kind: kind.into(),
            request_id,
            data,
        });
    }

    /// Writes to the audit chain what staff, a key or an operator did; shoppers and the system are in the events.
    pub fn audit(&mut self, action: &'static str, subject: String, detail: String) {
        let actor = &self.envelope.actor.name;
        if actor == "system" || actor == "customer" {
            return;
        }
        let entry = NewAudit { store: self.store(), actor: actor.clone(), action, subject, detail };
        self.effects.audit.push(entry);
    }

    /// Moves `order` by the transition table. Whether anything changed; an unexpected pair is told as an event.
    pub fn advance(&mut self, order: &mut Order, event: PhaseEvent) -> bool {
        match order.head.phase.on(event) {
            Transition::Goto(phase) if phase == order.head.phase => false,
            Transition::Goto(phase) => {
                order.head.phase = phase;
                true
            }
            Transition::Stay => false,
            Transition::Unexpected => {
                let data = json!({ "phase": order.head.phase.name(), "event": format!("{event:?}") });
                self.order_event(order, "order.unexpected_transition", data);
                false
            }
        }
    }

    /// Gives back every unit that `order` still holds or has committed, and lets it wait for no more.
    pub fn release_holds(&mut self, order: &mut Order) -> Result<(), Failure> {
        let number = order.head.number;
        for hold in
            order.holds.iter_mut().filter(|h| h.state != HoldState::Released || planted(Mutant::CancelReleasesTwice))
        {
            let (kind, delta) = match hold.state {
                HoldState::Held | HoldState::Released => {
                    (MovementKind::Release, Delta { held: -hold.quantity, ..Delta::default() })
                }
                HoldState::Committed => {
                    (MovementKind::Uncommit, Delta { committed: -hold.quantity, ..Delta::default() })
                }
            };
            let (sku, location) = (hold.sku.clone(), hold.location.clone());
            hold.state = HoldState::Released;
            if hold.quantity > 0 {
                self.move_stock(&sku, &location, kind, delta, Some(number), None)?;
            }
        }
        for backorder in order.backorders.clone() {
            self.wait_less(order, &backorder.sku, backorder.quantity);
        }
        Ok(())
    }

    /// Where `quantity` units of `sku` can be taken from: one location when it can give all, several otherwise, those
    /// of the highest priority first.
    /// `None` when all of them together cannot.
    pub fn sources(&self, sku: &Sku, quantity: i64) -> Option<Vec<(String, i64)>> {
        let levels = self.serving_levels(sku);
        if planted(Mutant::StockCheckThenAct) {
            // Looks at what the batch loaded, not at what commands before this one have taken.
            return levels.first().map(|l| vec![(l.location.clone(), quantity)]).filter(|_| levels[0].on_hand > 0);
        }
        if let Some(level) = levels.iter().find(|l| l.available() >= quantity) {
            return Some(vec![(level.location.clone(), quantity)]);
        }
        let mut missing = quantity;
        let mut sources = Vec::new();
        for level in levels.iter().filter(|l| l.available() > 0) {
            let taken = level.available().min(missing);
            sources.push((level.location.clone(), taken));
            missing -= taken;
            if missing == 0 {
                return Some(sources);
            }
        }
        None
    }

    /// Takes `wanted` out of stock for an order, as holds in `state`; what is not there and may be owed is waited for.
    /// Nothing is taken when anything is short; then the short SKUs come back with what is available.
    pub fn take(&mut self, wanted: &[(Sku, i64)], state: HoldState, number: i64) -> Result<Taken, Failure> {
        let mut short = Vec::new();
        let mut plan = Vec::new();
        let mut later = Vec::new();
        for (sku, quantity) in wanted {
            let rule = self.rule(sku);
            // Those who wait come first: what is there for them is not there for anybody else.
            let given = if rule.is_some() { self.open_units(sku).min(*quantity) } else { *quantity };
            let missing = quantity - given;
            if missing > 0 && !rule.is_some_and(|r| r.allows(self.now, missing)) {
                short.push((sku.clone(), *quantity, given));
                continue;
            }
            match if given > 0 { self.sources(sku, given) } else { Some(Vec::new()) } {
                Some(sources) => plan.extend(sources.into_iter().map(|(location, n)| (sku.clone(), location, n))),
                None => {
                    short.push((sku.clone(), *quantity, self.there(sku)));
                    continue;
                }
            }
            if missing > 0 {
                later.push(Backorder { sku: sku.clone(), quantity: missing });
            }
        }
        if !short.is_empty() {
            return Ok(Err(short));
        }
        for backorder in &later {
            let mut rule = self.rule_or_new(&backorder.sku);
            rule.backordered += backorder.quantity;
            self.put_rule(rule);
        }
        Ok(Ok((self.set_aside(plan, state, number)?, later)))
    }

    /// Takes `quantity` units of `sku`, which are there, for an order that waits for them.
    pub fn take_there(
        &mut self,
        sku: &Sku,
        quantity: i64,
        state: HoldState,
        number: i64,
    ) -> Result<Result<Vec<Hold>, ()>, Failure> {
        let Some(sources) = self.sources(sku, quantity) else { return Ok(Err(())) };
        let plan = sources.into_iter().map(|(location, n)| (sku.clone(), location, n)).collect();
        self.set_aside(plan, state, number).map(Ok)
    }

    fn set_aside(
        &mut self,
        plan: Vec<(Sku, String, i64)>,
        state: HoldState,
        number: i64,
    ) -> Result<Vec<Hold>, Failure> {
        let mut holds = Vec::with_capacity(plan.len());
        for (sku, location, quantity) in plan {
            let (kind, delta) = match state {
                HoldState::Committed => (MovementKind::Commit, Delta { committed: quantity, ..Delta::default() }),
                _ => (MovementKind::Hold, Delta { held: quantity, ..Delta::default() }),
            };
            self.move_stock(&sku, &location, kind, delta, Some(number), None)?;
            holds.push(Hold { sku, location, state, quantity });
        }
        Ok(holds)
    }

    /// The answer that the placing of `order` was given, or is given by this very command. What is stored counts, not
    /// what the order would answer by now.
    pub fn told(&self, order: &Order) -> Option<contracts::ledger::StoredResponse> {
        let Some(key) = order.head.answer_to else { return order.placing_answer() };
        let changed = self.effects.idempotency.iter().find(|r| r.key == key);
        let row = changed.or_else(|| self.state.idempotency.get(&(self.store(), key)))?;
        let answer = row.answer.clone()?;
        Some(contracts::ledger::StoredResponse { status: answer.status, location: answer.location, body: answer.body })
    }

    /// Stores the answer that waits for `order`, once its fate can be told.
    pub fn answer(&mut self, order: &Order) {
        let Some(key) = order.head.answer_to else { return };
        let Some(row) = self.state.idempotency.get(&(self.store(), key)).filter(|r| r.answer.is_none()) else { return };
        let Some(mut response) = order.placing_answer() else { return };
        if planted(Mutant::ReplayStores5xx) && order.head.phase == Phase::Unknown {
            response.status = 500;
        }
        let row = crate::state::IdempotencyRow { answer: Some(super::stored(&response)), ..row.clone() };
        self.effects.idempotency.push(row);
    }
}

/// Quantities per SKU, repeated ones summed, in order of SKU.
pub(super) fn summed(lines: impl Iterator<Item = (Sku, i64)>) -> Vec<(Sku, i64)> {
    if planted(Mutant::BundleCheckedPerLine) {
        return lines.collect();
    }
    let mut sums = std::collections::BTreeMap::new();
    for (sku, quantity) in lines {
        *sums.entry(sku).or_insert(0_i64) += quantity;
    }
    sums.into_iter().collect()
}

/// 64 hexadecimal characters as bytes.
pub(crate) fn unhex(text: &str) -> Option<Hash> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).ok()?;
    }
    Some(bytes)
}

/// Bytes as hexadecimal characters.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}
