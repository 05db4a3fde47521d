//! A ledger that remembers what it was asked to change, and requests as a client makes them.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use contracts::Result;
use contracts::event::Event;
use contracts::identity::{Principal, Scope};
use contracts::ledger::{
    Actor, AdjustStock, Answer, Books, BundleView, CancelRequest, CountRequest, CouponView, GiftCardView, History,
    HistoryEntry, Idempotency, InvariantReport, Inventory, Location, NoteRequest, OrderFilter, OrderSummary, OrderView,
    Orders, PolicyView, ReceiveReturnRequest, ReceiveTransfer, RefundRequest, ReturnRequest, SetBundle, SetPolicy,
    SetStock, SetThreshold, ShipmentRequest, Stock, StockFilter, StockItem, StockRules, StockSettings, StockView,
    StoredResponse, TransferRequest, TransferView, Vouchers,
};
use http_body_util::BodyExt as _;
use http_kit::Caller;
use kernel::{
    ApiKeyId, Failure, Money, OrderId, Page, PageRequest, PersonId, ReturnId, Secret, SeededRng, SessionId, ShipmentId,
    Sku, StoreId, Timestamp, TransferId,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Handles, routes};

/// The one order there is, and its secret.
pub(super) const ORDER: &str = "0000d0a0-0000-8000-8000-000000000001";
pub(super) const SECRET: &str = "os_0000d0a0-0000-8000-8000-000000000001";
/// The one shipment, return and person.
pub(super) const OTHER: &str = "0190d0a0-0000-7000-8000-000000000002";
pub(super) const UNKNOWN: &str = "0000d0a0-0000-8000-8000-0000000000ff";
/// The customer whose order [`ORDER`] is.
pub(super) const CUSTOMER: &str = "0190d0a0-0000-7000-8000-00000000000c";
pub(super) const KEY: (&str, &str) = ("idempotency-key", "k-1");

/// A change that the ledger was asked for.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) what: String,
    pub(super) actor: String,
    pub(super) request_id: Option<String>,
    /// Scope of the idempotency; empty without one.
    pub(super) scope: Vec<u8>,
}

/// Fingerprint and answer by scope and key.
type Answers = HashMap<(Vec<u8>, String), ([u8; 32], StoredResponse)>;

#[derive(Default)]
pub(super) struct Recorder {
    calls: Mutex<Vec<Call>>,
    answers: Mutex<Answers>,
    coupons: Mutex<HashMap<String, Option<i64>>>,
    cards: Mutex<HashMap<String, Money>>,
    reports: Mutex<Vec<InvariantReport>>,
}

impl Recorder {
    fn note_call(&self, what: String, actor: &Actor, scope: Vec<u8>) {
        let (actor, request_id) = (actor.name.clone(), actor.request_id.clone());
        self.calls.lock().push(Call { what, actor, request_id, scope });
    }

    fn change(&self, status: u16, what: String, idempotency: Idempotency, actor: &Actor) -> Result<Answer> {
        let slot = (idempotency.scope.clone(), idempotency.key);
        let known = self.answers.lock().get(&slot).cloned();
        if let Some((fingerprint, response)) = known {
            if fingerprint != idempotency.fingerprint {
                return Err(Failure::invalid("idempotency_key_reused", "Another request had this key."));
            }
            return Ok(Answer { response, replayed: true });
        }
        let body = json!({ "done": what }).to_string().into();
        let response = StoredResponse { status, location: Some(format!("/api/v1/orders/{ORDER}")), body };
        self.answers.lock().insert(slot, (idempotency.fingerprint, response.clone()));
        self.note_call(what, actor, idempotency.scope);
        Ok(Answer { response, replayed: false })
    }

    fn change_order(
        &self,
        (store, id): (StoreId, OrderId),
        status: u16,
        what: String,
        idempotency: Idempotency,
        actor: &Actor,
    ) -> Result<Answer> {
        if store == StoreId::DEFAULT && id.to_string() == ORDER {
            return self.change(status, what, idempotency, actor);
        }
        Err(Failure::not_found("order"))
    }
}

fn order_view() -> OrderView {
    let zero = json!({ "amount_minor": 0, "currency": "EUR" });
    let total = json!({ "amount_minor": 7999, "currency": "EUR" });
    serde_json::from_value(json!({
        "id": ORDER, "number": "1001", "status": "confirmed", "payment_status": "paid",
        "fulfilment_status": "unfulfilled", "currency": "EUR", "cart_id": OTHER, "cart_version": 3,
        "placed_at": "2026-01-02T03:04:05Z", "lines": [], "discounts": [], "tax_lines": [],
        "shipping_option": "standard", "shipping_name": "Standard", "captured": total, "refunded": zero,
        "totals": {
            "items": total, "discount": zero, "shipping": zero, "tax": zero, "tax_added": zero, "total": total,
            "gift_card": zero, "due": total,
        },
        "shipments": [], "refunds": [], "returns": [], "timeline": [],
    }))
    .unwrap()
}

#[async_trait]
impl Orders for Recorder {
    async fn order(&self, store: StoreId, id: OrderId) -> Result<Option<OrderView>> {
        Ok((store == StoreId::DEFAULT && id.to_string() == ORDER).then(order_view))
    }

    async fn orders(&self, _: StoreId, filter: OrderFilter, page: PageRequest) -> Result<Page<OrderSummary>> {
        let view = order_view();
        let fits = page.cursor.is_none()
            && filter.status.is_none_or(|status| status == view.status)
            && filter.number.is_none_or(|number| number == view.number);
        let summary = OrderSummary {
            id: view.id,
            number: view.number,
            status: view.status,
            payment_status: view.payment_status,
            fulfilment_status: view.fulfilment_status,
            total: view.totals.total,
            placed_at: view.placed_at,
        };
        let next_cursor = fits.then(|| "after-1001".to_owned());
        Ok(Page { items: if fits { vec![summary] } else { Vec::new() }, next_cursor })
    }

    async fn cancel(
        &self,
        store: StoreId,
        id: OrderId,
        request: CancelRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.change_order((store, id), 200, format!("cancel {}", request.reason), idempotency, &actor)
    }

    async fn ship(
        &self,
        store: StoreId,
        id: OrderId,
        request: ShipmentRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let what = format!("ship {:?} {:?}", request.lines, request.tracking);
        self.change_order((store, id), 201, what, idempotency, &actor)
    }

    async fn deliver(
        &self,
        store: StoreId,
        id: OrderId,
        shipment: ShipmentId,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.change_order((store, id), 200, format!("deliver {shipment}"), idempotency, &actor)
    }

    async fn refund(
        &self,
        store: StoreId,
        id: OrderId,
        request: RefundRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let amount = request.amount.map_or(0, |amount| amount.amount_minor);
        self.change_order((store, id), 201, format!("refund {amount} {}", request.reason), idempotency, &actor)
    }

    async fn request_return(
        &self,
        store: StoreId,
        id: OrderId,
        request: ReturnRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let what = format!("return {} {}", request.lines.len(), request.reason);
        self.change_order((store, id), 201, what, idempotency, &actor)
    }

    async fn receive_return(
        &self,
        store: StoreId,
        id: OrderId,
        returned: ReturnId,
        request: ReceiveReturnRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let what = format!("receive {returned} {}", request.restock);
        self.change_order((store, id), 200, what, idempotency, &actor)
    }

    async fn note(
        &self,
        store: StoreId,
        id: OrderId,
        request: NoteRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.change_order((store, id), 201, format!("note {}", request.text), idempotency, &actor)
    }
}

fn level(sku: &Sku, location: &str, on_hand: i64) -> StockView {
    StockView {
        sku: sku.clone(),
        location: location.to_owned(),
        on_hand,
        held: 1,
        committed: 2,
        available: on_hand - 3,
    }
}

#[async_trait]
impl Stock for Recorder {
    async fn levels(&self, _: StoreId, sku: &Sku) -> Result<Vec<StockView>> {
        let known = sku.as_str() == "RUN-42/EU";
        Ok(if known { vec![level(sku, "main", 10), level(sku, "north", 8)] } else { Vec::new() })
    }

    async fn set(&self, _: StoreId, sku: &Sku, request: SetStock, actor: Actor) -> Result<StockView> {
        self.note_call(format!("count {sku} {} {}", request.location, request.on_hand), &actor, Vec::new());
        Ok(level(sku, &request.location, request.on_hand))
    }

    async fn adjust(&self, _: StoreId, request: AdjustStock, idempotency: Idempotency, actor: Actor) -> Result<Answer> {
        let what = format!("adjust {} {} {} {}", request.sku, request.location, request.delta, request.reason);
        self.change(201, what, idempotency, &actor)
    }

    async fn all_available(&self, _: StoreId) -> Result<Vec<Sku>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Inventory for Recorder {
    async fn locations(&self, _: StoreId) -> Result<Vec<Location>> {
        Ok(vec![Location::undescribed("main")])
    }

    async fn put_location(&self, _: StoreId, location: Location, actor: Actor) -> Result<Location> {
        self.note_call(format!("location {}", location.location), &actor, Vec::new());
        Ok(location)
    }

    async fn stock(&self, _: StoreId, filter: StockFilter, _: PageRequest) -> Result<Page<StockItem>> {
        let items = if filter == StockFilter::default() { vec![item("RUN-42/EU", None)] } else { Vec::new() };
        Ok(Page { items, next_cursor: None })
    }

    async fn set_threshold(&self, _: StoreId, sku: &Sku, request: SetThreshold, actor: Actor) -> Result<StockItem> {
        self.note_call(format!("threshold {sku}"), &actor, Vec::new());
        Ok(item(sku.as_str(), request.threshold))
    }

    async fn settings(&self, _: StoreId) -> Result<StockSettings> {
        Ok(StockSettings::default())
    }

    async fn put_settings(&self, _: StoreId, settings: StockSettings, actor: Actor) -> Result<StockSettings> {
        self.note_call("settings".to_owned(), &actor, Vec::new());
        Ok(settings)
    }

    async fn count(&self, _: StoreId, request: CountRequest, idempotency: Idempotency, actor: Actor) -> Result<Answer> {
        let what = format!("count {} at {}: {}", request.lines.len(), request.location, request.reason);
        self.change(201, what, idempotency, &actor)
    }

    async fn transfer(
        &self,
        _: StoreId,
        request: TransferRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let what = format!("transfer {} {} {} {}", request.lines.len(), request.from, request.to, request.in_transit);
        self.change(201, what, idempotency, &actor)
    }

    async fn receive_transfer(
        &self,
        _: StoreId,
        id: TransferId,
        request: ReceiveTransfer,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.change(200, format!("receive {id} {:?} {}", request.lines, request.close), idempotency, &actor)
    }

    async fn transfers(&self, _: StoreId, _: PageRequest) -> Result<Page<TransferView>> {
        Ok(Page { items: Vec::new(), next_cursor: None })
    }
}

#[async_trait]
impl StockRules for Recorder {
    async fn policy(&self, store: StoreId, sku: &Sku) -> Result<PolicyView> {
        Ok(crate::state::StockRule::new(store, sku.clone()).policy_view())
    }

    async fn put_policy(&self, _: StoreId, sku: &Sku, request: SetPolicy, actor: Actor) -> Result<PolicyView> {
        self.note_call(format!("policy {sku}"), &actor, Vec::new());
        let SetPolicy { policy, limit, until } = request;
        Ok(PolicyView { sku: sku.clone(), policy, limit, until, backordered: 0 })
    }

    async fn bundle(&self, _: StoreId, _: &Sku) -> Result<Option<BundleView>> {
        Ok(None)
    }

    async fn put_bundle(&self, _: StoreId, sku: &Sku, request: SetBundle, actor: Actor) -> Result<BundleView> {
        self.note_call(format!("bundle {sku}"), &actor, Vec::new());
        Ok(BundleView { sku: sku.clone(), components: request.components, available: 0 })
    }

    async fn all_backorderable(&self, _: StoreId) -> Result<Vec<(Sku, Option<kernel::Timestamp>)>> {
        Ok(Vec::new())
    }
}

fn item(sku: &str, threshold: Option<i64>) -> StockItem {
    let (on_hand, available) = (10, 7);
    StockItem {
        sku: Sku::new(sku).unwrap(),
        location: "main".to_owned(),
        on_hand,
        held: 1,
        committed: 2,
        available,
        threshold,
        low: threshold.is_some_and(|t| available <= t),
    }
}

#[async_trait]
impl Vouchers for Recorder {
    async fn put_coupon(&self, _: StoreId, code: &str, limit: Option<i64>, actor: Actor) -> Result<CouponView> {
        self.note_call(format!("coupon {code}"), &actor, Vec::new());
        self.coupons.lock().insert(code.to_owned(), limit);
        Ok(CouponView { code: code.to_owned(), limit, uses: 0, limit_per_customer: None })
    }

    async fn limit_coupon(
        &self,
        store: StoreId,
        code: &str,
        limit: Option<i64>,
        limit_per_customer: Option<i64>,
        actor: Actor,
    ) -> Result<CouponView> {
        let view = self.put_coupon(store, code, limit, actor).await?;
        Ok(CouponView { limit_per_customer, ..view })
    }

    async fn coupon(&self, _: StoreId, code: &str) -> Result<Option<CouponView>> {
        let found = self.coupons.lock().get(code).copied();
        Ok(found.map(|limit| CouponView { code: code.to_owned(), limit, uses: 0, limit_per_customer: None }))
    }

    async fn issue_gift_card(&self, _: StoreId, code: &Secret, balance: Money, actor: Actor) -> Result<GiftCardView> {
        self.note_call("gift card".to_owned(), &actor, Vec::new());
        let code = code.expose().clone();
        if self.cards.lock().insert(code.clone(), balance).is_some() {
            return Err(Failure::conflict("gift_card_exists", "It was issued already."));
        }
        Ok(GiftCardView { code, balance, code_hash: [0; 32] })
    }

    async fn gift_card(&self, _: StoreId, code: &Secret) -> Result<Option<GiftCardView>> {
        let found = self.cards.lock().get(code.expose()).copied();
        Ok(found.map(|balance| GiftCardView { code: code.expose().clone(), balance, code_hash: [0; 32] }))
    }
}

#[async_trait]
impl History for Recorder {
    async fn history(&self, store: StoreId, id: OrderId) -> Result<Vec<HistoryEntry>> {
        if (store, id.to_string().as_str()) != (StoreId::DEFAULT, ORDER) {
            return Err(Failure::not_found("order"));
        }
        let moved = json!({ "sku": "A", "location": "main", "on_hand": 0, "held": 2, "committed": 0 });
        let entry = |kind: &str, name: &str, moved: &Value| {
            let entry =
                json!({ "at": "2026-01-02T03:04:05Z", "kind": kind, "name": name, "text": "x", "moved": moved });
            serde_json::from_value(entry).unwrap()
        };
        let nothing = Value::Null;
        Ok(vec![
            entry("event", "order.created", &nothing),
            entry("stock", "hold", &moved),
            entry("note", "order.note", &nothing),
        ])
    }
}

#[async_trait]
impl Books for Recorder {
    async fn events(&self, store: StoreId, after: u64, limit: u32) -> Result<Vec<Event>> {
        let event = |position: u64| -> Event {
            serde_json::from_value(json!({
                "id": OTHER, "position": position, "store": store, "aggregate": format!("order:{ORDER}"),
                "aggregate_seq": 1, "type": "order.placed", "version": 1, "at": "2026-01-02T03:04:05Z", "data": {},
            }))
            .unwrap()
        };
        Ok([1, 4, 9].into_iter().filter(|p| *p > after).take(limit as usize).map(event).collect())
    }

    async fn last_position(&self) -> Result<u64> {
        Ok(9)
    }

    async fn invariants(&self) -> Result<Vec<InvariantReport>> {
        Ok(self.reports.lock().clone())
    }

    async fn erase(&self, _: StoreId, person: PersonId, actor: Actor) -> Result<()> {
        if person.to_string() != OTHER {
            return Err(Failure::not_found("person"));
        }
        self.note_call(format!("erase {person}"), &actor, Vec::new());
        Ok(())
    }
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    pub(super) body: Value,
}

impl Reply {
    /// Status, code and the pointers of the fields at fault.
    pub(super) fn problem(&self) -> (u16, &str, Vec<&str>) {
        let errors = self.body["errors"].as_array();
        let pointers = errors.into_iter().flatten().map(|e| e["pointer"].as_str().unwrap()).collect();
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or(""), pointers)
    }
}

pub(super) struct Client {
    ledger: Arc<Recorder>,
    router: Router,
    pub(super) openapi: Value,
}

impl Client {
    pub(super) fn new() -> Self {
        let ledger = Arc::new(Recorder::default());
        let handles = Handles {
            orders: ledger.clone(),
            history: ledger.clone(),
            stock: ledger.clone(),
            inventory: ledger.clone(),
            stock_rules: ledger.clone(),
            vouchers: ledger.clone(),
            books: ledger.clone(),
            secret_of: Arc::new(|id| Secret::new(format!("os_{id}"))),
            owns: Arc::new(|_, customer, order| {
                Ok((customer.to_string().as_str(), order.to_string().as_str()) == (CUSTOMER, ORDER))
            }),
        };
        let (router, openapi) = routes(handles).split_for_parts();
        Client { ledger, router, openapi: serde_json::to_value(openapi).unwrap() }
    }

    pub(super) async fn as_anyone(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.send(Caller::anonymous("r-1"), line, headers, body).await
    }

    pub(super) async fn as_staff(&self, scope: Scope, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        self.send(staff(scope, StoreId::DEFAULT), line, headers, body).await
    }

    pub(super) async fn as_customer(&self, id: &str, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let session = SessionId::new(Timestamp::EPOCH, &SeededRng::new(1));
        let principal = Principal::Customer { id: id.parse().unwrap(), store: StoreId::DEFAULT, session };
        let caller = Caller { store: StoreId::DEFAULT, principal, request_id: "r-1".into() };
        self.send(caller, line, headers, body).await
    }

    /// With a key of another store.
    pub(super) async fn as_staff_elsewhere(&self, scope: Scope, line: &str) -> Reply {
        self.send(staff(scope, OTHER.parse().unwrap()), line, &[], "").await
    }

    async fn send(&self, caller: Caller, line: &str, headers: &[(&str, &str)], body: &str) -> Reply {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).extension(caller);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        let text = String::from_utf8(bytes).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Reply { status, headers, text, body }
    }

    /// What the ledger was asked to change, replays not counted.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.ledger.calls.lock().clone()
    }

    pub(super) fn last(&self) -> Call {
        self.calls().pop().unwrap()
    }

    /// What the next check of the invariants finds.
    pub(super) fn find(&self, reports: Vec<InvariantReport>) {
        *self.ledger.reports.lock() = reports;
    }
}

fn staff(scope: Scope, store: StoreId) -> Caller {
    let id = ApiKeyId::new(Timestamp::EPOCH, &SeededRng::new(1));
    Caller { store, principal: Principal::ApiKey { id, store, scopes: vec![scope] }, request_id: "r-1".into() }
}
