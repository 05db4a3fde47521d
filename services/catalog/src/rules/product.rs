//! Rules of a product.

use std::collections::HashSet;

use contracts::Result;
use contracts::catalog::{Media, ProductContent, ProductStatus, Variant};
use kernel::VariantId;
use uuid::Uuid;

use super::text::{check_line, check_required_line, check_required_texts, check_texts};
use super::{Problems, attributes, html, taxonomy};
use crate::model::Taxonomy;

const MAX_TITLE: usize = 255;
const MAX_DESCRIPTION: usize = 100_000;
const MAX_SEO_DESCRIPTION: usize = 1_000;
const MAX_OPTIONS: usize = 3;
const MAX_VARIANTS: usize = 250;
const MAX_TAGS: usize = 250;
const MAX_COLLECTIONS: usize = 100;
const MAX_MEDIA: usize = 250;
const MAX_PRICES: usize = 60;
/// Ten billion of a currency with two decimals: beyond it somebody mistyped.
const MAX_PRICE: i64 = 1_000_000_000_000;
/// Ten tonnes.
const MAX_WEIGHT_G: u32 = 10_000_000;

/// Brings `content` into the form in which it is stored: HTML sanitised, texts trimmed, ids given. Variants keep the
/// id that the same SKU has in `before`.
pub(crate) fn tidy(
    content: &mut ProductContent,
    before: Option<&ProductContent>,
    mut new_id: impl FnMut() -> VariantId,
) {
    for text in content.description_html.0.values_mut() {
        *text = html::sanitise(text);
    }
    for texts in [&mut content.title, &mut content.seo_title, &mut content.seo_description] {
        for text in texts.0.values_mut() {
            trim(text);
        }
    }
    for texts in [&mut content.description_html, &mut content.seo_title, &mut content.seo_description] {
        texts.0.retain(|_, text| !text.is_empty());
    }
    trim(&mut content.vendor);
    for variant in &mut content.variants {
        if variant.id.uuid() == Uuid::nil() {
            let known = before.and_then(|before| before.variants.iter().find(|known| known.sku == variant.sku));
            variant.id = known.map_or_else(&mut new_id, |known| known.id);
        }
    }
}

fn trim(text: &mut String) {
    if text.trim().len() != text.len() {
        *text = text.trim().to_owned();
    }
}

/// # Errors
/// `invalid_input` with everything that is wrong with the product.
pub(crate) fn check(handle: &str, content: &ProductContent, known: &Taxonomy) -> Result<()> {
    let problems = &mut Problems::default();
    taxonomy::check_handle(handle, problems);
    check_required_texts(&content.title, MAX_TITLE, "/title", problems);
    check_texts(&content.description_html, MAX_DESCRIPTION, false, "/description_html", problems);
    check_texts(&content.seo_title, MAX_TITLE, true, "/seo_title", problems);
    check_texts(&content.seo_description, MAX_SEO_DESCRIPTION, true, "/seo_description", problems);
    check_line(&content.vendor, MAX_TITLE, "/vendor", problems);
    check_tags(&content.tags, problems);
    check_places(content, known, problems);
    check_options(content, problems);
    check_variants(content, problems);
    if content.media.len() > MAX_MEDIA {
        problems.add("/media", "too_many", format!("At most {MAX_MEDIA} images."));
    }
    for (i, media) in content.media.iter().enumerate().take(MAX_MEDIA) {
        check_media(media, &format!("/media/{i}"), problems);
    }
    std::mem::take(problems).into_result()
}

fn check_tags(tags: &[String], problems: &mut Problems) {
    if tags.len() > MAX_TAGS {
        problems.add("/tags", "too_many", format!("At most {MAX_TAGS} tags."));
    }
    for (i, tag) in tags.iter().enumerate().take(MAX_TAGS) {
        check_required_line(tag, 255, &format!("/tags/{i}"), problems);
        if tags[..i].contains(tag) {
            problems.add(format!("/tags/{i}"), "duplicate", "This tag is there twice.");
        }
    }
}

/// Product type with its attributes, category and collections: all must exist.
fn check_places(content: &ProductContent, known: &Taxonomy, problems: &mut Problems) {
    let product_type = known.types.get(&content.product_type);
    if product_type.is_none() && !content.product_type.is_empty() {
        problems.add("/product_type", "unknown_product_type", "There is no such product type.");
    } else {
        attributes::check(&content.attributes, product_type, problems);
    }
    if let Some(category) = &content.category
        && !known.categories.contains_key(category)
    {
        problems.add("/category", "unknown_category", "There is no such category.");
    }
    if content.collections.len() > MAX_COLLECTIONS {
        problems.add("/collections", "too_many", format!("At most {MAX_COLLECTIONS} collections."));
    }
    for (i, collection) in content.collections.iter().enumerate().take(MAX_COLLECTIONS) {
        if !known.collections.contains_key(collection) {
            problems.add(format!("/collections/{i}"), "unknown_collection", "There is no such collection.");
        }
        if content.collections[..i].contains(collection) {
            problems.add(format!("/collections/{i}"), "duplicate", "This collection is there twice.");
        }
    }
}

fn check_options(content: &ProductContent, problems: &mut Problems) {
    if content.options.len() > MAX_OPTIONS {
        problems.add("/options", "too_many", format!("At most {MAX_OPTIONS} options."));
    }
    for (i, option) in content.options.iter().enumerate().take(MAX_OPTIONS) {
        check_required_line(&option.name, 255, &format!("/options/{i}/name"), problems);
        if content.options[..i].iter().any(|other| other.name == option.name) {
            problems.add(format!("/options/{i}/name"), "duplicate", "Another option has this name.");
        }
        if option.values.is_empty() || option.values.len() > MAX_VARIANTS {
            let detail = format!("Give 1 to {MAX_VARIANTS} values.");
            problems.add(format!("/options/{i}/values"), "invalid_count", detail);
        }
        for (j, value) in option.values.iter().enumerate().take(MAX_VARIANTS) {
            check_required_line(value, 255, &format!("/options/{i}/values/{j}"), problems);
            if option.values[..j].contains(value) {
                problems.add(format!("/options/{i}/values/{j}"), "duplicate", "This value is there twice.");
            }
        }
    }
}

fn check_variants(content: &ProductContent, problems: &mut Problems) {
    if content.variants.is_empty() && content.status == ProductStatus::Active {
        problems.add("/variants", "required", "A product on sale needs at least one variant.");
    }
    if content.variants.len() > MAX_VARIANTS {
        problems.add("/variants", "too_many", format!("At most {MAX_VARIANTS} variants."));
    }
    let (mut skus, mut ids, mut combinations) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (i, variant) in content.variants.iter().enumerate().take(MAX_VARIANTS) {
        if !skus.insert(&variant.sku) {
            problems.add(format!("/variants/{i}/sku"), "duplicate", "Another variant of this product has this SKU.");
        }
        if !ids.insert(variant.id) {
            problems.add(format!("/variants/{i}/id"), "duplicate", "Another variant of this product has this id.");
        }
        if !combinations.insert(&variant.options) {
            let detail = "Another variant has the same option values.";
            problems.add(format!("/variants/{i}/options"), "duplicate", detail);
        }
        check_variant(variant, content, &format!("/variants/{i}"), problems);
    }
}

fn check_variant(variant: &Variant, content: &ProductContent, at: &str, problems: &mut Problems) {
    if variant.options.len() != content.options.len() {
        let detail = format!("Give one value for each of the {} options.", content.options.len());
        problems.add(format!("{at}/options"), "invalid_count", detail);
    }
    for (j, (value, option)) in variant.options.iter().zip(&content.options).enumerate() {
        if !option.values.contains(value) {
            let detail = format!("The option {} has no such value.", option.name);
            problems.add(format!("{at}/options/{j}"), "unknown_value", detail);
        }
    }
    check_prices(variant, at, problems);
    if let Some(barcode) = &variant.barcode {
        check_required_line(barcode, 64, &format!("{at}/barcode"), problems);
    }
    if variant.weight_g > MAX_WEIGHT_G {
        problems.add(format!("{at}/weight_g"), "too_large", format!("At most {MAX_WEIGHT_G} grams."));
    }
    let named = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    if variant.tax_class.is_empty() || variant.tax_class.len() > 32 || !variant.tax_class.bytes().all(named) {
        let detail = "1 to 32 lower-case letters, digits, underscores and hyphens.";
        problems.add(format!("{at}/tax_class"), "invalid_name", detail);
    }
    if variant.image.is_some_and(|image| image >= content.media.len()) {
        problems.add(format!("{at}/image"), "out_of_range", "The product has no image at this position.");
    }
}

fn check_prices(variant: &Variant, at: &str, problems: &mut Problems) {
    if variant.prices.len() > MAX_PRICES {
        problems.add(format!("{at}/prices"), "too_many", format!("At most {MAX_PRICES} currencies."));
    }
    for (j, price) in variant.prices.iter().enumerate().take(MAX_PRICES) {
        let at = format!("{at}/prices/{j}");
        let amount = price.price.amount_minor;
        if !(0..=MAX_PRICE).contains(&amount) {
            problems.add(format!("{at}/price"), "out_of_range", "A price is not negative and not absurdly high.");
        }
        if variant.prices[..j].iter().any(|other| other.price.currency == price.price.currency) {
            problems.add(format!("{at}/price"), "duplicate", "Give one price per currency.");
        }
        if let Some(compare_at) = price.compare_at {
            if compare_at.currency != price.price.currency {
                problems.add(format!("{at}/compare_at"), "currency_mismatch", "Use the currency of the price.");
            } else if compare_at.amount_minor <= amount || compare_at.amount_minor > MAX_PRICE {
                let detail = "The price before a reduction is higher than the price.";
                problems.add(format!("{at}/compare_at"), "not_higher", detail);
            }
        }
    }
}

/// An image is a key of the media store or lies elsewhere under https; never a path.
pub(super) fn check_media(media: &Media, at: &str, problems: &mut Problems) {
    let source = media.source.as_str();
    let remote = source
        .strip_prefix("https://")
        .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && source.len() <= 2_048);
    let url_safe = source.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"\"<>\\^`{|}".contains(c));
    let key = source.strip_prefix("sha256-").and_then(|rest| rest.split_once('.')).is_some_and(|(hash, kind)| {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        hash.len() == 32 && hash.bytes().all(hex) && ["svg", "jpg", "png"].contains(&kind)
    });
    if !(key || remote && url_safe) {
        problems.add(format!("{at}/source"), "invalid_source", "Name an uploaded image or an https URL.");
    }
    check_texts(&media.alt, 512, true, &format!("{at}/alt"), problems);
}
