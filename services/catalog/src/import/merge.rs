//! What a repeated import leaves alone: everything that the file cannot say.

use std::collections::BTreeSet;

use contracts::catalog::{ProductContent, ProductStatus, Variant};
use contracts::market::Texts;

use super::draft::Kept;

/// Takes over from `before` what is kept.
pub(super) fn merge(content: &mut ProductContent, before: &ProductContent, kept: &Kept) {
    match kept {
        Kept::Nothing => {}
        Kept::Unsaid { bare } => unsaid(content, before, *bare),
        Kept::AllBut(columns) => all_but(content, before, columns),
    }
}

/// Keeps what the merchant added here and the file knows nothing of: collections, attributes, other languages, other
/// currencies, tax classes.
fn unsaid(content: &mut ProductContent, before: &ProductContent, bare: bool) {
    if bare && content.status == ProductStatus::Draft && before.status == ProductStatus::Archived {
        content.status = ProductStatus::Archived;
    }
    if bare && content.vendor.is_empty() {
        content.vendor.clone_from(&before.vendor);
    }
    let named = std::mem::replace(&mut content.collections, before.collections.clone());
    for collection in named {
        if !content.collections.contains(&collection) {
            content.collections.push(collection);
        }
    }
    if content.product_type.is_empty() {
        content.product_type.clone_from(&before.product_type);
    }
    if content.product_type == before.product_type {
        content.attributes.clone_from(&before.attributes);
    }
    if content.category.is_none() {
        content.category.clone_from(&before.category);
    }
    keep_texts(&mut content.title, &before.title);
    keep_texts(&mut content.description_html, &before.description_html);
    keep_texts(&mut content.seo_title, &before.seo_title);
    keep_texts(&mut content.seo_description, &before.seo_description);
    for media in &mut content.media {
        if let Some(known) = before.media.iter().find(|known| known.source == media.source) {
            keep_texts(&mut media.alt, &known.alt);
            (media.width, media.height) = (known.width, known.height);
        }
    }
    for variant in &mut content.variants {
        let Some(known) = before.variants.iter().find(|known| known.sku == variant.sku) else { continue };
        for price in &known.prices {
            if !variant.prices.iter().any(|new| new.price.currency == price.price.currency) {
                variant.prices.push(*price);
            }
        }
        // The file says only whether it is taxed; which rate applies was said here.
        if variant.tax_class == "standard" && known.tax_class != "exempt" {
            variant.tax_class.clone_from(&known.tax_class);
        }
    }
}

/// Keeps what the columns of our own table do not name.
fn all_but(content: &mut ProductContent, before: &ProductContent, columns: &BTreeSet<String>) {
    let said = |name: &str| columns.contains(name);
    let keep = |name: &str, texts: &mut Texts, before: &Texts| {
        for (locale, text) in &before.0 {
            if !said(&format!("{name}:{locale}")) {
                texts.0.entry(locale.clone()).or_insert_with(|| text.clone());
            }
        }
    };
    keep("title", &mut content.title, &before.title);
    keep("description_html", &mut content.description_html, &before.description_html);
    keep("seo_title", &mut content.seo_title, &before.seo_title);
    keep("seo_description", &mut content.seo_description, &before.seo_description);
    macro_rules! keep_fields {
        ($($field:ident),*) => {$(
            if !said(stringify!($field)) {
                content.$field.clone_from(&before.$field);
            }
        )*};
    }
    keep_fields!(status, product_type, vendor, category, collections, tags);
    for (name, value) in &before.attributes {
        if !said(&format!("attribute:{name}")) {
            content.attributes.insert(name.clone(), value.clone());
        }
    }
    if said("media_source") {
        for media in &mut content.media {
            let Some(known) = before.media.iter().find(|known| known.source == media.source) else { continue };
            keep("media_alt", &mut media.alt, &known.alt);
            if !said("media_width") {
                (media.width, media.height) = (known.width, known.height);
            }
        }
    } else {
        content.media.clone_from(&before.media);
    }
    if !said("sku") {
        content.options.clone_from(&before.options);
        content.variants.clone_from(&before.variants);
        return;
    }
    if !said("option1") {
        content.options.clone_from(&before.options);
    }
    for variant in &mut content.variants {
        if let Some(known) = before.variants.iter().find(|known| known.sku == variant.sku) {
            keep_variant(variant, known, &said);
        }
    }
}

fn keep_variant(variant: &mut Variant, known: &Variant, said: &dyn Fn(&str) -> bool) {
    for price in &known.prices {
        let currency = price.price.currency;
        match variant.prices.iter_mut().find(|new| new.price.currency == currency) {
            Some(new) if !said(&format!("compare_at:{currency}")) => {
                new.compare_at = price.compare_at.filter(|before| before.amount_minor > new.price.amount_minor);
            }
            Some(_) => {}
            None if said(&format!("price:{currency}")) => {}
            None => variant.prices.push(*price),
        }
    }
    macro_rules! keep_fields {
        ($($field:ident = $column:literal),*) => {$(
            if !said($column) {
                variant.$field.clone_from(&known.$field);
            }
        )*};
    }
    keep_fields!(
        options = "option1",
        barcode = "barcode",
        weight_g = "weight_g",
        tax_class = "tax_class",
        requires_shipping = "requires_shipping",
        image = "image"
    );
}

fn keep_texts(texts: &mut Texts, before: &Texts) {
    for (locale, text) in &before.0 {
        texts.0.entry(locale.clone()).or_insert_with(|| text.clone());
    }
}
