//! On what terms a shop sells.

use std::collections::BTreeSet;

use contracts::market::{Market, is_country};
use kernel::Currency;
use serde::{Deserialize, Serialize};

use crate::settings::Zone;
use crate::shipping::ShippingTable;
use crate::tax::{EU, TaxTable};

/// Markets, taxes and shipping rates. The default is the demo shop's: Europe in euro and the United Kingdom in pounds,
/// both with tax in the price, and the United States in dollars without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Terms {
    /// IANA name of the zone in which dates of promotions, prices and taxes are meant, until the shop's settings say it.
    #[serde(skip)]
    pub time_zone: String,
    /// Where the shop is taxed, ISO 3166-1 alpha-2, until the shop's settings say it.
    #[serde(skip)]
    pub country: String,
    /// The first is the default one.
    pub markets: Vec<Market>,
    pub tax: TaxTable,
    pub shipping: ShippingTable,
}

impl Default for Terms {
    fn default() -> Self {
        let market = |handle: &str, name: &str, currency, countries: &[&str], prices_include_tax| Market {
            handle: handle.to_owned(),
            name: name.to_owned(),
            currency,
            locale: "en".to_owned(),
            countries: countries.iter().map(|&country| country.to_owned()).collect(),
            prices_include_tax,
        };
        // Switzerland and Liechtenstein are served from the European market, at their own rates.
        let europe: Vec<&str> = EU.into_iter().chain(["CH", "LI"]).collect();
        Terms {
            markets: vec![
                market("eu", "Europe", Currency::EUR, &europe, true),
                market("uk", "United Kingdom", Currency::GBP, &["GB"], true),
                market("us", "United States", Currency::USD, &["US"], false),
            ],
            tax: TaxTable::default(),
            shipping: ShippingTable::default(),
            time_zone: "Europe/Berlin".to_owned(),
            country: "DE".to_owned(),
        }
    }
}

impl Terms {
    /// The market that serves `country` in `currency`. Without a country, the first that sells in `currency`.
    #[must_use]
    pub fn market(&self, currency: Currency, country: Option<&str>) -> Option<&Market> {
        let delivers = |market: &Market| {
            country.is_none_or(|country| market.countries.is_empty() || market.countries.iter().any(|c| c == country))
        };
        self.markets.iter().find(|market| market.currency == currency && delivers(market))
    }

    /// What cannot be right about these terms, one sentence each; empty when nothing is.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.markets.is_empty() {
            problems.push("markets: at least one market is needed.".to_owned());
        }
        let mut handles = BTreeSet::new();
        for market in &self.markets {
            if market.handle.is_empty() || !handles.insert(&market.handle) {
                problems.push(format!("markets: the handle {:?} is empty or given twice.", market.handle));
            }
            for country in &market.countries {
                check_country(&mut problems, &format!("market {}", market.handle), country);
                if self.shipping.options(country, market.currency).is_empty() {
                    problems.push(format!(
                        "market {}: no shipping rate in {} reaches {country}.",
                        market.handle, market.currency
                    ));
                }
            }
        }
        if Zone::named(&self.time_zone).is_err() {
            problems.push(format!("time_zone: {:?} is not a zone of the IANA database.", self.time_zone));
        }
        check_country(&mut problems, "country", &self.country);
        for country in self.tax.0.keys() {
            check_country(&mut problems, "tax", country);
        }
        for zone in &self.shipping.zones {
            zone.countries.iter().for_each(|c| check_country(&mut problems, &format!("zone {}", zone.name), c));
            for rate in &zone.rates {
                if rate.prices.iter().any(|price| price.amount_minor < 0) {
                    problems.push(format!("zone {}: the rate {} has a negative price.", zone.name, rate.handle));
                }
                if rate.days_min > rate.days_max {
                    problems.push(format!("zone {}: the rate {} has days_min above days_max.", zone.name, rate.handle));
                }
            }
        }
        problems
    }
}

fn check_country(problems: &mut Vec<String>, place: &str, country: &str) {
    if !is_country(country) {
        problems.push(format!("{place}: {country:?} is not an ISO 3166-1 alpha-2 code in capitals."));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_terms_have_no_problems() {
        assert_eq!(Terms::default().problems(), Vec::<String>::new());
    }

    #[test]
    fn terms_survive_their_toml() {
        let text = toml::to_string(&Terms::default()).unwrap();
        assert_eq!(toml::from_str::<Terms>(&text).unwrap(), Terms::default());
    }

    #[test]
    fn every_problem_is_reported() {
        let mut terms = Terms::default();
        terms.markets[1].handle = "eu".to_owned();
        terms.markets[2].countries.push("XX".to_owned());
        terms.markets[2].currency = Currency::JPY;
        terms.shipping.zones[0].rates[0].prices[0].amount_minor = -1;
        terms.shipping.zones[0].rates[0].days_min = 9;
        terms.time_zone = "Europe/Atlantis".to_owned();
        terms.country = "Germany".to_owned();
        let problems = terms.problems();
        assert_eq!(problems.len(), 8, "{problems:#?}");
    }

    #[test]
    fn the_market_follows_currency_and_country() {
        let terms = Terms::default();
        let handle = |currency, country| terms.market(currency, country).map(|m| m.handle.as_str());
        assert_eq!(handle(Currency::EUR, None), Some("eu"));
        assert_eq!(handle(Currency::EUR, Some("CH")), Some("eu"));
        assert_eq!(handle(Currency::USD, Some("DE")), None);
        assert_eq!(handle(Currency::JPY, None), None);
    }
}
