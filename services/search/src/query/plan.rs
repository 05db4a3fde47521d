//! Which words of the index stand for which words that were typed.

use super::{Shelf, Typed};
use crate::language::Language;
use crate::lexicon::{self, Lexicon, WordId};
use crate::thesaurus::{MAX_PHRASE, Thesaurus};

/// The most words of the index that a beginning, an end or a slip stands for.
const MAX_BEGINNINGS: usize = 24;
const MAX_ENDINGS: usize = 24;
const MAX_NEAR: usize = 6;
const MAX_FORMS: usize = 12;

/// How a word of the index came to stand for one that was typed; the nearer, the more it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// The very word.
    Same,
    /// Another form of it.
    Form,
    /// A compound that ends in it, which makes it a kind of it.
    Kind,
    /// It begins with it.
    Beginning,
    /// It means the same.
    Synonym,
    /// It is spelt alike.
    Near,
}

impl Way {
    pub(crate) const ALL: [Way; 6] = [Way::Same, Way::Form, Way::Kind, Way::Beginning, Way::Synonym, Way::Near];
}

/// How far words are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// The word and its forms.
    Exact,
    /// What is spelt alike only for words that nothing has.
    Normal,
    /// What begins with it or is spelt alike for every word.
    Hard,
}

/// What one typed word stands for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading(pub(crate) Vec<(WordId, Way)>);

/// One or several typed words that are looked for together: any of the alternatives will do, each of which has all of
/// its readings.
#[derive(Clone, Debug)]
pub(crate) struct Unit {
    pub(crate) alternatives: Vec<Vec<Reading>>,
}

pub(crate) struct Plan {
    pub(crate) language: usize,
    pub(crate) units: Vec<Unit>,
    /// What is looked for instead of what was typed.
    pub(crate) corrected: Option<String>,
}

/// Reads what was typed in the language at this position.
pub(crate) fn plan(shelf: &Shelf<'_>, typed: &Typed, language: usize, effort: Effort) -> Plan {
    let lexicon = &shelf.snapshot.indexed.lexicons[language];
    let reader = Reader { lexicon, thesaurus: shelf.thesauri.of(&lexicon.language.code), effort };
    reader.plan(typed, language)
}

struct Reader<'a> {
    lexicon: &'a Lexicon,
    thesaurus: &'a Thesaurus,
    effort: Effort,
}

impl Reader<'_> {
    fn language(&self) -> &Language {
        &self.lexicon.language
    }

    fn plan(&self, typed: &Typed, language: usize) -> Plan {
        let meant = self.spelt(typed);
        let words: Vec<&str> = meant.iter().map(|(word, _)| word.as_str()).collect();
        let mut units = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let (length, unit) = self.unit(&meant[at..], typed.is_open && at + 1 == words.len());
            at += length;
            units.extend(unit);
        }
        if units.is_empty() {
            // Only fillers were typed: then they are what is looked for.
            units.extend(meant.iter().map(|(word, near)| self.word(word, near, false)));
        }
        let changed = meant.iter().zip(&typed.words).any(|((word, _), typed)| word != typed);
        let corrected = changed.then(|| {
            let written: Vec<&str> = words.iter().map(|word| self.lexicon.written(word)).collect();
            written.join(" ")
        });
        Plan { language, units, corrected }
    }

    /// The typed words, each replaced by the best known one that is spelt alike where nothing has it as typed; and
    /// the other words that are spelt alike.
    fn spelt(&self, typed: &Typed) -> Vec<(String, Vec<WordId>)> {
        let last = typed.words.len().saturating_sub(1);
        let read = |(at, word): (usize, &String)| {
            let is_open = typed.is_open && at == last;
            if self.effort == Effort::Exact || self.is_known(word, is_open) {
                return (word.clone(), Vec::new());
            }
            let mut near = self.lexicon.near(word, false, MAX_NEAR);
            if near.is_empty()
                && let Some(synonym) = self.near_synonym(word)
            {
                return (synonym.to_owned(), Vec::new());
            }
            if near.is_empty() && is_open {
                near = self.lexicon.near(word, true, MAX_NEAR);
            }
            match near.first() {
                Some(&best) => (self.lexicon.text(best).to_owned(), near),
                None => (word.clone(), near),
            }
        };
        typed.words.iter().enumerate().map(read).collect()
    }

    /// Whether something can be found by `word` as it was typed.
    fn is_known(&self, word: &str, is_open: bool) -> bool {
        let lexicon = self.lexicon;
        self.language().is_filler(word)
            || lexicon.find(word).is_some()
            || !lexicon.forms(word).is_empty()
            || !self.thesaurus.others(self.language(), &[word.to_owned()]).is_empty()
            || self.thesaurus.words().binary_search_by(|known| known.as_str().cmp(word)).is_ok()
            || ((is_open || self.language().compounds) && !self.parts(word, is_open).is_empty())
    }

    /// A synonym that is spelt nearly as `word`.
    fn near_synonym(&self, word: &str) -> Option<&str> {
        let dfa = lexicon::automaton(word, false)?;
        let near = |known: &&String| matches!(dfa.eval(known.as_str()), levenshtein_automata::Distance::Exact(_));
        self.thesaurus.words().iter().find(near).map(String::as_str)
    }

    /// The longest phrase at the beginning of `words` that has synonyms, or its first word; and how many words it has.
    /// Fillers are no unit of their own.
    fn unit(&self, words: &[(String, Vec<WordId>)], is_last_open: bool) -> (usize, Option<Unit>) {
        for length in (1..=MAX_PHRASE.min(words.len())).rev() {
            let phrase: Vec<String> = words[..length].iter().map(|(word, _)| word.clone()).collect();
            let others = self.thesaurus.others(self.language(), &phrase);
            if others.is_empty() {
                continue;
            }
            let is_open = is_last_open && length == 1;
            let own = words[..length].iter().map(|(word, near)| self.reading(word, near, is_open)).collect();
            let mut alternatives = vec![own];
            for other in others {
                alternatives.push(other.iter().map(|word| self.synonym(word)).collect());
            }
            return (length, Some(Unit { alternatives }));
        }
        let (word, near) = &words[0];
        if self.language().is_filler(word) {
            return (1, None);
        }
        (1, Some(self.word(word, near, is_last_open && words.len() == 1)))
    }

    fn word(&self, word: &str, near: &[WordId], is_open: bool) -> Unit {
        Unit { alternatives: vec![vec![self.reading(word, near, is_open)]] }
    }

    fn reading(&self, word: &str, near: &[WordId], is_open: bool) -> Reading {
        let way = |way: Way| if near.is_empty() { way } else { Way::Near };
        let mut found: Vec<(WordId, Way)> =
            self.lexicon.find(word).map(|id| (id, way(Way::Same))).into_iter().collect();
        found.extend(self.lexicon.forms(word).iter().take(MAX_FORMS).map(|&id| (id, way(Way::Form))));
        found.extend(near.iter().map(|&id| (id, Way::Near)));
        if self.effort != Effort::Exact
            && (found.is_empty() || self.language().compounds || self.effort == Effort::Hard)
        {
            found.extend(self.parts(word, is_open || self.effort == Effort::Hard));
        }
        if self.effort == Effort::Hard {
            found.extend(self.lexicon.near(word, false, MAX_NEAR).into_iter().map(|id| (id, Way::Near)));
        }
        // The nearest way to a word is the one that counts.
        found.sort_unstable();
        found.dedup_by_key(|(id, _)| *id);
        Reading(found)
    }

    /// Words that `word` is a part of: its continuations where it may go on, compounds with it where there are any.
    fn parts(&self, word: &str, is_open: bool) -> Vec<(WordId, Way)> {
        let length = word.chars().count();
        let has_compounds = length >= 4 && self.language().compounds;
        let mut parts = Vec::new();
        if length >= 2 && is_open || has_compounds {
            parts.extend(self.lexicon.beginning(word, MAX_BEGINNINGS).into_iter().map(|id| (id, Way::Beginning)));
        }
        if has_compounds {
            parts.extend(self.lexicon.ending(word, MAX_ENDINGS).into_iter().map(|id| (id, Way::Kind)));
        }
        parts
    }

    fn synonym(&self, word: &str) -> Reading {
        let mut found: Vec<(WordId, Way)> =
            self.lexicon.forms(word).iter().take(MAX_FORMS).map(|&id| (id, Way::Synonym)).collect();
        if found.is_empty() && self.language().compounds {
            found.extend(self.parts(word, false).into_iter().map(|(id, _)| (id, Way::Synonym)));
        }
        Reading(found)
    }
}
