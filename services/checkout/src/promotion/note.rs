//! Why a promotion took nothing off, in words for people who read the API. Pages have words of their own for each reason.

use contracts::checkout::{NoteReason, QuoteNote};
use contracts::selling::Promotion;
use kernel::Money;

/// What the shopper reads beside a discount.
#[must_use]
pub fn label<'a>(promotion: &'a Promotion, locale: &str) -> &'a str {
    promotion.name.get(locale)
}

/// How a sentence calls the promotion: by the code that was typed, or by its name.
fn called<'a>(promotion: &'a Promotion, code: Option<&'a str>, locale: &str) -> &'a str {
    code.unwrap_or_else(|| label(promotion, locale))
}

fn note(promotion: &Promotion, code: Option<&str>, locale: &str, reason: NoteReason, detail: String) -> QuoteNote {
    QuoteNote {
        reason,
        code: code.map(str::to_owned),
        promotion: Some(label(promotion, locale).to_owned()),
        instead: None,
        missing: None,
        missing_quantity: None,
        detail,
    }
}

pub(super) fn unknown_code(code: &str) -> QuoteNote {
    let detail = format!("No promotion has the code {code}.");
    bare(NoteReason::UnknownCode, Some(code.to_owned()), detail)
}

/// A note that is about no promotion.
pub(crate) fn bare(reason: NoteReason, code: Option<String>, detail: String) -> QuoteNote {
    QuoteNote { reason, code, promotion: None, instead: None, missing: None, missing_quantity: None, detail }
}

pub(super) fn not_combined(promotion: &Promotion, code: Option<&str>, locale: &str, instead: &str) -> QuoteNote {
    let name = called(promotion, code, locale);
    let detail = format!("{name} is not combined with {instead}: the better one is used.");
    QuoteNote { instead: Some(instead.to_owned()), ..note(promotion, code, locale, NoteReason::NotCombined, detail) }
}

pub(super) fn no_effect(promotion: &Promotion, code: &str, locale: &str) -> QuoteNote {
    let detail =
        format!("{code} takes nothing off this cart: too little of its goods is in it, or nothing is left to pay.");
    note(promotion, Some(code), locale, NoteReason::NoEffect, detail)
}

pub(super) fn below_minimum(
    promotion: &Promotion,
    code: Option<&str>,
    locale: &str,
    missing: Option<Money>,
    units: u32,
) -> QuoteNote {
    let name = called(promotion, code, locale);
    let detail = match missing {
        Some(missing) => format!("{name} applies once its goods cost {missing} more."),
        None => format!("{name} applies once {units} more of its goods are in the cart."),
    };
    QuoteNote {
        missing,
        missing_quantity: (units > 0).then_some(units),
        ..note(promotion, code, locale, NoteReason::BelowMinimum, detail)
    }
}

pub(super) fn refused(promotion: &Promotion, code: Option<&str>, locale: &str, reason: NoteReason) -> QuoteNote {
    let name = called(promotion, code, locale);
    let detail = match reason {
        NoteReason::NotStarted => format!("{name} has not started yet."),
        NoteReason::Ended => format!("{name} has ended."),
        NoteReason::NotForYou => format!("{name} is for other customers. Log in if you are one of them."),
        NoteReason::UsedUp => format!("{name} was used as often as it can be."),
        NoteReason::NotToCountry => format!("{name} does not hold for deliveries to this country."),
        NoteReason::NotInCurrency => format!("{name} does not hold in this currency."),
        _ => format!("{name} is not about any of the goods in the cart."),
    };
    note(promotion, code, locale, reason, detail)
}
