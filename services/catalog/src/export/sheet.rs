//! The shop's own table, as the import reads it: every language, currency, location and attribute has a column.

use std::collections::{BTreeMap, BTreeSet};

use contracts::catalog::{AttributeValue, Product, ProductContent, ProductStatus};
use contracts::market::Texts;
use kernel::Currency;
use kernel::cell::escape;

use crate::import::{COLUMNS, StockCount, join};

/// The names behind the colons, in a steady order.
#[derive(Default)]
struct Names {
    locales: BTreeSet<String>,
    alt_locales: BTreeSet<String>,
    currencies: BTreeSet<Currency>,
    attributes: BTreeSet<String>,
    locations: BTreeSet<String>,
}

impl Names {
    fn of(products: &[Product], stock: &[StockCount]) -> Self {
        let mut names = Names::default();
        for ProductContent {
            title, description_html, seo_title, seo_description, media, variants, attributes, ..
        } in products.iter().map(|product| &product.content)
        {
            for texts in [title, description_html, seo_title, seo_description] {
                names.locales.extend(texts.0.keys().cloned());
            }
            names.alt_locales.extend(media.iter().flat_map(|media| media.alt.0.keys().cloned()));
            names.attributes.extend(attributes.keys().cloned());
            let prices = variants.iter().flat_map(|variant| &variant.prices);
            names.currencies.extend(prices.map(|price| price.price.currency));
        }
        names.locations.extend(stock.iter().map(|count| count.location.clone()));
        names
    }

    fn header(&self) -> Vec<String> {
        let mut header: Vec<String> = COLUMNS.iter().map(|name| (*name).to_owned()).collect();
        for family in ["title", "description_html", "seo_title", "seo_description"] {
            header.extend(self.locales.iter().map(|locale| format!("{family}:{locale}")));
        }
        header.extend(self.alt_locales.iter().map(|locale| format!("media_alt:{locale}")));
        header.extend(self.attributes.iter().map(|name| format!("attribute:{name}")));
        for currency in &self.currencies {
            header.extend([format!("price:{currency}"), format!("compare_at:{currency}")]);
        }
        header.extend(self.locations.iter().map(|location| format!("on_hand:{location}")));
        header
    }
}

pub(super) fn write(products: &[Product], stock: &[StockCount]) -> csv::Result<Vec<u8>> {
    let names = Names::of(products, stock);
    let mut units: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for count in stock {
        units.insert((count.sku.as_str(), count.location.as_str()), count.on_hand);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(names.header().iter().map(|name| escape(name).into_owned()))?;
    for product in products {
        for row in 0..product.content.variants.len().max(product.content.media.len()).max(1) {
            let mut cells = fixed(product, row);
            rest(&mut cells, product, row, &names, &units);
            writer.write_record(cells.iter().map(|cell| escape(cell).into_owned()))?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// The cells of [`COLUMNS`].
fn fixed(product: &Product, row: usize) -> Vec<String> {
    let content = &product.content;
    let status = match content.status {
        ProductStatus::Active => "active",
        ProductStatus::Draft => "draft",
        ProductStatus::Archived => "archived",
    };
    let mut head = vec![
        status.to_owned(),
        content.product_type.clone(),
        content.vendor.clone(),
        content.category.clone().unwrap_or_default(),
        join(&content.collections),
        join(&content.tags),
        product.created_at.0.to_string(),
    ];
    for place in 0..3 {
        let option = content.options.get(place);
        head.push(option.map(|option| option.name.clone()).unwrap_or_default());
        head.push(option.map(|option| join(&option.values)).unwrap_or_default());
    }
    if row > 0 {
        head.fill(String::new());
    }
    let mut cells = vec![product.handle.clone()];
    cells.append(&mut head);
    let mut variant = vec![String::new(); 9];
    if let Some(known) = content.variants.get(row) {
        variant[0] = known.sku.as_str().to_owned();
        for (place, value) in known.options.iter().enumerate().take(3) {
            variant[1 + place].clone_from(value);
        }
        variant[4] = known.barcode.clone().unwrap_or_default();
        variant[5] = known.weight_g.to_string();
        variant[6].clone_from(&known.tax_class);
        variant[7] = known.requires_shipping.to_string();
        variant[8] = known.image.map(|image| (image + 1).to_string()).unwrap_or_default();
    }
    cells.append(&mut variant);
    match content.media.get(row) {
        Some(media) => cells.extend([media.source.clone(), media.width.to_string(), media.height.to_string()]),
        None => cells.extend([String::new(), String::new(), String::new()]),
    }
    cells
}

fn rest(cells: &mut Vec<String>, product: &Product, row: usize, names: &Names, units: &BTreeMap<(&str, &str), i64>) {
    let content = &product.content;
    let first = |text: String| if row == 0 { text } else { String::new() };
    let text = |texts: &Texts, locale: &str| texts.0.get(locale).cloned().unwrap_or_default();
    for texts in [&content.title, &content.description_html, &content.seo_title, &content.seo_description] {
        cells.extend(names.locales.iter().map(|locale| first(text(texts, locale))));
    }
    let media = content.media.get(row);
    cells.extend(names.alt_locales.iter().map(|locale| media.map(|m| text(&m.alt, locale)).unwrap_or_default()));
    cells.extend(names.attributes.iter().map(|name| first(content.attributes.get(name).map(told).unwrap_or_default())));
    let variant = content.variants.get(row);
    for currency in &names.currencies {
        let price = variant.and_then(|v| v.prices.iter().find(|price| price.price.currency == *currency));
        cells.push(price.map(|price| price.price.decimal()).unwrap_or_default());
        cells.push(price.and_then(|price| price.compare_at).map(|money| money.decimal()).unwrap_or_default());
    }
    for location in &names.locations {
        let count = variant.and_then(|variant| units.get(&(variant.sku.as_str(), location.as_str())));
        cells.push(count.map(ToString::to_string).unwrap_or_default());
    }
}

fn told(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Flag(flag) => flag.to_string(),
        AttributeValue::Integer(number) => number.to_string(),
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::List(list) => join(list),
    }
}
