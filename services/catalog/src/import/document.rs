//! The shop's own export, read again: everything that a product says, in every language and currency.

use std::collections::BTreeSet;

use bytes::Bytes;
use contracts::Result;
use contracts::catalog::{Category, Collection, ProductContent, ProductType, TimestampSchema};
use kernel::{Failure, Sku};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::draft::{Draft, IdentifiedBy, Kept, Reading, Source};
use super::{ImportError, MAX_UNITS};

/// What the first member of the document says.
pub(crate) const FORMAT: &str = "argosy-catalog-1";

/// Units counted at a location.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockCount {
    pub sku: Sku,
    pub location: String,
    pub on_hand: i64,
}

/// The document without its products, which are read one by one so that each can be complained of.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    format: String,
    #[serde(default)]
    product_types: Vec<ProductType>,
    #[serde(default)]
    categories: Vec<Category>,
    #[serde(default)]
    collections: Vec<Collection>,
    #[serde(default, borrow)]
    products: Vec<&'a RawValue>,
    #[serde(default)]
    stock: Vec<StockCount>,
}

/// Where products of the file stand.
#[derive(Debug, Default)]
pub(crate) struct Places {
    pub(crate) product_types: Vec<ProductType>,
    /// Those above come before those below.
    pub(crate) categories: Vec<Category>,
    pub(crate) collections: Vec<Collection>,
}

/// # Errors
/// `not_a_product_export` when it is no such document. Products that cannot be read are among the complaints.
pub(crate) fn read(file: &Bytes) -> Result<Source> {
    let document = parse(file)?;
    if document.format != FORMAT {
        let detail = format!("The member `format` must say {FORMAT}, it says {:?}.", document.format);
        return Err(Failure::invalid("not_a_product_export", detail));
    }
    if let Some(count) = document.stock.iter().find(|count| !(0..=MAX_UNITS).contains(&count.on_hand)) {
        let detail = format!("{} units of {} is no count of units.", count.on_hand, count.sku);
        return Err(Failure::invalid("invalid_stock", detail));
    }
    let known: BTreeSet<String> = match json!(ProductContent::default()) {
        Value::Object(members) => members.into_iter().map(|(name, _)| name).collect(),
        _ => BTreeSet::new(),
    };
    let products = document.products.len() as u64;
    let Document { product_types, categories, collections, stock, .. } = document;
    let places = Places { product_types, categories: from_the_top(categories), collections };
    let file = file.clone();
    Ok(Source {
        rows: products,
        products,
        places,
        stock_at: stock,
        each: Box::new(move |take| {
            for (product, line) in parse(&file)?.products.into_iter().zip(1..) {
                let product: Value = serde_json::from_str(product.get())?;
                let handle = product["handle"].as_str().unwrap_or_default().to_owned();
                take(match draft(product, &handle, line, &known) {
                    Ok(draft) => Reading::Product(Box::new(draft)),
                    Err(message) => Reading::Wrong(vec![ImportError { line, handle, column: String::new(), message }]),
                })?;
            }
            Ok(())
        }),
        ..Source::default()
    })
}

/// The document, with its products as they stand in the file.
fn parse(file: &[u8]) -> Result<Document<'_>> {
    serde_json::from_slice(file)
        .map_err(|error| Failure::invalid("not_a_product_export", format!("This is not an export of Argosy: {error}.")))
}

fn draft(mut product: Value, handle: &str, line: u64, known: &BTreeSet<String>) -> std::result::Result<Draft, String> {
    let members = product.as_object_mut().ok_or("This product is no object.")?;
    members.remove("handle");
    let made_at = match members.remove("created_at") {
        None => None,
        Some(at) => {
            let at: TimestampSchema = serde_json::from_value(at).map_err(|error| format!("created_at: {error}."))?;
            Some(at.0)
        }
    };
    if let Some(name) = members.keys().find(|name| !known.contains(*name)) {
        return Err(format!("A product has no member {name:?}."));
    }
    for variant in members.get_mut("variants").and_then(Value::as_array_mut).into_iter().flatten() {
        // Ids belong to a shop; the SKU says which variant it is.
        if let Some(variant) = variant.as_object_mut() {
            variant.insert("id".to_owned(), json!(Uuid::nil()));
        }
    }
    let content: ProductContent = serde_json::from_value(product).map_err(|error| format!("{error}."))?;
    let (variant_lines, media_lines) = (vec![line; content.variants.len()], vec![line; content.media.len()]);
    Ok(Draft {
        handle: handle.to_owned(),
        content,
        type_name: String::new(),
        category_path: Vec::new(),
        collection_names: Vec::new(),
        stock: Vec::new(),
        stock_at: Vec::new(),
        line,
        variant_lines,
        media_lines,
        kept: Kept::Nothing,
        identified_by: IdentifiedBy::Handle,
        made_at,
    })
}

/// Categories in an order in which each can be made. Those in a circle come last, where a rule refuses them.
fn from_the_top(mut rest: Vec<Category>) -> Vec<Category> {
    let mut sorted: Vec<Category> = Vec::with_capacity(rest.len());
    loop {
        let waits = |category: &Category| {
            let parent = category.parent.as_deref();
            parent.is_some_and(|parent| rest.iter().any(|other| other.handle == parent))
        };
        let (below, top): (Vec<Category>, Vec<Category>) = rest.iter().cloned().partition(waits);
        if top.is_empty() {
            sorted.extend(below);
            return sorted;
        }
        sorted.extend(top);
        rest = below;
    }
}
