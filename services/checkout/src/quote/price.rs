//! The computation of a quote: pure, in whole minor units, and exact (invariant I6).
//!
//! The order of composition is that of CORRECTNESS: unit price times quantity, the line's own discount (clamped to the
//! line), the order's discounts (each clamped to what is left, allocated over the lines by largest remainder), shipping,
//! tax, then tender. Tax is rounded once per line and once for shipping; tax lines are sums of those.
//!
//! A market whose prices include tax keeps its prices whatever the country of delivery: what changes with the country
//! is the part of the price that is tax.

use std::collections::BTreeMap;

use contracts::Result;
use contracts::checkout::{Discount, Quote, QuoteLine, ShippingOption, TaxLine, Totals};
use contracts::market::Market;
use kernel::{CartId, Currency, Failure, Money, MoneyError, ProductId, Rate, Sku};

use crate::shipping::{ShippingTable, nothing_to_ship};
use crate::tax::TaxTable;

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
    /// What promotions of this very line take off; no more than the line costs is taken.
    pub discount: Money,
    /// `standard`, `reduced` or `zero`.
    pub tax_class: String,
    pub requires_shipping: bool,
    pub available: bool,
    pub image: Option<String>,
}

/// All that a price depends on.
#[derive(Clone, Copy, Debug)]
pub struct Pricing<'a> {
    pub cart_id: CartId,
    pub cart_version: u64,
    pub currency: Currency,
    pub lines: &'a [PricedLine],
    /// Discounts of the whole order, in the order in which they apply.
    pub order_discounts: &'a [Discount],
    pub market: &'a Market,
    pub tax: &'a TaxTable,
    pub shipping: &'a ShippingTable,
    /// Where it goes. Without it shipping and tax are left open: no options, no tax.
    pub country: Option<&'a str>,
    /// Handle of the shipping option; the first when none is named.
    pub shipping_option: Option<&'a str>,
}

/// What an order on these terms costs.
///
/// # Errors
/// 422 `amount_too_large` when an amount overflows, `not_delivered` at `/shipping_address/country`,
/// `unknown_shipping_option` at `/shipping_option`.
pub fn price(order: &Pricing<'_>) -> Result<Quote> {
    let shipping_options = shipping_options(order)?;
    let option = chosen(order, &shipping_options)?;
    let shipping = option.map_or(Money::zero(order.currency), |option| option.price);
    let (lines, discounts) = priced_lines(order).map_err(too_large)?;
    let rate = |class: &str| order.country.map_or(Rate::ZERO, |country| order.tax.rate(country, class));
    let shipping_rate = rate("standard");
    let mut sums = Sums::new(order.currency);
    let lines = lines
        .into_iter()
        .zip(order.lines)
        .map(|(mut line, input)| {
            line.tax_rate = rate(&input.tax_class);
            line.tax = tax_on(line.subtotal.minus(line.discount)?, line.tax_rate, order.market.prices_include_tax)?;
            sums.line(&line)?;
            Ok(line)
        })
        .collect::<std::result::Result<Vec<_>, MoneyError>>()
        .map_err(too_large)?;
    sums.shipping(shipping, shipping_rate, order.market.prices_include_tax).map_err(too_large)?;
    let (tax_lines, totals) = sums.finish(order).map_err(too_large)?;
    Ok(Quote {
        cart_id: order.cart_id,
        cart_version: order.cart_version,
        lines,
        discounts,
        shipping_option: option.map(|option| option.handle.clone()),
        shipping_options,
        tax_lines,
        totals,
    })
}

fn too_large(error: MoneyError) -> Failure {
    match error {
        MoneyError::Overflow => {
            Failure::invalid("amount_too_large", "The amounts of this cart are too large to be computed.")
        }
        other => Failure::internal(other),
    }
}

/// The tax in, or on, `amount`.
fn tax_on(amount: Money, rate: Rate, included: bool) -> std::result::Result<Money, MoneyError> {
    if included { amount.included_share(rate) } else { amount.share(rate) }
}

fn shipping_options(order: &Pricing<'_>) -> Result<Vec<ShippingOption>> {
    let Some(country) = order.country else { return Ok(Vec::new()) };
    if !order.lines.iter().any(|line| line.requires_shipping) {
        return Ok(vec![nothing_to_ship(order.currency)]);
    }
    let options = order.shipping.options(country, order.currency);
    if options.is_empty() {
        return Err(not_delivered(country));
    }
    Ok(options)
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
    if found.is_none() && order.country.is_some() {
        let names: Vec<&str> = options.iter().map(|option| option.handle.as_str()).collect();
        let detail = format!("Choose one of: {}.", names.join(", "));
        let mut failure = Failure::field("/shipping_option", "unknown_shipping_option", detail);
        failure.code = "unknown_shipping_option".into();
        return Err(failure);
    }
    Ok(found)
}

/// The lines with their discounts and without tax, and the order's discounts as they took effect.
fn priced_lines(order: &Pricing<'_>) -> std::result::Result<(Vec<QuoteLine>, Vec<Discount>), MoneyError> {
    let mut lines =
        order.lines.iter().map(|line| untaxed(line, order.currency)).collect::<std::result::Result<Vec<_>, _>>()?;
    let mut discounts = Vec::with_capacity(order.order_discounts.len());
    for discount in order.order_discounts {
        let left = lines.iter().map(|line| Ok(line.subtotal.minus(line.discount)?.amount_minor));
        let left = left.collect::<std::result::Result<Vec<i64>, MoneyError>>()?;
        let sum = left.iter().try_fold(0_i64, |sum, &part| sum.checked_add(part)).ok_or(MoneyError::Overflow)?;
        let amount = Money::new(discount.amount.amount_minor.clamp(0, sum), order.currency);
        if amount.amount_minor == 0 {
            continue;
        }
        for (line, part) in lines.iter_mut().zip(amount.allocate(&left)?) {
            line.discount = line.discount.plus(part)?;
        }
        discounts.push(Discount { amount, ..discount.clone() });
    }
    Ok((lines, discounts))
}

fn untaxed(line: &PricedLine, currency: Currency) -> std::result::Result<QuoteLine, MoneyError> {
    // An amount in another currency is a mistake of the caller, not something to add up.
    let unit_price = Money::zero(currency).plus(line.unit_price)?;
    let subtotal = unit_price.times(i64::from(line.quantity))?;
    let discount = Money::new(line.discount.amount_minor.clamp(0, subtotal.amount_minor.max(0)), currency);
    Ok(QuoteLine {
        sku: line.sku.clone(),
        product_id: line.product_id,
        product_handle: line.product_handle.clone(),
        title: line.title.clone(),
        variant_title: line.variant_title.clone(),
        quantity: line.quantity,
        unit_price,
        subtotal,
        discount,
        tax: Money::zero(currency),
        tax_rate: Rate::ZERO,
        requires_shipping: line.requires_shipping,
        available: line.available,
        image: line.image.clone(),
    })
}

/// The totals while they are added up.
struct Sums {
    items: Money,
    discount: Money,
    shipping: Money,
    tax: BTreeMap<Rate, Money>,
}

impl Sums {
    fn new(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Sums { items: zero, discount: zero, shipping: zero, tax: BTreeMap::new() }
    }

    fn line(&mut self, line: &QuoteLine) -> std::result::Result<(), MoneyError> {
        self.items = self.items.plus(line.subtotal)?;
        self.discount = self.discount.plus(line.discount)?;
        self.taxed(line.tax_rate, line.tax)
    }

    fn shipping(&mut self, price: Money, rate: Rate, included: bool) -> std::result::Result<(), MoneyError> {
        self.shipping = price;
        self.taxed(rate, tax_on(price, rate, included)?)
    }

    fn taxed(&mut self, rate: Rate, tax: Money) -> std::result::Result<(), MoneyError> {
        if rate != Rate::ZERO {
            let sum = self.tax.entry(rate).or_insert(Money::zero(tax.currency));
            *sum = sum.plus(tax)?;
        }
        Ok(())
    }

    fn finish(self, order: &Pricing<'_>) -> std::result::Result<(Vec<TaxLine>, Totals), MoneyError> {
        let zero = Money::zero(order.currency);
        let included = order.market.prices_include_tax;
        let name = order.country.map_or("Tax", |country| order.tax.name(country));
        let tax = self.tax.values().try_fold(zero, |sum, &tax| sum.plus(tax))?;
        // The highest rate first, as on an invoice.
        let line = |(&rate, &amount): (&Rate, &Money)| TaxLine { name: name.to_owned(), rate, amount, included };
        let tax_lines = self.tax.iter().rev().map(line).collect();
        let tax_added = if included { zero } else { tax };
        let total = self.items.minus(self.discount)?.plus(self.shipping)?.plus(tax_added)?;
        let totals = Totals {
            items: self.items,
            discount: self.discount,
            shipping: self.shipping,
            tax,
            tax_added,
            total,
            gift_card: zero,
            due: total,
        };
        Ok((tax_lines, totals))
    }
}

#[cfg(test)]
mod tests;
