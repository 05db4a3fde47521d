//! Lists of products: who is in, in which order, and which page of it.
//!
//! The order ends in the product's id, so it is total, and a cursor is the key of the last product shown. What comes
//! after it is found by that key and not by a count, so products that come or go never make a page skip or repeat.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use contracts::catalog::{OwnPrices, ProductCard, ProductQuery, ProductSort, Rendered};
use kernel::{Currency, Cursor, Failure, Page, ProductId};
use uuid::Uuid;

use super::entry::Entry;
use super::render;

/// Bytes of a title that take part in the order.
const TITLE_KEY: usize = 160;
/// The most pages and line-ups kept; a flood of different queries cannot fill the memory.
const MAX_PAGES: usize = 2_048;
const MAX_LINEUPS: usize = 64;

/// Where a product stands in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    rank: i64,
    text: Box<str>,
    id: ProductId,
}

impl Key {
    fn of(entry: &Entry, sort: ProductSort, currency: Currency, locale: &str) -> Option<Self> {
        let span = entry.span(currency)?;
        let (rank, text) = match sort {
            ProductSort::Newest => (-entry.created_at.millis(), String::new()),
            ProductSort::PriceAsc => (span.min, String::new()),
            ProductSort::PriceDesc => (-span.min, String::new()),
            ProductSort::Title => (0, title_key(entry.title(locale))),
        };
        Some(Key { rank, text: text.into(), id: entry.id })
    }

    fn cursor(&self, sort: ProductSort) -> String {
        let parts = [sort_name(sort), &self.rank.to_string(), &self.text, &self.id.to_string()];
        Cursor::encode(&parts).as_str().to_owned()
    }

    fn parse(cursor: &str, sort: ProductSort) -> Result<Self, Failure> {
        let invalid = || Failure::invalid("invalid_cursor", "This cursor was not made by this list.");
        let parts = Cursor::decode(cursor, 4)?;
        let [name, rank, text, id] = <[String; 4]>::try_from(parts).map_err(|_| invalid())?;
        if name != sort_name(sort) {
            return Err(Failure::invalid("invalid_cursor", "This cursor belongs to a list in another order."));
        }
        let id = Uuid::try_parse(&id).map_err(|_| invalid())?;
        let rank = rank.parse().map_err(|_| invalid())?;
        Ok(Key { rank, text: text.into(), id: ProductId::from_uuid(id) })
    }
}

fn sort_name(sort: ProductSort) -> &'static str {
    match sort {
        ProductSort::Newest => "newest",
        ProductSort::PriceAsc => "price_asc",
        ProductSort::PriceDesc => "price_desc",
        ProductSort::Title => "title",
    }
}

fn title_key(title: &str) -> String {
    let mut key = title.to_lowercase();
    key.truncate((0..=TITLE_KEY.min(key.len())).rev().find(|&i| key.is_char_boundary(i)).unwrap_or(0));
    key
}

/// The products of a list in their order. Independent of availability, so it outlives a rush.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct LineupKey {
    pub(crate) category: Option<String>,
    pub(crate) collection: Option<String>,
    pub(crate) sort: ProductSort,
    pub(crate) currency: Currency,
    /// Only the order by title depends on it.
    pub(crate) locale: Option<Arc<str>>,
}

pub(crate) type Lineup = Arc<Vec<(Key, Arc<Entry>)>>;

/// Sorts the products that are in the list and sold in its currency.
pub(crate) fn lineup<'a>(
    entries: impl Iterator<Item = &'a Arc<Entry>>,
    key: &LineupKey,
    categories: Option<&BTreeSet<&str>>,
) -> Lineup {
    let inside = |entry: &Entry| {
        let category = categories.is_none_or(|set| entry.category.as_deref().is_some_and(|c| set.contains(c)));
        let collection = key.collection.as_deref();
        category && collection.is_none_or(|handle| entry.collections.iter().any(|c| **c == *handle))
    };
    let locale = key.locale.as_deref().unwrap_or("en");
    let mut lineup: Vec<(Key, Arc<Entry>)> = entries
        .filter(|entry| inside(entry))
        .filter_map(|entry| Some((Key::of(entry, key.sort, key.currency, locale)?, entry.clone())))
        .collect();
    lineup.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    Arc::new(lineup)
}

/// The products of `lineup` in the order of what somebody with `own` prices pays.
pub(crate) fn lineup_for(
    lineup: &[(Key, Arc<Entry>)],
    sort: ProductSort,
    currency: Currency,
    own: &dyn OwnPrices,
) -> Vec<(Key, Arc<Entry>)> {
    let rank = |price: i64| if sort == ProductSort::PriceDesc { -price } else { price };
    let key = |entry: &Entry| Some(Key { rank: rank(entry.lowest_for(currency, own)?), text: "".into(), id: entry.id });
    let mut lineup: Vec<_> = lineup.iter().filter_map(|(_, entry)| Some((key(entry)?, entry.clone()))).collect();
    lineup.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    lineup
}

/// One page of `lineup`.
///
/// # Errors
/// `invalid_cursor`.
pub(crate) fn page(
    lineup: &[(Key, Arc<Entry>)],
    query: &ProductQuery,
    card: impl Fn(&Entry) -> Option<ProductCard>,
) -> Result<Page<ProductCard>, Failure> {
    let start = match &query.page.cursor {
        None => 0,
        Some(cursor) => {
            let last = Key::parse(cursor, query.sort)?;
            lineup.partition_point(|(key, _)| key.cmp(&last) != Ordering::Greater)
        }
    };
    let rest = &lineup[start..];
    let here = &rest[..rest.len().min(query.page.limit as usize)];
    let next_cursor = here.last().filter(|_| here.len() < rest.len()).map(|(key, _)| key.cursor(query.sort));
    Ok(Page { items: here.iter().filter_map(|(_, entry)| card(entry)).collect(), next_cursor })
}

/// A page as shown, with its JSON once somebody asked for that.
pub(crate) struct PageShown {
    pub(crate) page: Arc<Page<ProductCard>>,
    json: OnceLock<Rendered>,
}

impl PageShown {
    pub(crate) fn new(page: Page<ProductCard>) -> Arc<Self> {
        Arc::new(PageShown { page: Arc::new(page), json: OnceLock::new() })
    }

    pub(crate) fn json(&self, query: &ProductQuery) -> Rendered {
        let render = || {
            let mut keys = String::from("products");
            if let Some(category) = &query.category {
                keys += &format!(" category-{category}");
            }
            if let Some(collection) = &query.collection {
                keys += &format!(" collection-{collection}");
            }
            for item in &self.page.items {
                keys += &format!(" product-{}", item.id);
            }
            render::json(&*self.page, &keys)
        };
        self.json.get_or_init(render).clone()
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct PageKey {
    pub(crate) category: Option<String>,
    pub(crate) collection: Option<String>,
    pub(crate) sort: ProductSort,
    pub(crate) limit: u32,
    pub(crate) cursor: Option<String>,
    pub(crate) currency: Currency,
    pub(crate) locale: Arc<str>,
}

/// What was worked out for one generation; the next one starts empty, and so does a full one.
pub(crate) struct Kept<K, V> {
    generation: u64,
    limit: usize,
    found: HashMap<K, V>,
}

impl<K: Eq + std::hash::Hash, V: Clone> Kept<K, V> {
    fn new(limit: usize) -> Self {
        Kept { generation: 0, limit, found: HashMap::new() }
    }

    pub(crate) fn get(&self, generation: u64, key: &K) -> Option<V> {
        if self.generation == generation { self.found.get(key).cloned() } else { None }
    }

    pub(crate) fn put(&mut self, generation: u64, key: K, value: V) {
        if generation < self.generation {
            return;
        }
        if generation > self.generation || self.found.len() >= self.limit {
            self.found.clear();
            self.generation = generation;
        }
        self.found.insert(key, value);
    }
}

pub(crate) fn kept_pages() -> Kept<PageKey, Arc<PageShown>> {
    Kept::new(MAX_PAGES)
}

pub(crate) fn kept_lineups() -> Kept<LineupKey, Lineup> {
    Kept::new(MAX_LINEUPS)
}

/// For trees and lists in one language.
pub(crate) fn kept_by_locale<V: Clone>() -> Kept<Arc<str>, V> {
    Kept::new(MAX_LINEUPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_title_still_makes_a_cursor_that_can_be_read() {
        let key = Key { rank: 0, text: title_key(&"Ünï".repeat(200)).into(), id: ProductId::from_uuid(Uuid::nil()) };
        assert_eq!(Key::parse(&key.cursor(ProductSort::Title), ProductSort::Title).unwrap(), key);
        assert!(Key::parse(&key.cursor(ProductSort::Title), ProductSort::Newest).is_err());
        assert!(Key::parse("00", ProductSort::Title).is_err());
    }

    #[test]
    fn what_is_kept_ends_with_its_generation_and_is_bounded() {
        let mut kept = Kept::new(2);
        kept.put(1, 'a', 1);
        kept.put(1, 'b', 2);
        assert_eq!(kept.get(1, &'a'), Some(1));
        kept.put(1, 'c', 3);
        assert_eq!((kept.get(1, &'a'), kept.get(1, &'c')), (None, Some(3)));
        kept.put(2, 'd', 4);
        kept.put(1, 'e', 5);
        assert_eq!((kept.get(1, &'e'), kept.get(2, &'d'), kept.get(2, &'c')), (None, Some(4), None));
    }
}
