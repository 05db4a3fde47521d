//! VAT ids of the European Union: whether a text has the form of one, and its check digit where that is simple.
//!
//! The forms are those that VIES lists for its members. That an id has the right form does not say that it was given out: the
//! shop keeps the duty to ask VIES, and an order keeps the id for that.

/// A VAT id that could be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VatId {
    /// ISO 3166-1 alpha-2; Greece's ids begin with `EL` and this says `GR`.
    pub country: String,
    /// As it is written on invoices: capitals, no spaces.
    pub text: String,
}

impl VatId {
    /// Reads an id as people type it, with spaces, dots and hyphens. None when it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String =
            text.chars().filter(|c| !matches!(c, ' ' | '.' | '-')).flat_map(char::to_uppercase).collect();
        if !plain.is_ascii() || !(4..=14).contains(&plain.len()) {
            return None;
        }
        let (prefix, rest) = plain.split_at(2);
        let forms = FORMS.iter().find(|(code, _)| *code == prefix)?.1;
        let fits = forms.split('|').any(|form| fits(form, rest));
        let country = if prefix == "EL" { "GR" } else { prefix };
        (fits && check_digit(prefix, rest)).then(|| VatId { country: country.to_owned(), text: plain.clone() })
    }
}

/// What stands behind the country: `9` a digit, `A` a letter, `X` either, `S` either or `+` or `*`, others themselves.
const FORMS: [(&str, &str); 28] = [
    ("AT", "U99999999"),
    ("BE", "0999999999|1999999999"),
    ("BG", "999999999|9999999999"),
    ("CY", "99999999A"),
    ("CZ", "99999999|999999999|9999999999"),
    ("DE", "999999999"),
    ("DK", "99999999"),
    ("EE", "999999999"),
    ("EL", "999999999"),
    ("ES", "X9999999X"),
    ("FI", "99999999"),
    ("FR", "XX999999999"),
    ("HR", "99999999999"),
    ("HU", "99999999"),
    ("IE", "9S99999A|9999999AA"),
    ("IT", "99999999999"),
    ("LT", "999999999|999999999999"),
    ("LU", "99999999"),
    ("LV", "99999999999"),
    ("MT", "99999999"),
    ("NL", "SSSSSSSSSSSS"),
    ("PL", "9999999999"),
    ("PT", "999999999"),
    ("RO", "99|999|9999|99999|999999|9999999|99999999|999999999|9999999999"),
    ("SE", "999999999999"),
    ("SI", "99999999"),
    ("SK", "9999999999"),
    // Northern Ireland, for goods.
    ("XI", "999999999|999999999999|GD999|HA999"),
];

fn fits(form: &str, text: &str) -> bool {
    let fits_one = |(form, c): (u8, u8)| match form {
        b'9' => c.is_ascii_digit(),
        b'A' => c.is_ascii_uppercase(),
        b'X' => c.is_ascii_uppercase() || c.is_ascii_digit(),
        b'S' => c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, b'+' | b'*'),
        other => other == c,
    };
    form.len() == text.len() && form.bytes().zip(text.bytes()).all(fits_one)
}

/// The check digit, for the countries whose rule is simple and public; true for all others.
fn check_digit(prefix: &str, rest: &str) -> bool {
    let digits: Vec<u32> = rest.chars().filter_map(|c| c.to_digit(10)).collect();
    let number = |digits: &[u32]| digits.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(*digit));
    let weighted = |weights: &[u32]| weights.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum::<u32>();
    match prefix {
        "BE" => 97 - number(&digits[..8]) % 97 == number(&digits[8..]),
        // ISO 7064, modulo 11, 10.
        "DE" | "HR" => {
            let last = digits.len() - 1;
            let product = digits[..last].iter().fold(10, |product, digit| {
                let sum = (product + digit) % 10;
                (if sum == 0 { 10 } else { sum }) * 2 % 11
            });
            (11 - product) % 10 == digits[last]
        }
        "DK" => weighted(&[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11),
        "FI" => weighted(&[7, 9, 10, 5, 8, 4, 2, 1]).is_multiple_of(11),
        "EL" => weighted(&[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digits[8],
        "PT" => {
            let check = 11 - weighted(&[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
            (if check >= 10 { 0 } else { check }) == digits[8]
        }
        "PL" => weighted(&[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digits[9],
        "LU" => number(&digits[..6]) % 89 == number(&digits[6..]),
        // A key of two digits; one with letters has another rule.
        "FR" if digits.len() == 11 => (number(&digits[2..]) * 100 + 12) % 97 == number(&digits[..2]),
        // Luhn.
        "IT" | "SE" => {
            let counted = if prefix == "SE" { &digits[..10] } else { &digits[..] };
            let sum: u32 = counted
                .iter()
                .rev()
                .enumerate()
                .map(|(i, digit)| if i % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
                .sum();
            sum.is_multiple_of(10)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_companies_print_are_ids() {
        for (text, country) in [
            ("DE 136695976", "DE"),
            ("FR40303265045", "FR"),
            ("fr 40 303 265 045", "FR"),
            ("IT00743110157", "IT"),
            ("BE 0428.759.497", "BE"),
            ("NL004495445B01", "NL"),
            ("ATU13585627", "AT"),
            ("EL 094259216", "GR"),
            ("PL8567346215", "PL"),
            ("PT501964843", "PT"),
            ("DK13585628", "DK"),
            ("FI20774740", "FI"),
            ("LU15027442", "LU"),
            ("SE123456789701", "SE"),
            ("HR33392005961", "HR"),
            ("IE6433435F", "IE"),
            ("ESB58378431", "ES"),
        ] {
            assert_eq!(VatId::parse(text).map(|id| id.country).as_deref(), Some(country), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_an_id_is_none() {
        for text in [
            "",
            "DE",
            "DE13669597",
            "DE136695978",
            "FR41303265045",
            "IT00743110158",
            "BE0428759498",
            "GB123456789",
            "US123456789",
            "AT13585627",
            "DE13669597é",
            "LU15027443",
            "DE1366959761366959761366",
        ] {
            assert_eq!(VatId::parse(text), None, "{text}");
        }
        assert_eq!(VatId::parse("be 0428.759.497").unwrap().text, "BE0428759497");
    }
}
