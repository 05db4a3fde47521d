//! Amounts and rates as people of a locale write them. German is known; everybody else gets the English way.

use crate::{Money, Rate};

/// Whether this language tag, such as `de-AT`, is of German.
#[must_use]
pub fn is_german(locale: &str) -> bool {
    locale.split('-').next() == Some("de")
}

/// A decimal number such as `-1234567.89` with its digits in groups of three, and a minus that is as wide as a digit.
#[must_use]
pub fn grouped(decimal: &str, between: char, point: char) -> String {
    let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal), |rest| ("\u{2212}", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut number = String::with_capacity(decimal.len() + 8);
    number.push_str(sign);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            number.push(between);
        }
        number.push(digit);
    }
    if !fraction.is_empty() {
        number.push(point);
        number.push_str(fraction);
    }
    number
}

/// `€79.99` in English, `79,99 €` in German; the currency's code where it has no common sign.
#[must_use]
pub fn money(locale: &str, money: Money) -> String {
    let code = money.currency.code();
    let symbol = match code {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        "JPY" => "¥",
        _ => code,
    };
    if is_german(locale) {
        return format!("{}\u{a0}{symbol}", grouped(&money.decimal(), '.', ','));
    }
    let number = grouped(&money.decimal(), ',', '.');
    let (sign, digits) = number.strip_prefix('\u{2212}').map_or(("", number.as_str()), |rest| ("\u{2212}", rest));
    let gap = if symbol == code { "\u{a0}" } else { "" };
    format!("{sign}{symbol}{gap}{digits}")
}

/// `19 %` in German, `19%` in English.
#[must_use]
pub fn rate(locale: &str, rate: Rate) -> String {
    let (whole, part) = (rate.ppm() / 10_000, format!("{:04}", rate.ppm() % 10_000));
    let part = part.trim_end_matches('0');
    let (point, unit) = if is_german(locale) { (",", "\u{a0}%") } else { (".", "%") };
    if part.is_empty() { format!("{whole}{unit}") } else { format!("{whole}{point}{part}{unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Currency;

    #[test]
    fn money_is_written_as_its_readers_write_it() {
        let eur = |minor| Money::new(minor, Currency::EUR);
        assert_eq!(money("en", eur(7999)), "€79.99");
        assert_eq!(money("de-AT", eur(123_456_789)), "1.234.567,89\u{a0}€");
        assert_eq!(money("de", eur(-500)), "\u{2212}5,00\u{a0}€");
        assert_eq!(money("en-GB", Money::new(100_000, Currency::GBP)), "£1,000.00");
        assert_eq!(money("en", Money::new(-500, Currency::USD)), "\u{2212}$5.00");
        assert_eq!(money("en", Money::new(1200, Currency::JPY)), "¥1,200");
        assert_eq!(money("en", Money::new(-1234, Currency::parse("CHF").unwrap())), "\u{2212}CHF\u{a0}12.34");
    }

    #[test]
    fn rates_lose_only_zeroes() {
        assert_eq!(rate("en", Rate::from_ppm(190_000)), "19%");
        assert_eq!(rate("de", Rate::from_ppm(77_000)), "7,7\u{a0}%");
        assert_eq!(rate("en", Rate::from_ppm(62_500)), "6.25%");
    }

    #[test]
    fn digits_stand_in_threes() {
        assert_eq!(grouped("1234567.5", ' ', ','), "1 234 567,5");
        assert_eq!(grouped("-123", ' ', ','), "\u{2212}123");
    }
}
