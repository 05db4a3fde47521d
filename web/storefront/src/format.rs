//! Dates and country names as people of a locale write them.

use std::collections::HashMap;
use std::sync::LazyLock;

use kernel::Timestamp;
use kernel::locale::is_german;

/// Tab-separated code, English and German name, from the Unicode CLDR.
const COUNTRIES: &str = include_str!("../assets/countries.tsv");

static COUNTRY_NAMES: LazyLock<HashMap<&'static str, (&'static str, &'static str)>> = LazyLock::new(|| {
    COUNTRIES
        .lines()
        .filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, (cells.next()?, cells.next()?)))
        })
        .collect()
});

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const GERMAN: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// `3 December` of a day such as `2026-12-03`; the text itself when it is no day.
pub(crate) fn day(locale: &str, day: &str) -> String {
    let number = |range: std::ops::Range<usize>| day.get(range).and_then(|part| part.parse::<usize>().ok());
    let (Some(month @ 1..=12), Some(of_month)) = (number(5..7), number(8..10)) else { return day.to_owned() };
    if is_german(locale) {
        format!("{of_month}. {}", GERMAN[month - 1])
    } else {
        format!("{of_month} {}", ENGLISH[month - 1])
    }
}

/// `21 November 2026, 14:05 UTC`.
pub(crate) fn date_time(locale: &str, at: Timestamp) -> String {
    let text = at.to_string();
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<usize>().ok());
    let (Some(year), Some(month), Some(day), Some(time)) =
        (number(0..4), number(5..7), number(8..10), text.get(11..16))
    else {
        return text;
    };
    let index = month.clamp(1, 12) - 1;
    if is_german(locale) {
        format!("{day}. {} {year}, {time} UTC", GERMAN[index])
    } else {
        format!("{day} {} {year}, {time} UTC", ENGLISH[index])
    }
}

/// The name of a country; its code when it is not known.
pub(crate) fn country<'a>(locale: &str, code: &'a str) -> &'a str {
    match COUNTRY_NAMES.get(code) {
        Some((english, german)) => {
            if is_german(locale) {
                german
            } else {
                english
            }
        }
        None => code,
    }
}

/// Countries as a list to choose from: `codes`, or every country when there are none, in order of their names.
pub(crate) fn country_choices(locale: &str, codes: &[String]) -> Vec<(String, String)> {
    let name = |code: &str| (code.to_owned(), country(locale, code).to_owned());
    let mut choices: Vec<(String, String)> = if codes.is_empty() {
        contracts::market::countries().map(name).collect()
    } else {
        codes.iter().map(|code| name(code)).collect()
    };
    choices.sort_by_cached_key(|(_, name)| unaccented(name));
    choices
}

/// A sort key that puts Österreich beside Oman, as its readers expect.
fn unaccented(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            'Ä' | 'Å' => 'A',
            'Ö' => 'O',
            'Ü' => 'U',
            'ä' | 'á' | 'ã' | 'å' => 'a',
            'ö' | 'ô' | 'ó' => 'o',
            'ü' | 'ú' => 'u',
            'é' | 'è' => 'e',
            'í' => 'i',
            'ç' => 'c',
            other => other,
        })
        .collect()
}

/// `upper_material` as a label: `Upper material`.
pub(crate) fn label(name: &str) -> String {
    let spaced = name.replace(['_', '-'], " ");
    let mut chars = spaced.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_spelt_out() {
        let at = Timestamp::from_millis(1_700_000_000_123);
        assert_eq!(date_time("en", at), "14 November 2023, 22:13 UTC");
        assert_eq!(date_time("de-CH", at), "14. November 2023, 22:13 UTC");
    }

    #[test]
    fn every_country_has_a_name_in_both_languages() {
        for code in contracts::market::countries() {
            assert_ne!(country("en", code), code);
            assert_ne!(country("de", code), code);
        }
        assert_eq!(country("de", "AT"), "Österreich");
        let some = country_choices("de", &["ZW".to_owned(), "AT".to_owned(), "PL".to_owned()]);
        assert_eq!(some.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(), ["AT", "PL", "ZW"]);
    }

    #[test]
    fn attribute_names_become_labels() {
        assert_eq!(label("upper_material"), "Upper material");
        assert_eq!(label(""), "");
    }
}
