//! The columns of a product export, found by their names in any order.

use std::collections::HashMap;

use kernel::Currency;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Column {
    Handle,
    Title,
    Body,
    Vendor,
    Category,
    Type,
    Tags,
    Published,
    Status,
    /// 0 to 2.
    OptionName(u8),
    OptionValue(u8),
    Sku,
    Grams,
    Quantity,
    Price,
    CompareAt,
    /// Of a market whose column names its currency.
    PriceIn(Currency),
    CompareAtIn(Currency),
    RequiresShipping,
    Taxable,
    Barcode,
    VariantImage,
    ImageSrc,
    ImagePosition,
    ImageAlt,
    SeoTitle,
    SeoDescription,
}

/// Columns that every export has and that mean nothing here, in lower case: they are passed over in silence.
const SILENT: [&str; 27] = [
    "variant inventory tracker",
    "inventory tracker",
    "variant inventory policy",
    "continue selling when out of stock",
    "variant fulfillment service",
    "fulfillment service",
    "variant weight unit",
    "weight unit for display",
    "variant tax code",
    "tax code",
    "cost per item",
    "gift card",
    "option1 linked to",
    "option2 linked to",
    "option3 linked to",
    "unit price total measure",
    "unit price total measure unit",
    "unit price base measure",
    "unit price base measure unit",
    "google shopping / google product category",
    "google shopping / gender",
    "google shopping / age group",
    "google shopping / mpn",
    "google shopping / adwords grouping",
    "google shopping / adwords labels",
    "google shopping / condition",
    "google shopping / custom product",
];

/// What a header means. Both the older names of exports and the newer ones are known.
fn column(name: &str) -> Option<Column> {
    let lower = name.trim().to_lowercase();
    let market = |prefix: &str| {
        let rest = name.trim().get(prefix.len()..)?;
        if lower.starts_with(prefix) { currency_in(rest) } else { None }
    };
    Some(match lower.as_str() {
        "handle" | "url handle" => Column::Handle,
        "title" => Column::Title,
        "body (html)" | "body html" | "body" | "description" => Column::Body,
        "vendor" => Column::Vendor,
        "product category" | "standard product type" => Column::Category,
        "type" | "custom product type" => Column::Type,
        "tags" => Column::Tags,
        "published" | "published on online store" => Column::Published,
        "status" => Column::Status,
        "option1 name" => Column::OptionName(0),
        "option2 name" => Column::OptionName(1),
        "option3 name" => Column::OptionName(2),
        "option1 value" => Column::OptionValue(0),
        "option2 value" => Column::OptionValue(1),
        "option3 value" => Column::OptionValue(2),
        "variant sku" | "sku" => Column::Sku,
        "variant grams" | "weight value (grams)" => Column::Grams,
        "variant inventory qty" | "inventory quantity" => Column::Quantity,
        "variant price" | "price" => Column::Price,
        "variant compare at price" | "compare-at price" | "compare at price" => Column::CompareAt,
        "variant requires shipping" | "requires shipping" => Column::RequiresShipping,
        "variant taxable" | "charge tax" => Column::Taxable,
        "variant barcode" | "barcode" => Column::Barcode,
        "variant image" | "variant image url" => Column::VariantImage,
        "image src" | "product image url" => Column::ImageSrc,
        "image position" => Column::ImagePosition,
        "image alt text" => Column::ImageAlt,
        "seo title" => Column::SeoTitle,
        "seo description" => Column::SeoDescription,
        _ => {
            return market("price / ")
                .map(Column::PriceIn)
                .or_else(|| market("compare at price / ").map(Column::CompareAtIn))
                .or_else(|| market("compare-at price / ").map(Column::CompareAtIn));
        }
    })
}

/// The currency that the name of a market carries, as in `International (USD)`.
fn currency_in(market: &str) -> Option<Currency> {
    market.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| Currency::parse(word).ok())
}

/// Where each column stands in this file.
#[derive(Debug, Default)]
pub(super) struct Layout {
    at: HashMap<Column, usize>,
    names: Vec<String>,
    /// Names of columns that are not taken in.
    pub(super) ignored: Vec<String>,
}

impl Layout {
    pub(super) fn new(header: &csv::ByteRecord) -> Self {
        let mut layout = Layout::default();
        for (i, cell) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(cell).trim().to_owned();
            let silent = || {
                let lower = name.to_lowercase();
                SILENT.contains(&lower.as_str())
                    || lower.starts_with("google shopping / custom label")
                    || lower.starts_with("included / ")
            };
            match column(&name) {
                // The first of two columns with the same meaning counts.
                Some(known) if !layout.at.contains_key(&known) => {
                    layout.at.insert(known, i);
                }
                _ if name.is_empty() || silent() || layout.ignored.contains(&name) => {}
                _ => layout.ignored.push(name.clone()),
            }
            layout.names.push(name);
        }
        layout
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.at.contains_key(&column)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The cell of `column`, as bytes; empty when the row or the file does not have it.
    pub(super) fn cell<'a>(&self, record: &'a csv::ByteRecord, column: Column) -> &'a [u8] {
        self.at.get(&column).and_then(|&i| record.get(i)).unwrap_or_default()
    }

    /// The name that this file gives to `column`, for messages.
    pub(super) fn name(&self, column: Column) -> String {
        self.at.get(&column).map_or_else(|| format!("{column:?}"), |&i| self.names[i].clone())
    }

    /// Every column that means something here.
    pub(super) fn columns(&self) -> impl Iterator<Item = Column> {
        self.at.keys().copied()
    }

    /// Where they stand, and what this file calls them.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, &str)> + Clone {
        self.at.values().map(|&at| (at, self.names[at].as_str()))
    }

    /// The currencies that have a column of their own, in a steady order.
    pub(super) fn currencies(&self) -> Vec<Currency> {
        let mut found: Vec<Currency> = self
            .at
            .keys()
            .filter_map(|column| match column {
                Column::PriceIn(currency) => Some(*currency),
                _ => None,
            })
            .collect();
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_in_any_order_and_spelling() {
        let header = csv::ByteRecord::from(vec![
            "Variant SKU",
            "HANDLE",
            " Title ",
            "Price / International (USD)",
            "Compare At Price / GBP",
            "Price / Rest of World",
            "Included / Rest of World",
            "Colour (product.metafields.custom.colour)",
            "Google Shopping / Custom Label 3",
            "Price / Rest of World",
        ]);
        let layout = Layout::new(&header);
        let row = csv::ByteRecord::from(vec!["S-1", "h", "T", "9.90"]);
        assert_eq!(layout.cell(&row, Column::Sku), b"S-1");
        assert_eq!(layout.cell(&row, Column::PriceIn(Currency::USD)), b"9.90");
        assert_eq!(layout.cell(&row, Column::CompareAtIn(Currency::GBP)), b"");
        assert_eq!(layout.currencies(), [Currency::USD]);
        assert_eq!(layout.ignored, ["Price / Rest of World", "Colour (product.metafields.custom.colour)"]);
        assert_eq!(layout.name(Column::Handle), "HANDLE");
    }
}
