//! Product types, categories and collections that a file names and the shop does not have yet.

use std::collections::BTreeMap;

use contracts::catalog::{Category, Collection, ProductType};
use contracts::market::Texts;

use super::draft::Draft;
use crate::change::{Change, Expected};
use crate::rules::handle_from;
use crate::store::Fault;

/// Makes what is not there, and puts the handles into the draft.
pub(super) fn make(change: &mut Change<'_>, draft: &mut Draft, locale: &str) -> Result<(), Fault> {
    let name = |text: &str| Texts(BTreeMap::from([(locale.to_owned(), text.chars().take(255).collect::<String>())]));
    let handle = handle_of(&draft.type_name, |handle| change.taxonomy().types.contains_key(handle));
    if !handle.is_empty() {
        if !change.taxonomy().types.contains_key(&handle) {
            let (handle, name) = (handle.clone(), name(&draft.type_name));
            let document = ProductType { handle, name, attributes: Vec::new(), version: 0 };
            change.put_product_type(document, Expected::Any)?;
        }
        draft.content.product_type = handle;
    }
    let mut above: Option<String> = None;
    for part in &draft.category_path {
        let Some(handle) = category(change, part, above.as_deref()) else { continue };
        if !change.taxonomy().categories.contains_key(&handle) {
            let (handle, name, parent) = (handle.clone(), name(part), above.clone());
            let description = Texts::default();
            let document = Category { handle, name, parent, description, position: 0, media: None, version: 0 };
            change.put_category(document, Expected::Any)?;
        }
        above = Some(handle);
    }
    if above.is_some() {
        draft.content.category = above;
    }
    for text in &draft.collection_names {
        let handle = handle_of(text, |handle| change.taxonomy().collections.contains_key(handle));
        if handle.is_empty() || draft.content.collections.contains(&handle) {
            continue;
        }
        if !change.taxonomy().collections.contains_key(&handle) {
            let (handle, name, description) = (handle.clone(), name(text), Texts::default());
            let document = Collection { handle, name, description, position: 0, media: None, version: 0 };
            change.put_collection(document, Expected::Any)?;
        }
        draft.content.collections.push(handle);
    }
    Ok(())
}

/// The handle of the category `name` below `above`: its own, or one that names both when another branch has that.
fn category(change: &Change<'_>, name: &str, above: Option<&str>) -> Option<String> {
    let handle = handle_of(name, |handle| change.taxonomy().categories.contains_key(handle));
    if handle.is_empty() {
        return None;
    }
    let known = change.taxonomy().categories.get(&handle);
    match (known, above) {
        (Some(known), Some(above)) if known.parent.as_deref() != Some(above) && handle != above => {
            let both = format!("{above}-{handle}");
            Some(both.chars().take(90).collect::<String>().trim_end_matches('-').to_owned())
        }
        _ => Some(handle),
    }
}

/// What is called by its handle has that; what is called by its name, the one that follows from it.
fn handle_of(name: &str, known: impl Fn(&str) -> bool) -> String {
    if known(name) { name.to_owned() } else { handle_from(name) }
}
