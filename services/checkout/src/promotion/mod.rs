//! Promotions: which apply to a cart, what each takes off which line, and why another took nothing. Pure.
//!
//! The rule, as the document of a promotion states it: those about goods come before those about the order, each applies to
//! what the ones before have left, in order of priority and handle. All that combine are used together, an exclusive one
//! alone; of these choices the one that takes most off is used, and the first of them when two take the same. Free
//! shipping goes with everything, and is worked out where shipping is.

mod effect;
mod eligible;
mod note;

use contracts::checkout::QuoteNote;
use contracts::selling::{Effect, Promotion, Stacking};
use kernel::{Currency, MoneyError, Sku, Timestamp};

pub(crate) use note::bare as bare_note;
pub use note::label;

type Result<T> = std::result::Result<T, MoneyError>;

/// A promotion with its times in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Active {
    pub promotion: Promotion,
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl Active {
    /// Under which name the ledger counts uses of this promotion with `code`. None when nothing limits it.
    #[must_use]
    pub fn counter(&self, code: Option<&str>) -> Option<String> {
        let limited = self.promotion.limit.is_some() || self.promotion.limit_per_customer.is_some();
        limited.then(|| code.map_or_else(|| automatic_counter(&self.promotion.handle), str::to_owned))
    }
}

/// The name under which the ledger counts a promotion without codes. A code cannot be it: codes have no colon.
#[must_use]
pub fn automatic_counter(handle: &str) -> String {
    format!("AUTO:{}", handle.to_uppercase())
}

/// A code as it is kept and looked up: in capitals, without spaces around it.
#[must_use]
pub fn normal_code(code: &str) -> String {
    code.trim().to_uppercase()
}

/// A line as promotions see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub sku: Sku,
    /// Handle of the product.
    pub product: String,
    pub collections: Vec<String>,
    /// Its category and those above it.
    pub categories: Vec<String>,
    pub quantity: u32,
    /// Unit price times quantity, in minor units.
    pub subtotal: i64,
    /// Whether its price is a reduced one.
    pub reduced: bool,
}

/// Who buys what, when and where.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    pub currency: Currency,
    pub now: Timestamp,
    /// Language of labels.
    pub locale: &'a str,
    /// Codes typed by the shopper, as [`normal_code`] gives them.
    pub codes: &'a [String],
    /// Those names of [`Active::counter`] that were used as often as they can be.
    pub used_up: &'a [String],
    /// Customer groups of the shopper.
    pub groups: &'a [String],
    /// Country of delivery, once it is known.
    pub country: Option<&'a str>,
    pub items: &'a [Item],
}

/// What one promotion takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its place in the list of promotions.
    pub promotion: usize,
    pub code: Option<String>,
    /// Minor units off each line.
    pub lines: Vec<i64>,
}

impl Taken {
    /// Over all lines; it fits, because it is no more than the goods cost.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.lines.iter().sum()
    }
}

/// A promotion that makes delivery free, if the shopper chooses an option it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeDelivery {
    pub promotion: usize,
    pub code: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// In the order in which they apply; each takes something.
    pub goods: Vec<Taken>,
    pub delivery: Vec<FreeDelivery>,
    pub notes: Vec<QuoteNote>,
}

/// A promotion that may be used, with the lines that it is about.
struct Candidate {
    promotion: usize,
    code: Option<String>,
    lines: Vec<bool>,
}

/// What `promotions`, sorted by priority and handle, take off the goods of `visit`.
///
/// # Errors
/// When the goods cost more than an amount can be.
pub fn apply(promotions: &[Active], visit: &Visit<'_>) -> Result<Outcome> {
    // One check for all sums below: nothing that is taken off is more than this.
    let mut sum = 0_i64;
    for item in visit.items {
        sum = sum.checked_add(item.subtotal).ok_or(MoneyError::Overflow)?;
    }
    let (mut candidates, mut notes) = eligible::candidates(promotions, visit);
    let free = |c: &Candidate| matches!(promotions[c.promotion].promotion.effect, Effect::FreeShipping { .. });
    let delivery = candidates.extract_if(.., |c| free(c));
    let delivery = delivery.map(|c| FreeDelivery { promotion: c.promotion, code: c.code }).collect();
    candidates.sort_by_key(|c| {
        let p = &promotions[c.promotion].promotion;
        (effect::is_about_order(p), p.priority, p.handle.clone())
    });
    let (combining, alone): (Vec<_>, Vec<_>) =
        candidates.iter().partition(|c| promotions[c.promotion].promotion.stacking == Stacking::Combine);
    let mut best = run(promotions, visit, &combining)?;
    let mut used: Vec<usize> = combining.iter().map(|c| c.promotion).collect();
    for candidate in alone {
        let taken = run(promotions, visit, &[candidate])?;
        if total(&taken) > total(&best) {
            (best, used) = (taken, vec![candidate.promotion]);
        }
    }
    for candidate in &candidates {
        let promotion = &promotions[candidate.promotion].promotion;
        if best.iter().any(|t| t.promotion == candidate.promotion) {
            continue;
        }
        let by_itself = total(&run(promotions, visit, &[candidate])?);
        let instead = best.first().filter(|_| by_itself > 0 && !used.contains(&candidate.promotion));
        let instead = instead.map(|t| label(&promotions[t.promotion].promotion, visit.locale));
        match (instead, &candidate.code) {
            (Some(instead), code) => {
                notes.push(note::not_combined(promotion, code.as_deref(), visit.locale, instead));
            }
            (None, Some(code)) => notes.push(note::no_effect(promotion, code, visit.locale)),
            (None, None) => {}
        }
    }
    Ok(Outcome { goods: best, delivery, notes })
}

fn total(taken: &[Taken]) -> i64 {
    taken.iter().map(Taken::total).sum()
}

/// What `candidates` take off together, one after the other.
fn run(promotions: &[Active], visit: &Visit<'_>, candidates: &[&Candidate]) -> Result<Vec<Taken>> {
    let mut left: Vec<i64> = visit.items.iter().map(|item| item.subtotal).collect();
    let mut taken = Vec::new();
    for candidate in candidates {
        let promotion = &promotions[candidate.promotion].promotion;
        let lines = effect::take(promotion, visit, &candidate.lines, &left)?;
        for (left, part) in left.iter_mut().zip(&lines) {
            *left -= part;
        }
        if lines.iter().any(|part| *part > 0) {
            taken.push(Taken { promotion: candidate.promotion, code: candidate.code.clone(), lines });
        }
    }
    Ok(taken)
}

#[cfg(test)]
mod tests;
