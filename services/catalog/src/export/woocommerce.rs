//! The columns of WooCommerce's own product export, as its importer and ours read them.

use std::collections::BTreeMap;

use contracts::catalog::{Price, Product, ProductContent, ProductStatus, Variant, View};
use contracts::market::Texts;
use kernel::cell::escape;

use crate::import::StockCount;
use crate::model::Taxonomy;

const COLUMNS: [&str; 42] = [
    "ID",
    "Type",
    "SKU",
    "GTIN, UPC, EAN, or ISBN",
    "Name",
    "Published",
    "Is featured?",
    "Visibility in catalog",
    "Short description",
    "Description",
    "Date sale price starts",
    "Date sale price ends",
    "Tax status",
    "Tax class",
    "In stock?",
    "Stock",
    "Low stock amount",
    "Backorders allowed?",
    "Sold individually?",
    "Weight (kg)",
    "Length (cm)",
    "Width (cm)",
    "Height (cm)",
    "Allow customer reviews?",
    "Purchase note",
    "Sale price",
    "Regular price",
    "Categories",
    "Tags",
    "Shipping class",
    "Images",
    "Download limit",
    "Download expiry days",
    "Parent",
    "Grouped products",
    "Upsells",
    "Cross-sells",
    "External URL",
    "Button text",
    "Position",
    "Brands",
    "Meta: _argosy_handle",
];
const OPTIONS: usize = 3;

/// What every row is written with.
struct Book<'a> {
    taxonomy: &'a Taxonomy,
    view: &'a View,
    /// Units of each SKU, over all locations.
    units: BTreeMap<&'a str, i64>,
}

/// The cells of a row by the names of their columns; those of attributes come behind them.
type Cells = BTreeMap<&'static str, String>;

pub(super) fn write(
    products: &[Product],
    taxonomy: &Taxonomy,
    view: &View,
    stock: &[StockCount],
) -> csv::Result<Vec<u8>> {
    let mut units = BTreeMap::new();
    for count in stock {
        *units.entry(count.sku.as_str()).or_insert(0) += count.on_hand;
    }
    let book = Book { taxonomy, view, units };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = COLUMNS.iter().map(|name| (*name).to_owned()).collect();
    for n in 1..=OPTIONS {
        header.extend(["name", "value(s)", "visible", "global"].map(|what| format!("Attribute {n} {what}")));
    }
    writer.write_record(&header)?;
    // Ids tell variations whose they are; nothing else is said by them.
    let mut id = 0;
    for product in products {
        id += 1;
        let (parent, content) = (id, &product.content);
        let simple = content.options.is_empty().then(|| content.variants.first()).flatten();
        let values: Vec<String> = content.options.iter().map(|option| implode(&option.values)).collect();
        put(&mut writer, &book.head(product, parent, simple), content, &values)?;
        if !content.options.is_empty() {
            for variant in &content.variants {
                id += 1;
                let values: Vec<String> = variant.options.iter().map(|value| escaped(value)).collect();
                put(&mut writer, &book.variation(product, (id, parent), variant), content, &values)?;
            }
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

fn put(
    writer: &mut csv::Writer<Vec<u8>>,
    cells: &Cells,
    content: &ProductContent,
    values: &[String],
) -> csv::Result<()> {
    let mut row: Vec<String> = COLUMNS.iter().map(|name| cells.get(name).cloned().unwrap_or_default()).collect();
    for place in 0..OPTIONS {
        match (content.options.get(place), values.get(place)) {
            (Some(option), Some(values)) => {
                row.extend([option.name.clone(), values.clone(), "1".to_owned(), "0".to_owned()]);
            }
            _ => row.extend(std::iter::repeat_n(String::new(), 4)),
        }
    }
    writer.write_record(row.iter().map(|cell| escape(cell).into_owned()))
}

impl Book<'_> {
    fn head(&self, product: &Product, id: u64, simple: Option<&Variant>) -> Cells {
        let content = &product.content;
        let mut cells = simple.map(|variant| self.variant(variant)).unwrap_or_default();
        let virtual_one = simple.is_some_and(|variant| !variant.requires_shipping);
        let kind = match (content.options.is_empty(), virtual_one) {
            (false, _) => "variable",
            (true, false) => "simple",
            (true, true) => "simple, virtual",
        };
        let published = match content.status {
            ProductStatus::Active => "1",
            ProductStatus::Draft => "-1",
            ProductStatus::Archived => "0",
        };
        let images: Vec<String> = content.media.iter().map(|media| media.source.clone()).collect();
        cells.extend([
            ("ID", id.to_string()),
            ("Meta: _argosy_handle", product.handle.clone()),
            ("Type", kind.to_owned()),
            ("Name", self.text(&content.title)),
            ("Published", published.to_owned()),
            ("Visibility in catalog", "visible".to_owned()),
            ("Short description", lines(&self.text(&content.seo_description))),
            ("Description", lines(&self.text(&content.description_html))),
            ("Categories", self.categories(content)),
            ("Tags", implode(&content.tags)),
            ("Images", implode(&images)),
            ("Brands", escaped(&content.vendor)),
        ]);
        cells.entry("Tax status").or_insert_with(|| "taxable".to_owned());
        cells
    }

    fn variation(&self, product: &Product, (id, parent): (u64, u64), variant: &Variant) -> Cells {
        let content = &product.content;
        let mut cells = self.variant(variant);
        let kind = if variant.requires_shipping { "variation" } else { "variation, virtual" };
        let image = variant.image.and_then(|image| content.media.get(image));
        let name = format!("{} - {}", self.text(&content.title), variant.options.join(", "));
        cells.extend([
            ("ID", id.to_string()),
            ("Type", kind.to_owned()),
            ("Name", name),
            ("Published", "1".to_owned()),
            ("Visibility in catalog", "visible".to_owned()),
            ("Images", image.map(|media| escaped(&media.source)).unwrap_or_default()),
            ("Parent", format!("id:{parent}")),
        ]);
        cells
    }

    fn variant(&self, variant: &Variant) -> Cells {
        let price = variant.prices.iter().find(|price| price.price.currency == self.view.currency);
        let (regular, sale) = match price {
            Some(Price { price, compare_at: Some(before) }) => (before.decimal(), price.decimal()),
            Some(Price { price, compare_at: None }) => (price.decimal(), String::new()),
            None => Default::default(),
        };
        let (status, class) = match variant.tax_class.as_str() {
            "exempt" => ("none", String::new()),
            "standard" => ("taxable", String::new()),
            "reduced" => ("taxable", "reduced-rate".to_owned()),
            "zero" => ("taxable", "zero-rate".to_owned()),
            other => ("taxable", other.to_owned()),
        };
        let units = self.units.get(variant.sku.as_str());
        Cells::from([
            ("SKU", variant.sku.as_str().to_owned()),
            ("GTIN, UPC, EAN, or ISBN", variant.barcode.clone().unwrap_or_default()),
            ("Tax status", status.to_owned()),
            ("Tax class", class),
            ("In stock?", u8::from(units.is_none_or(|units| *units > 0)).to_string()),
            ("Stock", units.map(ToString::to_string).unwrap_or_default()),
            ("Weight (kg)", kilograms(variant.weight_g)),
            ("Regular price", regular),
            ("Sale price", sale),
        ])
    }

    /// The path of the category.
    fn categories(&self, content: &ProductContent) -> String {
        let mut path: Vec<String> = Vec::new();
        let mut at = content.category.as_deref();
        while let Some(category) = at.and_then(|handle| self.taxonomy.categories.get(handle)) {
            path.insert(0, self.text(&category.name).replace('>', " "));
            // A category is never below itself; should a document say so, this ends all the same.
            at = category.parent.as_deref().filter(|_| path.len() < 32);
        }
        if path.is_empty() { String::new() } else { escaped(&path.join(" > ")) }
    }

    fn text(&self, texts: &Texts) -> String {
        texts.0.get(&self.view.locale).cloned().unwrap_or_default()
    }
}

fn implode(values: &[String]) -> String {
    values.iter().map(|value| escaped(value)).collect::<Vec<_>>().join(", ")
}

fn escaped(value: &str) -> String {
    value.replace(',', "\\,")
}

/// Line breaks as `\n`, what looks like one as `\\n`.
fn lines(text: &str) -> String {
    text.replace("\\n", "\\\\n").replace('\n', "\\n")
}

/// 1,234 grams are `1.234`; nothing is said of what weighs nothing.
fn kilograms(grams: u32) -> String {
    if grams == 0 {
        return String::new();
    }
    let text = format!("{}.{:03}", grams / 1_000, grams % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
