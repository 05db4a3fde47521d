//! A promotion: what it takes off, of which goods, for whom, when and how often. The inputs of what it takes off change
//! with its kind, which is chosen first.

mod inputs;
mod read;
pub(crate) mod words;

use contracts::catalog::{Category, Collection};
use contracts::selling::{Effect, Promotion, Selection, TermsDocument, TermsKind};
use kernel::{Failure, FieldError};

use super::Choices;
use crate::form::{Draft, Fields, Reading};
use crate::site::Site;

pub(super) use inputs::inputs;
pub(super) use read::{codes, read};

/// The kinds of effects: the name in documents, what it is called, and what it is good for.
pub(crate) const EFFECTS: [(&str, &str, &str); 6] = [
    ("percentage", "A percentage off", "10% off the whole order, or off some of the goods."),
    ("fixed", "An amount off the order", "5 EUR off, once for each order."),
    ("fixed_per_unit", "An amount off each unit", "2 EUR off every mug."),
    ("buy_x_get_y", "Buy some, get some", "Three for two, or a second pair at half price."),
    ("tiers", "More off for more", "5% off from 3 units, 10% from 10."),
    ("free_shipping", "Free shipping", "Delivery costs nothing, from an order of 50 EUR on."),
];

/// The most categories above one that its name tells.
const MAX_LEVELS: usize = 8;
/// What the button that asks for the summary sends in place of a row.
pub(crate) const SAY: &str = "say it";

/// The document, when it is one of these.
pub(crate) fn promotion(document: &TermsDocument) -> Option<&Promotion> {
    if let TermsDocument::Promotion(promotion) = document { Some(promotion) } else { None }
}

const fn effect_name(effect: &Effect) -> &'static str {
    match effect {
        Effect::Percentage { .. } => "percentage",
        Effect::Fixed { .. } => "fixed",
        Effect::FixedPerUnit { .. } => "fixed_per_unit",
        Effect::BuyXGetY { .. } => "buy_x_get_y",
        Effect::Tiers { .. } => "tiers",
        Effect::FreeShipping { .. } => "free_shipping",
    }
}

/// What a promotion does, by the name that it has in documents.
#[cfg(test)]
pub(crate) fn name(promotion: &Promotion) -> &'static str {
    effect_name(&promotion.effect)
}

/// What was typed in words, or else what the document says; nothing while what was typed says nothing.
pub(in crate::pages::terms) fn told(choices: &Choices, draft: &Draft, document: Option<&TermsDocument>) -> Vec<String> {
    if draft.form.is_empty() {
        return document.and_then(promotion).map(|one| words::sentences(one, choices)).unwrap_or_default();
    }
    let mut reading = Reading::new(&draft.fields);
    match (read::typed(choices, &mut reading, document), reading.done()) {
        (Some(typed), Ok(())) => words::sentences(&typed, choices),
        _ => Vec::new(),
    }
}

/// The goods that a promotion names, of both kinds that it can name.
fn selections(promotion: &Promotion) -> impl Iterator<Item = &Selection> {
    let gets = match &promotion.effect {
        Effect::BuyXGetY { gets, .. } => gets.as_ref(),
        _ => None,
    };
    std::iter::once(&promotion.goods).chain(gets)
}

/// What the form offers to choose from, with what `document` names and is no longer there.
pub(in crate::pages::terms) async fn choices(
    site: &Site,
    document: Option<&TermsDocument>,
    choices: &mut Choices,
) -> Result<(), Failure> {
    let (handles, store) = (site.handles(), site.store());
    let locale = handles.markets[0].locale.clone();
    let titled = |handle: String, name: &str| {
        let name = if name.is_empty() { handle.clone() } else { name.to_owned() };
        (handle, name)
    };
    let collections = handles.catalog.collection_documents(store).await?;
    let named = |one: Collection| titled(one.handle.clone(), one.name.get(&locale));
    choices.collections = collections.into_iter().map(named).collect();
    let categories = handles.catalog.category_documents(store).await?;
    let named = |one: &Category| titled(one.handle.clone(), &path(&categories, one, &locale));
    choices.categories = categories.iter().map(named).collect();
    for zone in handles.terms.documents(store, TermsKind::ShippingZone).await? {
        let TermsDocument::ShippingZone(zone) = zone else { continue };
        for method in zone.methods {
            if choices.deliveries.iter().all(|(known, _)| *known != method.handle) {
                choices.deliveries.push(titled(method.handle.clone(), method.name.get(&locale)));
            }
        }
    }
    if let Some(TermsDocument::Settings(shop)) = handles.terms.document(store, TermsKind::Settings, "shop").await? {
        choices.time_zone = shop.time_zone;
    }
    let Some(promotion) = document.and_then(promotion) else { return Ok(()) };
    for selection in selections(promotion) {
        keep(&mut choices.collections, &selection.collections);
        keep(&mut choices.categories, &selection.categories);
    }
    keep(&mut choices.groups, &promotion.groups);
    if let Effect::FreeShipping { options, .. } = &promotion.effect
        && !choices.deliveries.is_empty()
    {
        keep(&mut choices.deliveries, options);
    }
    Ok(())
}

/// The name of a category with those above it, such as `Women › Boots`: boots are in many places.
fn path(all: &[Category], category: &Category, locale: &str) -> String {
    let mut path = category.name.get(locale).to_owned();
    let mut above = category.parent.as_deref();
    for _ in 0..MAX_LEVELS {
        let Some(parent) = above.and_then(|above| all.iter().find(|one| one.handle == above)) else { break };
        path = format!("{} › {path}", parent.name.get(locale));
        above = parent.parent.as_deref();
    }
    path
}

/// Adds those that a document names and nobody knows any more, so that they are seen and can be taken out.
fn keep(known: &mut Vec<(String, String)>, named: &[String]) {
    for handle in named {
        if known.iter().all(|(known, _)| known != handle) {
            known.push((handle.clone(), format!("{handle}, which is gone")));
        }
    }
}

/// What a service found wrong, at the fields of the form.
pub(super) fn placed(mut failure: Failure, fields: &Fields, choices: &Choices) -> Failure {
    let typed = codes(fields);
    for error in &mut failure.errors {
        let FieldError { pointer, detail, .. } = error;
        let parts: Vec<&str> = pointer.trim_start_matches('/').split('/').collect();
        let field = match parts[..] {
            ["codes", row] => {
                if let Some(code) = row.parse::<usize>().ok().and_then(|row| typed.get(row)) {
                    *detail = format!("{code}: {detail}");
                }
                "/codes".to_owned()
            }
            ["groups", _] => "/groups".to_owned(),
            ["effect", list @ ("countries" | "options"), _] => format!("/effect-{list}"),
            ["effect", "amounts"] => format!("/effect-amounts-{}", super::first(&choices.currencies)),
            ["effect", "gets"] => "/effect-gets-products".to_owned(),
            ["name"] => format!("/name-{}", choices.locales.first().map_or("en", String::as_str)),
            _ => continue,
        };
        *pointer = field;
    }
    failure
}
