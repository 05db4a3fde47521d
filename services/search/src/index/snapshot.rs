//! What a query sees: one state of the index, whole.

use std::sync::Arc;

use super::{Columns, Dictionary, Postings, Taxonomy};
use crate::lexicon::Lexicon;

/// One commit of a generation, with everything in memory that belongs to it.
pub(crate) struct Indexed {
    /// How many products there are.
    pub(crate) products: u32,
    pub(crate) postings: Postings,
    pub(crate) columns: Columns,
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) taxonomy: Arc<Taxonomy>,
    /// One per language of the index.
    pub(crate) lexicons: Vec<Arc<Lexicon>>,
}

impl Indexed {
    /// Position of the language that `locale` is answered in: its own, or the first.
    pub(crate) fn language(&self, locale: &str) -> usize {
        let code = locale.split('-').next().unwrap_or(locale);
        self.lexicons.iter().position(|lexicon| lexicon.language.code == code).unwrap_or(0)
    }
}

/// Yes or no for every slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bits(Box<[u64]>);

impl Bits {
    pub(crate) fn new(slots: usize) -> Self {
        Bits(vec![0; slots.div_ceil(64)].into())
    }

    pub(crate) fn set(&mut self, slot: u32) {
        if let Some(word) = self.0.get_mut(slot as usize / 64) {
            *word |= 1 << (slot % 64);
        }
    }

    pub(crate) fn get(&self, slot: u32) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word >> (slot % 64) & 1 == 1)
    }
}

/// The index as of a commit, with availability as of a moment.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) indexed: Arc<Indexed>,
    pub(crate) available: Arc<Bits>,
}
