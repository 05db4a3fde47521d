//! Customers as files have them: this shop's own CSV and JSON, and the customer exports of other shops.

mod document;
mod table;

use bytes::Bytes;
use contracts::Result;
use contracts::identity::{CustomerImportError, CustomerRecord};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The most complaints kept; a file that is wrong everywhere needs no longer list.
pub(crate) const MAX_ERRORS: usize = 1_000;

/// How customers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CustomerFormat {
    /// A customer on each line of one document.
    #[default]
    Json,
    /// A row for each address of a customer, and one for who has none.
    Csv,
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) rows: u64,
    /// Each with its line, once by e-mail address.
    pub(crate) customers: Vec<(u64, CustomerRecord)>,
    pub(crate) failed: u64,
    pub(crate) errors: Vec<CustomerImportError>,
    pub(crate) ignored_columns: Vec<String>,
}

impl Read {
    pub(crate) fn complain(&mut self, line: u64, column: &str, message: &str) {
        if self.errors.len() < MAX_ERRORS {
            let (column, message) = (column.to_owned(), message.to_owned());
            self.errors.push(CustomerImportError { line, column, message });
        }
    }
}

/// # Errors
/// `not_a_customer_export`.
pub(crate) fn read(file: &Bytes) -> Result<Read> {
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if text.trim_ascii_start().first() == Some(&b'{') { document::read(text) } else { table::read(text) }
}

/// What stands before the first customer.
pub(crate) fn heading(format: CustomerFormat) -> String {
    match format {
        CustomerFormat::Json => document::HEADING.to_owned(),
        CustomerFormat::Csv => table::heading(),
    }
}

/// Some customers; `first` when none were written before.
pub(crate) fn written<'a>(
    format: CustomerFormat,
    records: impl Iterator<Item = &'a CustomerRecord>,
    first: bool,
) -> String {
    match format {
        CustomerFormat::Json => document::written(records, first),
        CustomerFormat::Csv => table::written(records),
    }
}

/// What stands behind the last customer.
pub(crate) fn ending(format: CustomerFormat) -> String {
    match format {
        CustomerFormat::Json => document::ENDING.to_owned(),
        CustomerFormat::Csv => String::new(),
    }
}
