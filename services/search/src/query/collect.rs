//! Runs a plan on the index and gathers every product that fits, with its score.
//!
//! Facets need every match, so nothing is gained by looking at the best ones only: lists of slots are merged whole.

use contracts::Result;

use super::broken;
use super::plan::{Plan, Reading, Unit, Way};
use crate::index::{Columns, Indexed, Posting};
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
    let slots = indexed.postings.of_code(&crate::index::code(text)).map_err(broken)?;
    let hits: Vec<Hit> = slots.into_iter().map(|slot| Hit { slot, score: 0.0 }).collect();
    Ok(Some(hits).filter(|hits| !hits.is_empty()))
}

/// Products that have every unit. One that most products have says nothing, so it only helps.
pub(crate) fn all(indexed: &Indexed, plan: &Plan) -> Result<Vec<Hit>> {
    let (helping, telling): (Vec<&Unit>, Vec<&Unit>) =
        plan.units.iter().partition(|unit| is_common(indexed, plan.language, unit));
    let (required, helping) = if telling.is_empty() { (helping, Vec::new()) } else { (telling, helping) };
    let mut found: Option<Vec<Hit>> = None;
    for unit in required {
        let hits = unit_hits(indexed, plan.language, unit)?;
        let left = match found {
            Some(before) => both(&before, &hits),
            None => hits,
        };
        if left.is_empty() {
            return Ok(left);
        }
        found = Some(left);
    }
    let mut found = found.unwrap_or_default();
    for unit in helping {
        add(&mut found, &unit_hits(indexed, plan.language, unit)?);
    }
    Ok(found)
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
    let mut every: Vec<Hit> = Vec::new();
    for unit in &plan.units {
        every.extend(unit_hits(indexed, plan.language, unit)?);
    }
    // Stable, so that scores are added up in the order in which the words were typed.
    every.sort_by_key(|hit| hit.slot);
    for required in [plan.units.len().saturating_sub(1).max(1), 1] {
        let enough = every.chunk_by(|a, b| a.slot == b.slot).filter(|of_slot| of_slot.len() >= required);
        let hits: Vec<Hit> =
            enough.map(|of_slot| Hit { score: of_slot.iter().map(|hit| hit.score).sum(), ..of_slot[0] }).collect();
        if !hits.is_empty() {
            return Ok(hits);
        }
    }
    Ok(Vec::new())
}

/// Products that have one of the alternatives, in order of their slots; the best one counts.
#[allow(clippy::float_arithmetic, reason = "a score is no money")]
fn unit_hits(indexed: &Indexed, language: usize, unit: &Unit) -> Result<Vec<Hit>> {
    let mut found: Vec<Hit> = Vec::new();
    for (at, readings) in unit.alternatives.iter().enumerate() {
        let mut hits = alternative_hits(indexed, language, readings)?;
        if at > 0 {
            let (own, other) = (unit.alternatives[0].len().min(MAX_PHRASE), readings.len().min(MAX_PHRASE));
            hits.iter_mut().for_each(|hit| hit.score *= SYNONYM[own - 1][other.max(1) - 1]);
        }
        if found.is_empty() {
            found = hits;
        } else if !hits.is_empty() {
            found.extend(hits);
            found.sort_by_key(|hit| hit.slot);
            found.dedup_by(|next, kept| {
                let same = next.slot == kept.slot;
                if same {
                    kept.score = kept.score.max(next.score);
                }
                same
            });
        }
    }
    Ok(found)
}

/// Products that have all of the readings.
fn alternative_hits(indexed: &Indexed, language: usize, readings: &[Reading]) -> Result<Vec<Hit>> {
    let mut found: Option<Vec<Hit>> = None;
    for reading in readings {
        let hits = reading_hits(indexed, language, reading)?;
        let left = match found {
            Some(before) => both(&before, &hits),
            None => hits,
        };
        if left.is_empty() {
            return Ok(left);
        }
        found = Some(left);
    }
    Ok(found.unwrap_or_default())
}

/// Products that have any of the words. In each part of a product the nearest word counts, and the best part most.
fn reading_hits(indexed: &Indexed, language: usize, reading: &Reading) -> Result<Vec<Hit>> {
    let lexicon = &indexed.lexicons[language];
    let postings = |id| indexed.postings.of(language, lexicon, id).map_err(broken);
    if let [(id, way)] = reading.0[..] {
        let scores = scores(way);
        return Ok(postings(id)?.iter().map(|posting| posting.hit(&scores)).collect());
    }
    let mut every: Vec<(Posting, Way)> = Vec::new();
    for &(id, way) in &reading.0 {
        every.extend(postings(id)?.iter().map(|&posting| (posting, way)));
    }
    every.sort_by_key(|(posting, _)| posting.slot());
    let by_slot = every.chunk_by(|(a, _), (b, _)| a.slot() == b.slot());
    let hits = by_slot.map(|of_slot| {
        let mut parts = [0.0_f32; 4];
        for (posting, way) in of_slot {
            for (at, worth) in worth(*way).into_iter().enumerate() {
                if posting.parts() >> at & 1 == 1 {
                    parts[at] = parts[at].max(worth);
                }
            }
        }
        Hit { slot: of_slot[0].0.slot(), score: together(parts) }
    });
    Ok(hits.collect())
}

impl Posting {
    fn hit(self, scores: &[f32; 16]) -> Hit {
        Hit { slot: self.slot(), score: scores[self.parts()] }
    }
}

/// What a word is worth that was come by this way, by the parts in which it stands.
fn scores(way: Way) -> [f32; 16] {
    let worth = worth(way);
    std::array::from_fn(|parts| together(std::array::from_fn(|at| if parts >> at & 1 == 1 { worth[at] } else { 0.0 })))
}

/// The best of the parts, and a little of the others.
#[allow(clippy::float_arithmetic, reason = "a score is no money")]
fn together(parts: [f32; 4]) -> f32 {
    let best = parts.into_iter().fold(0.0, f32::max);
    best + (parts.iter().sum::<f32>() - best) * TIE
}

/// What stands in both, with the scores of both. Both are in order of their slots.
#[allow(clippy::float_arithmetic, reason = "a score is no money")]
fn both(one: &[Hit], other: &[Hit]) -> Vec<Hit> {
    let (few, mut many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let mut found = Vec::with_capacity(few.len());
    for hit in few {
        many = behind(many, hit.slot);
        match many.first() {
            Some(same) if same.slot == hit.slot => found.push(Hit { slot: hit.slot, score: hit.score + same.score }),
            Some(_) => {}
            None => break,
        }
    }
    found
}

/// Adds the scores of `other` to those of `found` that are in it.
#[allow(clippy::float_arithmetic, reason = "a score is no money")]
fn add(found: &mut [Hit], mut other: &[Hit]) {
    for hit in found {
        other = behind(other, hit.slot);
        if let Some(same) = other.first().filter(|same| same.slot == hit.slot) {
            hit.score += same.score;
        }
    }
}

/// `hits` from `slot` on. Steps grow, so that what is far away costs little and what is near nothing.
fn behind(hits: &[Hit], slot: u32) -> &[Hit] {
    let mut step = 1;
    while hits.get(step).is_some_and(|hit| hit.slot < slot) {
        step *= 2;
    }
    let (from, to) = (step / 2, hits.len().min(step + 1));
    &hits[from + hits[from..to].partition_point(|hit| hit.slot < slot)..]
}

/// How many products have every unit.
pub(crate) fn count(indexed: &Indexed, plan: &Plan) -> Result<usize> {
    Ok(all(indexed, plan)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(slots: &[u32]) -> Vec<Hit> {
        slots.iter().map(|&slot| Hit { slot, score: 1.0 }).collect()
    }

    fn slots(hits: &[Hit]) -> Vec<u32> {
        hits.iter().map(|hit| hit.slot).collect()
    }

    #[test]
    fn lists_are_merged_however_far_apart_their_slots_are() {
        let thirds: Vec<u32> = (0..100).map(|n| n * 3).collect();
        for other in [&[0, 1, 2, 3, 297, 298, 9_999][..], &[297], &[], &[1, 2], &[5, 6, 150, 151, 153, 200]] {
            let expected: Vec<u32> = other.iter().copied().filter(|slot| thirds.contains(slot)).collect();
            let found = both(&hits(&thirds), &hits(other));
            assert_eq!(slots(&found), expected);
            assert_eq!(slots(&both(&hits(other), &hits(&thirds))), expected);
            assert!(found.iter().all(|hit| hit.score == 2.0));
            let mut helped = hits(other);
            add(&mut helped, &hits(&thirds));
            assert_eq!(helped.iter().filter(|hit| hit.score == 2.0).count(), expected.len());
            for slot in 0..320 {
                let rest: Vec<u32> = other.iter().copied().filter(|&known| known >= slot).collect();
                assert_eq!(slots(behind(&hits(other), slot)), rest, "from {slot}");
            }
        }
    }

    #[test]
    fn the_best_part_counts_most_and_others_a_little() {
        let same = scores(Way::Same);
        let near = |score: f32, expected: f32| (score - expected).abs() < 0.001;
        assert!(near(same[0b0001], 5.0), "in the title only");
        assert!(near(same[0b1001], 5.28), "in the title and the description");
        assert!(same[0b1111] > same[0b0111] && scores(Way::Near)[0b0001] < same[0b0001]);
    }
}
