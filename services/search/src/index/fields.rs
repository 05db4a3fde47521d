//! What the index has fields for.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};

use crate::language::{self, Language};

/// Name of our tokenizer in the schema.
const TOKENIZER: &str = "words";

/// The texts of a product by how much they say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Title,
    /// The categories above it, and its type: what kind of thing it is.
    Place,
    /// Vendor, options, attributes, tags, collections.
    Facts,
    Body,
}

impl Part {
    pub(crate) const ALL: [Part; 4] = [Part::Title, Part::Place, Part::Facts, Part::Body];

    const fn name(self) -> &'static str {
        match self {
            Part::Title => "title",
            Part::Place => "place",
            Part::Facts => "facts",
            Part::Body => "body",
        }
    }
}

#[derive(Clone)]
pub(crate) struct Fields {
    /// Names a product within one generation; what columns are addressed by.
    pub(crate) slot: Field,
    /// The [`super::Row`] as JSON.
    pub(crate) row: Field,
    /// SKUs and barcodes, whole and in lower case.
    pub(crate) code: Field,
    /// Per language, in the order of [`Part::ALL`].
    parts: Vec<[Field; 4]>,
    pub(crate) schema: Schema,
}

impl Fields {
    /// Name of the fast field that [`Self::slot`] is read by.
    pub(crate) const SLOT: &'static str = "slot";

    pub(crate) fn new(languages: &[Language]) -> Self {
        let mut builder = SchemaBuilder::new();
        let slot = builder.add_u64_field(Self::SLOT, FAST | INDEXED);
        let row = builder.add_bytes_field("row", STORED);
        let code = builder.add_text_field("code", STRING);
        let indexing =
            TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_index_option(IndexRecordOption::WithFreqs);
        let options = TextOptions::default().set_indexing_options(indexing);
        let mut of_language = |language: &Language| {
            Part::ALL.map(|part| builder.add_text_field(&format!("{}_{}", part.name(), language.code), options.clone()))
        };
        let parts = languages.iter().map(&mut of_language).collect();
        Fields { slot, row, code, parts, schema: builder.build() }
    }

    /// The field of `part` in the language at this position.
    pub(crate) fn part(&self, language: usize, part: Part) -> Field {
        self.parts[language][part as usize]
    }

    /// Teaches an index our way of splitting words.
    pub(crate) fn prepare(index: &tantivy::Index) {
        index.tokenizers().register(TOKENIZER, language::analyzer());
    }
}
