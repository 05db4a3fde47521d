//! The states of the United States: how addresses name them, and their base rates.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kernel::Rate;

static RATES: LazyLock<BTreeMap<String, Rate>> = LazyLock::new(|| {
    toml::from_str(include_str!("us.toml")).expect("us.toml is part of the program and is read in a test")
});

/// Names as they stand in addresses, with the codes of the postal service.
const NAMES: &str = "Alabama=AL Alaska=AK Arizona=AZ Arkansas=AR California=CA Colorado=CO Connecticut=CT Delaware=DE \
    District of Columbia=DC Florida=FL Georgia=GA Hawaii=HI Idaho=ID Illinois=IL Indiana=IN Iowa=IA Kansas=KS \
    Kentucky=KY Louisiana=LA Maine=ME Maryland=MD Massachusetts=MA Michigan=MI Minnesota=MN Mississippi=MS Missouri=MO \
    Montana=MT Nebraska=NE Nevada=NV New Hampshire=NH New Jersey=NJ New Mexico=NM New York=NY North Carolina=NC \
    North Dakota=ND Ohio=OH Oklahoma=OK Oregon=OR Pennsylvania=PA Rhode Island=RI South Carolina=SC South Dakota=SD \
    Tennessee=TN Texas=TX Utah=UT Vermont=VT Virginia=VA Washington=WA West Virginia=WV Wisconsin=WI Wyoming=WY";

/// Whether these are the two letters of a state, or of the District of Columbia.
#[must_use]
pub fn is_us_state(code: &str) -> bool {
    RATES.contains_key(code)
}

/// The base rate of a state; none for what is no state.
#[must_use]
pub fn us_state_rate(code: &str) -> Rate {
    RATES.get(code).copied().unwrap_or(Rate::ZERO)
}

/// The state that an address names: by its letters, with or without `US-`, or by its name. Capitals make no difference.
#[must_use]
pub fn us_state(region: &str) -> Option<String> {
    let region = region.trim().to_uppercase();
    let code = region.strip_prefix("US-").unwrap_or(&region);
    if is_us_state(code) {
        return Some(code.to_owned());
    }
    let entry = NAMES.to_uppercase();
    let found = entry.match_indices('=').find_map(|(at, _)| {
        let name = entry[..at].trim_start();
        let name = name.rfind('=').map_or(name, |before| name[before + 3..].trim_start());
        (name == code).then(|| entry[at + 1..at + 3].to_owned())
    });
    found.filter(|code| is_us_state(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_rate_and_a_name() {
        assert_eq!(RATES.len(), 51);
        assert_eq!(NAMES.matches('=').count(), 51);
        assert!(RATES.values().all(|rate| rate.ppm() <= 75_000), "no state's own rate is higher than 7.25 %");
        for (region, code) in [
            ("CA", "CA"),
            ("us-ny", "NY"),
            (" New york ", "NY"),
            ("District of Columbia", "DC"),
            ("West Virginia", "WV"),
            ("Virginia", "VA"),
            ("Alabama", "AL"),
        ] {
            assert_eq!(us_state(region).as_deref(), Some(code), "{region}");
        }
        for region in ["", "Bavaria", "York", "PR", "New York=NY"] {
            assert_eq!(us_state(region), None, "{region}");
        }
        assert_eq!((us_state_rate("CA").ppm(), us_state_rate("OR").ppm()), (72_500, 0));
    }
}
