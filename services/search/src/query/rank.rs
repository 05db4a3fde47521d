//! The order of hits, and which part of it is a page.
//!
//! The order ends in the product's id, so it is total, and a cursor is the key of the last product shown. What comes
//! after it is found by that key and not by a count, so products that come or go never make a page skip or repeat.

use std::cmp::Reverse;

use contracts::Result;
use contracts::search::{MAX_DEPTH, SearchSort};
use kernel::{Cursor, Failure, PageRequest, ProductId};
use uuid::Uuid;

use super::Hit;
use crate::index::{Indexed, PriceColumn};

/// Where a hit stands: by the number that it is sorted by, the newest first among equals. By title that number is its
/// place in the order of all titles, which is the same only within one snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    rank: i64,
    id: Reverse<ProductId>,
}

/// The last hit of the page before, as a cursor names it.
struct Last {
    rank: i64,
    title: String,
    id: ProductId,
}

pub(crate) struct Ranking {
    sort: SearchSort,
    limit: u32,
    language: usize,
    after: Option<Last>,
    /// Hits shown on the pages before.
    depth: u32,
}

const fn sort_name(sort: SearchSort) -> &'static str {
    match sort {
        SearchSort::Relevance => "relevance",
        SearchSort::PriceAsc => "price_asc",
        SearchSort::PriceDesc => "price_desc",
        SearchSort::Newest => "newest",
        SearchSort::Title => "title",
    }
}

impl Ranking {
    /// # Errors
    /// `invalid_cursor`, `too_deep`.
    pub(crate) fn read(sort: SearchSort, page: &PageRequest, language: usize) -> Result<Self> {
        let mut ranking = Ranking { sort, limit: page.limit, language, after: None, depth: 0 };
        let Some(cursor) = &page.cursor else { return Ok(ranking) };
        let invalid = || Failure::field("/cursor", "invalid_cursor", "This cursor was not made by this search.");
        let parts = Cursor::decode(cursor, 5).map_err(|_| invalid())?;
        let [name, rank, text, id, depth] = <[String; 5]>::try_from(parts).map_err(|_| invalid())?;
        if name != sort_name(sort) {
            let detail = "This cursor belongs to a search in another order.";
            return Err(Failure::field("/cursor", "invalid_cursor", detail));
        }
        let id = Uuid::try_parse(&id).map_err(|_| invalid())?;
        let rank = rank.parse().map_err(|_| invalid())?;
        ranking.depth = depth.parse().map_err(|_| invalid())?;
        if ranking.depth >= MAX_DEPTH {
            let detail =
                format!("A search shows its first {MAX_DEPTH} hits. Narrow it by words or filters to see others.");
            return Err(Failure::field("/cursor", "too_deep", detail));
        }
        ranking.after = Some(Last { rank, title: text, id: ProductId::from_uuid(id) });
        Ok(ranking)
    }

    pub(crate) const fn limit(&self) -> usize {
        self.limit as usize
    }

    fn rank(&self, indexed: &Indexed, prices: Option<&PriceColumn>, hit: Hit) -> i64 {
        let Indexed { columns, .. } = indexed;
        let price = || prices.and_then(|prices| prices.amount(hit.slot)).unwrap_or(0);
        match self.sort {
            // The bits of positive floats are in the order of the floats. Nothing typed means nothing matches better.
            SearchSort::Relevance if hit.score > 0.0 => -i64::from(hit.score.to_bits()),
            SearchSort::Relevance | SearchSort::Newest => -columns.created_at(hit.slot),
            SearchSort::PriceAsc => price(),
            SearchSort::PriceDesc => -price(),
            SearchSort::Title => columns.title_order(self.language).map_or(0, |order| i64::from(order.place(hit.slot))),
        }
    }

    /// The key that hits of this page stand behind.
    fn after(&self, indexed: &Indexed) -> Option<Key> {
        let last = self.after.as_ref()?;
        Some(match self.sort {
            // The last of those at or before that title; the first of all when there is none.
            SearchSort::Title => {
                let through = indexed.columns.titles_through(self.language, &last.title, last.id);
                // The last id in this order is the lowest.
                Key { rank: i64::from(through) - 1, id: Reverse(ProductId::from_uuid(Uuid::nil())) }
            }
            _ => Key { rank: last.rank, id: Reverse(last.id) },
        })
    }

    /// The first `count` hits behind the cursor, in order.
    pub(crate) fn top(&self, indexed: &Indexed, prices: Option<&PriceColumn>, hits: &[Hit], count: usize) -> Vec<Hit> {
        let after = self.after(indexed);
        let mut best: Vec<(Key, Hit)> = Vec::with_capacity(count * 2);
        // What comes behind it is none of the first.
        let mut worst: Option<Key> = None;
        for &hit in hits {
            let rank = self.rank(indexed, prices, hit);
            if worst.is_some_and(|worst| rank > worst.rank) {
                continue;
            }
            let key = Key { rank, id: Reverse(indexed.columns.id(hit.slot)) };
            if worst.is_some_and(|worst| key > worst) || after.is_some_and(|after| key <= after) {
                continue;
            }
            best.push((key, hit));
            if best.len() == count * 2 {
                best.select_nth_unstable_by_key(count - 1, |(key, _)| *key);
                best.truncate(count);
                worst = best.last().map(|(key, _)| *key);
            }
        }
        best.sort_unstable_by_key(|(key, _)| *key);
        best.truncate(count);
        best.into_iter().map(|(_, hit)| hit).collect()
    }

    /// The cursor behind `hit`, the last of `shown` on this page.
    pub(crate) fn cursor(&self, indexed: &Indexed, prices: Option<&PriceColumn>, hit: Hit, shown: usize) -> String {
        let depth = self.depth.saturating_add(u32::try_from(shown).unwrap_or(u32::MAX));
        let Some(row) = indexed.columns.row(hit.slot) else { return String::new() };
        let (rank, title) = match self.sort {
            SearchSort::Title => (0, row.titles.get(self.language).map_or("", String::as_str)),
            _ => (self.rank(indexed, prices, hit), ""),
        };
        let parts = [sort_name(self.sort), &rank.to_string(), title, &row.id.to_string(), &depth.to_string()];
        Cursor::encode(&parts).as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sort: SearchSort, cursor: &str) -> std::result::Result<u32, String> {
        let page = PageRequest { limit: 24, cursor: Some(cursor.to_owned()) };
        Ranking::read(sort, &page, 0).map(|ranking| ranking.depth).map_err(|failure| failure.errors[0].code.clone())
    }

    #[test]
    fn cursors_are_checked() {
        let id = Uuid::nil().to_string();
        let cursor =
            |sort: &str, rank: &str, depth: &str| Cursor::encode(&[sort, rank, "", &id, depth]).as_str().to_owned();
        assert_eq!(read(SearchSort::Newest, &cursor("newest", "-5", "24")), Ok(24));
        assert_eq!(read(SearchSort::Title, &cursor("newest", "-5", "24")).unwrap_err(), "invalid_cursor");
        assert_eq!(read(SearchSort::Newest, &cursor("newest", "x", "24")).unwrap_err(), "invalid_cursor");
        assert_eq!(read(SearchSort::Newest, "zz").unwrap_err(), "invalid_cursor");
        assert_eq!(read(SearchSort::Newest, &cursor("newest", "-5", "1000")).unwrap_err(), "too_deep");
    }

    #[test]
    fn scores_order_as_their_bits() {
        let scores = [0.1_f32, 0.5, 1.0, 7.25, 103.0];
        assert!(scores.windows(2).all(|pair| pair[0].to_bits() < pair[1].to_bits()));
    }
}
