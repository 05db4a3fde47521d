//! The columns of a Shopify product export, as the import reads them.

use std::collections::{BTreeMap, BTreeSet};

use contracts::catalog::{Price, Product, ProductContent, ProductStatus, Variant, View};
use contracts::market::Texts;
use kernel::Currency;
use kernel::cell::escape;

use crate::import::StockCount;
use crate::model::Taxonomy;
use crate::rules::handle_from;

const COLUMNS: [&str; 28] = [
    "Handle",
    "Title",
    "Body (HTML)",
    "Vendor",
    "Product Category",
    "Type",
    "Tags",
    "Published",
    "Option1 Name",
    "Option1 Value",
    "Option2 Name",
    "Option2 Value",
    "Option3 Name",
    "Option3 Value",
    "Variant SKU",
    "Variant Grams",
    "Variant Inventory Qty",
    "Variant Price",
    "Variant Compare At Price",
    "Variant Requires Shipping",
    "Variant Taxable",
    "Variant Barcode",
    "Image Src",
    "Image Position",
    "Image Alt Text",
    "Variant Image",
    "SEO Title",
    "SEO Description",
];

/// What every row is written with.
struct Book<'a> {
    taxonomy: &'a Taxonomy,
    view: &'a View,
    /// Currencies beside that of the view.
    others: Vec<Currency>,
    /// Units of each SKU, over all locations.
    units: BTreeMap<&'a str, i64>,
}

pub(super) fn write(
    products: &[Product],
    taxonomy: &Taxonomy,
    view: &View,
    stock: &[StockCount],
) -> csv::Result<Vec<u8>> {
    let prices = products.iter().flat_map(|product| &product.content.variants).flat_map(|variant| &variant.prices);
    let currencies: BTreeSet<Currency> = prices.map(|price| price.price.currency).collect();
    let mut units = BTreeMap::new();
    for count in stock {
        *units.entry(count.sku.as_str()).or_insert(0) += count.on_hand;
    }
    let others = currencies.into_iter().filter(|currency| *currency != view.currency).collect();
    let book = Book { taxonomy, view, others, units };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut header: Vec<String> = COLUMNS.iter().map(|name| (*name).to_owned()).collect();
    for currency in &book.others {
        header.push(format!("Price / {currency}"));
        header.push(format!("Compare At Price / {currency}"));
    }
    header.push("Status".to_owned());
    writer.write_record(&header)?;
    for product in products {
        for row in 0..product.content.variants.len().max(product.content.media.len()).max(1) {
            let cells = book.row(product, row);
            writer.write_record(cells.iter().map(|cell| escape(cell).into_owned()))?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

impl Book<'_> {
    /// The first row says what the product is; each has a variant and an image, as long as there are some.
    fn row(&self, product: &Product, row: usize) -> Vec<String> {
        let content = &product.content;
        let variant = content.variants.get(row);
        let mut cells = vec![product.handle.clone()];
        let first = |text: String| if row == 0 { text } else { String::new() };
        cells.extend(self.head(content).into_iter().map(first));
        for place in 0..3 {
            let (name, value) = option(content, variant, place);
            cells.extend([if row == 0 { name } else { String::new() }, value]);
        }
        cells.extend(self.variant(variant));
        let media = content.media.get(row);
        cells.push(media.map(|media| media.source.clone()).unwrap_or_default());
        cells.push(media.map(|_| (row + 1).to_string()).unwrap_or_default());
        cells.push(media.map(|media| self.text(&media.alt)).unwrap_or_default());
        let shown = variant.and_then(|variant| content.media.get(variant.image?));
        cells.push(shown.map(|media| media.source.clone()).unwrap_or_default());
        cells.extend([first(self.text(&content.seo_title)), first(self.text(&content.seo_description))]);
        for currency in &self.others {
            cells.extend(amounts(variant, *currency));
        }
        let status = match content.status {
            ProductStatus::Active => "active",
            ProductStatus::Draft => "draft",
            ProductStatus::Archived => "archived",
        };
        cells.push(first(status.to_owned()));
        cells
    }

    /// From Title to Published.
    fn head(&self, content: &ProductContent) -> [String; 7] {
        let named = |handle: &str, name: Option<&Texts>| {
            let name = name.map(|name| self.text(name)).unwrap_or_default();
            // A name that would make another handle when it is read again is of no use.
            if handle_from(&name) == handle { name } else { handle.to_owned() }
        };
        let category = content
            .category
            .as_deref()
            .map(|handle| named(handle, self.taxonomy.categories.get(handle).map(|category| &category.name)));
        let kind = self.taxonomy.types.get(&content.product_type).map(|kind| &kind.name);
        [
            self.text(&content.title),
            self.text(&content.description_html),
            content.vendor.clone(),
            category.unwrap_or_default(),
            named(&content.product_type, kind),
            content.tags.join(", "),
            (content.status == ProductStatus::Active).to_string(),
        ]
    }

    /// From Variant SKU to Variant Barcode.
    fn variant(&self, variant: Option<&Variant>) -> [String; 8] {
        let Some(variant) = variant else { return Default::default() };
        let [price, compare_at] = amounts(Some(variant), self.view.currency);
        [
            variant.sku.as_str().to_owned(),
            variant.weight_g.to_string(),
            self.units.get(variant.sku.as_str()).map(ToString::to_string).unwrap_or_default(),
            price,
            compare_at,
            variant.requires_shipping.to_string(),
            (variant.tax_class != "exempt").to_string(),
            variant.barcode.clone().unwrap_or_default(),
        ]
    }

    fn text(&self, texts: &Texts) -> String {
        texts.0.get(&self.view.locale).cloned().unwrap_or_default()
    }
}

/// Name and value of an option. A product without options has one that Shopify calls so.
fn option(content: &ProductContent, variant: Option<&Variant>, place: usize) -> (String, String) {
    match (content.options.get(place), variant) {
        (Some(option), Some(variant)) => (option.name.clone(), variant.options.get(place).cloned().unwrap_or_default()),
        (None, Some(_)) if content.options.is_empty() && place == 0 => ("Title".to_owned(), "Default Title".to_owned()),
        _ => (String::new(), String::new()),
    }
}

/// The price and the one before a reduction.
fn amounts(variant: Option<&Variant>, currency: Currency) -> [String; 2] {
    let price = variant.and_then(|v| v.prices.iter().find(|price| price.price.currency == currency));
    let Some(Price { price, compare_at }) = price else { return Default::default() };
    [price.decimal(), compare_at.map(|money| money.decimal()).unwrap_or_default()]
}
