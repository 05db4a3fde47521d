//! From what is typed to what is found.
//!
//! ```text
//! read (words, units) -> plan (forms, synonyms, near words) -> collect (slots with scores)
//!     -> narrow (filters, counts) -> rank (order, page) -> cards from the catalog
//! ```

mod collect;
mod facets;
mod filter;
mod plan;
mod rank;
mod read;
mod suggest;

use std::sync::Arc;

use contracts::Result;
use contracts::catalog::{CatalogContents, MAX_OWN_ORDER, OwnPrices, ProductCard, View};
use contracts::search::{Facet, Matched, SearchAnswer, SearchRequest, SearchSort};
use kernel::{Failure, StoreId};

use crate::index::{PriceColumn, Snapshot};
use crate::thesaurus::Thesauri;

pub(crate) use collect::Hit;
pub(crate) use suggest::suggest;

use filter::Filters;
use plan::Effort;
use rank::Ranking;
use read::Typed;

/// What a query is answered from.
pub(crate) struct Shelf<'a> {
    pub(crate) store: StoreId,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) thesauri: &'a Thesauri,
    pub(crate) contents: &'a dyn CatalogContents,
}

/// The products whose words were found, and how.
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    pub(crate) matched: Matched,
    pub(crate) corrected: Option<String>,
}

/// What was found, ordered and filtered by what everybody pays, or by somebody's `own` prices.
///
/// # Errors
/// Invalid input beyond the limits; internal when the index fails.
pub(crate) fn search(
    shelf: &Shelf<'_>,
    request: &SearchRequest,
    view: &View,
    own: Option<&dyn OwnPrices>,
) -> Result<SearchAnswer> {
    let indexed = &shelf.snapshot.indexed;
    let language = indexed.language(&view.locale);
    let typed = Typed::read(&request.query)?;
    let filters = Filters::read(&request.filters, indexed)?;
    let ranking = Ranking::read(request.sort, &request.page, language)?;
    let mut found = find(shelf, &typed, language)?;
    if request.sort != SearchSort::Relevance {
        keep_telling(&mut found.hits);
    }
    let everybodys = indexed.columns.prices(view.currency);
    let paid = everybodys.zip(own).and_then(|(prices, own)| paid(shelf, prices, &found.hits, view, own));
    let tags = Tags { prices: paid.as_ref().or(everybodys), is_own: paid.is_some() };
    let narrowed = facets::narrow(shelf, &found.hits, &filters, tags.prices);
    let facets: Vec<Facet> = facets::shown(shelf, &narrowed, &filters, language);
    let (hits, next_cursor) = page(shelf, &narrowed.hits, (&filters, &ranking), view, tags);
    Ok(SearchAnswer {
        hits,
        facets,
        total: u32::try_from(narrowed.hits.len()).unwrap_or(u32::MAX),
        matched: found.matched,
        corrected: found.corrected,
        next_cursor,
    })
}

/// Lets go of what only mentions the words when better is there: at the end of the best matches it does no harm, but in
/// any other order it would come before what was meant.
#[allow(clippy::float_arithmetic, reason = "a score is no money")]
fn keep_telling(hits: &mut Vec<Hit>) {
    let best = hits.iter().map(|hit| hit.score).fold(0.0, f32::max);
    hits.retain(|hit| hit.score >= best / 5.0);
}

/// Looks harder until something is found: as typed, in other languages, with what is spelt alike, with some of the
/// words.
fn find(shelf: &Shelf<'_>, typed: &Typed, language: usize) -> Result<Found> {
    let indexed = &shelf.snapshot.indexed;
    if typed.words.is_empty() {
        // Nothing was typed: everything. Something without a word in it: nothing.
        let hits = if typed.is_blank { collect::everything(&indexed.columns) } else { Vec::new() };
        return Ok(Found { hits, matched: Matched::All, corrected: None });
    }
    if let Some(hits) = collect::code(indexed, &typed.text)? {
        return Ok(Found { hits, matched: Matched::All, corrected: None });
    }
    let others = (0..indexed.lexicons.len()).filter(|&other| other != language).map(|other| (other, Effort::Exact));
    let mut first = None;
    for (language, effort) in
        std::iter::once((language, Effort::Normal)).chain(others).chain([(language, Effort::Hard)])
    {
        let plan = plan::plan(shelf, typed, language, effort);
        let hits = collect::all(indexed, &plan)?;
        if !hits.is_empty() {
            let matched = if plan.corrected.is_some() { Matched::Corrected } else { Matched::All };
            return Ok(Found { hits, matched, corrected: plan.corrected });
        }
        first.get_or_insert(plan);
    }
    let plan = first.filter(|plan| plan.units.len() > 1);
    let hits = match &plan {
        Some(plan) => collect::most(indexed, plan)?,
        None => Vec::new(),
    };
    let matched = if hits.is_empty() { Matched::All } else { Matched::Some };
    let corrected = plan.and_then(|plan| plan.corrected).filter(|_| !hits.is_empty());
    Ok(Found { hits, matched, corrected })
}

/// What the hits cost.
#[derive(Clone, Copy)]
struct Tags<'a> {
    prices: Option<&'a PriceColumn>,
    is_own: bool,
}

/// What somebody with `own` prices pays for the hits. None for more than can be asked for at once: they are in the order
/// of what everybody pays.
fn paid(
    shelf: &Shelf<'_>,
    prices: &PriceColumn,
    hits: &[Hit],
    view: &View,
    own: &dyn OwnPrices,
) -> Option<PriceColumn> {
    if hits.len() > MAX_OWN_ORDER {
        return None;
    }
    let lowest = |hit: &Hit| {
        let row = shelf.snapshot.indexed.columns.row(hit.slot)?;
        Some((hit.slot, shelf.contents.lowest_for(shelf.store, &row.handle, view.currency, own)?))
    };
    Some(prices.with(hits.iter().filter_map(lowest)))
}

/// The cards of a page, as the catalog has them now. What no longer fits the filters since the index was written is
/// left out, and what comes next takes its place.
fn page(
    shelf: &Shelf<'_>,
    hits: &[Hit],
    (filters, ranking): (&Filters, &Ranking),
    view: &View,
    tags: Tags<'_>,
) -> (Vec<Arc<ProductCard>>, Option<String>) {
    let limit = ranking.limit();
    let indexed = &shelf.snapshot.indexed;
    // A few more than fit, to fill the places of those that are gone.
    let ranked = ranking.top(indexed, tags.prices, hits, limit + 16);
    let mut cards = Vec::with_capacity(limit);
    let mut last = None;
    let mut rest = ranked.iter().peekable();
    while cards.len() < limit
        && let Some(&hit) = rest.next()
    {
        last = Some(hit);
        let Some(row) = indexed.columns.row(hit.slot) else { continue };
        let card = shelf.contents.card(shelf.store, &row.handle, view);
        let own = tags.prices.filter(|_| tags.is_own).and_then(|prices| prices.amount(hit.slot));
        cards.extend(card.filter(|card| filters.fits(card, own)));
    }
    let more = rest.peek().is_some();
    let next = last.filter(|_| more).map(|hit| ranking.cursor(indexed, tags.prices, hit, cards.len()));
    (cards, next)
}

/// A failure of Tantivy: the index is a copy and can be made anew, so it is told as ours.
fn broken(error: tantivy::TantivyError) -> Failure {
    Failure::internal(format_args!("the index cannot be searched: {error}"))
}
