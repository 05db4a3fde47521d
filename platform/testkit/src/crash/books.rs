//! What was asked and what was promised: kept outside of the shop, so that a crash cannot change it.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bytes::Bytes;
use contracts::ledger::{FulfilmentStatus, OrderStatus, OrderView, PaymentStatus, RefundState};
use serde::Deserialize;

/// Number of a request, in the order of asking.
pub type AskId = usize;

/// What a request asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Place { token: &'static str },
    Cancel { order: String },
    Ship { order: String },
    Refund { order: String },
    Adjust { sku: String, delta: i64 },
}

/// A request with the bytes to repeat it.
#[derive(Clone, Debug)]
struct Ask {
    what: What,
    wire: Bytes,
    answer: Option<Kept>,
}

/// An answer, short enough to keep a hundred thousand of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kept {
    status: u16,
    body: u64,
}

/// What the answers about an order promised.
#[derive(Clone, Debug, Default)]
struct Promises {
    secret: Option<String>,
    confirmed: bool,
    declined: bool,
    /// The shopper approved on the provider's page.
    approved: bool,
    /// Somebody asked for it, which may have taken effect without an answer.
    cancel_asked: bool,
    cancelled: bool,
    shipped: bool,
    refunds: usize,
}

/// What an answer meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The first one; now it is a promise.
    First,
    /// The promise again, to the byte.
    Same,
    /// Not an answer yet.
    Open,
    /// Something else than what was promised, or nothing that may be answered. It is among the faults.
    Fault,
}

/// Members of the answers, as far as they matter here.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    id: Option<String>,
    secret: Option<String>,
    code: Option<String>,
    order_id: Option<String>,
}

/// Everything that was asked and promised.
#[derive(Debug, Default)]
pub struct Books {
    asks: Vec<Ask>,
    open: BTreeSet<AskId>,
    orders: BTreeMap<String, Promises>,
    confirmed: Vec<String>,
    /// Units counted at the beginning, and the sum of acknowledged adjustments, per SKU.
    stock: BTreeMap<String, (i64, i64)>,
    faults: Vec<String>,
    repeated: u64,
}

impl Books {
    /// The stock of a SKU before anything is ordered.
    pub fn counted(&mut self, sku: &str, on_hand: i64) {
        self.stock.insert(sku.to_owned(), (on_hand, 0));
    }

    /// Writes down a request before it is sent.
    pub fn ask(&mut self, what: What, wire: Bytes) -> AskId {
        if let What::Cancel { order } = &what {
            self.order(order).cancel_asked = true;
        }
        let id = self.asks.len();
        self.asks.push(Ask { what, wire, answer: None });
        self.open.insert(id);
        id
    }

    /// Writes down an answer: the first one is a promise, every later one is held against it.
    pub fn answered(&mut self, id: AskId, status: u16, body: &[u8]) -> Taken {
        let told: Told = serde_json::from_slice(body).unwrap_or_default();
        let kept = self.asks[id].answer;
        let in_progress = told.code.as_deref() == Some("request_in_progress");
        if matches!(status, 429 | 503) || in_progress && kept.is_none() {
            return Taken::Open;
        }
        let answer = Kept { status, body: fingerprint(body) };
        match kept {
            Some(promised) if promised == answer => {
                self.repeated += 1;
                Taken::Same
            }
            Some(promised) => {
                let what = &self.asks[id].what;
                let text = String::from_utf8_lossy(body);
                let differs = if promised.status == status { "another body" } else { "another answer" };
                self.fault(format!(
                    "{what:?} was answered with {}, repeated with {differs}: {status} {text}",
                    promised.status
                ));
                Taken::Fault
            }
            None => self.promised(id, answer, told, body),
        }
    }

    /// The first answer to a request.
    fn promised(&mut self, id: AskId, answer: Kept, told: Told, body: &[u8]) -> Taken {
        let what = self.asks[id].what.clone();
        let expected = match (&what, answer.status) {
            (What::Place { .. }, 201 | 202) => self.placed(answer.status == 201, &told),
            (What::Place { .. }, 402 | 409) => {
                if let Some(order) = told.order_id {
                    self.order(&order).declared_declined(answer.status == 402);
                }
                true
            }
            (What::Cancel { order }, 200) => {
                self.order(order).cancelled = true;
                true
            }
            (What::Ship { order }, 201) => {
                self.order(order).shipped = true;
                true
            }
            (What::Refund { order }, 201) => {
                self.order(order).refunds += 1;
                true
            }
            (What::Adjust { sku, delta }, 201) => {
                self.stock.entry(sku.clone()).or_default().1 += delta;
                true
            }
            (What::Cancel { .. } | What::Ship { .. } | What::Refund { .. } | What::Adjust { .. }, 409) => true,
            _ => false,
        };
        if !expected {
            let text = String::from_utf8_lossy(body);
            self.fault(format!("{what:?} was answered with {}: {text}", answer.status));
            return Taken::Fault;
        }
        self.asks[id].answer = Some(answer);
        self.open.remove(&id);
        Taken::First
    }

    fn placed(&mut self, confirmed: bool, told: &Told) -> bool {
        let (Some(id), Some(secret)) = (&told.id, &told.secret) else { return false };
        let order = self.order(id);
        order.secret = Some(secret.clone());
        if confirmed && !order.confirmed {
            order.confirmed = true;
            self.confirmed.push(id.clone());
        }
        true
    }

    /// The shopper approved on the provider's page, and the provider said so.
    pub fn approved(&mut self, order: &str) {
        self.order(order).approved = true;
    }

    fn order(&mut self, id: &str) -> &mut Promises {
        self.orders.entry(id.to_owned()).or_default()
    }

    pub fn fault(&mut self, what: String) {
        println!("FAULT: {what}");
        self.faults.push(what);
    }

    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Number of requests so far.
    #[must_use]
    pub fn asked(&self) -> AskId {
        self.asks.len()
    }

    /// Requests without an answer.
    #[must_use]
    pub fn open(&self) -> &BTreeSet<AskId> {
        &self.open
    }

    #[must_use]
    pub fn wire(&self, id: AskId) -> Bytes {
        self.asks[id].wire.clone()
    }

    #[must_use]
    pub fn what(&self, id: AskId) -> &What {
        &self.asks[id].what
    }

    /// Answers that were given again to the byte.
    #[must_use]
    pub fn repeated(&self) -> u64 {
        self.repeated
    }

    /// Orders that were acknowledged as confirmed, in the order of the answers.
    #[must_use]
    pub fn confirmed(&self) -> &[String] {
        &self.confirmed
    }

    /// Every order that any answer spoke of, with the secret where one was told.
    pub fn orders(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.orders.iter().map(|(id, promises)| (id.as_str(), promises.secret.as_deref()))
    }

    #[must_use]
    pub fn secret(&self, order: &str) -> Option<&str> {
        self.orders.get(order)?.secret.as_deref()
    }

    /// How many requests were answered, by kind and status.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<(&'static str, u16), u64> {
        let mut tally = BTreeMap::new();
        for ask in &self.asks {
            let Some(answer) = ask.answer else { continue };
            *tally.entry((ask.what.verb(), answer.status)).or_default() += 1;
        }
        tally
    }

    /// Units that must be there, by SKU, when `shipped` units left and `returned` came back.
    #[must_use]
    pub fn on_hand(&self, sku: &str, shipped: i64, returned: i64) -> i64 {
        let (counted, adjusted) = self.stock.get(sku).copied().unwrap_or_default();
        counted + adjusted - shipped + returned
    }

    /// What the shop says of an order, held against what was promised about it. When `settled`, nothing may be under
    /// way any more.
    #[must_use]
    pub fn judge(&self, view: &OrderView, settled: bool) -> Vec<String> {
        let id = view.id.to_string();
        let Some(promises) = self.orders.get(&id) else { return vec![format!("order {id} was never heard of")] };
        let mut broken = promises.broken(view);
        if settled {
            broken.extend(promises.unsettled(view));
        }
        broken
            .into_iter()
            .map(|what| format!("order {id} ({:?}, {:?}): {what}", view.status, view.payment_status))
            .collect()
    }
}

impl What {
    /// The request in a word.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            What::Place { .. } => "order",
            What::Cancel { .. } => "cancel",
            What::Ship { .. } => "ship",
            What::Refund { .. } => "refund",
            What::Adjust { .. } => "adjust stock",
        }
    }
}

impl Promises {
    fn declared_declined(&mut self, declined: bool) {
        self.declined |= declined;
    }

    /// Promises that do not hold, whatever is still under way.
    fn broken(&self, view: &OrderView) -> Vec<&'static str> {
        let paid = matches!(
            view.payment_status,
            PaymentStatus::NotRequired
                | PaymentStatus::Authorised
                | PaymentStatus::Paid
                | PaymentStatus::PartiallyRefunded
                | PaymentStatus::Refunded
        );
        let live = matches!(view.status, OrderStatus::Confirmed | OrderStatus::Closed);
        let gone = view.status == OrderStatus::Cancelled;
        let checks = [
            (self.confirmed && !live && !(gone && self.cancel_asked), "it was acknowledged as confirmed"),
            (live && !paid, "it is confirmed without a payment"),
            (self.cancelled && !gone, "its cancellation was acknowledged"),
            (self.shipped && view.shipments.is_empty(), "its shipment was acknowledged"),
            (self.shipped && view.fulfilment_status == FulfilmentStatus::Unfulfilled, "it was shipped"),
            (view.refunds.len() < self.refunds, "a refund was acknowledged"),
            (self.declined && live, "its payment was declined"),
            (view.refunded.amount_minor > view.captured.amount_minor, "more was given back than taken"),
        ];
        checks.into_iter().filter_map(|(broken, what)| broken.then_some(what)).collect()
    }

    /// What must not be so once everything has come to rest.
    fn unsettled(&self, view: &OrderView) -> Vec<&'static str> {
        let live = matches!(view.status, OrderStatus::Confirmed | OrderStatus::Closed);
        let gone = view.status == OrderStatus::Cancelled;
        let waits_for_shopper = view.payment_status == PaymentStatus::RequiresAction && !self.approved;
        let money_kept = view.captured.amount_minor != view.refunded.amount_minor;
        let set_aside = view.payment_status == PaymentStatus::Authorised;
        let pending_refund = view.refunds.iter().any(|refund| refund.status != RefundState::Succeeded);
        let checks = [
            (view.status == OrderStatus::Pending && !waits_for_shopper, "its payment is still not decided"),
            (self.approved && !live && !(gone && self.cancel_asked), "the shopper approved the payment"),
            (live && set_aside, "its payment was never collected"),
            (gone && (money_kept || set_aside), "it is cancelled, but its money was not given back"),
            (pending_refund, "a refund was never finished"),
        ];
        checks.into_iter().filter_map(|(broken, what)| broken.then_some(what)).collect()
    }
}

fn fingerprint(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ORDER: &str = "0195c0de-0000-7000-8000-000000000001";

    fn place(books: &mut Books) -> AskId {
        books.ask(What::Place { token: "tok_approve" }, Bytes::from_static(b"POST"))
    }

    fn confirmed() -> (Books, AskId) {
        let mut books = Books::default();
        let id = place(&mut books);
        assert_eq!(books.answered(id, 201, answer("s").as_bytes()), Taken::First);
        (books, id)
    }

    fn answer(secret: &str) -> String {
        format!("{{\"id\":\"{ORDER}\",\"secret\":\"{secret}\"}}")
    }

    fn view(status: &str, payment: &str, captured: i64, refunded: i64) -> OrderView {
        let eur = |amount: i64| json!({ "amount_minor": amount, "currency": "EUR" });
        let zero = eur(0);
        serde_json::from_value(json!({
            "id": ORDER, "number": "1", "status": status, "payment_status": payment,
            "fulfilment_status": "unfulfilled", "currency": "EUR", "cart_id": ORDER, "cart_version": 1,
            "placed_at": "2026-01-01T00:00:00.000Z", "lines": [], "discounts": [], "tax_lines": [],
            "shipping_option": "standard", "shipping_name": "Standard",
            "totals": { "items": zero, "discount": zero, "shipping": zero, "tax": zero, "tax_added": zero,
                        "total": zero, "gift_card": zero, "due": zero },
            "captured": eur(captured), "refunded": eur(refunded), "shipments": [], "refunds": [], "returns": [],
            "timeline": []
        }))
        .unwrap()
    }

    #[test]
    fn a_repeated_answer_must_be_the_same_bytes() {
        let (mut books, id) = confirmed();
        assert!(books.open().is_empty());
        assert_eq!(books.answered(id, 201, answer("s").as_bytes()), Taken::Same);
        assert_eq!(books.answered(id, 201, answer("t").as_bytes()), Taken::Fault);
        assert_eq!(books.answered(id, 202, answer("s").as_bytes()), Taken::Fault);
        assert_eq!((books.faults().len(), books.repeated()), (2, 1));
    }

    #[test]
    fn what_was_acknowledged_cannot_be_in_progress_again() {
        let busy = br#"{"code":"request_in_progress"}"#;
        let (mut books, id) = confirmed();
        assert_eq!(books.answered(id, 409, busy), Taken::Fault);
        let open = place(&mut books);
        assert_eq!(books.answered(open, 409, busy), Taken::Open);
        assert_eq!(books.answered(open, 503, b"{}"), Taken::Open);
        assert_eq!(books.open().iter().copied().collect::<Vec<_>>(), [open]);
    }

    #[test]
    fn an_answer_that_may_not_be_given_is_a_fault() {
        let mut books = Books::default();
        let id = place(&mut books);
        assert_eq!(books.answered(id, 500, b"{}"), Taken::Fault);
        assert_eq!(books.answered(id, 201, b"{}"), Taken::Fault, "an order without an id");
        let ship = books.ask(What::Ship { order: ORDER.to_owned() }, Bytes::new());
        assert_eq!(books.answered(ship, 404, b"{}"), Taken::Fault, "the order was acknowledged, so it is there");
        assert_eq!(books.faults().len(), 3);
    }

    #[test]
    fn an_acknowledged_order_stays_confirmed_unless_somebody_cancels_it() {
        let (mut books, _) = confirmed();
        assert!(books.judge(&view("confirmed", "paid", 100, 0), true).is_empty());
        assert_eq!(books.judge(&view("pending", "unknown", 0, 0), false).len(), 1);
        assert_eq!(books.judge(&view("cancelled", "voided", 0, 0), false).len(), 1);
        let cancel = books.ask(What::Cancel { order: ORDER.to_owned() }, Bytes::new());
        assert!(books.judge(&view("cancelled", "voided", 0, 0), true).is_empty(), "asked, though never answered");
        assert!(books.judge(&view("confirmed", "paid", 100, 0), true).is_empty(), "it need not have arrived");
        books.answered(cancel, 200, b"{}");
        assert_eq!(books.judge(&view("confirmed", "paid", 100, 0), true).len(), 1);
    }

    #[test]
    fn money_comes_to_rest() {
        let (mut books, _) = confirmed();
        assert!(books.judge(&view("confirmed", "authorised", 0, 0), false).is_empty());
        assert_eq!(books.judge(&view("confirmed", "authorised", 0, 0), true).len(), 1, "never collected");
        books.ask(What::Cancel { order: ORDER.to_owned() }, Bytes::new());
        assert_eq!(books.judge(&view("cancelled", "paid", 100, 0), true).len(), 1, "never given back");
        assert!(books.judge(&view("cancelled", "refunded", 100, 100), true).is_empty());
        assert_eq!(books.judge(&view("cancelled", "refunded", 100, 200), false).len(), 1, "given back twice");
    }

    #[test]
    fn a_shopper_who_approved_gets_the_order_and_one_who_did_not_may_wait() {
        let mut books = Books::default();
        let id = place(&mut books);
        books.answered(id, 202, answer("s").as_bytes());
        assert!(books.judge(&view("pending", "requires_action", 0, 0), true).is_empty());
        assert_eq!(books.judge(&view("pending", "unknown", 0, 0), true).len(), 1);
        books.approved(ORDER);
        assert_eq!(books.judge(&view("pending", "requires_action", 0, 0), true).len(), 2);
        assert!(books.judge(&view("confirmed", "paid", 100, 0), true).is_empty());
    }

    #[test]
    fn a_declined_order_is_never_confirmed() {
        let mut books = Books::default();
        let id = place(&mut books);
        let body = format!("{{\"code\":\"payment_declined\",\"order_id\":\"{ORDER}\"}}");
        assert_eq!(books.answered(id, 402, body.as_bytes()), Taken::First);
        assert!(books.judge(&view("payment_failed", "declined", 0, 0), true).is_empty());
        assert_eq!(books.judge(&view("confirmed", "paid", 100, 0), true).len(), 1);
    }

    #[test]
    fn stock_follows_from_what_was_acknowledged() {
        let mut books = Books::default();
        books.counted("A", 100);
        let adjust = |books: &mut Books, delta| books.ask(What::Adjust { sku: "A".to_owned(), delta }, Bytes::new());
        let more = adjust(&mut books, 7);
        books.answered(more, 201, b"{}");
        books.answered(more, 201, b"{}");
        let refused = adjust(&mut books, -500);
        books.answered(refused, 409, b"{}");
        assert_eq!(books.on_hand("A", 10, 2), 99);
        assert_eq!(books.tally()[&("adjust stock", 201)], 1);
    }
}
