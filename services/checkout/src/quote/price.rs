//! The computation of a quote: pure, in whole minor units, and exact (invariant I6).
//!
//! The order of composition is that of CORRECTNESS: unit price times quantity, promotions of goods (each clamped to what is
//! left of a line), promotions of the order (allocated over the lines by largest remainder), shipping and what makes it
//! free, tax, then tender. Tax is rounded once per line and once for shipping, or once for each rate of the order; tax lines
//! are sums of those.
//!
//! A market whose prices include tax keeps its prices whatever the country of delivery: what changes with the country
//! is the part of the price that is tax. Only a business that owes the tax itself buys at the price without it.

use std::collections::BTreeMap;

use contracts::Result;
use contracts::checkout::{
    Discount, DiscountTarget, GiftCardUse, LineDiscount, Quote, QuoteLine, QuoteNote, ShippingOption, TaxLine, Totals,
};
use contracts::ledger::AddedLine;
use contracts::market::Market;
use contracts::saga::PlacedLine;
use contracts::selling::{Effect, TaxRounding};
use kernel::mutant::{Mutant, planted};
use kernel::{CartId, Currency, Failure, Money, MoneyError, ProductId, Rate, Sku, Timestamp};

use crate::promotion::{self, Item, Outcome, Visit, label};
use crate::settings::Selling;
use crate::shipping::{Parcel, nothing_to_ship};
use crate::tax::Destination;

type Sum<T> = std::result::Result<T, MoneyError>;

/// A line of the cart with what the catalog says of it now.
#[derive(Clone, Debug, PartialEq)]
pub struct PricedLine {
    pub sku: Sku,
    pub product_id: ProductId,
    pub product_handle: String,
    pub title: String,
    pub variant_title: String,
    pub quantity: u32,
    pub unit_price: Money,
    /// The price before a reduction.
    pub compare_at: Option<Money>,
    /// `standard`, `reduced`, `zero` or one of the shop's own.
    pub tax_class: String,
    pub weight_g: u32,
    pub requires_shipping: bool,
    pub available: bool,
    /// Whether it is only delivered later.
    pub backorder: bool,
    pub image: Option<String>,
    /// Handles of the collections that the product is in.
    pub collections: Vec<String>,
    /// Handles of its category and those above it.
    pub categories: Vec<String>,
}

/// A gift card that the shopper named, with what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCard {
    pub ending: String,
    pub code_hash: [u8; 32],
    /// In the currency of the cart.
    pub balance: Money,
}

/// All that a price depends on.
#[derive(Clone, Copy, Debug)]
pub struct Pricing<'a> {
    pub cart_id: CartId,
    pub cart_version: u64,
    pub currency: Currency,
    pub lines: &'a [PricedLine],
    pub market: &'a Market,
    pub selling: &'a Selling,
    pub now: Timestamp,
    /// Codes of promotions, as the shopper typed them.
    pub codes: &'a [String],
    /// What the ledger counts and has counted to its limit.
    pub used_up: &'a [String],
    /// Customer groups of the shopper.
    pub groups: &'a [String],
    /// Where it goes. Without it shipping and tax are left open: no options, no tax.
    pub to: Option<Destination<'a>>,
    /// Handle of the shipping option; the first when none is named.
    pub shipping_option: Option<&'a str>,
    /// Whether the buyer is a business that owes the tax itself.
    pub reverse_charge: bool,
    pub cards: &'a [HeldCard],
    /// What was found out before: codes of gift cards that are none, and the like.
    pub notes: &'a [QuoteNote],
}

/// What an order on these terms costs.
///
/// # Errors
/// 422 `amount_too_large` when an amount overflows, `not_delivered` at `/shipping_address/country`,
/// `unknown_shipping_option` at `/shipping_option`.
pub fn price(order: &Pricing<'_>) -> Result<Quote> {
    let taxes = Taxation::of(order);
    let mut lines =
        order.lines.iter().map(|line| undiscounted(line, order, &taxes)).collect::<Sum<Vec<_>>>().map_err(too_large)?;
    let outcome = promote(order, &lines).map_err(too_large)?;
    let mut discounts = discounted(order, &mut lines, &outcome).map_err(too_large)?;
    let options = shipping_options(order, &lines, &outcome, &taxes)?;
    let option = chosen(order, &options)?;
    let shipping = option.map_or(Money::zero(order.currency), |option| option.price);
    let mut counted = counters(order, &outcome);
    if let Some((discount, counter)) = option.and_then(|option| delivered_free(order, option, &outcome)) {
        if planted(Mutant::FreeShippingTwice)
            && let Some(line) = lines.iter_mut().find(|l| l.subtotal.amount_minor > discount.amount.amount_minor * 2)
        {
            line.discount = line.discount.plus(discount.amount).map_err(too_large)?;
        }
        discounts.push(discount);
        counted.extend(counter);
    }
    let mut sums = Sums::of(order.currency, &lines, shipping).map_err(too_large)?;
    let tax_lines = taxes.levy(order, &mut lines, shipping, &mut sums).map_err(too_large)?;
    let totals = sums.totals(taxes.included).map_err(too_large)?;
    let (gift_cards, totals) = tendered(order.cards, totals).map_err(too_large)?;
    Ok(Quote {
        cart_id: order.cart_id,
        cart_version: order.cart_version,
        lines,
        discounts,
        shipping_option: option.map(|option| option.handle.clone()),
        shipping_options: options,
        tax_lines,
        totals,
        notes: outcome.notes.iter().chain(order.notes).cloned().collect(),
        gift_cards,
        reverse_charge: order.reverse_charge,
        counted,
    })
}

/// The lines of `order` as lines to be added to an order that was placed, at their price or the one given: without promotions,
/// each taxed by itself.
///
/// # Errors
/// 422 `amount_too_large` when an amount overflows.
pub(super) fn added(order: &Pricing<'_>, given: &[Option<Money>]) -> Result<Vec<AddedLine>> {
    let taxes = Taxation::of(order);
    let tax_name = order.to.map_or("Tax", |to| order.selling.tax_name(&to));
    let one = |(line, given): (&PricedLine, &Option<Money>)| -> Sum<AddedLine> {
        let mut priced = undiscounted(line, order, &taxes)?;
        if let Some(unit) = given {
            priced.subtotal = unit.times(i64::from(line.quantity))?;
            priced.unit_price = *unit;
        }
        let rate = taxes.rate(&line.tax_class);
        let tax = taxes.on(priced.subtotal, rate)?;
        let total = if taxes.included { priced.subtotal } else { priced.subtotal.plus(tax)? };
        Ok(AddedLine {
            line: PlacedLine {
                sku: priced.sku,
                product: priced.product_id,
                product_handle: priced.product_handle,
                title: priced.title,
                variant_title: priced.variant_title,
                quantity: priced.quantity,
                unit_minor: priced.unit_price.amount_minor,
                discount_minor: 0,
                tax_minor: tax.amount_minor,
                total_minor: total.amount_minor,
                image: priced.image,
                tax_rate: Some(rate),
            },
            tax_rate: rate,
            tax_name: tax_name.to_owned(),
            tax_included: taxes.included,
        })
    };
    order.lines.iter().zip(given).map(one).collect::<Sum<_>>().map_err(too_large)
}

fn too_large(error: MoneyError) -> Failure {
    match error {
        MoneyError::Overflow => {
            Failure::invalid("amount_too_large", "The amounts of this cart are too large to be computed.")
        }
        other => Failure::internal(other),
    }
}

// ---- Goods and promotions -------------------------------------------------------------------------------------------

/// A line at its price, without discounts and tax.
fn undiscounted(line: &PricedLine, order: &Pricing<'_>, taxes: &Taxation<'_>) -> Sum<QuoteLine> {
    let currency = order.currency;
    // An amount in another currency is a mistake of the caller, not something to add up.
    let listed = Money::zero(currency).plus(line.unit_price)?;
    let unit_price = taxes.asked(listed, &line.tax_class)?;
    let compare_at_price = line.compare_at.filter(|before| before.currency == currency && *before != listed);
    let compare_at_price = compare_at_price.map(|before| taxes.asked(before, &line.tax_class)).transpose()?;
    Ok(QuoteLine {
        sku: line.sku.clone(),
        product_id: line.product_id,
        product_handle: line.product_handle.clone(),
        title: line.title.clone(),
        variant_title: line.variant_title.clone(),
        quantity: line.quantity,
        unit_price,
        compare_at_price,
        subtotal: unit_price.times(i64::from(line.quantity))?,
        discount: Money::zero(currency),
        tax: Money::zero(currency),
        tax_rate: Rate::ZERO,
        requires_shipping: line.requires_shipping,
        available: line.available,
        backorder: line.backorder,
        image: line.image.clone(),
    })
}

fn promote(order: &Pricing<'_>, lines: &[QuoteLine]) -> Sum<Outcome> {
    let item = |(line, priced): (&PricedLine, &QuoteLine)| Item {
        sku: line.sku.clone(),
        product: line.product_handle.clone(),
        collections: line.collections.clone(),
        categories: line.categories.clone(),
        quantity: line.quantity,
        subtotal: priced.subtotal.amount_minor.max(0),
        reduced: line.compare_at.is_some(),
    };
    let items: Vec<Item> = order.lines.iter().zip(lines).map(item).collect();
    let visit = Visit {
        currency: order.currency,
        now: order.now,
        locale: &order.market.locale,
        codes: order.codes,
        used_up: order.used_up,
        groups: order.groups,
        country: order.to.map(|to| to.country),
        items: &items,
    };
    promotion::apply(&order.selling.promotions, &visit)
}

/// Takes what the promotions take off the lines, and tells of each.
fn discounted(order: &Pricing<'_>, lines: &mut [QuoteLine], outcome: &Outcome) -> Sum<Vec<Discount>> {
    let mut discounts = Vec::with_capacity(outcome.goods.len());
    for taken in &outcome.goods {
        let mut parts = Vec::new();
        for ((line, part), number) in lines.iter_mut().zip(&taken.lines).zip(1..) {
            if *part > 0 {
                let amount = Money::new(*part, order.currency);
                line.discount = line.discount.plus(amount)?;
                parts.push(LineDiscount { line: number, amount });
            }
        }
        let promotion = &order.selling.promotions[taken.promotion].promotion;
        discounts.push(Discount {
            label: label(promotion, &order.market.locale).to_owned(),
            code: taken.code.clone(),
            amount: Money::new(taken.total(), order.currency),
            promotion: Some(promotion.handle.clone()),
            target: DiscountTarget::Goods,
            lines: parts,
        });
    }
    Ok(discounts)
}

/// What the ledger counts of the promotions of goods.
fn counters(order: &Pricing<'_>, outcome: &Outcome) -> Vec<String> {
    let counter = |taken: &promotion::Taken| order.selling.promotions[taken.promotion].counter(taken.code.as_deref());
    outcome.goods.iter().filter_map(counter).collect()
}

// ---- Shipping -------------------------------------------------------------------------------------------------------

fn shipping_options(
    order: &Pricing<'_>,
    lines: &[QuoteLine],
    outcome: &Outcome,
    taxes: &Taxation<'_>,
) -> Result<Vec<ShippingOption>> {
    let Some(to) = order.to else { return Ok(Vec::new()) };
    if !order.lines.iter().any(|line| line.requires_shipping) {
        return Ok(vec![nothing_to_ship(order.currency)]);
    }
    let mut parcel = Parcel { currency: order.currency, weight_g: 0, quantity: 0, price_minor: 0 };
    for (line, priced) in order.lines.iter().zip(lines) {
        let price = priced.subtotal.minus(priced.discount).map_err(too_large)?;
        let sum = parcel.price_minor.checked_add(price.amount_minor).ok_or(MoneyError::Overflow);
        parcel.price_minor = sum.map_err(too_large)?;
        if line.requires_shipping {
            parcel.weight_g += i64::from(line.weight_g) * i64::from(line.quantity);
            parcel.quantity += i64::from(line.quantity);
        }
    }
    let mut options = order.selling.shipping_options(&to, &parcel, &order.market.locale, order.now);
    if options.is_empty() {
        return Err(not_delivered(to.country));
    }
    for option in &mut options {
        option.price = taxes.asked(option.price, "standard").map_err(too_large)?;
        if free_delivery(order, option, outcome).is_some() && option.price.amount_minor > 0 {
            option.price_before = Some(option.price);
            option.price = Money::zero(order.currency);
        }
    }
    Ok(options)
}

/// The first promotion that makes `option` free.
fn free_delivery<'o>(
    order: &Pricing<'_>,
    option: &ShippingOption,
    outcome: &'o Outcome,
) -> Option<&'o promotion::FreeDelivery> {
    outcome.delivery.iter().find(|free| match &order.selling.promotions[free.promotion].promotion.effect {
        Effect::FreeShipping { options, countries } => {
            let to = order.to.map(|to| to.country);
            (options.is_empty() || options.contains(&option.handle))
                && (countries.is_empty() || countries.iter().any(|c| Some(c.as_str()) == to))
        }
        _ => false,
    })
}

/// The discount of the delivery, when the option chosen is free by a promotion, and what the ledger counts of it.
fn delivered_free(
    order: &Pricing<'_>,
    option: &ShippingOption,
    outcome: &Outcome,
) -> Option<(Discount, Option<String>)> {
    let amount = option.price_before?;
    let free = free_delivery(order, option, outcome)?;
    let active = &order.selling.promotions[free.promotion];
    let discount = Discount {
        label: label(&active.promotion, &order.market.locale).to_owned(),
        code: free.code.clone(),
        amount,
        promotion: Some(active.promotion.handle.clone()),
        target: DiscountTarget::Delivery,
        lines: Vec::new(),
    };
    Some((discount, active.counter(free.code.as_deref())))
}

pub(super) fn not_delivered(country: &str) -> Failure {
    let detail = format!("This shop does not deliver to {country} in this currency.");
    let mut failure = Failure::field("/shipping_address/country", "not_delivered", detail);
    failure.code = "not_delivered".into();
    failure
}

fn chosen<'a>(order: &Pricing<'_>, options: &'a [ShippingOption]) -> Result<Option<&'a ShippingOption>> {
    let Some(handle) = order.shipping_option else { return Ok(options.first()) };
    let found = options.iter().find(|option| option.handle == handle);
    if found.is_none() && order.to.is_some() {
        let names: Vec<&str> = options.iter().map(|option| option.handle.as_str()).collect();
        let detail = format!("Choose one of: {}.", names.join(", "));
        let mut failure = Failure::field("/shipping_option", "unknown_shipping_option", detail);
        failure.code = "unknown_shipping_option".into();
        return Err(failure);
    }
    Ok(found)
}

// ---- Tax ------------------------------------------------------------------------------------------------------------

/// How the order is taxed.
struct Taxation<'a> {
    order: &'a Pricing<'a>,
    /// Whether the prices of the quote contain the tax.
    included: bool,
}

impl<'a> Taxation<'a> {
    fn of(order: &'a Pricing<'a>) -> Self {
        Taxation { order, included: order.market.prices_include_tax && !order.reverse_charge }
    }

    /// The rate that goods of `class` have where the order goes, whoever owes the tax.
    fn rate_there(&self, class: &str) -> Rate {
        self.order.to.map_or(Rate::ZERO, |to| self.order.selling.tax_rate(&to, class, self.order.now))
    }

    /// The rate that is charged.
    fn rate(&self, class: &str) -> Rate {
        if self.order.reverse_charge { Rate::ZERO } else { self.rate_there(class) }
    }

    /// What is asked for `price`: all of it, or what is left without the tax in it when the buyer owes that himself.
    fn asked(&self, price: Money, class: &str) -> Sum<Money> {
        if self.order.reverse_charge && self.order.market.prices_include_tax {
            return price.minus(price.included_share(self.rate_there(class))?);
        }
        Ok(price)
    }

    /// The tax in, or on, `amount`.
    fn on(&self, amount: Money, rate: Rate) -> Sum<Money> {
        if self.included { amount.included_share(rate) } else { amount.share(rate) }
    }

    /// Taxes the lines and the shipping, and tells of every rate.
    fn levy(
        &self,
        order: &Pricing<'_>,
        lines: &mut [QuoteLine],
        shipping: Money,
        sums: &mut Sums,
    ) -> Sum<Vec<TaxLine>> {
        for (line, input) in lines.iter_mut().zip(order.lines) {
            line.tax_rate = self.rate(&input.tax_class);
        }
        let shipping_rate = self.rate("standard");
        let by_rate = match order.selling.settings.tax_rounding {
            TaxRounding::PerLine => self.per_line(lines, shipping, shipping_rate)?,
            TaxRounding::PerOrder => self.per_order(lines, shipping, shipping_rate)?,
        };
        sums.tax = by_rate.values().try_fold(Money::zero(order.currency), |sum, &tax| sum.plus(tax))?;
        let Some(to) = order.to else { return Ok(Vec::new()) };
        if order.reverse_charge {
            let (rate, amount) = (Rate::ZERO, Money::zero(order.currency));
            return Ok(vec![TaxLine { name: "VAT, reverse charge".to_owned(), rate, amount, included: false }]);
        }
        let name = order.selling.tax_name(&to);
        // The highest rate first, as on an invoice.
        let line = |(&rate, &amount): (&Rate, &Money)| TaxLine {
            name: name.to_owned(),
            rate,
            amount,
            included: self.included,
        };
        Ok(by_rate.iter().rev().filter(|(rate, _)| **rate != Rate::ZERO).map(line).collect())
    }

    fn per_line(&self, lines: &mut [QuoteLine], shipping: Money, rate: Rate) -> Sum<BTreeMap<Rate, Money>> {
        let mut by_rate = BTreeMap::new();
        let mut add = |rate: Rate, tax: Money| -> Sum<()> {
            let sum = by_rate.entry(rate).or_insert(Money::zero(tax.currency));
            *sum = sum.plus(tax)?;
            Ok(())
        };
        for line in lines {
            line.tax = self.on(line.subtotal.minus(line.discount)?, line.tax_rate)?;
            add(line.tax_rate, line.tax)?;
        }
        add(rate, self.on(shipping, rate)?)?;
        Ok(by_rate)
    }

    /// One rounding for each rate; its tax is allocated over what was taxed, shipping last.
    fn per_order(&self, lines: &mut [QuoteLine], shipping: Money, rate: Rate) -> Sum<BTreeMap<Rate, Money>> {
        let mut rates: Vec<Rate> = lines.iter().map(|line| line.tax_rate).chain([rate]).collect();
        rates.sort_unstable();
        rates.dedup();
        let mut by_rate = BTreeMap::new();
        for taxed in rates {
            let mut bases = Vec::with_capacity(lines.len() + 1);
            for line in lines.iter() {
                let base = line.subtotal.minus(line.discount)?.amount_minor;
                bases.push(if line.tax_rate == taxed { base } else { 0 });
            }
            bases.push(if taxed == rate { shipping.amount_minor } else { 0 });
            let sum = bases.iter().try_fold(0_i64, |sum, &base| sum.checked_add(base)).ok_or(MoneyError::Overflow)?;
            let tax = self.on(Money::new(sum, shipping.currency), taxed)?;
            for ((line, part), base) in lines.iter_mut().zip(tax.allocate(&bases)?).zip(&bases) {
                if line.tax_rate == taxed && *base > 0 {
                    line.tax = part;
                }
            }
            by_rate.insert(taxed, tax);
        }
        Ok(by_rate)
    }
}

// ---- Totals and tender ----------------------------------------------------------------------------------------------

/// The totals while they are added up.
struct Sums {
    items: Money,
    discount: Money,
    shipping: Money,
    tax: Money,
}

impl Sums {
    fn of(currency: Currency, lines: &[QuoteLine], shipping: Money) -> Sum<Self> {
        let zero = Money::zero(currency);
        let mut sums = Sums { items: zero, discount: zero, shipping, tax: zero };
        for line in lines {
            sums.items = sums.items.plus(line.subtotal)?;
            sums.discount = sums.discount.plus(line.discount)?;
        }
        Ok(sums)
    }

    fn totals(self, included: bool) -> Sum<Totals> {
        let zero = Money::zero(self.items.currency);
        let tax_added = if included { zero } else { self.tax };
        let total = self.items.minus(self.discount)?.plus(self.shipping)?.plus(tax_added)?;
        let Sums { items, discount, shipping, tax } = self;
        Ok(Totals { items, discount, shipping, tax, tax_added, total, gift_card: zero, due: total })
    }
}

/// Pays by gift cards, one after the other, as far as they reach.
fn tendered(cards: &[HeldCard], mut totals: Totals) -> Sum<(Vec<GiftCardUse>, Totals)> {
    let mut uses = Vec::with_capacity(cards.len());
    for card in cards {
        let amount = card.balance.amount_minor.clamp(0, totals.due.amount_minor.max(0));
        let amount = Money::new(amount, totals.due.currency);
        totals.gift_card = totals.gift_card.plus(amount)?;
        totals.due = totals.due.minus(amount)?;
        uses.push(GiftCardUse {
            ending: card.ending.clone(),
            balance: card.balance,
            amount,
            code_hash: card.code_hash,
        });
    }
    Ok((uses, totals))
}

#[cfg(test)]
mod tests;
