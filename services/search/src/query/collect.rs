//! Runs a plan on the index and gathers every product that fits, with its score.

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, Occur, Query, TermQuery,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader, Term};

use std::sync::Arc;

use contracts::Result;

use super::broken;
use super::plan::{Plan, Reading, Unit, Way};
use crate::index::{Columns, Fields, Indexed, Part};
use crate::thesaurus::MAX_PHRASE;

/// A product that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) slot: u32,
    /// Higher is better; 0 when nothing was typed.
    pub(crate) score: f32,
}

/// How much of what a word is worth in its other places is added to its best one.
const TIE: f32 = 0.4;
/// What a phrase of so many words (the second index) is worth that means the same as what was typed in so many words
/// (the first): a little less, however many words it takes.
const SYNONYM: [[f32; MAX_PHRASE]; MAX_PHRASE] =
    [[0.85, 0.425, 0.283, 0.213], [1.7, 0.85, 0.567, 0.425], [2.55, 1.275, 0.85, 0.638], [3.4, 1.7, 1.133, 0.85]];

/// In a shop with fewer products every word tells them apart.
const MANY: u32 = 20;

/// How much a word counts by the way it was come by and where it stands: title, place, facts, body. Not by how rare it is:
/// whatever was typed was meant, and a rare form of a word is no better than a common one.
const fn worth(way: Way) -> [f32; 4] {
    match way {
        Way::Same => [5.0, 5.1, 3.5, 0.7],
        Way::Form => [4.7, 4.8, 3.3, 0.6],
        Way::Kind => [4.5, 4.6, 3.1, 0.5],
        Way::Synonym => [4.4, 4.5, 3.0, 0.5],
        Way::Near => [4.2, 4.3, 2.9, 0.4],
        Way::Beginning => [3.0, 3.1, 2.0, 0.3],
    }
}

pub(crate) fn everything(columns: &Columns) -> Vec<Hit> {
    let slots = (0..).zip(&columns.rows).filter(|(_, row)| row.is_some());
    slots.map(|(slot, _)| Hit { slot, score: 0.0 }).collect()
}

/// The product with this SKU or barcode; none when there is none.
pub(crate) fn code(indexed: &Indexed, text: &str) -> Result<Option<Vec<Hit>>> {
    let term = Term::from_field_text(indexed.fields.code, &crate::index::code(text));
    let query = TermQuery::new(term, IndexRecordOption::Basic);
    let hits = indexed.searcher.search(&query, &Gather { scoring: false }).map_err(broken)?;
    Ok(Some(hits).filter(|hits| !hits.is_empty()))
}

/// Products that have every unit. One that most products have says nothing, so it only helps.
pub(crate) fn all(indexed: &Indexed, plan: &Plan) -> Result<Vec<Hit>> {
    match every_unit(indexed, plan) {
        Some(query) => run(indexed, &query),
        None => Ok(Vec::new()),
    }
}

/// None when no product can have every unit.
fn every_unit(indexed: &Indexed, plan: &Plan) -> Option<BooleanQuery> {
    let telling = plan.units.iter().filter(|unit| !is_common(indexed, plan.language, unit)).count();
    let queries = plan.units.iter().map(|unit| {
        let only_helps = telling > 0 && is_common(indexed, plan.language, unit);
        Some((if only_helps { Occur::Should } else { Occur::Must }, unit_query(indexed, plan.language, unit)?))
    });
    queries.collect::<Option<Vec<_>>>().map(BooleanQuery::new)
}

/// Whether more than half of all products have it, in a shop of more than a handful.
fn is_common(indexed: &Indexed, language: usize, unit: &Unit) -> bool {
    let lexicon = &indexed.lexicons[language];
    // What one word of it has, all of it has at least.
    let Some([reading]) = unit.alternatives.first().map(Vec::as_slice) else { return false };
    let uses = reading.0.iter().map(|&(id, _)| lexicon.uses(id));
    let most = uses.map(|uses| uses.title.max(uses.place).max(uses.facts)).max().unwrap_or(0);
    indexed.products >= MANY && u64::from(most) * 2 > u64::from(indexed.products)
}

/// Products that have all units but one, or else any.
pub(crate) fn most(indexed: &Indexed, plan: &Plan) -> Result<Vec<Hit>> {
    let queries = || plan.units.iter().filter_map(|unit| unit_query(indexed, plan.language, unit)).collect::<Vec<_>>();
    for required in [plan.units.len().saturating_sub(1), 1] {
        let hits = run(indexed, &BooleanQuery::union_with_minimum_required_clauses(queries(), required.max(1)))?;
        if !hits.is_empty() {
            return Ok(hits);
        }
    }
    Ok(Vec::new())
}

fn run(indexed: &Indexed, query: &dyn Query) -> Result<Vec<Hit>> {
    indexed.searcher.search(query, &Gather { scoring: true }).map_err(broken)
}

/// None when no product can have it.
fn unit_query(indexed: &Indexed, language: usize, unit: &Unit) -> Option<Box<dyn Query>> {
    let mut alternatives: Vec<Box<dyn Query>> = Vec::new();
    for (at, readings) in unit.alternatives.iter().enumerate() {
        let words: Option<Vec<_>> =
            readings.iter().map(|reading| Some((Occur::Must, reading_query(indexed, language, reading)?))).collect();
        let Some(mut words) = words else { continue };
        let query = if words.len() == 1 { words.remove(0).1 } else { Box::new(BooleanQuery::new(words)) };
        let (own, other) = (unit.alternatives[0].len().min(MAX_PHRASE), readings.len().min(MAX_PHRASE));
        alternatives.push(match at {
            0 => query,
            _ => Box::new(BoostQuery::new(query, SYNONYM[own - 1][other - 1])),
        });
    }
    best(alternatives, 0.0)
}

fn reading_query(indexed: &Indexed, language: usize, reading: &Reading) -> Option<Box<dyn Query>> {
    let lexicon = &indexed.lexicons[language];
    let mut parts: Vec<Box<dyn Query>> = Vec::new();
    for (at, part) in Part::ALL.into_iter().enumerate() {
        let used = reading.0.iter().filter(|(id, _)| {
            let uses = lexicon.uses(*id);
            [uses.title, uses.place, uses.facts, uses.body][at] > 0
        });
        let words: Vec<Box<dyn Query>> = used
            .map(|&(id, way)| {
                let term = Term::from_field_text(indexed.fields.part(language, part), lexicon.text(id));
                let query = TermQuery::new(term, IndexRecordOption::Basic);
                Box::new(ConstScoreQuery::new(Box::new(query), worth(way)[at])) as Box<dyn Query>
            })
            .collect();
        parts.extend(best(words, 0.0));
    }
    best(parts, TIE)
}

/// The best of several, and `tie` of the others.
fn best(mut queries: Vec<Box<dyn Query>>, tie: f32) -> Option<Box<dyn Query>> {
    match queries.len() {
        0 | 1 => queries.pop(),
        _ => Some(Box::new(DisjunctionMaxQuery::with_tie_breaker(queries, tie))),
    }
}

/// How many products have every unit.
pub(crate) fn count(indexed: &Indexed, plan: &Plan) -> Result<usize> {
    let query: Box<dyn Query> = match every_unit(indexed, plan) {
        Some(query) => Box::new(query),
        None => Box::new(EmptyQuery),
    };
    indexed.searcher.search(&*query, &tantivy::collector::Count).map_err(broken)
}

/// Gathers every match: facets need them all, and the rows in memory do the rest.
struct Gather {
    scoring: bool,
}

struct GatherSegment {
    slots: Arc<dyn ColumnValues<u64>>,
    hits: Vec<Hit>,
}

impl Collector for Gather {
    type Fruit = Vec<Hit>;
    type Child = GatherSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<GatherSegment> {
        let slots = segment.fast_fields().column_first_or_default::<u64>(Fields::SLOT)?;
        Ok(GatherSegment { slots, hits: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        self.scoring
    }

    fn merge_fruits(&self, segments: Vec<Vec<Hit>>) -> tantivy::Result<Vec<Hit>> {
        Ok(segments.concat())
    }
}

impl SegmentCollector for GatherSegment {
    type Fruit = Vec<Hit>;

    fn collect(&mut self, document: DocId, score: Score) {
        // Slots are counted in 32 bits.
        let slot = u32::try_from(self.slots.get_val(document)).unwrap_or(u32::MAX);
        self.hits.push(Hit { slot, score });
    }

    fn harvest(self) -> Vec<Hit> {
        self.hits
    }
}
