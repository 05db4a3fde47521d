//! The saga's own part: the right call for each step, one driver per order, and a resolver that nothing stops.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use contracts::address::Address;
use contracts::checkout::{PaymentChoice, QuoteLine, ShippingOption, Totals};
use contracts::ledger::Actor;
use contracts::payment::{ProviderHint, ProviderRefund, ProviderStatus, RefundStatus};
use contracts::saga::{PlaceCommand, Progress};
use futures::FutureExt;
use futures::poll;
use kernel::{CartId, Clock, Currency, ErrorKind, Money, ProductId, Rate, RefundId, SeededRng, Sku, Timestamp};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::*;

const STORE: StoreId = StoreId::DEFAULT;

fn order(n: u128) -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(n))
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn found(status: ProviderStatus) -> ProviderPayment {
    ProviderPayment {
        reference: "pay_1".to_owned(),
        key: "k".to_owned(),
        status,
        amount: eur(1_000),
        captured_minor: 0,
        refunded_minor: 0,
        decline_code: None,
        next_action_url: None,
        created_at: Timestamp::EPOCH,
        changed_at: Timestamp::EPOCH,
        revision: 1,
    }
}

/// A ledger that says what it was told to say, and remembers what it heard.
#[derive(Default)]
struct Script {
    heard: Mutex<Vec<Observation>>,
    woken: Mutex<Vec<OrderId>>,
    placed: Mutex<Vec<PlaceCommand>>,
    /// What is to be done after a wake and after a record; nothing when empty.
    after_wake: Mutex<VecDeque<Next>>,
    after_record: Mutex<VecDeque<Next>>,
    due: Mutex<Vec<(StoreId, OrderId)>>,
    /// Whether nothing is to be done about any order.
    settled: Mutex<bool>,
    /// An order that cannot be woken.
    poison: Mutex<Option<OrderId>>,
}

fn progress(order: OrderId, next: Option<Next>) -> Progress {
    Progress { order, next: next.unwrap_or(Next::Done), response: None, replayed: false }
}

#[async_trait]
impl SagaLedger for Script {
    async fn place(&self, command: PlaceCommand, _: Idempotency, _: Actor) -> Result<Progress> {
        let id = command.order;
        self.placed.lock().push(command);
        Ok(progress(id, Some(find())))
    }

    async fn replay(&self, _: StoreId, _: &Idempotency) -> Result<Option<(OrderId, StoredResponse)>> {
        Ok(None)
    }

    async fn record(&self, _: StoreId, order: OrderId, seen: Observation) -> Result<Progress> {
        self.heard.lock().push(seen);
        let response = StoredResponse { status: 202, location: None, body: "{}".into() };
        Ok(Progress { response: Some(response), ..progress(order, self.after_record.lock().pop_front()) })
    }

    async fn wake(&self, _: StoreId, order: OrderId) -> Result<Progress> {
        if *self.poison.lock() == Some(order) {
            return Err(Failure::internal("poison"));
        }
        self.woken.lock().push(order);
        Ok(progress(order, self.after_wake.lock().pop_front()))
    }

    async fn settled(&self, _: StoreId, _: OrderId) -> Result<bool> {
        Ok(*self.settled.lock())
    }

    async fn due(&self, _: Timestamp, limit: u32) -> Result<Vec<(StoreId, OrderId)>> {
        Ok(self.due.lock().iter().take(limit as usize).copied().collect())
    }
}

/// How a call to the provider ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Fine,
    Nothing,
    Unknown,
    Refused,
}

/// A provider that ends every call the same way, once it is let through.
struct Desk {
    end: Mutex<End>,
    gate: Semaphore,
    calls: Mutex<Vec<String>>,
    waiting: AtomicUsize,
}

impl Desk {
    async fn call(&self, what: String) -> std::result::Result<Option<ProviderPayment>, ProviderError> {
        self.calls.lock().push(what);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.gate.acquire().await.unwrap().forget();
        match *self.end.lock() {
            End::Fine => Ok(Some(found(ProviderStatus::Authorised))),
            End::Nothing => Ok(None),
            End::Unknown => Err(ProviderError::Unknown("late".to_owned())),
            End::Refused => Err(ProviderError::Refused("no".to_owned())),
        }
    }
}

type Answer<T> = std::result::Result<T, ProviderError>;

#[async_trait]
impl Provider for Desk {
    fn name(&self) -> &'static str {
        "desk"
    }

    async fn authorise(&self, request: AuthoriseRequest) -> Answer<ProviderPayment> {
        let what = format!("authorise {} {} {}", request.key, request.amount.amount_minor, request.token);
        self.call(what).await.map(|p| p.unwrap())
    }

    async fn find(&self, key: &str) -> Answer<Option<ProviderPayment>> {
        self.call(format!("find {key}")).await
    }

    async fn capture(&self, reference: &str, key: &str, amount: Money) -> Answer<ProviderPayment> {
        self.call(format!("capture {reference} {key} {}", amount.amount_minor)).await.map(|p| p.unwrap())
    }

    async fn void(&self, reference: &str, key: &str) -> Answer<ProviderPayment> {
        self.call(format!("void {reference} {key}")).await.map(|p| p.unwrap())
    }

    async fn refund(&self, reference: &str, key: &str, amount: Money) -> Answer<ProviderRefund> {
        self.call(format!("refund {reference} {key} {}", amount.amount_minor)).await.map(|_| back(amount))
    }

    async fn find_refund(&self, _: &str) -> Answer<Option<ProviderRefund>> {
        Ok(None)
    }

    async fn changed_since(&self, _: Timestamp, _: usize) -> Answer<Vec<ProviderPayment>> {
        Ok(Vec::new())
    }

    fn verify_webhook(&self, _: &str, _: &[u8], _: Timestamp) -> Result<ProviderHint> {
        Err(Failure::internal("no webhooks here"))
    }
}

fn back(amount: Money) -> ProviderRefund {
    let (key, payment_reference) = ("k".to_owned(), "pay_1".to_owned());
    ProviderRefund { key, payment_reference, amount, status: RefundStatus::Succeeded }
}

#[derive(Default)]
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + self.0.load(Ordering::Relaxed))
    }
}

/// One pair of shoes, to be delivered.
struct Shoes;

#[async_trait]
impl Quotes for Shoes {
    async fn quote(&self, _: StoreId, access: &CartAccess, _: &QuoteRequest) -> Result<Quote> {
        let line = QuoteLine {
            sku: Sku::new("A").unwrap(),
            product_id: ProductId::from_uuid(Uuid::from_u128(1)),
            product_handle: "runner".to_owned(),
            title: "Runner".to_owned(),
            variant_title: "42".to_owned(),
            quantity: 2,
            unit_price: eur(1_000),
            compare_at_price: None,
            subtotal: eur(2_000),
            discount: eur(100),
            tax: eur(361),
            tax_rate: Rate::from_ppm(190_000),
            requires_shipping: true,
            available: true,
            backorder: false,
            image: None,
        };
        let tax = |amount| contracts::checkout::TaxLine {
            name: "VAT".to_owned(),
            rate: Rate::from_ppm(190_000),
            amount,
            included: false,
        };
        let option = ShippingOption::new("standard", "Standard", eur(490), (1, 2));
        let totals = Totals {
            items: eur(2_000),
            discount: eur(100),
            shipping: eur(490),
            tax: eur(454),
            tax_added: eur(454),
            total: eur(2_844),
            gift_card: eur(0),
            due: eur(2_844),
        };
        Ok(Quote {
            cart_id: access.id,
            cart_version: 3,
            lines: vec![line],
            discounts: Vec::new(),
            shipping_options: vec![option],
            shipping_option: Some("standard".to_owned()),
            tax_lines: vec![tax(eur(454))],
            totals,
            notes: Vec::new(),
            gift_cards: Vec::new(),
            reverse_charge: false,
            counted: Vec::new(),
        })
    }
}

struct World {
    script: Arc<Script>,
    desk: Arc<Desk>,
    clock: Arc<Hand>,
    spawner: Spawner,
    checkout: CheckoutService,
}

fn world(open: usize) -> World {
    let script = Arc::new(Script::default());
    let desk = Arc::new(Desk {
        end: Mutex::new(End::Fine),
        gate: Semaphore::new(open),
        calls: Mutex::default(),
        waiting: AtomicUsize::new(0),
    });
    let clock = Arc::new(Hand::default());
    let spawner = Spawner::new();
    let provider: Arc<dyn Provider> = desk.clone();
    let checkout = CheckoutService::new(SagaParts {
        ledger: script.clone(),
        quotes: Arc::new(Shoes),
        providers: Providers::new(vec![provider]),
        vault: Vault::from_bytes(&[7; 32]),
        clock: clock.clone(),
        rng: Arc::new(SeededRng::new(2)),
        spawner: spawner.clone(),
        settings: SagaSettings::default(),
    });
    World { script, desk, clock, spawner, checkout }
}

const MANY: usize = 1_000_000;

fn find() -> Next {
    Next::Find { attempt: 1, provider: "desk".to_owned(), key: "k".to_owned() }
}

#[tokio::test]
async fn every_step_is_one_call_and_what_it_shows_is_recorded() {
    let (attempt, provider, key) = (1, "desk".to_owned(), "k".to_owned());
    let reference = "pay_1".to_owned();
    let refund = RefundId::from_uuid(Uuid::from_u128(9));
    let amount = eur(500);
    let authorise = Next::Authorise {
        attempt,
        provider: provider.clone(),
        key: key.clone(),
        amount,
        token: "tok".to_owned(),
        return_url: String::new(),
    };
    let capture =
        Next::Capture { attempt, provider: provider.clone(), reference: reference.clone(), key: key.clone(), amount };
    let void = Next::Void { attempt, provider: provider.clone(), reference: reference.clone(), key: key.clone() };
    let give_back = Next::Refund { refund, provider, reference, key, amount };
    let payment = || Observation::Payment { attempt, payment: found(ProviderStatus::Authorised) };
    let unanswered = || Observation::Unanswered { attempt };
    let refused = || Observation::Refused { attempt, why: "no".to_owned() };
    let table = [
        (authorise.clone(), End::Fine, "authorise k 500 tok", payment()),
        (authorise.clone(), End::Unknown, "authorise k 500 tok", unanswered()),
        (authorise, End::Refused, "authorise k 500 tok", refused()),
        (find(), End::Fine, "find k", payment()),
        (find(), End::Nothing, "find k", Observation::Missing { attempt }),
        (find(), End::Unknown, "find k", unanswered()),
        // A question that was refused says nothing about the payment.
        (find(), End::Refused, "find k", unanswered()),
        (capture.clone(), End::Fine, "capture pay_1 k 500", payment()),
        (capture.clone(), End::Unknown, "capture pay_1 k 500", unanswered()),
        (capture, End::Refused, "capture pay_1 k 500", refused()),
        (void.clone(), End::Unknown, "void pay_1 k", unanswered()),
        (void, End::Refused, "void pay_1 k", refused()),
        (give_back.clone(), End::Fine, "refund pay_1 k 500", Observation::Refund { refund, seen: back(amount) }),
        (give_back.clone(), End::Unknown, "refund pay_1 k 500", Observation::RefundUnanswered { refund }),
        (give_back, End::Refused, "refund pay_1 k 500", Observation::RefundRefused { refund, why: "no".to_owned() }),
    ];
    for (next, end, call, seen) in table {
        let world = world(MANY);
        *world.desk.end.lock() = end;
        world.script.after_wake.lock().push_back(next.clone());
        world.checkout.resume(STORE, order(1)).await.unwrap();
        assert_eq!(*world.desk.calls.lock(), [call], "{next:?} {end:?}");
        assert_eq!(*world.script.heard.lock(), [seen], "{next:?} {end:?}");
    }
    for next in [Next::Done, Next::Wait { until: Timestamp::EPOCH }] {
        let world = world(MANY);
        world.script.after_wake.lock().push_back(next);
        world.checkout.resume(STORE, order(1)).await.unwrap();
        assert!(world.desk.calls.lock().is_empty() && world.script.heard.lock().is_empty());
    }
}

#[tokio::test]
async fn an_order_that_is_in_hand_is_looked_at_again_afterwards_and_not_twice_at_once() {
    let world = world(0);
    world.script.after_wake.lock().extend([find(), find()]);
    let checkout = world.checkout.clone();
    let mut first = async move { checkout.resume(STORE, order(1)).await }.boxed();
    assert!(poll!(&mut first).is_pending());
    // Two hints come while the provider is being asked.
    for _ in 0..2 {
        world.checkout.resume(STORE, order(1)).await.unwrap();
    }
    assert_eq!((world.desk.calls.lock().len(), world.script.woken.lock().len()), (1, 1));
    world.desk.gate.add_permits(MANY);
    first.await.unwrap();
    assert_eq!((world.desk.calls.lock().len(), world.script.woken.lock().len()), (2, 2));
    assert!(world.checkout.0.in_hand.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_waits_for_those_who_have_the_order_in_hand_but_not_for_long() {
    let world = world(0);
    world.script.after_wake.lock().extend([find(), find()]);
    let checkout = world.checkout.clone();
    let mut first = async move { checkout.resume(STORE, order(1)).await }.boxed();
    assert!(poll!(&mut first).is_pending());
    let begun = tokio::time::Instant::now();
    world.checkout.catch_up(STORE, order(1)).await.unwrap();
    assert_eq!(begun.elapsed(), CATCH_UP_STEP * 100, "the provider does not answer");
    let checkout = world.checkout.clone();
    let mut back = async move { checkout.catch_up(STORE, order(1)).await }.boxed();
    assert!(poll!(&mut back).is_pending());
    world.desk.gate.add_permits(MANY);
    first.await.unwrap();
    back.await.unwrap();
    assert_eq!(begun.elapsed(), CATCH_UP_STEP * 101, "done as soon as the other is");
    assert!(world.checkout.0.in_hand.lock().is_empty());
}

#[tokio::test]
async fn news_of_what_is_settled_costs_no_command() {
    let world = world(MANY);
    *world.script.settled.lock() = true;
    world.checkout.resume(STORE, order(1)).await.unwrap();
    assert_eq!((world.desk.calls.lock().len(), world.script.woken.lock().len()), (0, 0));
}

#[tokio::test]
async fn steps_without_end_are_left_to_the_resolver() {
    let world = world(MANY);
    world.script.after_wake.lock().push_back(find());
    world.script.after_record.lock().extend(std::iter::repeat_n(find(), 1_000));
    world.checkout.resume(STORE, order(1)).await.unwrap();
    assert_eq!(world.desk.calls.lock().len(), MAX_STEPS);
}

#[tokio::test]
async fn one_poisoned_order_stops_no_other_and_is_tried_less_and_less_often() {
    let world = world(MANY);
    let mut resolver = Resolver::new(world.checkout.clone());
    *world.script.poison.lock() = Some(order(1));
    world.script.due.lock().extend((1..=300).map(|n| (STORE, order(n))));
    assert_eq!(resolver.round().await.unwrap(), 200);
    assert_eq!(world.script.woken.lock().len(), 199);
    // While it pauses it takes nobody's place.
    assert_eq!(resolver.round().await.unwrap(), 200);
    assert_eq!(world.script.woken.lock().len(), 399);
    *world.script.due.lock() = vec![(STORE, order(1))];
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let mut seconds = 0;
        while resolver.round().await.unwrap() == 0 {
            world.clock.0.fetch_add(1_000, Ordering::Relaxed);
            seconds += 1;
        }
        pauses.push(seconds);
    }
    assert_eq!(pauses, [2, 4, 8, 16, 32, 64, 64, 64]);
    *world.script.poison.lock() = None;
    world.clock.0.fetch_add(64_000, Ordering::Relaxed);
    assert_eq!(resolver.round().await.unwrap(), 1);
    assert_eq!(world.script.woken.lock().last(), Some(&order(1)));
    assert_eq!(resolver.round().await.unwrap(), 1, "once healed it is like any other");
}

fn request() -> (CartAccess, PlaceOrder) {
    let address = Address {
        name: "Ada".to_owned(),
        line1: "1 High Street".to_owned(),
        line2: None,
        city: "Berlin".to_owned(),
        region: None,
        postal_code: "10115".to_owned(),
        country: "DE".to_owned(),
    };
    let cart = CartId::from_uuid(Uuid::from_u128(5));
    let access = CartAccess { id: cart, secret: Secret::new("s".to_owned()) };
    let order = PlaceOrder {
        cart_id: cart,
        cart_version: 3,
        email: "ada@example.com".to_owned(),
        shipping_address: address,
        billing_address: None,
        shipping_option: "standard".to_owned(),
        payment: PaymentChoice { provider: "desk".to_owned(), token: "tok".to_owned() },
        expected_total: Some(eur(2_844)),
        expected_due: None,
        gift_cards: Vec::new(),
        vat_id: None,
        customer: None,
        client: None,
    };
    (access, order)
}

fn key() -> Idempotency {
    Idempotency { scope: b"scope".to_vec(), key: "k1".to_owned(), fingerprint: [1; 32] }
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_stop_its_order() {
    let world = world(0);
    let (access, order) = request();
    let checkout = world.checkout.clone();
    let mut placing = async move { checkout.place(STORE, &access, order, key(), None).await.map(drop) }.boxed();
    while world.desk.waiting.load(Ordering::Relaxed) == 0 {
        assert!(poll!(&mut placing).is_pending());
        tokio::task::yield_now().await;
    }
    drop(placing);
    world.desk.gate.add_permits(MANY);
    while world.script.heard.lock().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(world.spawner.drain(std::time::Duration::from_secs(5)).await);
    assert_eq!(world.script.heard.lock().len(), 1);
}

#[tokio::test]
async fn an_order_is_frozen_as_it_was_quoted_and_its_person_is_sealed() {
    let world = world(MANY);
    let (access, order) = request();
    let placed = world.checkout.place(STORE, &access, order, key(), None).await.unwrap();
    assert_eq!((placed.response.status, placed.order_id), (202, OrderId::derive(1, b"scope", "k1")));
    assert_eq!(placed.secret.expose(), world.checkout.order_secret(placed.order_id).expose());
    let command = world.script.placed.lock().pop().unwrap();
    assert_eq!((command.cart_version, command.totals.due), (3, eur(2_844)));
    // Prices without tax: what a line costs includes what is added to it.
    assert_eq!((command.lines[0].total_minor, command.lines[0].tax_minor), (2_261, 361));
    let plain = String::from_utf8_lossy(&command.person.sealed_contact).into_owned();
    assert!(!plain.contains("ada") && !plain.contains("High Street"));
    assert_eq!(command.return_url, format!("/orders/{}/return", placed.order_id));
}

#[tokio::test]
async fn what_the_shopper_did_not_see_is_not_ordered() {
    let world = world(MANY);
    type Spoil = fn(&mut PlaceOrder);
    let spoilt: [(&str, ErrorKind, Spoil); 7] = [
        ("cart_changed", ErrorKind::Conflict, |o| o.cart_version = 2),
        ("price_changed", ErrorKind::Conflict, |o| o.expected_total = Some(eur(2_843))),
        ("price_changed", ErrorKind::Conflict, |o| o.expected_total = Some(Money::new(2_844, Currency::USD))),
        ("invalid_input", ErrorKind::Invalid, |o| o.email = "ada".to_owned()),
        ("invalid_input", ErrorKind::Invalid, |o| o.payment.provider = "other".to_owned()),
        ("invalid_input", ErrorKind::Invalid, |o| o.payment.token = "\n".to_owned()),
        ("invalid_input", ErrorKind::Invalid, |o| o.shipping_address.country = "Germany".to_owned()),
    ];
    for (code, kind, spoil) in spoilt {
        let (access, mut order) = request();
        spoil(&mut order);
        let failure = world.checkout.place(STORE, &access, order, key(), None).await.map(drop).unwrap_err();
        assert_eq!((failure.code.as_ref(), failure.kind), (code, kind));
    }
    assert!(world.script.placed.lock().is_empty());
}
