//! Money in minor units, checked and exact. The only rounding in Argosy happens in [`div_round`].

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why an amount could not be computed or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("the amount is too large")]
    Overflow,
    #[error("the amounts are in different currencies")]
    CurrencyMismatch,
    #[error("not an ISO 4217 currency that this shop knows")]
    UnknownCurrency,
    #[error("not an amount")]
    Malformed,
    #[error("more decimals than the currency has")]
    ExcessDecimals,
    #[error("nothing to allocate to")]
    NoWeights,
}

/// The ISO 4217 codes in use (list one, funds and metals left out) that do not have two decimals.
const EXPONENTS: [(&[u8; 3], u8); 26] = [
    (b"BIF", 0),
    (b"CLP", 0),
    (b"DJF", 0),
    (b"GNF", 0),
    (b"ISK", 0),
    (b"JPY", 0),
    (b"KMF", 0),
    (b"KRW", 0),
    (b"PYG", 0),
    (b"RWF", 0),
    (b"UGX", 0),
    (b"UYI", 0),
    (b"VND", 0),
    (b"VUV", 0),
    (b"XAF", 0),
    (b"XOF", 0),
    (b"XPF", 0),
    (b"BHD", 3),
    (b"IQD", 3),
    (b"JOD", 3),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"TND", 3),
    (b"CLF", 4),
    (b"UYW", 4),
];

/// The ISO 4217 codes with two decimals.
const TWO_DECIMALS: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD \
    CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG \
    HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK \
    MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS \
    SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG";

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

impl Currency {
    pub const EUR: Currency = Currency { code: *b"EUR", exponent: 2 };
    pub const USD: Currency = Currency { code: *b"USD", exponent: 2 };
    pub const GBP: Currency = Currency { code: *b"GBP", exponent: 2 };
    pub const JPY: Currency = Currency { code: *b"JPY", exponent: 0 };

    /// # Errors
    /// [`MoneyError::UnknownCurrency`] unless `code` is a current ISO 4217 code in capitals.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        let bytes: [u8; 3] = code.as_bytes().try_into().map_err(|_| MoneyError::UnknownCurrency)?;
        // The three that nearly every request names, before the tables.
        if let Some(&known) = [Self::EUR, Self::USD, Self::GBP].iter().find(|c| c.code == bytes) {
            return Ok(known);
        }
        if let Some((code, exponent)) = EXPONENTS.iter().find(|(code, _)| **code == bytes) {
            return Ok(Currency { code: **code, exponent: *exponent });
        }
        if bytes.iter().all(u8::is_ascii_uppercase) && TWO_DECIMALS.split_ascii_whitespace().any(|c| c == code) {
            return Ok(Currency { code: bytes, exponent: 2 });
        }
        Err(MoneyError::UnknownCurrency)
    }

    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("XXX")
    }

    /// Decimals of the minor unit: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub const fn exponent(&self) -> u8 {
        self.exponent
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("ISO 4217 code"))
            .pattern(Some("^[A-Z]{3}$"))
            .examples([serde_json::json!("EUR")])
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Currency::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// An amount of one currency, in its minor unit (cents for EUR, yen for JPY).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// The amount in minor units of the currency.
    pub amount_minor: i64,
    pub currency: Currency,
}

impl Money {
    #[must_use]
    pub const fn new(amount_minor: i64, currency: Currency) -> Self {
        Money { amount_minor, currency }
    }

    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Money { amount_minor: 0, currency }
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::CurrencyMismatch) }
    }

    /// # Errors
    /// [`MoneyError::Overflow`] or [`MoneyError::CurrencyMismatch`].
    pub fn plus(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let amount_minor = self.amount_minor.checked_add(other.amount_minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { amount_minor, ..self })
    }

    /// # Errors
    /// [`MoneyError::Overflow`] or [`MoneyError::CurrencyMismatch`].
    pub fn minus(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        let amount_minor = self.amount_minor.checked_sub(other.amount_minor).ok_or(MoneyError::Overflow)?;
        Ok(Money { amount_minor, ..self })
    }

    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn times(self, quantity: i64) -> Result<Money, MoneyError> {
        let amount_minor = self.amount_minor.checked_mul(quantity).ok_or(MoneyError::Overflow)?;
        Ok(Money { amount_minor, ..self })
    }

    /// `rate` of this amount, rounded once.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn share(self, rate: Rate) -> Result<Money, MoneyError> {
        let amount_minor = div_round(i128::from(self.amount_minor) * i128::from(rate.ppm()), Rate::ONE)?;
        Ok(Money { amount_minor, ..self })
    }

    /// The part of this amount that is tax, when the amount includes tax at `rate`, rounded once.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn included_share(self, rate: Rate) -> Result<Money, MoneyError> {
        let amount_minor =
            div_round(i128::from(self.amount_minor) * i128::from(rate.ppm()), Rate::ONE + i128::from(rate.ppm()))?;
        Ok(Money { amount_minor, ..self })
    }

    /// Splits this amount in proportion to `weights`: the parts sum to it exactly (largest remainder, ties to the
    /// lower index). All-zero weights count as equal ones.
    ///
    /// # Errors
    /// [`MoneyError::NoWeights`] without weights, [`MoneyError::Overflow`] for negative ones or absurd sums.
    pub fn allocate(self, weights: &[i64]) -> Result<Vec<Money>, MoneyError> {
        let parts = allocate(self.amount_minor, weights)?;
        Ok(parts.into_iter().map(|amount_minor| Money { amount_minor, ..self }).collect())
    }

    /// Reads a decimal amount such as `79.99`, as merchants write it in files. No sign, no separators of thousands.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`], [`MoneyError::ExcessDecimals`] or [`MoneyError::Overflow`].
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
            return Err(MoneyError::Malformed);
        }
        let exponent = usize::from(currency.exponent());
        let kept = fraction.trim_end_matches('0');
        if kept.len() > exponent {
            return Err(MoneyError::ExcessDecimals);
        }
        let scaled = format!("{whole}{kept:0<exponent$}");
        let amount_minor = scaled.parse().map_err(|_| MoneyError::Overflow)?;
        Ok(Money { amount_minor, currency })
    }

    /// The amount as a plain decimal, e.g. `79.99`; the inverse of [`Money::parse_decimal`].
    #[must_use]
    pub fn decimal(self) -> String {
        let exponent = usize::from(self.currency.exponent());
        let sign = if self.amount_minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.amount_minor.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        if exponent == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.decimal(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A rate in parts per million: 190,000 is 19 %.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
#[schema(value_type = u32)]
pub struct Rate(u32);

impl Rate {
    const ONE: i128 = 1_000_000;
    pub const ZERO: Rate = Rate(0);

    #[must_use]
    pub const fn from_ppm(ppm: u32) -> Self {
        Rate(ppm)
    }

    #[must_use]
    pub const fn ppm(self) -> u32 {
        self.0
    }
}

/// `numerator / denominator`, rounded half away from zero: the one rounding rule.
///
/// # Errors
/// [`MoneyError::Overflow`] when the quotient does not fit, or `denominator` is not positive.
pub fn div_round(numerator: i128, denominator: i128) -> Result<i64, MoneyError> {
    if denominator <= 0 {
        return Err(MoneyError::Overflow);
    }
    let half = denominator / 2;
    let magnitude = numerator.unsigned_abs();
    let denominator_u = denominator.unsigned_abs();
    // An odd denominator has no exact half, so `half` (rounded down) plus a strict excess is right for it too.
    let rounded =
        magnitude.checked_add(half.unsigned_abs() + (denominator_u % 2)).ok_or(MoneyError::Overflow)? / denominator_u;
    let exact_half_adjusted = if denominator_u % 2 == 1 && magnitude % denominator_u == half.unsigned_abs() {
        magnitude / denominator_u
    } else {
        rounded
    };
    let quotient = i64::try_from(exact_half_adjusted).map_err(|_| MoneyError::Overflow)?;
    Ok(if numerator < 0 { -quotient } else { quotient })
}

/// Splits `amount` in proportion to `weights`; see [`Money::allocate`].
///
/// # Errors
/// As [`Money::allocate`].
pub fn allocate(amount: i64, weights: &[i64]) -> Result<Vec<i64>, MoneyError> {
    if weights.is_empty() {
        return Err(MoneyError::NoWeights);
    }
    if weights.iter().any(|&w| w < 0) {
        return Err(MoneyError::Overflow);
    }
    let equal = vec![1; weights.len()];
    let weights = if weights.iter().all(|&w| w == 0) { &equal } else { weights };
    let total: i128 = weights.iter().map(|&w| i128::from(w)).sum();
    let magnitude = i128::from(amount).abs();
    let mut parts: Vec<i128> = weights.iter().map(|&w| magnitude * i128::from(w) / total).collect();
    let missing = magnitude - parts.iter().sum::<i128>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(magnitude * i128::from(weights[i]) % total), i));
    for &i in order.iter().take(usize::try_from(missing).map_err(|_| MoneyError::Overflow)?) {
        parts[i] += 1;
    }
    let sign = if amount < 0 { -1 } else { 1 };
    parts.into_iter().map(|p| i64::try_from(p * sign).map_err(|_| MoneyError::Overflow)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exponents_follow_iso_4217() {
        for (code, exponent) in [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("UYW", 4), ("CHF", 2)] {
            assert_eq!(Currency::parse(code).unwrap().exponent(), exponent, "{code}");
        }
        for bad in ["", "eur", "EU", "EURO", "ZZZ", "XAU", "É1"] {
            assert!(Currency::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn decimals_are_read_and_excess_ones_refused() {
        let eur = |t| Money::parse_decimal(t, Currency::EUR).map(|m| m.amount_minor);
        assert_eq!(eur("79.99"), Ok(7999));
        assert_eq!(eur("79.9"), Ok(7990));
        assert_eq!(eur("79.9900"), Ok(7999));
        assert_eq!(eur("0"), Ok(0));
        assert_eq!(eur("79.999"), Err(MoneyError::ExcessDecimals));
        assert_eq!(eur("99999999999999999999"), Err(MoneyError::Overflow));
        for bad in ["", ".5", "5.", "-1", "1,000.00", "1e3", "٣", "1.2.3"] {
            assert_eq!(eur(bad), Err(MoneyError::Malformed), "{bad}");
        }
        assert_eq!(Money::parse_decimal("1590.0", Currency::JPY).unwrap().amount_minor, 1590);
    }

    #[test]
    fn rounding_is_half_away_from_zero() {
        for (n, d, q) in [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (5, 3, 2), (1, 3, 0), (2, 3, 1), (7, 5, 1), (8, 5, 2)] {
            assert_eq!(div_round(n, d).unwrap(), q, "{n}/{d}");
        }
        assert_eq!(div_round(1, 0), Err(MoneyError::Overflow));
        assert_eq!(div_round(i128::MAX, 1), Err(MoneyError::Overflow));
    }

    #[test]
    fn included_tax_is_the_part_of_a_gross_price() {
        let gross = Money::new(11_900, Currency::EUR);
        assert_eq!(gross.included_share(Rate::from_ppm(190_000)).unwrap().amount_minor, 1_900);
        assert_eq!(Money::new(10_000, Currency::EUR).share(Rate::from_ppm(190_000)).unwrap().amount_minor, 1_900);
    }

    #[test]
    fn sums_are_checked() {
        let max = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(max.plus(Money::new(1, Currency::EUR)), Err(MoneyError::Overflow));
        assert_eq!(max.times(2), Err(MoneyError::Overflow));
        assert_eq!(max.plus(Money::zero(Currency::USD)), Err(MoneyError::CurrencyMismatch));
    }

    proptest! {
        #[test]
        fn an_allocation_sums_exactly_and_is_fair(
            amount in -1_000_000_000_i64..1_000_000_000,
            weights in prop::collection::vec(0_i64..1_000_000, 1..20),
        ) {
            let parts = allocate(amount, &weights).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), amount);
            let total: i128 = weights.iter().map(|&w| i128::from(w)).sum();
            if total > 0 {
                for (part, weight) in parts.iter().zip(&weights) {
                    let exact = i128::from(amount) * i128::from(*weight);
                    prop_assert!((i128::from(*part) * total - exact).abs() < total, "{part} of weight {weight}");
                }
            }
        }

        #[test]
        fn decimal_text_round_trips(amount in 0_i64..i64::MAX, which in 0_usize..4) {
            let currency = [Currency::EUR, Currency::JPY, Currency::parse("KWD").unwrap(), Currency::parse("CLF").unwrap()][which];
            let money = Money::new(amount, currency);
            prop_assert_eq!(Money::parse_decimal(&money.decimal(), currency).unwrap(), money);
        }

        #[test]
        fn rounding_is_within_a_half(n in -1_000_000_000_000_i128..1_000_000_000_000, d in 1_i128..1_000_000) {
            let q = i128::from(div_round(n, d).unwrap());
            prop_assert!((q * d - n).abs() * 2 <= d);
        }
    }
}
