//! What was typed, as words.

use contracts::Result;
use contracts::search::{MAX_QUERY_CHARS, MAX_QUERY_TERMS};
use kernel::Failure;

use crate::language;

pub(crate) struct Typed {
    /// As typed, without spaces at its ends.
    pub(crate) text: String,
    pub(crate) words: Vec<String>,
    /// Whether nothing but space was typed.
    pub(crate) is_blank: bool,
    /// Whether the last word may go on: nothing stands behind it.
    pub(crate) is_open: bool,
}

impl Typed {
    /// # Errors
    /// `query_too_long`, `too_many_words`.
    pub(crate) fn read(query: &str) -> Result<Self> {
        if query.chars().count() > MAX_QUERY_CHARS {
            let detail = format!("A query has at most {MAX_QUERY_CHARS} characters.");
            return Err(Failure::field("/q", "query_too_long", detail));
        }
        let text = query.trim().to_owned();
        let words = language::words(&text);
        if words.len() > MAX_QUERY_TERMS {
            let detail = format!("A query has at most {MAX_QUERY_TERMS} words.");
            return Err(Failure::field("/q", "too_many_words", detail));
        }
        let is_open = query.ends_with(char::is_alphanumeric);
        Ok(Typed { is_blank: text.is_empty(), text, words, is_open })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_have_limits() {
        let typed = Typed::read("  Runing SHOOS ").unwrap();
        assert_eq!((typed.words, typed.is_blank, typed.is_open), (vec!["runing".into(), "shoos".into()], false, false));
        assert!(Typed::read("").unwrap().is_blank && Typed::read("sho").unwrap().is_open);
        let marks = Typed::read("!?").unwrap();
        assert!(marks.words.is_empty() && !marks.is_blank);
        let code = |query: &str| Typed::read(query).err().unwrap().errors[0].code.clone();
        assert_eq!(code(&"ü".repeat(201)), "query_too_long");
        assert_eq!(code(&"a ".repeat(13)), "too_many_words");
        assert!(Typed::read(&"ü".repeat(200)).is_ok());
    }
}
