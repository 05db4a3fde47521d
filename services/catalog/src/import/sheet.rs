//! The shop's own table: a product is a row or more with the same handle, and everything that has a language, a currency,
//! a location or a name of its own has a column that says so, as in `title:de`, `price:EUR`, `on_hand:main` and
//! `attribute:sole`. A column that is not there leaves alone what it is about; an empty cell empties it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use contracts::Result;
use contracts::catalog::{
    AttributeKind, AttributeValue, Media, Price, ProductContent, ProductOption, ProductStatus, Variant,
};
use contracts::market::Texts;
use kernel::cell::unescape;
use kernel::{Currency, Failure, Money, Sku, Timestamp, VariantId};
use uuid::Uuid;

use super::document::StockCount;
use super::draft::{Draft, IdentifiedBy, Kept, Reading, Source};
use super::table::{Row, Table, by_key, unreadable};
use super::text::amount;
use super::{ImportError, MAX_UNITS};
use crate::model::Taxonomy;

/// Columns without a part of their own, in the order of an export.
pub(crate) const COLUMNS: [&str; 26] = [
    "handle",
    "status",
    "product_type",
    "vendor",
    "category",
    "collections",
    "tags",
    "created_at",
    "option1",
    "option1_values",
    "option2",
    "option2_values",
    "option3",
    "option3_values",
    "sku",
    "value1",
    "value2",
    "value3",
    "barcode",
    "weight_g",
    "tax_class",
    "requires_shipping",
    "image",
    "media_source",
    "media_width",
    "media_height",
];

/// What stands before the colon of the other columns.
const FAMILIES: [&str; 9] = [
    "title",
    "description_html",
    "seo_title",
    "seo_description",
    "media_alt",
    "attribute",
    "price",
    "compare_at",
    "on_hand",
];

/// Whether no other shop's export has a column of this name.
pub(super) fn is_own(column: &str) -> bool {
    column.split_once(':').is_some_and(|(family, _)| FAMILIES.contains(&family))
        || matches!(column, "media_source" | "weight_g" | "option1_values" | "product_type" | "tax_class")
}

/// The values of a cell as one text: parted by commas, `\` before a comma or a backslash that belongs to a value.
pub(crate) fn join(values: &[String]) -> String {
    let escaped: Vec<String> = values.iter().map(|value| value.replace('\\', "\\\\").replace(',', "\\,")).collect();
    escaped.join(",")
}

fn part(cell: &str) -> Vec<String> {
    if cell.is_empty() {
        return Vec::new();
    }
    let mut parts = vec![String::new()];
    let mut chars = cell.chars();
    while let Some(c) = chars.next() {
        match c {
            ',' => parts.push(String::new()),
            c => {
                if let Some(last) = parts.last_mut() {
                    last.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
                }
            }
        }
    }
    parts
}

/// # Errors
/// `not_a_product_export` when there is no header with the column handle.
pub(crate) fn read(file: &Bytes, known: &Arc<Taxonomy>) -> Result<Source> {
    let no_export = || {
        let detail = "This is not a table of Argosy: its first line must name the columns, handle among them.";
        Failure::invalid("not_a_product_export", detail)
    };
    let table = Table::open(file).ok_or_else(no_export)?;
    let layout = Layout::new(&table.header);
    if !layout.at.contains_key("handle") {
        return Err(no_export());
    }
    let mut source = Source { ignored_columns: layout.ignored.clone(), ..Source::default() };
    let key = |record: &csv::ByteRecord| {
        let cell = record.get(layout.at["handle"]).unwrap_or_default();
        unescape(String::from_utf8_lossy(cell).trim()).to_owned()
    };
    let (rows, products) =
        by_key(&table, key, |line| source.complain(line, "", "handle", "This row names no product."));
    (source.rows, source.products) = (rows, products.len() as u64);
    let known = Arc::clone(known);
    source.each = Box::new(move |take| {
        for (handle, places) in products {
            let rows = table.rows(&places);
            let mut builder =
                Builder { layout: &layout, known: &known, handle: &handle, rows: &rows, errors: Vec::new() };
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

/// Where each column stands in this file.
struct Layout {
    at: BTreeMap<String, usize>,
    /// Their names, for telling what is kept of a product.
    said: Arc<BTreeSet<String>>,
    ignored: Vec<String>,
    width: usize,
}

impl Layout {
    fn new(header: &csv::ByteRecord) -> Self {
        let mut layout = Layout { at: BTreeMap::new(), said: Arc::default(), ignored: Vec::new(), width: header.len() };
        for (i, cell) in header.iter().enumerate() {
            let name = unescape(String::from_utf8_lossy(cell).trim()).to_owned();
            let own = COLUMNS.contains(&name.as_str()) || name.contains(':') && is_own(&name);
            if own {
                layout.at.entry(name).or_insert(i);
            } else if !name.is_empty() && !layout.ignored.contains(&name) {
                layout.ignored.push(name);
            }
        }
        layout.said = Arc::new(layout.at.keys().cloned().collect());
        layout
    }

    /// The columns of a family: what is behind the colon, and where.
    fn family<'a>(&'a self, family: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> + 'a {
        let named = move |name: &'a String| Some((name.as_str(), name.strip_prefix(family)?.strip_prefix(':')?));
        self.at.keys().filter_map(named)
    }
}

/// Makes one product of its rows.
struct Builder<'a> {
    layout: &'a Layout,
    known: &'a Taxonomy,
    handle: &'a str,
    rows: &'a [Row],
    errors: Vec<ImportError>,
}

impl<'a> Builder<'a> {
    fn build(&mut self) -> Option<Draft> {
        let places = self.layout.at.iter().map(|(name, at)| (*at, name.as_str()));
        for (line, column, message) in unreadable(self.rows, places, self.layout.width) {
            self.complain(line, &column, message);
        }
        let head = self.rows.first().filter(|_| self.errors.is_empty())?;
        let variant_rows: Vec<&Row> = self.rows.iter().filter(|row| !self.cell(row, "sku").is_empty()).collect();
        let media_rows: Vec<&Row> = self.rows.iter().filter(|row| !self.cell(row, "media_source").is_empty()).collect();
        let options = self.options(head, &variant_rows);
        let category = self.cell(head, "category");
        let content = ProductContent {
            status: self.status(head),
            product_type: self.cell(head, "product_type").to_owned(),
            vendor: self.cell(head, "vendor").to_owned(),
            title: self.texts(head, "title"),
            description_html: self.texts(head, "description_html"),
            seo_title: self.texts(head, "seo_title"),
            seo_description: self.texts(head, "seo_description"),
            category: (!category.is_empty()).then(|| category.to_owned()),
            tags: part(self.cell(head, "tags")),
            attributes: self.attributes(head),
            media: media_rows.iter().filter_map(|row| self.media(row)).collect(),
            variants: variant_rows.iter().filter_map(|row| self.variant(row, options.len())).collect(),
            options,
            ..ProductContent::default()
        };
        let stock_at = variant_rows.iter().flat_map(|row| self.counts(row)).collect();
        Some(Draft {
            handle: self.handle.to_owned(),
            type_name: content.product_type.clone(),
            category_path: content.category.iter().cloned().collect(),
            collection_names: part(self.cell(head, "collections")),
            content,
            stock: Vec::new(),
            stock_at,
            line: head.line,
            variant_lines: variant_rows.iter().map(|row| row.line).collect(),
            media_lines: media_rows.iter().map(|row| row.line).collect(),
            kept: Kept::AllBut(Arc::clone(&self.layout.said)),
            identified_by: IdentifiedBy::Handle,
            made_at: self.made_at(head),
        })
    }

    /// The text of a cell as it is: also spaces belong to it.
    fn cell(&self, row: &'a Row, column: &str) -> &'a str {
        let cell = self.layout.at.get(column).and_then(|&at| row.record.get(at)).unwrap_or_default();
        unescape(std::str::from_utf8(cell).unwrap_or(""))
    }

    fn complain(&mut self, line: u64, column: &str, message: &str) {
        let (handle, column, message) = (self.handle.to_owned(), column.to_owned(), message.to_owned());
        self.errors.push(ImportError { line, handle, column, message });
    }

    fn texts(&self, row: &'a Row, family: &str) -> Texts {
        let texts = self.layout.family(family).map(|(column, locale)| (locale.to_owned(), self.cell(row, column)));
        Texts(texts.filter(|(_, text)| !text.is_empty()).map(|(locale, text)| (locale, text.to_owned())).collect())
    }

    fn status(&mut self, row: &'a Row) -> ProductStatus {
        match self.cell(row, "status") {
            "active" | "" => ProductStatus::Active,
            "draft" => ProductStatus::Draft,
            "archived" => ProductStatus::Archived,
            _ => {
                self.complain(row.line, "status", "A status is active, draft or archived.");
                ProductStatus::Draft
            }
        }
    }

    fn made_at(&mut self, row: &'a Row) -> Option<Timestamp> {
        let cell = self.cell(row, "created_at").trim();
        if cell.is_empty() {
            return None;
        }
        let at = serde_json::from_value(serde_json::Value::from(cell)).ok();
        if at.is_none() {
            self.complain(row.line, "created_at", "Write the time as in 2026-11-22T08:30:00Z.");
        }
        at
    }

    fn options(&self, head: &'a Row, variants: &[&'a Row]) -> Vec<ProductOption> {
        let mut options = Vec::new();
        for n in 1..=3 {
            let name = self.cell(head, &format!("option{n}")).to_owned();
            if name.is_empty() {
                break;
            }
            let mut values = part(self.cell(head, &format!("option{n}_values")));
            for row in variants {
                let value = self.cell(row, &format!("value{n}"));
                if !value.is_empty() && !values.iter().any(|known| known == value) {
                    values.push(value.to_owned());
                }
            }
            options.push(ProductOption { name, values });
        }
        options
    }

    /// What the product type says an attribute is, decides how its cell is read.
    fn attributes(&mut self, row: &'a Row) -> BTreeMap<String, AttributeValue> {
        let kind = self.known.types.get(self.cell(row, "product_type").trim());
        let mut attributes = BTreeMap::new();
        let mut wrong = Vec::new();
        for (column, name) in self.layout.family("attribute") {
            let cell = self.cell(row, column);
            if cell.is_empty() {
                continue;
            }
            let definition = kind.and_then(|kind| kind.attributes.iter().find(|definition| definition.name == name));
            let value = match definition.map(|definition| &definition.kind) {
                Some(AttributeKind::Flag) => cell.parse().ok().map(AttributeValue::Flag),
                Some(AttributeKind::Integer { .. }) => cell.trim().parse().ok().map(AttributeValue::Integer),
                Some(AttributeKind::Choices { .. }) => Some(AttributeValue::List(part(cell))),
                // A rule says what is wrong with one that the type does not have.
                _ => Some(AttributeValue::Text(cell.to_owned())),
            };
            match value {
                Some(value) => {
                    attributes.insert(name.to_owned(), value);
                }
                None => wrong.push(column.to_owned()),
            }
        }
        for column in wrong {
            self.complain(
                row.line,
                &column,
                "This is not of the kind that the product type says: true, false, or a whole number.",
            );
        }
        attributes
    }

    fn media(&mut self, row: &'a Row) -> Option<Media> {
        let (width, height) = (self.number(row, "media_width")?, self.number(row, "media_height")?);
        let source = self.cell(row, "media_source").to_owned();
        Some(Media { source, alt: self.texts(row, "media_alt"), width, height })
    }

    /// A whole number; 0 where the cell is empty.
    fn number(&mut self, row: &'a Row, column: &str) -> Option<u32> {
        let cell = self.cell(row, column).trim();
        if cell.is_empty() {
            return Some(0);
        }
        let number = cell.parse().ok();
        if number.is_none() {
            self.complain(row.line, column, "This is not a whole number.");
        }
        number
    }

    fn variant(&mut self, row: &'a Row, options: usize) -> Option<Variant> {
        let before = self.errors.len();
        let sku = Sku::new(self.cell(row, "sku").trim()).ok();
        if sku.is_none() {
            self.complain(row.line, "sku", "A SKU has at most 64 printable characters.");
        }
        let prices = self.prices(row);
        let (weight_g, image) = (self.number(row, "weight_g"), self.number(row, "image"));
        let (barcode, tax_class) = (self.cell(row, "barcode"), self.cell(row, "tax_class"));
        (self.errors.len() == before).then_some(())?;
        Some(Variant {
            id: VariantId::from_uuid(Uuid::nil()),
            sku: sku?,
            options: (1..=options).map(|n| self.cell(row, &format!("value{n}")).to_owned()).collect(),
            prices,
            barcode: (!barcode.is_empty()).then(|| barcode.to_owned()),
            weight_g: weight_g?,
            tax_class: if tax_class.is_empty() { "standard" } else { tax_class }.to_owned(),
            requires_shipping: !self.cell(row, "requires_shipping").eq_ignore_ascii_case("false"),
            image: image.and_then(|image| usize::try_from(image).ok()?.checked_sub(1)),
        })
    }

    fn prices(&mut self, row: &'a Row) -> Vec<Price> {
        let columns: Vec<(&str, &str)> = self.layout.family("price").collect();
        let mut prices = Vec::new();
        for (column, code) in columns {
            let Ok(currency) = Currency::parse(code) else {
                self.complain(row.line, column, "The name of this column names no ISO 4217 currency.");
                continue;
            };
            let price = self.money(row, column, currency);
            let compare_at = self.money(row, &format!("compare_at:{code}"), currency);
            prices.extend(price.map(|price| Price { price, compare_at }));
        }
        prices
    }

    fn money(&mut self, row: &'a Row, column: &str, currency: Currency) -> Option<Money> {
        let cell = self.cell(row, column).trim();
        if cell.is_empty() {
            return None;
        }
        amount(cell, currency).map_err(|message| self.complain(row.line, column, &message)).ok()
    }

    fn counts(&mut self, row: &'a Row) -> Vec<StockCount> {
        let columns: Vec<(&str, &str)> = self.layout.family("on_hand").collect();
        let mut counts = Vec::new();
        for (column, location) in columns {
            let cell = self.cell(row, column).trim();
            if cell.is_empty() {
                continue;
            }
            let units = cell.parse().ok().filter(|units| (0..=MAX_UNITS).contains(units));
            let fits = (1..=64).contains(&location.chars().count()) && !location.chars().any(char::is_control);
            match (units, Sku::new(self.cell(row, "sku").trim())) {
                (Some(on_hand), Ok(sku)) if fits => {
                    counts.push(StockCount { sku, location: location.to_owned(), on_hand });
                }
                (Some(_), Ok(_)) => self.complain(row.line, column, "A location has 1 to 64 printable characters."),
                (None, _) => self.complain(row.line, column, "This is not a number of units."),
                (Some(_), Err(_)) => {}
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_come_back(values in prop::collection::vec("[a-z,\\\\ ]{1,6}", 0..5)) {
            prop_assert_eq!(part(&join(&values)), values);
        }
    }
}
