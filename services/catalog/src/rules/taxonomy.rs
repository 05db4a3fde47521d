//! Rules of categories, collections and product types.

use contracts::Result;
use contracts::catalog::{AttributeKind, Category, Collection, ProductType};

use super::Problems;
use super::product::check_media;
use super::text::{check_required_line, check_required_texts, check_texts, is_handle};
use crate::model::{MAX_DEPTH, Taxonomy};

const MAX_NAME: usize = 255;
const MAX_DESCRIPTION: usize = 10_000;
const MAX_ATTRIBUTES: usize = 100;
const MAX_VALUES: usize = 500;

pub(crate) fn check_handle(handle: &str, problems: &mut Problems) {
    if !is_handle(handle) {
        problems.add("/handle", "invalid_handle", "1 to 100 lower-case letters, digits and hyphens.");
    }
}

/// # Errors
/// `invalid_input`: names, lengths, an unknown parent, or one that would close a circle.
pub(crate) fn check_category(category: &Category, known: &Taxonomy) -> Result<()> {
    let mut problems = Problems::default();
    check_handle(&category.handle, &mut problems);
    check_required_texts(&category.name, MAX_NAME, "/name", &mut problems);
    check_texts(&category.description, MAX_DESCRIPTION, false, "/description", &mut problems);
    if let Some(media) = &category.media {
        check_media(media, "/media", &mut problems);
    }
    if let Some(parent) = &category.parent {
        let above: Vec<&str> = std::iter::once(parent.as_str()).chain(known.above(parent)).collect();
        if !known.categories.contains_key(parent) && *parent != category.handle {
            problems.add("/parent", "unknown_category", "There is no such category.");
        } else if above.contains(&category.handle.as_str()) {
            problems.add("/parent", "category_cycle", "A category cannot stand below itself.");
        } else if above.len() + height(known, &category.handle) > MAX_DEPTH {
            problems.add("/parent", "too_deep", format!("Categories stand in one another at most {MAX_DEPTH} deep."));
        }
    }
    problems.into_result()
}

/// Levels of a category and what stands below it; 1 for a new one.
fn height(known: &Taxonomy, handle: &str) -> usize {
    let children = known.categories.values().filter(|c| c.parent.as_deref() == Some(handle));
    1 + children.map(|c| height(known, &c.handle)).max().unwrap_or(0)
}

/// # Errors
/// `invalid_input`.
pub(crate) fn check_collection(collection: &Collection) -> Result<()> {
    let mut problems = Problems::default();
    check_handle(&collection.handle, &mut problems);
    check_required_texts(&collection.name, MAX_NAME, "/name", &mut problems);
    check_texts(&collection.description, MAX_DESCRIPTION, false, "/description", &mut problems);
    if let Some(media) = &collection.media {
        check_media(media, "/media", &mut problems);
    }
    problems.into_result()
}

/// # Errors
/// `invalid_input`.
pub(crate) fn check_product_type(product_type: &ProductType) -> Result<()> {
    let mut problems = Problems::default();
    check_handle(&product_type.handle, &mut problems);
    check_required_texts(&product_type.name, MAX_NAME, "/name", &mut problems);
    if product_type.attributes.len() > MAX_ATTRIBUTES {
        problems.add("/attributes", "too_many", format!("At most {MAX_ATTRIBUTES} attributes."));
    }
    for (i, attribute) in product_type.attributes.iter().enumerate() {
        let at = format!("/attributes/{i}");
        let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if attribute.name.is_empty() || attribute.name.len() > 64 || !attribute.name.bytes().all(fine) {
            let detail = "1 to 64 lower-case letters, digits, underscores and hyphens.";
            problems.add(format!("{at}/name"), "invalid_name", detail);
        }
        if product_type.attributes[..i].iter().any(|other| other.name == attribute.name) {
            problems.add(format!("{at}/name"), "duplicate", "Another attribute has this name.");
        }
        check_required_texts(&attribute.label, MAX_NAME, &format!("{at}/label"), &mut problems);
        match &attribute.kind {
            AttributeKind::Choice { values } | AttributeKind::Choices { values } => {
                check_values(values, &format!("{at}/values"), &mut problems);
            }
            AttributeKind::Integer { unit: Some(unit) } => {
                check_required_line(unit, 32, &format!("{at}/unit"), &mut problems);
            }
            AttributeKind::Flag | AttributeKind::Integer { unit: None } | AttributeKind::Text => {}
        }
    }
    problems.into_result()
}

fn check_values(values: &[String], pointer: &str, problems: &mut Problems) {
    if values.is_empty() || values.len() > MAX_VALUES {
        problems.add(pointer, "invalid_count", format!("Give 1 to {MAX_VALUES} values to choose from."));
    }
    for (i, value) in values.iter().enumerate().take(MAX_VALUES) {
        check_required_line(value, 255, &format!("{pointer}/{i}"), problems);
        if values[..i].contains(value) {
            problems.add(format!("{pointer}/{i}"), "duplicate", "This value is there twice.");
        }
    }
}
