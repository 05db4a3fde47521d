//! A ledger of the test's own making, a clock that the test moves, and a service between them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use contracts::Result;
use contracts::address::Address;
use contracts::checkout::Totals;
use contracts::event::{Event, OutboxSource as _};
use contracts::fulfilment::{
    AdvanceFulfilment, Announced, Carrier, FulfilmentFilter, FulfilmentState, FulfilmentView, Fulfilments as _,
    LabelDocument, Parcel, TrackingUpdate,
};
use contracts::ledger::{
    Actor, Answer, Books, CancelRequest, Contact, FulfilmentStatus, Idempotency, InvariantReport, LineSource,
    NoteRequest, OrderFilter, OrderLineView, OrderStatus, OrderSummary, OrderView, Orders, PaymentStatus,
    ReceiveReturnRequest, RefundRequest, ReturnRequest, ShipmentRequest, ShipmentStatus, ShipmentView, StoredResponse,
};
use fulfilment::carrier::{Faults, Simulated};
use fulfilment::{Fulfilment, FulfilmentParts, FulfilmentSettings};
use kernel::{
    CartId, Clock, Currency, EventId, Failure, FulfilmentId, Money, OrderId, Page, PageRequest, PersonId, ReturnId,
    SeededRng, SharedRng, ShipmentId, Sku, StoreId, Timestamp,
};
use parking_lot::Mutex;
use serde_json::{Value, json};

pub const STORE: StoreId = StoreId::DEFAULT;
pub const HOUR_MS: i64 = 3_600_000;

pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn advance_ms(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Orders and events. It keeps the promises that fulfilment relies on: one answer for one key, refusals included.
pub struct Ledger {
    pub orders: Mutex<BTreeMap<OrderId, OrderView>>,
    answers: Mutex<HashMap<String, StoredResponse>>,
    events: Mutex<Vec<Event>>,
    count: AtomicU64,
    clock: Arc<TestClock>,
    rng: SharedRng,
    /// Commands whose effect was stored while the answer got lost.
    pub lose_answers: AtomicBool,
    /// Whether orders refuse to be shipped.
    pub refuse: AtomicBool,
    /// Whether orders cannot be read right now.
    pub unreadable: AtomicBool,
    /// A fulfilment that somebody hands over the moment an order is read.
    pub meanwhile: Mutex<Option<(Fulfilment, FulfilmentId)>>,
}

fn not_used<T>() -> Result<T> {
    Err(Failure::internal("fulfilment does not do this"))
}

impl Ledger {
    pub fn event(&self, kind: &str, order: OrderId, mut data: Value) {
        data["order_id"] = json!(order);
        data["number"] = json!("1001");
        let position = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        self.events.lock().push(Event {
            id: EventId::new(self.clock.now(), self.rng.as_ref()),
            position,
            store: STORE,
            aggregate: format!("order:{order}"),
            aggregate_seq: position,
            kind: kind.to_owned(),
            version: 1,
            at: self.clock.now().into(),
            request_id: None,
            data,
        });
    }

    fn answer(
        &self,
        idempotency: &Idempotency,
        id: OrderId,
        change: impl FnOnce(&mut OrderView) -> std::result::Result<(), (u16, &'static str)>,
    ) -> Result<Answer> {
        let stored = self.answers.lock().get(&idempotency.key).cloned();
        let (response, replayed) = match stored {
            Some(response) => (response, true),
            None => {
                let mut orders = self.orders.lock();
                let order = orders.get_mut(&id).ok_or_else(|| Failure::not_found("order"))?;
                let (status, body) = match change(order) {
                    Ok(()) => (200, serde_json::to_vec(order).unwrap()),
                    Err((status, detail)) => (status, json!({ "detail": detail }).to_string().into_bytes()),
                };
                let response = StoredResponse { status, location: None, body: Bytes::from(body) };
                self.answers.lock().insert(idempotency.key.clone(), response.clone());
                (response, false)
            }
        };
        if self.lose_answers.swap(false, Ordering::Relaxed) {
            return Err(Failure::unavailable("The answer got lost.", 1));
        }
        Ok(Answer { response, replayed })
    }
}

#[async_trait]
impl Orders for Ledger {
    async fn order(&self, _: StoreId, id: OrderId) -> Result<Option<OrderView>> {
        if self.unreadable.load(Ordering::Relaxed) {
            return Err(Failure::unavailable("The ledger is restarting.", 1));
        }
        let meanwhile = self.meanwhile.lock().take();
        if let Some((fulfilment, id)) = meanwhile {
            let state = FulfilmentState::HandedOver;
            let step = AdvanceFulfilment { state, carrier: None, tracking: None, reason: None };
            fulfilment.advance(STORE, id, step).await?;
        }
        Ok(self.orders.lock().get(&id).cloned())
    }
    async fn orders(&self, _: StoreId, _: OrderFilter, _: PageRequest) -> Result<Page<OrderSummary>> {
        not_used()
    }
    async fn cancel(&self, _: StoreId, _: OrderId, _: CancelRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        not_used()
    }
    async fn ship(
        &self,
        _: StoreId,
        id: OrderId,
        request: ShipmentRequest,
        idempotency: Idempotency,
        _: Actor,
    ) -> Result<Answer> {
        let refuse = self.refuse.load(Ordering::Relaxed);
        let mut made = None;
        let answer = self.answer(&idempotency, id, |order| {
            if refuse || order.status != OrderStatus::Confirmed {
                return Err((409, "Only a confirmed order can be shipped."));
            }
            let shipment = ShipmentId::new(self.clock.now(), self.rng.as_ref());
            for asked in request.lines.as_deref().unwrap_or_default() {
                let line = order.lines.iter_mut().find(|line| line.line == asked.line).unwrap();
                line.shipped += asked.quantity;
                assert!(line.shipped <= line.quantity, "more was shipped than was ordered");
                let mut left = asked.quantity;
                let from = |s: &&mut LineSource| request.location.as_ref().is_none_or(|l| *l == s.location);
                for source in order.sources.iter_mut().filter(|s| s.line == asked.line).filter(from) {
                    let taken = source.quantity.min(left);
                    (source.quantity, left) = (source.quantity - taken, left - taken);
                }
                assert!(request.location.is_none() || left == 0, "what is shipped from a place is there");
            }
            order.shipments.push(ShipmentView {
                id: shipment,
                status: ShipmentStatus::Shipped,
                lines: request.lines.clone().unwrap_or_default(),
                carrier: request.carrier.clone(),
                tracking: request.tracking.clone(),
                shipped_at: self.clock.now().into(),
                delivered_at: None,
            });
            order.sources.retain(|s| s.quantity > 0);
            let open = order.lines.iter().any(|l| l.shipped < l.quantity);
            order.fulfilment_status = if open { FulfilmentStatus::PartiallyShipped } else { FulfilmentStatus::Shipped };
            made = Some(shipment);
            Ok(())
        });
        if let Some(shipment) = made {
            self.event("order.shipped", id, json!({ "shipment_id": shipment }));
        }
        answer
    }
    async fn deliver(
        &self,
        _: StoreId,
        id: OrderId,
        shipment: ShipmentId,
        idempotency: Idempotency,
        _: Actor,
    ) -> Result<Answer> {
        let answer = self.answer(&idempotency, id, |order| {
            let found = order.shipments.iter_mut().find(|known| known.id == shipment).ok_or((404, "No shipment."))?;
            found.status = ShipmentStatus::Delivered;
            if order.fulfilment_status == FulfilmentStatus::Shipped
                && order.shipments.iter().all(|s| s.status == ShipmentStatus::Delivered)
            {
                order.status = OrderStatus::Closed;
                order.fulfilment_status = FulfilmentStatus::Delivered;
            }
            Ok(())
        });
        self.event("order.delivered", id, json!({ "shipment_id": shipment }));
        answer
    }
    async fn refund(&self, _: StoreId, _: OrderId, _: RefundRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        not_used()
    }
    async fn request_return(
        &self,
        _: StoreId,
        _: OrderId,
        _: ReturnRequest,
        _: Idempotency,
        _: Actor,
    ) -> Result<Answer> {
        not_used()
    }
    async fn receive_return(
        &self,
        _: StoreId,
        _: OrderId,
        _: ReturnId,
        _: ReceiveReturnRequest,
        _: Idempotency,
        _: Actor,
    ) -> Result<Answer> {
        not_used()
    }
    async fn note(&self, _: StoreId, _: OrderId, _: NoteRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        not_used()
    }
}

#[async_trait]
impl Books for Ledger {
    async fn events(&self, _: StoreId, after: u64, limit: u32) -> Result<Vec<Event>> {
        Ok(self.events.lock().iter().filter(|e| e.position > after).take(limit as usize).cloned().collect())
    }
    async fn last_position(&self) -> Result<u64> {
        not_used()
    }
    async fn invariants(&self) -> Result<Vec<InvariantReport>> {
        not_used()
    }
    async fn erase(&self, _: StoreId, _: PersonId, _: Actor) -> Result<()> {
        not_used()
    }
}

/// The simulated carrier, with books of its labels.
pub struct Counted {
    inner: Simulated,
    /// Numbers of parcels that were announced and not withdrawn.
    pub labels: Mutex<BTreeSet<String>>,
    /// Whether its answers to announcements get lost.
    pub lose_answers: AtomicBool,
}

#[async_trait]
impl Carrier for Counted {
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    async fn announce(&self, parcel: &Parcel) -> Result<Announced> {
        let announced = self.inner.announce(parcel).await?;
        self.labels.lock().insert(announced.tracking.clone());
        if self.lose_answers.load(Ordering::Relaxed) {
            return Err(Failure::unavailable("The answer got lost.", 1));
        }
        Ok(announced)
    }
    async fn label(&self, parcel: &Parcel, tracking: &str) -> Result<LabelDocument> {
        self.inner.label(parcel, tracking).await
    }
    async fn track(&self, tracking: &str) -> Result<Vec<TrackingUpdate>> {
        self.inner.track(tracking).await
    }
    async fn withdraw(&self, tracking: &str) -> Result<()> {
        self.inner.withdraw(tracking).await?;
        self.labels.lock().remove(tracking);
        Ok(())
    }
}

pub struct World {
    pub ledger: Arc<Ledger>,
    pub carrier: Arc<Counted>,
    pub clock: Arc<TestClock>,
    pub rng: SharedRng,
    pub fulfilment: Fulfilment,
    dir: Arc<tempfile::TempDir>,
}

pub fn world() -> World {
    world_with(1, Faults::default())
}

pub fn world_with(seed: u64, faults: Faults) -> World {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let clock = Arc::new(TestClock(AtomicI64::new(1_790_000_000_000)));
    let rng: SharedRng = Arc::new(SeededRng::new(seed));
    let ledger = Arc::new(Ledger {
        orders: Mutex::default(),
        answers: Mutex::default(),
        events: Mutex::default(),
        count: AtomicU64::new(0),
        clock: clock.clone(),
        rng: rng.clone(),
        lose_answers: AtomicBool::new(false),
        refuse: AtomicBool::new(false),
        unreadable: AtomicBool::new(false),
        meanwhile: Mutex::default(),
    });
    let inner = Simulated::new(seed, clock.clone(), 48 * HOUR_MS, faults);
    let carrier = Arc::new(Counted { inner, labels: Mutex::default(), lose_answers: AtomicBool::new(false) });
    let fulfilment = open(&dir, &ledger, &carrier, &clock, &rng);
    World { ledger, carrier, clock, rng, fulfilment, dir }
}

fn open(
    dir: &tempfile::TempDir,
    ledger: &Arc<Ledger>,
    carrier: &Arc<Counted>,
    clock: &Arc<TestClock>,
    rng: &SharedRng,
) -> Fulfilment {
    Fulfilment::open(FulfilmentParts {
        store: STORE,
        data_dir: dir.path().to_owned(),
        books: ledger.clone(),
        orders: ledger.clone(),
        carriers: vec![carrier.clone()],
        clock: clock.clone(),
        rng: rng.clone(),
        settings: FulfilmentSettings { csv_drop: true, track_every_ms: HOUR_MS },
    })
    .unwrap()
}

impl World {
    /// The process ends and begins again.
    pub fn reopen(self) -> World {
        let World { ledger, carrier, clock, rng, fulfilment, dir } = self;
        drop(fulfilment);
        let fulfilment = open(&dir, &ledger, &carrier, &clock, &rng);
        World { ledger, carrier, clock, rng, fulfilment, dir }
    }

    /// An order of two lines, placed and paid.
    pub fn paid_order(&self, number: u128) -> OrderId {
        let id = self.order(number);
        self.ledger.event("order.created", id, json!({ "amount_minor": 100 }));
        self.ledger.event("order.placed", id, lines());
        self.ledger.event("order.paid", id, json!({}));
        id
    }

    pub fn order(&self, number: u128) -> OrderId {
        let id = OrderId::from_uuid(uuid::Uuid::from_u128(number));
        self.ledger.orders.lock().insert(id, order(id, self.clock.now()));
        id
    }

    /// Takes all events and looks at everything that is due.
    pub async fn settle(&self) {
        loop {
            let followed = self.fulfilment.follow().await.unwrap();
            let looked = self.fulfilment.reconcile().await.unwrap();
            if followed + looked == 0 {
                return;
            }
        }
    }

    /// Lets hours pass, looking after each.
    pub async fn pass_hours(&self, hours: u32) {
        for _ in 0..hours {
            self.clock.advance_ms(HOUR_MS);
            self.settle().await;
        }
    }

    pub async fn all(&self) -> Vec<FulfilmentView> {
        let page = PageRequest { limit: 100, cursor: None };
        self.fulfilment.fulfilments(STORE, FulfilmentFilter::default(), page).await.unwrap().items
    }

    pub async fn only(&self) -> FulfilmentView {
        let mut all = self.all().await;
        assert_eq!(all.len(), 1);
        self.fulfilment.fulfilment(STORE, all.remove(0).id).await.unwrap()
    }

    pub async fn step(&self, id: FulfilmentId, state: FulfilmentState) -> Result<FulfilmentView> {
        let step = AdvanceFulfilment { state, carrier: None, tracking: None, reason: None };
        self.fulfilment.advance(STORE, id, step).await
    }

    pub fn shown(&self, order: OrderId) -> OrderView {
        self.ledger.orders.lock()[&order].clone()
    }

    pub fn files(&self) -> Vec<std::path::PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.fulfilment.folder()) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Types of the events told so far, in order.
    pub async fn told(&self) -> Vec<String> {
        let events = self.fulfilment.unpublished(1_000).await.unwrap();
        events.into_iter().map(|event| event.kind).collect()
    }
}

pub fn lines() -> Value {
    json!({ "lines": [{ "line": 1, "sku": "SHOE-42", "quantity": 2 }, { "line": 2, "sku": "WAX", "quantity": 1 }] })
}

pub fn source(line: u32, location: &str, quantity: u32) -> LineSource {
    LineSource { line, location: location.to_owned(), quantity }
}

fn order(id: OrderId, now: Timestamp) -> OrderView {
    let money = |minor| Money::new(minor, Currency::EUR);
    let line = |line, sku: &str, title: &str, quantity| OrderLineView {
        line,
        sku: Sku::new(sku).unwrap(),
        product_handle: "p".to_owned(),
        title: title.to_owned(),
        variant_title: String::new(),
        quantity,
        unit_price: money(100),
        discount: money(0),
        tax: money(0),
        total: money(100 * i64::from(quantity)),
        shipped: 0,
        returned: 0,
        backordered: 0,
        image: None,
    };
    OrderView {
        id,
        number: "1001".to_owned(),
        status: OrderStatus::Confirmed,
        payment_status: PaymentStatus::Paid,
        fulfilment_status: FulfilmentStatus::Unfulfilled,
        currency: Currency::EUR,
        cart_id: CartId::from_uuid(uuid::Uuid::from_u128(1)),
        cart_version: 1,
        placed_at: now.into(),
        lines: vec![line(1, "SHOE-42", "Harbour Sneaker", 2), line(2, "WAX", "=cmd|' /C calc'!A0", 1)],
        discounts: Vec::new(),
        tax_lines: Vec::new(),
        shipping_option: "standard".to_owned(),
        shipping_name: "Standard".to_owned(),
        totals: Totals {
            items: money(300),
            discount: money(0),
            shipping: money(0),
            tax: money(0),
            tax_added: money(0),
            total: money(300),
            gift_card: money(0),
            due: money(300),
        },
        captured: money(300),
        refunded: money(0),
        next_action: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        timeline: Vec::new(),
        person_id: None,
        sources: vec![source(1, "main", 2), source(2, "main", 1)],
        edits: Vec::new(),
        contact: Some(Contact {
            vat_id: None,
            email: "zoe@example.org".to_owned(),
            shipping_address: Address {
                name: "Zoë Reader".to_owned(),
                line1: "Hafenstraße 7".to_owned(),
                line2: None,
                city: "Hamburg".to_owned(),
                region: None,
                postal_code: "20359".to_owned(),
                country: "DE".to_owned(),
            },
            billing_address: None,
        }),
    }
}
