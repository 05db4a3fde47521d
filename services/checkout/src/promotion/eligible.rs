//! Whether a promotion may be used at all.

use contracts::checkout::QuoteNote;
use contracts::selling::{Effect, Promotion};

use super::effect::{in_currency, means};
use super::{Active, Candidate, Visit, normal_code, note};

/// The promotions that may be used, and why those whose code was typed may not.
pub(super) fn candidates(promotions: &[Active], visit: &Visit<'_>) -> (Vec<Candidate>, Vec<QuoteNote>) {
    let (mut candidates, mut notes) = (Vec::new(), Vec::new());
    for code in visit.codes {
        let has = |p: &Active| p.promotion.codes.iter().any(|c| normal_code(c) == *code);
        let Some(i) = promotions.iter().position(|p| p.promotion.enabled && has(p)) else {
            notes.push(note::unknown_code(code));
            continue;
        };
        let promotion = &promotions[i].promotion;
        if candidates.iter().any(|c: &Candidate| c.promotion == i) {
            let name = note::label(promotion, visit.locale).to_owned();
            notes.push(note::not_combined(promotion, Some(code), visit.locale, &name));
            continue;
        }
        match judged(&promotions[i], Some(code), visit) {
            Ok(lines) => candidates.push(Candidate { promotion: i, code: Some(code.clone()), lines }),
            Err(why) => notes.push(*why),
        }
    }
    for (i, active) in promotions.iter().enumerate() {
        if active.promotion.enabled
            && active.promotion.codes.is_empty()
            && let Ok(lines) = judged(active, None, visit)
        {
            candidates.push(Candidate { promotion: i, code: None, lines });
        }
    }
    (candidates, notes)
}

/// The lines that a promotion is about, or why it does not apply.
fn judged(active: &Active, code: Option<&str>, visit: &Visit<'_>) -> Result<Vec<bool>, Box<QuoteNote>> {
    let promotion = &active.promotion;
    let because = |reason| Err(Box::new(note::refused(promotion, code, visit.locale, reason)));
    use contracts::checkout::NoteReason as Why;
    if active.from.is_some_and(|from| visit.now < from) {
        return because(Why::NotStarted);
    }
    if active.until.is_some_and(|until| visit.now >= until) {
        return because(Why::Ended);
    }
    if !promotion.groups.is_empty() && !promotion.groups.iter().any(|g| visit.groups.contains(g)) {
        return because(Why::NotForYou);
    }
    if active.counter(code).is_some_and(|counter| visit.used_up.contains(&counter)) {
        return because(Why::UsedUp);
    }
    if let Effect::FreeShipping { countries, .. } = &promotion.effect
        && let Some(country) = visit.country
        && !countries.is_empty()
        && !countries.iter().any(|c| c == country)
    {
        return because(Why::NotToCountry);
    }
    let amounts = match &promotion.effect {
        Effect::Fixed { amounts } | Effect::FixedPerUnit { amounts } => &amounts[..],
        _ => &[],
    };
    let unknown = |amounts: &[kernel::Money]| !amounts.is_empty() && in_currency(amounts, visit.currency).is_none();
    if unknown(amounts) || unknown(&promotion.minimum.amounts) {
        return because(Why::NotInCurrency);
    }
    let lines: Vec<bool> = visit.items.iter().map(|item| means(&promotion.goods, item)).collect();
    if !lines.iter().any(|meant| *meant) {
        return because(Why::NotForTheseGoods);
    }
    below_minimum(promotion, code, visit, &lines)?;
    Ok(lines)
}

fn below_minimum(
    promotion: &Promotion,
    code: Option<&str>,
    visit: &Visit<'_>,
    lines: &[bool],
) -> Result<(), Box<QuoteNote>> {
    let of = || visit.items.iter().zip(lines).filter(|(_, meant)| **meant).map(|(item, _)| item);
    let quantity: u32 = of().map(|item| item.quantity).fold(0, u32::saturating_add);
    let amount: i64 = of().map(|item| item.subtotal).sum();
    let missing = in_currency(&promotion.minimum.amounts, visit.currency).map_or(0, |from| from.saturating_sub(amount));
    let units = promotion.minimum.quantity.saturating_sub(quantity);
    if missing <= 0 && units == 0 {
        return Ok(());
    }
    let missing = (missing > 0).then(|| kernel::Money::new(missing, visit.currency));
    Err(Box::new(note::below_minimum(promotion, code, visit.locale, missing, units)))
}
