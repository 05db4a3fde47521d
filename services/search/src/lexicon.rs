//! The words of an index in one language, in memory: which there are, in which forms, and which are spelt alike.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use parking_lot::Mutex;

use crate::language::Language;

/// Where products have a word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// Products with it in their title.
    pub(crate) title: u32,
    /// In the names of the categories above them and of their type.
    pub(crate) place: u32,
    /// In their vendor, options, attributes, tags and collections.
    pub(crate) facts: u32,
    /// In their description.
    pub(crate) body: u32,
}

impl Uses {
    /// How well known a word is: what stands in titles counts more than prose.
    const fn weight(self) -> u32 {
        let told = self.title.saturating_add(self.place).saturating_mul(4);
        told.saturating_add(self.facts.saturating_mul(2)).saturating_add(self.body)
    }
}

struct Word {
    text: Box<str>,
    uses: Uses,
}

pub(crate) type WordId = u32;

/// The words spelt alike to one, by that word and whether it may go on.
type Alike = HashMap<(Box<str>, bool), Arc<[WordId]>>;

pub(crate) struct Lexicon {
    pub(crate) language: Language,
    /// In order of their bytes.
    words: Vec<Word>,
    by_stem: HashMap<Box<str>, Vec<WordId>>,
    /// Stems spelt backwards, in order, for languages whose words grow together.
    by_end: Vec<(Box<str>, WordId)>,
    /// How a word is written where that differs from how it is searched: `größe` for `grosse`.
    surfaces: HashMap<Box<str>, Box<str>>,
    /// What was found to be spelt alike.
    alike: Mutex<Alike>,
}

/// The most words of which is kept what is spelt alike; beyond it all are forgotten.
const MAX_ALIKE: usize = 2_048;
/// The most words that are kept as spelt alike to one.
const MOST_ALIKE: usize = 16;

impl Lexicon {
    pub(crate) fn new(language: Language, uses: HashMap<String, Uses>, surfaces: HashMap<Box<str>, Box<str>>) -> Self {
        let mut words: Vec<Word> =
            uses.into_iter().map(|(text, uses)| Word { text: text.into_boxed_str(), uses }).collect();
        words.sort_unstable_by(|a, b| a.text.cmp(&b.text));
        let mut by_stem: HashMap<Box<str>, Vec<WordId>> = HashMap::new();
        let mut by_end = Vec::new();
        for (id, word) in (0..).zip(&words) {
            let stem = language.stem(&word.text);
            if language.compounds && stem.len() >= 6 {
                by_end.push((stem.chars().rev().collect::<String>().into_boxed_str(), id));
            }
            by_stem.entry(stem.into_boxed_str()).or_default().push(id);
        }
        by_end.sort_unstable();
        Lexicon { language, words, by_stem, by_end, surfaces, alike: Mutex::default() }
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn text(&self, id: WordId) -> &str {
        &self.words[id as usize].text
    }

    pub(crate) fn uses(&self, id: WordId) -> Uses {
        self.words[id as usize].uses
    }

    /// A word as people write it.
    pub(crate) fn written<'a>(&'a self, word: &'a str) -> &'a str {
        self.surfaces.get(word).map_or(word, |surface| surface)
    }

    pub(crate) fn find(&self, word: &str) -> Option<WordId> {
        let at = self.words.binary_search_by(|known| (*known.text).cmp(word)).ok()?;
        WordId::try_from(at).ok()
    }

    /// The words with the stem of `word`.
    pub(crate) fn forms(&self, word: &str) -> &[WordId] {
        self.by_stem.get(self.language.stem(word).as_str()).map_or(&[], Vec::as_slice)
    }

    /// Words that begin with `start`, the best known first, at most `limit`.
    pub(crate) fn beginning(&self, start: &str, limit: usize) -> Vec<WordId> {
        let from = self.words.partition_point(|word| &*word.text < start);
        let ids = (0..).zip(&self.words).skip(from).take_while(|(_, word)| word.text.starts_with(start));
        self.best(ids.map(|(id, _)| id).collect(), limit)
    }

    /// Longer words that end in `word` or a form of it, at most `limit`: `wanderstiefel` for `stiefel`.
    pub(crate) fn ending(&self, word: &str, limit: usize) -> Vec<WordId> {
        let end: String = self.language.stem(word).chars().rev().collect();
        let from = self.by_end.partition_point(|(known, _)| **known < *end);
        let longer = self.by_end[from..].iter().take_while(|(known, _)| known.starts_with(&end));
        let ids = longer.filter(|(known, _)| known.len() > end.len()).map(|(_, id)| *id);
        self.best(ids.collect(), limit)
    }

    /// Words within the distance that a word of this length allows, the nearest and best known first. With `open`,
    /// also words that go on after what is near.
    pub(crate) fn near(&self, word: &str, open: bool, limit: usize) -> Vec<WordId> {
        let key = (Box::from(word), open);
        let known = self.alike.lock().get(&key).cloned();
        let found = known.unwrap_or_else(|| {
            let found: Arc<[WordId]> = self.spelt_alike(word, open).into();
            let mut alike = self.alike.lock();
            if alike.len() >= MAX_ALIKE {
                alike.clear();
            }
            alike.insert(key, found.clone());
            found
        });
        found[..limit.min(found.len())].to_vec()
    }

    fn spelt_alike(&self, word: &str, open: bool) -> Vec<WordId> {
        let Some(dfa) = automaton(word, open) else { return Vec::new() };
        let mut found: Vec<(u8, WordId)> = Vec::new();
        self.walk(&dfa, |id, distance| found.push((distance, id)));
        let first = word.as_bytes().first();
        found.sort_by_key(|&(distance, id)| {
            let text = self.text(id);
            // People rarely mistype the first letter.
            (distance, text.as_bytes().first() != first, std::cmp::Reverse(self.uses(id).weight()), id)
        });
        // What is one letter off is not mixed with what is two off.
        let nearest = found.first().map_or(0, |(distance, _)| *distance);
        found.into_iter().take_while(|(distance, _)| *distance == nearest).map(|(_, id)| id).take(MOST_ALIKE).collect()
    }

    /// Runs every word through `dfa`. Words are in order, so the states of a shared beginning are kept, and everything
    /// that begins in a dead end is skipped at once.
    fn walk(&self, dfa: &DFA, mut take: impl FnMut(WordId, u8)) {
        let mut states = vec![dfa.initial_state()];
        let mut before: &[u8] = b"";
        let mut at = 0;
        while let Some(word) = self.words.get(at) {
            let text = word.text.as_bytes();
            let shared = text.iter().zip(before).take_while(|(a, b)| a == b).count();
            states.truncate(shared + 1);
            let mut dead = None;
            while states.len() <= text.len() {
                let next = dfa.transition(states[states.len() - 1], text[states.len() - 1]);
                if next == SINK_STATE {
                    dead = Some(&text[..states.len()]);
                    break;
                }
                states.push(next);
            }
            before = &text[..states.len() - 1];
            match dead {
                Some(start) => {
                    let rest = &self.words[at..];
                    at += rest.partition_point(|word| word.text.as_bytes().starts_with(start)).max(1);
                }
                None => {
                    if let (Distance::Exact(distance), Ok(id)) =
                        (dfa.distance(states[states.len() - 1]), WordId::try_from(at))
                    {
                        take(id, distance);
                    }
                    at += 1;
                }
            }
        }
    }

    fn best(&self, mut ids: Vec<WordId>, limit: usize) -> Vec<WordId> {
        ids.sort_unstable_by_key(|&id| (std::cmp::Reverse(self.uses(id).weight()), id));
        ids.truncate(limit);
        ids
    }
}

/// How many slips of the keyboard a word of this length is given.
pub(crate) fn slips(word: &str) -> u8 {
    match word.chars().count() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Accepts what is within the slips of `word`; none when it is given none.
pub(crate) fn automaton(word: &str, open: bool) -> Option<DFA> {
    static BUILDERS: [OnceLock<Mutex<LevenshteinAutomatonBuilder>>; 2] = [OnceLock::new(), OnceLock::new()];
    let slips = slips(word);
    // Numbers are sizes and models: another number is another thing.
    if slips == 0 || word.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let builder =
        BUILDERS[usize::from(slips) - 1].get_or_init(|| Mutex::new(LevenshteinAutomatonBuilder::new(slips, true)));
    let builder = builder.lock();
    Some(if open { builder.build_prefix_dfa(word) } else { builder.build_dfa(word) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon(locale: &str, words: &[&str]) -> Lexicon {
        let uses =
            (1..).zip(words).map(|(n, word)| ((*word).to_owned(), Uses { title: n, ..Uses::default() })).collect();
        Lexicon::new(Language::of(locale), uses, HashMap::new())
    }

    fn texts<'a>(lexicon: &'a Lexicon, ids: &[WordId]) -> Vec<&'a str> {
        ids.iter().map(|&id| lexicon.text(id)).collect()
    }

    #[test]
    fn near_words_are_found_and_the_nearest_only() {
        let known =
            lexicon("en", &["running", "runner", "sneaker", "sneakers", "shoes", "shoe", "snow", "sandal", "ruin"]);
        assert_eq!(texts(&known, &known.near("runing", false, 5)), ["running"]);
        assert_eq!(texts(&known, &known.near("sneekers", false, 5)), ["sneakers"]);
        assert_eq!(texts(&known, &known.near("shoos", false, 5)), ["shoes"]);
        assert_eq!(texts(&known, &known.near("snadal", false, 5)), ["sandal"], "two letters swapped are one slip");
        assert_eq!(texts(&known, &known.near("sneek", true, 5)), ["sneakers", "sneaker"]);
        for none in ["sno", "xyzzy", "", "4234"] {
            assert!(known.near(none, false, 5).is_empty(), "{none}");
        }
    }

    /// The walk skips; it must not skip what the plain way finds.
    #[test]
    fn skipping_dead_ends_loses_nothing() {
        let mut words = Vec::new();
        for a in ["s", "sh", "sho", "b", "bo", "r", "ru"] {
            for b in ["", "n", "ne", "oe", "ot"] {
                for c in ["", "s", "er", "ing", "le", "ü"] {
                    words.push(format!("{a}{b}{c}"));
                }
            }
        }
        words.sort();
        words.dedup();
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        let known = lexicon("en", &texts);
        for typed in ["shoos", "runing", "boot", "sneers", "shotles", "botingüx"] {
            for open in [false, true] {
                let dfa = automaton(typed, open).unwrap();
                let mut walked = Vec::new();
                known.walk(&dfa, |id, distance| walked.push((known.text(id).to_owned(), distance)));
                let plain: Vec<(String, u8)> = words
                    .iter()
                    .filter_map(|word| match dfa.eval(word) {
                        Distance::Exact(distance) => Some((word.clone(), distance)),
                        Distance::AtLeast(_) => None,
                    })
                    .collect();
                assert_eq!(walked, plain, "{typed} {open}");
            }
        }
    }

    #[test]
    fn words_are_found_by_beginning_form_and_end() {
        let known = lexicon("de", &["laufschuh", "laufschuhe", "wanderschuhe", "schuhe", "schuh", "lauf", "hausschuh"]);
        assert_eq!(texts(&known, &known.beginning("lauf", 9)), ["lauf", "laufschuhe", "laufschuh"]);
        assert_eq!(texts(&known, &known.beginning("lauf", 1)), ["lauf"]);
        let mut forms = texts(&known, known.forms("schuhen"));
        forms.sort_unstable();
        assert_eq!(forms, ["schuh", "schuhe"]);
        assert_eq!(texts(&known, &known.ending("schuhe", 9)), ["hausschuh", "wanderschuhe", "laufschuhe", "laufschuh"]);
        assert!(known.beginning("x", 9).is_empty() && known.find("hut").is_none());
        assert!(lexicon("en", &["workshoe"]).ending("shoe", 9).is_empty());
    }
}
