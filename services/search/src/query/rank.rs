//! The order of hits, and which part of it is a page.
//!
//! The order ends in the product's id, so it is total, and a cursor is the key of the last product shown. What comes
//! after it is found by that key and not by a count, so products that come or go never make a page skip or repeat.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

use contracts::Result;
use contracts::catalog::View;
use contracts::search::{MAX_DEPTH, SearchSort};
use kernel::{Cursor, Failure, PageRequest, ProductId};
use uuid::Uuid;

use super::Hit;
use crate::index::Indexed;

/// Where a hit stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    rank: i64,
    text: Cow<'a, str>,
    /// The newest first, among equals.
    id: Reverse<ProductId>,
}

pub(crate) struct Ranking {
    sort: SearchSort,
    limit: u32,
    language: usize,
    after: Option<Key<'static>>,
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
        ranking.after = Some(Key { rank, text: text.into(), id: Reverse(ProductId::from_uuid(id)) });
        Ok(ranking)
    }

    pub(crate) const fn limit(&self) -> usize {
        self.limit as usize
    }

    fn key<'a>(&self, indexed: &'a Indexed, view: &View, hit: Hit) -> Option<Key<'a>> {
        let row = indexed.columns.row(hit.slot)?;
        let price = || indexed.columns.prices(view.currency).and_then(|prices| prices.amount(hit.slot)).unwrap_or(0);
        let (rank, text) = match self.sort {
            // The bits of positive floats are in the order of the floats. Nothing typed means nothing matches better.
            SearchSort::Relevance if hit.score > 0.0 => (-i64::from(hit.score.to_bits()), ""),
            SearchSort::Relevance | SearchSort::Newest => (-row.created_at, ""),
            SearchSort::PriceAsc => (price(), ""),
            SearchSort::PriceDesc => (-price(), ""),
            SearchSort::Title => (0, row.titles.get(self.language).map_or("", String::as_str)),
        };
        Some(Key { rank, text: text.into(), id: Reverse(row.id) })
    }

    /// The first `count` hits behind the cursor, in order.
    pub(crate) fn top(&self, indexed: &Indexed, view: &View, hits: &[Hit], count: usize) -> Vec<Hit> {
        let keyed = hits.iter().filter_map(|&hit| Some((self.key(indexed, view, hit)?, hit)));
        let mut rest: Vec<(Key<'_>, Hit)> = match &self.after {
            Some(after) => keyed.filter(|(key, _)| key.cmp(after) == Ordering::Greater).collect(),
            None => keyed.collect(),
        };
        if rest.len() > count {
            rest.select_nth_unstable_by(count, |(a, _), (b, _)| a.cmp(b));
            rest.truncate(count);
        }
        rest.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        rest.into_iter().map(|(_, hit)| hit).collect()
    }

    /// The cursor behind `hit`, the last of `shown` on this page.
    pub(crate) fn cursor(&self, indexed: &Indexed, view: &View, hit: Hit, shown: usize) -> String {
        let depth = self.depth.saturating_add(u32::try_from(shown).unwrap_or(u32::MAX));
        let Some(key) = self.key(indexed, view, hit) else { return String::new() };
        let parts = [sort_name(self.sort), &key.rank.to_string(), &key.text, &key.id.0.to_string(), &depth.to_string()];
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
