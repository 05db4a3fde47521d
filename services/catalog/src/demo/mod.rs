//! The demo shop: shoes, written and drawn for this project. Brands, models and pictures are invented.
//!
//! Everything follows from the tables below, so that two starts make the same shop: ids from the SKU, stock from the
//! SKU, the name of a picture from its content.

mod art;
mod colourways;
mod models;
mod products;
mod taxonomy;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use contracts::catalog::{
    AttributeValue, Category, Collection, Media, Price, ProductContent, ProductOption, ProductStatus, ProductType,
    Variant,
};
use contracts::market::Texts;
use kernel::{Currency, Money, Sku, VariantId};
use ring::digest::{SHA256, digest};
use uuid::Uuid;

use art::{Model, Shot};
use colourways::Colourway;
use products::{Facts, Row, Sizes};

/// The whole demo shop, ready to be imported.
pub struct Demo {
    pub product_types: Vec<ProductType>,
    /// Parents before their children.
    pub categories: Vec<Category>,
    pub collections: Vec<Collection>,
    /// Handles and contents, in the order of the shop.
    pub products: Vec<(String, ProductContent)>,
    pub media: Vec<DemoMedia>,
    /// Pieces on hand of every SKU.
    pub stock: Vec<(Sku, i64)>,
}

/// A picture of the demo shop.
pub struct DemoMedia {
    /// `sha256-<first 32 hex digits of the SVG's hash>.svg`
    pub source: String,
    pub svg: String,
}

/// A text in English and German.
fn both([en, de]: [&str; 2]) -> Texts {
    Texts(BTreeMap::from([("en".to_owned(), en.to_owned()), ("de".to_owned(), de.to_owned())]))
}

/// Builds the demo shop. Takes a few tens of milliseconds, most of them for the pictures.
#[must_use]
pub fn catalogue() -> Demo {
    let mut demo = Demo {
        product_types: taxonomy::product_types(),
        categories: taxonomy::categories(),
        collections: taxonomy::collections(),
        products: Vec::new(),
        media: Vec::new(),
        stock: Vec::new(),
    };
    let mut known = HashMap::new();
    for row in products::rows() {
        let media = pictures(row)
            .map(|(colour, shot)| {
                let svg = art::picture(&row.model, &colour.palette, shot);
                let source = crate::media::source_name(svg.as_bytes(), "svg");
                if known.insert(source.clone(), ()).is_none() {
                    demo.media.push(DemoMedia { source: source.clone(), svg });
                }
                Media { source, alt: alt(row, &colour, shot), width: art::SIZE, height: art::SIZE }
            })
            .collect();
        let content = content(row, media);
        demo.stock.extend(content.variants.iter().map(|variant| (variant.sku.clone(), on_hand(&variant.sku))));
        demo.products.push((row.handle.to_owned(), content));
    }
    illustrate(&mut demo);
    demo
}

/// The picture that `source` names, drawn anew; none when the demo shop has no such picture.
#[must_use]
pub fn artwork(source: &str) -> Option<String> {
    static INDEX: LazyLock<HashMap<String, (&'static Row, Colourway, Shot)>> = LazyLock::new(|| {
        products::rows()
            .flat_map(|row| pictures(row).map(move |(colour, shot)| (row, colour, shot)))
            .map(|(row, colour, shot)| {
                let svg = art::picture(&row.model, &colour.palette, shot);
                (crate::media::source_name(svg.as_bytes(), "svg"), (row, colour, shot))
            })
            .collect()
    });
    INDEX.get(source).map(|(row, colour, shot)| art::picture(&row.model, &colour.palette, *shot))
}

/// One picture a colour, then a second view of the first colour.
fn pictures(row: &'static Row) -> impl Iterator<Item = (Colourway, Shot)> {
    let detail = (!matches!(row.model, Model::Item(_))).then(|| (row.colours[0], Shot::Pair));
    row.colours.iter().map(|colour| (*colour, Shot::Side)).chain(detail)
}

fn alt(row: &Row, colour: &Colourway, shot: Shot) -> Texts {
    let [en, de] = match (&row.model, shot) {
        (Model::Item(_), _) => ["", ""],
        (_, Shot::Side) => [", seen from the side", " von der Seite"],
        (_, Shot::Pair) => [", both shoes of the pair", " als Paar"],
    };
    let name = |i: usize| if row.colours.len() > 1 { format!(" in {}", colour.name[i]) } else { String::new() };
    both([&format!("{}{}{en}", row.title[0], name(0)), &format!("{}{}{de}", row.title[1], name(1))])
}

fn sizes(row: &Row) -> Vec<String> {
    match row.sizes {
        Sizes::Eu(first, last) => (first..=last).map(|size| size.to_string()).collect(),
        Sizes::Pairs(pairs) => pairs.iter().map(|pair| (*pair).to_owned()).collect(),
        Sizes::One => Vec::new(),
    }
}

fn content(row: &'static Row, media: Vec<Media>) -> ProductContent {
    let sizes = sizes(row);
    let coloured = row.colours.len() > 1 || matches!(row.facts, Facts::Shoe(_));
    let mut options = Vec::new();
    if coloured {
        let values = row.colours.iter().map(|colour| colour.name[0].to_owned()).collect();
        options.push(ProductOption { name: "Colour".to_owned(), values });
    }
    if !sizes.is_empty() {
        options.push(ProductOption { name: "Size".to_owned(), values: sizes.clone() });
    }
    let mut variants = Vec::new();
    for (image, colour) in row.colours.iter().enumerate() {
        for size in sizes.iter().map(Some).chain(sizes.is_empty().then_some(None)) {
            let parts = [Some(row.code), size.map(String::as_str), coloured.then_some(colour.code)];
            let sku = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
            let values = [coloured.then(|| colour.name[0].to_owned()), size.cloned()];
            variants.push(variant(row, &sku, values.into_iter().flatten().collect(), image));
        }
    }
    let mut collections: Vec<String> = row.collections.iter().map(|&handle| handle.to_owned()).collect();
    if row.was > 0 {
        collections.push("sale".to_owned());
    }
    ProductContent {
        status: ProductStatus::Active,
        product_type: product_type(row.facts).to_owned(),
        vendor: row.brand.to_owned(),
        title: both(row.title),
        description_html: both([&description(row, 0), &description(row, 1)]),
        seo_title: both([
            &format!("{} by {}", row.title[0], row.brand),
            &format!("{} von {}", row.title[1], row.brand),
        ]),
        seo_description: both([&summary(row.text[0]), &summary(row.text[1])]),
        category: Some(row.category.to_owned()),
        collections,
        tags: tags(row.facts),
        options,
        attributes: attributes(row.facts),
        variants,
        media,
    }
}

fn variant(row: &Row, sku: &str, options: Vec<String>, image: usize) -> Variant {
    let weight_g = match row.facts {
        // A pair and its box.
        Facts::Shoe(shoe) => shoe.weight_g * 2 + 350,
        Facts::Care { volume_ml, .. } => volume_ml + 40,
        Facts::Lace { .. } => 20,
        Facts::Accessory { weight_g, .. } => weight_g,
    };
    Variant {
        id: variant_id(sku),
        sku: Sku::new(sku).expect("codes are short and plain"),
        options,
        prices: prices(row.price, row.was),
        barcode: None,
        weight_g: u32::try_from(weight_g).unwrap_or_default(),
        tax_class: "standard".to_owned(),
        requires_shipping: true,
        image: Some(image),
    }
}

/// A UUIDv8 that follows from the SKU.
fn variant_id(sku: &str) -> VariantId {
    let hash = digest(&SHA256, format!("argosy demo variant {sku}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    VariantId::from_uuid(Uuid::from_bytes(bytes))
}

/// Mostly 5 to 60 pieces; one SKU in twelve is nearly gone, one in twenty-five is sold out.
fn on_hand(sku: &Sku) -> i64 {
    let hash = digest(&SHA256, format!("argosy demo stock {sku}").as_bytes());
    let (kind, many) = (hash.as_ref()[0], i64::from(hash.as_ref()[1]));
    match kind {
        0..10 => 0,
        10..31 => 1 + many % 3,
        _ => 5 + many % 56,
    }
}

/// A price in whole euros, as each market likes to see it: 109.95 EUR, 124.99 USD, 95.00 GBP.
fn prices(euros: i64, was: i64) -> Vec<Price> {
    let in_fives = |amount: i64| (amount + 2) / 5 * 5;
    let minor = |euros: i64, currency: Currency| {
        let amount_minor = match (currency, euros < 20) {
            (Currency::EUR, true) => euros * 100 - 10,
            (Currency::EUR, false) => euros * 100 - 5,
            (Currency::USD, true) => (euros * 112 + 50) / 100 * 100 - 1,
            (Currency::USD, false) => in_fives(euros * 112 / 100) * 100 - 1,
            (_, true) => (euros * 86 + 50) / 100 * 100 - 1,
            (_, false) => in_fives(euros * 86 / 100) * 100,
        };
        Money::new(amount_minor, currency)
    };
    [Currency::EUR, Currency::USD, Currency::GBP]
        .into_iter()
        .map(|currency| Price { price: minor(euros, currency), compare_at: (was > 0).then(|| minor(was, currency)) })
        .collect()
}

fn product_type(facts: Facts) -> &'static str {
    match facts {
        Facts::Shoe(_) => "shoe",
        Facts::Care { .. } => "care",
        Facts::Lace { .. } => "lace",
        Facts::Accessory { .. } => "accessory",
    }
}

fn attributes(facts: Facts) -> BTreeMap<String, AttributeValue> {
    let text = |value: &str| AttributeValue::Text(value.to_owned());
    let named: Vec<(&str, AttributeValue)> = match facts {
        Facts::Shoe(shoe) => vec![
            ("upper_material", text(shoe.upper)),
            ("sole", text(shoe.sole)),
            ("closure", text(shoe.closure)),
            ("made_for", text(shoe.use_for)),
            ("waterproof", AttributeValue::Flag(shoe.waterproof)),
            ("vegan", AttributeValue::Flag(shoe.vegan)),
            ("weight_g", AttributeValue::Integer(shoe.weight_g)),
            ("heel_mm", AttributeValue::Integer(shoe.heel_mm)),
        ],
        Facts::Care { volume_ml, suitable } => vec![
            ("volume_ml", AttributeValue::Integer(volume_ml)),
            ("suitable_for", AttributeValue::List(suitable.iter().map(|&s| s.to_owned()).collect())),
        ],
        Facts::Lace { length_cm, profile } => {
            vec![("length_cm", AttributeValue::Integer(length_cm)), ("profile", text(profile))]
        }
        Facts::Accessory { material, weight_g } => {
            vec![("material", text(material)), ("weight_g", AttributeValue::Integer(weight_g))]
        }
    };
    named.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn tags(facts: Facts) -> Vec<String> {
    let Facts::Shoe(shoe) = facts else { return vec!["care".to_owned()] };
    let mut tags = vec![shoe.use_for.to_lowercase()];
    tags.extend(shoe.vegan.then(|| "vegan".to_owned()));
    tags.extend(shoe.waterproof.then(|| "waterproof".to_owned()));
    tags
}

/// The text, then the facts as a list.
fn description(row: &Row, language: usize) -> String {
    let word = |value: &str| match language {
        0 => value.to_owned(),
        _ => taxonomy::german(value).to_owned(),
    };
    let mut facts: Vec<String> = Vec::new();
    let mut fact = |labels: [&str; 2], value: String| facts.push(format!("<li>{}: {value}</li>", labels[language]));
    match row.facts {
        Facts::Shoe(shoe) => {
            fact(["Upper", "Obermaterial"], word(shoe.upper));
            fact(["Sole", "Sohle"], word(shoe.sole));
            fact(["Closure", "Verschluss"], word(shoe.closure));
            fact(["Heel", "Absatz"], format!("{} mm", shoe.heel_mm));
            fact(["Weight", "Gewicht"], format!("{} g", shoe.weight_g));
            if shoe.waterproof {
                fact(["Weather", "Wetter"], ["waterproof membrane", "wasserdicht"][language].to_owned());
            }
            if shoe.vegan {
                fact(["Materials", "Material"], ["vegan", "vegan"][language].to_owned());
            }
        }
        Facts::Care { volume_ml, suitable } => {
            fact(["Content", "Inhalt"], format!("{volume_ml} ml"));
            let list: Vec<String> = suitable.iter().map(|s| word(s)).collect();
            fact(["Suitable for", "Geeignet für"], list.join(", "));
        }
        Facts::Lace { length_cm, profile } => {
            fact(["Length", "Länge"], format!("{length_cm} cm"));
            fact(["Profile", "Profil"], word(profile));
        }
        Facts::Accessory { material, weight_g } => {
            fact(["Material", "Material"], word(material));
            fact(["Weight", "Gewicht"], format!("{weight_g} g"));
        }
    }
    format!("<p>{}</p><ul>{}</ul>", row.text[language], facts.concat())
}

/// As many whole words of `text` as a search engine shows.
fn summary(text: &str) -> String {
    const MAX: usize = 155;
    if text.chars().count() <= MAX {
        return text.to_owned();
    }
    let cut: String = text.chars().take(MAX).collect();
    let words = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{}…", words.trim_end_matches([',', ';', ':', '.']))
}

/// Gives every category and collection the picture of its first product.
fn illustrate(demo: &mut Demo) {
    let first = |wanted: &dyn Fn(&ProductContent) -> bool| {
        demo.products
            .iter()
            .find(|(_, content)| wanted(content))
            .and_then(|(_, content)| content.media.first().cloned())
    };
    for category in &mut demo.categories {
        let below = format!("{}-", category.handle);
        category.media = first(&|content| {
            content.category.as_deref().is_some_and(|c| {
                c == category.handle
                    || c.starts_with(&below)
                    || (category.handle == "care-and-laces" && c.starts_with("care-"))
            })
        });
    }
    for collection in &mut demo.collections {
        collection.media = first(&|content| content.collections.contains(&collection.handle));
    }
}

#[cfg(test)]
mod tests;
