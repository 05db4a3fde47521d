//! Synonyms, ready to be looked up while a query is read.

use std::collections::HashMap;

use contracts::search::Synonyms;
use kernel::{Failure, FieldError};

use crate::language::{self, Language};

/// The most groups of a language.
const MAX_GROUPS: usize = 500;
/// The most words or phrases of a group.
const MAX_GROUP: usize = 20;
/// The most words of a phrase.
pub(crate) const MAX_PHRASE: usize = 4;
const MAX_CHARS: usize = 60;

/// A word or phrase, as words.
pub(crate) type Phrase = Vec<String>;

/// The synonyms of one language.
#[derive(Default)]
pub(crate) struct Thesaurus {
    /// Phrases by the stems of a phrase that means the same.
    others: HashMap<String, Vec<Phrase>>,
    /// Single words that stand in it, for those who mistype one.
    words: Vec<String>,
}

/// The synonyms of a store.
#[derive(Default)]
pub(crate) struct Thesauri {
    by_language: HashMap<String, Thesaurus>,
    empty: Thesaurus,
}

impl Thesauri {
    pub(crate) fn new(all: &[Synonyms]) -> Self {
        let of = |synonyms: &Synonyms| {
            let language = Language::of(&synonyms.locale);
            (language.code.clone(), Thesaurus::new(&language, &synonyms.groups))
        };
        Thesauri { by_language: all.iter().map(of).collect(), empty: Thesaurus::default() }
    }

    /// Those of a language; none are known of most.
    pub(crate) fn of(&self, code: &str) -> &Thesaurus {
        self.by_language.get(code).unwrap_or(&self.empty)
    }
}

impl Thesaurus {
    pub(crate) fn new(language: &Language, groups: &[Vec<String>]) -> Self {
        let mut thesaurus = Thesaurus::default();
        for group in groups {
            let phrases: Vec<Phrase> =
                group.iter().map(|text| language::words(text)).filter(|phrase| !phrase.is_empty()).collect();
            for phrase in &phrases {
                let own = key(language, phrase);
                let others: Vec<Phrase> = phrases.iter().filter(|other| key(language, other) != own).cloned().collect();
                thesaurus.others.entry(own).or_default().extend(others);
                if let [word] = phrase.as_slice() {
                    thesaurus.words.push(word.clone());
                }
            }
        }
        thesaurus.words.sort_unstable();
        thesaurus.words.dedup();
        thesaurus
    }

    /// What means the same as `phrase`.
    pub(crate) fn others(&self, language: &Language, phrase: &[String]) -> &[Phrase] {
        if self.others.is_empty() { &[] } else { self.others.get(&key(language, phrase)).map_or(&[], Vec::as_slice) }
    }

    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }
}

fn key(language: &Language, phrase: &[String]) -> String {
    phrase.iter().map(|word| language.stem(word)).collect::<Vec<_>>().join(" ")
}

/// The groups, tidied.
///
/// # Errors
/// Every group or word beyond the limits.
pub(crate) fn checked(groups: Vec<Vec<String>>) -> contracts::Result<Vec<Vec<String>>> {
    let mut errors = Vec::new();
    let mut wrong = |pointer: String, code: &str, detail: String| {
        errors.push(FieldError { pointer, code: code.to_owned(), detail });
    };
    if groups.len() > MAX_GROUPS {
        wrong("/groups".to_owned(), "too_many", format!("A language has at most {MAX_GROUPS} groups of synonyms."));
    }
    let mut tidy = Vec::new();
    for (g, group) in groups.into_iter().take(MAX_GROUPS).enumerate() {
        let group: Vec<String> = group.iter().map(|text| text.trim().to_owned()).collect();
        if !(2..=MAX_GROUP).contains(&group.len()) {
            let detail = format!("A group has 2 to {MAX_GROUP} words or phrases that mean the same.");
            wrong(format!("/groups/{g}"), "invalid_group", detail);
        }
        for (i, text) in group.iter().enumerate() {
            let words = language::words(text).len();
            if !(1..=MAX_PHRASE).contains(&words) || text.chars().count() > MAX_CHARS {
                let detail = format!("A synonym has 1 to {MAX_PHRASE} words and at most {MAX_CHARS} characters.");
                wrong(format!("/groups/{g}/{i}"), "invalid_synonym", detail);
            }
        }
        tidy.push(group);
    }
    errors.truncate(100);
    if errors.is_empty() { Ok(tidy) } else { Err(Failure::fields(errors)) }
}

/// Synonyms that the demo shop starts with.
#[must_use]
pub fn demo_synonyms() -> Vec<Synonyms> {
    let of = |locale: &str, groups: &[&[&str]]| Synonyms {
        locale: locale.to_owned(),
        groups: groups.iter().map(|group| group.iter().map(|&word| word.to_owned()).collect()).collect(),
        version: 0,
    };
    vec![
        of(
            "en",
            &[
                &["sneaker", "trainer", "tennis shoe", "gym shoe", "kicks"],
                &["running shoe", "runner", "jogging shoe", "joggers"],
                &["rain boot", "wellington", "wellies", "gumboot", "rubber boot"],
                &["flip flop", "thong sandal", "slide"],
                &["slipper", "house shoe"],
                &["hiking shoe", "walking shoe", "trekking shoe", "hiker"],
                &["hiking boot", "walking boot", "trekking boot", "mountain boot"],
                &["waterproof", "rain proof", "rainproof", "water resistant"],
                &["kids", "children", "child", "toddler", "boys", "girls"],
                &["women", "ladies", "female"],
                &["men", "gents", "male"],
                &["lace", "shoelace", "shoestring"],
                &["pump", "heel"],
                &["velcro", "hook and loop"],
                &["zip", "zipper"],
                &["colour", "color"],
                &["sale", "reduced", "discount"],
                &["winter", "snow"],
                &["plimsoll", "canvas shoe"],
                &["felt", "wool"],
                &["polish", "wax", "cream"],
            ],
        ),
        of(
            "de",
            &[
                &["Sneaker", "Turnschuh", "Freizeitschuh"],
                &["Laufschuh", "Joggingschuh", "Runningschuh"],
                &["Gummistiefel", "Regenstiefel"],
                &["Hausschuh", "Pantoffel", "Puschen", "Hüttenschuh"],
                &["Wanderschuh", "Trekkingschuh", "Bergschuh", "Wanderstiefel", "Bergstiefel", "Outdoorschuh"],
                &["Zehentrenner", "Flip Flop", "Zehensandale", "Badelatschen"],
                &["Damen", "Frauen"],
                &["Herren", "Männer"],
                &["Kinder", "Kids", "Jungen", "Mädchen"],
                &["Schnürsenkel", "Senkel", "Schuhband"],
                &["wasserdicht", "regenfest", "wetterfest"],
                &["Winterstiefel", "Schneestiefel"],
                &["Stiefelette", "Chelsea Boot", "Ankle Boot"],
                &["Klettverschluss", "Klett", "Klettschuh"],
                &["reduziert", "Sale", "Angebot"],
                &["Schuhcreme", "Lederpflege", "Schuhwachs"],
            ],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(groups: &[&[&str]]) -> Vec<Vec<String>> {
        groups.iter().map(|group| group.iter().map(|&word| word.to_owned()).collect()).collect()
    }

    #[test]
    fn every_member_finds_the_others_in_any_form() {
        let english = Language::of("en");
        let thesaurus = Thesaurus::new(&english, &groups(&[&["sneaker", "Trainer", "tennis shoe"]]));
        let others = |phrase: &[&str]| {
            let phrase: Phrase = phrase.iter().map(|&word| word.to_owned()).collect();
            thesaurus.others(&english, &phrase).iter().map(|other| other.join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(others(&["trainers"]), ["sneaker", "tennis shoe"]);
        assert_eq!(others(&["tennis", "shoes"]), ["sneaker", "trainer"]);
        assert!(others(&["tennis"]).is_empty());
        assert_eq!(thesaurus.words(), ["sneaker", "trainer"]);
    }

    #[test]
    fn groups_have_limits_and_every_fault_is_told() {
        let bad = groups(&[&["alone"], &["fine", "well"], &["a", "…"], &["b", "one two three four five"]]);
        let failure = checked(bad).unwrap_err();
        let pointers: Vec<&str> = failure.errors.iter().map(|error| error.pointer.as_str()).collect();
        assert_eq!(pointers, ["/groups/0", "/groups/2/1", "/groups/3/1"]);
        assert!(checked(vec![Vec::new(); 501]).is_err());
        assert_eq!(checked(groups(&[&[" a ", "b"]])).unwrap(), groups(&[&["a", "b"]]));
        for synonyms in demo_synonyms() {
            checked(synonyms.groups).unwrap();
        }
    }
}
