//! Products as a file has them, handed over one by one, so that a large file is never in memory as products.

use std::collections::BTreeSet;

use contracts::catalog::ProductContent;
use kernel::{Sku, Timestamp};

use super::ImportError;
use super::document::{Places, StockCount};
use crate::store::Fault;

/// The most complaints kept; a file that is wrong everywhere needs no longer list.
pub(super) const MAX_ERRORS: usize = 1_000;

/// A product as the file has it.
#[derive(Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) handle: String,
    pub(crate) content: ProductContent,
    /// What the file calls its type; it may have to be made.
    pub(crate) type_name: String,
    /// Names of the categories that lead to the product, from the top; they may have to be made.
    pub(crate) category_path: Vec<String>,
    /// Names of collections that the product stands in besides those that the content names.
    pub(crate) collection_names: Vec<String>,
    /// Counted units by SKU, where the file names no location.
    pub(crate) stock: Vec<(Sku, i64)>,
    pub(crate) stock_at: Vec<StockCount>,
    /// Lines of the product, of each variant and of each image, for complaints that come later.
    pub(crate) line: u64,
    pub(crate) variant_lines: Vec<u64>,
    pub(crate) media_lines: Vec<u64>,
    pub(crate) kept: Kept,
    pub(crate) identified_by: IdentifiedBy,
    /// When the product was made, when the file says so.
    pub(crate) made_at: Option<Timestamp>,
}

/// What a product that is there already keeps.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kept {
    /// Nothing: the content is all there is to say.
    Nothing,
    /// What files of other shops cannot say. A `bare` one knows no archive either, and perhaps no vendors.
    Unsaid { bare: bool },
    /// What the named columns of our own table do not say.
    AllBut(std::sync::Arc<BTreeSet<String>>),
}

/// How a product of the file finds its own among those of the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdentifiedBy {
    Handle,
    /// The file has no handles: whoever has one of the SKUs is it. `number` tells a new one from others of its name.
    Sku {
        number: u64,
    },
}

/// A product of the file, or why it is none.
pub(crate) enum Reading {
    Product(Box<Draft>),
    Wrong(Vec<ImportError>),
}

/// Takes one product after the other.
pub(crate) type Take<'a> = dyn FnMut(Reading) -> Result<(), Fault> + 'a;

/// Gives what was read, product by product, to whoever takes it.
pub(crate) type Each = Box<dyn FnOnce(&mut Take<'_>) -> Result<(), Fault> + Send>;

/// What a file says. Its products are read when they are asked for.
pub(crate) struct Source {
    /// Rows below the header, blank ones left out.
    pub(crate) rows: u64,
    /// How many products there are to read.
    pub(crate) products: u64,
    /// Rows that were left out and belong to no product.
    pub(crate) failed: u64,
    pub(crate) errors: Vec<ImportError>,
    pub(crate) ignored_columns: Vec<String>,
    pub(crate) places: Places,
    pub(crate) stock_at: Vec<StockCount>,
    pub(crate) each: Each,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("rows", &self.rows).field("products", &self.products).finish_non_exhaustive()
    }
}

impl Default for Source {
    fn default() -> Self {
        Source {
            rows: 0,
            products: 0,
            failed: 0,
            errors: Vec::new(),
            ignored_columns: Vec::new(),
            places: Places::default(),
            stock_at: Vec::new(),
            each: Box::new(|_| Ok(())),
        }
    }
}

impl Source {
    pub(super) fn complain(&mut self, line: u64, handle: &str, column: &str, message: &str) {
        if self.errors.len() < MAX_ERRORS {
            let (handle, column, message) = (handle.to_owned(), column.to_owned(), message.to_owned());
            self.errors.push(ImportError { line, handle, column, message });
        }
    }
}

/// Everything that a source has, for tests.
#[cfg(test)]
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) rows: u64,
    pub(super) drafts: Vec<Draft>,
    pub(super) failed: u64,
    pub(super) errors: Vec<ImportError>,
    pub(super) ignored_columns: Vec<String>,
}

#[cfg(test)]
impl Parsed {
    pub(super) fn of(source: Source) -> Self {
        let Source { rows, failed, errors, ignored_columns, each, .. } = source;
        let mut parsed = Parsed { rows, drafts: Vec::new(), failed, errors, ignored_columns };
        let done = each(&mut |reading| {
            match reading {
                Reading::Product(draft) => parsed.drafts.push(*draft),
                Reading::Wrong(errors) => {
                    parsed.failed += 1;
                    parsed.errors.extend(errors);
                }
            }
            Ok(())
        });
        assert!(done.is_ok());
        parsed
    }
}
