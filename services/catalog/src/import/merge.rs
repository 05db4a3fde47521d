//! What a repeated import leaves alone: everything that the file cannot say.

use contracts::catalog::ProductContent;
use contracts::market::Texts;

/// Takes over from `before` what the merchant added here and the file knows nothing of: collections, attributes,
/// other languages, other currencies, tax classes.
pub(super) fn merge(content: &mut ProductContent, before: &ProductContent) {
    content.collections.clone_from(&before.collections);
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

fn keep_texts(texts: &mut Texts, before: &Texts) {
    for (locale, text) in &before.0 {
        texts.0.entry(locale.clone()).or_insert_with(|| text.clone());
    }
}
