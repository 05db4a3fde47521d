//! Rows laid out for counting: one pass over numbers instead of one over documents.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use contracts::catalog::{AttributeDefinition, AttributeKind};
use contracts::search::FacetKind;
use kernel::{Currency, ProductId};

use super::row::{CATEGORY, COLLECTION, Row, VENDOR};
use super::taxonomy::Taxonomy;

pub(crate) type FacetId = u16;
pub(crate) type ValueId = u32;

/// A facet that products have values of.
#[derive(Clone)]
pub(crate) struct FacetColumn {
    pub(crate) name: Arc<str>,
    pub(crate) kind: FacetKind,
    /// Its values, in the order in which they were first met.
    pub(crate) values: Vec<ValueId>,
}

/// Numbers for facets and their values. Only grows; a new generation starts with an empty one.
#[derive(Clone, Default)]
pub(crate) struct Dictionary {
    pub(crate) facets: Vec<FacetColumn>,
    by_name: HashMap<Arc<str>, FacetId>,
    /// Facet and text of every value.
    values: Vec<(FacetId, Arc<str>)>,
    ids: HashMap<(FacetId, Arc<str>), ValueId>,
}

impl Dictionary {
    /// The numbers of the values of `row`, in order.
    pub(crate) fn take(&mut self, row: &Row, taxonomy: &Taxonomy) -> Box<[ValueId]> {
        let mut ids = Vec::new();
        for (name, values) in &row.facets {
            let Some(facet) = self.facet_or_new(name, taxonomy) else { continue };
            ids.extend(values.iter().filter_map(|value| self.value_or_new(facet, value)));
        }
        ids.sort_unstable();
        ids.dedup();
        ids.into()
    }

    fn facet_or_new(&mut self, name: &str, taxonomy: &Taxonomy) -> Option<FacetId> {
        if let Some(&known) = self.by_name.get(name) {
            return Some(known);
        }
        let id = FacetId::try_from(self.facets.len()).ok()?;
        let name: Arc<str> = name.into();
        self.facets.push(FacetColumn { name: name.clone(), kind: kind(&name, taxonomy), values: Vec::new() });
        self.by_name.insert(name, id);
        Some(id)
    }

    fn value_or_new(&mut self, facet: FacetId, value: &str) -> Option<ValueId> {
        let text: Arc<str> = value.into();
        if let Some(&known) = self.ids.get(&(facet, text.clone())) {
            return Some(known);
        }
        let id = ValueId::try_from(self.values.len()).ok()?;
        self.values.push((facet, text.clone()));
        self.ids.insert((facet, text), id);
        self.facets[usize::from(facet)].values.push(id);
        Some(id)
    }

    pub(crate) fn facet(&self, name: &str) -> Option<FacetId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn value(&self, facet: FacetId, text: &str) -> Option<ValueId> {
        self.ids.get(&(facet, text.into())).copied()
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn facet_of(&self, value: ValueId) -> FacetId {
        self.values[value as usize].0
    }

    pub(crate) fn text(&self, value: ValueId) -> &Arc<str> {
        &self.values[value as usize].1
    }
}

fn kind(name: &str, taxonomy: &Taxonomy) -> FacetKind {
    match (name, taxonomy.attribute(name)) {
        (CATEGORY, _) => FacetKind::Category,
        (COLLECTION, _) => FacetKind::Collection,
        (VENDOR, _) => FacetKind::Vendor,
        (_, Some(AttributeDefinition { kind: AttributeKind::Flag, .. })) => FacetKind::Flag,
        (_, Some(_)) => FacetKind::Attribute,
        (_, None) => FacetKind::Option,
    }
}

/// A row with its values as numbers.
#[derive(Clone)]
pub(crate) struct Numbered {
    pub(crate) row: Arc<Row>,
    pub(crate) values: Box<[ValueId]>,
}

/// Marks a slot without a product, or a product without a price in a currency.
const NONE: i64 = i64::MIN;

/// All rows, addressed by slot.
#[derive(Default)]
pub(crate) struct Columns {
    pub(crate) rows: Vec<Option<Arc<Row>>>,
    /// Where the values of a slot begin in `values`; one more entry than slots.
    offsets: Vec<u32>,
    values: Vec<ValueId>,
    prices: Vec<PriceColumn>,
    /// Of each slot; nothing is read of those without a product.
    ids: Vec<ProductId>,
    created_at: Vec<i64>,
    titles: Vec<OnceLock<TitleOrder>>,
}

/// The products in the order of their titles in one language, the newest first among equals.
pub(crate) struct TitleOrder {
    sorted: Vec<u32>,
    /// Where each slot stands in `sorted`.
    places: Vec<u32>,
}

impl TitleOrder {
    fn new(rows: &[Option<Arc<Row>>], language: usize) -> Self {
        let mut keyed: Vec<((&str, Reverse<ProductId>), u32)> = (0..)
            .zip(rows)
            .filter_map(|(slot, row)| Some(((title(row.as_ref()?, language), Reverse(row.as_ref()?.id)), slot)))
            .collect();
        keyed.sort_unstable();
        let sorted: Vec<u32> = keyed.into_iter().map(|(_, slot)| slot).collect();
        let mut places = vec![u32::MAX; rows.len()];
        for (place, &slot) in (0..).zip(&sorted) {
            places[slot as usize] = place;
        }
        TitleOrder { sorted, places }
    }

    pub(crate) fn place(&self, slot: u32) -> u32 {
        self.places.get(slot as usize).copied().unwrap_or(u32::MAX)
    }
}

fn title(row: &Row, language: usize) -> &str {
    row.titles.get(language).map_or("", String::as_str)
}

/// The lowest prices in one currency.
pub(crate) struct PriceColumn {
    currency: String,
    amounts: Vec<i64>,
    /// Where the ranges begin by which shoppers can filter, lowest first; the first range begins at 0.
    pub(crate) steps: Vec<i64>,
}

impl PriceColumn {
    /// The price of `slot`, in minor units.
    pub(crate) fn amount(&self, slot: u32) -> Option<i64> {
        self.amounts.get(slot as usize).copied().filter(|&amount| amount != NONE)
    }

    /// The same with other prices at some slots. The ranges are those of everybody, so that filters mean the same.
    pub(crate) fn with(&self, others: impl Iterator<Item = (u32, i64)>) -> PriceColumn {
        let mut amounts = self.amounts.clone();
        for (slot, amount) in others {
            if let Some(known) = amounts.get_mut(slot as usize).filter(|known| **known != NONE) {
                *known = amount;
            }
        }
        PriceColumn { currency: self.currency.clone(), amounts, steps: self.steps.clone() }
    }
}

impl Columns {
    pub(crate) fn new(slots: usize, rows: &mut dyn Iterator<Item = &Numbered>) -> Self {
        let mut by_slot: Vec<Option<&Numbered>> = vec![None; slots];
        for numbered in rows {
            by_slot[numbered.row.slot as usize] = Some(numbered);
        }
        let mut columns = Columns { offsets: vec![0], ..Columns::default() };
        let languages = by_slot.iter().flatten().map(|numbered| numbered.row.titles.len()).max().unwrap_or(0);
        columns.titles = (0..languages).map(|_| OnceLock::new()).collect();
        let nobody = ProductId::from_uuid(uuid::Uuid::nil());
        for (slot, numbered) in by_slot.iter().enumerate() {
            let (id, created_at) = numbered.map_or((nobody, 0), |known| (known.row.id, known.row.created_at));
            columns.ids.push(id);
            columns.created_at.push(created_at);
            columns.rows.push(numbered.map(|numbered| numbered.row.clone()));
            if let Some(numbered) = numbered {
                columns.values.extend_from_slice(&numbered.values);
                for (currency, amount) in &numbered.row.prices {
                    columns.price_column(currency, slots).amounts[slot] = *amount;
                }
            }
            // A store has far fewer values than four thousand million.
            columns.offsets.push(u32::try_from(columns.values.len()).unwrap_or(u32::MAX));
        }
        for column in &mut columns.prices {
            column.steps = steps(&column.amounts);
        }
        columns
    }

    fn price_column(&mut self, currency: &str, slots: usize) -> &mut PriceColumn {
        let at = self.prices.iter().position(|column| column.currency == currency).unwrap_or_else(|| {
            let amounts = vec![NONE; slots];
            self.prices.push(PriceColumn { currency: currency.to_owned(), amounts, steps: Vec::new() });
            self.prices.len() - 1
        });
        &mut self.prices[at]
    }

    pub(crate) fn row(&self, slot: u32) -> Option<&Arc<Row>> {
        self.rows.get(slot as usize)?.as_ref()
    }

    /// The product of `slot`, when there is one.
    pub(crate) fn id(&self, slot: u32) -> ProductId {
        self.ids[slot as usize]
    }

    /// Milliseconds since the Unix epoch.
    pub(crate) fn created_at(&self, slot: u32) -> i64 {
        self.created_at[slot as usize]
    }

    /// Sorted by whoever asks first.
    pub(crate) fn title_order(&self, language: usize) -> Option<&TitleOrder> {
        Some(self.titles.get(language)?.get_or_init(|| TitleOrder::new(&self.rows, language)))
    }

    /// How many products stand at or before this title and id.
    pub(crate) fn titles_through(&self, language: usize, text: &str, id: ProductId) -> u32 {
        let before = |slot: &u32| {
            self.row(*slot).is_some_and(|row| (title(row, language), Reverse(row.id)) <= (text, Reverse(id)))
        };
        let through = self.title_order(language).map_or(0, |order| order.sorted.partition_point(before));
        u32::try_from(through).unwrap_or(u32::MAX)
    }

    /// The values of `slot`, in order.
    pub(crate) fn values(&self, slot: u32) -> &[ValueId] {
        let slot = slot as usize;
        &self.values[self.offsets[slot] as usize..self.offsets[slot + 1] as usize]
    }

    pub(crate) fn prices(&self, currency: Currency) -> Option<&PriceColumn> {
        self.prices.iter().find(|column| column.currency == currency.code())
    }
}

/// Round amounts that part the products into up to five ranges of about the same size.
fn steps(amounts: &[i64]) -> Vec<i64> {
    let mut sorted: Vec<i64> = amounts.iter().copied().filter(|&amount| amount != NONE).collect();
    sorted.sort_unstable();
    let mut steps: Vec<i64> = Vec::new();
    for part in 1..5 {
        let Some(&amount) = sorted.get(sorted.len() * part / 5) else { break };
        let step = round(amount);
        // A range that nothing stands in is none.
        if steps.last().is_none_or(|&last| step > last) && sorted.first().is_some_and(|&lowest| step > lowest) {
            steps.push(step);
        }
    }
    steps
}

/// To a half or, below 4, a quarter of the place of its first digit, as shelves are labelled: 5,995 becomes 6,000.
fn round(amount: i64) -> i64 {
    let place = 10_i64.pow(amount.max(1).ilog10());
    let unit = if amount / place < 4 { place / 4 } else { place / 2 }.max(1);
    (amount + unit / 2) / unit * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_begin_at_round_amounts() {
        let rounded = [10_995, 12_000, 5_995, 39_900, 7].map(round);
        assert_eq!(rounded, [10_000, 12_500, 6_000, 40_000, 7]);
        let amounts: Vec<i64> = (1..=50).map(|n| n * 500).chain([NONE]).collect();
        let found = steps(&amounts);
        assert_eq!(found.len(), 4);
        assert!(found.is_sorted() && found.iter().all(|step| step % 250 == 0), "{found:?}");
        assert!(steps(&[NONE]).is_empty());
        assert!(steps(&[900; 20]).is_empty(), "one price makes no ranges");
    }
}
