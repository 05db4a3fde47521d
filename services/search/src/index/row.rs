//! A product as the index holds it.

use contracts::catalog::{AttributeKind, AttributeValue, Product};
use kernel::ProductId;
use serde::{Deserialize, Serialize};

use super::taxonomy::Taxonomy;
use super::{Fields, Part};
use crate::language::{self, Language};

/// Bytes of a description that are searched.
const MAX_BODY: usize = 20_000;
/// Bytes of a title that take part in the order.
const TITLE_KEY: usize = 160;

/// Names of facets that every shop has. Attributes and options cannot take them.
pub(crate) const CATEGORY: &str = "category";
pub(crate) const COLLECTION: &str = "collection";
pub(crate) const VENDOR: &str = "vendor";
pub(crate) const PRICE: &str = "price";
pub(crate) const AVAILABLE: &str = "available";

/// What filters, counts and orders need of a product. Nothing of it is shown: that comes from the catalog.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) slot: u32,
    pub(crate) id: ProductId,
    pub(crate) handle: String,
    pub(crate) version: u64,
    /// Milliseconds since the Unix epoch.
    pub(crate) created_at: i64,
    /// The lowest price per currency, in minor units.
    pub(crate) prices: Vec<(String, i64)>,
    /// Per language of the index: what titles are sorted by.
    pub(crate) titles: Vec<String>,
    /// Names of facets with the values that the product has.
    pub(crate) facets: Vec<(String, Vec<String>)>,
    /// Per language: words that are written with letters they are not searched with.
    pub(crate) surfaces: Vec<Vec<String>>,
}

/// A product ready for the index.
pub(crate) struct Entry {
    pub(crate) row: Row,
    codes: Vec<String>,
    /// Per language, in the order of [`Part::ALL`].
    texts: Vec<[String; 4]>,
}

impl Entry {
    pub(crate) fn new(product: &Product, slot: u32, languages: &[Language], taxonomy: &Taxonomy) -> Self {
        let content = &product.content;
        let texts: Vec<[String; 4]> = (0..)
            .zip(languages)
            .map(|(at, language)| {
                let title = content.title.get(&language.code).to_owned();
                [
                    title,
                    place(product, at, language, taxonomy),
                    facts(product, at, language, taxonomy),
                    body(product, language),
                ]
            })
            .collect();
        let mut codes: Vec<String> = Vec::new();
        for variant in &content.variants {
            codes.push(code(variant.sku.as_str()));
            codes.extend(variant.barcode.as_deref().map(code));
        }
        let row = Row {
            slot,
            id: product.id,
            handle: product.handle.clone(),
            version: product.version,
            created_at: product.created_at.0.millis(),
            prices: lowest_prices(product),
            titles: texts.iter().map(|[title, ..]| title_key(title)).collect(),
            facets: facets(product, taxonomy),
            surfaces: texts.iter().map(surfaces).collect(),
        };
        Entry { row, codes, texts }
    }

    /// # Errors
    /// When the row cannot be written as JSON, which its types rule out.
    pub(crate) fn document(&self, fields: &Fields) -> serde_json::Result<tantivy::TantivyDocument> {
        let mut document = tantivy::TantivyDocument::new();
        document.add_u64(fields.slot, u64::from(self.row.slot));
        document.add_bytes(fields.row, &serde_json::to_vec(&self.row)?);
        for code in &self.codes {
            document.add_text(fields.code, code);
        }
        for (language, texts) in self.texts.iter().enumerate() {
            for (part, text) in Part::ALL.into_iter().zip(texts) {
                document.add_text(fields.part(language, part), text);
            }
        }
        Ok(document)
    }

    /// Every word of the product in the language at this position.
    pub(crate) fn words(&self, language: usize) -> impl Iterator<Item = String> + '_ {
        self.texts[language].iter().flat_map(|text| language::words(text))
    }
}

/// A SKU or barcode as it is looked up.
pub(crate) fn code(text: &str) -> String {
    text.trim().to_lowercase()
}

/// What titles are sorted by: case does not count, and neither does what comes after many letters.
fn title_key(title: &str) -> String {
    let mut key = title.to_lowercase();
    key.truncate((0..=TITLE_KEY.min(key.len())).rev().find(|&i| key.is_char_boundary(i)).unwrap_or(0));
    key
}

fn lowest_prices(product: &Product) -> Vec<(String, i64)> {
    let mut lowest: Vec<(String, i64)> = Vec::new();
    for price in product.content.variants.iter().flat_map(|variant| &variant.prices) {
        let (code, amount) = (price.price.currency.code(), price.price.amount_minor);
        match lowest.iter_mut().find(|(known, _)| known == code) {
            Some((_, low)) => *low = amount.min(*low),
            None => lowest.push((code.to_owned(), amount)),
        }
    }
    lowest
}

/// The name under which an option is filtered by: `Colour` is `colour`.
fn option_name(option: &str) -> String {
    let plain = language::words(option).join("_");
    if plain.is_empty() { option.to_lowercase() } else { plain }
}

fn is_reserved(name: &str) -> bool {
    [CATEGORY, COLLECTION, VENDOR, PRICE, AVAILABLE].contains(&name)
}

fn facets(product: &Product, taxonomy: &Taxonomy) -> Vec<(String, Vec<String>)> {
    let content = &product.content;
    let mut facets: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |name: &str, values: Vec<String>| {
        let values: Vec<String> = values.into_iter().filter(|value| !value.is_empty()).collect();
        if values.is_empty() {
            return;
        }
        match facets.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => known.extend(values),
            None => facets.push((name.to_owned(), values)),
        }
    };
    if let Some(category) = &content.category {
        add(CATEGORY, taxonomy.way_to(category));
    }
    add(COLLECTION, content.collections.clone());
    add(VENDOR, vec![content.vendor.clone()]);
    for (name, value) in &content.attributes {
        if taxonomy.is_filterable(&content.product_type, name) && !is_reserved(name) {
            add(name, attribute_values(value));
        }
    }
    for option in &content.options {
        let name = option_name(&option.name);
        if !is_reserved(&name) {
            add(&name, option.values.clone());
        }
    }
    facets
}

/// The values of an attribute as they stand in a filter.
fn attribute_values(value: &AttributeValue) -> Vec<String> {
    match value {
        AttributeValue::Flag(flag) => vec![flag.to_string()],
        AttributeValue::Integer(number) => vec![number.to_string()],
        AttributeValue::Text(text) => vec![text.clone()],
        AttributeValue::List(values) => values.clone(),
    }
}

fn place(product: &Product, at: usize, language: &Language, taxonomy: &Taxonomy) -> String {
    let content = &product.content;
    let mut names: Vec<String> = Vec::new();
    if let Some(category) = &content.category {
        names.extend(taxonomy.way_to(category).iter().map(|handle| taxonomy.category_name(handle, at).to_owned()));
    }
    let product_type = taxonomy.product_type(&content.product_type);
    names.extend(product_type.map(|product_type| product_type.name.get(&language.code).to_owned()));
    names.join("\n")
}

fn facts(product: &Product, at: usize, language: &Language, taxonomy: &Taxonomy) -> String {
    let content = &product.content;
    let mut facts: Vec<String> = vec![content.vendor.clone(), content.tags.join(" ")];
    facts.extend(content.collections.iter().map(|handle| taxonomy.collection_name(handle, at).to_owned()));
    if let Some(product_type) = taxonomy.product_type(&content.product_type) {
        for definition in &product_type.attributes {
            match (content.attributes.get(&definition.name), &definition.kind) {
                // What is true of a product is its label; what is false is not said of it.
                (Some(AttributeValue::Flag(true)), _) => facts.push(definition.label.get(&language.code).to_owned()),
                (Some(AttributeValue::Flag(false)) | None, _) => {}
                // A bare number means nothing to somebody who types it.
                (Some(AttributeValue::Integer(number)), AttributeKind::Integer { unit }) => {
                    facts.push(format!("{number}{}", unit.as_deref().unwrap_or("")));
                }
                (Some(value), _) => facts.extend(attribute_values(value)),
            }
        }
    }
    for option in &content.options {
        facts.push(option.name.clone());
        facts.extend(option.values.iter().cloned());
    }
    facts.join("\n")
}

fn body(product: &Product, language: &Language) -> String {
    let content = &product.content;
    let mut body = language::plain(content.description_html.get(&language.code));
    for media in &content.media {
        body.push('\n');
        body.push_str(media.alt.get(&language.code));
    }
    body.truncate((0..=MAX_BODY.min(body.len())).rev().find(|&i| body.is_char_boundary(i)).unwrap_or(0));
    body
}

/// The words with letters that searching does not tell apart, in lower case.
fn surfaces(texts: &[String; 4]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        for (word, span) in language::spans(text) {
            let written = text[span].to_lowercase();
            if written != word {
                found.push(written);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
