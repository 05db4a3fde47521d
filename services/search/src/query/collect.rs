//! Runs a plan on the index and gathers every product that fits, with its score.
//!
//! Facets need every match, so nothing is gained by looking at the best ones only: lists of slots are merged whole.

use std::cell::RefCell;

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
        found = if found.is_empty() { hits } else { either(&found, &hits) };
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
    let mut lists = Vec::with_capacity(reading.0.len());
    for &(id, way) in &reading.0 {
        lists.push((postings(id)?, way));
    }
    Ok(any_of(&lists, indexed.columns.rows.len()))
}

/// Products of any of the lists of a shop with so many slots.
fn any_of(lists: &[(&[Posting], Way)], slots: usize) -> Vec<Hit> {
    let long: usize = lists.iter().map(|(postings, _)| postings.len()).sum();
    // Many are gathered where they belong, which takes no sorting; a few are sorted, which takes no look at all others.
    if long * 16 >= slots { gathered(lists, slots, long) } else { sorted(lists, long) }
}

thread_local! {
    /// Room for every slot, kept from search to search and empty in between.
    static ROOM: RefCell<Vec<Ways>> = const { RefCell::new(Vec::new()) };
}

fn gathered(lists: &[(&[Posting], Way)], slots: usize, long: usize) -> Vec<Hit> {
    let mut scores = Scores::default();
    let mut hits = Vec::with_capacity(long.min(slots));
    ROOM.with_borrow_mut(|room| {
        if room.len() < slots {
            room.resize(slots, Ways::default());
        }
        let room = &mut room[..slots];
        for &(postings, way) in lists {
            for posting in postings {
                if let Some(ways) = room.get_mut(posting.slot() as usize) {
                    ways.add(posting.parts(), way);
                }
            }
        }
        for (ways, first) in room.chunks_mut(16).zip((0..).step_by(16)) {
            // Most of these have nothing, which is seen at once for all of them.
            if ways.iter().fold(0, |any, ways| any | ways.0) == 0 {
                continue;
            }
            for (ways, slot) in ways.iter_mut().zip(first..).filter(|(ways, _)| **ways != Ways::default()) {
                hits.push(Hit { slot, score: scores.of(std::mem::take(ways)) });
            }
        }
    });
    hits
}

fn sorted(lists: &[(&[Posting], Way)], long: usize) -> Vec<Hit> {
    let mut scores = Scores::default();
    let mut every: Vec<(u32, Ways)> = Vec::with_capacity(long);
    for &(postings, way) in lists {
        every.extend(postings.iter().map(|posting| {
            let mut ways = Ways::default();
            ways.add(posting.parts(), way);
            (posting.slot(), ways)
        }));
    }
    every.sort_unstable_by_key(|(slot, _)| *slot);
    every.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1.0 |= next.1.0;
        }
        same
    });
    every.into_iter().map(|(slot, ways)| Hit { slot, score: scores.of(ways) }).collect()
}

/// In which parts of a product a word stands, for each way to come by it: four bits a way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ways(u32);

impl Ways {
    fn add(&mut self, parts: usize, way: Way) {
        self.0 |= (parts as u32 & 0b1111) << (4 * way as u32);
    }

    /// In each part the nearest way counts, and the best part most.
    fn score(self) -> f32 {
        let mut parts = [0.0_f32; 4];
        for way in Way::ALL {
            let stands = self.0 >> (4 * way as u32);
            for (at, worth) in worth(way).into_iter().enumerate() {
                if stands >> at & 1 == 1 {
                    parts[at] = parts[at].max(worth);
                }
            }
        }
        together(parts)
    }
}

/// Scores that were worked out: thousands of products have a word in one of a few manners.
struct Scores([(Ways, f32); 64]);

impl Default for Scores {
    fn default() -> Self {
        Scores([(Ways::default(), 0.0); 64])
    }
}

impl Scores {
    fn of(&mut self, ways: Ways) -> f32 {
        // The upper bits of a multiplication with an odd number depend on all bits of `ways`.
        let kept = &mut self.0[(ways.0.wrapping_mul(0x9e37_79b1) >> 26) as usize];
        if kept.0 != ways {
            *kept = (ways, ways.score());
        }
        kept.1
    }
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

/// What stands in either, with the better score of the two. Both are in order of their slots.
fn either(one: &[Hit], other: &[Hit]) -> Vec<Hit> {
    let mut found = Vec::with_capacity(one.len() + other.len());
    let (mut one, mut other) = (one, other);
    while let ([a, behind_a @ ..], [b, behind_b @ ..]) = (one, other) {
        let slot = a.slot.min(b.slot);
        let score = if a.slot == b.slot {
            a.score.max(b.score)
        } else if a.slot == slot {
            a.score
        } else {
            b.score
        };
        found.push(Hit { slot, score });
        one = if a.slot == slot { behind_a } else { one };
        other = if b.slot == slot { behind_b } else { other };
    }
    found.extend_from_slice(one);
    found.extend_from_slice(other);
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
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

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
    fn either_list_will_do_and_the_better_score_counts() {
        let scored =
            |hits: &[(u32, f32)]| -> Vec<Hit> { hits.iter().map(|&(slot, score)| Hit { slot, score }).collect() };
        let found =
            either(&scored(&[(1, 2.0), (4, 1.0), (9, 3.0)]), &scored(&[(0, 1.0), (4, 5.0), (9, 1.0), (12, 1.0)]));
        let found: Vec<(u32, f32)> = found.iter().map(|hit| (hit.slot, hit.score)).collect();
        assert_eq!(found, [(0, 1.0), (1, 2.0), (4, 5.0), (9, 3.0), (12, 1.0)]);
        assert!(either(&[], &[]).is_empty());
    }

    proptest! {
        /// However many there are, and so in whichever way they are gathered, the nearest way counts in each part.
        #[test]
        fn words_are_gathered_alike_in_small_and_large_shops(
            lists in vec((btree_map(0_u32..200, 1_u32..16, 0..60), 0..Way::ALL.len()), 1..6),
        ) {
            let lists: Vec<(Vec<Posting>, Way)> = lists
                .into_iter()
                .map(|(list, way)| {
                    (list.into_iter().map(|(slot, parts)| Posting::new(slot, parts)).collect(), Way::ALL[way])
                })
                .collect();
            let borrowed: Vec<(&[Posting], Way)> = lists.iter().map(|(list, way)| (&list[..], *way)).collect();
            let expected: Vec<Hit> = (0..200)
                .filter_map(|slot| {
                    let mut parts = [0.0_f32; 4];
                    for (posting, way) in lists.iter().flat_map(|(list, way)| list.iter().map(move |p| (p, *way))) {
                        for (at, worth) in worth(way).into_iter().enumerate() {
                            if posting.slot() == slot && posting.parts() >> at & 1 == 1 {
                                parts[at] = parts[at].max(worth);
                            }
                        }
                    }
                    (parts != [0.0; 4]).then(|| Hit { slot, score: together(parts) })
                })
                .collect();
            for slots in [200, 1_000_000] {
                let found = any_of(&borrowed, slots);
                prop_assert_eq!(
                    found.iter().map(|hit| (hit.slot, hit.score)).collect::<Vec<_>>(),
                    expected.iter().map(|hit| (hit.slot, hit.score)).collect::<Vec<_>>()
                );
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
