//! What the shop writes about an order.

use contracts::ledger::{Contact, LineQuantity, OrderLineView, OrderView, REASON_CANCELLED, REASON_EDITED};
use kernel::locale::{money, rate};
use kernel::{Money, RefundId, ReturnId, ShipmentId};

use super::format::{fill, inert};
use super::letter::{Block, Letter, Line};
use super::phrases::{Phrases, phrases};

/// An order with its person, as a mail sees it.
pub(crate) struct OrderMail<'a> {
    pub(crate) order: &'a OrderView,
    pub(crate) contact: &'a Contact,
    /// Opens the order's page.
    pub(crate) url: String,
    pub(crate) locale: &'a str,
}

impl OrderMail<'_> {
    fn phrases(&self) -> &'static Phrases {
        phrases(self.locale)
    }

    fn money(&self, amount: Money) -> String {
        money(self.locale, amount)
    }

    fn fill(&self, phrase: &str) -> String {
        fill(phrase, &[("number", &self.order.number)])
    }

    fn letter(&self, subject: &str, preheader: &str, blocks: Vec<Block>) -> Letter {
        Letter { subject: self.fill(subject), preheader: self.fill(preheader), blocks }
    }

    fn button(&self) -> Block {
        Block::Button { label: self.phrases().show_order.to_owned(), url: self.url.clone() }
    }

    fn address(&self) -> Block {
        let a = &self.contact.shipping_address;
        let place = [a.postal_code.as_str(), a.city.as_str()].join(" ");
        let lines = [
            Some(a.name.clone()),
            Some(a.line1.clone()),
            a.line2.clone(),
            Some(place.trim().to_owned()),
            a.region.clone(),
            Some(a.country.clone()),
        ];
        let lines = lines.into_iter().flatten().filter(|line| !line.is_empty()).collect();
        Block::Facts { heading: self.phrases().goes_to.to_owned(), lines }
    }

    fn totals(&self) -> Block {
        let (p, totals) = (self.phrases(), &self.order.totals);
        let less = |amount: Money| self.money(Money::new(-amount.amount_minor, amount.currency));
        let mut rows = vec![(p.items.to_owned(), self.money(totals.items))];
        if totals.discount.amount_minor != 0 {
            rows.push((p.discount.to_owned(), less(totals.discount)));
        }
        let name = super::format::inert(&self.order.shipping_name);
        rows.push((fill(p.shipping, &[("name", &name)]), self.money(totals.shipping)));
        for tax in &self.order.tax_lines {
            let phrase = if tax.included { p.tax_included } else { p.tax_added };
            let label = fill(phrase, &[("name", &tax.name), ("rate", &rate(self.locale, tax.rate))]);
            rows.push((label, self.money(tax.amount)));
        }
        if totals.gift_card.amount_minor != 0 {
            rows.push((p.gift_card.to_owned(), less(totals.gift_card)));
        }
        rows.push((p.total.to_owned(), self.money(totals.total)));
        Block::Totals(rows)
    }

    fn line(&self, line: &OrderLineView, quantity: u32, priced: bool) -> Line {
        let pieces =
            fill(self.phrases().pieces, &[("count", &quantity.to_string()), ("price", &self.money(line.unit_price))]);
        let pieces = if priced { pieces } else { format!("{quantity} ×") };
        let detail = if line.variant_title.is_empty() { pieces } else { format!("{}, {pieces}", line.variant_title) };
        let amount = if priced { self.money(line.total) } else { String::new() };
        Line { title: line.title.clone(), detail, amount }
    }

    /// Some of the order's lines, without prices.
    fn some(&self, lines: &[LineQuantity]) -> Block {
        let named = lines.iter().filter_map(|asked| {
            let line = self.order.lines.iter().find(|line| line.line == asked.line)?;
            Some(self.line(line, asked.quantity, false))
        });
        Block::Lines(named.collect())
    }
}

pub(crate) fn confirmation(mail: &OrderMail<'_>) -> Letter {
    let p = mail.phrases();
    let lines = mail.order.lines.iter().map(|line| mail.line(line, line.quantity, true)).collect();
    let blocks = vec![
        Block::Title(p.confirmation_title.to_owned()),
        Block::Text(mail.fill(p.confirmation_text)),
        mail.button(),
        Block::Lines(lines),
        mail.totals(),
        mail.address(),
        Block::Small(p.secret_hint.to_owned()),
    ];
    mail.letter(p.confirmation_subject, p.confirmation_text, blocks)
}

pub(crate) fn shipped(mail: &OrderMail<'_>, shipment: Option<ShipmentId>) -> Letter {
    let p = mail.phrases();
    let whole = mail.order.lines.iter().all(|line| line.shipped >= line.quantity);
    let text = if whole { p.shipped_all } else { p.shipped_part };
    let mut blocks = vec![Block::Title(p.shipped_title.to_owned()), Block::Text(mail.fill(text))];
    let shipments = &mail.order.shipments;
    let found = shipments.iter().find(|s| Some(s.id) == shipment).or_else(|| shipments.last());
    if let Some(shipment) = found {
        let facts: Vec<String> = [shipment.carrier.clone(), shipment.tracking.clone()].into_iter().flatten().collect();
        if shipment.tracking.is_some() {
            blocks.push(Block::Facts { heading: p.tracking.to_owned(), lines: facts });
        } else if !facts.is_empty() {
            blocks.push(Block::Facts { heading: p.shipped_by.to_owned(), lines: facts });
        }
        blocks.push(mail.button());
        blocks.push(mail.some(&shipment.lines));
    } else {
        blocks.push(mail.button());
    }
    blocks.push(mail.address());
    mail.letter(p.shipped_subject, text, blocks)
}

pub(crate) fn delivered(mail: &OrderMail<'_>, shipment: Option<ShipmentId>) -> Letter {
    let p = mail.phrases();
    let mut blocks =
        vec![Block::Title(p.delivered_title.to_owned()), Block::Text(mail.fill(p.delivered_text)), mail.button()];
    if let Some(shipment) = mail.order.shipments.iter().find(|s| Some(s.id) == shipment) {
        blocks.push(mail.some(&shipment.lines));
    }
    mail.letter(p.delivered_subject, p.delivered_text, blocks)
}

/// With the reason that staff gave, which the form says the customer reads.
pub(crate) fn refunded(mail: &OrderMail<'_>, refund: Option<RefundId>, amount_minor: i64) -> Letter {
    let p = mail.phrases();
    let amount = mail.money(Money::new(amount_minor, mail.order.currency));
    let values = [("number", mail.order.number.as_str()), ("amount", amount.as_str())];
    let text = fill(p.refunded_text, &values);
    let mut blocks = vec![Block::Title(fill(p.refunded_title, &values)), Block::Text(text.clone())];
    let given = mail.order.refunds.iter().find(|given| Some(given.id) == refund);
    if let Some(given) = given.filter(|given| !given.reason.trim().is_empty()) {
        let reason = match given.reason.as_str() {
            REASON_CANCELLED => p.refunded_cancelled.to_owned(),
            REASON_EDITED => p.refunded_edited.to_owned(),
            written => inert(written),
        };
        blocks.push(Block::Text(fill(p.refunded_reason, &[("reason", &reason)])));
    }
    blocks.extend([Block::Text(p.refunded_when.to_owned()), mail.button()]);
    Letter { subject: mail.fill(p.refunded_subject), preheader: text, blocks }
}

pub(crate) fn cancelled(mail: &OrderMail<'_>, out_of_stock: bool) -> Letter {
    let p = mail.phrases();
    let text = if out_of_stock { p.cancelled_sold_out } else { p.cancelled_text };
    let mut blocks = vec![Block::Title(p.cancelled_title.to_owned()), Block::Text(mail.fill(text))];
    if mail.order.captured.amount_minor > 0 || out_of_stock {
        blocks.push(Block::Text(p.cancelled_money.to_owned()));
    }
    blocks.push(mail.button());
    mail.letter(p.cancelled_subject, text, blocks)
}

pub(crate) fn return_received(mail: &OrderMail<'_>, returned: Option<ReturnId>) -> Letter {
    let p = mail.phrases();
    let mut blocks = vec![Block::Title(p.returned_title.to_owned()), Block::Text(mail.fill(p.returned_text))];
    if let Some(returned) = mail.order.returns.iter().find(|r| Some(r.id) == returned) {
        blocks.push(mail.some(&returned.lines));
    }
    blocks.push(mail.button());
    mail.letter(p.returned_subject, p.returned_text, blocks)
}
