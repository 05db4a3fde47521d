//! Runs a plan on the index and gathers every product that fits, with its score.

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::ColumnValues;
use tantivy::query::{BooleanQuery, BoostQuery, DisjunctionMaxQuery, EmptyQuery, Occur, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, Score, SegmentOrdinal, SegmentReader, Term};

use std::sync::Arc;

use contracts::Result;

use super::broken;
use super::plan::{Plan, Reading, Unit, Way};
use crate::index::{Columns, Fields, Indexed, Part};

/// A product that was found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) slot: u32,
    /// Higher is better; 0 when nothing was typed.
    pub(crate) score: f32,
}

/// What the second-best place of a word adds to the best.
const TIE: f32 = 0.15;
/// What a phrase is worth that means the same as what was typed.
const SYNONYM: f32 = 0.7;

/// How much a word counts by the way it was come by and where it stands: title, facts, body.
const fn boosts(way: Way) -> [f32; 3] {
    match way {
        Way::Same => [5.0, 3.0, 0.7],
        Way::Form => [4.6, 2.8, 0.6],
        Way::Part => [3.0, 1.8, 0.3],
        Way::Synonym => [4.2, 2.6, 0.4],
        Way::Near => [3.4, 2.0, 0.3],
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

/// Products that have every unit.
pub(crate) fn all(indexed: &Indexed, plan: &Plan) -> Result<Vec<Hit>> {
    let mut queries = Vec::new();
    for unit in &plan.units {
        let Some(query) = unit_query(indexed, plan.language, unit) else { return Ok(Vec::new()) };
        queries.push((Occur::Must, query));
    }
    run(indexed, &BooleanQuery::new(queries))
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
        alternatives.push(if at == 0 { query } else { Box::new(BoostQuery::new(query, SYNONYM)) });
    }
    match alternatives.len() {
        0 => None,
        1 => alternatives.pop(),
        _ => Some(Box::new(DisjunctionMaxQuery::with_tie_breaker(alternatives, TIE))),
    }
}

fn reading_query(indexed: &Indexed, language: usize, reading: &Reading) -> Option<Box<dyn Query>> {
    let lexicon = &indexed.lexicons[language];
    let mut places: Vec<Box<dyn Query>> = Vec::new();
    for &(id, way) in &reading.0 {
        let uses = lexicon.uses(id);
        let used = [uses.title, uses.facts, uses.body];
        for ((part, boost), used) in Part::ALL.into_iter().zip(boosts(way)).zip(used) {
            if used > 0 {
                let term = Term::from_field_text(indexed.fields.part(language, part), lexicon.text(id));
                let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
                places.push(Box::new(BoostQuery::new(Box::new(query), boost)));
            }
        }
    }
    match places.len() {
        0 => None,
        1 => places.pop(),
        _ => Some(Box::new(DisjunctionMaxQuery::with_tie_breaker(places, TIE))),
    }
}

/// How many products have every unit.
pub(crate) fn count(indexed: &Indexed, plan: &Plan) -> Result<usize> {
    let queries: Option<Vec<_>> =
        plan.units.iter().map(|unit| Some((Occur::Must, unit_query(indexed, plan.language, unit)?))).collect();
    let query: Box<dyn Query> = match queries {
        Some(queries) => Box::new(BooleanQuery::new(queries)),
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
