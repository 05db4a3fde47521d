//! What one promotion takes off what is left of the lines. Each rounds once, and its parts sum to what it takes.

use contracts::selling::{Effect, Promotion, Selection, TierStep};
use kernel::money::{allocate, div_round};
use kernel::mutant::{Mutant, planted};
use kernel::{Currency, Money, Rate};

use super::{Item, Result, Visit};

const ONE: i128 = 1_000_000;

/// Whether a promotion is about the whole order, and so comes after those about some of the goods.
pub(super) fn is_about_order(promotion: &Promotion) -> bool {
    match promotion.effect {
        Effect::Fixed { .. } | Effect::FreeShipping { .. } => true,
        Effect::Percentage { .. } => promotion.goods.is_everything(),
        Effect::FixedPerUnit { .. } | Effect::BuyXGetY { .. } | Effect::Tiers { .. } => false,
    }
}

/// Whether `selection` means `item`.
pub(super) fn means(selection: &Selection, item: &Item) -> bool {
    if selection.not_reduced && item.reduced {
        return false;
    }
    selection.is_everything()
        || selection.products.contains(&item.product)
        || selection.skus.contains(&item.sku)
        || selection.collections.iter().any(|c| item.collections.contains(c))
        || selection.categories.iter().any(|c| item.categories.contains(c))
}

/// The amount in `currency`.
pub(super) fn in_currency(amounts: &[Money], currency: Currency) -> Option<i64> {
    amounts.iter().find(|m| m.currency == currency).map(|m| m.amount_minor)
}

/// Minor units off each line: never more than is `left` of it, nothing off lines that are not `meant`.
pub(super) fn take(promotion: &Promotion, visit: &Visit<'_>, meant: &[bool], left: &[i64]) -> Result<Vec<i64>> {
    let open: Vec<i64> = left.iter().zip(meant).map(|(left, meant)| if *meant { *left } else { 0 }).collect();
    match &promotion.effect {
        Effect::Percentage { rate } => share(&open, *rate),
        Effect::Fixed { amounts } => {
            let amount = in_currency(amounts, visit.currency).unwrap_or(0);
            allocate(amount.clamp(0, open.iter().sum()), &open)
        }
        Effect::FixedPerUnit { amounts } => {
            let amount = in_currency(amounts, visit.currency).unwrap_or(0).max(0);
            let off = |(item, open): (&Item, &i64)| amount.saturating_mul(i64::from(item.quantity)).min(*open);
            Ok(visit.items.iter().zip(&open).map(off).collect())
        }
        Effect::BuyXGetY { buy, get, rate, gets } => {
            buy_x_get_y(visit.items, (meant, left), (*buy, *get), *rate, gets.as_ref())
        }
        Effect::Tiers { steps } => match reached(steps, visit, meant) {
            Some(rate) => share(&open, rate),
            None => Ok(vec![0; open.len()]),
        },
        // Of the delivery, not of the goods.
        Effect::FreeShipping { .. } => Ok(vec![0; open.len()]),
    }
}

/// `rate` of all that is open, rounded once, over the lines.
fn share(open: &[i64], rate: Rate) -> Result<Vec<i64>> {
    let sum: i128 = open.iter().map(|part| i128::from(*part)).sum();
    let rate = i128::from(rate.ppm()).min(ONE);
    if planted(Mutant::DiscountLosesCents) {
        return open.iter().map(|part| Ok(i64::try_from(i128::from(*part) * rate / ONE).unwrap_or(0))).collect();
    }
    allocate(div_round(sum * rate, ONE)?, open)
}

/// The rate of the highest step that the goods meant reach.
fn reached(steps: &[TierStep], visit: &Visit<'_>, meant: &[bool]) -> Option<Rate> {
    let of = || visit.items.iter().zip(meant).filter(|(_, meant)| **meant).map(|(item, _)| item);
    let quantity: u64 = of().map(|item| u64::from(item.quantity)).sum();
    let amount: i128 = of().map(|item| i128::from(item.subtotal)).sum();
    let reaches = |step: &&TierStep| {
        let enough = quantity >= u64::from(step.from_quantity);
        let costs = || in_currency(&step.from_amounts, visit.currency);
        enough && (step.from_amounts.is_empty() || costs().is_some_and(|from| amount >= i128::from(from)))
    };
    steps.iter().filter(reaches).map(|step| step.rate).max()
}

/// The cheapest units are the reduced ones: as many as whole groups of `buy` and `get` make.
fn buy_x_get_y(
    items: &[Item],
    (meant, left): (&[bool], &[i64]),
    (buy, get): (u32, u32),
    rate: Rate,
    gets: Option<&Selection>,
) -> Result<Vec<i64>> {
    let given = |i: usize| gets.map_or(meant[i], |gets| means(gets, &items[i]));
    let bought = |i: usize| meant[i] && (gets.is_none() || !given(i));
    let units = |which: &dyn Fn(usize) -> bool| -> u64 {
        (0..items.len()).filter(|i| which(*i)).map(|i| u64::from(items[i].quantity)).sum()
    };
    let (buy, get) = (u64::from(buy.max(1)), u64::from(get.max(1)));
    let groups = if gets.is_none() { units(&bought) / (buy + get) } else { units(&bought) / buy };
    let mut free = groups.saturating_mul(get).min(units(&given));
    let mut order: Vec<usize> = (0..items.len()).filter(|i| given(*i) && items[*i].quantity > 0).collect();
    // By what is left of a unit: a / b < c / d as a * d < c * b, without a division.
    order.sort_by(|a, b| {
        let cross = |x: usize, y: usize| i128::from(left[x]) * i128::from(items[y].quantity);
        cross(*a, *b).cmp(&cross(*b, *a)).then(a.cmp(b))
    });
    let mut off = vec![0; items.len()];
    let rate = i128::from(rate.ppm()).min(ONE);
    for i in order {
        let quantity = u64::from(items[i].quantity);
        let reduced = free.min(quantity);
        free -= reduced;
        let part = div_round(i128::from(left[i]) * i128::from(reduced) * rate, i128::from(quantity) * ONE)?;
        off[i] = part.min(left[i]);
    }
    Ok(off)
}
