//! Shipping by zone: the flat rates of the configuration, and the zones that a shop writes.

mod zones;

use contracts::checkout::ShippingOption;
use kernel::{Currency, Money};
use serde::{Deserialize, Serialize};

use crate::tax::EU;

pub use zones::{Parcel, ShippingZones};

/// The handle of the only option for a cart in which nothing is shipped.
pub const NOTHING_TO_SHIP: &str = "none";

/// Zones in order: the first that has a country serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingTable {
    pub zones: Vec<Zone>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    pub name: String,
    /// ISO 3166-1 alpha-2 codes. Empty: every country.
    pub countries: Vec<String>,
    /// In the order shown; the first is preselected.
    pub rates: Vec<ShippingRate>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippingRate {
    /// Names the rate in quotes and orders, e.g. `standard`.
    pub handle: String,
    pub name: String,
    /// One per currency; the rate is not offered in others.
    pub prices: Vec<Money>,
    /// Working days until delivery: from, to.
    pub days_min: u16,
    pub days_max: u16,
}

impl Default for ShippingTable {
    /// The demo shop's: it sends from Germany.
    fn default() -> Self {
        let zone = |name: &str, countries: &[&str], standard: [i64; 3], express: [i64; 3], days: [u16; 4]| Zone {
            name: name.to_owned(),
            countries: countries.iter().map(|&country| country.to_owned()).collect(),
            rates: vec![
                rate("standard", "Standard delivery", standard, days[0], days[1]),
                rate("express", "Express delivery", express, days[2], days[3]),
            ],
        };
        let eu_abroad: Vec<&str> = EU.into_iter().filter(|country| *country != "DE").collect();
        ShippingTable {
            zones: vec![
                zone("Germany", &["DE"], [490, 450, 590], [990, 890, 1190], [1, 3, 1, 1]),
                zone("European Union", &eu_abroad, [790, 690, 890], [1690, 1490, 1890], [3, 6, 1, 3]),
                zone("United Kingdom", &["GB"], [890, 590, 990], [1890, 1290, 1990], [2, 5, 1, 2]),
                zone("United States", &["US"], [1290, 1090, 995], [2990, 2590, 2495], [4, 8, 2, 3]),
                zone("Everywhere else", &[], [1490, 1290, 1590], [3490, 2990, 3690], [5, 12, 3, 5]),
            ],
        }
    }
}

fn rate(handle: &str, name: &str, [eur, gbp, usd]: [i64; 3], days_min: u16, days_max: u16) -> ShippingRate {
    let prices = vec![Money::new(eur, Currency::EUR), Money::new(gbp, Currency::GBP), Money::new(usd, Currency::USD)];
    ShippingRate { handle: handle.to_owned(), name: name.to_owned(), prices, days_min, days_max }
}

impl ShippingTable {
    /// What is offered to `country` in `currency`; empty when nothing is.
    #[must_use]
    pub fn options(&self, country: &str, currency: Currency) -> Vec<ShippingOption> {
        let serves = |zone: &&Zone| zone.countries.is_empty() || zone.countries.iter().any(|c| c == country);
        let rates = self.zones.iter().find(serves).map_or(&[][..], |zone| &zone.rates);
        rates
            .iter()
            .filter_map(|rate| {
                let price = *rate.prices.iter().find(|price| price.currency == currency)?;
                Some(ShippingOption::new(&rate.handle, &rate.name, price, (rate.days_min, rate.days_max)))
            })
            .collect()
    }
}

/// The option of a cart in which nothing is shipped.
#[must_use]
pub fn nothing_to_ship(currency: Currency) -> ShippingOption {
    ShippingOption::new(NOTHING_TO_SHIP, "No delivery needed", Money::zero(currency), (0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_zone_with_the_country_serves_it() {
        let table = ShippingTable::default();
        let price = |country, currency| table.options(country, currency).first().map(|o| o.price.amount_minor);
        assert_eq!(price("DE", Currency::EUR), Some(490));
        assert_eq!(price("FR", Currency::EUR), Some(790));
        assert_eq!(price("GB", Currency::GBP), Some(590));
        assert_eq!(price("JP", Currency::USD), Some(1590));
        assert_eq!(price("DE", Currency::JPY), None, "not offered in yen");
    }
}
