//! Texts and numbers as spreadsheets and other shops write them.

use kernel::{Currency, Money, MoneyError, Sku};

use crate::rules::handle_from;

/// Without the apostrophe that keeps a spreadsheet from reading a number.
pub(super) fn unquoted(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell).trim()
}

/// A whole number that is not negative; `340.0` is one, `340.5` is rounded.
pub(super) fn whole(cell: &str) -> Option<i64> {
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let up = i64::from(fraction.as_bytes()[0] >= b'5');
    whole.parse::<i64>().ok()?.checked_add(up)
}

/// Units counted, at most `max`. Less than nothing means that more was sold than there was: nothing is left.
pub(super) fn units(cell: &str, max: i64) -> Option<i64> {
    let counted = whole(cell.strip_prefix('-').unwrap_or(cell)).filter(|n| *n <= max)?;
    Some(if cell.starts_with('-') { 0 } else { counted })
}

/// # Errors
/// What to do about a cell that is no amount.
pub(super) fn amount(cell: &str, currency: Currency) -> Result<Money, String> {
    Money::parse_decimal(cell, currency).map_err(|error| match error {
        MoneyError::ExcessDecimals => format!("{currency} has {} decimals; this amount has more.", currency.exponent()),
        MoneyError::Overflow => "This amount is too large.".to_owned(),
        _ => "This is not an amount. Write it as 1299.00, without signs and separators.".to_owned(),
    })
}

pub(super) fn tags(parts: impl Iterator<Item = String>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in parts.map(|part| one_line(&part)).filter(|tag| !tag.is_empty()) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// One line: control characters become spaces.
pub(super) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// Without control characters other than line breaks and tabs.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect()
}

/// `court-shoe` in Red and 42 gives `court-shoe-red-42`; what does not fit is replaced by a hash of the whole.
pub(super) fn derived_sku(handle: &str, values: &[String]) -> String {
    let mut sku = handle.to_owned();
    let mut whole = handle.to_owned();
    let mut told = true;
    for value in values {
        let part = handle_from(value);
        told &= !part.is_empty();
        sku = format!("{sku}-{part}");
        whole = format!("{whole}\u{1f}{value}");
    }
    if told && sku.chars().count() <= Sku::MAX_LEN {
        return sku;
    }
    let hash = ring::digest::digest(&ring::digest::SHA256, whole.as_bytes());
    let hash: String = hash.as_ref()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let kept: String = sku.chars().take(Sku::MAX_LEN - 1 - hash.len()).collect();
    format!("{}-{hash}", kept.trim_end_matches('-'))
}
