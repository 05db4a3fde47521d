//! The ledger in memory: the model against which SQL is tested, and the database of the simulator.
//!
//! It holds the same rows and refuses what the SQL constraints refuse. A "crash" keeps what was committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use contracts::event::Event;
use contracts::ledger::{Location, OrderFilter, StockFilter, StockItem};
use kernel::{
    CartId, Cursor, EventId, Failure, OrderId, Page, PageRequest, PersonId, Sku, StoreId, Timestamp, TransferId,
};
use parking_lot::Mutex;

use super::{CouponCount, Engine, EngineError, EventSpan, GiftCardSum, MovementSum, Reader};
use crate::order::{Order, Phase};
use crate::state::{
    AuditRow, Changes, ContactRow, Coupon, CouponUse, GiftCard, GiftCardEntry, Hash, IdempotencyRow, Keys, Meta,
    Movement, MovementKind, Parked, Person, Sales, Shelves, State, StockLevel, StockRule, Transfer, Waiting,
    WebhookRow,
};

/// The tables. Cloning copies them.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    pub meta: Meta,
    pub orders: BTreeMap<OrderId, Arc<Order>>,
    pub numbers: BTreeMap<i64, OrderId>,
    pub carts: BTreeMap<(StoreId, CartId, u64), OrderId>,
    pub due: BTreeSet<(Timestamp, OrderId)>,
    pub stock: BTreeMap<(StoreId, Sku, String), StockLevel>,
    pub movements: Vec<Movement>,
    pub coupons: BTreeMap<(StoreId, String), Coupon>,
    pub coupon_uses: BTreeMap<(StoreId, String, i64), CouponUse>,
    pub gift_cards: BTreeMap<(StoreId, Hash), GiftCard>,
    pub gift_card_entries: Vec<GiftCardEntry>,
    pub idempotency: BTreeMap<(StoreId, Hash), IdempotencyRow>,
    pub people: BTreeMap<(StoreId, PersonId), Person>,
    pub contacts: BTreeMap<i64, ContactRow>,
    pub events: BTreeMap<u64, Event>,
    pub event_keys: BTreeSet<(StoreId, String, u64)>,
    pub audit: Vec<AuditRow>,
    pub inbox: BTreeSet<(String, EventId)>,
    pub webhooks: BTreeMap<(StoreId, String, String), WebhookRow>,
    pub sales: BTreeMap<(StoreId, Sku), Sales>,
    pub cursors: BTreeMap<String, u64>,
    pub parked: BTreeMap<(String, u64), Parked>,
    pub locations: BTreeMap<(StoreId, String), Location>,
    pub low_at: BTreeMap<StoreId, Option<i64>>,
    pub transfers: BTreeMap<(StoreId, TransferId), Transfer>,
    pub rules: BTreeMap<(StoreId, Sku), StockRule>,
}

/// The engine and the reader over shared [`Tables`].
#[derive(Clone, Debug, Default)]
pub struct MemoryEngine {
    tables: Arc<Mutex<Tables>>,
}

impl MemoryEngine {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A copy of every row, for checks.
    #[must_use]
    pub fn tables(&self) -> Tables {
        self.tables.lock().clone()
    }

    /// Looks at the tables without copying them.
    pub fn with<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        look(&self.tables.lock())
    }
}

/// Orders that wait for a SKU and are loaded with it: one more than are served in one command.
pub(super) const WAITING: usize = crate::decide::backorder::SERVED_AT_ONCE + 1;

fn refuse(what: impl Into<String>) -> EngineError {
    EngineError::Failed(what.into())
}

impl Tables {
    /// What SQL refuses by CHECK and UNIQUE.
    fn check(&self, changes: &Changes) -> Result<(), EngineError> {
        for level in changes.stock.values() {
            if level.on_hand < 0 || level.held < 0 || level.committed < 0 || level.available() < 0 {
                return Err(refuse(format!("check failed: stock level of {}", level.sku)));
            }
            if level.low_at.is_some_and(|t| t < 0) {
                return Err(refuse(format!("check failed: threshold of {}", level.sku)));
            }
        }
        if changes.rules.values().any(|r| r.backordered < 0 || r.limit.is_some_and(|l| r.backordered > l)) {
            return Err(refuse("check failed: backordered units of a rule"));
        }
        if changes.orders.values().any(|(_, o)| o.backorders.iter().any(|b| b.quantity <= 0)) {
            return Err(refuse("check failed: a backorder"));
        }
        if changes.locations.values().any(|l| !(0..=1000).contains(&l.priority)) {
            return Err(refuse("check failed: priority of a location"));
        }
        for (_, order) in changes.orders.values() {
            let p = &order.payment;
            let given = p.refunded_minor + p.refund_pending_minor + p.disputed_minor;
            if p.refunded_minor < 0
                || p.refund_pending_minor < 0
                || given > p.captured_minor
                || p.captured_minor > p.authorised_minor
            {
                return Err(refuse(format!("check failed: payment of order {}", order.head.id)));
            }
            if order
                .lines
                .iter()
                .any(|l| l.shipped + l.cancelled > l.quantity || l.returned > l.shipped || l.refunded > l.quantity)
            {
                return Err(refuse(format!("check failed: lines of order {}", order.head.id)));
            }
            if occupies_cart(order) {
                let key = (order.head.store, order.head.cart, order.head.cart_version);
                let other = self.carts.get(&key).filter(|id| **id != order.head.id);
                let freed = other.and_then(|id| changes.orders.get(id)).is_some_and(|(_, o)| !occupies_cart(o));
                if other.is_some() && !freed {
                    return Err(refuse(format!("unique failed: cart {} version {}", key.1, key.2)));
                }
            }
        }
        if changes.coupons.values().any(|c| c.uses < 0 || c.limit.is_some_and(|l| c.uses > l)) {
            return Err(refuse("check failed: uses of a coupon"));
        }
        if changes.gift_cards.values().any(|c| c.balance_minor < 0) {
            return Err(refuse("check failed: balance of a gift card"));
        }
        if changes.inbox.iter().any(|k| self.inbox.contains(k)) {
            return Err(refuse("unique failed: inbox"));
        }
        let mut told = BTreeSet::new();
        for event in &changes.events {
            let key = (event.store, event.aggregate.clone(), event.aggregate_seq);
            if self.event_keys.contains(&key) || self.events.contains_key(&event.position) || !told.insert(key) {
                return Err(refuse(format!("unique failed: event {} of {}", event.aggregate_seq, event.aggregate)));
            }
        }
        Ok(())
    }

    fn shelves(&self, store: StoreId) -> Shelves {
        let locations = self.locations.range((store, String::new())..).take_while(|(k, _)| k.0 == store);
        let locations = locations.map(|(k, l)| (k.1.clone(), l.clone())).collect();
        Shelves { locations, low_at: self.low_at.get(&store).copied().flatten() }
    }

    /// The orders that have waited longest for `sku`.
    fn waiting(&self, store: StoreId, sku: &Sku) -> Waiting {
        let orders = self.numbers.iter().filter_map(|(number, id)| Some((*number, self.orders.get(id)?)));
        let orders = orders.filter(|(_, o)| o.head.store == store && o.backordered(sku) > 0);
        let mut orders: Vec<_> = orders.map(|(number, o)| (number, o.head.id)).take(WAITING + 1).collect();
        let more = orders.len() > WAITING;
        orders.truncate(WAITING);
        Waiting { orders: orders.into_iter().collect(), more }
    }

    fn store(&mut self, changes: &Changes) {
        if let Some(meta) = &changes.meta {
            self.meta = meta.clone();
        }
        for (before, order) in changes.orders.values() {
            let head = &order.head;
            if let Some(due) = before.as_ref().and_then(|b| b.head.due_at) {
                self.due.remove(&(due, head.id));
            }
            self.due.extend(head.due_at.map(|due| (due, head.id)));
            let key = (head.store, head.cart, head.cart_version);
            if occupies_cart(order) {
                self.carts.insert(key, head.id);
            } else if self.carts.get(&key) == Some(&head.id) {
                self.carts.remove(&key);
            }
            self.numbers.insert(head.number, head.id);
            self.orders.insert(head.id, Arc::clone(order));
        }
        extend(&mut self.stock, &changes.stock);
        self.movements.extend(changes.movements.iter().cloned());
        extend(&mut self.coupons, &changes.coupons);
        extend(&mut self.coupon_uses, &changes.coupon_uses);
        extend(&mut self.gift_cards, &changes.gift_cards);
        self.gift_card_entries.extend(changes.gift_card_entries.iter().cloned());
        extend(&mut self.idempotency, &changes.idempotency);
        extend(&mut self.people, &changes.people);
        extend(&mut self.sales, &changes.sales);
        extend(&mut self.locations, &changes.locations);
        extend(&mut self.low_at, &changes.low_at);
        extend(&mut self.transfers, &changes.transfers);
        extend(&mut self.rules, &changes.rules);
        self.contacts.extend(changes.contacts.iter().map(|c| (c.order, c.clone())));
        for event in &changes.events {
            self.event_keys.insert((event.store, event.aggregate.clone(), event.aggregate_seq));
            self.events.insert(event.position, event.clone());
        }
        self.audit.extend(changes.audit.iter().cloned());
        self.inbox.extend(changes.inbox.iter().cloned());
        self.webhooks.extend(changes.webhooks.iter().map(|w| ((w.store, w.provider.clone(), w.id.clone()), w.clone())));
        extend(&mut self.cursors, &changes.cursors);
        self.parked.extend(changes.parked.iter().map(|p| ((p.consumer.clone(), p.position), p.clone())));
        for key in &changes.unparked {
            self.parked.remove(key);
        }
    }
}

fn extend<K: Ord + Clone, V: Clone>(table: &mut BTreeMap<K, V>, rows: &BTreeMap<K, V>) {
    table.extend(rows.iter().map(|(k, v)| (k.clone(), v.clone())));
}

/// Whether the order is the one of its cart version (invariant I3).
fn occupies_cart(order: &Order) -> bool {
    !matches!(order.head.phase, Phase::Cancelling | Phase::Cancelled)
}

#[async_trait]
impl Engine for MemoryEngine {
    async fn begin(&mut self) -> Result<Meta, EngineError> {
        Ok(self.tables.lock().meta.clone())
    }

    async fn load(&mut self, keys: &Keys, state: &mut State) -> Result<(), EngineError> {
        let t = self.tables.lock();
        for (store, id) in &keys.orders {
            state.orders.extend(t.orders.get(id).filter(|o| o.head.store == *store).map(|o| (*id, Arc::clone(o))));
        }
        for (store, sku) in &keys.skus {
            let levels =
                t.stock.range((*store, sku.clone(), String::new())..).take_while(|(k, _)| k.0 == *store && k.1 == *sku);
            let levels: BTreeMap<_, _> = levels.map(|(k, l)| (k.2.clone(), l.clone())).collect();
            if !levels.is_empty() {
                state.stock.insert((*store, sku.clone()), levels);
            }
        }
        for store in keys.shelves.iter().chain(keys.skus.iter().map(|(store, _)| store)) {
            state.shelves.entry(*store).or_insert_with(|| Arc::new(t.shelves(*store)));
        }
        pick(&t.transfers, &keys.transfers, &mut state.transfers);
        pick(&t.rules, &keys.skus, &mut state.rules);
        for key in keys.skus.iter().filter(|k| t.rules.get(*k).is_some_and(|r| r.backordered > 0)) {
            state.waiting.insert(key.clone(), t.waiting(key.0, &key.1));
        }
        pick(&t.coupons, &keys.coupons, &mut state.coupons);
        pick(&t.coupon_uses, &keys.coupon_uses, &mut state.coupon_uses);
        pick(&t.gift_cards, &keys.gift_cards, &mut state.gift_cards);
        pick(&t.idempotency, &keys.idempotency, &mut state.idempotency);
        pick(&t.people, &keys.people, &mut state.people);
        pick(&t.sales, &keys.sales, &mut state.sales);
        for (store, cart) in &keys.carts {
            let orders = t.carts.range((*store, *cart, 0)..=(*store, *cart, u64::MAX));
            state.carts.insert((*store, *cart), orders.map(|(k, id)| (k.2, *id)).collect());
        }
        state.inbox.extend(keys.inbox.iter().filter(|k| t.inbox.contains(*k)).cloned());
        state.webhooks.extend(keys.webhooks.iter().filter(|k| t.webhooks.contains_key(*k)).cloned());
        Ok(())
    }

    async fn commit(&mut self, changes: &Changes) -> Result<(), EngineError> {
        let mut tables = self.tables.lock();
        if !kernel::mutant::any_planted() {
            tables.check(changes)?;
        }
        tables.store(changes);
        Ok(())
    }

    async fn rollback(&mut self) {}
}

fn pick<K: Ord + Clone, V: Clone>(table: &BTreeMap<K, V>, keys: &BTreeSet<K>, into: &mut BTreeMap<K, V>) {
    into.extend(keys.iter().filter_map(|k| Some((k.clone(), table.get(k)?.clone()))));
}

#[async_trait]
impl Reader for MemoryEngine {
    async fn order(&self, store: StoreId, id: OrderId) -> Result<Option<Arc<Order>>, Failure> {
        Ok(self.tables.lock().orders.get(&id).filter(|o| o.head.store == store).cloned())
    }

    async fn standing(&self, store: StoreId, id: OrderId) -> Result<Option<(Phase, Option<Timestamp>)>, Failure> {
        let t = self.tables.lock();
        Ok(t.orders.get(&id).filter(|o| o.head.store == store).map(|o| (o.head.phase, o.head.due_at)))
    }

    async fn orders(
        &self,
        store: StoreId,
        filter: &OrderFilter,
        page: &PageRequest,
    ) -> Result<Page<Arc<Order>>, Failure> {
        let before = before_number(page)?;
        let t = self.tables.lock();
        let matching = t.numbers.range(..before).rev().filter_map(|(_, id)| t.orders.get(id)).filter(|o| {
            o.head.store == store
                && filter.status.is_none_or(|s| o.status() == s)
                && filter.number.as_ref().is_none_or(|n| *n == o.head.number.to_string())
        });
        let found: Vec<_> = matching.take(page.limit as usize + 1).cloned().collect();
        Ok(paged(found, page.limit))
    }

    async fn order_events(&self, store: StoreId, id: OrderId) -> Result<Vec<Event>, Failure> {
        let aggregate = format!("order:{id}");
        let t = self.tables.lock();
        Ok(t.events.values().filter(|e| e.store == store && e.aggregate == aggregate).cloned().collect())
    }

    async fn order_history(
        &self,
        order: &Order,
        times: &BTreeSet<Timestamp>,
    ) -> Result<(Vec<Movement>, Vec<AuditRow>), Failure> {
        let (store, subject) = (order.head.store, order.head.id.to_string());
        let t = self.tables.lock();
        let moved = t.movements.iter().filter(|m| m.store == store && m.order == Some(order.head.number));
        let done = t.audit.iter().filter(|row| row.entry.store == store && row.entry.subject == subject);
        let mut moved: Vec<_> = moved.filter(|m| times.contains(&m.at)).cloned().collect();
        moved.sort_by(|a, b| (a.at, &a.sku, &a.location, a.seq).cmp(&(b.at, &b.sku, &b.location, b.seq)));
        Ok((moved, done.filter(|row| times.contains(&row.at)).cloned().collect()))
    }

    async fn contact(&self, store: StoreId, number: i64) -> Result<Option<(ContactRow, Person)>, Failure> {
        let t = self.tables.lock();
        let contact = t.contacts.get(&number).filter(|c| c.store == store);
        Ok(contact.and_then(|c| Some((c.clone(), t.people.get(&(store, c.person))?.clone()))))
    }

    async fn idempotency(&self, store: StoreId, key: Hash) -> Result<Option<IdempotencyRow>, Failure> {
        Ok(self.tables.lock().idempotency.get(&(store, key)).cloned())
    }

    async fn levels(&self, store: StoreId, sku: &Sku) -> Result<Vec<StockLevel>, Failure> {
        let t = self.tables.lock();
        let levels =
            t.stock.range((store, sku.clone(), String::new())..).take_while(|(k, _)| k.0 == store && k.1 == *sku);
        Ok(levels.map(|(_, l)| l.clone()).collect())
    }

    async fn stock(
        &self,
        store: StoreId,
        filter: &StockFilter,
        page: &PageRequest,
    ) -> Result<Page<StockItem>, Failure> {
        let after = after_level(page)?;
        let wanted = filter.q.as_ref().map(|q| q.to_ascii_lowercase());
        let t = self.tables.lock();
        let default = t.low_at.get(&store).copied().flatten();
        let levels = t.stock.values().filter(|l| l.store == store).map(|l| l.item(default)).filter(|l| {
            after.as_ref().is_none_or(|(sku, location)| (l.sku.as_str(), &l.location) > (sku.as_str(), location))
                && filter.location.as_ref().is_none_or(|at| *at == l.location)
                && wanted.as_ref().is_none_or(|q| l.sku.as_str().to_ascii_lowercase().contains(q))
                && (!filter.low || l.low)
        });
        let found: Vec<_> = levels.take(page.limit as usize + 1).collect();
        Ok(cut(found, page.limit, |l| Cursor::encode(&[l.sku.as_str(), &l.location])))
    }

    async fn shelves(&self, store: StoreId) -> Result<Shelves, Failure> {
        Ok(self.tables.lock().shelves(store))
    }

    async fn rule(&self, store: StoreId, sku: &Sku) -> Result<Option<StockRule>, Failure> {
        Ok(self.tables.lock().rules.get(&(store, sku.clone())).cloned())
    }

    async fn level_locations(&self, store: StoreId) -> Result<Vec<String>, Failure> {
        let t = self.tables.lock();
        let names: BTreeSet<_> = t.stock.keys().filter(|k| k.0 == store).map(|k| k.2.clone()).collect();
        Ok(names.into_iter().collect())
    }

    async fn transfers(&self, store: StoreId, page: &PageRequest) -> Result<Page<Transfer>, Failure> {
        let before = before_transfer(page)?;
        let t = self.tables.lock();
        let range = t.transfers.iter().rev().filter(|(k, _)| k.0 == store && before.is_none_or(|id| k.1 < id));
        let found: Vec<_> = range.map(|(_, t)| t.clone()).take(page.limit as usize + 1).collect();
        Ok(cut(found, page.limit, |t| Cursor::encode(&[&t.id.to_string()])))
    }

    async fn coupon(&self, store: StoreId, code: &str) -> Result<Option<Coupon>, Failure> {
        Ok(self.tables.lock().coupons.get(&(store, code.to_owned())).cloned())
    }

    async fn gift_card(&self, store: StoreId, code_hash: Hash) -> Result<Option<GiftCard>, Failure> {
        Ok(self.tables.lock().gift_cards.get(&(store, code_hash)).cloned())
    }

    async fn sales(&self, store: StoreId) -> Result<Vec<Sales>, Failure> {
        Ok(self.tables.lock().sales.values().filter(|s| s.store == store).cloned().collect())
    }

    async fn events(&self, store: Option<StoreId>, after: u64, limit: u32) -> Result<Vec<Event>, Failure> {
        let t = self.tables.lock();
        let events =
            t.events.range(after.saturating_add(1)..).map(|(_, e)| e).filter(|e| store.is_none_or(|s| e.store == s));
        Ok(events.take(limit as usize).cloned().collect())
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, OrderId)>, Failure> {
        let t = self.tables.lock();
        let due = t.due.iter().take_while(|(at, _)| *at <= now).take(limit as usize);
        Ok(due.filter_map(|(_, id)| Some((t.orders.get(id)?.head.store, *id))).collect())
    }

    async fn cursor(&self, consumer: &str) -> Result<u64, Failure> {
        Ok(self.tables.lock().cursors.get(consumer).copied().unwrap_or(0))
    }

    async fn parked(&self, consumer: &str) -> Result<Vec<Parked>, Failure> {
        Ok(self.tables.lock().parked.values().filter(|p| p.consumer == consumer).cloned().collect())
    }

    async fn scan_orders(&self, after: i64, limit: u32) -> Result<Vec<Arc<Order>>, Failure> {
        let t = self.tables.lock();
        let found = t.numbers.range(after.saturating_add(1)..).take(limit as usize);
        Ok(found.filter_map(|(_, id)| t.orders.get(id).cloned()).collect())
    }

    async fn all_levels(&self) -> Result<Vec<StockLevel>, Failure> {
        Ok(self.tables.lock().stock.values().cloned().collect())
    }

    async fn movement_sums(&self) -> Result<Vec<MovementSum>, Failure> {
        let t = self.tables.lock();
        let mut sums: BTreeMap<(StoreId, Sku, String), MovementSum> = BTreeMap::new();
        for m in &t.movements {
            let key = (m.store, m.sku.clone(), m.location.clone());
            let sum = sums.entry(key).or_insert_with(|| MovementSum {
                store: m.store,
                sku: m.sku.clone(),
                location: m.location.clone(),
                on_hand: 0,
                held: 0,
                committed: 0,
                count: 0,
                last_seq: 0,
            });
            sum.on_hand += m.on_hand;
            sum.held += m.held;
            sum.committed += m.committed;
            sum.count += 1;
            sum.last_seq = sum.last_seq.max(m.seq);
        }
        Ok(sums.into_values().collect())
    }

    async fn preorders_over(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, Sku)>, Failure> {
        let t = self.tables.lock();
        let mut over: Vec<_> = t.rules.values().filter_map(|r| Some((r.until?, r.store, &r.sku))).collect();
        over.retain(|(until, ..)| *until <= now);
        over.sort_unstable();
        Ok(over.into_iter().take(limit as usize).map(|(_, store, sku)| (store, sku.clone())).collect())
    }

    async fn all_rules(&self) -> Result<Vec<StockRule>, Failure> {
        Ok(self.tables.lock().rules.values().cloned().collect())
    }

    async fn all_transfers(&self) -> Result<Vec<Transfer>, Failure> {
        Ok(self.tables.lock().transfers.values().cloned().collect())
    }

    async fn transferred(&self) -> Result<Vec<(StoreId, Sku, i64)>, Failure> {
        let t = self.tables.lock();
        let mut sums: BTreeMap<(StoreId, Sku), i64> = BTreeMap::new();
        let moved = |m: &&Movement| matches!(m.kind, MovementKind::TransferOut | MovementKind::TransferIn);
        for m in t.movements.iter().filter(moved) {
            *sums.entry((m.store, m.sku.clone())).or_default() += m.on_hand;
        }
        Ok(sums.into_iter().map(|((store, sku), sum)| (store, sku, sum)).collect())
    }

    async fn coupon_counts(&self) -> Result<Vec<CouponCount>, Failure> {
        let t = self.tables.lock();
        let count =
            |c: &Coupon| t.coupon_uses.values().filter(|u| u.active && u.store == c.store && u.code == c.code).count();
        Ok(t.coupons.values().map(|c| CouponCount { coupon: c.clone(), active_uses: count(c) as i64 }).collect())
    }

    async fn gift_card_sums(&self) -> Result<Vec<GiftCardSum>, Failure> {
        let t = self.tables.lock();
        let sum = |card: &GiftCard| {
            let entries = t.gift_card_entries.iter().filter(|e| e.store == card.store && e.code_hash == card.code_hash);
            entries.fold((0, 0), |(sum, count), e| (sum + e.delta_minor, count + 1))
        };
        let sums = t.gift_cards.values().map(|card| {
            let (sum_minor, count) = sum(card);
            GiftCardSum { card: card.clone(), sum_minor, count }
        });
        Ok(sums.collect())
    }

    async fn event_spans(&self) -> Result<Vec<EventSpan>, Failure> {
        let t = self.tables.lock();
        let mut spans: BTreeMap<(&str, StoreId), EventSpan> = BTreeMap::new();
        for e in t.events.values() {
            let span = spans.entry((&e.aggregate, e.store)).or_insert_with(|| EventSpan {
                aggregate: e.aggregate.clone(),
                count: 0,
                first: u64::MAX,
                last: 0,
            });
            span.count += 1;
            span.first = span.first.min(e.aggregate_seq);
            span.last = span.last.max(e.aggregate_seq);
        }
        Ok(spans.into_values().collect())
    }

    async fn last_position(&self) -> Result<u64, Failure> {
        Ok(self.tables.lock().events.last_key_value().map_or(0, |(position, _)| *position))
    }

    async fn event_count(&self) -> Result<(u64, u64), Failure> {
        let t = self.tables.lock();
        Ok((t.events.len() as u64, t.events.last_key_value().map_or(0, |(p, _)| *p)))
    }

    async fn inbox_count(&self, consumer: &str) -> Result<u64, Failure> {
        Ok(self.tables.lock().inbox.iter().filter(|(c, _)| c == consumer).count() as u64)
    }

    async fn audit(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, Failure> {
        Ok(self.tables.lock().audit.iter().filter(|a| a.seq > after).take(limit as usize).cloned().collect())
    }

    async fn bad_idempotency(&self) -> Result<Vec<String>, Failure> {
        let t = self.tables.lock();
        let bad = t.idempotency.values().filter_map(|row| match (&row.answer, row.order) {
            (Some(answer), _) if answer.status >= 500 => {
                Some(format!("an answer of status {} is stored", answer.status))
            }
            (None, Some(id)) => {
                let decided = t.orders.get(&id).is_some_and(|o| o.head.phase != Phase::Placing);
                decided.then(|| format!("the request of order {id} has no answer although the order is decided"))
            }
            _ => None,
        });
        Ok(bad.collect())
    }
}

/// The number that a page of orders, newest first, ends before.
pub(super) fn before_number(page: &PageRequest) -> Result<i64, Failure> {
    let Some(cursor) = &page.cursor else { return Ok(i64::MAX) };
    let parts = Cursor::decode(cursor, 1)?;
    parts[0].parse().map_err(|_| Failure::invalid("invalid_cursor", "This cursor was not made by this list."))
}

/// The SKU and location that a page of levels begins behind.
pub(super) fn after_level(page: &PageRequest) -> Result<Option<(String, String)>, Failure> {
    let Some(cursor) = &page.cursor else { return Ok(None) };
    let mut parts = Cursor::decode(cursor, 2)?.into_iter();
    Ok(parts.next().zip(parts.next()))
}

/// The transfer that a page of them, latest first, ends before.
pub(super) fn before_transfer(page: &PageRequest) -> Result<Option<TransferId>, Failure> {
    let Some(cursor) = &page.cursor else { return Ok(None) };
    let invalid = || Failure::invalid("invalid_cursor", "This cursor was not made by this list.");
    Cursor::decode(cursor, 1)?[0].parse().map(Some).map_err(|_| invalid())
}

/// A page out of one row more than it may have, with the cursor of its last row.
pub(super) fn cut<T>(mut found: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Page<T> {
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor = found.last().filter(|_| more).map(|last| cursor(last).as_str().to_owned());
    Page { items: found, next_cursor }
}

/// A page out of one row more than it may have.
pub(super) fn paged(mut found: Vec<Arc<Order>>, limit: u32) -> Page<Arc<Order>> {
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_cursor =
        found.last().filter(|_| more).map(|o| Cursor::encode(&[&o.head.number.to_string()]).as_str().to_owned());
    Page { items: found, next_cursor }
}
