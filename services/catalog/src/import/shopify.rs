//! Reads a Shopify product export as merchants have it. Pure: bytes in, products and complaints out.
//!
//! A product is one row or more with the same handle. The first says what it is; each row with an option value, a SKU
//! or a price is a variant; each with an image is an image. Whatever is wrong with one row leaves out its product and
//! nothing else.

use bytes::Bytes;
use contracts::Result;
use contracts::catalog::{Media, Price, ProductContent, ProductOption, ProductStatus, Variant};
use contracts::market::Texts;
use kernel::cell::unescape;
use kernel::{Failure, Money, Sku, VariantId};
use uuid::Uuid;

use super::column::{Column, Layout};
use super::draft::{Draft, IdentifiedBy, Kept, Reading, Source};
use super::table::{Row, Table, by_key, unreadable};
use super::text::{amount, derived_sku, one_line, printable, tags, units, unquoted, whole};
use super::{ImportError, ImportOptions, MAX_UNITS};

/// # Errors
/// `not_a_product_export` when there is no header with the columns Handle and Title.
pub(crate) fn read(file: &Bytes, options: &ImportOptions) -> Result<Source> {
    let no_export = || {
        let detail = "This is not a product export: its first line must name the columns, Handle and Title among them.";
        Failure::invalid("not_a_product_export", detail)
    };
    let table = Table::open(file).ok_or_else(no_export)?;
    let layout = Layout::new(&table.header);
    if !(layout.has(Column::Handle) && layout.has(Column::Title)) {
        return Err(no_export());
    }
    let mut source = Source { ignored_columns: layout.ignored.clone(), ..Source::default() };
    let key = |record: &_| String::from_utf8_lossy(layout.cell(record, Column::Handle)).trim().to_lowercase();
    let column = layout.name(Column::Handle);
    let (rows, products) = by_key(&table, key, |line| source.complain(line, "", &column, "This row names no product."));
    (source.rows, source.products) = (rows, products.len() as u64);
    let options = options.clone();
    source.each = Box::new(move |take| {
        for (handle, places) in products {
            let rows = table.rows(&places);
            let mut builder =
                Builder { layout: &layout, options: &options, handle: &handle, rows: &rows, errors: Vec::new() };
            let built = builder.build();
            take(match built {
                Some(draft) if builder.errors.is_empty() => Reading::Product(Box::new(draft)),
                _ => Reading::Wrong(builder.errors),
            })?;
        }
        Ok(())
    });
    Ok(source)
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
            tags: tags(self.first(Column::Tags).split(',').map(str::to_owned)),
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
            category_path: vec![if category.is_empty() { type_name.clone() } else { category }],
            type_name,
            collection_names: Vec::new(),
            stock_at: Vec::new(),
            stock,
            line,
            variant_lines: variant_rows.iter().map(|row| row.line).collect(),
            media_lines,
            kept: Kept::Unsaid { bare: false },
            identified_by: IdentifiedBy::Handle,
            made_at: None,
        })
    }

    /// Whether every cell is text of a possible size and no row is longer than the header.
    fn readable(&mut self) -> bool {
        for (line, column, message) in unreadable(self.rows, self.layout.places(), self.layout.len()) {
            self.complain_of(line, &column, message);
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

    fn money(&mut self, row: &'a Row, column: Column, currency: kernel::Currency) -> Option<Money> {
        let cell = unquoted(self.cell(row, column));
        if cell.is_empty() {
            return None;
        }
        match amount(cell, currency) {
            Ok(money) => Some(money),
            Err(message) => {
                self.complain(row.line, column, &message);
                None
            }
        }
    }

    /// Units counted.
    fn quantity(&mut self, row: &'a Row) -> Option<i64> {
        let cell = self.cell(row, Column::Quantity);
        if cell.is_empty() {
            return None;
        }
        let quantity = units(cell, MAX_UNITS);
        if quantity.is_none() {
            self.complain(row.line, Column::Quantity, "This is not a number of units.");
        }
        quantity
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

#[cfg(test)]
mod tests;
