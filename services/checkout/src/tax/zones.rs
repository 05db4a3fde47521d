//! The tax zones that a shop wrote.

use contracts::selling::TaxZone;
use kernel::{Rate, Timestamp};

use super::Destination;
use crate::settings::Zone;

/// A rate for a time, from its first instant until before its last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Dated {
    class: String,
    rate: Rate,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    zone: TaxZone,
    rates: Vec<Dated>,
}

/// The zones of a shop, those of regions before those of whole countries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaxZones(Vec<Entry>);

impl TaxZones {
    pub(crate) fn add(&mut self, zone: &TaxZone, clock: &Zone) {
        let day = |day: &Option<String>| day.as_deref().and_then(|day| clock.day_begins(day));
        let dated = |rate: &contracts::selling::TaxRate| Dated {
            class: rate.class.clone(),
            rate: rate.rate,
            from: day(&rate.valid_from),
            until: day(&rate.valid_until),
        };
        self.0.push(Entry { zone: zone.clone(), rates: zone.rates.iter().map(dated).collect() });
        self.0.sort_by_key(|entry| entry.zone.regions.is_empty());
    }

    fn entry(&self, to: &Destination<'_>) -> Option<&Entry> {
        self.0.iter().find(|entry| {
            let zone = &entry.zone;
            zone.country == to.country && (zone.regions.is_empty() || zone.regions.iter().any(|r| to.is_in(r)))
        })
    }

    /// The rate of `class` now; None where no zone is written. A class without a rate counts as standard, so that a typing
    /// mistake never undercharges; of several that are valid at once the last one written counts.
    #[must_use]
    pub fn rate(&self, to: &Destination<'_>, class: &str, now: Timestamp) -> Option<Rate> {
        let entry = self.entry(to)?;
        if class == "zero" {
            return Some(Rate::ZERO);
        }
        let valid =
            |rate: &&Dated| rate.from.is_none_or(|from| from <= now) && rate.until.is_none_or(|until| now < until);
        let of = |class: &str| entry.rates.iter().rev().filter(valid).find(|rate| rate.class == class).map(|r| r.rate);
        Some(of(class).or_else(|| of("standard")).unwrap_or(Rate::ZERO))
    }

    /// What the tax is called there.
    #[must_use]
    pub fn name(&self, to: &Destination<'_>) -> Option<&str> {
        self.entry(to).map(|entry| entry.zone.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use contracts::selling::TaxRate;

    use super::*;

    fn zone(country: &str, regions: &[&str], rates: &[(&str, u32, Option<&str>, Option<&str>)]) -> TaxZone {
        let rate = |(class, ppm, from, until): &(&str, u32, Option<&str>, Option<&str>)| TaxRate {
            class: (*class).to_owned(),
            rate: Rate::from_ppm(*ppm),
            valid_from: from.map(str::to_owned),
            valid_until: until.map(str::to_owned),
        };
        TaxZone {
            handle: "z".to_owned(),
            version: 1,
            country: country.to_owned(),
            regions: regions.iter().map(|r| (*r).to_owned()).collect(),
            name: format!("Tax of {country}"),
            rates: rates.iter().map(rate).collect(),
        }
    }

    #[test]
    fn a_region_comes_before_its_country_and_a_rate_holds_for_its_time() {
        let berlin = Zone::named("Europe/Berlin").unwrap();
        let mut zones = TaxZones::default();
        zones.add(
            &zone(
                "DE",
                &[],
                &[
                    ("standard", 190_000, None, Some("2020-07-01")),
                    ("standard", 160_000, Some("2020-07-01"), Some("2021-01-01")),
                    ("standard", 190_000, Some("2021-01-01"), None),
                    ("books", 70_000, None, None),
                ],
            ),
            &berlin,
        );
        zones.add(&zone("US", &[], &[("standard", 10_000, None, None)]), &berlin);
        zones.add(&zone("US", &["CA", "Nevada"], &[("standard", 80_000, None, None)]), &berlin);
        let rate = |country, region, class, at: &str| {
            let to = Destination { country, region };
            zones.rate(&to, class, Timestamp::parse(at).unwrap()).map(Rate::ppm)
        };
        // The first of July begins at ten in the evening, UTC.
        assert_eq!(rate("DE", None, "standard", "2020-06-30T21:59:59Z"), Some(190_000));
        assert_eq!(rate("DE", None, "standard", "2020-06-30T22:00:00Z"), Some(160_000));
        assert_eq!(rate("DE", None, "standard", "2020-12-31T23:00:00Z"), Some(190_000));
        let now = "2026-01-01T00:00:00Z";
        assert_eq!(rate("DE", None, "books", now), Some(70_000));
        assert_eq!(rate("DE", None, "bokos", now), Some(190_000));
        assert_eq!(rate("DE", None, "zero", now), Some(0));
        assert_eq!(rate("US", Some("california"), "standard", now), Some(80_000));
        assert_eq!(rate("US", Some("NV"), "standard", now), Some(80_000));
        assert_eq!(rate("US", Some("OR"), "standard", now), Some(10_000));
        assert_eq!(rate("FR", None, "standard", now), None);
    }
}
