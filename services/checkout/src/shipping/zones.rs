//! The shipping zones that a shop wrote.

use contracts::checkout::ShippingOption;
use contracts::selling::{ShippingBasis, ShippingMethod, ShippingZone};
use kernel::{Currency, Money};

use crate::tax::Destination;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub currency: Currency,
    /// Grams of what is shipped.
    pub weight_g: i64,
    /// Units shipped.
    pub quantity: i64,
    /// All goods after discounts, in minor units.
    pub price_minor: i64,
}

/// The zones of a shop by position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShippingZones(Vec<ShippingZone>);

impl ShippingZones {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn add(&mut self, zone: ShippingZone) {
        self.0.push(zone);
        self.0.sort_by(|a, b| (a.position, &a.handle).cmp(&(b.position, &b.handle)));
    }

    /// How `parcel` can get there: the methods of the first zone that has the address.
    #[must_use]
    pub fn options(&self, to: &Destination<'_>, parcel: &Parcel, locale: &str) -> Vec<ShippingOption> {
        let zone = self.0.iter().find(|zone| reaches(zone, to));
        let methods = zone.map_or(&[][..], |zone| &zone.methods);
        methods.iter().filter_map(|method| offered(method, parcel, locale)).collect()
    }
}

fn reaches(zone: &ShippingZone, to: &Destination<'_>) -> bool {
    if zone.countries.is_empty() && zone.regions.is_empty() {
        return true;
    }
    let region =
        |text: &String| text.split_once('-').is_some_and(|(country, region)| country == to.country && to.is_in(region));
    zone.countries.iter().any(|c| c == to.country) || zone.regions.iter().any(region)
}

/// The method at its price for `parcel`; None when it does not take it, or not in this currency.
fn offered(method: &ShippingMethod, parcel: &Parcel, locale: &str) -> Option<ShippingOption> {
    let measure = match method.by {
        ShippingBasis::Nothing => 0,
        ShippingBasis::Weight => parcel.weight_g,
        ShippingBasis::Price => parcel.price_minor,
        ShippingBasis::Quantity => parcel.quantity,
    };
    let in_currency = |amounts: &[Money]| amounts.iter().find(|m| m.currency == parcel.currency).copied();
    let step = method.steps.iter().find(|step| step.up_to.is_none_or(|up_to| measure <= up_to))?;
    let mut price = in_currency(&step.prices)?;
    if in_currency(&method.free_from).is_some_and(|from| parcel.price_minor >= from.amount_minor) {
        price = Money::zero(parcel.currency);
    }
    let days = (method.days_min, method.days_max);
    let option = ShippingOption::new(&method.handle, method.name.get(locale), price, days);
    Some(ShippingOption { pick_up: method.pick_up.clone(), ..option })
}

#[cfg(test)]
mod tests {
    use contracts::market::Texts;
    use contracts::selling::ShippingStep;

    use super::*;

    fn method(handle: &str, by: ShippingBasis, steps: &[(Option<i64>, i64)]) -> ShippingMethod {
        let step = |(up_to, price): &(Option<i64>, i64)| ShippingStep {
            up_to: *up_to,
            prices: vec![Money::new(*price, Currency::EUR)],
        };
        ShippingMethod {
            handle: handle.to_owned(),
            name: Texts([("en".to_owned(), "By post".to_owned()), ("de".to_owned(), "Mit der Post".to_owned())].into()),
            by,
            steps: steps.iter().map(step).collect(),
            free_from: Vec::new(),
            days_min: 1,
            days_max: 2,
            pick_up: None,
        }
    }

    fn zone(handle: &str, countries: &[&str], regions: &[&str], methods: Vec<ShippingMethod>) -> ShippingZone {
        let texts = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        ShippingZone {
            handle: handle.to_owned(),
            version: 1,
            name: handle.to_owned(),
            countries: texts(countries),
            regions: texts(regions),
            position: 0,
            methods,
        }
    }

    const PARCEL: Parcel = Parcel { currency: Currency::EUR, weight_g: 2_000, quantity: 3, price_minor: 10_000 };

    fn prices(zones: &ShippingZones, to: &Destination<'_>, parcel: &Parcel) -> Vec<(String, i64)> {
        let options = zones.options(to, parcel, "de");
        options.into_iter().map(|o| (format!("{} {}", o.handle, o.name), o.price.amount_minor)).collect()
    }

    #[test]
    fn a_method_costs_what_its_step_says() {
        let by = |basis, limit| {
            let mut zones = ShippingZones::default();
            zones.add(zone("z", &["DE"], &[], vec![method("m", basis, &[(Some(limit), 500), (Some(2 * limit), 900)])]));
            prices(&zones, &Destination::country("DE"), &PARCEL)
        };
        let name = || "m Mit der Post".to_owned();
        for (basis, measure) in
            [(ShippingBasis::Weight, 2_000), (ShippingBasis::Price, 10_000), (ShippingBasis::Quantity, 3)]
        {
            assert_eq!(by(basis, measure), [(name(), 500)], "a limit is part of its step");
            assert_eq!(by(basis, measure - 1), [(name(), 900)]);
            assert_eq!(by(basis, measure / 2 - 1), [], "beyond the last step it is not offered");
        }
        assert_eq!(by(ShippingBasis::Nothing, 1), [(name(), 500)]);
    }

    #[test]
    fn it_is_free_from_a_price_and_only_in_its_currencies() {
        let mut free = method("m", ShippingBasis::Nothing, &[(None, 500)]);
        free.free_from = vec![Money::new(10_000, Currency::EUR)];
        free.pick_up = Some("Harbour 5".to_owned());
        let mut zones = ShippingZones::default();
        zones.add(zone("z", &[], &[], vec![free]));
        let price = |parcel: Parcel| prices(&zones, &Destination::country("JP"), &parcel).first().map(|(_, p)| *p);
        assert_eq!(price(PARCEL), Some(0));
        assert_eq!(price(Parcel { price_minor: 9_999, ..PARCEL }), Some(500));
        assert_eq!(price(Parcel { currency: Currency::USD, ..PARCEL }), None);
        let option = zones.options(&Destination::country("JP"), &PARCEL, "en").remove(0);
        assert_eq!((option.pick_up.as_deref(), option.name.as_str()), (Some("Harbour 5"), "By post"));
    }

    #[test]
    fn the_first_zone_by_position_that_has_the_address_serves_it() {
        let one = |handle: &str| vec![method(handle, ShippingBasis::Nothing, &[(None, 1)])];
        let mut zones = ShippingZones::default();
        zones.add(ShippingZone { position: 9, ..zone("rest", &[], &[], one("rest")) });
        zones.add(ShippingZone { position: 2, ..zone("states", &["US"], &[], one("states")) });
        zones.add(ShippingZone { position: 1, ..zone("islands", &[], &["US-HI", "US-Alaska"], one("islands")) });
        let served = |country, region| {
            let options = zones.options(&Destination { country, region }, &PARCEL, "en");
            options.first().map(|o| o.handle.clone()).unwrap()
        };
        assert_eq!(served("US", Some("Hawaii")), "islands");
        assert_eq!(served("US", Some("AK")), "islands");
        assert_eq!(served("US", Some("TX")), "states");
        assert_eq!(served("US", None), "states");
        assert_eq!(served("FR", Some("HI")), "rest");
    }
}
