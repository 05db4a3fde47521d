//! Amounts, times and names as spreadsheets and other shops write them.

use contracts::archive::RecordPart;
use contracts::catalog::TimestampSchema;
use kernel::{Currency, Money, MoneyError, Timestamp};

pub(super) const NO_TIME: &str = "Write the time as in 2026-11-22T08:30:00Z or 2026-11-22 08:30:00 +0100.";
pub(super) const NO_PARTS: &str = "Write parts as in `VAT 19 %: 3.80; VAT 7 %: 0.70`.";

/// A time of RFC 3339, or as Shopify (`2026-11-22 08:30:00 +0100`) and WooCommerce (`2026-11-22 08:30:00`) write it. One
/// without a zone is taken as UTC. Days as `11/22/2026` mean different things in different places and are none.
pub(super) fn moment(text: &str) -> Option<TimestampSchema> {
    let text = text.trim();
    if let Ok(at) = Timestamp::parse(text) {
        return Some(at.into());
    }
    let (day, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', ' ']).unwrap_or(rest);
    let (time, zone) = rest.trim().split_once(' ').unwrap_or((rest.trim(), ""));
    let time = match time.len() {
        0 => "00:00:00".to_owned(),
        5 => format!("{time}:00"),
        _ => time.to_owned(),
    };
    let zone = match (zone, zone.split_at_checked(3)) {
        ("" | "UTC" | "GMT" | "Z", _) => "Z".to_owned(),
        (_, Some((hours, minutes))) if zone.len() == 5 => format!("{hours}:{minutes}"),
        _ => zone.to_owned(),
    };
    Timestamp::parse(&format!("{day}T{time}{zone}")).ok().map(Into::into)
}

/// # Errors
/// What to do about a cell that is no amount.
pub(super) fn amount(cell: &str, currency: Currency) -> Result<Money, String> {
    let cell = cell.trim();
    // Some write 19,90; whoever writes a point as well means thousands by the comma, and that is not guessed at.
    let plain = if cell.contains('.') { cell.to_owned() } else { cell.replacen(',', ".", 1) };
    Money::parse_decimal(&plain, currency).map_err(|error| match error {
        MoneyError::ExcessDecimals => format!("{currency} has {} decimals; this amount has more.", currency.exponent()),
        MoneyError::Overflow => "This amount is too large.".to_owned(),
        _ => "This is not an amount. Write it as 1299.00, without signs and separators.".to_owned(),
    })
}

/// One line: control characters become spaces.
pub(super) fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// `VAT 19 %: 3.80; VAT 7 %: 0.70`: the inverse of [`joined`]. A label may itself have a semicolon or a colon; what ends
/// with an amount is a part.
pub(super) fn parts(cell: &str, currency: Currency) -> Result<Vec<RecordPart>, String> {
    let (mut parts, mut begun) = (Vec::new(), String::new());
    for piece in cell.split("; ").filter(|_| !cell.is_empty()) {
        if !begun.is_empty() {
            begun.push_str("; ");
        }
        begun.push_str(piece);
        let Some((label, decimal)) = begun.rsplit_once(": ") else { continue };
        match Money::parse_decimal(decimal, currency) {
            Ok(amount) => {
                parts.push(RecordPart { label: label.to_owned(), amount });
                begun.clear();
            }
            Err(MoneyError::Malformed) => {}
            Err(_) => amount(decimal, currency).map(|_| ())?,
        }
    }
    if begun.is_empty() { Ok(parts) } else { Err(NO_PARTS.to_owned()) }
}

pub(super) fn joined(parts: &[RecordPart]) -> String {
    parts.iter().map(|part| format!("{}: {}", part.label, part.amount.decimal())).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_other_shops_are_read_and_ambiguous_ones_are_not() {
        let read = |text: &str| moment(text).map(|at| at.0.to_string());
        for (text, expected) in [
            ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
            ("2026-01-02 10:00:00 +0100", "2026-01-02T09:00:00.000Z"),
            ("2026-01-02 10:00:00 -0530", "2026-01-02T15:30:00.000Z"),
            ("2026-01-02 10:00:00 UTC", "2026-01-02T10:00:00.000Z"),
            ("2026-01-02 10:00", "2026-01-02T10:00:00.000Z"),
            ("2026-01-02T10:00:00", "2026-01-02T10:00:00.000Z"),
            ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in
            ["", "01/02/2026", "2.1.2026", "yesterday", "2026-13-01", "2026-01-02 25:00:00", "2026-01-02 10:00:00 +01"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn parts_come_back_whatever_their_labels() {
        let part = |label: &str, minor| RecordPart { label: label.into(), amount: Money::new(minor, Currency::EUR) };
        let all = [part("VAT 19 %", 380), part("A; b: c", 70), part("", 1), part("2026-01-02T03:04:05.678Z", 5)];
        assert_eq!(parts(&joined(&all), Currency::EUR).unwrap(), all);
        assert_eq!(parts("", Currency::EUR).unwrap(), []);
        assert!(parts("VAT", Currency::EUR).is_err() && parts("VAT: 1.234", Currency::EUR).is_err());
    }

    #[test]
    fn amounts_are_exact_or_refused() {
        let read = |text: &str| amount(text, Currency::EUR).map(|amount| amount.amount_minor);
        assert_eq!((read("19.9"), read("19,90"), read("7"), read("1.2300")), (Ok(1_990), Ok(1_990), Ok(700), Ok(123)));
        for bad in ["1.234", "1,299.00", "-1", "€5", "1e3", "99999999999999999999"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
