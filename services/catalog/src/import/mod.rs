//! Taking in product exports: the parser says what the file means, this module makes it so, and the report says what
//! came of it. The same file again changes nothing.

mod column;
mod document;
mod draft;
mod effect;
mod format;
mod merge;
mod places;
mod sheet;
mod shopify;
mod stock;
mod table;
mod text;
mod undo;
mod woocommerce;

use bytes::Bytes;
use contracts::Result;
use contracts::catalog::{Change as Effect, View};
use kernel::{Currency, ErrorKind, Failure, Sku, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::change::{Change, Expected};
use crate::rules::is_locale;
use crate::service::CatalogService;
use crate::store::{Fault, bulk, product};
use draft::{Draft, IdentifiedBy, MAX_ERRORS, Reading, Source};

pub(crate) use document::FORMAT;
pub use document::StockCount;
pub use effect::ImportEffects;
pub use format::FileFormat;
pub(crate) use sheet::{COLUMNS, join};
pub(crate) use stock::write as write_stock;
pub(crate) use undo::StockRow;
pub use undo::{BulkChange, UndoReport};

/// The most units that a count can have.
const MAX_UNITS: i64 = 1_000_000_000;

/// How a file is taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportHow {
    /// Told by the file's beginning when it is none.
    pub format: Option<FileFormat>,
    /// Only say what would change.
    pub dry_run: bool,
    /// Who does it, for the list of changes.
    pub actor: String,
}

impl Default for ImportHow {
    fn default() -> Self {
        ImportHow { format: None, dry_run: false, actor: "system".to_owned() }
    }
}

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
    /// Units counted at locations that the file names.
    #[serde(default)]
    pub stock_at: Vec<StockCount>,
    /// Whether this only says what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// Names the change in `argosy undo`; none when nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<i64>,
    #[serde(default)]
    pub effects: ImportEffects,
    /// SKUs whose units change.
    #[serde(default)]
    pub stock_changes: u64,
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
    /// Takes in a file of products. `progress` hears how many products of how many are done.
    ///
    /// # Errors
    /// `not_a_product_export`, or internal when the database fails; rows that break rules are in the report instead.
    pub async fn import(
        &self,
        store: StoreId,
        request_id: Option<String>,
        file: Bytes,
        options: ImportOptions,
        progress: impl FnMut(u64, u64) + Send,
    ) -> Result<ImportReport> {
        self.import_as(store, request_id, (file, options), ImportHow::default(), progress).await
    }

    /// As [`Self::import`], in one transaction: all products that the file has and no rule refuses, or none. A dry run
    /// does the same and takes the transaction back.
    ///
    /// # Errors
    /// As [`Self::import`].
    pub async fn import_as(
        &self,
        store: StoreId,
        request_id: Option<String>,
        (file, options): (Bytes, ImportOptions),
        how: ImportHow,
        mut progress: impl FnMut(u64, u64) + Send,
    ) -> Result<ImportReport> {
        let (locale, known) = (options.locale.clone(), self.taxonomy(store));
        let (format, today) = (how.format.unwrap_or_else(|| FileFormat::of(&file)), self.now());
        let read = tokio::task::spawn_blocking(move || match format {
            FileFormat::Shopify => shopify::read(&file, &options),
            FileFormat::Woocommerce => woocommerce::read(&file, &options, today),
            FileFormat::Csv => sheet::read(&file, &known),
            FileFormat::Json => document::read(&file),
            FileFormat::Stock => stock::read(&file),
        });
        let mut source =
            read.await.map_err(|error| Failure::internal(format!("the import was stopped: {error}")))??;
        let mut report = ImportReport {
            rows: source.rows,
            errors: std::mem::take(&mut source.errors),
            ignored_columns: std::mem::take(&mut source.ignored_columns),
            stock_at: std::mem::take(&mut source.stock_at),
            dry_run: how.dry_run,
            ..ImportReport::default()
        };
        report.products.failed = source.failed;
        let total = source.products;
        progress(0, total);
        let (answer, outcome) = std::sync::mpsc::channel();
        let changed = self.change(store, request_id, move |change| {
            let report = take_in(change, source, (&locale, &how.actor), report)?;
            // Nobody takes it when the caller went away; the change stands all the same.
            let _ = answer.send(report);
            if how.dry_run { Err(Failure::conflict(DRY_RUN, "Nothing was changed.").into()) } else { Ok(()) }
        });
        match changed.await {
            Err(failure) if failure.code != DRY_RUN => return Err(failure),
            _ => {}
        }
        let report = outcome.try_recv().map_err(|_| Failure::internal("the import left no report"))?;
        progress(total, total);
        Ok(report)
    }
}

/// Tells a dry run's end from a failure.
const DRY_RUN: &str = "dry_run";

/// Makes the places and the products, remembers what was before, and reports.
fn take_in(
    change: &mut Change<'_>,
    source: Source,
    (locale, actor): (&str, &str),
    mut report: ImportReport,
) -> std::result::Result<ImportReport, Fault> {
    for document in source.places.product_types {
        change.put_product_type(document, Expected::Any)?;
    }
    for document in source.places.categories {
        change.put_category(document, Expected::Any)?;
    }
    for document in source.places.collections {
        change.put_collection(document, Expected::Any)?;
    }
    let id = bulk::begin(change.conn, &change.store, "import", change.now, actor)?;
    let mut index = 0;
    (source.each)(&mut |reading| {
        let outcome = match reading {
            Reading::Product(mut draft) => {
                identify(change, &mut draft)?;
                match places::make(change, &mut draft, locale) {
                    Err(Fault::Refused(failure)) if failure.kind != ErrorKind::Internal => {
                        Outcome::Failed(Places::of(&draft).errors(&failure))
                    }
                    made => made.and_then(|()| put(change, *draft, index, id))?,
                }
            }
            Reading::Wrong(errors) => Outcome::Failed(errors),
        };
        report.add(outcome);
        index += 1;
        Ok(())
    })?;
    if report.products.created + report.products.updated == 0 {
        bulk::abandon(change.conn, &change.store, id)?;
    } else if !report.dry_run {
        report.change = Some(id);
    }
    report.errors.sort_by_key(|error| error.line);
    report.errors.truncate(MAX_ERRORS);
    Ok(report)
}

/// Gives a product of a file that has no handles the handle of whoever has one of its SKUs, or one of its own.
fn identify(change: &Change<'_>, draft: &mut Draft) -> std::result::Result<(), Fault> {
    let IdentifiedBy::Sku { number } = draft.identified_by else { return Ok(()) };
    let skus = draft.content.variants.iter().map(|variant| &variant.sku);
    if let Some(handle) = product::owner(change.conn, &change.store, skus)? {
        draft.handle = handle;
        return Ok(());
    }
    let known = product::find(change.conn, &change.store, &draft.handle)?;
    if known.is_some_and(|known| !known.content.variants.is_empty()) {
        draft.handle = format!("{}-{number}", draft.handle);
    }
    Ok(())
}

/// What came of one product.
enum Outcome {
    Done(Effect, (Vec<(Sku, i64)>, Vec<StockCount>), ImportEffects),
    Failed(Vec<ImportError>),
}

/// Takes in one product as part of `bulk`. What a rule finds goes into the report and leaves the others alone.
fn put(change: &mut Change<'_>, draft: Draft, index: i64, bulk: i64) -> std::result::Result<Outcome, Fault> {
    let (places, kept) = (Places::of(&draft), draft.kept);
    // The newest come first in lists, so the first of the file counts as the newest, by a millisecond each.
    let made = draft.made_at.unwrap_or_else(|| change.now.plus_millis(-index));
    let mut before = None;
    let outcome = change.upsert_product(&draft.handle, draft.content, made, |content, known| {
        before = Some(known.clone());
        merge::merge(content, known, &kept);
    });
    match outcome {
        Ok((product, effect)) => {
            let mut effects = ImportEffects::default();
            if effect != Effect::Unchanged {
                effects.add(before.as_ref(), &product.content);
                bulk::add_product(change.conn, &change.store, bulk, &product, before.as_ref())?;
            }
            Ok(Outcome::Done(effect, (draft.stock, draft.stock_at), effects))
        }
        Err(Fault::Refused(failure)) if failure.kind != ErrorKind::Internal => {
            Ok(Outcome::Failed(places.errors(&failure)))
        }
        Err(fault) => Err(fault),
    }
}

impl ImportReport {
    fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Done(effect, (stock, stock_at), effects) => {
                self.effects.sum(effects);
                match effect {
                    Effect::Created => self.products.created += 1,
                    Effect::Updated => self.products.updated += 1,
                    Effect::Unchanged => self.products.unchanged += 1,
                }
                self.stock.extend(stock);
                self.stock_at.extend(stock_at);
            }
            Outcome::Failed(errors) => {
                self.products.failed += 1;
                // A file that is wrong everywhere needs no longer list.
                if self.errors.len() < 2 * MAX_ERRORS {
                    self.errors.extend(errors);
                }
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
