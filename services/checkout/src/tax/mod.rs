//! Tax rates by where an order goes, class of goods and time; and the VAT ids of businesses.
//!
//! A zone that the shop wrote comes first, then the table of the configuration.

mod us;
mod vat_id;
mod zones;

use std::collections::BTreeMap;

use kernel::Rate;
use serde::{Deserialize, Serialize};

pub use us::{is_us_state, us_state, us_state_rate};
pub use vat_id::VatId;
pub use zones::TaxZones;

/// Where an order goes, as far as prices depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination<'a> {
    /// ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// As it stands in the address.
    pub region: Option<&'a str>,
}

impl<'a> Destination<'a> {
    /// A country, whatever the region.
    #[must_use]
    pub const fn country(country: &'a str) -> Self {
        Destination { country, region: None }
    }

    /// The two letters of the state, in the United States.
    #[must_use]
    pub fn us_state(&self) -> Option<String> {
        self.region.filter(|_| self.country == "US").and_then(us_state)
    }

    /// Whether the address is in `region`, given as a code or a name.
    #[must_use]
    pub fn is_in(&self, region: &str) -> bool {
        let Some(named) = self.region else { return false };
        let plain = |text: &str| text.trim().to_uppercase();
        plain(named) == plain(region) || self.us_state().is_some_and(|state| us_state(region) == Some(state))
    }
}

/// The countries of the European Union, by ISO 3166-1 alpha-2 code.
pub const EU: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// The rates of one country, in parts per million.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountryTax {
    /// As it stands on an invoice, e.g. `VAT`.
    pub name: String,
    #[serde(rename = "standard_ppm")]
    pub standard: Rate,
    #[serde(rename = "reduced_ppm")]
    pub reduced: Rate,
}

/// Rates by country code. A country that is not here is delivered to without tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TaxTable(pub BTreeMap<String, CountryTax>);

impl Default for TaxTable {
    fn default() -> Self {
        toml::from_str(include_str!("rates.toml")).expect("rates.toml is part of the program and is read in a test")
    }
}

impl TaxTable {
    /// The rate of `class` in `country`. Classes are `standard`, `reduced` and `zero`; one that is not known counts as
    /// standard, so that a typing mistake never undercharges.
    #[must_use]
    pub fn rate(&self, country: &str, class: &str) -> Rate {
        let Some(tax) = self.0.get(country) else { return Rate::ZERO };
        match class {
            "reduced" => tax.reduced,
            "zero" => Rate::ZERO,
            _ => tax.standard,
        }
    }

    /// What the tax of `country` is called.
    #[must_use]
    pub fn name(&self, country: &str) -> &str {
        self.0.get(country).map_or("Tax", |tax| &tax.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_plausible_and_has_the_whole_union() {
        let table = TaxTable::default();
        for country in EU {
            let tax = &table.0[country];
            // The VAT directive: 15 % at least; Hungary's 27 % is the highest in the world.
            assert!((150_000..=270_000).contains(&tax.standard.ppm()), "{country}");
            assert!(tax.reduced.ppm() >= 50_000 && tax.reduced <= tax.standard, "{country}");
        }
        for (country, tax) in &table.0 {
            assert!(contracts::market::is_country(country) && tax.reduced <= tax.standard, "{country}");
        }
    }

    #[test]
    fn classes_name_rates_and_a_wrong_one_never_undercharges() {
        let table = TaxTable::default();
        let rate = |country, class| table.rate(country, class).ppm();
        assert_eq!((rate("DE", "standard"), rate("DE", "reduced"), rate("DE", "zero")), (190_000, 70_000, 0));
        assert_eq!(rate("DE", "standrad"), 190_000);
        assert_eq!((rate("GB", "standard"), rate("CH", "standard")), (200_000, 81_000));
        assert_eq!((rate("US", "standard"), rate("JP", "standard")), (0, 0));
    }
}
