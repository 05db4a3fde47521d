//! A ledger of the test's own making, a clock that the test moves, and a service between them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use async_trait::async_trait;
use contracts::Result;
use contracts::address::Address;
use contracts::checkout::Totals;
use contracts::event::Event;
use contracts::ledger::{
    Actor, Answer, Books, CancelRequest, Contact, FulfilmentStatus, Idempotency, InvariantReport, NoteRequest,
    OrderFilter, OrderLineView, OrderStatus, OrderSummary, OrderView, Orders, PaymentStatus, ReceiveReturnRequest,
    RefundRequest, ReturnRequest, ShipmentRequest,
};
use contracts::market::Market;
use contracts::notification::{MailFilter, MailQueue as _, MailView};
use infra::vault::Vault;
use kernel::{
    CartId, Clock, Currency, EventId, Failure, Money, OrderId, Page, PageRequest, PersonId, ReturnId, Secret,
    SeededRng, SharedRng, ShipmentId, Sku, StoreId, Timestamp,
};
use notification::{MailSettings, MailTransport, Mailbox, Notification, NotificationParts, WebhookSettings};
use parking_lot::Mutex;
use serde_json::{Value, json};

pub const STORE: StoreId = StoreId::DEFAULT;
pub const DAY_MS: i64 = 24 * 3_600_000;

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

/// Orders and events.
#[derive(Default)]
pub struct Ledger {
    pub orders: Mutex<BTreeMap<OrderId, OrderView>>,
    events: Mutex<Vec<Event>>,
    count: AtomicU64,
}

fn not_used<T>() -> Result<T> {
    Err(Failure::internal("notification does not do this"))
}

#[async_trait]
impl Orders for Ledger {
    async fn order(&self, _: StoreId, id: OrderId) -> Result<Option<OrderView>> {
        Ok(self.orders.lock().get(&id).cloned())
    }
    async fn orders(&self, _: StoreId, _: OrderFilter, _: PageRequest) -> Result<Page<OrderSummary>> {
        not_used()
    }
    async fn cancel(&self, _: StoreId, _: OrderId, _: CancelRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        not_used()
    }
    async fn ship(&self, _: StoreId, _: OrderId, _: ShipmentRequest, _: Idempotency, _: Actor) -> Result<Answer> {
        not_used()
    }
    async fn deliver(&self, _: StoreId, _: OrderId, _: ShipmentId, _: Idempotency, _: Actor) -> Result<Answer> {
        not_used()
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
        Ok(self.events.lock().last().map_or(0, |e| e.position))
    }
    async fn invariants(&self) -> Result<Vec<InvariantReport>> {
        not_used()
    }
    async fn erase(&self, _: StoreId, _: PersonId, _: Actor) -> Result<()> {
        not_used()
    }
}

pub struct World {
    pub ledger: Arc<Ledger>,
    pub clock: Arc<TestClock>,
    pub rng: SharedRng,
    pub notification: Notification,
    pub dir: Arc<tempfile::TempDir>,
    pub transport: MailTransport,
}

pub fn world() -> World {
    world_with(MailTransport::Folder)
}

pub fn world_with(transport: MailTransport) -> World {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    let clock = Arc::new(TestClock(AtomicI64::new(1_790_000_000_000)));
    let rng: SharedRng = Arc::new(SeededRng::new(7));
    let ledger = Arc::new(Ledger::default());
    let notification = open(dir.path().to_owned(), &ledger, &clock, &rng, &transport);
    World { ledger, clock, rng, notification, dir, transport }
}

fn market(handle: &str, currency: Currency, locale: &str, countries: &[&str]) -> Market {
    Market {
        handle: handle.to_owned(),
        name: handle.to_owned(),
        currency,
        locale: locale.to_owned(),
        countries: countries.iter().map(|&c| c.to_owned()).collect(),
        prices_include_tax: true,
    }
}

fn open(
    data_dir: PathBuf,
    ledger: &Arc<Ledger>,
    clock: &Arc<TestClock>,
    rng: &SharedRng,
    transport: &MailTransport,
) -> Notification {
    let parts = NotificationParts {
        store: STORE,
        data_dir,
        books: ledger.clone(),
        orders: ledger.clone(),
        secret_of: Arc::new(|_| Secret::new("order-secret".to_owned())),
        vault: Vault::from_bytes(&[9; 32]),
        clock: clock.clone(),
        rng: Arc::clone(rng),
        mail: MailSettings {
            transport: transport.clone(),
            from: Mailbox::parse("Argosy <shop@argosy.example>").unwrap(),
            staff_to: Some(Mailbox::parse("staff@argosy.example").unwrap()),
            store_name: "Argosy".to_owned(),
            base_url: "https://argosy.example".to_owned(),
            markets: vec![
                market("at", Currency::EUR, "de", &["DE", "AT"]),
                market("eu", Currency::EUR, "en", &["IE"]),
                market("us", Currency::USD, "en", &["US"]),
            ],
        },
        webhooks: WebhookSettings { allow_insecure: true, allow_private: true },
    };
    Notification::open(parts).unwrap()
}

impl World {
    /// The process ends and begins again.
    pub fn reopen(self) -> World {
        let World { ledger, clock, rng, notification, dir, transport } = self;
        drop(notification);
        let notification = open(dir.path().to_owned(), &ledger, &clock, &rng, &transport);
        World { ledger, clock, rng, notification, dir, transport }
    }

    pub fn order(&self, number: u128, country: &str) -> OrderId {
        let id = OrderId::from_uuid(uuid::Uuid::from_u128(number));
        self.ledger.orders.lock().insert(id, order(id, number, country, self.clock.now()));
        id
    }

    pub fn event(&self, kind: &str, aggregate: &str, data: Value) -> EventId {
        let mut events = self.ledger.events.lock();
        let id = EventId::new(self.clock.now(), self.rng.as_ref());
        let position = self.ledger.count.fetch_add(1, Ordering::Relaxed) + 1;
        events.push(Event {
            id,
            position,
            store: STORE,
            aggregate: aggregate.to_owned(),
            aggregate_seq: position,
            kind: kind.to_owned(),
            version: 1,
            at: self.clock.now().into(),
            request_id: None,
            data,
        });
        id
    }

    pub fn order_event(&self, order: OrderId, kind: &str, mut data: Value) -> EventId {
        data["order_id"] = json!(order);
        self.event(kind, &format!("order:{order}"), data)
    }

    /// Takes all events and sends what is due.
    pub async fn settle(&self) {
        while self.notification.follow().await.unwrap() > 0 {}
        while self.notification.send_due().await.unwrap() > 0 {}
    }

    pub async fn mails(&self) -> Vec<MailView> {
        let page = PageRequest { limit: 100, cursor: None };
        self.notification.mails(STORE, MailFilter::default(), page).await.unwrap().items
    }

    /// Names of the files in the folder of mails, in order.
    pub fn files(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.notification.folder()) else { return Vec::new() };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// What a file of the folder says, with its parts decoded.
    pub fn read(&self, file: &std::path::Path) -> String {
        let raw = std::fs::read_to_string(file).unwrap();
        raw.replace("=\r\n", "").replace("=3D", "=").replace("=C2=A0", "\u{a0}").replace("=24", "$")
    }

    /// Whether `needle` stands in any file that the service wrote.
    pub fn is_on_disk(&self, needle: &str) -> bool {
        fn search(dir: &std::path::Path, needle: &[u8]) -> bool {
            std::fs::read_dir(dir).unwrap().any(|entry| {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    return search(&path, needle);
                }
                std::fs::read(&path).unwrap().windows(needle.len()).any(|window| window == needle)
            })
        }
        search(self.dir.path(), needle.as_bytes())
    }
}

fn order(id: OrderId, number: u128, country: &str, now: Timestamp) -> OrderView {
    let currency = if country == "US" { Currency::USD } else { Currency::EUR };
    let money = |minor| Money::new(minor, currency);
    OrderView {
        id,
        number: number.to_string(),
        status: OrderStatus::Confirmed,
        payment_status: PaymentStatus::Paid,
        fulfilment_status: FulfilmentStatus::Unfulfilled,
        currency,
        cart_id: CartId::from_uuid(uuid::Uuid::from_u128(1)),
        cart_version: 1,
        placed_at: now.into(),
        lines: vec![OrderLineView {
            line: 1,
            sku: Sku::new("SHOE-42").unwrap(),
            product_handle: "shoe".to_owned(),
            title: "Harbour Sneaker".to_owned(),
            variant_title: "42".to_owned(),
            quantity: 2,
            unit_price: money(7_999),
            discount: money(0),
            tax: money(2_554),
            total: money(15_998),
            shipped: 0,
            returned: 0,
            backordered: 0,
            image: None,
        }],
        discounts: Vec::new(),
        tax_lines: Vec::new(),
        shipping_option: "standard".to_owned(),
        shipping_name: "Standard".to_owned(),
        totals: Totals {
            items: money(15_998),
            discount: money(0),
            shipping: money(0),
            tax: money(2_554),
            tax_added: money(0),
            total: money(15_998),
            gift_card: money(0),
            due: money(15_998),
        },
        captured: money(15_998),
        refunded: money(0),
        next_action: None,
        shipments: Vec::new(),
        refunds: Vec::new(),
        returns: Vec::new(),
        timeline: Vec::new(),
        person_id: None,
        sources: Vec::new(),
        edits: Vec::new(),
        contact: Some(Contact {
            vat_id: None,
            email: format!("reader{number}@example.org"),
            shipping_address: Address {
                name: "Zoë Reader".to_owned(),
                line1: "Hafenstraße 7".to_owned(),
                line2: None,
                city: "Hamburg".to_owned(),
                region: None,
                postal_code: "20359".to_owned(),
                country: country.to_owned(),
            },
            billing_address: None,
        }),
    }
}
