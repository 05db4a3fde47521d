//! Two engines under the same random commands: every answer and every row read must be the same.

use std::sync::Arc;

use contracts::ledger::{
    CountRequest, CountedSku, LineQuantity, Location, OrderFilter, Oversell, ReceiveTransfer, RefundRequest, SetBundle,
    SetPolicy, SetThreshold, ShipmentRequest, StockFilter, StockQuantity, StockSettings, TransferRequest,
};
use contracts::payment::{ProviderStatus, RefundStatus};
use contracts::saga::{GiftCardTender, Observation};
use kernel::{
    CartId, Currency, EventId, Money, OrderId, PageRequest, PersonId, RefundId, ReturnId, Rng, SeededRng, SharedRng,
    ShipmentId, StoreId, Timestamp, TransferId,
};
use serde_json::json;

use super::sample::{Draft, added, by_shopper, by_staff, hash, payment, refund, sku, uuid};
use super::{moment, other_store, transact};
use crate::decide::{Command, ConsumerEffect, EditCommand, Envelope};
use crate::engine::{Engine, Reader};
use crate::state::Parked;

/// An engine, the reader beside it, and the chance that its events draw their ids from.
pub struct Side {
    pub engine: Box<dyn Engine>,
    pub reader: Arc<dyn Reader>,
}

/// What a sequence of batches did, so that a test can see that it was not idle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: u64,
    pub rejected: u64,
    /// Batches that both engines refused to store.
    pub refused: u64,
}

struct World {
    dice: SeededRng,
    now: Timestamp,
    /// Placed orders, and what their payment is about.
    orders: Vec<Draft>,
    drafts: u64,
    transfers: Vec<(StoreId, TransferId)>,
}

/// Runs `batches` random batches against both sides, which are empty, and compares them.
///
/// # Panics
/// At the first difference, naming the seed and the batch.
pub async fn lockstep(mut model: Side, mut other: Side, seed: u64, batches: u64) -> Tally {
    let mut world =
        World { dice: SeededRng::new(seed), now: moment(0), orders: Vec::new(), drafts: 0, transfers: Vec::new() };
    let chance: [SharedRng; 2] = [Arc::new(SeededRng::new(seed)), Arc::new(SeededRng::new(seed))];
    let mut tally = Tally::default();
    for batch in 0..batches {
        let envelopes = world.batch(batch);
        let expected = transact(model.engine.as_mut(), &envelopes, world.now, &chance[0]).await;
        let found = transact(other.engine.as_mut(), &envelopes, world.now, &chance[1]).await;
        match (expected, found) {
            (Ok(expected), Ok(found)) => {
                assert_eq!(format!("{expected:?}"), format!("{found:?}"), "seed {seed}, batch {batch}: {envelopes:?}");
                let good = expected.iter().filter(|r| r.is_ok()).count() as u64;
                tally.accepted += good;
                tally.rejected += expected.len() as u64 - good;
            }
            (Err(_), Err(_)) => tally.refused += 1,
            (expected, found) => {
                panic!("seed {seed}, batch {batch}: one stored it: {expected:?}, {found:?} of {envelopes:?}")
            }
        }
    }
    let (expected, found) =
        (read_all(model.reader.as_ref(), &world).await, read_all(other.reader.as_ref(), &world).await);
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(expected, found, "seed {seed}");
    }
    tally
}

impl World {
    fn below(&self, bound: u64) -> u64 {
        self.dice.below(bound)
    }

    fn quantity(&self) -> u32 {
        u32::try_from(1 + self.below(3)).unwrap()
    }

    fn store(&self) -> StoreId {
        if self.below(6) == 0 { other_store() } else { StoreId::DEFAULT }
    }

    fn batch(&mut self, batch: u64) -> Vec<Envelope> {
        // Mostly seconds; at times long enough for holds, and seldom for idempotency keys, to expire.
        let step = match self.below(20) {
            0 => 40 * 86_400,
            1..4 => 20 * 60,
            _ => 1,
        };
        self.now = self.now.plus_secs(step);
        if batch == 0 {
            return self.opening();
        }
        (0..1 + self.below(8)).map(|_| self.envelope()).collect()
    }

    /// Something to sell, and something to pay with.
    fn opening(&mut self) -> Vec<Envelope> {
        let mut envelopes = Vec::new();
        for store in [StoreId::DEFAULT, other_store()] {
            for n in 0..4 {
                let location = if n % 2 == 0 { "main" } else { "attic" }.to_owned();
                let on_hand = 2 + self.below(12).cast_signed();
                envelopes.push(by_staff(store, Command::SetStock { sku: sku(n), location, on_hand }, None));
            }
            let limit = Some(1 + self.below(4).cast_signed());
            let customer_limit = (self.below(2) == 0).then(|| 1 + self.below(2).cast_signed());
            let coupon = Command::LimitCoupon { code: "TEN".to_owned(), limit, customer_limit };
            envelopes.push(by_staff(store, coupon, None));
            envelopes.push(by_staff(store, gift_card(1), None));
        }
        envelopes
    }

    fn envelope(&mut self) -> Envelope {
        let key = (self.below(3) > 0).then(|| self.below(60));
        match self.below(12) {
            10 | 11 => {
                let store = self.store();
                self.inventory(store, key)
            }
            0..3 => self.place(key),
            3..8 if !self.orders.is_empty() => self.order_command(key),
            _ => self.other_command(key),
        }
    }

    fn place(&mut self, key: Option<u64>) -> Envelope {
        let again = self.below(8) == 0 && !self.orders.is_empty();
        if again {
            let draft = &self.orders[self.below(self.orders.len() as u64) as usize];
            return by_shopper(draft.store, draft.command(), key);
        }
        self.drafts += 1;
        let store = self.store();
        let mut draft = Draft::new(store, self.drafts, sku(self.below(4)), self.quantity());
        draft.cart = CartId::from_uuid(uuid(1, self.below(12)));
        draft.cart_version = 1 + self.below(3);
        if self.below(2) == 0 {
            let pick = [0, 1, 2, 3, 5][self.below(5) as usize];
            draft.lines.push((sku(pick), self.quantity(), 999));
        }
        if self.below(3) == 0 {
            draft.coupons.push("TEN".to_owned());
        }
        match self.below(6) {
            0 => draft.gift_cards.push(GiftCardTender { code_hash: hash(1, 1), amount_minor: 100 }),
            1 => {
                // Paid by gift card alone: there is nothing to ask the provider for.
                let amount_minor = draft.due();
                draft.gift_cards.push(GiftCardTender { code_hash: hash(1, 1), amount_minor });
            }
            _ => {}
        }
        let envelope = by_shopper(store, draft.command(), key);
        self.orders.push(draft);
        envelope
    }

    fn order_command(&mut self, key: Option<u64>) -> Envelope {
        let recent = (self.orders.len() as u64).min(8);
        let draft = self.orders[self.orders.len() - 1 - self.below(recent) as usize].clone();
        let order = draft.order;
        let command = match self.below(16) {
            14 | 15 => self.edit(&draft),
            0..6 => return by_shopper(draft.store, Command::Record { order, seen: self.seen(&draft) }, None),
            6 => return by_shopper(draft.store, Command::Wake { order }, None),
            7 => Command::Cancel { order, reason: "changed my mind".to_owned() },
            8 | 9 => Command::Ship {
                order,
                shipment: ShipmentId::from_uuid(uuid(4, self.dice.next_u64())),
                request: self.shipment(),
            },
            10 => {
                Command::Refund { order, refund: RefundId::from_uuid(uuid(5, self.below(40))), request: self.refund() }
            }
            11 => Command::RequestReturn {
                order,
                id: ReturnId::from_uuid(uuid(6, self.dice.next_u64())),
                lines: self.lines(),
                reason: "too small".to_owned(),
            },
            12 => Command::Note { order, text: "called".to_owned() },
            _ => Command::Deliver { order, shipment: ShipmentId::from_uuid(uuid(4, self.below(40))) },
        };
        // At times for the wrong store, which has no such order.
        let store = if self.below(20) == 0 { self.store() } else { draft.store };
        by_staff(store, command, key)
    }

    fn lines(&self) -> Vec<LineQuantity> {
        vec![LineQuantity { line: 1, quantity: self.quantity() }]
    }

    fn shipment(&self) -> ShipmentRequest {
        let lines = (self.below(2) == 0).then(|| self.lines());
        ShipmentRequest { lines, carrier: Some("DHL".to_owned()), ..ShipmentRequest::default() }
    }

    fn refund(&self) -> RefundRequest {
        let amount = Money::new(1 + self.below(9_000).cast_signed(), Currency::EUR);
        match self.below(3) {
            0 => RefundRequest { amount: Some(amount), reason: "late".to_owned(), ..RefundRequest::default() },
            1 => RefundRequest { lines: Some(self.lines()), restock: self.below(2) == 0, ..RefundRequest::default() },
            _ => RefundRequest::default(),
        }
    }

    fn edit(&self, draft: &Draft) -> Command {
        let quantity = u32::try_from(self.below(4)).unwrap();
        let line = 1 + u32::try_from(self.below(2)).unwrap();
        let more = sku(self.below(5));
        let edit = EditCommand {
            lines: vec![LineQuantity { line, quantity }],
            added: if self.below(3) == 0 { vec![added(more, self.quantity())] } else { Vec::new() },
            sealed_contact: (self.below(3) == 0).then(|| vec![7; 40]),
            expected_total: None,
            reason: "called".to_owned(),
        };
        let refund = RefundId::from_uuid(uuid(5, self.dice.next_u64()));
        Command::Edit { order: draft.order, refund, edit: Box::new(edit) }
    }

    fn seen(&self, draft: &Draft) -> Observation {
        let attempt = 1;
        let status = match self.below(16) {
            0 => return Observation::Missing { attempt },
            1 => return Observation::Unanswered { attempt },
            2 => return Observation::Refused { attempt, why: "closed".to_owned() },
            3 | 4 => {
                let status = if self.below(3) == 0 { RefundStatus::Failed } else { RefundStatus::Succeeded };
                let id = RefundId::from_uuid(uuid(5, self.below(40)));
                return Observation::Refund { refund: id, seen: refund(draft.order, status, 1) };
            }
            5 => ProviderStatus::Processing,
            6 => ProviderStatus::RequiresAction,
            7 => ProviderStatus::Declined,
            8 => ProviderStatus::Voided,
            9..12 => ProviderStatus::Authorised,
            _ => ProviderStatus::Captured,
        };
        let off = i64::from(self.below(30) == 0);
        Observation::Payment { attempt, payment: payment(draft.order, status, draft.due() - off, self.below(6)) }
    }

    fn other_command(&mut self, key: Option<u64>) -> Envelope {
        let store = self.store();
        let name = |n| if n == 0 { "main" } else { "attic" }.to_owned();
        let (item, location) = (sku(self.below(5)), name(self.below(2)));
        let event = EventId::from_uuid(uuid(7, self.below(30)));
        let position = self.below(20);
        let command = match self.below(14) {
            0..3 => Command::SetStock { sku: item, location, on_hand: self.below(15).cast_signed() },
            3..5 => {
                let delta = self.below(9).cast_signed() - 4;
                let command = Command::AdjustStock { sku: item, location, delta, reason: "counted".to_owned() };
                return by_staff(store, command, key);
            }
            5 => Command::PutCoupon {
                code: "TEN".to_owned(),
                limit: (self.below(4) > 0).then(|| self.below(5).cast_signed()),
            },
            6 => gift_card(1 + self.below(2)),
            7 => Command::ReceiveWebhook { provider: "test".to_owned(), id: format!("evt_{position}"), order: None },
            8 => Command::Consume {
                consumer: "sales".to_owned(),
                event,
                effect: ConsumerEffect::Sales(vec![(item, 2), (sku(1), -1)]),
            },
            9 => Command::Consume { consumer: "feed".to_owned(), event, effect: self.feed() },
            10 => {
                Command::Advance { consumer: "mail".to_owned(), position, parked: vec![self.parked(position, event)] }
            }
            11 => Command::Repark { parked: self.parked(position, event) },
            12 => Command::Unpark { consumer: "mail".to_owned(), position },
            _ => Command::Erase { person: PersonId::from_uuid(uuid(2, 1 + self.below(20))) },
        };
        by_staff(store, command, None)
    }

    fn inventory(&mut self, store: StoreId, key: Option<u64>) -> Envelope {
        let name = |n| ["main", "attic", "yard"][n as usize].to_owned();
        let (from, to) = (name(self.below(3)), name(self.below(3)));
        let sku = sku(self.below(4));
        let units = 1 + self.below(3).cast_signed();
        let lines = vec![StockQuantity { sku: sku.clone(), quantity: units }];
        let id = TransferId::from_uuid(uuid(11, self.below(12)));
        let command = match self.below(9) {
            6 | 7 => {
                let policy = [Oversell::Deny, Oversell::Backorder, Oversell::Preorder][self.below(3) as usize];
                let limit = (policy != Oversell::Deny && self.below(2) == 0).then_some(3 * units);
                Command::PutPolicy { sku, request: SetPolicy { policy, limit, until: None } }
            }
            8 => {
                let components = if self.below(3) == 0 { Vec::new() } else { lines };
                Command::PutBundle { sku: self::sku(5), request: SetBundle { components } }
            }
            0 => {
                let (priority, active) = (self.below(4).cast_signed(), self.below(4) > 0);
                Command::PutLocation(Location { priority, active, ..Location::undescribed(&from) })
            }
            1 => {
                let threshold = (self.below(3) > 0).then(|| self.below(5).cast_signed());
                Command::SetThreshold { sku, request: SetThreshold { location: from, threshold } }
            }
            2 => Command::PutStockSettings(StockSettings { low_stock_threshold: Some(units) }),
            3 => {
                let lines = vec![CountedSku { sku, on_hand: 4 + units }];
                return by_staff(
                    store,
                    Command::CountStock(CountRequest { location: from, lines, reason: "q".to_owned() }),
                    key,
                );
            }
            4 => {
                let in_transit = self.below(2) == 0;
                // A new one each time: no two transfers have the same id.
                let id = TransferId::from_uuid(uuid(11, self.dice.next_u64() >> 1 | u64::from(in_transit)));
                self.transfers.push((store, id));
                let request = TransferRequest { from, to, lines, reason: "r".to_owned(), in_transit };
                return by_staff(store, Command::Transfer { id, request }, key);
            }
            _ => {
                let (store, id) = self.transfers.last().copied().unwrap_or((store, id));
                let lines = (self.below(2) == 0).then_some(lines);
                let request = ReceiveTransfer { lines, close: self.below(3) == 0 };
                return by_staff(store, Command::ReceiveTransfer { id, request }, key);
            }
        };
        by_staff(store, command, None)
    }

    /// An event of another outbox; at times one whose number is taken, which no engine may store.
    fn feed(&self) -> ConsumerEffect {
        ConsumerEffect::Feed {
            aggregate: format!("product:{}", self.below(3)),
            aggregate_seq: 1 + self.below(5),
            kind: "product.changed".to_owned(),
            request_id: None,
            data: json!({ "n": self.below(9) }),
        }
    }

    fn parked(&self, position: u64, event: EventId) -> Parked {
        Parked {
            consumer: "mail".to_owned(),
            position,
            event,
            aggregate: "product:1".to_owned(),
            tries: u32::try_from(self.below(5)).unwrap(),
            next_at: self.now,
            dead: self.below(2) == 0,
        }
    }
}

fn gift_card(n: u64) -> Command {
    Command::IssueGiftCard { code_hash: hash(1, n), code: format!("GC{n}"), balance: Money::new(30_000, Currency::EUR) }
}

/// Everything a reader can tell, as texts to compare.
async fn read_all(reader: &dyn Reader, world: &World) -> Vec<String> {
    let mut read = Vec::new();
    let mut tell = |what: &str, rows: &dyn std::fmt::Debug| read.push(format!("{what}: {rows:?}"));
    let all = PageRequest { limit: 10_000, cursor: None };
    tell("scan", &reader.scan_orders(0, 10_000).await.unwrap());
    for store in [StoreId::DEFAULT, other_store()] {
        tell("orders", &reader.orders(store, &OrderFilter::default(), &all).await.unwrap());
        tell("sales", &reader.sales(store).await.unwrap());
        tell("shelves", &reader.shelves(store).await.unwrap());
        tell("locations", &reader.level_locations(store).await.unwrap());
        tell("transfers", &reader.transfers(store, &PageRequest { limit: 5, cursor: None }).await.unwrap());
        for low in [false, true] {
            let filter = StockFilter { location: None, low, q: Some("run-0".to_owned()) };
            let first = reader.stock(store, &filter, &PageRequest { limit: 3, cursor: None }).await.unwrap();
            let second = PageRequest { limit: 100, cursor: first.next_cursor.clone() };
            tell("stock", &(first, reader.stock(store, &filter, &second).await.unwrap()));
        }
        tell("coupon", &reader.coupon(store, "TEN").await.unwrap());
        tell("events", &reader.events(Some(store), 3, 10_000).await.unwrap());
        for n in 0..3 {
            tell("gift card", &reader.gift_card(store, hash(1, n)).await.unwrap());
        }
        for n in 0..6 {
            tell("levels", &reader.levels(store, &sku(n)).await.unwrap());
            tell("rule", &reader.rule(store, &sku(n)).await.unwrap());
        }
        for n in 0..60 {
            tell("idempotency", &reader.idempotency(store, hash(7, n)).await.unwrap());
        }
        for number in 0..=world.drafts.cast_signed() {
            tell("contact", &reader.contact(store, number).await.unwrap());
        }
        for draft in &world.orders {
            let id: OrderId = draft.order;
            tell("order", &reader.order(store, id).await.unwrap());
            tell("order events", &reader.order_events(store, id).await.unwrap());
        }
    }
    // Which of those due at the same moment comes first is the engine's choice.
    let mut due = reader.due(world.now.plus_secs(86_400), 10_000).await.unwrap();
    due.sort_unstable();
    tell("due", &due);
    tell("cursor", &reader.cursor("mail").await.unwrap());
    tell("parked", &reader.parked("mail").await.unwrap());
    tell("events", &reader.events(None, 0, 10_000).await.unwrap());
    tell("levels", &reader.all_levels().await.unwrap());
    tell("movements", &reader.movement_sums().await.unwrap());
    tell("rules", &reader.all_rules().await.unwrap());
    tell("all transfers", &reader.all_transfers().await.unwrap());
    tell("transferred", &reader.transferred().await.unwrap());
    tell("coupons", &reader.coupon_counts().await.unwrap());
    tell("gift cards", &reader.gift_card_sums().await.unwrap());
    let mut spans = reader.event_spans().await.unwrap();
    spans.sort_by(|a, b| (&a.aggregate, a.count, a.last).cmp(&(&b.aggregate, b.count, b.last)));
    tell("spans", &spans);
    tell("event count", &reader.event_count().await.unwrap());
    tell("inbox", &reader.inbox_count("sales").await.unwrap());
    tell("audit", &reader.audit(2, 10_000).await.unwrap());
    tell("bad requests", &reader.bad_idempotency().await.unwrap());
    read
}
