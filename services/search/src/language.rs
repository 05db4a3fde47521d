//! Words, as the index and the queries have them: split, lower-cased, without accents; and what languages add to that.

use frostem::{Algorithm, Stemmer};
use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer};

/// Bytes of the longest word kept; longer ones are noise.
const MAX_WORD: usize = 48;

/// Splits text into words. The index uses the same, so that what is typed meets what was written.
pub(crate) fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(MAX_WORD))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

/// The words of `text` with where each begins and ends in it.
pub(crate) fn spans(text: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let mut analyzer = analyzer();
    let mut stream = analyzer.token_stream(text);
    let mut words = Vec::new();
    stream.process(&mut |token| words.push((token.text.clone(), token.offset_from..token.offset_to)));
    words
}

/// The words of `text`.
pub(crate) fn words(text: &str) -> Vec<String> {
    spans(text).into_iter().map(|(word, _)| word).collect()
}

/// The text between the tags of `html`.
pub(crate) fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find(['<', '&']) {
        text.push_str(&rest[..at]);
        text.push(' ');
        let end = if rest[at..].starts_with('<') { '>' } else { ';' };
        // An ampersand that begins no entity is only an ampersand.
        let far = if end == ';' { 10 } else { usize::MAX };
        let close = rest[at..].char_indices().take(far).find(|(_, c)| *c == end);
        rest = match close {
            Some((length, _)) => &rest[at + length + 1..],
            None => &rest[at + 1..],
        };
    }
    text.push_str(rest);
    text
}

/// What is known of a language beyond its words.
#[derive(Clone)]
pub(crate) struct Language {
    /// Primary subtag, such as `de`.
    pub(crate) code: String,
    stemmer: Option<Stemmer>,
    /// Whether words grow together, as `Wanderstiefel` does, so that a word may stand inside another.
    pub(crate) compounds: bool,
    stops: &'static [&'static str],
}

impl Language {
    /// The language of `locale`. One that is not known has words but no stems.
    pub(crate) fn of(locale: &str) -> Self {
        let code = locale.split('-').next().unwrap_or(locale).to_lowercase();
        let (algorithm, compounds) = match code.as_str() {
            "da" => (Some(Algorithm::Danish), true),
            "de" => (Some(Algorithm::German), true),
            "en" => (Some(Algorithm::English), false),
            "es" => (Some(Algorithm::Spanish), false),
            "fi" => (Some(Algorithm::Finnish), true),
            "fr" => (Some(Algorithm::French), false),
            "it" => (Some(Algorithm::Italian), false),
            "nb" | "nn" | "no" => (Some(Algorithm::Norwegian), true),
            "nl" => (Some(Algorithm::Dutch), true),
            "pl" => (Some(Algorithm::Polish), false),
            "pt" => (Some(Algorithm::Portuguese), false),
            "sv" => (Some(Algorithm::Swedish), true),
            _ => (None, false),
        };
        let stops: &[&str] = match code.as_str() {
            "de" => GERMAN,
            "en" => ENGLISH,
            "es" => &["con", "de", "del", "el", "en", "la", "las", "los", "para", "por", "un", "una", "y"],
            "fr" => {
                &["a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "pour", "un", "une"]
            }
            "it" => &["con", "da", "di", "e", "gli", "i", "il", "in", "la", "le", "lo", "per", "un", "una"],
            "nl" => &["de", "een", "en", "het", "in", "met", "of", "op", "van", "voor"],
            _ => &[],
        };
        Language { code, stemmer: algorithm.map(Stemmer::new), compounds, stops }
    }

    /// What the forms of a word have in common.
    pub(crate) fn stem(&self, word: &str) -> String {
        match self.stemmer {
            Some(stemmer) => stemmer.stem(word).into_owned(),
            None => word.to_owned(),
        }
    }

    /// Whether a query means the same without `word`.
    pub(crate) fn is_filler(&self, word: &str) -> bool {
        self.stops.contains(&word)
    }
}

const ENGLISH: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "its", "my", "of", "on", "or",
    "s", "some", "that", "the", "their", "these", "this", "to", "with",
];
/// Without accents, as words are.
const GERMAN: &[&str] = &[
    "am", "an", "auf", "aus", "bei", "das", "dem", "den", "der", "des", "die", "ein", "eine", "einem", "einen",
    "einer", "fur", "fuer", "im", "in", "ins", "mit", "oder", "und", "vom", "von", "zu", "zum", "zur",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lose_case_accents_and_marks() {
        assert_eq!(
            words("Harbour Court-Sneaker, für Größe 42½!"),
            ["harbour", "court", "sneaker", "fur", "grosse", "42½"]
        );
        assert_eq!(words("<script>'\u{0}\u{202e}"), ["script"]);
        assert!(words(" …  ").is_empty());
    }

    #[test]
    fn html_gives_its_text_only() {
        assert_eq!(
            words(&plain("<p>One&nbsp;two</p><ul><li>three &amp; four</li></ul>")),
            ["one", "two", "three", "four"]
        );
        assert_eq!(words(&plain("5 < 6 & 7 > 3 <b")), ["5", "3", "b"]);
        assert_eq!(words(&plain("R&D; a & b")), ["r", "a", "b"]);
    }

    #[test]
    fn forms_of_a_word_share_a_stem() {
        let (en, de) = (Language::of("en-GB"), Language::of("de"));
        assert_eq!(en.stem("sneakers"), en.stem("sneaker"));
        assert_eq!(en.stem("running"), "run");
        assert_eq!(de.stem("stiefeln"), de.stem("stiefel"));
        assert!(en.is_filler("for") && de.is_filler("fur") && !de.is_filler("ohne"));
        let unknown = Language::of("xx");
        assert_eq!(unknown.stem("sneakers"), "sneakers");
    }
}
