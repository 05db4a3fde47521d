//! Narrows hits by filters and counts what is left, in one pass.
//!
//! A product that fails no filter is a hit and counts everywhere. One that fails a single facet's filter counts in that
//! facet only: so many more would come if that value were chosen too. One that fails two counts nowhere.

use contracts::search::{Facet, FacetKind, FacetValue};

use super::filter::Filters;
use super::{Hit, Shelf};
use crate::index::{AVAILABLE, FacetId, Indexed, PRICE, PriceColumn, ValueId};

/// The most values shown of a facet; chosen ones always are.
const MAX_VALUES: usize = 60;

pub(crate) struct Narrowed {
    /// In no particular order.
    pub(crate) hits: Vec<Hit>,
    counts: Vec<u32>,
    /// Per range of prices.
    prices: Vec<u32>,
    steps: Vec<i64>,
    /// Not available, available.
    available: [u32; 2],
}

/// What a product fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fails {
    Nothing,
    Facet(FacetId),
    Price,
    Availability,
}

pub(crate) fn narrow(shelf: &Shelf<'_>, found: &[Hit], filters: &Filters, prices: Option<&PriceColumn>) -> Narrowed {
    let Indexed { columns, dictionary, .. } = &*shelf.snapshot.indexed;
    let mut narrowed = Narrowed {
        hits: Vec::with_capacity(found.len()),
        counts: vec![0; dictionary.len()],
        prices: Vec::new(),
        steps: Vec::new(),
        available: [0; 2],
    };
    // Without a price in the currency nothing is on sale in it.
    let Some(prices) = prices else { return narrowed };
    narrowed.steps.clone_from(&prices.steps);
    narrowed.prices = vec![0; prices.steps.len() + 1];
    if filters.impossible {
        return narrowed;
    }
    for hit in found {
        let Some(amount) = prices.amount(hit.slot) else { continue };
        let values = columns.values(hit.slot);
        let available = shelf.snapshot.available.get(hit.slot);
        let Some(fails) = fails(filters, values, amount, available) else { continue };
        if fails == Fails::Nothing {
            narrowed.hits.push(*hit);
            for &value in values {
                narrowed.counts[value as usize] += 1;
            }
        } else if let Fails::Facet(facet) = fails {
            for &value in values.iter().filter(|&&value| dictionary.facet_of(value) == facet) {
                narrowed.counts[value as usize] += 1;
            }
        }
        if matches!(fails, Fails::Nothing | Fails::Price) {
            let range = prices.steps.partition_point(|&step| step <= amount);
            narrowed.prices[range] += 1;
        }
        if matches!(fails, Fails::Nothing | Fails::Availability) {
            narrowed.available[usize::from(available)] += 1;
        }
    }
    narrowed
}

/// None when more than one facet's filter is failed.
fn fails(filters: &Filters, values: &[ValueId], amount: i64, available: bool) -> Option<Fails> {
    let mut fails = Fails::Nothing;
    let mut fail = |what: Fails| {
        if fails != Fails::Nothing {
            return None;
        }
        fails = what;
        Some(())
    };
    for choice in &filters.choices {
        if !choice.ids.iter().any(|id| values.binary_search(id).is_ok()) {
            fail(Fails::Facet(choice.facet))?;
        }
    }
    if !filters.fits_price(amount) {
        fail(Fails::Price)?;
    }
    if filters.available.is_some_and(|wanted| wanted != available) {
        fail(Fails::Availability)?;
    }
    Some(fails)
}

/// The facets worth showing: those that part the hits, and those that are in use.
pub(crate) fn shown(shelf: &Shelf<'_>, narrowed: &Narrowed, filters: &Filters, language: usize) -> Vec<Facet> {
    let indexed = &*shelf.snapshot.indexed;
    let mut facets = Vec::new();
    for (id, column) in (0..).zip(&indexed.dictionary.facets) {
        let chosen = filters.choices.iter().find(|choice| choice.facet == id);
        let is_chosen = |value: ValueId| chosen.is_some_and(|choice| choice.ids.contains(&value));
        let mut counted = column.values.iter().filter(|&&value| narrowed.counts[value as usize] > 0);
        // Most facets part none of the hits: of a shoe there is no length in centimetres.
        if chosen.is_none() && counted.nth(1).is_none() {
            continue;
        }
        let label = facet_label(indexed, &column.name, language);
        let mut values: Vec<FacetValue> = column
            .values
            .iter()
            .filter(|&&value| narrowed.counts[value as usize] > 0 || is_chosen(value))
            .map(|&value| {
                let text = indexed.dictionary.text(value).to_string();
                FacetValue {
                    label: value_label(indexed, column.kind, &text, language),
                    count: narrowed.counts[value as usize],
                    selected: is_chosen(value),
                    value: text,
                }
            })
            .collect();
        order(indexed, column.kind, &mut values);
        cut(&mut values);
        facets.push(Facet { name: column.name.to_string(), kind: column.kind, label, values });
    }
    facets.push(price_facet(narrowed, filters));
    facets.push(availability_facet(narrowed, filters));
    facets.retain(|facet| facet.values.len() > 1 || facet.values.iter().any(|value| value.selected));
    facets.sort_by_key(|facet| (rank(facet.kind), facet.name.clone()));
    facets
}

const fn rank(kind: FacetKind) -> u8 {
    match kind {
        FacetKind::Category => 0,
        FacetKind::Price => 1,
        FacetKind::Option => 2,
        FacetKind::Vendor => 3,
        FacetKind::Attribute => 4,
        FacetKind::Flag => 5,
        FacetKind::Collection => 6,
        FacetKind::Availability => 7,
    }
}

fn facet_label(indexed: &Indexed, name: &str, language: usize) -> String {
    if let Some(definition) = indexed.taxonomy.attribute(name) {
        return definition.label.get(&indexed.lexicons[language].language.code).to_owned();
    }
    let mut chars = name.chars();
    let spaced: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    spaced.replace('_', " ")
}

fn value_label(indexed: &Indexed, kind: FacetKind, value: &str, language: usize) -> String {
    match kind {
        FacetKind::Category => {
            let way = indexed.taxonomy.way_to(value);
            let names = way.iter().rev().map(|handle| indexed.taxonomy.category_name(handle, language));
            names.collect::<Vec<_>>().join(" › ")
        }
        FacetKind::Collection => indexed.taxonomy.collection_name(value, language).to_owned(),
        _ => value.to_owned(),
    }
}

/// Categories as in the tree, numbers as numbers, flags with yes first, others by how many there are.
fn order(indexed: &Indexed, kind: FacetKind, values: &mut [FacetValue]) {
    match kind {
        FacetKind::Category => values.sort_by_key(|value| indexed.taxonomy.position(&value.value)),
        FacetKind::Flag => values.sort_by(|a, b| b.value.cmp(&a.value)),
        _ if values.iter().all(|value| leading_number(&value.value).is_some()) => {
            values.sort_by_cached_key(|value| (leading_number(&value.value), value.value.clone()));
        }
        _ => values.sort_by(|a, b| (b.count, &a.label).cmp(&(a.count, &b.label))),
    }
}

/// The number that a size such as `42`, `42.5` or `36-38` begins with, in hundredths.
fn leading_number(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let whole: u64 = text[..digits].parse().ok().filter(|number| *number < 1_000_000_000)?;
    let rest = text[digits..].strip_prefix(['.', ',']).unwrap_or("");
    let tenths: String = rest.chars().take_while(char::is_ascii_digit).chain("00".chars()).take(2).collect();
    Some(whole * 100 + tenths.parse::<u64>().unwrap_or(0))
}

/// Keeps the first values and those that are chosen.
fn cut(values: &mut Vec<FacetValue>) {
    let mut left = MAX_VALUES;
    values.retain(|value| {
        left = left.saturating_sub(1);
        value.selected || left > 0
    });
}

fn price_facet(narrowed: &Narrowed, filters: &Filters) -> Facet {
    let mut values: Vec<FacetValue> = Vec::new();
    for (at, &count) in narrowed.prices.iter().enumerate() {
        let low = if at == 0 { None } else { narrowed.steps.get(at - 1) };
        let high = narrowed.steps.get(at).map(|step| step - 1);
        let text = |amount: Option<i64>| amount.map(|amount| amount.to_string()).unwrap_or_default();
        let value = format!("{}-{}", text(low.copied()), text(high));
        let selected = super::filter::range(&value).is_some_and(|range| filters.prices.contains(&range));
        if count > 0 || selected {
            values.push(FacetValue { label: value.clone(), value, count, selected });
        }
    }
    // A range of somebody's own.
    for range in &filters.prices {
        let text = |amount: i64, absent: i64| if amount == absent { String::new() } else { amount.to_string() };
        let value = format!("{}-{}", text(*range.start(), 0), text(*range.end(), i64::MAX));
        if !values.iter().any(|known| super::filter::range(&known.value).as_ref() == Some(range)) {
            let count = u32::try_from(narrowed.hits.len()).unwrap_or(u32::MAX);
            values.push(FacetValue { label: value.clone(), value, count, selected: true });
        }
    }
    Facet { name: PRICE.to_owned(), kind: FacetKind::Price, label: "Price".to_owned(), values }
}

fn availability_facet(narrowed: &Narrowed, filters: &Filters) -> Facet {
    let values = [true, false].into_iter().map(|yes| FacetValue {
        value: yes.to_string(),
        label: yes.to_string(),
        count: narrowed.available[usize::from(yes)],
        selected: filters.available == Some(yes),
    });
    let values = values.filter(|value| value.count > 0 || value.selected).collect();
    Facet { name: AVAILABLE.to_owned(), kind: FacetKind::Availability, label: "Available".to_owned(), values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_ordered_as_numbers() {
        let mut sizes = ["42", "9", "42.5", "36-38", "100 ml"];
        sizes.sort_by_key(|size| leading_number(size));
        assert_eq!(sizes, ["9", "36-38", "42", "42.5", "100 ml"]);
        assert_eq!(leading_number("XL"), None);
    }

    #[test]
    fn a_product_counts_where_it_fails_alone() {
        use super::super::filter::Choice;
        let choice = |facet, id| Choice { facet, values: Vec::new(), ids: vec![id] };
        let filters = Filters {
            choices: vec![choice(0, 10), choice(1, 20)],
            prices: vec![0..=100],
            available: Some(true),
            impossible: false,
        };
        let of = |values: &[u32], amount, available| fails(&filters, values, amount, available);
        assert!(of(&[10, 20], 50, true) == Some(Fails::Nothing));
        assert!(of(&[11, 20], 50, true) == Some(Fails::Facet(0)));
        assert!(of(&[10, 21], 50, true) == Some(Fails::Facet(1)));
        assert!(of(&[10, 20], 500, true) == Some(Fails::Price));
        assert!(of(&[10, 20], 50, false) == Some(Fails::Availability));
        assert!(of(&[11, 20], 500, true).is_none() && of(&[11, 21], 50, true).is_none());
    }
}
