//! What somebody who is still typing may be looking for.

use std::collections::BTreeSet;

use contracts::Result;
use contracts::catalog::View;
use contracts::search::{SearchRequest, Suggestions};
use kernel::PageRequest;

use super::plan::{self, Effort};
use super::read::Typed;
use super::{Shelf, collect};
use crate::lexicon::{Lexicon, WordId};

/// The most completions, and the words that are tried for them.
const COMPLETIONS: usize = 6;
const TRIED: usize = 16;
/// The most products.
const PRODUCTS: u32 = 5;

/// # Errors
/// As [`super::search`].
pub(crate) fn suggest(shelf: &Shelf<'_>, query: &str, view: &View) -> Result<Suggestions> {
    let typed = Typed::read(query)?;
    if typed.words.is_empty() {
        return Ok(Suggestions::default());
    }
    let page = PageRequest { limit: PRODUCTS, cursor: None };
    let request = SearchRequest { query: query.to_owned(), page, ..SearchRequest::default() };
    let products = super::search(shelf, &request, view, None)?.hits;
    Ok(Suggestions { completions: completions(shelf, &typed, view)?, products })
}

fn completions(shelf: &Shelf<'_>, typed: &Typed, view: &View) -> Result<Vec<String>> {
    let indexed = &shelf.snapshot.indexed;
    let language = indexed.language(&view.locale);
    let lexicon = &indexed.lexicons[language];
    let Some((last, before)) = typed.words.split_last().filter(|_| typed.is_open) else { return Ok(Vec::new()) };
    let mut completions: Vec<String> = Vec::new();
    for id in candidates(lexicon, last) {
        let mut words = before.to_vec();
        words.push(lexicon.text(id).to_owned());
        // Alone a word of the index finds something; behind others it may not.
        let text = words.join(" ");
        let tried = Typed { text: text.clone(), words, is_blank: false, is_open: false };
        if before.is_empty() || collect::count(indexed, &plan::plan(shelf, &tried, language, Effort::Exact))? > 0 {
            let written: Vec<&str> = tried.words.iter().map(|word| lexicon.written(word)).collect();
            completions.push(written.join(" "));
        }
        if completions.len() == COMPLETIONS {
            break;
        }
    }
    Ok(completions)
}

/// Words that `start` may become, one per stem, those of titles and facts only: prose is no query.
fn candidates(lexicon: &Lexicon, start: &str) -> Vec<WordId> {
    let mut ids = lexicon.beginning(start, TRIED * 2);
    if ids.is_empty() {
        ids = lexicon.near(start, true, TRIED);
    }
    let mut stems = BTreeSet::new();
    ids.retain(|&id| {
        let uses = lexicon.uses(id);
        uses.title + uses.place + uses.facts > 0 && stems.insert(lexicon.language.stem(lexicon.text(id)))
    });
    ids.truncate(TRIED);
    ids
}
