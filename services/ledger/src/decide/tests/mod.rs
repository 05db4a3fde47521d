//! What commands do, on the memory engine. After every command the doctor looks at everything there is.

pub(crate) mod backorder;
pub(crate) mod edit;
mod fulfil;
mod idempotency;
pub(crate) mod inventory;
mod pay;
mod place;
mod random;
mod refund;
mod stock;
mod voucher;

use std::sync::Arc;

use contracts::checkout::{Discount, TaxLine, Totals};
use contracts::ledger::{Actor, RefundRequest, ShipmentRequest, StoredResponse};
use contracts::payment::{ProviderPayment, ProviderRefund, ProviderStatus, RefundStatus};
use contracts::saga::{GiftCardTender, NewPerson, Next, Observation, PlaceCommand, PlacedLine, Progress};
use futures::FutureExt;
use kernel::{
    CartId, Currency, Failure, Money, OrderId, PersonId, ProductId, RefundId, ReturnId, Secret, SeededRng, SharedRng,
    ShipmentId, Sku, StoreId, Timestamp,
};
use serde_json::Value;
use uuid::Uuid;

use super::{Command, Envelope, IdempotencyRef, Reply, add_related, decide, keys};
use crate::batcher::apply;
use crate::doctor;
use crate::engine::memory::MemoryEngine;
use crate::engine::{Engine, EngineError, Reader};
use crate::order::{Order, Phase};
use crate::state::{Changes, Effects, Hash, Keys, State};

pub(crate) const STORE: StoreId = StoreId::DEFAULT;
/// The first moment of every test.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const HOLD_MS: i64 = 15 * 60 * 1000;

/// The result of a future of the memory engine, which never waits.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the memory engine never waits")
}

pub(crate) fn sku(name: &str) -> Sku {
    Sku::new(name).unwrap()
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

pub(crate) fn hash(n: u64) -> Hash {
    let mut hash = [7; 32];
    hash[..8].copy_from_slice(&n.to_be_bytes());
    hash
}

fn uuid(kind: u8, n: u64) -> Uuid {
    Uuid::from_u128(u128::from(kind) << 64 | u128::from(n))
}

pub(crate) fn shipment(n: u64) -> ShipmentId {
    ShipmentId::from_uuid(uuid(5, n))
}

pub(crate) fn refund_id(n: u64) -> RefundId {
    RefundId::from_uuid(uuid(6, n))
}

pub(crate) fn return_id(n: u64) -> ReturnId {
    ReturnId::from_uuid(uuid(7, n))
}

/// An order to be placed: lines of SKU, quantity and unit price, without tax or shipping unless given.
#[derive(Clone, Debug)]
pub(crate) struct Buy {
    pub n: u64,
    pub cart: u64,
    pub version: u64,
    pub lines: Vec<(&'static str, u32, i64)>,
    /// Taken off the first line.
    pub discount: i64,
    pub shipping: i64,
    pub coupons: Vec<String>,
    pub gift_cards: Vec<(Hash, i64)>,
    /// Numbers of the hashes that its coupons are counted for.
    pub customers: Vec<u64>,
}

impl Buy {
    /// The order `n` of a cart of its own.
    pub fn new(n: u64, lines: &[(&'static str, u32)]) -> Self {
        let lines = lines.iter().map(|(sku, quantity)| (*sku, *quantity, 1_000)).collect();
        let (coupons, gift_cards, customers) = (Vec::new(), Vec::new(), Vec::new());
        Buy { n, cart: n, version: 1, lines, discount: 0, shipping: 0, coupons, gift_cards, customers }
    }

    pub fn of_cart(self, cart: u64, version: u64) -> Self {
        Buy { cart, version, ..self }
    }

    pub fn id(&self) -> OrderId {
        OrderId::derive(0, b"test", &self.n.to_string())
    }

    fn totals(&self) -> Totals {
        let items: i64 = self.lines.iter().map(|(_, quantity, unit)| i64::from(*quantity) * unit).sum();
        let cards: i64 = self.gift_cards.iter().map(|(_, amount)| amount).sum();
        let total = items - self.discount + self.shipping;
        Totals {
            items: eur(items),
            discount: eur(self.discount),
            shipping: eur(self.shipping),
            tax: eur(0),
            tax_added: eur(0),
            total: eur(total),
            gift_card: eur(cards),
            due: eur(total - cards),
        }
    }

    /// What the provider is asked for.
    pub fn due(&self) -> i64 {
        self.totals().due.amount_minor
    }

    fn line(&self, i: usize) -> PlacedLine {
        let (name, quantity, unit_minor) = self.lines[i];
        let discount_minor = if i == 0 { self.discount } else { 0 };
        PlacedLine {
            sku: sku(name),
            product: ProductId::from_uuid(uuid(3, 1)),
            product_handle: "runner".to_owned(),
            title: "Runner".to_owned(),
            variant_title: "42".to_owned(),
            quantity,
            unit_minor,
            discount_minor,
            tax_minor: 0,
            total_minor: i64::from(quantity) * unit_minor - discount_minor,
            image: None,
            tax_rate: None,
        }
    }

    /// The first line, of another SKU.
    pub fn line_of(&self, name: &str) -> PlacedLine {
        PlacedLine { sku: sku(name), ..self.line(0) }
    }

    pub fn place_command(&self) -> PlaceCommand {
        let totals = self.totals();
        let code = self.coupons.first().cloned();
        let discount = Discount::of_goods("Less", code, totals.discount);
        PlaceCommand {
            store: STORE,
            order: self.id(),
            cart: CartId::from_uuid(uuid(1, self.cart)),
            cart_version: self.version,
            currency: Currency::EUR,
            lines: (0..self.lines.len()).map(|i| self.line(i)).collect(),
            discounts: if self.discount > 0 { vec![discount] } else { Vec::new() },
            tax_lines: Vec::<TaxLine>::new(),
            shipping_option: "standard".to_owned(),
            shipping_name: "Standard".to_owned(),
            totals,
            coupons: self.coupons.clone(),
            customers: self.customers.iter().map(|n| hash(*n)).collect(),
            gift_cards: self
                .gift_cards
                .iter()
                .map(|(code_hash, amount_minor)| GiftCardTender { code_hash: *code_hash, amount_minor: *amount_minor })
                .collect(),
            person: NewPerson {
                id: PersonId::from_uuid(uuid(2, self.n)),
                wrapped_key: vec![1],
                sealed_contact: vec![2],
            },
            provider: "test".to_owned(),
            token: Secret::new("tok_approve".to_owned()),
            return_url: "/return".to_owned(),
            hold_ms: HOLD_MS,
        }
    }

    pub fn command(&self) -> Command {
        Command::Place(Box::new(self.place_command()))
    }
}

/// A payment of `buy` as the provider tells it.
pub(crate) fn payment(buy: &Buy, status: ProviderStatus, revision: u64) -> ProviderPayment {
    ProviderPayment {
        reference: format!("pay_{}", buy.n),
        key: format!("{}:1", buy.id()),
        status,
        amount: eur(buy.due()),
        captured_minor: if status == ProviderStatus::Captured { buy.due() } else { 0 },
        refunded_minor: 0,
        decline_code: (status == ProviderStatus::Declined).then(|| "card_declined".to_owned()),
        next_action_url: (status == ProviderStatus::RequiresAction).then(|| "/3ds".to_owned()),
        created_at: START,
        changed_at: START,
        revision,
    }
}

/// What a command did, and what it answered.
#[derive(Debug)]
pub(crate) struct Done {
    pub effects: Effects,
    pub reply: Result<Reply, Failure>,
}

impl Done {
    pub fn changed_nothing(&self) -> bool {
        format!("{:?}", self.effects) == format!("{:?}", Effects::default())
    }

    pub fn progress(&self) -> &Progress {
        match &self.reply {
            Ok(Reply::Progress(progress)) => progress,
            other => panic!("no progress but {other:?}"),
        }
    }

    pub fn response(&self) -> (&StoredResponse, bool) {
        match &self.reply {
            Ok(Reply::Response { response, replayed }) => (response, *replayed),
            Ok(Reply::Progress(Progress { response: Some(response), replayed, .. })) => (response, *replayed),
            other => panic!("no response but {other:?}"),
        }
    }

    pub fn failure(&self) -> &Failure {
        self.reply.as_ref().expect_err("a failure was expected")
    }
}

/// The JSON of an answer.
pub(crate) fn json(response: &StoredResponse) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// A clock that is moved by hand.
pub(crate) struct HandClock(std::sync::atomic::AtomicI64);

impl HandClock {
    pub fn new() -> Arc<Self> {
        Arc::new(HandClock(START.millis().into()))
    }

    pub fn pass(&self, millis: i64) {
        self.0.fetch_add(millis, std::sync::atomic::Ordering::Relaxed);
    }
}

impl kernel::clock::Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(std::sync::atomic::Ordering::Relaxed))
    }
}

/// A shop of one ledger, its clock and its chance.
pub(crate) struct Shop {
    pub engine: MemoryEngine,
    pub now: Timestamp,
    pub rng: SharedRng,
    /// Invariants that a test breaks on purpose.
    pub tolerated: Vec<&'static str>,
}

impl Shop {
    pub fn new() -> Self {
        let rng: SharedRng = Arc::new(SeededRng::new(1));
        Shop { engine: MemoryEngine::new(), now: START, rng, tolerated: Vec::new() }
    }

    /// With `on_hand` units of each SKU at the default location.
    pub fn with_stock(stock: &[(&str, i64)]) -> Self {
        let mut shop = Shop::new();
        for (name, on_hand) in stock {
            shop.stock(name, "main", *on_hand);
        }
        shop
    }

    pub fn stock(&mut self, name: &str, location: &str, on_hand: i64) {
        let command = Command::SetStock { sku: sku(name), location: location.to_owned(), on_hand };
        self.ask(command).reply.unwrap();
    }

    /// Runs `envelopes` as one batch, as the batcher does.
    pub fn batch(&mut self, envelopes: &[Envelope]) -> Result<Vec<Done>, EngineError> {
        let mut state = State { meta: at_once(self.engine.begin())?, ..State::default() };
        let mut loaded = Keys::default();
        for round in 0.. {
            let mut wanted = Keys::default();
            envelopes.iter().for_each(|e| wanted.extend(keys(&state, e)));
            add_related(&state, &mut wanted);
            wanted.subtract(&loaded);
            if wanted.is_empty() {
                break;
            }
            assert!(round < 8, "the commands keep naming new keys");
            at_once(self.engine.load(&wanted, &mut state))?;
            loaded.extend(wanted);
        }
        let mut changes = Changes::default();
        let mut done = Vec::with_capacity(envelopes.len());
        for envelope in envelopes {
            let (effects, reply) = decide(&state, envelope, self.now);
            apply(&mut state, &mut changes, effects.clone(), self.now, &self.rng);
            done.push(Done { effects, reply });
        }
        if !changes.is_empty() {
            at_once(self.engine.commit(&changes))?;
        }
        Ok(done)
    }

    pub fn submit(&mut self, envelope: Envelope) -> Done {
        let what = format!("{:?}", envelope.command);
        let done = self.batch(&[envelope]).unwrap_or_else(|error| panic!("{what} was not stored: {error}"));
        self.check(&what);
        done.into_iter().next().unwrap()
    }

    /// A command of the system, without a key.
    pub fn ask(&mut self, command: Command) -> Done {
        self.submit(envelope(command))
    }

    /// A command of a member of staff under an idempotency key.
    pub fn ask_once(&mut self, command: Command, key: u64) -> Done {
        self.submit(Envelope { idempotency: Some(key_ref(key)), actor: staff(), ..envelope(command) })
    }

    /// Looks for broken invariants, the ones about time apart.
    pub fn check(&self, after: &str) {
        for report in at_once(doctor::check(&self.engine, self.now)).unwrap() {
            let id = report.id.as_str();
            if id != "L1" && !self.tolerated.contains(&id) {
                assert!(report.violations.is_empty(), "{id} is broken after {after}: {:?}", report.violations);
            }
        }
        self.engine.with(|t| t.orders.values().for_each(|order| check_due(order)));
    }

    /// Asserts that `command` is rejected with `code` and changes nothing; and that under a key its rejection is
    /// kept and given again.
    pub fn rejects(&mut self, command: Command, code: &str, key: u64) {
        let before = format!("{:?}", self.engine.tables());
        let plain = self.ask(command.clone());
        assert_eq!(plain.failure().code, code, "{command:?}");
        assert!(plain.changed_nothing(), "{command:?}");
        assert_eq!(format!("{:?}", self.engine.tables()), before, "{command:?}");
        let mut kept = self.ask_once(command.clone(), key);
        assert_eq!(json(kept.response().0)["code"], code);
        assert_eq!(std::mem::take(&mut kept.effects.idempotency).len(), 1);
        assert!(kept.changed_nothing(), "{command:?}");
        let again = self.ask_once(command.clone(), key);
        assert_eq!(again.response(), (kept.response().0, true));
        assert!(again.changed_nothing(), "{command:?}");
    }

    pub fn place(&mut self, buy: &Buy) -> Done {
        let key = Some(key_ref(buy.n));
        self.submit(Envelope { idempotency: key, actor: shopper(), ..envelope(buy.command()) })
    }

    pub fn record(&mut self, buy: &Buy, seen: Observation) -> Done {
        self.ask(Command::Record { order: buy.id(), seen })
    }

    pub fn see(&mut self, buy: &Buy, status: ProviderStatus, revision: u64) -> Done {
        self.record(buy, Observation::Payment { attempt: 1, payment: payment(buy, status, revision) })
    }

    pub fn wake(&mut self, buy: &Buy) -> Done {
        self.ask(Command::Wake { order: buy.id() })
    }

    pub fn pass(&mut self, millis: i64) {
        self.now = self.now.plus_millis(millis);
    }

    /// An order that is paid.
    pub fn paid(&mut self, buy: &Buy) {
        self.place(buy).reply.unwrap();
        self.see(buy, ProviderStatus::Authorised, 1).reply.unwrap();
        self.see(buy, ProviderStatus::Captured, 2).reply.unwrap();
        assert_eq!(self.phase(buy), Phase::Confirmed);
    }

    pub fn refund_seen(&mut self, buy: &Buy, refund: RefundId, status: RefundStatus) -> Done {
        let amount = self.order(buy).refunds.iter().find(|r| r.id == refund).unwrap().provider_minor();
        let seen = ProviderRefund {
            key: format!("refund:{refund}"),
            payment_reference: format!("pay_{}", buy.n),
            amount: eur(amount),
            status,
        };
        self.record(buy, Observation::Refund { refund, seen })
    }

    pub fn order(&self, buy: &Buy) -> Arc<Order> {
        at_once(self.engine.order(STORE, buy.id())).unwrap().expect("the order exists")
    }

    pub fn phase(&self, buy: &Buy) -> Phase {
        self.order(buy).head.phase
    }

    /// On hand, held and committed, over all locations.
    pub fn level(&self, name: &str) -> (i64, i64, i64) {
        let levels = at_once(self.engine.levels(STORE, &sku(name))).unwrap();
        levels.iter().fold((0, 0, 0), |sum, l| (sum.0 + l.on_hand, sum.1 + l.held, sum.2 + l.committed))
    }

    /// The kinds of the events of an order.
    pub fn story(&self, buy: &Buy) -> Vec<String> {
        let events = at_once(self.engine.order_events(STORE, buy.id())).unwrap();
        events.into_iter().map(|e| e.kind.trim_start_matches("order.").to_owned()).collect()
    }

    pub fn told(&self, buy: &Buy, kind: &str) -> usize {
        self.story(buy).iter().filter(|k| *k == kind).count()
    }
}

/// Every order that is not finished is woken by time, or waits for a person.
fn check_due(order: &Order) {
    let head = &order.head;
    let to_do = !matches!(order.next(), Next::Wait { .. } | Next::Done);
    match head.phase {
        Phase::Placing | Phase::Unknown | Phase::RequiresAction | Phase::Declined | Phase::Cancelling => {
            assert!(head.due_at.is_some(), "nothing wakes {order:?}");
        }
        Phase::Confirmed | Phase::Closed => assert_eq!(head.due_at.is_some(), to_do, "{order:?}"),
        Phase::Cancelled => assert_eq!(head.due_at, None, "{order:?}"),
    }
}

pub(crate) fn envelope(command: Command) -> Envelope {
    Envelope { store: STORE, command, idempotency: None, actor: Actor::system() }
}

pub(crate) fn key_ref(key: u64) -> IdempotencyRef {
    IdempotencyRef { key: hash(key), fingerprint: hash(key) }
}

pub(crate) fn staff() -> Actor {
    Actor { name: "key:office".to_owned(), request_id: Some("r-1".to_owned()) }
}

pub(crate) fn shopper() -> Actor {
    Actor { name: "customer".to_owned(), request_id: Some("r-2".to_owned()) }
}

pub(crate) fn cancel(buy: &Buy) -> Command {
    Command::Cancel { order: buy.id(), reason: "changed my mind".to_owned() }
}

/// Ships `lines` of number and quantity, everything when there are none.
pub(crate) fn ship(buy: &Buy, n: u64, lines: &[(u32, u32)]) -> Command {
    let lines = (!lines.is_empty()).then(|| quantities(lines));
    let request = ShipmentRequest { lines, carrier: Some("DHL".to_owned()), ..ShipmentRequest::default() };
    Command::Ship { order: buy.id(), shipment: shipment(n), request }
}

pub(crate) fn deliver(buy: &Buy, n: u64) -> Command {
    Command::Deliver { order: buy.id(), shipment: shipment(n) }
}

pub(crate) fn quantities(lines: &[(u32, u32)]) -> Vec<contracts::ledger::LineQuantity> {
    lines.iter().map(|(line, quantity)| contracts::ledger::LineQuantity { line: *line, quantity: *quantity }).collect()
}

pub(crate) fn refund(buy: &Buy, n: u64, request: RefundRequest) -> Command {
    Command::Refund { order: buy.id(), refund: refund_id(n), request }
}

pub(crate) fn refund_lines(buy: &Buy, n: u64, lines: &[(u32, u32)], restock: bool) -> Command {
    refund(buy, n, RefundRequest { lines: Some(quantities(lines)), restock, ..RefundRequest::default() })
}

pub(crate) fn refund_amount(buy: &Buy, n: u64, minor: i64) -> Command {
    refund(buy, n, RefundRequest { amount: Some(eur(minor)), ..RefundRequest::default() })
}
