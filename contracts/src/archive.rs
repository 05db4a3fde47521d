//! Past orders: what another shop sold before the merchant came here. History only: nothing is owed, held or sent for
//! them, they have numbers of their own, and no invariant of the ledger speaks of them.

use async_trait::async_trait;
use bytes::Bytes;
use kernel::{Currency, CustomerId, FieldError, Money, Page, PageRequest, PastOrderId, StoreId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::address::{Address, is_email};
use crate::catalog::TimestampSchema;
use crate::ledger::{OrderLineView, OrderView};

/// Where orders of an Argosy shop come from.
pub const ARGOSY: &str = "argosy";
/// The most lines of one order.
pub const MAX_LINES: usize = 1_000;
/// The most taxes, discounts, refunds or tracking numbers of one order, each.
const MAX_PARTS: usize = 100;
/// The longest text, in characters.
const MAX_TEXT: usize = 500;
/// The longest number, word of a state, or name of a shop, in characters.
const MAX_WORD: usize = 64;

/// An order in a file: what `argosy export orders` writes of this shop's orders, and what it takes in of others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRecord {
    /// The shop that sold it: `shopify`, `woocommerce`, `argosy`, or a name given at the import. Lower-case letters,
    /// digits and dashes.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    pub source: String,
    /// As people there know it, e.g. `1001`.
    #[schema(min_length = 1, max_length = 64)]
    pub number: String,
    /// The other shop's own id of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub reference: Option<String>,
    pub placed_at: TimestampSchema,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<TimestampSchema>,
    /// How it stood, in the words of the shop that sold it; empty where that has none.
    #[schema(max_length = 64)]
    pub status: String,
    #[schema(max_length = 64)]
    pub payment_status: String,
    #[schema(max_length = 64)]
    pub fulfilment_status: String,
    pub currency: Currency,
    pub totals: RecordTotals,
    /// What was paid through a payment provider.
    pub captured: Money,
    pub refunded: Money,
    /// What `totals.tax` consists of.
    #[serde(default)]
    pub taxes: Vec<RecordPart>,
    /// What was taken off, with what it was called there.
    #[serde(default)]
    pub discounts: Vec<RecordPart>,
    /// What was given back, labelled with the time.
    #[serde(default)]
    pub refunds: Vec<RecordPart>,
    /// Name of the delivery that was chosen.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub shipping_name: String,
    /// Numbers of parcels.
    #[serde(default)]
    pub tracking: Vec<String>,
    pub lines: Vec<RecordLine>,
    /// Whom it was for. Absent when nobody is known, or after erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<RecordContact>,
}

/// Amounts as the other shop wrote them; `total = items - discount + shipping + tax_added` where that adds up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordTotals {
    pub items: Money,
    pub discount: Money,
    pub shipping: Money,
    /// All tax, included or added.
    pub tax: Money,
    /// The part of `tax` that came on top of the prices.
    pub tax_added: Money,
    pub total: Money,
    /// Paid by gift card.
    pub gift_card: Money,
}

/// A part of a sum, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordPart {
    #[schema(max_length = 500)]
    pub label: String,
    pub amount: Money,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordLine {
    /// 1, 2, 3 …
    #[schema(minimum = 1)]
    pub line: u32,
    /// As it was; it need not be one of this shop's.
    #[schema(max_length = 500)]
    pub sku: String,
    #[schema(max_length = 500)]
    pub title: String,
    #[serde(default)]
    #[schema(max_length = 500)]
    pub variant_title: String,
    #[schema(minimum = 1)]
    pub quantity: u32,
    pub unit_price: Money,
    pub discount: Money,
    /// What was paid for the line.
    pub total: Money,
}

/// Personal data, stored sealed. Addresses are as they were, with gaps and all: nothing is sent there any more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordContact {
    /// Empty when the other shop knew none, as for a sale over the counter.
    #[serde(default)]
    #[schema(max_length = 254)]
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub vat_id: Option<String>,
}

impl RecordContact {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == RecordContact::default()
    }
}

impl OrderRecord {
    /// A record of an order of this shop.
    #[must_use]
    pub fn of(order: &OrderView) -> Self {
        let totals = &order.totals;
        let tax = |tax: &crate::checkout::TaxLine| RecordPart {
            label: format!("{} {}", tax.name, percent(tax.rate.ppm())),
            amount: tax.amount,
        };
        let cancelled = order.timeline.iter().find(|entry| entry.event == "order.cancelled");
        OrderRecord {
            source: ARGOSY.to_owned(),
            number: order.number.clone(),
            reference: Some(order.id.to_string()),
            placed_at: order.placed_at,
            cancelled_at: cancelled.map(|entry| entry.at),
            status: word(&order.status),
            payment_status: word(&order.payment_status),
            fulfilment_status: word(&order.fulfilment_status),
            currency: order.currency,
            totals: RecordTotals {
                items: totals.items,
                discount: totals.discount,
                shipping: totals.shipping,
                tax: totals.tax,
                tax_added: totals.tax_added,
                total: totals.total,
                gift_card: totals.gift_card,
            },
            captured: order.captured,
            refunded: order.refunded,
            taxes: order.tax_lines.iter().map(tax).collect(),
            discounts: order
                .discounts
                .iter()
                .map(|d| RecordPart { label: d.label.clone(), amount: d.amount })
                .collect(),
            refunds: order.refunds.iter().map(|r| RecordPart { label: r.at.0.to_string(), amount: r.amount }).collect(),
            shipping_name: order.shipping_name.clone(),
            tracking: order.shipments.iter().filter_map(|shipment| shipment.tracking.clone()).collect(),
            lines: order.lines.iter().map(RecordLine::of).collect(),
            contact: order.contact.as_ref().map(|contact| RecordContact {
                email: contact.email.clone(),
                shipping_address: Some(contact.shipping_address.clone()),
                billing_address: contact.billing_address.clone(),
                vat_id: contact.vat_id.clone(),
            }),
        }
    }

    /// What is wrong with this record, each with a pointer; empty when nothing is. Sums that do not add up are not
    /// wrong: see [`Self::doubts`].
    #[must_use]
    pub fn problems(&self) -> Vec<FieldError> {
        let mut found = Problems::default();
        if !is_source(&self.source) {
            found.add("/source", "invalid_source", "Use up to 64 lower-case letters, digits and dashes.");
        }
        found.text("/number", &self.number, MAX_WORD);
        if self.number.trim().is_empty() {
            found.add("/number", "required", "An order needs the number that people know it by.");
        }
        let words = [("/status", &self.status), ("/payment_status", &self.payment_status)];
        for (pointer, word) in words.into_iter().chain([("/fulfilment_status", &self.fulfilment_status)]) {
            found.text(pointer, word, MAX_WORD);
        }
        found.text("/reference", self.reference.as_deref().unwrap_or_default(), MAX_WORD);
        found.text("/shipping_name", &self.shipping_name, MAX_TEXT);
        for (i, number) in self.tracking.iter().take(MAX_PARTS).enumerate() {
            found.text(&format!("/tracking/{i}"), number, MAX_TEXT);
        }
        let parts = [("taxes", &self.taxes), ("discounts", &self.discounts), ("refunds", &self.refunds)];
        for (name, parts) in parts {
            found.count(&format!("/{name}"), parts.len(), MAX_PARTS);
            for (i, part) in parts.iter().take(MAX_PARTS).enumerate() {
                found.text(&format!("/{name}/{i}/label"), &part.label, MAX_TEXT);
            }
        }
        found.count("/tracking", self.tracking.len(), MAX_PARTS);
        found.count("/lines", self.lines.len(), MAX_LINES);
        for (i, line) in self.lines.iter().take(MAX_LINES).enumerate() {
            line.check(&mut found, &format!("/lines/{i}"));
        }
        for (pointer, amount) in self.amounts() {
            found.amount(&pointer, amount, self.currency);
        }
        if let Some(contact) = &self.contact {
            contact.check(&mut found);
        }
        found.0
    }

    /// Every amount with its pointer.
    fn amounts(&self) -> Vec<(String, Money)> {
        let totals = &self.totals;
        let mut all: Vec<(String, Money)> = [
            ("items", totals.items),
            ("discount", totals.discount),
            ("shipping", totals.shipping),
            ("tax", totals.tax),
            ("tax_added", totals.tax_added),
            ("total", totals.total),
            ("gift_card", totals.gift_card),
        ]
        .into_iter()
        .map(|(name, amount)| (format!("/totals/{name}"), amount))
        .collect();
        all.extend([("/captured".to_owned(), self.captured), ("/refunded".to_owned(), self.refunded)]);
        let parts = [("taxes", &self.taxes), ("discounts", &self.discounts), ("refunds", &self.refunds)];
        for (name, parts) in parts {
            all.extend(parts.iter().enumerate().map(|(i, part)| (format!("/{name}/{i}/amount"), part.amount)));
        }
        for (i, line) in self.lines.iter().enumerate() {
            let amounts = [("unit_price", line.unit_price), ("discount", line.discount), ("total", line.total)];
            all.extend(amounts.map(|(name, amount)| (format!("/lines/{i}/{name}"), amount)));
        }
        all
    }

    /// Sums that do not add up, in words. They are kept as they came: that is what the other shop said.
    #[must_use]
    pub fn doubts(&self) -> Vec<String> {
        let (zero, totals) = (Money::zero(self.currency), &self.totals);
        let mut doubts = Vec::new();
        let sum = totals.items.minus(totals.discount).and_then(|sum| sum.plus(totals.shipping));
        let sum = sum.and_then(|sum| sum.plus(totals.tax_added));
        if sum.as_ref() != Ok(&totals.total) {
            let sum = sum.map_or_else(|_| "too much to count".to_owned(), Money::decimal);
            let total = totals.total.decimal();
            doubts.push(format!("Items, discount, shipping and added tax come to {sum}, and the total says {total}."));
        }
        let items = self.lines.iter().try_fold(zero, |sum, line| {
            line.unit_price.times(i64::from(line.quantity)).and_then(|price| sum.plus(price))
        });
        // Where prices have more decimals than money has, only what was paid for the lines adds up.
        let paid =
            self.lines.iter().try_fold(zero, |sum, line| sum.plus(line.total).and_then(|sum| sum.plus(line.discount)));
        if ![&items, &paid].contains(&&Ok(totals.items)) {
            let sum = items.map_or_else(|_| "too much to count".to_owned(), Money::decimal);
            doubts.push(format!("The lines come to {sum}, and the items say {}.", totals.items.decimal()));
        }
        if totals.total.minus(self.refunded).is_ok_and(|rest| rest.amount_minor < 0) {
            doubts.push(format!("{} were refunded, more than the total.", self.refunded.decimal()));
        }
        doubts
    }
}

impl RecordLine {
    fn of(line: &OrderLineView) -> Self {
        RecordLine {
            line: line.line,
            sku: line.sku.to_string(),
            title: line.title.clone(),
            variant_title: line.variant_title.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            discount: line.discount,
            total: line.total,
        }
    }

    fn check(&self, found: &mut Problems, pointer: &str) {
        for (name, text) in [("sku", &self.sku), ("title", &self.title), ("variant_title", &self.variant_title)] {
            found.text(&format!("{pointer}/{name}"), text, MAX_TEXT);
        }
        if self.quantity == 0 {
            found.add(&format!("{pointer}/quantity"), "invalid_quantity", "A line is of one unit at least.");
        }
    }
}

impl RecordContact {
    fn check(&self, found: &mut Problems) {
        if !self.email.is_empty() && !is_email(&self.email) {
            found.add("/contact/email", "invalid_email", "This does not look like an e-mail address.");
        }
        found.text("/contact/vat_id", self.vat_id.as_deref().unwrap_or_default(), MAX_WORD);
        let both = [("shipping_address", &self.shipping_address), ("billing_address", &self.billing_address)];
        for (name, address) in both {
            let Some(address) = address else { continue };
            let (line2, region) = (address.line2.as_deref().unwrap_or(""), address.region.as_deref().unwrap_or(""));
            let parts = [("name", address.name.as_str()), ("line1", address.line1.as_str()), ("line2", line2)];
            let rest =
                [("city", address.city.as_str()), ("region", region), ("postal_code", address.postal_code.as_str())];
            for (part, text) in parts.into_iter().chain(rest).chain([("country", address.country.as_str())]) {
                found.text(&format!("/contact/{name}/{part}"), text, MAX_TEXT);
            }
        }
    }
}

/// Whether a shop can be called that.
#[must_use]
pub fn is_source(text: &str) -> bool {
    (1..=MAX_WORD).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// What is wrong, as it is found.
#[derive(Default)]
struct Problems(Vec<FieldError>);

impl Problems {
    fn add(&mut self, pointer: &str, code: &str, detail: &str) {
        self.0.push(FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail: detail.to_owned() });
    }

    fn text(&mut self, pointer: &str, text: &str, max: usize) {
        if text.chars().count() > max {
            self.add(pointer, "too_long", &format!("At most {max} characters."));
        } else if text.chars().any(char::is_control) {
            self.add(pointer, "invalid_characters", "This contains characters that cannot be printed.");
        }
    }

    fn count(&mut self, pointer: &str, count: usize, max: usize) {
        if count > max {
            self.add(pointer, "too_many", &format!("At most {max}."));
        }
    }

    fn amount(&mut self, pointer: &str, amount: Money, currency: Currency) {
        if amount.currency != currency {
            self.add(pointer, "other_currency", &format!("The order is in {currency}; this amount is not."));
        } else if amount.amount_minor < 0 {
            self.add(pointer, "negative_amount", "An amount is not negative.");
        }
    }
}

/// 190,000 parts of a million are `19 %`; digits behind the point as far as there are any.
fn percent(ppm: u32) -> String {
    let text = format!("{}.{:04}", ppm / 10_000, ppm % 10_000);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// As in JSON.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

// ---- Past orders as shown ----

/// A past order, with whom it was for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PastOrderView {
    pub id: PastOrderId,
    /// When it was taken in, or changed by a later import.
    pub imported_at: TimestampSchema,
    /// Whether whom it was for has been erased.
    pub erased: bool,
    pub order: OrderRecord,
}

/// A past order in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PastOrderSummary {
    pub id: PastOrderId,
    /// The shop that sold it.
    pub source: String,
    pub number: String,
    pub placed_at: TimestampSchema,
    /// The other shop's words.
    pub status: String,
    pub payment_status: String,
    pub fulfilment_status: String,
    pub total: Money,
    /// Units of all lines.
    pub units: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PastOrderFilter {
    /// The whole number; a `#` in front does not matter.
    pub number: Option<String>,
    /// The whole address: it is stored sealed, so parts of it cannot be searched.
    pub email: Option<String>,
    pub source: Option<String>,
    /// Placed at this time or later.
    pub since: Option<Timestamp>,
    /// Placed before this time.
    pub until: Option<Timestamp>,
}

// ---- Imports ----

/// How a file of orders is to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderImportOptions {
    /// Only say what would change.
    pub dry_run: bool,
    /// What to call the shop that the file is from, when the file does not say; `shopify` or `woocommerce` when left out.
    pub source: Option<String>,
    /// Currency of orders that name none.
    pub currency: Option<Currency>,
}

/// What came of an import of orders. Nobody is named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderImportReport {
    /// Rows below the header, or orders of the document.
    pub rows: u64,
    pub created: u64,
    /// Were there and are different now.
    pub updated: u64,
    pub unchanged: u64,
    /// Are orders of this shop itself; they are left alone.
    pub own: u64,
    /// Left out because of an error.
    pub failed: u64,
    /// What the created ones come to, an amount for each currency.
    pub value: Vec<Money>,
    pub errors: Vec<OrderImportNote>,
    /// Sums that do not add up. They were taken in as they are.
    pub warnings: Vec<OrderImportNote>,
    /// How many sums do not add up, also when there are too many to list.
    pub doubtful: u64,
    /// Columns of the file that have no place in a past order.
    pub ignored_columns: Vec<String>,
    /// Whether this only says what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// Names the import, for taking it back; none when nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<i64>,
}

/// Something about one order of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderImportNote {
    /// Line of the file, the header being 1; in JSON the position of the order, from 1.
    pub line: u64,
    /// Number of the order, as far as it can be read.
    pub number: String,
    /// Name of the column or member; empty when it is the order as a whole.
    pub column: String,
    pub message: String,
}

/// An import of orders that can be taken back, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderImport {
    pub id: i64,
    pub at: TimestampSchema,
    /// Who made it.
    pub actor: String,
    /// Past orders that it made or changed.
    pub orders: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<TimestampSchema>,
}

/// What came of taking back an import of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderUndoReport {
    pub import: i64,
    /// Past orders that are gone again.
    pub removed: u64,
    /// Past orders that are as they were before.
    pub restored: u64,
    /// Past orders that a later import changed, and that were left.
    pub kept: u64,
}

/// The archive of past orders.
#[async_trait]
pub trait PastOrders: Send + Sync {
    /// Takes in a file of orders, CSV or JSON, in one transaction. `actor` is who does it. The same order again is the
    /// same past order; a changed one changes it.
    ///
    /// # Errors
    /// `not_an_order_export`, `too_many_orders`, `invalid_source`.
    async fn import_orders(
        &self,
        store: StoreId,
        file: Bytes,
        options: OrderImportOptions,
        actor: &str,
    ) -> Result<OrderImportReport>;
    /// The latest imports, latest first.
    async fn order_imports(&self, store: StoreId) -> Result<Vec<OrderImport>>;
    /// Puts back what the import changed and no later one did.
    ///
    /// # Errors
    /// Not found, 409 `already_undone`.
    async fn undo_order_import(&self, store: StoreId, id: i64) -> Result<OrderUndoReport>;
    /// Latest first.
    async fn past_orders(
        &self,
        store: StoreId,
        filter: PastOrderFilter,
        page: PageRequest,
    ) -> Result<Page<PastOrderSummary>>;
    async fn past_order(&self, store: StoreId, id: PastOrderId) -> Result<Option<PastOrderView>>;
    /// Those placed with the customer's e-mail address, latest first; none as long as it is not verified.
    async fn past_orders_of(
        &self,
        store: StoreId,
        customer: CustomerId,
        page: PageRequest,
    ) -> Result<Page<PastOrderSummary>>;
    /// One of [`Self::past_orders_of`].
    async fn past_order_of(
        &self,
        store: StoreId,
        customer: CustomerId,
        id: PastOrderId,
    ) -> Result<Option<PastOrderView>>;
    /// Destroys the key of whom the order was for: nobody can read it any more, in this past order or in any other with
    /// the same e-mail address.
    ///
    /// # Errors
    /// Not found when there is no such order, or nobody is known any more.
    async fn erase_past_person(&self, store: StoreId, id: PastOrderId) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_written_as_people_do() {
        assert_eq!([190_000, 81_000, 0, 200].map(percent), ["19 %", "8.1 %", "0 %", "0.02 %"]);
    }

    #[test]
    fn sources_are_plain() {
        assert!(is_source("shopify") && is_source("old-shop-2"));
        assert!(!is_source("") && !is_source("Old") && !is_source("a b") && !is_source(&"x".repeat(65)));
    }
}
