//! The handle that everybody else holds: commands in, rows out.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::Result;
use contracts::catalog::Availability;
use contracts::event::Event;
use contracts::ledger::{
    Actor, AdjustStock, Answer, Books, CancelRequest, Contact, CouponView, GiftCardView, Idempotency, InvariantReport,
    NoteRequest, OrderFilter, OrderSummary, OrderView, Orders, ReceiveReturnRequest, RefundRequest, ReturnRequest,
    SetStock, ShipmentRequest, Stock, StockView, StoredResponse, Vouchers,
};
use contracts::payment::{PaymentBooks, PaymentRecord, ProviderStatus, WebhookInbox};
use contracts::saga::{Observation, PlaceCommand, Progress, SagaLedger};
use infra::vault::Vault;
use kernel::{
    Failure, Money, OrderId, Page, PageRequest, PersonId, RefundId, ReturnId, Secret, SharedClock, SharedRng,
    ShipmentId, Sku, StoreId, Timestamp,
};
use parking_lot::Mutex;
use ring::digest::{Context, SHA256, digest};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::batcher::{BatchStats, Batcher, CommitListener, Job, QUEUE};
use crate::decide::{Command, Envelope, IdempotencyRef, Reply};
use crate::engine::{Engine, Reader};
use crate::order::view::timeline;
use crate::order::{Attempt, Order, Phase};
use crate::recent::Recent;
use crate::state::Hash;

/// What a ledger is made of.
pub struct LedgerParts {
    pub engine: Box<dyn Engine>,
    pub reader: Arc<dyn Reader>,
    pub clock: SharedClock,
    pub rng: SharedRng,
    pub vault: Vault,
    /// Is told when a SKU sells out or comes back, right after the commit.
    pub availability: Arc<dyn Availability>,
}

/// Wakes what waits for commits, and passes availability on.
struct Listener {
    notify: Arc<Notify>,
    availability: Arc<dyn Availability>,
    standings: Arc<Standings>,
}

/// How the orders stand that this process stored last.
type Standings = Mutex<Recent<(StoreId, OrderId), (Phase, Option<Timestamp>)>>;

/// Two webhooks ask for an order right after it was stored; those that come later look into the database.
const STANDINGS: usize = 4096;

impl CommitListener for Listener {
    fn committed(&self, events: &[Event], orders: &[Arc<Order>]) {
        if !orders.is_empty() {
            let mut standings = self.standings.lock();
            for order in orders {
                standings.put((order.head.store, order.head.id), (order.head.phase, order.head.due_at));
            }
        }
        for event in events.iter().filter(|e| e.kind == "stock.availability_changed") {
            let sku = event.data.get("sku").and_then(|s| s.as_str()).and_then(|s| Sku::new(s).ok());
            let available = event.data.get("sku_available").and_then(serde_json::Value::as_bool);
            if let (Some(sku), Some(available)) = (sku, available) {
                self.availability.set_available(event.store, &sku, available);
                if let Some(backorder) = event.data.get("backorder").and_then(serde_json::Value::as_bool) {
                    let until = event.data.get("backorder_until").and_then(|until| until.as_str());
                    let until = until.and_then(|until| Timestamp::parse(until).ok());
                    self.availability.set_backorder(event.store, &sku, backorder, until);
                }
            }
        }
        if !events.is_empty() {
            self.notify.notify_waiters();
        }
    }

    fn unsure(&self) {
        self.standings.lock().clear();
    }
}

/// The ledger of this process. Its writing half runs in the future that [`LedgerService::new`] gives back.
pub struct LedgerService {
    jobs: mpsc::Sender<Job>,
    reader: Arc<dyn Reader>,
    clock: SharedClock,
    rng: SharedRng,
    vault: Vault,
    notify: Arc<Notify>,
    stats: Arc<BatchStats>,
    standings: Arc<Standings>,
}

impl LedgerService {
    /// The handle, and the batcher to be run: on a thread of its own for an engine that blocks.
    pub fn new(parts: LedgerParts) -> (Arc<Self>, impl Future<Output = ()> + Send) {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let notify = Arc::new(Notify::new());
        let stats = Arc::new(BatchStats::default());
        let standings = Arc::new(Standings::new(Recent::new(STANDINGS)));
        let batcher = Batcher {
            jobs: queue,
            engine: parts.engine,
            clock: Arc::clone(&parts.clock),
            rng: Arc::clone(&parts.rng),
            listener: Arc::new(Listener {
                notify: Arc::clone(&notify),
                availability: parts.availability,
                standings: Arc::clone(&standings),
            }),
            stats: Arc::clone(&stats),
            stray_events: Vec::new(),
        };
        let service = LedgerService {
            jobs,
            reader: parts.reader,
            clock: parts.clock,
            rng: parts.rng,
            vault: parts.vault,
            notify,
            stats,
            standings,
        };
        (Arc::new(service), batcher.run())
    }

    #[must_use]
    pub fn reader(&self) -> &dyn Reader {
        self.reader.as_ref()
    }

    #[must_use]
    pub fn stats(&self) -> &BatchStats {
        &self.stats
    }

    /// Resolves at the next commit that tells of an event.
    pub async fn committed(&self) {
        self.notify.notified().await;
    }

    /// Queues a command and waits for its batch to be durable.
    ///
    /// # Errors
    /// The command's rejection; unavailable when the queue is full or the batch could not be stored.
    pub async fn submit(&self, envelope: Envelope) -> Result<Reply> {
        let (answer, reply) = oneshot::channel();
        self.jobs.try_send(Job { envelope, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                Failure::unavailable("The shop is very busy. Please try again in a moment.", 1)
            }
            mpsc::error::TrySendError::Closed(_) => {
                Failure::unavailable("The shop is restarting. Please try again in a moment.", 2)
            }
        })?;
        reply.await.map_err(|_| Failure::unavailable("The shop is restarting. Please try again in a moment.", 2))?
    }

    async fn ask(&self, store: StoreId, command: Command, actor: Actor) -> Result<Reply> {
        self.submit(Envelope { store, command, idempotency: None, actor }).await
    }

    async fn answer(&self, store: StoreId, command: Command, idempotency: Idempotency, actor: Actor) -> Result<Answer> {
        let idempotency = Some(idempotency_ref(&idempotency));
        match self.submit(Envelope { store, command, idempotency, actor }).await? {
            Reply::Response { response, replayed } => Ok(Answer { response, replayed }),
            other => Err(unexpected(&other)),
        }
    }

    async fn progress(
        &self,
        store: StoreId,
        command: Command,
        idempotency: Option<IdempotencyRef>,
        actor: Actor,
    ) -> Result<Progress> {
        match self.submit(Envelope { store, command, idempotency, actor }).await? {
            Reply::Progress(progress) => Ok(progress),
            Reply::Response { response, replayed } => Ok(Progress {
                // A rejected placing has no order; the answer is all there is.
                order: OrderId::from_uuid(uuid::Uuid::nil()),
                next: contracts::saga::Next::Done,
                response: Some(response),
                replayed,
            }),
            other => Err(unexpected(&other)),
        }
    }

    fn contact_of(
        &self,
        order: &Order,
        found: Option<(crate::state::ContactRow, crate::state::Person)>,
    ) -> Option<Contact> {
        let (row, person) = found?;
        let key = self.vault.unwrap_person(person.id.as_bytes(), person.wrapped_key.as_deref()?).ok()?;
        let plain = key.open(order.head.id.as_bytes(), &row.sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }
}

fn unexpected(reply: &Reply) -> Failure {
    Failure::internal(format!("the ledger answered something else than was asked: {reply:?}"))
}

/// Scope and key as one hash, and the fingerprint beside it.
#[must_use]
pub fn idempotency_ref(idempotency: &Idempotency) -> IdempotencyRef {
    let mut context = Context::new(&SHA256);
    context.update(&(idempotency.scope.len() as u64).to_be_bytes());
    context.update(&idempotency.scope);
    context.update(idempotency.key.as_bytes());
    let key = context.finish().as_ref().try_into().expect("SHA-256 gives 32 bytes");
    IdempotencyRef { key, fingerprint: idempotency.fingerprint }
}

/// The hash under which a gift card's code is stored.
#[must_use]
pub fn code_hash(code: &str) -> Hash {
    let normal: String =
        code.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect();
    digest(&SHA256, normal.as_bytes()).as_ref().try_into().expect("SHA-256 gives 32 bytes")
}

#[async_trait]
impl SagaLedger for LedgerService {
    async fn place(&self, command: PlaceCommand, idempotency: Idempotency, actor: Actor) -> Result<Progress> {
        let store = command.store;
        let idempotency = Some(idempotency_ref(&idempotency));
        self.progress(store, Command::Place(Box::new(command)), idempotency, actor).await
    }

    async fn replay(&self, store: StoreId, idempotency: &Idempotency) -> Result<Option<(OrderId, StoredResponse)>> {
        let asked = idempotency_ref(idempotency);
        let Some(row) = self.reader.idempotency(store, asked.key).await? else { return Ok(None) };
        if row.expires_at <= self.clock.now() {
            return Ok(None);
        }
        if row.fingerprint != asked.fingerprint {
            let detail = "This Idempotency-Key was used for a different request. Use a new key for a new request.";
            return Err(Failure::invalid("idempotency_key_reused", detail));
        }
        let Some(answer) = row.answer else {
            let mut failure = Failure::conflict(
                "request_in_progress",
                "A request with this Idempotency-Key is still being worked on. Try again in a moment.",
            );
            failure.retry_after_s = Some(1);
            return Err(failure);
        };
        let order = row.order.unwrap_or_else(|| OrderId::from_uuid(uuid::Uuid::nil()));
        Ok(Some((order, StoredResponse { status: answer.status, location: answer.location, body: answer.body })))
    }

    async fn record(&self, store: StoreId, order: OrderId, seen: Observation) -> Result<Progress> {
        self.progress(store, Command::Record { order, seen }, None, Actor::system()).await
    }

    async fn wake(&self, store: StoreId, order: OrderId) -> Result<Progress> {
        self.progress(store, Command::Wake { order }, None, Actor::system()).await
    }

    async fn settled(&self, store: StoreId, order: OrderId) -> Result<bool> {
        // A cancelled order is never settled for good: money that was given up may turn up.
        let recent = self.standings.lock().get(&(store, order)).copied();
        let standing = match recent {
            Some(standing) => Some(standing),
            None => self.reader.standing(store, order).await?,
        };
        Ok(matches!(standing, Some((Phase::Confirmed | Phase::Closed, None))))
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, OrderId)>> {
        self.reader.due(now, limit).await
    }
}

#[async_trait]
impl WebhookInbox for LedgerService {
    async fn receive(&self, store: StoreId, provider: &str, webhook_id: &str, order: Option<OrderId>) -> Result<bool> {
        let command = Command::ReceiveWebhook { provider: provider.to_owned(), id: webhook_id.to_owned(), order };
        match self.ask(store, command, Actor::system()).await? {
            Reply::Fresh(fresh) => Ok(fresh),
            other => Err(unexpected(&other)),
        }
    }
}

/// The payment of `order` as the reconciler compares it; none when nothing was to be paid.
#[must_use]
pub fn payment_record(order: &Order) -> Option<PaymentRecord> {
    let p = &order.payment;
    let status = match p.state {
        Attempt::None => return None,
        Attempt::Sent | Attempt::Unknown => None,
        Attempt::RequiresAction => Some(ProviderStatus::RequiresAction),
        Attempt::Declined | Attempt::Abandoned => Some(ProviderStatus::Declined),
        Attempt::Authorised if p.captured_minor > 0 => Some(ProviderStatus::Captured),
        Attempt::Authorised => Some(ProviderStatus::Authorised),
        Attempt::Voided => Some(ProviderStatus::Voided),
    };
    Some(PaymentRecord {
        key: p.key(order.head.id),
        order: order.head.id,
        amount: order.money(p.amount_minor),
        captured_minor: p.captured_minor,
        refunded_minor: p.refunded_minor,
        status,
        order_stands: !matches!(order.head.phase, Phase::Cancelling | Phase::Cancelled | Phase::Declined),
    })
}

impl LedgerService {
    /// The number of the last order placed before `at`, found by halving: orders are numbered in order of time.
    async fn number_before(&self, at: Timestamp) -> Result<i64> {
        let (mut low, mut high) = (0_i64, i64::MAX / 2);
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            match self.reader.scan_orders(middle - 1, 1).await?.first() {
                Some(order) if order.head.placed_at < at => low = order.head.number.max(middle),
                _ => high = middle,
            }
        }
        Ok(low)
    }

    /// Adds to `found` the orders behind it that were placed at the same time as its last.
    async fn add_placed_at(&self, found: &mut Vec<Arc<Order>>, at: Timestamp) -> Result<()> {
        const CHUNK: u32 = 500;
        while let Some(last) = found.last().map(|o| o.head.number) {
            let more = self.reader.scan_orders(last, CHUNK).await?;
            let same = more.iter().take_while(|o| o.head.placed_at == at).count();
            found.extend(more.into_iter().take(same));
            if same < CHUNK as usize {
                break;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl PaymentBooks for LedgerService {
    async fn by_keys(&self, store: StoreId, provider: &str, keys: &[String]) -> Result<Vec<PaymentRecord>> {
        let mut records = Vec::with_capacity(keys.len());
        for key in keys {
            let Some(id) = key.split(':').next().and_then(|id| id.parse().ok()) else { continue };
            let Some(order) = self.reader.order(store, id).await? else { continue };
            records.extend(payment_record(&order).filter(|r| r.key == *key && order.payment.provider == provider));
        }
        Ok(records)
    }

    /// Orders placed in the span: what changes about them later, the provider's own list of changes brings up.
    async fn changed(
        &self,
        store: StoreId,
        provider: &str,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<(Vec<PaymentRecord>, Option<Timestamp>)> {
        let after = self.number_before(since).await?;
        let limit = u32::try_from(limit).unwrap_or(u32::MAX).max(1);
        let mut found = self.reader.scan_orders(after, limit).await?;
        let mut next = None;
        if let Some(at) = found.last().filter(|_| found.len() >= limit as usize).map(|o| o.head.placed_at) {
            // The orders of a batch share their time. They are never split, or going on behind it would skip some.
            let whole = found.iter().take_while(|o| o.head.placed_at != at).count();
            if whole > 0 {
                found.truncate(whole);
                next = Some(at.max(since.plus_millis(1)));
            } else {
                self.add_placed_at(&mut found, at).await?;
                next = Some(at.plus_millis(1));
            }
        }
        found.retain(|o| o.head.placed_at < until);
        let ours = found.iter().filter(|o| o.head.store == store && o.payment.provider == provider);
        Ok((ours.filter_map(|o| payment_record(o)).collect(), next.filter(|next| *next < until)))
    }
}

#[async_trait]
impl Orders for LedgerService {
    async fn order(&self, store: StoreId, id: OrderId) -> Result<Option<OrderView>> {
        let Some(order) = self.reader.order(store, id).await? else { return Ok(None) };
        let events = self.reader.order_events(store, id).await?;
        let mut view = order.view(timeline(&events));
        view.contact = self.contact_of(&order, self.reader.contact(store, order.head.number).await?);
        view.person_id = Some(order.head.person);
        if order.head.phase == Phase::Confirmed {
            view.sources = order.sources();
        }
        Ok(Some(view))
    }

    async fn orders(&self, store: StoreId, filter: OrderFilter, page: PageRequest) -> Result<Page<OrderSummary>> {
        Ok(self.reader.orders(store, &filter, &page).await?.map(|o| o.summary()))
    }

    async fn cancel(
        &self,
        store: StoreId,
        id: OrderId,
        request: CancelRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.answer(store, Command::Cancel { order: id, reason: request.reason }, idempotency, actor).await
    }

    async fn ship(
        &self,
        store: StoreId,
        id: OrderId,
        request: ShipmentRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let shipment = ShipmentId::new(self.clock.now(), self.rng.as_ref());
        self.answer(store, Command::Ship { order: id, shipment, request }, idempotency, actor).await
    }

    async fn deliver(
        &self,
        store: StoreId,
        id: OrderId,
        shipment: ShipmentId,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.answer(store, Command::Deliver { order: id, shipment }, idempotency, actor).await
    }

    async fn refund(
        &self,
        store: StoreId,
        id: OrderId,
        request: RefundRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let refund = RefundId::new(self.clock.now(), self.rng.as_ref());
        self.answer(store, Command::Refund { order: id, refund, request }, idempotency, actor).await
    }

    async fn request_return(
        &self,
        store: StoreId,
        id: OrderId,
        request: ReturnRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let returned = ReturnId::new(self.clock.now(), self.rng.as_ref());
        let command = Command::RequestReturn { order: id, id: returned, lines: request.lines, reason: request.reason };
        self.answer(store, command, idempotency, actor).await
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
        let command = Command::ReceiveReturn { order: id, id: returned, restock: request.restock };
        self.answer(store, command, idempotency, actor).await
    }

    async fn note(
        &self,
        store: StoreId,
        id: OrderId,
        request: NoteRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.answer(store, Command::Note { order: id, text: request.text }, idempotency, actor).await
    }
}

#[async_trait]
impl Stock for LedgerService {
    async fn levels(&self, store: StoreId, sku: &Sku) -> Result<Vec<StockView>> {
        Ok(self.reader.levels(store, sku).await?.iter().map(crate::state::StockLevel::view).collect())
    }

    async fn set(&self, store: StoreId, sku: &Sku, request: SetStock, actor: Actor) -> Result<StockView> {
        let command = Command::SetStock { sku: sku.clone(), location: request.location, on_hand: request.on_hand };
        match self.ask(store, command, actor).await? {
            Reply::Stock(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    async fn adjust(
        &self,
        store: StoreId,
        request: AdjustStock,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let AdjustStock { sku, location, delta, reason } = request;
        self.answer(store, Command::AdjustStock { sku, location, delta, reason }, idempotency, actor).await
    }

    async fn all_available(&self, store: StoreId) -> Result<Vec<Sku>> {
        self.sellable(store, |_| true).await
    }
}

#[async_trait]
impl Vouchers for LedgerService {
    async fn put_coupon(&self, store: StoreId, code: &str, limit: Option<i64>, actor: Actor) -> Result<CouponView> {
        match self.ask(store, Command::PutCoupon { code: code.to_uppercase(), limit }, actor).await? {
            Reply::Coupon(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    async fn limit_coupon(
        &self,
        store: StoreId,
        code: &str,
        limit: Option<i64>,
        limit_per_customer: Option<i64>,
        actor: Actor,
    ) -> Result<CouponView> {
        let command = Command::LimitCoupon { code: code.to_uppercase(), limit, customer_limit: limit_per_customer };
        match self.ask(store, command, actor).await? {
            Reply::Coupon(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    async fn coupon(&self, store: StoreId, code: &str) -> Result<Option<CouponView>> {
        let found = self.reader.coupon(store, &code.to_uppercase()).await?;
        let view = |c: crate::state::Coupon| CouponView {
            code: c.code,
            limit: c.limit,
            uses: c.uses,
            limit_per_customer: c.customer_limit,
        };
        Ok(found.map(view))
    }

    async fn issue_gift_card(
        &self,
        store: StoreId,
        code: &Secret,
        balance: Money,
        actor: Actor,
    ) -> Result<GiftCardView> {
        let command =
            Command::IssueGiftCard { code_hash: code_hash(code.expose()), code: code.expose().clone(), balance };
        match self.ask(store, command, actor).await? {
            Reply::GiftCard(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    async fn gift_card(&self, store: StoreId, code: &Secret) -> Result<Option<GiftCardView>> {
        let found = self.reader.gift_card(store, code_hash(code.expose())).await?;
        let view = |c: crate::state::GiftCard| GiftCardView {
            code: code.expose().clone(),
            balance: Money::new(c.balance_minor, c.currency),
            code_hash: c.code_hash,
        };
        Ok(found.map(view))
    }
}

#[async_trait]
impl Books for LedgerService {
    async fn events(&self, store: StoreId, after: u64, limit: u32) -> Result<Vec<Event>> {
        self.reader.events(Some(store), after, limit).await
    }

    async fn last_position(&self) -> Result<u64> {
        self.reader.last_position().await
    }

    async fn invariants(&self) -> Result<Vec<InvariantReport>> {
        crate::doctor::check(self.reader.as_ref(), self.clock.now()).await
    }

    async fn erase(&self, store: StoreId, person: PersonId, actor: Actor) -> Result<()> {
        self.ask(store, Command::Erase { person }, actor).await.map(|_| ())
    }
}

mod edit;
mod history;
mod inventory;
#[cfg(test)]
mod tests;
