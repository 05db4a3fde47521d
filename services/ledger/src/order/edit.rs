//! What an order costs after it was edited (invariant I6). Lines that are not touched keep every amount they were placed
//! with; a line with another quantity keeps its price and its rate of tax.

use std::collections::BTreeMap;

use contracts::checkout::{Discount, DiscountTarget, TaxLine, Totals};
use contracts::ledger::{AddedLine, EditView, EditedLineView};
use contracts::saga::PlacedLine;
use kernel::money::{allocate, div_round};
use kernel::mutant::{Mutant, planted};
use kernel::{Currency, Money, MoneyError, Rate, RefundId, Sku, Timestamp};
use serde::{Deserialize, Serialize};

use super::Frozen;

/// What one edit changed. Kept with the contents of the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    pub at: Timestamp,
    pub reason: String,
    pub lines: Vec<EditedLine>,
    pub address_changed: bool,
    pub total_before_minor: i64,
    pub total_minor: i64,
    /// What went back to gift cards, and what through the provider: `total_before - total`.
    pub gift_card_minor: i64,
    pub provider_minor: i64,
    pub refund: Option<RefundId>,
}

/// A line whose quantity changed: from 0 when it was added, to 0 when it was taken off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedLine {
    pub line: u32,
    pub sku: Sku,
    pub before: u32,
    pub after: u32,
}

impl Edit {
    #[must_use]
    pub fn view(&self, currency: Currency) -> EditView {
        let line =
            |l: &EditedLine| EditedLineView { line: l.line, sku: l.sku.clone(), before: l.before, after: l.after };
        EditView {
            at: self.at.into(),
            reason: self.reason.clone(),
            lines: self.lines.iter().map(line).collect(),
            address_changed: self.address_changed,
            total_before: Money::new(self.total_before_minor, currency),
            total: Money::new(self.total_minor, currency),
            refund_id: self.refund,
        }
    }
}

type Sum<T> = Result<T, MoneyError>;

fn minor(amount: i128) -> Sum<i64> {
    i64::try_from(amount).map_err(|_| MoneyError::Overflow)
}

/// How the amounts of an order are taxed.
struct Taxes<'f> {
    frozen: &'f Frozen,
    currency: Currency,
    included: bool,
}

impl Taxes<'_> {
    fn on(&self, base: i64, rate: Rate) -> Sum<i64> {
        let base = Money::new(base, self.currency);
        let tax = if self.included { base.included_share(rate)? } else { base.share(rate)? };
        Ok(tax.amount_minor)
    }

    /// The rate of a line. Of an order that does not say it, the one that comes closest.
    fn rate(&self, line: &PlacedLine) -> Rate {
        if let Some(rate) = line.tax_rate {
            return rate;
        }
        let base = line.unit_minor.saturating_mul(i64::from(line.quantity)) - line.discount_minor;
        let off = |t: &&TaxLine| self.on(base, t.rate).map_or(i64::MAX, |tax| (tax - line.tax_minor).abs());
        self.frozen.tax_lines.iter().min_by_key(off).map_or(Rate::ZERO, |t| t.rate)
    }

    /// `line` with another quantity. Its discount shrinks in proportion and never grows: an edit grants nothing.
    fn resized(&self, line: &PlacedLine, quantity: u32) -> Sum<PlacedLine> {
        let rate = self.rate(line);
        let wide = |n: u32| i128::from(line.unit_minor) * i128::from(n);
        let discount = if quantity < line.quantity && !planted(Mutant::EditKeepsDiscount) {
            div_round(i128::from(line.discount_minor) * i128::from(quantity), i128::from(line.quantity))?
        } else {
            line.discount_minor
        };
        let before = minor(wide(line.quantity) - i128::from(line.discount_minor))?;
        let base = minor(wide(quantity) - i128::from(discount))?;
        let tax = if before > 0 {
            div_round(i128::from(line.tax_minor) * i128::from(base), i128::from(before))?
        } else {
            self.on(base, rate)?
        };
        let total = if self.included { base } else { base.checked_add(tax).ok_or(MoneyError::Overflow)? };
        Ok(PlacedLine {
            quantity,
            discount_minor: discount,
            tax_minor: tax,
            total_minor: total,
            tax_rate: Some(rate),
            ..line.clone()
        })
    }
}

/// Whether the prices of an order contain its taxes; of one without taxes, as the lines say that are added.
#[must_use]
pub fn tax_included(frozen: &Frozen, added: &[AddedLine]) -> bool {
    let known = frozen.tax_lines.first().map(|t| t.included);
    known.or_else(|| added.first().map(|a| a.tax_included)).unwrap_or(true)
}

/// The contents of an order after an edit: `quantities` are those of its lines, in their order; `added` comes behind them.
/// The totals are not yet paid: `gift_card` and `due` are still those of before.
///
/// # Errors
/// When an amount does not fit.
pub fn edited(frozen: &Frozen, currency: Currency, quantities: &[u32], added: &[AddedLine]) -> Sum<Frozen> {
    let taxes = Taxes { frozen, currency, included: tax_included(frozen, added) };
    let mut after = frozen.clone();
    let mut by_rate: BTreeMap<Rate, (i64, &str)> = BTreeMap::new();
    for (line, quantity) in after.lines.iter_mut().zip(quantities).filter(|(l, quantity)| l.quantity != **quantity) {
        let resized = taxes.resized(line, *quantity)?;
        let rate = resized.tax_rate.unwrap_or(Rate::ZERO);
        by_rate.entry(rate).or_insert((0, "Tax")).0 += resized.tax_minor - line.tax_minor;
        *line = resized;
    }
    for line in added {
        let change = by_rate.entry(line.tax_rate).or_insert((0, ""));
        *change = (change.0 + line.line.tax_minor, line.tax_name.as_str());
        after.lines.push(PlacedLine { tax_rate: Some(line.tax_rate), ..line.line.clone() });
    }
    after.discounts = discounts(frozen, &after.lines, currency)?;
    after.tax_lines = tax_lines(&frozen.tax_lines, by_rate, taxes.included, currency);
    after.totals = totals(frozen, &after, taxes.included)?;
    Ok(after)
}

/// The discounts of the goods, with what is left of each.
fn discounts(frozen: &Frozen, lines: &[PlacedLine], currency: Currency) -> Sum<Vec<Discount>> {
    let mut discounts = frozen.discounts.clone();
    let mut goods: Vec<&mut Discount> = discounts.iter_mut().filter(|d| d.target == DiscountTarget::Goods).collect();
    let of_line = |goods: &[&mut Discount], number: u32| -> Vec<i64> {
        let part = |d: &&mut Discount| d.lines.iter().filter(|l| l.line == number).map(|l| l.amount.amount_minor).sum();
        goods.iter().map(part).collect()
    };
    let numbered = || frozen.lines.iter().zip(lines).zip(1_u32..);
    let told = numbered().all(|((before, _), n)| of_line(&goods, n).iter().sum::<i64>() == before.discount_minor);
    if told {
        for ((_, line), n) in numbered().filter(|((before, after), _)| before.discount_minor != after.discount_minor) {
            let parts = allocate(line.discount_minor, &of_line(&goods, n))?;
            for (discount, part) in goods.iter_mut().zip(parts) {
                if let Some(taken) = discount.lines.iter_mut().find(|l| l.line == n) {
                    taken.amount = Money::new(part, currency);
                }
                discount.lines.retain(|l| l.amount.amount_minor > 0);
            }
        }
        for discount in &mut goods {
            discount.amount = Money::new(discount.lines.iter().map(|l| l.amount.amount_minor).sum(), currency);
        }
    } else if !goods.is_empty() {
        // What each took off which line was not written down.
        let left: i64 = lines.iter().map(|l| l.discount_minor).sum();
        let parts = allocate(left, &goods.iter().map(|d| d.amount.amount_minor).collect::<Vec<_>>())?;
        for (discount, part) in goods.iter_mut().zip(parts) {
            discount.amount = Money::new(part, currency);
            discount.lines.clear();
        }
    }
    discounts.retain(|d| d.target != DiscountTarget::Goods || d.amount.amount_minor > 0);
    Ok(discounts)
}

/// The taxes by rate, changed by what the lines changed.
fn tax_lines(
    before: &[TaxLine],
    by_rate: BTreeMap<Rate, (i64, &str)>,
    included: bool,
    currency: Currency,
) -> Vec<TaxLine> {
    let mut after = before.to_vec();
    let mut owed = 0;
    for (rate, (change, name)) in by_rate.into_iter().filter(|(_, (change, _))| *change != 0) {
        match after.iter_mut().find(|t| t.rate == rate) {
            Some(line) => {
                let rest = (line.amount.amount_minor + change).max(0);
                owed += line.amount.amount_minor + change - rest;
                line.amount = Money::new(rest, currency);
            }
            None if change < 0 => owed += change,
            None => {
                let name = before.first().map_or_else(|| name.to_owned(), |t| t.name.clone());
                after.push(TaxLine { name, rate, amount: Money::new(change, currency), included });
            }
        }
    }
    // A rate that was guessed can have had less than the line gives back; the sum is right all the same.
    for line in &mut after {
        let taken = owed.max(-line.amount.amount_minor);
        line.amount = Money::new(line.amount.amount_minor + taken, currency);
        owed -= taken;
    }
    after.retain(|t| t.amount.amount_minor > 0 || t.rate == Rate::ZERO);
    after.sort_by_key(|t| std::cmp::Reverse(t.rate));
    after
}

fn totals(frozen: &Frozen, after: &Frozen, included: bool) -> Sum<Totals> {
    let sum = |part: fn(&PlacedLine) -> i128, lines: &[PlacedLine]| lines.iter().map(part).sum::<i128>();
    let before = &frozen.totals;
    let money = |amount: i128| Ok::<_, MoneyError>(Money::new(minor(amount)?, before.total.currency));
    let items = sum(|l| i128::from(l.unit_minor) * i128::from(l.quantity), &after.lines);
    let discount = sum(|l| i128::from(l.discount_minor), &after.lines);
    let taxed = sum(|l| i128::from(l.tax_minor), &after.lines) - sum(|l| i128::from(l.tax_minor), &frozen.lines);
    let tax = i128::from(before.tax.amount_minor) + taxed;
    let tax_added = i128::from(before.tax_added.amount_minor) + if included { 0 } else { taxed };
    let total = items - discount + i128::from(before.shipping.amount_minor) + tax_added;
    Ok(Totals {
        items: money(items)?,
        discount: money(discount)?,
        shipping: before.shipping,
        tax: money(tax)?,
        tax_added: money(tax_added)?,
        total: money(total)?,
        gift_card: before.gift_card,
        due: before.due,
    })
}

/// Whether the amounts of `frozen` are sums of their parts, none of them negative.
#[must_use]
pub fn adds_up(frozen: &Frozen) -> bool {
    let t = &frozen.totals;
    let parts = [t.items, t.discount, t.shipping, t.tax, t.tax_added, t.total, t.gift_card, t.due];
    let wide = |m: &Money| i128::from(m.amount_minor);
    let lines = |part: fn(&PlacedLine) -> i128| frozen.lines.iter().map(part).sum::<i128>();
    let goods = frozen.discounts.iter().filter(|d| d.target == DiscountTarget::Goods);
    parts.iter().all(|m| m.amount_minor >= 0)
        && frozen.lines.iter().all(|l| l.unit_minor >= 0 && l.discount_minor >= 0 && l.tax_minor >= 0)
        && wide(&t.items) - wide(&t.discount) + wide(&t.shipping) + wide(&t.tax_added) == wide(&t.total)
        && wide(&t.total) - wide(&t.gift_card) == wide(&t.due)
        && wide(&t.tax_added) <= wide(&t.tax)
        && lines(|l| i128::from(l.unit_minor) * i128::from(l.quantity)) == wide(&t.items)
        && lines(|l| i128::from(l.discount_minor)) == wide(&t.discount)
        && goods.map(|d| wide(&d.amount)).sum::<i128>() == wide(&t.discount)
        && frozen.tax_lines.iter().map(|l| wide(&l.amount)).sum::<i128>() == wide(&t.tax)
}
