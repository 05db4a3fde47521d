//! The columns of a WooCommerce product export, found by their names in any order.

use std::collections::HashMap;

use csv::ByteRecord;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Column {
    Id,
    Type,
    Sku,
    Gtin,
    Name,
    Published,
    ShortDescription,
    Description,
    SaleFrom,
    SaleTo,
    TaxStatus,
    TaxClass,
    Stock,
    Weight,
    SalePrice,
    RegularPrice,
    Categories,
    Tags,
    Images,
    Parent,
    Brands,
    /// Only our own export has it, as a meta column that WooCommerce carries along.
    Handle,
    /// From 1.
    AttributeName(u8),
    AttributeValues(u8),
}

/// Columns that every export has and that mean nothing here, in lower case: they are passed over in silence.
const SILENT: [&str; 19] = [
    "is featured?",
    "visibility in catalog",
    "in stock?",
    "low stock amount",
    "backorders allowed?",
    "sold individually?",
    "allow customer reviews?",
    "purchase note",
    "shipping class",
    "download limit",
    "download expiry days",
    "grouped products",
    "upsells",
    "cross-sells",
    "external url",
    "button text",
    "position",
    "cost of goods",
    "swatches attributes",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Kilograms,
    Grams,
    Pounds,
    Ounces,
}

fn column(lower: &str) -> Option<Column> {
    Some(match lower {
        "id" => Column::Id,
        "type" => Column::Type,
        "sku" => Column::Sku,
        "gtin, upc, ean, or isbn" => Column::Gtin,
        "name" => Column::Name,
        "published" => Column::Published,
        "short description" => Column::ShortDescription,
        "description" => Column::Description,
        "date sale price starts" => Column::SaleFrom,
        "date sale price ends" => Column::SaleTo,
        "tax status" => Column::TaxStatus,
        "tax class" => Column::TaxClass,
        "stock" => Column::Stock,
        "sale price" => Column::SalePrice,
        "regular price" => Column::RegularPrice,
        "categories" => Column::Categories,
        "tags" => Column::Tags,
        "images" => Column::Images,
        "parent" => Column::Parent,
        "brands" => Column::Brands,
        "meta: _argosy_handle" => Column::Handle,
        _ if lower.starts_with("weight") => Column::Weight,
        _ => {
            let (n, what) = lower.strip_prefix("attribute ")?.split_once(' ')?;
            let n = n.parse().ok().filter(|n| (1..=100).contains(n))?;
            match what {
                "name" => Column::AttributeName(n),
                "value(s)" => Column::AttributeValues(n),
                _ => return None,
            }
        }
    })
}

/// Where each column stands in this file.
#[derive(Debug, Default)]
pub(super) struct Layout {
    at: HashMap<Column, usize>,
    names: Vec<String>,
    attributes: Vec<u8>,
    /// Names of columns that are not taken in.
    pub(super) ignored: Vec<String>,
}

impl Layout {
    pub(super) fn new(header: &ByteRecord) -> Self {
        let mut layout = Layout::default();
        for (i, cell) in header.iter().enumerate() {
            let name = String::from_utf8_lossy(cell).trim().to_owned();
            let lower = name.to_lowercase();
            let silent = SILENT.contains(&lower.as_str())
                || ["length (", "width (", "height (", "attribute ", "download "].iter().any(|p| lower.starts_with(p));
            match column(&lower) {
                Some(known) if !layout.at.contains_key(&known) => {
                    layout.at.insert(known, i);
                    if let Column::AttributeName(n) = known {
                        layout.attributes.push(n);
                    }
                }
                _ if name.is_empty() || silent || layout.ignored.contains(&name) => {}
                _ => layout.ignored.push(name.clone()),
            }
            layout.names.push(name);
        }
        layout.attributes.sort_unstable();
        layout
    }

    pub(super) fn has(&self, column: Column) -> bool {
        self.at.contains_key(&column)
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    pub(super) fn cell<'a>(&self, record: &'a ByteRecord, column: Column) -> &'a [u8] {
        self.at.get(&column).and_then(|&i| record.get(i)).unwrap_or_default()
    }

    /// The name that this file gives to `column`, for messages.
    pub(super) fn name(&self, column: Column) -> String {
        self.at.get(&column).map_or_else(|| format!("{column:?}"), |&i| self.names[i].clone())
    }

    pub(super) fn places(&self) -> impl Iterator<Item = (usize, &str)> + Clone {
        self.at.values().map(|&at| (at, self.names[at].as_str()))
    }

    /// Numbers of the attributes that have columns.
    pub(super) fn attributes(&self) -> impl Iterator<Item = u8> {
        self.attributes.iter().copied()
    }

    /// What weights are in, as the name of their column says.
    pub(super) fn weight_unit(&self) -> Unit {
        let name = self.name(Column::Weight).to_lowercase();
        match name.split_once('(').map(|(_, unit)| unit.trim_end_matches(')').trim()) {
            Some("g") => Unit::Grams,
            Some("lbs" | "lb") => Unit::Pounds,
            Some("oz") => Unit::Ounces,
            _ => Unit::Kilograms,
        }
    }
}

/// The values of a cell: parted by commas, where `\,` is a comma of a value.
pub(super) fn parts(cell: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = cell;
    while let Some(at) = rest.find(',') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let escaped = before.strip_suffix('\\');
        if let Some(last) = parts.last_mut() {
            last.push_str(escaped.unwrap_or(before));
            if escaped.is_some() {
                last.push(',');
            }
        }
        if escaped.is_none() {
            parts.push(String::new());
        }
        rest = after;
    }
    if let Some(last) = parts.last_mut() {
        last.push_str(rest);
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Grams, rounded; none for what is no weight. Whole numbers only: `.5` lbs are 453,592,370 millionths of a gram halved.
pub(super) fn grams(cell: &str, unit: Unit) -> Option<u32> {
    let plain = cell.replacen(',', ".", 1);
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) || plain.len() > 24 {
        return None;
    }
    let millionths: i128 = format!("{whole}{:0<6}", fraction.get(..fraction.len().min(6))?).parse().ok()?;
    let micrograms: i128 = match unit {
        Unit::Kilograms => 1_000_000_000,
        Unit::Grams => 1_000_000,
        Unit::Pounds => 453_592_370,
        Unit::Ounces => 28_349_523,
    };
    u32::try_from((millionths * micrograms + 500_000_000_000) / 1_000_000_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_parted_by_commas_that_are_not_escaped() {
        assert_eq!(parts("Blue, Green\\, dark , Red,"), ["Blue", "Green, dark", "Red"]);
        assert_eq!(parts(" , "), Vec::<String>::new());
    }

    #[test]
    fn weights_are_taken_in_grams() {
        for (cell, unit, expected) in [
            (".5", Unit::Pounds, Some(227)),
            ("1.2", Unit::Kilograms, Some(1_200)),
            ("0,25", Unit::Kilograms, Some(250)),
            ("300", Unit::Grams, Some(300)),
            ("8", Unit::Ounces, Some(227)),
            ("heavy", Unit::Grams, None),
            ("-1", Unit::Grams, None),
            ("1e9", Unit::Grams, None),
            ("99999999999999999999", Unit::Kilograms, None),
        ] {
            assert_eq!(grams(cell, unit), expected, "{cell} {unit:?}");
        }
    }
}
