//! What a command does, as a pure function of the loaded rows, the command and the time. No I/O, no clock, no chance.

pub(crate) mod backorder;
mod cancel;
mod consume;
mod edit;
mod fulfil;
mod inventory;
mod pay;
mod place;
mod refund;
mod stock;
#[cfg(test)]
pub(crate) mod tests;
mod tx;
mod voucher;

use contracts::ledger::{
    Actor, BundleView, CountRequest, CouponView, GiftCardView, LineQuantity, Location, PolicyView, ReceiveTransfer,
    RefundRequest, SetBundle, SetPolicy, SetThreshold, ShipmentRequest, StockItem, StockSettings, StockView,
    StoredResponse, TransferRequest,
};
use contracts::saga::{Observation, PlaceCommand, Progress};
use kernel::{
    EventId, Failure, Money, OrderId, PersonId, RefundId, ReturnId, ShipmentId, Sku, StoreId, Timestamp, TransferId,
};

use crate::order::view::problem;
use crate::state::{Effects, Hash, IdempotencyRow, Keys, Parked, State, StoredAnswer};
pub use edit::EditCommand;
use tx::Tx;

/// How long an idempotency row is kept: 30 days, since every one of them is about money, stock or orders.
pub const IDEMPOTENCY_MS: i64 = 30 * 24 * 3600 * 1000;

/// What can be asked of the ledger.
#[derive(Clone, Debug)]
pub enum Command {
    Place(Box<PlaceCommand>),
    Record {
        order: OrderId,
        seen: Observation,
    },
    Wake {
        order: OrderId,
    },
    Cancel {
        order: OrderId,
        reason: String,
    },
    Ship {
        order: OrderId,
        shipment: ShipmentId,
        request: ShipmentRequest,
    },
    Deliver {
        order: OrderId,
        shipment: ShipmentId,
    },
    Refund {
        order: OrderId,
        refund: RefundId,
        request: RefundRequest,
    },
    Edit {
        order: OrderId,
        /// The refund of what it costs less.
        refund: RefundId,
        edit: Box<EditCommand>,
    },
    RequestReturn {
        order: OrderId,
        id: ReturnId,
        lines: Vec<LineQuantity>,
        reason: String,
    },
    ReceiveReturn {
        order: OrderId,
        id: ReturnId,
        restock: bool,
    },
    Note {
        order: OrderId,
        text: String,
    },
    SetStock {
        sku: Sku,
        location: String,
        on_hand: i64,
    },
    AdjustStock {
        sku: Sku,
        location: String,
        delta: i64,
        reason: String,
    },
    PutLocation(Location),
    /// Tells again what can be bought of SKUs, after their location was opened or closed.
    TellStock {
        location: String,
        skus: Vec<Sku>,
    },
    PutStockSettings(StockSettings),
    /// Ends pre-orders whose time is over.
    EndPreorders {
        skus: Vec<Sku>,
    },
    SetThreshold {
        sku: Sku,
        request: SetThreshold,
    },
    CountStock(CountRequest),
    Transfer {
        id: TransferId,
        request: TransferRequest,
    },
    ReceiveTransfer {
        id: TransferId,
        request: ReceiveTransfer,
    },
    PutPolicy {
        sku: Sku,
        request: SetPolicy,
    },
    PutBundle {
        sku: Sku,
        request: SetBundle,
    },
    PutCoupon {
        code: String,
        limit: Option<i64>,
    },
    /// As [`Self::PutCoupon`], with a limit for each customer.
    LimitCoupon {
        code: String,
        limit: Option<i64>,
        customer_limit: Option<i64>,
    },
    IssueGiftCard {
        code_hash: Hash,
        code: String,
        balance: Money,
    },
    ReceiveWebhook {
        provider: String,
        id: String,
        order: Option<OrderId>,
    },
    /// An event takes effect at a consumer inside the ledger, at most once (invariant I10).
    Consume {
        consumer: String,
        event: EventId,
        effect: ConsumerEffect,
    },
    /// A consumer has taken or parked everything up to `position`.
    Advance {
        consumer: String,
        position: u64,
        parked: Vec<Parked>,
    },
    Repark {
        parked: Parked,
    },
    Unpark {
        consumer: String,
        position: u64,
    },
    Erase {
        person: PersonId,
    },
}

/// What a consumer inside the ledger does with an event.
#[derive(Clone, Debug, PartialEq)]
pub enum ConsumerEffect {
    /// Counts units sold.
    Sales(Vec<(Sku, i64)>),
    /// Takes over an event of another service's outbox into the feed.
    Feed { aggregate: String, aggregate_seq: u64, kind: String, request_id: Option<String>, data: serde_json::Value },
}

/// A command with who asks, for which store, and under which idempotency key.
#[derive(Clone, Debug)]
pub struct Envelope {
    pub store: StoreId,
    pub command: Command,
    pub idempotency: Option<IdempotencyRef>,
    pub actor: Actor,
}

/// [`contracts::ledger::Idempotency`] as the ledger stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdempotencyRef {
    pub key: Hash,
    pub fingerprint: Hash,
}

/// What a command tells its caller.
#[derive(Clone, Debug)]
pub enum Reply {
    Progress(Progress),
    Response {
        response: StoredResponse,
        replayed: bool,
    },
    Stock(StockView),
    Level(StockItem),
    Location(Location),
    Settings(StockSettings),
    Policy(PolicyView),
    Bundle(BundleView),
    Coupon(CouponView),
    GiftCard(GiftCardView),
    /// Whether it took effect now, as opposed to before.
    Fresh(bool),
}

/// The rows that `envelope` needs, as far as they can be known from what is loaded. Asked again after every round
/// of loading, until it names nothing new.
#[must_use]
pub fn keys(state: &State, envelope: &Envelope) -> Keys {
    let mut keys = Keys::default();
    add_keys(state, envelope, &mut keys);
    keys
}

/// Adds the [`keys`] of `envelope` to those of the rest of its batch.
pub fn add_keys(state: &State, envelope: &Envelope, keys: &mut Keys) {
    let store = envelope.store;
    if let Some(idempotency) = envelope.idempotency {
        keys.idempotency.insert((store, idempotency.key));
    }
    match &envelope.command {
        Command::Place(command) => place::keys(state, command, keys),
        Command::Record { order, .. }
        | Command::Wake { order }
        | Command::Cancel { order, .. }
        | Command::Ship { order, .. }
        | Command::Deliver { order, .. }
        | Command::Refund { order, .. }
        | Command::RequestReturn { order, .. }
        | Command::ReceiveReturn { order, .. }
        | Command::Note { order, .. } => order_keys(state, store, *order, keys),
        Command::Edit { order, edit, .. } => {
            order_keys(state, store, *order, keys);
            keys.skus.extend(edit.added.iter().map(|a| (store, a.line.sku.clone())));
        }
        Command::SetStock { sku, .. } | Command::AdjustStock { sku, .. } => {
            keys.skus.insert((store, sku.clone()));
        }
        Command::PutLocation(_) | Command::PutStockSettings(_) => {
            keys.shelves.insert(store);
        }
        Command::PutBundle { sku, request } => {
            keys.skus.insert((store, sku.clone()));
            keys.skus.extend(request.components.iter().map(|c| (store, c.sku.clone())));
        }
        Command::SetThreshold { sku, .. } | Command::PutPolicy { sku, .. } => {
            keys.skus.insert((store, sku.clone()));
        }
        Command::TellStock { skus, .. } | Command::EndPreorders { skus } => {
            keys.skus.extend(skus.iter().map(|sku| (store, sku.clone())))
        }
        Command::CountStock(request) => {
            keys.skus.extend(request.lines.iter().map(|l| (store, l.sku.clone())));
        }
        Command::Transfer { request, .. } => {
            keys.skus.extend(request.lines.iter().map(|l| (store, l.sku.clone())));
        }
        Command::ReceiveTransfer { id, .. } => {
            keys.transfers.insert((store, *id));
            if let Some(transfer) = state.transfers.get(&(store, *id)) {
                keys.skus.extend(transfer.lines.iter().map(|l| (store, l.sku.clone())));
            }
        }
        Command::PutCoupon { code, .. } | Command::LimitCoupon { code, .. } => {
            keys.coupons.insert((store, code.clone()));
        }
        Command::IssueGiftCard { code_hash, .. } => {
            keys.gift_cards.insert((store, *code_hash));
        }
        Command::ReceiveWebhook { provider, id, .. } => {
            keys.webhooks.insert((store, provider.clone(), id.clone()));
        }
        Command::Consume { consumer, event, effect } => {
            keys.inbox.insert((consumer.clone(), *event));
            if let ConsumerEffect::Sales(units) = effect {
                keys.sales.extend(units.iter().map(|(sku, _)| (store, sku.clone())));
            }
        }
        Command::Advance { .. } | Command::Repark { .. } | Command::Unpark { .. } => {}
        Command::Erase { person } => {
            keys.people.insert((store, *person));
        }
    }
}

/// Adds to the keys of a batch what the goods it names are made of or part of, and who waits for them. The bundles that a
/// component is part of are needed to tell whether they can be bought, so their other components are, and no more.
pub fn add_related(state: &State, keys: &mut Keys) {
    if state.rules.is_empty() {
        return;
    }
    let parts = |sku: &(StoreId, Sku)| {
        let rule = state.rules.get(sku).into_iter();
        rule.flat_map(|r| r.components.iter().map(|c| (r.store, c.sku.clone()))).collect::<Vec<_>>()
    };
    let components: Vec<_> = keys.skus.iter().flat_map(parts).collect();
    keys.skus.extend(components);
    for key in &keys.skus {
        if let Some(waiting) = state.waiting.get(key) {
            keys.orders.extend(waiting.orders.values().map(|id| (key.0, *id)));
        }
    }
    let rules = keys.skus.iter().filter_map(|sku| state.rules.get(sku));
    let bundles: Vec<_> = rules.flat_map(|r| r.part_of.iter().map(|b| (r.store, b.clone()))).collect();
    let others: Vec<_> = bundles.iter().flat_map(parts).collect();
    keys.skus.extend(bundles);
    keys.skus.extend(others);
}

/// Whether one of `sku` can be bought, and if so, whether only to be delivered later; `state` has everything about it.
#[must_use]
pub fn can_be_bought(state: &State, store: StoreId, sku: &Sku, now: Timestamp) -> (bool, bool) {
    let command = Command::TellStock { location: String::new(), skus: Vec::new() };
    let envelope = Envelope { store, command, idempotency: None, actor: Actor::system() };
    Tx::new(state, &envelope, now).can_be_bought(sku)
}

/// Until when `sku`, of which nothing is there, can be bought; none when that does not end.
#[must_use]
pub fn bought_until(state: &State, store: StoreId, sku: &Sku, now: Timestamp) -> Option<Timestamp> {
    let command = Command::TellStock { location: String::new(), skus: Vec::new() };
    let envelope = Envelope { store, command, idempotency: None, actor: Actor::system() };
    Tx::new(state, &envelope, now).bought_until(sku)
}

/// An order and everything that moving it can touch.
fn order_keys(state: &State, store: StoreId, id: OrderId, keys: &mut Keys) {
    keys.orders.insert((store, id));
    let Some(order) = state.orders.get(&id).filter(|o| o.head.store == store) else { return };
    keys.skus.extend(order.skus().map(|sku| (store, sku.clone())));
    for code in &order.frozen.coupons {
        keys.coupons.insert((store, code.clone()));
        keys.coupon_uses.insert((store, code.clone(), order.head.number));
    }
    keys.gift_cards.extend(order.frozen.gift_cards.iter().filter_map(|(hash, _)| Some((store, tx::unhex(hash)?))));
    keys.idempotency.extend(order.head.answer_to.map(|key| (store, key)));
}

/// Decides one command. A rejected command changes nothing; under an idempotency key, the rejection is remembered.
pub fn decide(state: &State, envelope: &Envelope, now: Timestamp) -> (Effects, Result<Reply, Failure>) {
    let Some(idempotency) = envelope.idempotency else {
        let mut tx = Tx::new(state, envelope, now);
        return match run_whole(&mut tx, envelope) {
            Ok(reply) => (tx.effects, Ok(reply)),
            Err(failure) => (Effects::default(), Err(failure)),
        };
    };
    if let Some(row) = state.idempotency.get(&(envelope.store, idempotency.key)).filter(|r| r.expires_at > now) {
        return (Effects::default(), replay(state, envelope, idempotency, row));
    }
    let mut tx = Tx::new(state, envelope, now);
    let reply = run_whole(&mut tx, envelope);
    remember(tx.effects, reply, envelope, idempotency, now)
}

/// The answer to a key that was used before.
fn replay(
    state: &State,
    envelope: &Envelope,
    idempotency: IdempotencyRef,
    row: &IdempotencyRow,
) -> Result<Reply, Failure> {
    if row.fingerprint != idempotency.fingerprint {
        return Err(Failure::invalid(
            "idempotency_key_reused",
            "This Idempotency-Key was used for a different request. Use a new key for a new request.",
        ));
    }
    let Some(answer) = &row.answer else {
        let mut failure = Failure::conflict(
            "request_in_progress",
            "A request with this Idempotency-Key is still being worked on. Try again in a moment.",
        );
        failure.retry_after_s = Some(1);
        return Err(failure);
    };
    let response =
        StoredResponse { status: answer.status, location: answer.location.clone(), body: answer.body.clone() };
    match (&envelope.command, row.order) {
        (Command::Place(_), Some(order)) => {
            let next = state.orders.get(&order).map_or(contracts::saga::Next::Done, |o| o.next());
            Ok(Reply::Progress(Progress { order, next, response: Some(response), replayed: true }))
        }
        _ => Ok(Reply::Response { response, replayed: true }),
    }
}

/// Adds the idempotency row to what a command did, so that effect and answer are one commit.
fn remember(
    mut effects: Effects,
    reply: Result<Reply, Failure>,
    envelope: &Envelope,
    idempotency: IdempotencyRef,
    now: Timestamp,
) -> (Effects, Result<Reply, Failure>) {
    let row = |order, response: Option<&StoredResponse>| IdempotencyRow {
        store: envelope.store,
        key: idempotency.key,
        fingerprint: idempotency.fingerprint,
        order,
        answer: response.map(stored),
        expires_at: now.plus_millis(IDEMPOTENCY_MS),
    };
    match reply {
        Ok(Reply::Progress(progress)) => {
            // A transition inside the command may have written the row's answer already; it is the same row.
            effects.idempotency.retain(|r| r.key != idempotency.key);
            effects.idempotency.push(row(Some(progress.order), progress.response.as_ref()));
            (effects, Ok(Reply::Progress(progress)))
        }
        Ok(Reply::Response { response, replayed }) => {
            effects.idempotency.push(row(None, Some(&response)));
            (effects, Ok(Reply::Response { response, replayed }))
        }
        Ok(other) => (effects, Ok(other)),
        Err(failure) => {
            let response = problem(&failure);
            // What may be tried again in a moment is not an outcome: under the same key it is decided anew.
            if response.status >= 500 || failure.retry_after_s.is_some() {
                return (Effects::default(), Err(failure));
            }
            let effects = Effects { idempotency: vec![row(None, Some(&response))], ..Effects::default() };
            (effects, Ok(Reply::Response { response, replayed: false }))
        }
    }
}

/// A response as its row keeps it.
pub(crate) fn stored(response: &StoredResponse) -> StoredAnswer {
    StoredAnswer { status: response.status, location: response.location.clone(), body: response.body.clone() }
}

/// The command, and what follows from it for those who wait for goods.
fn run_whole(tx: &mut Tx<'_>, envelope: &Envelope) -> Result<Reply, Failure> {
    let reply = run(tx, envelope)?;
    backorder::settle(tx)?;
    Ok(reply)
}

fn run(tx: &mut Tx<'_>, envelope: &Envelope) -> Result<Reply, Failure> {
    match &envelope.command {
        Command::Place(command) => place::place(tx, command),
        Command::Record { order, seen } => pay::record(tx, *order, seen),
        Command::Wake { order } => pay::wake(tx, *order),
        Command::Cancel { order, reason } => cancel::cancel(tx, *order, reason),
        Command::Ship { order, shipment, request } => fulfil::ship(tx, *order, *shipment, request),
        Command::Deliver { order, shipment } => fulfil::deliver(tx, *order, *shipment),
        Command::Refund { order, refund, request } => refund::refund(tx, *order, *refund, request),
        Command::Edit { order, refund, edit } => edit::edit(tx, *order, *refund, edit),
        Command::RequestReturn { order, id, lines, reason } => fulfil::request_return(tx, *order, *id, lines, reason),
        Command::ReceiveReturn { order, id, restock } => fulfil::receive_return(tx, *order, *id, *restock),
        Command::Note { order, text } => fulfil::note(tx, *order, text),
        Command::SetStock { sku, location, on_hand } => stock::set(tx, sku, location, *on_hand),
        Command::AdjustStock { sku, location, delta, reason } => stock::adjust(tx, sku, location, *delta, reason),
        Command::PutLocation(location) => inventory::put_location(tx, location),
        Command::TellStock { location, skus } => Ok(inventory::tell(tx, location, skus)),
        Command::EndPreorders { skus } => Ok(backorder::end(tx, skus)),
        Command::PutStockSettings(settings) => inventory::put_settings(tx, *settings),
        Command::SetThreshold { sku, request } => inventory::set_threshold(tx, sku, request),
        Command::PutPolicy { sku, request } => backorder::put_policy(tx, sku, request),
        Command::PutBundle { sku, request } => backorder::put_bundle(tx, sku, request),
        Command::CountStock(request) => inventory::count(tx, request),
        Command::Transfer { id, request } => inventory::transfer(tx, *id, request),
        Command::ReceiveTransfer { id, request } => inventory::receive(tx, *id, request),
        Command::PutCoupon { code, limit } => voucher::put_coupon(tx, code, *limit, None),
        Command::LimitCoupon { code, limit, customer_limit } => {
            voucher::put_coupon(tx, code, *limit, Some(*customer_limit))
        }
        Command::IssueGiftCard { code_hash, code, balance } => voucher::issue(tx, *code_hash, code, *balance),
        Command::ReceiveWebhook { provider, id, order } => Ok(consume::webhook(tx, provider, id, *order)),
        Command::Consume { consumer, event, effect } => Ok(consume::consume(tx, consumer, *event, effect)),
        Command::Advance { consumer, position, parked } => {
            tx.effects.cursors.push((consumer.clone(), *position));
            tx.effects.parked.extend(parked.iter().cloned());
            Ok(Reply::Fresh(true))
        }
        Command::Repark { parked } => {
            tx.effects.parked.push(parked.clone());
            Ok(Reply::Fresh(true))
        }
        Command::Unpark { consumer, position } => {
            tx.effects.unparked.push((consumer.clone(), *position));
            Ok(Reply::Fresh(true))
        }
        Command::Erase { person } => consume::erase(tx, *person),
    }
}
