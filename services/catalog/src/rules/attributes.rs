//! Attributes of products, checked by the kind that their product type gives them.

use std::collections::BTreeMap;

use contracts::catalog::{AttributeDefinition, AttributeKind, AttributeValue, ProductType};

use super::Problems;
use super::text::check_line;

const MAX_TEXT: usize = 1_000;

/// Checks the attributes of a product against its type; a product without a type has none.
pub(crate) fn check(
    attributes: &BTreeMap<String, AttributeValue>,
    product_type: Option<&ProductType>,
    problems: &mut Problems,
) {
    let definitions = product_type.map_or(&[][..], |t| &t.attributes);
    for (name, value) in attributes {
        let pointer = format!("/attributes/{}", name.replace('~', "~0").replace('/', "~1"));
        match definitions.iter().find(|definition| definition.name == *name) {
            Some(definition) => check_value(value, definition, &pointer, problems),
            None => problems.add(
                pointer,
                "unknown_attribute",
                match product_type {
                    Some(t) => format!("Products of type {} have no such attribute.", t.handle),
                    None => "A product without a product type has no attributes.".to_owned(),
                },
            ),
        }
    }
    for definition in definitions.iter().filter(|d| d.required && !attributes.contains_key(&d.name)) {
        let pointer = format!("/attributes/{}", definition.name);
        problems.add(pointer, "required", "Products of this type must have this attribute.");
    }
}

fn check_value(value: &AttributeValue, definition: &AttributeDefinition, pointer: &str, problems: &mut Problems) {
    let mut choice = |text: &str, values: &[String]| {
        if !values.iter().any(|known| known == text) {
            problems.add(pointer, "unknown_choice", format!("Choose one of: {}.", values.join(", ")));
        }
    };
    match (&definition.kind, value) {
        (AttributeKind::Flag, AttributeValue::Flag(_))
        | (AttributeKind::Integer { .. }, AttributeValue::Integer(_)) => {}
        (AttributeKind::Text, AttributeValue::Text(text)) => check_line(text, MAX_TEXT, pointer, problems),
        (AttributeKind::Choice { values }, AttributeValue::Text(text)) => choice(text, values),
        (AttributeKind::Choices { values }, AttributeValue::List(list)) => {
            for text in list {
                choice(text, values);
            }
            if list.iter().enumerate().any(|(i, text)| list[..i].contains(text)) {
                problems.add(pointer, "duplicate", "Name each choice once.");
            }
        }
        (kind, _) => {
            let expected = match kind {
                AttributeKind::Flag => "true or false",
                AttributeKind::Integer { .. } => "a whole number",
                AttributeKind::Text | AttributeKind::Choice { .. } => "a text",
                AttributeKind::Choices { .. } => "a list of texts",
            };
            problems.add(pointer, "wrong_kind", format!("This attribute is {expected}."));
        }
    }
}
