//! Orders as files have them: this shop's own CSV and JSON, and the order exports of other shops.

mod columns;
mod document;
mod foreign;
mod table;
mod text;

use bytes::Bytes;
use contracts::Result;
use contracts::archive::{OrderImportNote, OrderImportOptions, OrderRecord};

use crate::exchange::MAX_ERRORS;

/// The most orders of one file: with their lines they are in memory until the last is written.
const MAX_ORDERS: usize = 200_000;

/// How orders are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderFormat {
    /// An order on each line of one document.
    Json,
    /// A row for each line of an order; what the order says as a whole stands on its first one, so that columns can be
    /// summed.
    Csv,
}

/// What stands before the first order.
#[must_use]
pub fn heading(format: OrderFormat) -> String {
    match format {
        OrderFormat::Json => document::HEADING.to_owned(),
        OrderFormat::Csv => table::heading(),
    }
}

/// One order; `first` when none was written before.
#[must_use]
pub fn written(format: OrderFormat, record: &OrderRecord, first: bool) -> String {
    match format {
        OrderFormat::Json => document::written(record, first),
        OrderFormat::Csv => table::written(record),
    }
}

/// What stands behind the last order.
#[must_use]
pub fn ending(format: OrderFormat) -> &'static str {
    match format {
        OrderFormat::Json => document::ENDING,
        OrderFormat::Csv => "",
    }
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) rows: u64,
    /// Each with its line, once by source and number.
    pub(crate) orders: Vec<(u64, OrderRecord)>,
    pub(crate) failed: u64,
    pub(crate) errors: Vec<OrderImportNote>,
    pub(crate) ignored_columns: Vec<String>,
}

impl Read {
    pub(crate) fn complain(&mut self, line: u64, number: &str, column: &str, message: &str) {
        note(&mut self.errors, line, number, column, message);
    }
}

/// Adds a note, unless there are too many already.
pub(crate) fn note(notes: &mut Vec<OrderImportNote>, line: u64, number: &str, column: &str, message: &str) {
    if notes.len() < MAX_ERRORS {
        let (number, column, message) = (shortened(number), column.to_owned(), message.to_owned());
        notes.push(OrderImportNote { line, number, column, message });
    }
}

/// A number as it is told: whatever stood in its place, on one line.
fn shortened(number: &str) -> String {
    number.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// # Errors
/// `not_an_order_export`, `too_many_orders`.
pub(crate) fn read(file: &Bytes, options: &OrderImportOptions) -> Result<Read> {
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let read = if text.trim_ascii_start().first() == Some(&b'{') {
        document::read(text)?
    } else {
        table::read(text, options)?
    };
    if read.orders.len() > MAX_ORDERS {
        let detail = format!("A file has at most {MAX_ORDERS} orders. Part it, for example by year.");
        return Err(kernel::Failure::invalid("too_many_orders", detail));
    }
    Ok(read)
}
