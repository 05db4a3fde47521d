//! Taking in product exports: the parser says what the file means, this module makes it so, and the report says what
//! came of it. The same file again changes nothing.

mod column;
mod merge;
mod shopify;

use std::collections::BTreeMap;

use bytes::Bytes;
use contracts::Result;
use contracts::catalog::{Category, Change as Effect, ProductType, View};
use contracts::market::Texts;
use kernel::{Currency, ErrorKind, Failure, Sku, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::change::{Change, Expected};
use crate::rules::{handle_from, is_locale};
use crate::service::CatalogService;
use crate::store::Fault;
use shopify::{Draft, Parsed};

/// Products in one transaction.
const BATCH: usize = 250;

/// What the file does not say about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    /// Currency of the price columns that name none.
    pub currency: Currency,
    /// Language of the texts.
    pub locale: String,
}

impl ImportOptions {
    /// Fills in what is not said from the shop's default.
    ///
    /// # Errors
    /// `unknown_currency`, `unknown_locale`.
    pub fn parse(currency: Option<&str>, locale: Option<String>, default: &View) -> Result<Self> {
        let unknown = |_| Failure::field("/currency", "unknown_currency", "Name an ISO 4217 currency such as EUR.");
        let currency = currency.map(Currency::parse).transpose().map_err(unknown)?.unwrap_or(default.currency);
        let locale = locale.unwrap_or_else(|| default.locale.clone());
        if !is_locale(&locale) {
            return Err(Failure::field("/locale", "unknown_locale", "Name the language as in `en` or `de-CH`."));
        }
        Ok(ImportOptions { currency, locale })
    }
}

/// What came of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportReport {
    /// Rows below the header, blank ones left out.
    pub rows: u64,
    pub products: ImportCounts,
    /// What was wrong, by line; at most 1,000 of them.
    pub errors: Vec<ImportError>,
    /// Columns of the file that have no place in the catalog.
    pub ignored_columns: Vec<String>,
    /// Units counted, of the products that were taken in, for whoever holds the stock.
    #[schema(value_type = Vec<Vec<Object>>)]
    pub stock: Vec<(Sku, i64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportCounts {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    /// Left out because of an error.
    pub failed: u64,
}

/// Why a product was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImportError {
    /// Line of the file, the header being 1.
    pub line: u64,
    pub handle: String,
    /// Name of the column; empty when it is the row as a whole.
    pub column: String,
    pub message: String,
}

impl CatalogService {
    /// Takes in a Shopify product export. `progress` hears how many products of how many are done.
    ///
    /// # Errors
    /// `not_a_product_export`, or internal when the database fails; rows that break rules are in the report instead.
    pub async fn import(
        &self,
        store: StoreId,
        request_id: Option<String>,
        file: Bytes,
        options: ImportOptions,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<ImportReport> {
        let locale = options.locale.clone();
        let parsed = tokio::task::spawn_blocking(move || shopify::parse(&file, &options)).await;
        let parsed = parsed.map_err(|error| Failure::internal(format!("the import was stopped: {error}")))??;
        let Parsed { rows, mut drafts, failed, errors, ignored_columns } = parsed;
        let mut report = ImportReport { rows, errors, ignored_columns, ..ImportReport::default() };
        report.products.failed = failed;
        self.make_places(store, request_id.clone(), &locale, &mut drafts).await?;
        let total = drafts.len() as u64;
        let mut done = 0;
        progress(done, total);
        while !drafts.is_empty() {
            let batch: Vec<Draft> = drafts.drain(..drafts.len().min(BATCH)).collect();
            let first = done;
            let outcomes = self
                .change(store, request_id.clone(), move |change| {
                    batch.into_iter().enumerate().map(|(i, draft)| put(change, draft, first + i as u64)).collect()
                })
                .await;
            let outcomes: Vec<Outcome> = outcomes?;
            done += outcomes.len() as u64;
            for outcome in outcomes {
                report.add(outcome);
            }
            progress(done, total);
        }
        report.errors.sort_by_key(|error| error.line);
        report.errors.truncate(shopify::MAX_ERRORS);
        Ok(report)
    }

    /// Makes the product types and categories that the file names and the shop does not have, and puts the handles of
    /// both into the drafts.
    async fn make_places(
        &self,
        store: StoreId,
        request_id: Option<String>,
        locale: &str,
        drafts: &mut [Draft],
    ) -> Result<()> {
        let (mut types, mut categories) = (BTreeMap::new(), BTreeMap::new());
        for draft in drafts {
            let handle = handle_from(&draft.type_name);
            if !handle.is_empty() {
                types.entry(handle.clone()).or_insert_with(|| shortened(&draft.type_name));
                draft.content.product_type = handle;
            }
            let handle = handle_from(&draft.category_name);
            if !handle.is_empty() {
                categories.entry(handle.clone()).or_insert_with(|| shortened(&draft.category_name));
                draft.content.category = Some(handle);
            }
        }
        let known = self.taxonomy(store);
        types.retain(|handle, _| !known.types.contains_key(handle));
        categories.retain(|handle, _| !known.categories.contains_key(handle));
        if types.is_empty() && categories.is_empty() {
            return Ok(());
        }
        let locale = locale.to_owned();
        let name = move |name: String| Texts(BTreeMap::from([(locale.clone(), name)]));
        self.change(store, request_id, move |change| {
            for (handle, text) in types {
                let made = ProductType { handle, name: name(text), attributes: Vec::new(), version: 0 };
                change.put_product_type(made, Expected::Any)?;
            }
            for (handle, text) in categories {
                let made = Category {
                    handle,
                    name: name(text),
                    parent: None,
                    description: Texts::default(),
                    position: 0,
                    media: None,
                    version: 0,
                };
                change.put_category(made, Expected::Any)?;
            }
            Ok(())
        })
        .await
    }
}

/// A name of at most 255 characters.
fn shortened(name: &str) -> String {
    name.chars().take(255).collect()
}

/// What came of one product.
enum Outcome {
    Done(Effect, Vec<(Sku, i64)>),
    Failed(Vec<ImportError>),
}

/// Takes in one product. What a rule finds goes into the report and leaves the rest of the batch alone.
fn put(change: &mut Change<'_>, draft: Draft, index: u64) -> std::result::Result<Outcome, Fault> {
    let places = Places::of(&draft);
    // The newest come first in lists, so the first of the file counts as the newest, by a millisecond each.
    let made = change.now.plus_millis(-i64::try_from(index).unwrap_or(0));
    match change.upsert_product(&draft.handle, draft.content, made, merge::merge) {
        Ok((_, effect)) => Ok(Outcome::Done(effect, draft.stock)),
        Err(Fault::Refused(failure)) if failure.kind != ErrorKind::Internal => {
            Ok(Outcome::Failed(places.errors(&failure)))
        }
        Err(fault) => Err(fault),
    }
}

impl ImportReport {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Done(effect, stock) => {
                match effect {
                    Effect::Created => self.products.created += 1,
                    Effect::Updated => self.products.updated += 1,
                    Effect::Unchanged => self.products.unchanged += 1,
                }
                self.stock.extend(stock);
            }
            Outcome::Failed(errors) => {
                self.products.failed += 1;
                self.errors.extend(errors);
            }
        }
    }
}

/// Where the parts of a product stand in the file.
struct Places {
    handle: String,
    line: u64,
    variants: Vec<u64>,
    media: Vec<u64>,
}

impl Places {
    fn of(draft: &Draft) -> Self {
        let (variants, media) = (draft.variant_lines.clone(), draft.media_lines.clone());
        Places { handle: draft.handle.clone(), line: draft.line, variants, media }
    }

    fn errors(&self, failure: &Failure) -> Vec<ImportError> {
        let error = |(line, column): (u64, &str), message: &str| ImportError {
            line,
            handle: self.handle.clone(),
            column: column.to_owned(),
            message: message.to_owned(),
        };
        if failure.errors.is_empty() {
            return vec![error((self.line, ""), &failure.detail)];
        }
        failure.errors.iter().map(|field| error(self.place(&field.pointer), &field.detail)).collect()
    }

    /// The line and column of a field of the document.
    fn place(&self, pointer: &str) -> (u64, &'static str) {
        let mut parts = pointer.split('/').skip(1);
        let (field, index, part) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        let at = |lines: &[u64]| index.parse::<usize>().ok().and_then(|i| lines.get(i)).copied().unwrap_or(self.line);
        match field {
            "variants" => {
                let column = match part {
                    "options" => "Option1 Value",
                    "prices" => "Variant Price",
                    "weight_g" => "Variant Grams",
                    "barcode" => "Variant Barcode",
                    _ => "Variant SKU",
                };
                (at(&self.variants), column)
            }
            "media" => (at(&self.media), if part == "alt" { "Image Alt Text" } else { "Image Src" }),
            "handle" => (self.line, "Handle"),
            "title" => (self.line, "Title"),
            "description_html" => (self.line, "Body (HTML)"),
            "vendor" => (self.line, "Vendor"),
            "seo_title" => (self.line, "SEO Title"),
            "seo_description" => (self.line, "SEO Description"),
            "tags" => (self.line, "Tags"),
            "options" => (self.line, "Option1 Name"),
            "category" => (self.line, "Product Category"),
            "product_type" | "attributes" => (self.line, "Type"),
            _ => (self.line, ""),
        }
    }
}
