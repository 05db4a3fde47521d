//! The ledger as the checkout saga sees it: commands that move an order, and what to do next outside of it.
//!
//! The ledger says what is to be done ([`Next`]), the saga does it at the provider and records what it saw
//! ([`Observation`]). Both sides may be repeated at any time; the outcome is the same.

use async_trait::async_trait;
use kernel::{CartId, Currency, Money, OrderId, PersonId, ProductId, Rate, RefundId, Secret, Sku, StoreId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::checkout::{Discount, TaxLine, Totals};
use crate::ledger::{Actor, Idempotency, StoredResponse};
use crate::payment::{ProviderPayment, ProviderRefund};

/// A line as it is frozen on the order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlacedLine {
    pub sku: Sku,
    pub product: ProductId,
    pub product_handle: String,
    pub title: String,
    pub variant_title: String,
    pub quantity: u32,
    pub unit_minor: i64,
    pub discount_minor: i64,
    pub tax_minor: i64,
    /// `unit * quantity - discount`, plus tax where prices exclude it.
    pub total_minor: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The rate of `tax_minor`. Orders placed before it was kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Rate>,
}

/// Part of the price paid by gift card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiftCardTender {
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
    pub amount_minor: i64,
}

/// A person that comes with an order: their wrapped key and their contact, already sealed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    pub id: PersonId,
    pub wrapped_key: Vec<u8>,
    pub sealed_contact: Vec<u8>,
}

/// Everything an order is made of: frozen prices, taxes and roundings, who pays and how.
#[derive(Clone, Debug)]
pub struct PlaceCommand {
    pub store: StoreId,
    pub order: OrderId,
    pub cart: CartId,
    pub cart_version: u64,
    pub currency: Currency,
    pub lines: Vec<PlacedLine>,
    pub discounts: Vec<Discount>,
    pub tax_lines: Vec<TaxLine>,
    pub shipping_option: String,
    pub shipping_name: String,
    pub totals: Totals,
    /// Codes whose use the ledger counts.
    pub coupons: Vec<String>,
    /// Keyed hashes of whom a coupon's uses are counted for: the e-mail address and, when signed in, the customer.
    pub customers: Vec<[u8; 32]>,
    pub gift_cards: Vec<GiftCardTender>,
    pub person: NewPerson,
    pub provider: String,
    /// What the provider gave the browser. Kept only until the attempt is decided.
    pub token: Secret,
    /// Where the provider sends the shopper back to.
    pub return_url: String,
    /// How long the stock is held for an undecided payment, in milliseconds.
    pub hold_ms: i64,
}

/// What is to be done at the provider. Every call carries its key, so doing it twice is doing it once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    Authorise {
        attempt: u32,
        provider: String,
        key: String,
        amount: Money,
        token: String,
        return_url: String,
    },
    /// Ask what became of the attempt.
    Find {
        attempt: u32,
        provider: String,
        key: String,
    },
    Capture {
        attempt: u32,
        provider: String,
        reference: String,
        key: String,
        amount: Money,
    },
    Void {
        attempt: u32,
        provider: String,
        reference: String,
        key: String,
    },
    Refund {
        refund: RefundId,
        provider: String,
        reference: String,
        key: String,
        amount: Money,
    },
    /// Nothing before this time.
    Wait {
        until: Timestamp,
    },
    /// Nothing at all, unless somebody asks for something.
    Done,
}

/// What was seen at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Observation {
    Payment {
        attempt: u32,
        payment: ProviderPayment,
    },
    /// The provider never heard of the attempt.
    Missing {
        attempt: u32,
    },
    /// No answer: it may have happened or not.
    Unanswered {
        attempt: u32,
    },
    /// The provider refused the call itself, for good.
    Refused {
        attempt: u32,
        why: String,
    },
    Refund {
        refund: RefundId,
        seen: ProviderRefund,
    },
    RefundUnanswered {
        refund: RefundId,
    },
    RefundRefused {
        refund: RefundId,
        why: String,
    },
}

/// Where an order stands after a command.
#[derive(Clone, Debug)]
pub struct Progress {
    pub order: OrderId,
    pub next: Next,
    /// The answer to the request that placed the order, once there is one.
    pub response: Option<StoredResponse>,
    /// Whether the request was answered before.
    pub replayed: bool,
}

#[async_trait]
pub trait SagaLedger: Send + Sync {
    /// Makes the order durable, with its stock held, before any money moves.
    async fn place(&self, command: PlaceCommand, idempotency: Idempotency, actor: Actor) -> Result<Progress>;
    /// The order and the answer stored for `idempotency`, when it was used before; 409 while it is in progress, 422
    /// for another request. Spares a repeated request the quote.
    async fn replay(&self, store: StoreId, idempotency: &Idempotency) -> Result<Option<(OrderId, StoredResponse)>>;
    async fn record(&self, store: StoreId, order: OrderId, seen: Observation) -> Result<Progress>;
    /// Lets time pass for the order (a hold may expire), and tells what is to be done now.
    async fn wake(&self, store: StoreId, order: OrderId) -> Result<Progress>;
    /// Whether the order stands and nothing is to be done about it, now or later: read without a command, so that what
    /// only repeats news costs no write. False for an order that is not known.
    async fn settled(&self, store: StoreId, order: OrderId) -> Result<bool>;
    /// Orders with something to do at or before `now`, longest overdue first.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, OrderId)>>;
}
