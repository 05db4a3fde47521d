//! What every engine must do, told as tests that run against any of them. An engine that has not passed them does not
//! exist.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)] // A test suite: a panic is how it says no.

pub mod lockstep;
pub mod sample;

use std::sync::Arc;

use contracts::event::Event;
use contracts::ledger::{LineQuantity, OrderFilter, OrderStatus, RefundRequest, ShipmentRequest};
use contracts::payment::ProviderStatus;
use contracts::saga::{GiftCardTender, Observation};
use kernel::{
    CartId, EventId, Failure, OrderId, PageRequest, PersonId, RefundId, ReturnId, SeededRng, SharedRng, ShipmentId,
    StoreId, Timestamp,
};
use serde_json::json;

use super::{Engine, EngineError, Reader};
use crate::batcher::apply;
use crate::decide::{Command, EditCommand, Envelope, Reply, add_keys, add_related, decide};
use crate::order::{Order, Phase};
use crate::state::{
    AuditRow, Changes, Coupon, CouponUse, GiftCard, GiftCardEntry, IdempotencyRow, Keys, MovementKind, NewAuditOwned,
    Parked, Sales, State, StockLevel, StockRule, StoredAnswer, WebhookRow,
};
use sample::{Draft, added, by_shopper, by_staff, hash, payment, sku, uuid};

const STORE: StoreId = StoreId::DEFAULT;

fn other_store() -> StoreId {
    StoreId::from_uuid(uuid(9, 9))
}

/// A moment, `seconds` after the suite's first.
fn moment(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000).plus_secs(seconds)
}

/// Loads what `envelopes` need, decides them one after the other and gives what is to be stored, as the batcher does.
///
/// # Errors
/// When the engine cannot load.
pub async fn decide_batch(
    engine: &mut dyn Engine,
    envelopes: &[Envelope],
    now: Timestamp,
    rng: &SharedRng,
) -> Result<(Changes, Vec<Result<Reply, Failure>>), EngineError> {
    let mut state = State { meta: engine.begin().await?, ..State::default() };
    let mut loaded = Keys::default();
    loop {
        let mut wanted = Keys::default();
        for envelope in envelopes {
            add_keys(&state, envelope, &mut wanted);
        }
        add_related(&state, &mut wanted);
        wanted.subtract(&loaded);
        if wanted.is_empty() {
            break;
        }
        engine.load(&wanted, &mut state).await?;
        loaded.extend(wanted);
    }
    let mut changes = Changes::default();
    let mut replies = Vec::with_capacity(envelopes.len());
    for envelope in envelopes {
        let (effects, reply) = decide(&state, envelope, now);
        apply(&mut state, &mut changes, effects, now, rng);
        replies.push(reply);
    }
    Ok((changes, replies))
}

/// Runs `envelopes` as one batch.
///
/// # Errors
/// When the engine cannot load or refuses to store.
pub async fn transact(
    engine: &mut dyn Engine,
    envelopes: &[Envelope],
    now: Timestamp,
    rng: &SharedRng,
) -> Result<Vec<Result<Reply, Failure>>, EngineError> {
    let (changes, replies) = decide_batch(engine, envelopes, now, rng).await?;
    if changes.is_empty() {
        engine.rollback().await;
    } else {
        engine.commit(&changes).await?;
    }
    Ok(replies)
}

/// An engine under test.
struct Suite {
    engine: Box<dyn Engine>,
    reader: Arc<dyn Reader>,
    rng: SharedRng,
}

/// Runs the whole suite. The engine is empty, and is left with rows in it.
pub async fn run(engine: Box<dyn Engine>, reader: Arc<dyn Reader>) {
    let mut suite = Suite { engine, reader, rng: Arc::new(SeededRng::new(7)) };
    suite.keys_without_rows_add_nothing().await;
    suite.an_order_is_read_as_it_was_written().await;
    suite.vouchers_people_and_requests_are_read_as_they_were_written().await;
    suite.events_and_consumers_are_read_as_they_were_written().await;
    suite.a_rollback_leaves_nothing().await;
    suite.constraints_refuse_and_leave_nothing().await;
    suite.a_cart_version_has_one_order().await;
    suite.stores_are_apart().await;
    suite.orders_come_in_pages().await;
    suite.due_orders_come_in_time().await;
    suite.sums_agree_with_rows().await;
    suite.what_moved_for_an_order_is_found_by_time().await;
}

impl Suite {
    async fn ask(&mut self, at: i64, envelopes: &[Envelope]) -> Vec<Reply> {
        let replies = transact(self.engine.as_mut(), envelopes, moment(at), &self.rng).await.unwrap();
        replies.into_iter().map(Result::unwrap).collect()
    }

    async fn stock(&mut self, store: StoreId, n: u64, on_hand: i64) {
        let command = Command::SetStock { sku: sku(n), location: "main".to_owned(), on_hand };
        self.ask(0, &[by_staff(store, command, None)]).await;
    }

    async fn place(&mut self, at: i64, draft: &Draft, key: u64) -> Arc<Order> {
        self.ask(at, &[by_shopper(draft.store, draft.command(), Some(key))]).await;
        self.order(draft).await
    }

    async fn order(&self, draft: &Draft) -> Arc<Order> {
        self.reader.order(draft.store, draft.order).await.unwrap().unwrap()
    }

    async fn see(&mut self, at: i64, draft: &Draft, status: ProviderStatus, revision: u64) -> Arc<Order> {
        let seen = Observation::Payment { attempt: 1, payment: payment(draft.order, status, draft.due(), revision) };
        self.ask(at, &[by_shopper(draft.store, Command::Record { order: draft.order, seen }, None)]).await;
        self.order(draft).await
    }

    /// What the engine loads, as opposed to what the reader sees.
    async fn load(&mut self, keys: &Keys) -> State {
        let mut state = State { meta: self.engine.begin().await.unwrap(), ..State::default() };
        self.engine.load(keys, &mut state).await.unwrap();
        self.engine.rollback().await;
        state
    }

    /// Stores `changes`, which must be refused, and checks that not even their innocent part is there.
    async fn refused(&mut self, what: &str, mut changes: Changes) {
        let innocent = Coupon { store: STORE, code: "INNOCENT".to_owned(), limit: None, uses: 0, customer_limit: None };
        changes.coupons.entry((STORE, innocent.code.clone())).or_insert(innocent);
        let meta = self.engine.begin().await.unwrap();
        let stored = self.engine.commit(&changes).await;
        assert!(matches!(stored, Err(EngineError::Failed(_))), "{what} was stored: {stored:?}");
        assert_eq!(self.engine.begin().await.unwrap(), meta, "{what}");
        self.engine.rollback().await;
        assert_eq!(self.reader.coupon(STORE, "INNOCENT").await.unwrap(), None, "{what}");
    }

    async fn keys_without_rows_add_nothing(&mut self) {
        let keys = Keys {
            orders: [(STORE, OrderId::from_uuid(uuid(0, 0)))].into(),
            skus: [(STORE, sku(99))].into(),
            coupons: [(STORE, "NO".to_owned())].into(),
            coupon_uses: [(STORE, "NO".to_owned(), 1)].into(),
            gift_cards: [(STORE, hash(0, 0))].into(),
            idempotency: [(STORE, hash(0, 0))].into(),
            carts: [(STORE, CartId::from_uuid(uuid(0, 0)))].into(),
            people: [(STORE, PersonId::from_uuid(uuid(0, 0)))].into(),
            inbox: [("sales".to_owned(), EventId::from_uuid(uuid(0, 0)))].into(),
            webhooks: [(STORE, "test".to_owned(), "no".to_owned())].into(),
            sales: [(STORE, sku(99))].into(),
            shelves: [STORE].into(),
            transfers: [(STORE, kernel::TransferId::from_uuid(uuid(0, 0)))].into(),
        };
        let state = self.load(&keys).await;
        assert!(state.orders.is_empty() && state.stock.is_empty() && state.coupons.is_empty());
        assert!(state.coupon_uses.is_empty() && state.gift_cards.is_empty() && state.idempotency.is_empty());
        assert!(state.people.is_empty() && state.inbox.is_empty() && state.webhooks.is_empty());
        assert!(state.sales.is_empty() && state.carts.values().all(std::collections::BTreeMap::is_empty));
        assert_eq!(self.reader.order(STORE, OrderId::from_uuid(uuid(0, 0))).await.unwrap(), None);
        assert_eq!(self.reader.contact(STORE, 1).await.unwrap(), None);
        assert_eq!(self.reader.cursor("nobody").await.unwrap(), 0);
        assert_eq!(self.reader.event_count().await.unwrap(), (0, 0));
        assert_eq!(self.reader.last_position().await.unwrap(), 0);
    }

    /// An order that has everything an order can have, compared with what was stored after every step.
    async fn an_order_is_read_as_it_was_written(&mut self) {
        self.stock(STORE, 1, 100).await;
        self.stock(STORE, 2, 100).await;
        let mut draft = Draft::new(STORE, 1, sku(1), 3);
        draft.lines.push((sku(2), 2, 4_500));
        let id = draft.order;
        let all = |line, quantity| Some(vec![LineQuantity { line, quantity }]);
        let shipment = ShipmentId::from_uuid(uuid(4, 1));
        let ship = ShipmentRequest { lines: all(1, 2), tracking: Some("T1".to_owned()), ..ShipmentRequest::default() };
        let part = RefundRequest { lines: all(2, 1), restock: true, reason: "torn".to_owned(), amount: None };
        let returned = ReturnId::from_uuid(uuid(6, 1));
        let edit = EditCommand {
            lines: all(2, 1).unwrap(),
            added: vec![added(sku(2), 1)],
            sealed_contact: Some(vec![5; 30]),
            expected_total: None,
            reason: "called".to_owned(),
        };
        let seen = |status, revision| Command::Record {
            order: id,
            seen: Observation::Payment { attempt: 1, payment: payment(id, status, draft.due(), revision) },
        };
        let steps = [
            draft.command(),
            seen(ProviderStatus::RequiresAction, 1),
            seen(ProviderStatus::Authorised, 2),
            seen(ProviderStatus::Captured, 3),
            Command::Edit { order: id, refund: RefundId::from_uuid(uuid(5, 2)), edit: Box::new(edit) },
            Command::Ship { order: id, shipment, request: ship },
            Command::Deliver { order: id, shipment },
            Command::Refund { order: id, refund: RefundId::from_uuid(uuid(5, 1)), request: part },
            Command::RequestReturn {
                order: id,
                id: returned,
                lines: all(1, 1).unwrap(),
                reason: "too small".to_owned(),
            },
            Command::ReceiveReturn { order: id, id: returned, restock: true },
            Command::Note { order: id, text: "called".to_owned() },
        ];
        for (at, command) in (1_i64..).zip(steps) {
            let envelope = by_staff(STORE, command, Some(at.cast_unsigned()));
            let (changes, replies) =
                decide_batch(self.engine.as_mut(), &[envelope], moment(at), &self.rng).await.unwrap();
            replies.into_iter().for_each(|r| drop(r.unwrap()));
            let written = Arc::clone(&changes.orders[&id].1);
            self.engine.commit(&changes).await.unwrap();
            assert_eq!(self.order(&draft).await, written, "after step {at}, read");
            let loaded = self.load(&Keys { orders: [(STORE, id)].into(), ..Keys::default() }).await;
            assert_eq!(loaded.orders[&id], written, "after step {at}, loaded");
        }
        let order = self.order(&draft).await;
        assert_eq!((order.shipments.len(), order.refunds.len(), order.returns.len()), (1, 2, 1));
        assert_eq!((order.lines.len(), order.frozen.edits.len()), (3, 1));
        let cart = self.load(&Keys { carts: [(STORE, draft.cart)].into(), ..Keys::default() }).await;
        assert_eq!(cart.carts[&(STORE, draft.cart)], [(1, id)].into());
        let (contact, person) = self.reader.contact(STORE, order.head.number).await.unwrap().unwrap();
        assert_eq!((contact.person, person.id, contact.sealed), (draft.person, draft.person, vec![5; 30]));
        let events = self.reader.order_events(STORE, id).await.unwrap();
        assert_eq!(events.len() as u64, order.head.event_seq);
        assert!(events.iter().zip(1..).all(|(e, seq)| e.aggregate_seq == seq && e.aggregate == format!("order:{id}")));
    }

    async fn vouchers_people_and_requests_are_read_as_they_were_written(&mut self) {
        let coupon = Coupon { store: STORE, code: "TEN".to_owned(), limit: Some(2), uses: 1, customer_limit: Some(1) };
        let used = CouponUse { store: STORE, code: "TEN".to_owned(), order: 1, active: true };
        let card = GiftCard {
            store: STORE,
            code_hash: hash(1, 1),
            currency: kernel::Currency::JPY,
            balance_minor: 700,
            seq: 1,
        };
        let entry =
            GiftCardEntry { store: STORE, code_hash: hash(1, 1), seq: 1, delta_minor: 700, order: None, at: moment(1) };
        let mut request = IdempotencyRow {
            store: STORE,
            key: hash(2, 1),
            fingerprint: hash(2, 2),
            order: Some(OrderId::from_uuid(uuid(3, 3))),
            answer: None,
            expires_at: moment(100),
        };
        let mut changes = Changes::default();
        changes.coupons.insert((STORE, "TEN".to_owned()), coupon.clone());
        changes.coupon_uses.insert((STORE, "TEN".to_owned(), 1), used.clone());
        changes.gift_cards.insert((STORE, card.code_hash), card.clone());
        changes.gift_card_entries.push(entry);
        changes.idempotency.insert((STORE, request.key), request.clone());
        self.store(&changes).await;
        let keys = Keys {
            coupons: [(STORE, "TEN".to_owned())].into(),
            coupon_uses: [(STORE, "TEN".to_owned(), 1)].into(),
            gift_cards: [(STORE, card.code_hash)].into(),
            idempotency: [(STORE, request.key)].into(),
            ..Keys::default()
        };
        let state = self.load(&keys).await;
        assert_eq!(state.coupons.into_values().collect::<Vec<_>>(), std::slice::from_ref(&coupon));
        assert_eq!(state.coupon_uses.into_values().collect::<Vec<_>>(), [used]);
        assert_eq!(state.gift_cards.into_values().collect::<Vec<_>>(), std::slice::from_ref(&card));
        assert_eq!(state.idempotency.into_values().collect::<Vec<_>>(), [request.clone()]);
        assert_eq!(self.reader.coupon(STORE, "TEN").await.unwrap(), Some(coupon));
        assert_eq!(self.reader.gift_card(STORE, card.code_hash).await.unwrap(), Some(card));
        assert_eq!(self.reader.idempotency(STORE, request.key).await.unwrap(), Some(request.clone()));
        // Answered; then expired and used again for something else, twice.
        let answer = |status| StoredAnswer { status, location: Some("/x".to_owned()), body: vec![0xff, 0, 7].into() };
        let later = |fingerprint, answer| IdempotencyRow {
            fingerprint,
            order: None,
            answer,
            expires_at: moment(900),
            ..request
        };
        let versions = [
            IdempotencyRow { answer: Some(answer(201)), ..request.clone() },
            later(hash(2, 3), Some(answer(409))),
            later(hash(2, 4), None),
            later(hash(2, 4), Some(answer(204))),
        ];
        for version in versions {
            request = version.clone();
            let changes =
                Changes { idempotency: [((STORE, request.key), request.clone())].into(), ..Changes::default() };
            self.store(&changes).await;
            assert_eq!(self.reader.idempotency(STORE, request.key).await.unwrap(), Some(version.clone()));
            let loaded = self.load(&Keys { idempotency: [(STORE, request.key)].into(), ..Keys::default() }).await;
            assert_eq!(loaded.idempotency.into_values().collect::<Vec<_>>(), [version]);
        }
        // Erasing a person keeps the row and drops the key.
        let person = Draft::new(STORE, 1, sku(1), 1).person;
        self.ask(50, &[by_staff(STORE, Command::Erase { person }, None)]).await;
        let erased = self.load(&Keys { people: [(STORE, person)].into(), ..Keys::default() }).await;
        assert_eq!(erased.people[&(STORE, person)].wrapped_key, None);
        assert_eq!(self.reader.contact(STORE, 1).await.unwrap().unwrap().1.wrapped_key, None);
    }

    async fn store(&mut self, changes: &Changes) {
        self.engine.begin().await.unwrap();
        self.engine.commit(changes).await.unwrap();
    }

    fn event(position: u64, aggregate: &str, aggregate_seq: u64) -> Event {
        Event {
            id: EventId::from_uuid(uuid(4, position)),
            position,
            store: STORE,
            aggregate: aggregate.to_owned(),
            aggregate_seq,
            kind: "product.changed".to_owned(),
            version: 1,
            at: moment(3).into(),
            request_id: None,
            data: json!({ "text": "naïve \u{1f45f}", "n": -5, "list": [1, null, true] }),
        }
    }

    async fn events_and_consumers_are_read_as_they_were_written(&mut self) {
        let mut meta = self.engine.begin().await.unwrap();
        self.engine.rollback().await;
        let first = meta.last_position;
        let event = Self::event(first + 1, "product:1", 1);
        let parked = |position, dead| Parked {
            consumer: "mail".to_owned(),
            position,
            event: event.id,
            aggregate: "product:1".to_owned(),
            tries: 2,
            next_at: moment(9),
            dead,
        };
        let webhook = WebhookRow {
            store: STORE,
            provider: "test".to_owned(),
            id: "evt_1".to_owned(),
            order: Some(OrderId::from_uuid(uuid(3, 3))),
            at: moment(2),
        };
        let sold = Sales { store: STORE, sku: sku(1), units: 3 };
        let entry = NewAuditOwned {
            store: STORE,
            actor: "key:1".to_owned(),
            action: "test".to_owned(),
            subject: "s".to_owned(),
            detail: "d".to_owned(),
        };
        meta.last_position += 1;
        meta.audit_seq += 1;
        meta.audit_hash = hash(3, 3);
        let row = AuditRow { seq: meta.audit_seq, at: moment(4), entry, hash: hash(3, 3) };
        let changes = Changes {
            meta: Some(meta.clone()),
            events: vec![event.clone()],
            audit: vec![row.clone()],
            inbox: vec![("mail".to_owned(), event.id)],
            webhooks: vec![webhook.clone()],
            sales: [((STORE, sku(1)), sold.clone())].into(),
            cursors: [("mail".to_owned(), 1)].into(),
            parked: vec![parked(7, false), parked(5, true)],
            ..Changes::default()
        };
        self.store(&changes).await;
        assert_eq!(self.engine.begin().await.unwrap(), meta);
        self.engine.rollback().await;
        assert_eq!(self.reader.events(None, first, 10).await.unwrap(), std::slice::from_ref(&event));
        assert_eq!(self.reader.events(Some(STORE), first, 10).await.unwrap(), std::slice::from_ref(&event));
        assert_eq!(self.reader.events(None, 0, 2).await.unwrap().len(), 2);
        assert_eq!(self.reader.audit(row.seq - 1, 10).await.unwrap(), [row]);
        assert_eq!(self.reader.inbox_count("mail").await.unwrap(), 1);
        assert_eq!(self.reader.sales(STORE).await.unwrap(), std::slice::from_ref(&sold));
        assert_eq!(self.reader.cursor("mail").await.unwrap(), 1);
        assert_eq!(self.reader.parked("mail").await.unwrap(), [parked(5, true), parked(7, false)]);
        let keys = Keys {
            inbox: [("mail".to_owned(), event.id), ("sales".to_owned(), event.id)].into(),
            webhooks: [(STORE, "test".to_owned(), "evt_1".to_owned()), (STORE, "test".to_owned(), "evt_2".to_owned())]
                .into(),
            sales: [(STORE, sku(1))].into(),
            ..Keys::default()
        };
        let state = self.load(&keys).await;
        assert_eq!(state.inbox, [("mail".to_owned(), event.id)].into());
        assert_eq!(state.webhooks, [(STORE, webhook.provider.clone(), webhook.id.clone())].into());
        assert_eq!(state.sales.into_values().collect::<Vec<_>>(), [sold]);
        let changes = Changes {
            cursors: [("mail".to_owned(), 9)].into(),
            parked: vec![Parked { tries: 3, ..parked(7, true) }],
            unparked: vec![("mail".to_owned(), 5)],
            ..Changes::default()
        };
        self.store(&changes).await;
        assert_eq!(self.reader.cursor("mail").await.unwrap(), 9);
        assert_eq!(self.reader.parked("mail").await.unwrap(), [Parked { tries: 3, ..parked(7, true) }]);
    }

    async fn a_rollback_leaves_nothing(&mut self) {
        let draft = Draft::new(STORE, 2, sku(1), 1);
        let before = self.reader.levels(STORE, &sku(1)).await.unwrap();
        let envelope = by_shopper(STORE, draft.command(), Some(200));
        let meta = self.engine.begin().await.unwrap();
        decide_batch(self.engine.as_mut(), &[envelope], moment(10), &self.rng).await.unwrap();
        self.engine.rollback().await;
        assert_eq!(self.reader.order(STORE, draft.order).await.unwrap(), None);
        assert_eq!(self.reader.levels(STORE, &sku(1)).await.unwrap(), before);
        assert_eq!(self.engine.begin().await.unwrap(), meta);
        self.engine.rollback().await;
    }

    /// The order that would be stored for `draft`, changed by `spoil`, as changes.
    async fn spoiled(&mut self, draft: &Draft, spoil: impl FnOnce(&mut Order)) -> Changes {
        let envelope = by_shopper(STORE, draft.command(), None);
        let (mut changes, _) = decide_batch(self.engine.as_mut(), &[envelope], moment(11), &self.rng).await.unwrap();
        self.engine.rollback().await;
        let (_, order) = changes.orders.get_mut(&draft.order).unwrap();
        spoil(Arc::make_mut(order));
        changes
    }

    async fn constraints_refuse_and_leave_nothing(&mut self) {
        let base = self.reader.levels(STORE, &sku(1)).await.unwrap().remove(0);
        type SpoilLevel = fn(&mut StockLevel);
        let spoilt: [(&str, SpoilLevel); 5] = [
            ("a negative threshold", |l| l.low_at = Some(-1)),
            ("negative stock on hand", |l| l.on_hand = -1),
            ("negative held stock", |l| l.held = -1),
            ("negative committed stock", |l| l.committed = -1),
            ("more held than there is", |l| l.held = l.on_hand - l.committed + 1),
        ];
        for (what, spoil) in spoilt {
            let mut level = base.clone();
            spoil(&mut level);
            let stock = [((STORE, sku(1), level.location.clone()), level)].into();
            self.refused(what, Changes { stock, ..Changes::default() }).await;
        }
        type SpoilOrder = fn(&mut Order);
        let spoilt: [(&str, SpoilOrder); 9] = [
            ("a backorder of nothing", |o| {
                o.backorders.push(crate::order::Backorder { sku: sku(1), quantity: 0 });
            }),
            ("a capture above the authorisation", |o| o.payment.captured_minor = 1),
            ("refunds above the capture", |o| {
                (o.payment.authorised_minor, o.payment.captured_minor) = (10, 10);
                (o.payment.refunded_minor, o.payment.refund_pending_minor, o.payment.disputed_minor) = (5, 5, 1);
            }),
            ("a negative refund", |o| o.payment.refunded_minor = -1),
            ("a negative pending refund", |o| o.payment.refund_pending_minor = -1),
            ("more shipped than ordered", |o| o.lines[0].shipped = 2),
            ("more shipped and cancelled than ordered", |o| (o.lines[0].shipped, o.lines[0].cancelled) = (1, 1)),
            ("more returned than shipped", |o| o.lines[0].returned = 1),
            ("more refunded than ordered", |o| o.lines[0].refunded = 2),
        ];
        let draft = Draft::new(STORE, 3, sku(1), 1);
        for (what, spoil) in spoilt {
            let changes = self.spoiled(&draft, spoil).await;
            self.refused(what, changes).await;
            assert_eq!(self.reader.order(STORE, draft.order).await.unwrap(), None, "{what}");
        }
        for (what, backordered, limit) in [("more owed than may be", 3, Some(2)), ("less owed than nothing", -1, None)]
        {
            let rule = StockRule { backordered, limit, ..StockRule::new(STORE, sku(1)) };
            let rules = [((STORE, sku(1)), rule)].into();
            self.refused(what, Changes { rules, ..Changes::default() }).await;
        }
        for (what, uses, limit) in [("too many uses", 3, Some(2)), ("negative uses", -1, None)] {
            let coupon = Coupon { store: STORE, code: "TEN".to_owned(), limit, uses, customer_limit: None };
            let coupons = [((STORE, "TEN".to_owned()), coupon)].into();
            self.refused(what, Changes { coupons, ..Changes::default() }).await;
        }
        let mut card = self.reader.gift_card(STORE, hash(1, 1)).await.unwrap().unwrap();
        card.balance_minor = -1;
        let gift_cards = [((STORE, card.code_hash), card)].into();
        self.refused("a negative balance", Changes { gift_cards, ..Changes::default() }).await;
        let (_, last) = self.reader.event_count().await.unwrap();
        let inbox = vec![("mail".to_owned(), EventId::from_uuid(uuid(4, last)))];
        self.refused("an event taken twice", Changes { inbox, ..Changes::default() }).await;
        let events = vec![Self::event(last + 1, "product:1", 1)];
        self.refused("an event's number twice", Changes { events, ..Changes::default() }).await;
        let events = vec![Self::event(last, "product:2", 1)];
        self.refused("a position twice", Changes { events, ..Changes::default() }).await;
        // The same order is stored once nothing is wrong with it.
        self.place(12, &draft, 300).await;
    }

    async fn a_cart_version_has_one_order(&mut self) {
        let draft = Draft::new(STORE, 4, sku(1), 1);
        let first = self.place(13, &draft, 400).await;
        let rival = Draft { cart: draft.cart, ..Draft::new(STORE, 5, sku(1), 1) };
        // Decided as if for another cart, so that only the constraint is in its way.
        let elsewhere = Draft { cart: CartId::from_uuid(uuid(1, 999)), ..rival.clone() };
        let changes = self.spoiled(&elsewhere, |o| o.head.cart = draft.cart).await;
        self.refused("two orders of a cart version", changes).await;
        // A declined order gives way in the batch that replaces it.
        self.see(14, &draft, ProviderStatus::Declined, 1).await;
        let second = self.place(15, &rival, 500).await;
        assert_eq!(second.head.phase, Phase::Placing);
        let gone = self.order(&draft).await;
        assert_eq!((gone.head.phase, gone.head.number), (Phase::Cancelled, first.head.number));
        let cart = self.load(&Keys { carts: [(STORE, draft.cart)].into(), ..Keys::default() }).await;
        assert_eq!(cart.carts[&(STORE, draft.cart)], [(1, rival.order)].into());
    }

    async fn stores_are_apart(&mut self) {
        let other = other_store();
        let draft = Draft::new(STORE, 1, sku(1), 1);
        let order = self.order(&draft).await;
        assert_eq!(self.reader.order(other, draft.order).await.unwrap(), None);
        assert_eq!(self.reader.order_events(other, draft.order).await.unwrap(), []);
        assert_eq!(self.reader.contact(other, order.head.number).await.unwrap(), None);
        assert_eq!(self.reader.levels(other, &sku(1)).await.unwrap(), []);
        assert_eq!(self.reader.coupon(other, "TEN").await.unwrap(), None);
        assert_eq!(self.reader.gift_card(other, hash(1, 1)).await.unwrap(), None);
        assert_eq!(self.reader.idempotency(other, hash(2, 1)).await.unwrap(), None);
        assert_eq!(self.reader.sales(other).await.unwrap(), []);
        assert_eq!(self.reader.events(Some(other), 0, 100).await.unwrap(), []);
        let all = OrderFilter::default();
        assert_eq!(self.reader.orders(other, &all, &PageRequest::default()).await.unwrap().items, []);
        let keys = Keys {
            orders: [(other, draft.order)].into(),
            skus: [(other, sku(1))].into(),
            coupons: [(other, "TEN".to_owned())].into(),
            gift_cards: [(other, hash(1, 1))].into(),
            idempotency: [(other, hash(2, 1))].into(),
            carts: [(other, draft.cart)].into(),
            people: [(other, draft.person)].into(),
            sales: [(other, sku(1))].into(),
            webhooks: [(other, "test".to_owned(), "evt_1".to_owned())].into(),
            ..Keys::default()
        };
        let state = self.load(&keys).await;
        assert!(state.orders.is_empty() && state.stock.is_empty() && state.coupons.is_empty());
        assert!(state.gift_cards.is_empty() && state.idempotency.is_empty() && state.people.is_empty());
        assert!(state.sales.is_empty() && state.webhooks.is_empty() && state.carts[&(other, draft.cart)].is_empty());
        // The same SKU, with the same events, is another level there.
        self.stock(other, 1, 5).await;
        assert_eq!(self.reader.levels(other, &sku(1)).await.unwrap()[0].on_hand, 5);
        assert_eq!(self.reader.events(Some(other), 0, 100).await.unwrap().len(), 1);
        assert!(self.reader.levels(STORE, &sku(1)).await.unwrap()[0].on_hand > 5);
    }

    async fn orders_come_in_pages(&mut self) {
        let drafts: Vec<_> = (20..27).map(|n| Draft::new(STORE, n, sku(2), 1)).collect();
        let batch: Vec<_> =
            drafts.iter().zip(600..).map(|(d, key)| by_shopper(STORE, d.command(), Some(key))).collect();
        self.ask(20, &batch).await;
        self.see(21, &drafts[3], ProviderStatus::Authorised, 1).await;
        let mut page = PageRequest { limit: 3, cursor: None };
        let mut seen = Vec::new();
        loop {
            let found = self.reader.orders(STORE, &OrderFilter::default(), &page).await.unwrap();
            seen.extend(found.items.iter().map(|o| o.head.number));
            assert!(found.items.len() <= 3);
            page.cursor = found.next_cursor;
            if page.cursor.is_none() {
                break;
            }
        }
        let scanned = self.reader.scan_orders(0, 1000).await.unwrap();
        let mut numbers: Vec<_> = scanned.iter().map(|o| o.head.number).collect();
        assert!(numbers.is_sorted() && numbers.len() >= 10);
        assert_eq!(self.reader.scan_orders(numbers[0], 2).await.unwrap(), scanned[1..3]);
        numbers.reverse();
        assert_eq!(seen, numbers);
        let page = PageRequest { limit: 100, cursor: None };
        for status in [OrderStatus::Pending, OrderStatus::Confirmed, OrderStatus::Cancelled, OrderStatus::Closed] {
            let filter = OrderFilter { status: Some(status), number: None };
            let found = self.reader.orders(STORE, &filter, &page).await.unwrap();
            let expected: Vec<_> = scanned.iter().rev().filter(|o| o.status() == status).cloned().collect();
            assert_eq!(found.items, expected, "{status:?}");
        }
        for (text, count) in [(numbers[0].to_string(), 1), (format!("0{}", numbers[0]), 0), ("x".to_owned(), 0)] {
            let filter = OrderFilter { status: None, number: Some(text.clone()) };
            assert_eq!(self.reader.orders(STORE, &filter, &page).await.unwrap().items.len(), count, "{text}");
        }
        let bad = PageRequest { limit: 3, cursor: Some("zz".to_owned()) };
        assert!(self.reader.orders(STORE, &OrderFilter::default(), &bad).await.is_err());
    }

    async fn due_orders_come_in_time(&mut self) {
        let (late, early) = (Draft::new(STORE, 31, sku(2), 1), Draft::new(STORE, 32, sku(2), 1));
        self.place(1000, &late, 700).await;
        self.place(900, &early, 701).await;
        let due = self.reader.due(moment(100_000), 1000).await.unwrap();
        let place = |draft: &Draft| due.iter().position(|(_, id)| *id == draft.order);
        assert!(place(&early).unwrap() < place(&late).unwrap(), "longest overdue first");
        assert_eq!(self.reader.due(moment(100_000), 2).await.unwrap(), due[..2]);
        assert_eq!(self.reader.due(moment(-1), 10).await.unwrap(), []);
        self.see(1001, &early, ProviderStatus::Captured, 1).await;
        let due = self.reader.due(moment(100_000), 1000).await.unwrap();
        assert!(due.iter().all(|(_, id)| *id != early.order), "a paid order has nothing to wait for");
        let standing = async |store, id| self.reader.standing(store, id).await.unwrap();
        assert_eq!(standing(STORE, early.order).await, Some((Phase::Confirmed, None)));
        let placing = standing(STORE, late.order).await.unwrap();
        assert_eq!((placing.0, placing.1.is_some()), (Phase::Placing, true));
        assert_eq!(standing(other_store(), early.order).await, None, "of another store");
    }

    async fn what_moved_for_an_order_is_found_by_time(&mut self) {
        let (draft, other) = (Draft::new(STORE, 50, sku(2), 2), Draft::new(STORE, 51, sku(2), 1));
        let batch = [(&draft, 900), (&other, 901)].map(|(d, key)| by_shopper(STORE, d.command(), Some(key)));
        self.ask(3000, &batch).await;
        let note = Command::Note { order: draft.order, text: "Called.".to_owned() };
        self.ask(3001, &[by_staff(STORE, note, Some(902))]).await;
        self.see(3002, &other, ProviderStatus::Captured, 1).await;
        let order = self.see(3003, &draft, ProviderStatus::Captured, 1).await;
        let events = self.reader.order_events(STORE, draft.order).await.unwrap();
        let times = events.iter().map(|event| event.at.0).collect();
        let (moved, done) = self.reader.order_history(&order, &times).await.unwrap();
        let moved: Vec<_> = moved.iter().map(|m| (m.at, m.kind, m.order)).collect();
        let number = Some(order.head.number);
        assert_eq!(moved, [(moment(3000), MovementKind::Hold, number), (moment(3003), MovementKind::Commit, number)]);
        let done: Vec<_> =
            done.iter().map(|row| (row.at, row.entry.action.as_str(), row.entry.detail.as_str())).collect();
        assert_eq!(done, [(moment(3001), "order.note", "Called.")]);
        let nothing = self.reader.order_history(&order, &[moment(3002)].into()).await.unwrap();
        assert_eq!(nothing, (Vec::new(), Vec::new()), "of another order");
    }

    async fn sums_agree_with_rows(&mut self) {
        self.ask(2000, &[by_staff(STORE, Command::PutCoupon { code: "HALF".to_owned(), limit: Some(5) }, None)]).await;
        let issue = Command::IssueGiftCard {
            code_hash: hash(1, 2),
            code: "GC".to_owned(),
            balance: kernel::Money::new(5_000, kernel::Currency::EUR),
        };
        self.ask(2000, &[by_staff(STORE, issue, None)]).await;
        let mut draft = Draft::new(STORE, 40, sku(2), 1);
        draft.coupons.push("HALF".to_owned());
        draft.gift_cards.push(GiftCardTender { code_hash: hash(1, 2), amount_minor: 2_000 });
        self.place(2001, &draft, 800).await;
        let counts = self.reader.coupon_counts().await.unwrap();
        let half = counts.iter().find(|c| c.coupon.code == "HALF").unwrap();
        assert_eq!((half.coupon.uses, half.active_uses), (1, 1));
        let sums = self.reader.gift_card_sums().await.unwrap();
        let card = sums.iter().find(|s| s.card.code_hash == hash(1, 2)).unwrap();
        assert_eq!((card.card.balance_minor, card.sum_minor, card.count), (3_000, 3_000, 2));
        let levels = self.reader.all_levels().await.unwrap();
        let sums = self.reader.movement_sums().await.unwrap();
        assert_eq!(levels.len(), sums.len());
        for (level, sum) in levels.iter().zip(&sums) {
            assert_eq!((level.store, &level.sku, &level.location), (sum.store, &sum.sku, &sum.location));
            assert_eq!((level.on_hand, level.held, level.committed), (sum.on_hand, sum.held, sum.committed));
            assert_eq!((level.seq, level.seq), (sum.count, sum.last_seq));
        }
        for span in self.reader.event_spans().await.unwrap() {
            assert_eq!((span.first, span.last), (1, span.count), "{}", span.aggregate);
        }
        let (count, last) = self.reader.event_count().await.unwrap();
        assert_eq!((count, self.reader.last_position().await.unwrap()), (last, last));
        self.requests_that_are_wrong_are_found().await;
    }

    async fn requests_that_are_wrong_are_found(&mut self) {
        assert_eq!(self.reader.bad_idempotency().await.unwrap(), Vec::<String>::new());
        let decided = Draft::new(STORE, 1, sku(1), 1).order;
        let answer = StoredAnswer { status: 500, location: None, body: "oops".into() };
        let rows = [(hash(6, 1), None, Some(answer)), (hash(6, 2), Some(decided), None)];
        let rows = rows.into_iter().map(|(key, order, answer)| {
            let row =
                IdempotencyRow { store: STORE, key, fingerprint: hash(6, 0), order, answer, expires_at: moment(1) };
            ((STORE, key), row)
        });
        self.store(&Changes { idempotency: rows.collect(), ..Changes::default() }).await;
        let mut found = self.reader.bad_idempotency().await.unwrap();
        found.sort();
        let unanswered = format!("the request of order {decided} has no answer although the order is decided");
        assert_eq!(found, ["an answer of status 500 is stored".to_owned(), unanswered]);
    }
}
