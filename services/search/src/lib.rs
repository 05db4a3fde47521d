//! Search: finding products by what people type.
//!
//! Owns an index per store under `search/` in the data directory (Tantivy, one folder per generation) and the synonyms
//! of each language in `search.db`. Calls [`contracts::catalog`]: documents to index, standings to compare with, cards
//! to show. Emits nothing.
//!
//! - The index is a copy. A follower compares it with the catalog whenever that changed, and once a minute without
//!   being told; starting, following and repairing are the same comparison (`follow`). A change is found within half a
//!   second; changes that come together share a commit.
//! - A query runs on one snapshot and reads no database: words in the index, filters and counts in columns in memory,
//!   prices, stock and pictures from the catalog, so that they are never older than it (`query`).
//! - A new generation is made beside the one in use: when languages, categories or product types change, when the
//!   index is damaged, or by `argosy search rebuild`. Searching goes on meanwhile.
//!
//! Carries no invariant of CORRECTNESS: nothing of record lives here. Every limit on what a query may cost stands in
//! [`contracts::search`].

mod api;
mod follow;
mod index;
mod language;
mod lexicon;
mod query;
mod service;
mod store;
mod thesaurus;

pub use api::routes;
pub use service::{SearchParts, SearchService};
pub use thesaurus::demo_synonyms;
