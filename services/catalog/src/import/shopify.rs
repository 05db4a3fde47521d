//! Reads a Shopify product export as merchants have it. Pure: bytes in, products and complaints out.
//!
//! A product is one row or more with the same handle. The first says what it is; each row with an option value, a SKU
//! or a price is a variant; each with an image is an image. Whatever is wrong with one row leaves out its product and
//! nothing else.

use std::collections::HashMap;
use std::io::Read as _;

use contracts::Result;
use contracts::catalog::{Media, Price, ProductContent, ProductOption, ProductStatus, Variant};
use contracts::market::Texts;
use csv::ByteRecord;
use kernel::{Currency, Failure, Money, MoneyError, Sku, Timestamp, VariantId};
use uuid::Uuid;

use super::cell::unescape;
use super::column::{Column, Layout};
use super::{ImportError, ImportOptions};
use crate::rules::handle_from;

/// More bytes than any description has: a quotation mark was left open.
const MAX_CELL: usize = 1024 * 1024;
const MAX_QUANTITY: i64 = 1_000_000_000;
/// The most complaints kept; a file that is wrong everywhere needs no longer list.
pub(super) const MAX_ERRORS: usize = 1_000;

/// A row of our own behind the last one. When it does not come out as a row, a quotation mark was left open and the
/// rest of the file stands inside a cell.
const END: &[u8] = b"\n\0end of file\0";

/// A product as the file has it.
#[derive(Debug, PartialEq)]
pub(crate) struct Draft {
    pub(crate) handle: String,
    pub(crate) content: ProductContent,
    /// What the file calls its type and its category; they may have to be made.
    pub(crate) type_name: String,
    pub(crate) category_name: String,
    /// Counted units by SKU.
    pub(crate) stock: Vec<(Sku, i64)>,
    /// Lines of the product, of each variant and of each image, for complaints that come later.
    pub(crate) line: u64,
    pub(crate) variant_lines: Vec<u64>,
    pub(crate) media_lines: Vec<u64>,
    /// Whether the content is all there is to say: nothing of the product before is kept.
    pub(crate) whole: bool,
    /// When the product was made, when the file says so.
    pub(crate) made_at: Option<Timestamp>,
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// Rows below the header, blank ones left out.
    pub(crate) rows: u64,
    pub(crate) drafts: Vec<Draft>,
    /// Products that were left out.
    pub(crate) failed: u64,
    pub(crate) errors: Vec<ImportError>,
    pub(crate) ignored_columns: Vec<String>,
}

/// A row and the line in the file where it begins.
struct Row {
    line: u64,
    record: ByteRecord,
    /// Its last cell has the rest of the file in it.
    unclosed: bool,
}

/// # Errors
/// `not_a_product_export` when there is no header with the columns Handle and Title.
pub(crate) fn parse(file: &[u8], options: &ImportOptions) -> Result<Parsed> {
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file.chain(END));
    let mut record = ByteRecord::new();
    let no_export = || {
        let detail = "This is not a product export: its first line must name the columns, Handle and Title among them.";
        Failure::invalid("not_a_product_export", detail)
    };
    if !reader.read_byte_record(&mut record).unwrap_or(false) {
        return Err(no_export());
    }
    let layout = Layout::new(&record);
    if !(layout.has(Column::Handle) && layout.has(Column::Title)) {
        return Err(no_export());
    }
    let mut parsed = Parsed { ignored_columns: layout.ignored.clone(), ..Parsed::default() };
    let mut products: Vec<(String, Vec<Row>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut lines = Lines { file, at: 0, line: 1 };
    // Reading bytes from memory into records of any length cannot fail.
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let last = record.iter().next_back().unwrap_or_default();
        if record.iter().all(|cell| cell.trim_ascii().is_empty()) || last == &END[1..] {
            continue;
        }
        let unclosed = last.ends_with(&END[1..]);
        parsed.rows += 1;
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        let handle = String::from_utf8_lossy(layout.cell(&record, Column::Handle)).trim().to_lowercase();
        if handle.is_empty() {
            parsed.complain(line, "", &layout.name(Column::Handle), "This row names no product.");
            continue;
        }
        let index = *known.entry(handle.clone()).or_insert_with(|| {
            products.push((handle, Vec::new()));
            products.len() - 1
        });
        products[index].1.push(Row { line, record: record.clone(), unclosed });
    }
    for (handle, rows) in products {
        let mut builder = Builder { layout: &layout, options, handle: &handle, rows: &rows, errors: Vec::new() };
        match builder.build() {
            Some(draft) if builder.errors.is_empty() => parsed.drafts.push(draft),
            _ => {
                parsed.failed += 1;
                for error in builder.errors {
                    parsed.push(error);
                }
            }
        }
    }
    Ok(parsed)
}

impl Parsed {
    fn complain(&mut self, line: u64, handle: &str, column: &str, message: &str) {
        let (handle, column, message) = (handle.to_owned(), column.to_owned(), message.to_owned());
        self.push(ImportError { line, handle, column, message });
    }

    fn push(&mut self, error: ImportError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }
}

/// Counts lines as an editor does. The reader's own count is one short where lines end in CR LF.
struct Lines<'a> {
    file: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that begins at `byte`, or after the line ends there. Asked in ascending order.
    fn of(&mut self, byte: u64) -> u64 {
        let start = usize::try_from(byte).unwrap_or(usize::MAX).min(self.file.len());
        let is_end = |at: usize| match self.file[at] {
            b'\n' => true,
            b'\r' => self.file.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        while self.at < self.file.len() && (self.at < start || matches!(self.file[self.at], b'\r' | b'\n')) {
            self.line += u64::from(is_end(self.at));
            self.at += 1;
        }
        self.line
    }
}

/// Makes one product of its rows.
struct Builder<'a> {
    layout: &'a Layout,
    options: &'a ImportOptions,
    handle: &'a str,
    rows: &'a [Row],
    errors: Vec<ImportError>,
}

impl<'a> Builder<'a> {
    fn build(&mut self) -> Option<Draft> {
        if !self.readable() {
            return None;
        }
        let line = self.rows.first()?.line;
        if self.first(Column::Title).is_empty() {
            self.complain(line, Column::Title, "This product has no title.");
        }
        let (media, media_lines) = self.media();
        let axes = self.axes();
        let variant_rows: Vec<&Row> = self.rows.iter().filter(|row| self.is_variant(row)).collect();
        let mut content = ProductContent {
            status: self.status(),
            vendor: one_line(self.first(Column::Vendor)),
            title: self.texts(&one_line(self.first(Column::Title))),
            description_html: self.texts(&printable(self.first(Column::Body))),
            seo_title: self.texts(&one_line(self.first(Column::SeoTitle))),
            seo_description: self.texts(&one_line(self.first(Column::SeoDescription))),
            tags: tags(self.first(Column::Tags)),
            options: axes.iter().map(|(_, name)| ProductOption { name: name.clone(), values: Vec::new() }).collect(),
            media,
            ..ProductContent::default()
        };
        let mut stock = Vec::new();
        for &row in &variant_rows {
            let Some(variant) = self.variant(row, &axes, &content.media) else { continue };
            for (option, value) in content.options.iter_mut().zip(&variant.options) {
                if !option.values.contains(value) {
                    option.values.push(value.clone());
                }
            }
            if let Some(quantity) = self.quantity(row) {
                stock.push((variant.sku.clone(), quantity));
            }
            content.variants.push(variant);
        }
        let category = self.first(Column::Category);
        let category = one_line(category.rsplit('>').next().unwrap_or(category));
        let type_name = one_line(self.first(Column::Type));
        Some(Draft {
            handle: self.handle.to_owned(),
            content,
            category_name: if category.is_empty() { type_name.clone() } else { category },
            type_name,
            stock,
            line,
            variant_lines: variant_rows.iter().map(|row| row.line).collect(),
            media_lines,
            whole: false,
            made_at: None,
        })
    }

    /// Whether every cell is text of a possible size and no row is longer than the header.
    fn readable(&mut self) -> bool {
        for row in self.rows {
            if row.unclosed {
                let message = "A quotation mark opens in this row and is never closed; the rest of the file is lost.";
                self.complain_of(row.line, "", message);
                continue;
            }
            if row.record.iter().skip(self.layout.len()).any(|cell| !cell.is_empty()) {
                self.complain_of(row.line, "", "This row has more cells than the header. Is a quotation mark missing?");
            }
            let mut broken: Vec<(String, &str)> = Vec::new();
            for column in self.layout.columns() {
                let cell = self.layout.cell(&row.record, column);
                if cell.len() > MAX_CELL {
                    let message = "This cell has more than a million characters. Is a quotation mark missing?";
                    broken.push((self.layout.name(column), message));
                } else if std::str::from_utf8(cell).is_err() {
                    broken.push((self.layout.name(column), "This is not UTF-8. Export or save the file as UTF-8."));
                }
            }
            broken.sort();
            for (column, message) in broken {
                self.complain_of(row.line, &column, message);
            }
        }
        self.errors.is_empty()
    }

    /// The text of a cell; [`Self::readable`] has seen to it that there is one.
    fn cell(&self, row: &'a Row, column: Column) -> &'a str {
        unescape(std::str::from_utf8(self.layout.cell(&row.record, column)).unwrap_or("").trim())
    }

    /// The first cell of a column that says something.
    fn first(&self, column: Column) -> &'a str {
        self.rows.iter().map(|row| self.cell(row, column)).find(|cell| !cell.is_empty()).unwrap_or("")
    }

    fn complain(&mut self, line: u64, column: Column, message: &str) {
        let name = self.layout.name(column);
        self.complain_of(line, &name, message);
    }

    fn complain_of(&mut self, line: u64, column: &str, message: &str) {
        let (handle, column, message) = (self.handle.to_owned(), column.to_owned(), message.to_owned());
        self.errors.push(ImportError { line, handle, column, message });
    }

    fn texts(&self, text: &str) -> Texts {
        let mut texts = Texts::default();
        if !text.is_empty() {
            texts.0.insert(self.options.locale.clone(), text.to_owned());
        }
        texts
    }

    fn status(&mut self) -> ProductStatus {
        let published = !self.first(Column::Published).eq_ignore_ascii_case("false");
        match self.first(Column::Status).to_lowercase().as_str() {
            "archived" => ProductStatus::Archived,
            "draft" | "unlisted" => ProductStatus::Draft,
            "active" | "" if published => ProductStatus::Active,
            "active" | "" => ProductStatus::Draft,
            _ => {
                let line = self.rows.first().map_or(0, |row| row.line);
                self.complain(line, Column::Status, "A status is active, draft or archived.");
                ProductStatus::Draft
            }
        }
    }

    /// The options: their numbers and names. A product whose only variant is the default one has none.
    fn axes(&self) -> Vec<(u8, String)> {
        let used = |n: u8| {
            let values = || self.rows.iter().map(|row| self.cell(row, Column::OptionValue(n)));
            values().any(|value| !value.is_empty() && !value.eq_ignore_ascii_case("Default Title"))
        };
        let name = |n: u8| match one_line(self.first(Column::OptionName(n))) {
            name if name.is_empty() => format!("Option {}", n + 1),
            name => name,
        };
        (0..3).filter(|&n| used(n)).map(|n| (n, name(n))).collect()
    }

    fn is_variant(&self, row: &Row) -> bool {
        [Column::OptionValue(0), Column::Sku, Column::Price].into_iter().any(|column| {
            let cell = self.layout.cell(&row.record, column);
            !cell.trim_ascii().is_empty()
        })
    }

    fn variant(&mut self, row: &'a Row, axes: &[(u8, String)], media: &[Media]) -> Option<Variant> {
        let before = self.errors.len();
        let mut values = Vec::new();
        for (n, name) in axes {
            let value = one_line(self.cell(row, Column::OptionValue(*n)));
            if value.is_empty() {
                self.complain(row.line, Column::OptionValue(*n), &format!("This variant has no {name}."));
            }
            values.push(value);
        }
        let sku = self.sku(row, &values);
        let prices = self.prices(row);
        let grams = self.cell(row, Column::Grams);
        let weight_g = whole(grams).and_then(|grams| u32::try_from(grams).ok());
        if weight_g.is_none() && !grams.is_empty() {
            self.complain(row.line, Column::Grams, "This is not a weight in grams.");
        }
        let flag = |column| !self.cell(row, column).eq_ignore_ascii_case("false");
        let (requires_shipping, taxable) = (flag(Column::RequiresShipping), flag(Column::Taxable));
        let image = self.cell(row, Column::VariantImage);
        let barcode = unquoted(self.cell(row, Column::Barcode));
        (self.errors.len() == before).then_some(())?;
        Some(Variant {
            id: VariantId::from_uuid(Uuid::nil()),
            sku: sku?,
            options: values,
            prices,
            barcode: (!barcode.is_empty()).then(|| one_line(barcode)),
            weight_g: weight_g.unwrap_or(0),
            tax_class: if taxable { "standard" } else { "exempt" }.to_owned(),
            requires_shipping,
            image: media.iter().position(|media| media.source == image),
        })
    }

    /// The SKU of a row, or one that follows from handle and option values, the same at every import.
    fn sku(&mut self, row: &Row, values: &[String]) -> Option<Sku> {
        let cell = std::str::from_utf8(self.layout.cell(&row.record, Column::Sku)).unwrap_or("");
        let given = one_line(unquoted(unescape(cell.trim())));
        let text = if given.is_empty() { derived_sku(self.handle, values) } else { given };
        let sku = Sku::new(&text).ok();
        if sku.is_none() {
            self.complain(row.line, Column::Sku, "A SKU has at most 64 printable characters.");
        }
        sku
    }

    fn prices(&mut self, row: &'a Row) -> Vec<Price> {
        let currencies = self.layout.currencies();
        let mut prices: Vec<Price> = Vec::new();
        let own = [(Column::Price, Column::CompareAt, self.options.currency)];
        let markets = currencies.into_iter().map(|c| (Column::PriceIn(c), Column::CompareAtIn(c), c));
        for (column, compare_column, currency) in own.into_iter().chain(markets) {
            let Some(price) = self.money(row, column, currency) else { continue };
            let before = self.money(row, compare_column, currency);
            if before.is_some_and(|before| 0 < before.amount_minor && before.amount_minor < price.amount_minor) {
                self.complain(row.line, compare_column, "The price before a reduction is lower than the price.");
            }
            // Exports have 0 or the price itself where there is no reduction.
            let compare_at = before.filter(|before| before.amount_minor > price.amount_minor);
            prices.retain(|known| known.price.currency != currency);
            prices.push(Price { price, compare_at });
        }
        let said = self
            .layout
            .columns()
            .any(|column| matches!(column, Column::Price | Column::PriceIn(_)) && !self.cell(row, column).is_empty());
        if !said {
            self.complain(row.line, Column::Price, "This variant has no price.");
        }
        prices
    }

    fn money(&mut self, row: &'a Row, column: Column, currency: Currency) -> Option<Money> {
        let cell = unquoted(self.cell(row, column));
        if cell.is_empty() {
            return None;
        }
        match Money::parse_decimal(cell, currency) {
            Ok(money) => Some(money),
            Err(error) => {
                let message = match error {
                    MoneyError::ExcessDecimals => {
                        format!("{currency} has {} decimals; this amount has more.", currency.exponent())
                    }
                    MoneyError::Overflow => "This amount is too large.".to_owned(),
                    _ => "This is not an amount. Write it as 1299.00, without signs and separators.".to_owned(),
                };
                self.complain(row.line, column, &message);
                None
            }
        }
    }

    /// Units counted. Less than nothing means that more was sold than there was: nothing is left.
    fn quantity(&mut self, row: &'a Row) -> Option<i64> {
        let cell = self.cell(row, Column::Quantity);
        if cell.is_empty() {
            return None;
        }
        let quantity = whole(cell.strip_prefix('-').unwrap_or(cell)).filter(|n| *n <= MAX_QUANTITY);
        if quantity.is_none() {
            self.complain(row.line, Column::Quantity, "This is not a number of units.");
        }
        quantity.map(|n| if cell.starts_with('-') { 0 } else { n })
    }

    /// Images by position, each once, with their lines; pictures named only by a variant come last.
    fn media(&mut self) -> (Vec<Media>, Vec<u64>) {
        let mut found: Vec<(u64, u64, Media)> = Vec::new();
        let mut put = |position: u64, line: u64, source: &str, alt: Texts| {
            if !found.iter().any(|(_, _, known)| known.source == source) {
                found.push((position, line, Media { source: source.to_owned(), alt, width: 0, height: 0 }));
            }
        };
        for row in self.rows {
            let source = self.cell(row, Column::ImageSrc);
            if !source.is_empty() {
                let position = self.cell(row, Column::ImagePosition).parse().unwrap_or(u64::MAX - 1);
                put(position, row.line, source, self.texts(&one_line(self.cell(row, Column::ImageAlt))));
            }
        }
        for row in self.rows {
            let source = self.cell(row, Column::VariantImage);
            if !source.is_empty() {
                put(u64::MAX, row.line, source, Texts::default());
            }
        }
        found.sort_by_key(|(position, _, _)| *position);
        for (_, line, media) in &found {
            // An export of Argosy names the pictures that the shop keeps.
            if !(media.source.starts_with("https://") || media.source.starts_with("sha256-")) {
                self.complain(*line, Column::ImageSrc, "An image must lie under an https:// address.");
            }
        }
        found.into_iter().map(|(_, line, media)| (media, line)).unzip()
    }
}

/// Without the apostrophe that keeps a spreadsheet from reading a number.
fn unquoted(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell).trim()
}

/// A whole number that is not negative; `340.0` is one, `340.5` is rounded.
fn whole(cell: &str) -> Option<i64> {
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let up = i64::from(fraction.as_bytes()[0] >= b'5');
    whole.parse::<i64>().ok()?.checked_add(up)
}

fn tags(cell: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in cell.split(',').map(one_line).filter(|tag| !tag.is_empty()) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// One line: control characters become spaces.
fn one_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim().to_owned()
}

/// Without control characters other than line breaks and tabs.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect()
}

/// `court-shoe` in Red and 42 gives `court-shoe-red-42`; what does not fit is replaced by a hash of the whole.
fn derived_sku(handle: &str, values: &[String]) -> String {
    let mut sku = handle.to_owned();
    let mut whole = handle.to_owned();
    let mut told = true;
    for value in values {
        let part = handle_from(value);
        told &= !part.is_empty();
        sku = format!("{sku}-{part}");
        whole = format!("{whole}\u{1f}{value}");
    }
    if told && sku.chars().count() <= Sku::MAX_LEN {
        return sku;
    }
    let hash = ring::digest::digest(&ring::digest::SHA256, whole.as_bytes());
    let hash: String = hash.as_ref()[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let kept: String = sku.chars().take(Sku::MAX_LEN - 1 - hash.len()).collect();
    format!("{}-{hash}", kept.trim_end_matches('-'))
}

#[cfg(test)]
mod tests;
