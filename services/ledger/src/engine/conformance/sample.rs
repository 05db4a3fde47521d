//! Commands to make rows with.

use contracts::checkout::{Discount, TaxLine, Totals};
use contracts::ledger::{Actor, AddedLine};
use contracts::payment::{ProviderPayment, ProviderRefund, ProviderStatus, RefundStatus};
use contracts::saga::{GiftCardTender, NewPerson, PlaceCommand, PlacedLine};
use kernel::{CartId, Currency, Money, OrderId, PersonId, ProductId, Rate, Secret, Sku, StoreId, Timestamp};
use uuid::Uuid;

use crate::decide::{Command, Envelope, IdempotencyRef};
use crate::state::Hash;

/// An id that is the same for the same kind and number.
#[must_use]
pub fn uuid(kind: u8, n: u64) -> Uuid {
    let mut bytes = [0; 16];
    bytes[0] = kind;
    bytes[8..].copy_from_slice(&n.to_be_bytes());
    Uuid::from_bytes(bytes)
}

/// A hash that is the same for the same kind and number.
#[must_use]
pub fn hash(kind: u8, n: u64) -> Hash {
    let mut bytes = [kind; 32];
    bytes[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[24..].copy_from_slice(&n.to_be_bytes());
    bytes
}

/// # Panics
/// When the number is too long for a SKU, which none is.
#[must_use]
pub fn sku(n: u64) -> Sku {
    Sku::new(&format!("RUN-{n:02}/EU-42 é")).expect("the text fits a SKU")
}

/// An order to be placed.
#[derive(Clone, Debug)]
pub struct Draft {
    pub store: StoreId,
    pub order: OrderId,
    pub cart: CartId,
    pub cart_version: u64,
    /// SKU, quantity and unit price in cents.
    pub lines: Vec<(Sku, u32, i64)>,
    pub coupons: Vec<String>,
    pub gift_cards: Vec<GiftCardTender>,
    pub person: PersonId,
    pub hold_ms: i64,
}

impl Draft {
    /// An order of one SKU, made of `n` alone.
    #[must_use]
    pub fn new(store: StoreId, n: u64, sku: Sku, quantity: u32) -> Self {
        Draft {
            store,
            order: OrderId::derive(0, b"conformance", &n.to_string()),
            cart: CartId::from_uuid(uuid(1, n)),
            cart_version: 1,
            lines: vec![(sku, quantity, 12_900)],
            coupons: Vec::new(),
            gift_cards: Vec::new(),
            person: PersonId::from_uuid(uuid(2, n)),
            hold_ms: 15 * 60_000,
        }
    }

    /// What the payment provider is asked for, in cents.
    #[must_use]
    pub fn due(&self) -> i64 {
        self.totals().due.amount_minor
    }

    /// A tenth off with a coupon, shipping of 4.90, 19 % tax contained in the prices.
    fn totals(&self) -> Totals {
        let eur = |minor| Money::new(minor, Currency::EUR);
        let items: i64 = self.lines.iter().map(|(_, quantity, unit)| i64::from(*quantity) * unit).sum();
        let discount: i64 = self.lines.iter().map(|l| self.discount(l)).sum();
        let gift_card = self.gift_cards.iter().map(|g| g.amount_minor).sum();
        let total = items - discount + 490;
        Totals {
            items: eur(items),
            discount: eur(discount),
            shipping: eur(490),
            tax: eur(total * 19 / 119),
            tax_added: eur(0),
            total: eur(total),
            gift_card: eur(gift_card),
            due: eur(total - gift_card),
        }
    }

    fn discount(&self, (_, quantity, unit): &(Sku, u32, i64)) -> i64 {
        if self.coupons.is_empty() { 0 } else { i64::from(*quantity) * unit / 10 }
    }

    fn line(&self, line: &(Sku, u32, i64)) -> PlacedLine {
        let (sku, quantity, unit_minor) = line;
        let discount_minor = self.discount(line);
        let total_minor = i64::from(*quantity) * unit_minor - discount_minor;
        PlacedLine {
            sku: sku.clone(),
            product: ProductId::from_uuid(uuid(3, 1)),
            product_handle: "runner-one".to_owned(),
            title: "Runner One".to_owned(),
            variant_title: "Crimson \"42\" / wide".to_owned(),
            quantity: *quantity,
            unit_minor: *unit_minor,
            discount_minor,
            tax_minor: total_minor * 19 / 119,
            total_minor,
            image: Some("/media/9f/runner-one-480.webp".to_owned()),
            tax_rate: Some(kernel::Rate::from_ppm(190_000)),
        }
    }

    #[must_use]
    pub fn command(&self) -> Command {
        let totals = self.totals();
        let discounts =
            self.coupons.iter().map(|code| Discount::of_goods("A tenth off", Some(code.clone()), totals.discount));
        Command::Place(Box::new(PlaceCommand {
            store: self.store,
            order: self.order,
            cart: self.cart,
            cart_version: self.cart_version,
            currency: Currency::EUR,
            lines: self.lines.iter().map(|line| self.line(line)).collect(),
            discounts: discounts.collect(),
            tax_lines: vec![TaxLine {
                name: "VAT".to_owned(),
                rate: Rate::from_ppm(190_000),
                amount: totals.tax,
                included: true,
            }],
            shipping_option: "standard".to_owned(),
            shipping_name: "Standard, 2 to 3 days".to_owned(),
            totals,
            coupons: self.coupons.clone(),
            // Two orders of five are of the same customer.
            customers: vec![[self.order.as_bytes()[15] % 5; 32]],
            gift_cards: self.gift_cards.clone(),
            person: NewPerson {
                id: self.person,
                wrapped_key: self.person.as_bytes().repeat(4),
                sealed_contact: self.person.as_bytes().repeat(20),
            },
            provider: "test".to_owned(),
            token: Secret::new("tok_visa_4242".to_owned()),
            return_url: "https://shop.example/checkout/return/0123456789abcdef".to_owned(),
            hold_ms: self.hold_ms,
        }))
    }
}

/// A line that an edit adds.
#[must_use]
pub fn added(sku: Sku, quantity: u32) -> AddedLine {
    let draft = Draft::new(StoreId::DEFAULT, 0, sku.clone(), quantity);
    let tax_rate = Rate::from_ppm(190_000);
    AddedLine { line: draft.line(&(sku, quantity, 500)), tax_rate, tax_name: "VAT".to_owned(), tax_included: true }
}

/// `command` by a shopper, under an idempotency key made of `key`.
#[must_use]
pub fn by_shopper(store: StoreId, command: Command, key: Option<u64>) -> Envelope {
    let idempotency = key.map(|n| IdempotencyRef { key: hash(7, n), fingerprint: hash(8, n) });
    let actor = Actor { name: "customer".to_owned(), request_id: Some("req-0123456789".to_owned()) };
    Envelope { store, command, idempotency, actor }
}

/// `command` by a member of staff, which is audited.
#[must_use]
pub fn by_staff(store: StoreId, command: Command, key: Option<u64>) -> Envelope {
    let mut envelope = by_shopper(store, command, key);
    envelope.actor.name = "key:0001".to_owned();
    envelope
}

/// The provider's word about the payment of `order`.
#[must_use]
pub fn payment(order: OrderId, status: ProviderStatus, amount_minor: i64, revision: u64) -> ProviderPayment {
    let captured = status == ProviderStatus::Captured;
    ProviderPayment {
        reference: format!("pay_{order}"),
        key: format!("{order}:1"),
        status,
        amount: Money::new(amount_minor, Currency::EUR),
        captured_minor: if captured { amount_minor } else { 0 },
        refunded_minor: 0,
        decline_code: (status == ProviderStatus::Declined).then(|| "insufficient_funds".to_owned()),
        next_action_url: (status == ProviderStatus::RequiresAction).then(|| "https://bank.example/3ds".to_owned()),
        created_at: Timestamp::EPOCH,
        changed_at: Timestamp::EPOCH,
        revision,
    }
}

/// The provider's word about a refund.
#[must_use]
pub fn refund(order: OrderId, status: RefundStatus, amount_minor: i64) -> ProviderRefund {
    ProviderRefund {
        key: "refund".to_owned(),
        payment_reference: format!("pay_{order}"),
        amount: Money::new(amount_minor, Currency::EUR),
        status,
    }
}
