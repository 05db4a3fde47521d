//! One index on disk: made, opened, brought up to date.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use contracts::catalog::{Product, Standing};
use kernel::ProductId;
use serde::{Deserialize, Serialize};
use tantivy::schema::Value as _;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, Term};

use super::columns::Numbered;
use super::row::Entry;
use super::snapshot::Indexed;
use super::{Columns, Dictionary, Fields, Part, Postings, Row, Taxonomy};
use crate::language::{self, Language};
use crate::lexicon::{Lexicon, Uses};

/// Grows when rows or fields change their meaning; an index of another format is made anew.
const FORMAT: u32 = 1;
/// Our own file beside Tantivy's.
const META: &str = "argosy.json";
/// Bytes that may wait in memory for a commit; the least that Tantivy takes.
const BUDGET: usize = 15_000_000;

/// The index cannot be used. It is a copy, so the remedy is always to make it anew.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the index failed")]
    Tantivy(#[from] tantivy::TantivyError),
    #[error("a file of the index failed")]
    Io(#[from] std::io::Error),
    #[error("a row of the index cannot be read or written")]
    Json(#[from] serde_json::Error),
    #[error("the index is of another format, in other languages or of an older taxonomy")]
    Outdated,
}

impl From<Fault> for kernel::Failure {
    fn from(fault: Fault) -> Self {
        let source = std::error::Error::source(&fault).map(|source| format!(": {source}")).unwrap_or_default();
        kernel::Failure::internal(format!("{fault}{source}"))
    }
}

impl From<tantivy::directory::error::OpenDirectoryError> for Fault {
    fn from(error: tantivy::directory::error::OpenDirectoryError) -> Self {
        Fault::Tantivy(error.into())
    }
}

/// What an index was made for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    format: u32,
    pub(crate) languages: Vec<String>,
    taxonomy: u64,
}

impl Meta {
    pub(crate) fn new(languages: &[Language], taxonomy: &Taxonomy) -> Self {
        let languages = languages.iter().map(|language| language.code.clone()).collect();
        Meta { format: FORMAT, languages, taxonomy: taxonomy.fingerprint() }
    }
}

/// An index with its writer. Changed by one at a time; read through [`Indexed`].
pub(crate) struct Generation {
    pub(crate) name: String,
    pub(crate) meta: Meta,
    languages: Vec<Language>,
    taxonomy: Arc<Taxonomy>,
    fields: Fields,
    writer: IndexWriter,
    reader: IndexReader,
    rows: HashMap<ProductId, Numbered>,
    dictionary: Arc<Dictionary>,
    next_slot: u32,
    lexicons: Vec<Arc<Lexicon>>,
}

impl Generation {
    /// An empty index in the folder `name` of `base`.
    pub(crate) fn create(
        base: &Path,
        name: String,
        languages: Vec<Language>,
        taxonomy: Arc<Taxonomy>,
    ) -> Result<Self, Fault> {
        let path = base.join(&name);
        std::fs::create_dir_all(&path)?;
        let fields = Fields::new(&languages);
        let directory = tantivy::directory::MmapDirectory::open(&path)?;
        let index = Index::create(directory, fields.schema.clone(), tantivy::IndexSettings::default())?;
        let meta = Meta::new(&languages, &taxonomy);
        std::fs::write(path.join(META), serde_json::to_vec(&meta)?)?;
        Self::over(index, (name, meta), languages, taxonomy, fields)
    }

    /// The index in the folder `name` of `base`, with its rows.
    ///
    /// # Errors
    /// [`Fault::Outdated`] when it was made for something else; others when it is damaged.
    pub(crate) fn open(
        base: &Path,
        name: String,
        languages: Vec<Language>,
        taxonomy: Arc<Taxonomy>,
    ) -> Result<Self, Fault> {
        let path = base.join(&name);
        let meta: Meta = serde_json::from_slice(&std::fs::read(path.join(META))?)?;
        if meta != Meta::new(&languages, &taxonomy) {
            return Err(Fault::Outdated);
        }
        let fields = Fields::new(&languages);
        let index = Index::open(tantivy::directory::MmapDirectory::open(&path)?)?;
        let mut generation = Self::over(index, (name, meta), languages, taxonomy, fields)?;
        generation.load()?;
        Ok(generation)
    }

    fn over(
        index: Index,
        (name, meta): (String, Meta),
        languages: Vec<Language>,
        taxonomy: Arc<Taxonomy>,
        fields: Fields,
    ) -> Result<Self, Fault> {
        Fields::prepare(&index);
        let options = tantivy::indexer::IndexWriterOptions::builder()
            .memory_budget_per_thread(BUDGET)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer = index.writer_with_options(options)?;
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let lexicons = languages
            .iter()
            .map(|language| Arc::new(Lexicon::new(language.clone(), HashMap::new(), HashMap::new())))
            .collect();
        Ok(Generation {
            name,
            meta,
            languages,
            taxonomy,
            fields,
            writer,
            reader,
            rows: HashMap::new(),
            dictionary: Arc::default(),
            next_slot: 0,
            lexicons,
        })
    }

    /// Reads the rows back.
    fn load(&mut self) -> Result<(), Fault> {
        let searcher = self.reader.searcher();
        let dictionary = Arc::make_mut(&mut self.dictionary);
        for segment in searcher.segment_readers() {
            let store = segment.get_store_reader(1)?;
            for document in segment.doc_ids_alive() {
                let document: tantivy::TantivyDocument = store.get(document)?;
                let bytes = document.get_first(self.fields.row).and_then(|value| value.as_bytes()).unwrap_or_default();
                let row: Row = serde_json::from_slice(bytes)?;
                let values = dictionary.take(&row, &self.taxonomy);
                self.next_slot = self.next_slot.max(row.slot + 1);
                self.rows.insert(row.id, Numbered { row: Arc::new(row), values });
            }
        }
        self.lexicons = self.read_lexicons()?;
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// What differs between the catalog and the index: handles to read again, and products that are gone.
    pub(crate) fn differences(&self, standings: &[Standing]) -> (Vec<Arc<str>>, Vec<ProductId>) {
        let outdated = standings
            .iter()
            .filter(|standing| {
                self.rows
                    .get(&standing.id)
                    .is_none_or(|known| known.row.version < standing.version || known.row.handle != *standing.handle)
            })
            .map(|standing| standing.handle.clone())
            .collect();
        let standing: HashSet<ProductId> = standings.iter().map(|standing| standing.id).collect();
        (outdated, self.rows.keys().filter(|id| !standing.contains(id)).copied().collect())
    }

    pub(crate) fn handle(&self, id: ProductId) -> Option<&str> {
        self.rows.get(&id).map(|known| known.row.handle.as_str())
    }

    /// Takes over `products` and lets go of `gone`, in one commit. Readers see all of it or nothing.
    pub(crate) fn apply(&mut self, products: &[Product], gone: &[ProductId]) -> Result<(), Fault> {
        let dictionary = Arc::make_mut(&mut self.dictionary);
        let mut new_words = false;
        for id in gone {
            if let Some(known) = self.rows.remove(id) {
                self.writer.delete_term(Term::from_field_u64(self.fields.slot, u64::from(known.row.slot)));
            }
        }
        for product in products {
            let slot = match self.rows.get(&product.id) {
                Some(known) => {
                    self.writer.delete_term(Term::from_field_u64(self.fields.slot, u64::from(known.row.slot)));
                    known.row.slot
                }
                None => {
                    self.next_slot += 1;
                    self.next_slot - 1
                }
            };
            let entry = Entry::new(product, slot, &self.languages, &self.taxonomy);
            new_words = new_words
                || (self.lexicons.iter().enumerate())
                    .any(|(at, lexicon)| entry.words(at).any(|word| lexicon.find(&word).is_none()));
            self.writer.add_document(entry.document(&self.fields)?)?;
            let values = dictionary.take(&entry.row, &self.taxonomy);
            self.rows.insert(product.id, Numbered { row: Arc::new(entry.row), values });
        }
        self.writer.commit()?;
        self.reader.reload()?;
        // Words that nobody uses any more do no harm until the next time.
        if new_words {
            self.lexicons = self.read_lexicons()?;
        }
        Ok(())
    }

    /// Whether more slots are empty than taken: the index is made anew then.
    pub(crate) fn is_hollow(&self) -> bool {
        self.next_slot as usize > self.rows.len() * 2 + 1_000
    }

    /// What readers see from now on.
    pub(crate) fn indexed(&self) -> Result<Indexed, Fault> {
        Ok(Indexed {
            products: u32::try_from(self.rows.len()).unwrap_or(u32::MAX),
            postings: Postings::new(self.reader.searcher(), self.fields.clone(), &self.lexicons)?,
            columns: Columns::new(self.next_slot as usize, &mut self.rows.values()),
            dictionary: self.dictionary.clone(),
            taxonomy: self.taxonomy.clone(),
            lexicons: self.lexicons.clone(),
        })
    }

    /// Whether products are available, by slot.
    pub(crate) fn availability(&self, standings: &[Standing]) -> super::Bits {
        let mut bits = super::Bits::new(self.next_slot as usize);
        for standing in standings.iter().filter(|standing| standing.available) {
            if let Some(known) = self.rows.get(&standing.id) {
                bits.set(known.row.slot);
            }
        }
        bits
    }

    fn read_lexicons(&self) -> Result<Vec<Arc<Lexicon>>, Fault> {
        let searcher = self.reader.searcher();
        let mut lexicons = Vec::new();
        for (at, language) in self.languages.iter().enumerate() {
            let mut uses: HashMap<String, Uses> = HashMap::new();
            for part in Part::ALL {
                for segment in searcher.segment_readers() {
                    let inverted = segment.inverted_index(self.fields.part(at, part))?;
                    let mut terms = inverted.terms().stream()?;
                    while terms.advance() {
                        let Ok(word) = std::str::from_utf8(terms.key()) else { continue };
                        let products = terms.value().doc_freq;
                        let known = match uses.get_mut(word) {
                            Some(known) => known,
                            None => uses.entry(word.to_owned()).or_default(),
                        };
                        match part {
                            Part::Title => known.title += products,
                            Part::Place => known.place += products,
                            Part::Facts => known.facts += products,
                            Part::Body => known.body += products,
                        }
                    }
                }
            }
            let surfaces = self
                .rows
                .values()
                .filter_map(|known| known.row.surfaces.get(at))
                .flatten()
                .map(|written| (language::words(written).concat().into_boxed_str(), written.as_str().into()))
                .collect();
            lexicons.push(Arc::new(Lexicon::new(language.clone(), uses, surfaces)));
        }
        Ok(lexicons)
    }
}
