//! A shop of 100,000 variants: the demo shop's kinds of shoes under thousands of names, the same at every run.

use anyhow::{Context as _, Result};
use kernel::{Rng, SeededRng};
use serde_json::{Value, json};

/// What products are called besides what they are.
pub(super) const FIRST: [&str; 56] = [
    "Amber", "Alpine", "Birch", "Breeze", "Canyon", "Cinder", "Coastal", "Copper", "Dawn", "Delta", "Drift", "Echo",
    "Ember", "Fable", "Fjord", "Frost", "Gale", "Glade", "Golden", "Granite", "Grove", "Haven", "Heather", "Hollow",
    "Indigo", "Ivory", "Jasper", "Juniper", "Lagoon", "Lunar", "Maple", "Marble", "Meadow", "Nimbus", "Noble",
    "Northern", "Opal", "Orchard", "Pebble", "Prairie", "Quarry", "Quiet", "Raven", "Saffron", "Silver", "Summit",
    "Swift", "Timber", "Tundra", "Umber", "Urban", "Valley", "Violet", "Willow", "Yonder", "Zephyr",
];
pub(super) const SECOND: [&str; 40] = [
    "Bay", "Bluff", "Bound", "Chase", "Circuit", "Course", "Court", "Cove", "Crest", "Dash", "Glide", "Hike", "Lane",
    "Leap", "Loop", "March", "Mile", "Pacer", "Path", "Peak", "Quest", "Racer", "Range", "Reef", "Roam", "Route",
    "Rover", "Scout", "Shore", "Sprint", "Stride", "Stroll", "Tide", "Track", "Trail", "Trek", "Walker", "Wave",
    "Wharf", "Yard",
];

/// Variants of each product.
pub(super) const VARIANTS: usize = 4;
/// Products in one file; the shop takes 60 MiB at once.
const PRODUCTS_OF_A_FILE: usize = 12_500;

/// Files for `argosy import` with `products` products of four variants each, made after those in `export`, which is
/// what the demo shop exports.
pub(super) fn files(export: &Value, products: usize) -> Result<Vec<Vec<u8>>> {
    let rng = SeededRng::new(100_000);
    let models = export["products"].as_array().context("the export has no products")?;
    let shoes: Vec<&Value> = models.iter().filter(|model| count(&model["variants"]) >= VARIANTS).collect();
    let mut files = Vec::new();
    let mut at = 0;
    while at < products {
        let until = products.min(at + PRODUCTS_OF_A_FILE);
        let (mut made, mut stock) = (Vec::with_capacity(until - at), Vec::new());
        for number in at..until {
            let model = *pick(&rng, &shoes).context("the export has no product with four variants")?;
            made.push(product(&rng, model, number, &mut stock));
        }
        let mut file = export.clone();
        file["products"] = Value::Array(made);
        file["stock"] = Value::Array(stock);
        files.push(serde_json::to_vec(&file)?);
        at = until;
    }
    Ok(files)
}

fn product(rng: &dyn Rng, model: &Value, number: usize, stock: &mut Vec<Value>) -> Value {
    let mut product = model.clone();
    let (first, second) = (word(rng, &FIRST), word(rng, &SECOND));
    product["handle"] = json!(format!("{}-{}-{number}", first.to_lowercase(), second.to_lowercase()));
    if let Some(titles) = product["title"].as_object_mut() {
        for title in titles.values_mut() {
            // Model names have one word, and the kind of shoe comes after it.
            let kind = title.as_str().and_then(|title| title.split_once(' ')).map_or("Shoe", |(_, kind)| kind);
            *title = json!(format!("{first} {second} {kind}"));
        }
    }
    let month = 1 + number % 12;
    product["created_at"] = json!(format!("2026-{month:02}-{:02}T08:00:00.000Z", 1 + rng.below(28)));
    let cents = 2_995 + rng.below(200) * 100;
    let mut variants = product["variants"].take().as_array().cloned().unwrap_or_default();
    variants.truncate(VARIANTS);
    for (at, variant) in variants.iter_mut().enumerate() {
        let sku = format!("B{number:05}-{at}");
        let units = [0, 4, 20, 60][usize::try_from(rng.below(4)).unwrap_or(0)];
        stock.push(json!({ "location": "main", "on_hand": units, "sku": sku }));
        variant["sku"] = json!(sku);
        variant["prices"] = ["EUR", "GBP", "USD"]
            .map(|currency| json!({ "price": { "amount_minor": cents, "currency": currency } }))
            .to_vec()
            .into();
        if let Some(members) = variant.as_object_mut() {
            members.remove("barcode");
        }
    }
    if let Some(options) = product["options"].as_array_mut() {
        for (at, option) in options.iter_mut().enumerate() {
            let mut used: Vec<Value> = variants.iter().map(|variant| variant["options"][at].clone()).collect();
            used.dedup();
            let mut values: Vec<Value> = Vec::new();
            for value in used {
                if !values.contains(&value) {
                    values.push(value);
                }
            }
            option["values"] = Value::Array(values);
        }
    }
    product["variants"] = Value::Array(variants);
    product
}

fn count(list: &Value) -> usize {
    list.as_array().map_or(0, Vec::len)
}

/// One of `all`; none of nothing.
pub(super) fn pick<'a, T>(rng: &dyn Rng, all: &'a [T]) -> Option<&'a T> {
    let at = rng.below(u64::try_from(all.len()).ok().filter(|len| *len > 0)?);
    all.get(usize::try_from(at).ok()?)
}

pub(super) fn word(rng: &dyn Rng, all: &[&'static str]) -> &'static str {
    pick(rng, all).copied().unwrap_or("Shoe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_goods_are_made_every_time() {
        let variant = |size: &str| json!({ "sku": size, "options": ["Red", size], "prices": [], "barcode": "1" });
        let model = json!({
            "title": { "en": "Acorn Hiking Boot" },
            "options": [{ "name": "Colour", "values": ["Red"] }, { "name": "Size", "values": ["1", "2", "3", "4", "5"] }],
            "variants": [variant("1"), variant("2"), variant("3"), variant("4"), variant("5")],
        });
        let export = json!({ "format": "f", "products": [model, { "variants": [variant("1")] }], "stock": [] });
        let made = files(&export, 30).unwrap();
        assert_eq!(made, files(&export, 30).unwrap());
        let file: Value = serde_json::from_slice(&made[0]).unwrap();
        let products = file["products"].as_array().unwrap();
        assert_eq!((made.len(), products.len(), count(&file["stock"])), (1, 30, 30 * VARIANTS));
        assert!(products[0]["title"]["en"].as_str().unwrap().ends_with(" Hiking Boot"));
        assert_eq!(products[0]["options"][1]["values"], json!(["1", "2", "3", "4"]));
        assert_eq!(products[0]["variants"][0].get("barcode"), None);
    }
}
