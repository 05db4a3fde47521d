//! The order aggregate: what was bought, what is held for it, where its payment stands, what was shipped.

pub mod edit;
pub mod phase;
pub mod view;

use contracts::checkout::{Discount, TaxLine, Totals};
use contracts::ledger::{
    FulfilmentStatus, LineQuantity, LineSource, OrderStatus, PaymentStatus, RefundState, ReturnStatus, ShipmentStatus,
    StockQuantity,
};
use contracts::saga::{Next, PlacedLine};
use kernel::{CartId, Currency, Money, OrderId, PersonId, RefundId, ReturnId, ShipmentId, Sku, StoreId, Timestamp};
use serde::{Deserialize, Serialize};

pub use phase::{Phase, PhaseEvent};

/// The order with everything that belongs to it. Loaded and stored whole; the engines write only what differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub head: Head,
    pub frozen: std::sync::Arc<Frozen>,
    pub lines: Vec<Line>,
    pub holds: Vec<Hold>,
    pub backorders: Vec<Backorder>,
    pub payment: Payment,
    pub refunds: Vec<Refund>,
    pub shipments: Vec<Shipment>,
    pub returns: Vec<Return>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub id: OrderId,
    pub store: StoreId,
    /// Sequential in this ledger; what people call the order.
    pub number: i64,
    pub phase: Phase,
    pub cart: CartId,
    pub cart_version: u64,
    pub person: PersonId,
    pub currency: Currency,
    pub placed_at: Timestamp,
    pub updated_at: Timestamp,
    /// When the saga should look at this order again; none when nothing is to be done.
    pub due_at: Option<Timestamp>,
    /// Until when undecided payment holds stock.
    pub hold_until: Timestamp,
    /// The hold of a payment that asks for action is extended once.
    pub extended: bool,
    /// Number of the last event of this order.
    pub event_seq: u64,
    /// Key of the idempotency row that waits for this order's answer.
    pub answer_to: Option<[u8; 32]>,
    pub cancel_reason: Option<String>,
    pub request_id: Option<String>,
}

/// What is agreed on: it changes by an edit and by nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frozen {
    pub lines: Vec<PlacedLine>,
    pub discounts: Vec<Discount>,
    pub tax_lines: Vec<TaxLine>,
    pub shipping_option: String,
    pub shipping_name: String,
    pub totals: Totals,
    pub coupons: Vec<String>,
    /// Hexadecimal hashes of gift cards, and what each paid.
    pub gift_cards: Vec<(String, i64)>,
    /// What the lines that are bundles are made of, by the number of the line: a bundle may be another one tomorrow.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub bundles: std::collections::BTreeMap<u32, Vec<StockQuantity>>,
    /// How it came to be what it is, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<edit::Edit>,
}

/// The moving part of a line; its frozen part stands at the same position in [`Frozen::lines`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// 1, 2, 3 …
    pub line: u32,
    pub sku: Sku,
    pub quantity: u32,
    pub total_minor: i64,
    pub shipped: u32,
    /// Taken off before shipping.
    pub cancelled: u32,
    /// Came back after shipping.
    pub returned: u32,
    /// Units whose price was given back.
    pub refunded: u32,
}

impl Line {
    /// Units still to be shipped.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.quantity - self.shipped - self.cancelled
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldState {
    /// Counted in the level's `held`.
    Held,
    /// Counted in the level's `committed`.
    Committed,
    /// Counted nowhere any more.
    Released,
}

/// Units of one SKU at one location, set aside for an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub sku: Sku,
    pub location: String,
    pub state: HoldState,
    /// Units that the hold still stands for; shipping and cancelling lower it.
    pub quantity: i64,
}

/// Units that were not there when they were ordered (invariant I5). Never 0: what has arrived waits no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backorder {
    pub sku: Sku,
    pub quantity: i64,
}

/// Where the current attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    /// Nothing is to be paid.
    None,
    /// The provider is being asked for the first time.
    Sent,
    /// It did not answer.
    Unknown,
    RequiresAction,
    Declined,
    /// The provider never heard of it, and it will not be sent again.
    Abandoned,
    Authorised,
    Voided,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub provider: String,
    pub attempt: u32,
    pub state: Attempt,
    /// The token of the attempt, until it is decided.
    pub token: Option<String>,
    pub return_url: String,
    pub reference: Option<String>,
    pub action_url: Option<String>,
    pub decline_code: Option<String>,
    pub amount_minor: i64,
    pub authorised_minor: i64,
    pub captured_minor: i64,
    pub refund_pending_minor: i64,
    pub refunded_minor: i64,
    pub disputed_minor: i64,
    /// Revision of the provider's object that was applied last.
    pub revision: u64,
    /// Unanswered calls in a row, for the back-off.
    pub tries: u32,
}

impl Payment {
    /// The provider's key of the current attempt.
    #[must_use]
    pub fn key(&self, order: OrderId) -> String {
        format!("{order}:{}", self.attempt)
    }

    /// What can still be refunded.
    #[must_use]
    pub fn refundable(&self) -> i64 {
        if kernel::mutant::planted(kernel::mutant::Mutant::RefundSumUnlocked) {
            return self.captured_minor - self.refunded_minor;
        }
        self.captured_minor - self.refunded_minor - self.refund_pending_minor - self.disputed_minor
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    pub id: RefundId,
    pub state: RefundState,
    pub amount_minor: i64,
    /// The part of it that went back to gift cards, in the commit that made this row. It stays there whatever the provider
    /// says to the rest.
    pub gift_card_minor: i64,
    /// The units whose price it gives back; none for an amount.
    pub lines: Vec<RefundedLine>,
    pub reason: String,
    pub at: Timestamp,
}

/// What a refund gives back of one line. Of a refund that failed no units, and only what the gift cards have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedLine {
    pub line: u32,
    pub quantity: u32,
    pub amount_minor: i64,
}

impl Refund {
    /// The part that goes through the provider.
    #[must_use]
    pub const fn provider_minor(&self) -> i64 {
        self.amount_minor - self.gift_card_minor
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    pub id: ShipmentId,
    pub state: ShipmentStatus,
    pub lines: Vec<LineQuantity>,
    pub carrier: Option<String>,
    pub tracking: Option<String>,
    pub shipped_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    pub id: ReturnId,
    pub state: ReturnStatus,
    pub lines: Vec<LineQuantity>,
    pub reason: String,
    pub at: Timestamp,
}

impl Order {
    /// The goods that `units` of a line are: of itself, or of the components of a bundle.
    #[must_use]
    pub fn goods(&self, line: &Line, units: u32) -> Vec<(Sku, i64)> {
        match self.frozen.bundles.get(&line.line) {
            None => vec![(line.sku.clone(), i64::from(units))],
            Some(parts) => parts.iter().map(|p| (p.sku.clone(), p.quantity * i64::from(units))).collect(),
        }
    }

    /// Every SKU that the order is or was about.
    pub fn skus(&self) -> impl Iterator<Item = &Sku> {
        self.lines.iter().map(|l| &l.sku).chain(self.frozen.bundles.values().flatten().map(|p| &p.sku))
    }

    /// Units of `sku` that the order waits for.
    #[must_use]
    pub fn backordered(&self, sku: &Sku) -> i64 {
        self.backorders.iter().find(|b| b.sku == *sku).map_or(0, |b| b.quantity)
    }

    /// Of each line, the open units for which the goods are there. What came in is given to the lines in their order.
    #[must_use]
    pub fn ready(&self) -> Vec<u32> {
        if self.backorders.is_empty() {
            return self.lines.iter().map(Line::open).collect();
        }
        let mut there = std::collections::BTreeMap::new();
        for hold in self.holds.iter().filter(|h| h.state != HoldState::Released) {
            *there.entry(hold.sku.clone()).or_insert(0) += hold.quantity;
        }
        let ready = self.lines.iter().map(|line| {
            let parts = self.goods(line, 1);
            let whole = parts.iter().map(|(sku, each)| there.get(sku).map_or(0, |units| units / each)).min();
            let units = whole.unwrap_or(0).min(i64::from(line.open())).max(0);
            for (sku, each) in parts {
                *there.entry(sku).or_insert(0) -= each * units;
            }
            u32::try_from(units).unwrap_or(0)
        });
        ready.collect()
    }

    /// The units that can be shipped now, and where they are. What an order has at a location is given to its lines in
    /// their order; a bundle whose components lie apart is where its first component is.
    #[must_use]
    pub fn sources(&self) -> Vec<LineSource> {
        let mut there: Vec<(&Sku, &str, i64)> = Vec::new();
        for hold in self.holds.iter().filter(|h| h.state == HoldState::Committed && h.quantity > 0) {
            match there.iter_mut().find(|(sku, location, _)| **sku == hold.sku && *location == hold.location) {
                Some(known) => known.2 += hold.quantity,
                None => there.push((&hold.sku, &hold.location, hold.quantity)),
            }
        }
        let mut sources = Vec::new();
        for (line, ready) in self.lines.iter().zip(self.ready()) {
            let mut left = i64::from(ready);
            let parts = self.goods(line, 1);
            let Some((first, each)) = parts.first().cloned() else { continue };
            // Whole units of one place first, and then those whose parts come together from several.
            for whole in [true, false] {
                let places: Vec<String> =
                    there.iter().filter(|t| *t.0 == first).map(|(_, location, _)| (*location).to_owned()).collect();
                for place in places {
                    let at = |sku: &Sku, there: &[(&Sku, &str, i64)]| {
                        there.iter().filter(|t| t.0 == sku && t.1 == place).map(|t| t.2).sum::<i64>()
                    };
                    let units = match whole {
                        true => parts.iter().map(|(sku, each)| at(sku, &there) / each).min().unwrap_or(0),
                        false => at(&first, &there).div_euclid(each).max(i64::from(at(&first, &there) > 0)),
                    };
                    let units = units.min(left);
                    if units <= 0 {
                        continue;
                    }
                    left -= units;
                    for (sku, each) in &parts {
                        let mut wanted = each * units;
                        let (here, elsewhere): (Vec<_>, Vec<_>) =
                            there.iter_mut().filter(|t| t.0 == sku).partition(|t| t.1 == place);
                        for stock in here.into_iter().chain(elsewhere) {
                            let taken = stock.2.min(wanted);
                            stock.2 -= taken;
                            wanted -= taken;
                        }
                    }
                    let quantity = u32::try_from(units).unwrap_or(0);
                    sources.push(LineSource { line: line.line, location: place, quantity });
                }
            }
        }
        merged(sources)
    }

    #[must_use]
    pub fn money(&self, amount_minor: i64) -> Money {
        Money::new(amount_minor, self.head.currency)
    }

    /// What refunds have given back to the order's gift cards.
    #[must_use]
    pub fn gift_card_credited(&self) -> i64 {
        self.refunds.iter().map(|r| r.gift_card_minor).sum()
    }

    /// What the gift cards paid and have not got back.
    #[must_use]
    pub fn gift_card_left(&self) -> i64 {
        self.frozen.gift_cards.iter().map(|(_, paid)| paid).sum::<i64>() - self.gift_card_credited()
    }

    /// Units of `line` that refunds name, and what these gave back for it.
    #[must_use]
    pub fn refunded_of(&self, line: u32) -> (u32, i64) {
        let named = self.refunds.iter().flat_map(|r| &r.lines).filter(|l| l.line == line);
        named.fold((0, 0), |(units, amount), l| (units + l.quantity, amount + l.amount_minor))
    }

    /// What can still be refunded, by the provider and to gift cards. Nothing before the provider's part is captured.
    #[must_use]
    pub fn refundable(&self) -> i64 {
        let paid = self.payment.captured_minor > 0 || self.payment.amount_minor == 0;
        if kernel::mutant::planted(kernel::mutant::Mutant::RefundLimitForgetsCards) {
            return self.payment.refundable() + self.frozen.gift_cards.iter().map(|(_, amount)| amount).sum::<i64>();
        }
        self.payment.refundable() + if paid { self.gift_card_left() } else { 0 }
    }

    #[must_use]
    pub fn status(&self) -> OrderStatus {
        match self.head.phase {
            Phase::Placing | Phase::Unknown | Phase::RequiresAction => OrderStatus::Pending,
            Phase::Declined => OrderStatus::PaymentFailed,
            Phase::Confirmed => OrderStatus::Confirmed,
            Phase::Closed => OrderStatus::Closed,
            Phase::Cancelling | Phase::Cancelled => OrderStatus::Cancelled,
        }
    }

    #[must_use]
    pub fn payment_status(&self) -> PaymentStatus {
        let p = &self.payment;
        let cards: i64 = self.frozen.gift_cards.iter().map(|(_, paid)| paid).sum();
        let back = p.refunded_minor + self.gift_card_credited();
        match p.state {
            Attempt::None if back > 0 && back < cards => PaymentStatus::PartiallyRefunded,
            Attempt::None if back > 0 => PaymentStatus::Refunded,
            Attempt::None => PaymentStatus::NotRequired,
            Attempt::Sent => PaymentStatus::Pending,
            Attempt::Unknown => PaymentStatus::Unknown,
            Attempt::RequiresAction => PaymentStatus::RequiresAction,
            Attempt::Declined | Attempt::Abandoned => PaymentStatus::Declined,
            Attempt::Voided => PaymentStatus::Voided,
            Attempt::Authorised if p.captured_minor == 0 => PaymentStatus::Authorised,
            Attempt::Authorised if back == 0 => PaymentStatus::Paid,
            Attempt::Authorised if back < p.captured_minor + cards => PaymentStatus::PartiallyRefunded,
            Attempt::Authorised => PaymentStatus::Refunded,
        }
    }

    #[must_use]
    pub fn fulfilment_status(&self) -> FulfilmentStatus {
        let shipped: u32 = self.lines.iter().map(|l| l.shipped).sum();
        let returned: u32 = self.lines.iter().map(|l| l.returned).sum();
        let open: u32 = self.lines.iter().map(Line::open).sum();
        if shipped == 0 {
            FulfilmentStatus::Unfulfilled
        } else if returned >= shipped && open == 0 {
            FulfilmentStatus::Returned
        } else if open > 0 {
            FulfilmentStatus::PartiallyShipped
        } else if self.shipments.iter().all(|s| s.state == ShipmentStatus::Delivered) {
            FulfilmentStatus::Delivered
        } else {
            FulfilmentStatus::Shipped
        }
    }

    /// What the saga is to do at the provider, judged from the stored state alone.
    #[must_use]
    pub fn next(&self) -> Next {
        let p = &self.payment;
        let provider = || p.provider.clone();
        let key = || p.key(self.head.id);
        let wait = || self.head.due_at.map_or(Next::Done, |until| Next::Wait { until });
        let undecided = matches!(p.state, Attempt::Sent | Attempt::Unknown | Attempt::RequiresAction);
        match self.head.phase {
            Phase::Placing | Phase::Unknown | Phase::RequiresAction => {
                Next::Find { attempt: p.attempt, provider: provider(), key: key() }
            }
            Phase::Cancelling if p.state == Attempt::RequiresAction && p.reference.is_some() => self.void(),
            Phase::Cancelling if undecided => Next::Find { attempt: p.attempt, provider: provider(), key: key() },
            Phase::Cancelling if p.state == Attempt::Authorised && p.captured_minor == 0 => self.void(),
            Phase::Confirmed | Phase::Closed
                if p.state == Attempt::Authorised && p.captured_minor == 0 && p.authorised_minor > 0 =>
            {
                Next::Capture {
                    attempt: p.attempt,
                    provider: provider(),
                    reference: p.reference.clone().unwrap_or_default(),
                    key: format!("{}:capture", key()),
                    amount: self.money(p.authorised_minor),
                }
            }
            // Given up without the provider's word. A request may have been under way all the same, so whoever has a
            // reason to look (a webhook, the reconciler) asks once more.
            Phase::Cancelled if p.state == Attempt::Abandoned => {
                Next::Find { attempt: p.attempt, provider: provider(), key: key() }
            }
            Phase::Declined | Phase::Cancelled => wait(),
            Phase::Confirmed | Phase::Closed | Phase::Cancelling => {
                match self.refunds.iter().find(|r| r.state == RefundState::Pending) {
                    Some(refund) => Next::Refund {
                        refund: refund.id,
                        provider: provider(),
                        reference: p.reference.clone().unwrap_or_default(),
                        key: format!("refund:{}", refund.id),
                        amount: self.money(refund.provider_minor()),
                    },
                    None => wait(),
                }
            }
        }
    }

    /// The call that gives back what is set aside, or ends an attempt that still asks for something.
    fn void(&self) -> Next {
        let p = &self.payment;
        Next::Void {
            attempt: p.attempt,
            provider: p.provider.clone(),
            reference: p.reference.clone().unwrap_or_default(),
            key: format!("{}:void", p.key(self.head.id)),
        }
    }

    /// The call that asks for the money of the current attempt, for the first time or again under the same key.
    #[must_use]
    pub fn authorise(&self) -> Next {
        let p = &self.payment;
        Next::Authorise {
            attempt: p.attempt,
            provider: p.provider.clone(),
            key: p.key(self.head.id),
            amount: self.money(p.amount_minor),
            token: p.token.clone().unwrap_or_default(),
            return_url: p.return_url.clone(),
        }
    }
}

/// Units of one line at one location as one entry, in order of line and location.
fn merged(sources: Vec<LineSource>) -> Vec<LineSource> {
    let mut sums = std::collections::BTreeMap::new();
    for source in sources {
        *sums.entry((source.line, source.location)).or_insert(0) += source.quantity;
    }
    sums.into_iter().map(|((line, location), quantity)| LineSource { line, location, quantity }).collect()
}
