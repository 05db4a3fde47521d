//! Which products have a word, and where in them.
//!
//! Tantivy knows it; what is asked for once is kept until the next commit, as the slots in order. Most queries are then
//! answered by merging a few lists of numbers, without a dictionary, a block to unpack or a scorer for each field.

use std::sync::{Arc, OnceLock};

use tantivy::columnar::ColumnValues;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocSet as _, Searcher, TERMINATED, Term};

use super::{Fields, Part};
use crate::lexicon::{Lexicon, WordId};

/// How many of the lowest bits say in which parts the word stands.
const PART_BITS: u32 = 4;

/// A product that has a word, and the parts of it in which the word stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Posting(u32);

impl Posting {
    #[cfg(test)]
    pub(crate) const fn new(slot: u32, parts: u32) -> Self {
        Posting(slot << PART_BITS | parts)
    }

    pub(crate) const fn slot(self) -> u32 {
        self.0 >> PART_BITS
    }

    /// One bit per part, the lowest for the first of [`Part::ALL`].
    pub(crate) const fn parts(self) -> usize {
        (self.0 & ((1 << PART_BITS) - 1)) as usize
    }
}

/// The postings of one word, once somebody looked for it.
type Kept = OnceLock<Box<[Posting]>>;

/// The postings of one commit.
pub(crate) struct Postings {
    searcher: Searcher,
    fields: Fields,
    /// The slots of the documents of each segment.
    slots: Vec<Arc<dyn ColumnValues<u64>>>,
    /// Per language, per word of its lexicon.
    words: Vec<Box<[Kept]>>,
}

impl Postings {
    pub(crate) fn new(searcher: Searcher, fields: Fields, lexicons: &[Arc<Lexicon>]) -> tantivy::Result<Self> {
        let slots = searcher
            .segment_readers()
            .iter()
            .map(|segment| segment.fast_fields().column_first_or_default::<u64>(Fields::SLOT))
            .collect::<tantivy::Result<Vec<_>>>()?;
        let words = lexicons.iter().map(|lexicon| (0..lexicon.len()).map(|_| Kept::new()).collect()).collect();
        Ok(Postings { searcher, fields, slots, words })
    }

    /// The products that have the word, in order of their slots.
    pub(crate) fn of(&self, language: usize, lexicon: &Lexicon, id: WordId) -> tantivy::Result<&[Posting]> {
        let kept = &self.words[language][id as usize];
        match kept.get() {
            Some(found) => Ok(found),
            // Two that look for it at once read the same.
            None => {
                let found = self.read(language, lexicon, id)?;
                Ok(kept.get_or_init(|| found))
            }
        }
    }

    fn read(&self, language: usize, lexicon: &Lexicon, id: WordId) -> tantivy::Result<Box<[Posting]>> {
        let mut found: Vec<Posting> = Vec::new();
        for (at, part) in (0..).zip(Part::ALL) {
            let field = self.fields.part(language, part);
            self.slots_with(field, lexicon.text(id), |slot| found.push(Posting(slot << PART_BITS | 1 << at)))?;
        }
        found.sort_unstable();
        found.dedup_by(|next, kept| {
            let same = next.slot() == kept.slot();
            if same {
                kept.0 |= next.0;
            }
            same
        });
        Ok(found.into())
    }

    /// The products with this SKU or barcode.
    pub(crate) fn of_code(&self, code: &str) -> tantivy::Result<Vec<u32>> {
        let mut found = Vec::new();
        self.slots_with(self.fields.code, code, |slot| found.push(slot))?;
        Ok(found)
    }

    fn slots_with(&self, field: Field, text: &str, mut take: impl FnMut(u32)) -> tantivy::Result<()> {
        let term = Term::from_field_text(field, text);
        for (segment, slots) in self.searcher.segment_readers().iter().zip(&self.slots) {
            let inverted = segment.inverted_index(field)?;
            let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else { continue };
            let alive = segment.alive_bitset();
            while postings.doc() != TERMINATED {
                let document = postings.doc();
                if alive.is_none_or(|alive| alive.is_alive(document)) {
                    // Slots are counted in 32 bits, and a store has far fewer than the 28 that a posting has room for.
                    take(u32::try_from(slots.get_val(document)).unwrap_or(u32::MAX));
                }
                postings.advance();
            }
        }
        Ok(())
    }
}
