//! Texts of one thing in several languages, held in little memory.

use std::collections::HashSet;
use std::sync::Arc;

use contracts::market::Texts;
use parking_lot::Mutex;

/// Shares equal short strings (locales, vendors, tags, option values) among a million variants.
#[derive(Default)]
pub(crate) struct Interner(Mutex<HashSet<Arc<str>>>);

impl Interner {
    pub(crate) fn get(&self, text: &str) -> Arc<str> {
        let mut known = self.0.lock();
        if let Some(found) = known.get(text) {
            return found.clone();
        }
        let new: Arc<str> = text.into();
        known.insert(new.clone());
        new
    }

    /// Forgets what nobody refers to any more.
    pub(crate) fn sweep(&self) {
        self.0.lock().retain(|text| Arc::strong_count(text) > 1);
    }
}

/// [`Texts`] without its tree: a sorted slice.
#[derive(Debug, Default)]
pub(crate) struct Words(Box<[(Arc<str>, Box<str>)]>);

impl Words {
    pub(crate) fn new(texts: &Texts, interner: &Interner) -> Self {
        Words(texts.0.iter().map(|(locale, text)| (interner.get(locale), text.as_str().into())).collect())
    }

    /// As [`Texts::get`]: exact, then the language, then English, then any.
    pub(crate) fn get(&self, locale: &str) -> &str {
        let language = locale.split('-').next().unwrap_or(locale);
        self.exact(locale)
            .or_else(|| self.exact(language))
            .or_else(|| self.exact("en"))
            .or_else(|| self.0.first().map(|(_, text)| &**text))
            .unwrap_or("")
    }

    fn exact(&self, locale: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| &**known == locale).map(|(_, text)| &**text)
    }

    pub(crate) fn locales(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter().map(|(locale, _)| locale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_answer_as_the_texts_they_were_made_of() {
        let texts = Texts(
            [("de", "Schuh"), ("de-CH", "Schueh"), ("en", "Shoe")]
                .into_iter()
                .map(|(locale, text)| (locale.to_owned(), text.to_owned()))
                .collect(),
        );
        let words = Words::new(&texts, &Interner::default());
        for locale in ["de", "de-CH", "de-AT", "en", "fr", ""] {
            assert_eq!(words.get(locale), texts.get(locale), "{locale}");
        }
        assert_eq!(Words::default().get("en"), "");
    }

    #[test]
    fn the_interner_keeps_only_what_is_in_use() {
        let interner = Interner::default();
        let kept = interner.get("a");
        drop(interner.get("b"));
        interner.sweep();
        assert!(Arc::ptr_eq(&kept, &interner.get("a")));
        assert_eq!(interner.0.lock().len(), 1);
    }
}
