//! What hits are narrowed by.

use std::ops::RangeInclusive;

use contracts::Result;
use contracts::catalog::ProductCard;
use contracts::search::{Filter, MAX_FILTER_VALUES};
use kernel::Failure;

use crate::index::{AVAILABLE, CATEGORY, COLLECTION, FacetId, Indexed, PRICE, VENDOR, ValueId};

/// Values of one facet: a product has any of them.
pub(crate) struct Choice {
    pub(crate) facet: FacetId,
    /// As asked for, known or not.
    pub(crate) values: Vec<String>,
    /// Those that some product has.
    pub(crate) ids: Vec<ValueId>,
}

#[derive(Default)]
pub(crate) struct Filters {
    pub(crate) choices: Vec<Choice>,
    /// Ranges of the lowest price, in minor units; any of them. Empty: any price.
    pub(crate) prices: Vec<RangeInclusive<i64>>,
    /// Yes, no, or either.
    pub(crate) available: Option<bool>,
    /// Whether values were named of a facet that the shop knows but no product has now.
    pub(crate) impossible: bool,
}

impl Filters {
    /// # Errors
    /// `unknown_filter`, `invalid_range`, `invalid_value`, `too_many_filters`.
    pub(crate) fn read(filters: &[Filter], indexed: &Indexed) -> Result<Self> {
        let named: usize = filters.iter().map(|filter| filter.values.len()).sum();
        if named > MAX_FILTER_VALUES {
            let detail = format!("Filter by at most {MAX_FILTER_VALUES} values at once.");
            return Err(Failure::field("", "too_many_filters", detail));
        }
        let mut read = Filters::default();
        for filter in filters.iter().filter(|filter| !filter.values.is_empty()) {
            let pointer = || format!("/filter.{}", filter.name.replace('~', "~0").replace('/', "~1"));
            match filter.name.as_str() {
                PRICE => {
                    for value in &filter.values {
                        let detail = "Name a range in minor units: 5000-9999, 5000- or -9999.";
                        let range = range(value).ok_or_else(|| Failure::field(pointer(), "invalid_range", detail))?;
                        read.prices.push(range);
                    }
                }
                AVAILABLE => {
                    let yes = filter.values.iter().any(|value| value == "true");
                    let no = filter.values.iter().any(|value| value == "false");
                    if filter.values.iter().any(|value| value != "true" && value != "false") {
                        return Err(Failure::field(pointer(), "invalid_value", "This must be true or false."));
                    }
                    read.available = (yes != no).then_some(yes);
                }
                name => match indexed.dictionary.facet(name) {
                    Some(facet) => read.choose(facet, &filter.values, indexed),
                    None if is_built_in(name) || indexed.taxonomy.attribute(name).is_some() => read.impossible = true,
                    None => return Err(Failure::field(pointer(), "unknown_filter", unknown(indexed))),
                },
            }
        }
        Ok(read)
    }

    fn choose(&mut self, facet: FacetId, values: &[String], indexed: &Indexed) {
        let ids = values.iter().filter_map(|value| indexed.dictionary.value(facet, value));
        match self.choices.iter_mut().find(|choice| choice.facet == facet) {
            Some(choice) => {
                choice.ids.extend(ids);
                choice.values.extend_from_slice(values);
            }
            None => self.choices.push(Choice { facet, values: values.to_vec(), ids: ids.collect() }),
        }
    }

    /// Whether a card, as the catalog has it now, still fits what changes without the index. `price` is what is paid, when
    /// that is not what everybody pays.
    pub(crate) fn fits(&self, card: &ProductCard, price: Option<i64>) -> bool {
        self.fits_price(price.unwrap_or(card.price_min.amount_minor))
            && self.available.is_none_or(|wanted| card.available == wanted)
    }

    pub(crate) fn fits_price(&self, amount: i64) -> bool {
        self.prices.is_empty() || self.prices.iter().any(|range| range.contains(&amount))
    }
}

fn is_built_in(name: &str) -> bool {
    [CATEGORY, COLLECTION, VENDOR].contains(&name)
}

fn unknown(indexed: &Indexed) -> String {
    let mut names: Vec<&str> = indexed.dictionary.facets.iter().map(|facet| &*facet.name).collect();
    names.extend([PRICE, AVAILABLE]);
    names.sort_unstable();
    names.truncate(30);
    format!("The shop has no such filter. Known here: {}.", names.join(", "))
}

/// `5000-9999`, `5000-` or `-9999`, both ends within.
pub(crate) fn range(text: &str) -> Option<RangeInclusive<i64>> {
    let (low, high) = text.split_once('-')?;
    let amount = |text: &str, absent: i64| {
        if text.is_empty() {
            Some(absent)
        } else {
            text.parse::<i64>().ok().filter(|amount| *amount >= 0 && !text.starts_with('+'))
        }
    };
    let (low_amount, high_amount) = (amount(low, 0)?, amount(high, i64::MAX)?);
    (low_amount <= high_amount && !(low.is_empty() && high.is_empty())).then_some(low_amount..=high_amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_strictly() {
        assert_eq!(range("5000-9999"), Some(5_000..=9_999));
        assert_eq!(range("-9999"), Some(0..=9_999));
        assert_eq!(range("5000-"), Some(5_000..=i64::MAX));
        for bad in ["", "-", "5000", "9-5", "a-b", "+5-9", "--5", "5--9", "5.0-9", "99999999999999999999-"] {
            assert_eq!(range(bad), None, "{bad}");
        }
    }
}
