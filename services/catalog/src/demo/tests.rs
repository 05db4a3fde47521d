use std::collections::HashSet;

use contracts::catalog::{AttributeDefinition, AttributeKind};

use super::*;

/// Drawing every picture takes a while without optimisation, so the tests share one shop.
fn demo() -> &'static Demo {
    static DEMO: LazyLock<Demo> = LazyLock::new(catalogue);
    &DEMO
}

#[test]
fn the_shop_is_as_large_as_promised_and_the_same_every_time() {
    let (demo, again) = (demo(), catalogue());
    let variants: usize = demo.products.iter().map(|(_, content)| content.variants.len()).sum();
    assert!(demo.products.len() >= 60, "{} products", demo.products.len());
    assert!(variants >= 400, "{variants} variants");
    assert!(demo.media.len() >= 150, "{} pictures", demo.media.len());
    assert_eq!(demo.products, again.products);
    assert_eq!(demo.stock, again.stock);
}

#[test]
fn handles_skus_and_ids_are_unique() {
    let demo = demo();
    let mut seen = HashSet::new();
    for (handle, content) in &demo.products {
        assert!(seen.insert(handle.clone()), "{handle}");
        assert!(handle.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{handle}");
        for variant in &content.variants {
            assert!(seen.insert(variant.sku.to_string()), "{}", variant.sku);
            assert!(seen.insert(variant.id.to_string()), "{}", variant.sku);
        }
    }
    assert_eq!(demo.stock.len(), demo.products.iter().map(|(_, content)| content.variants.len()).sum::<usize>());
}

#[test]
fn every_variant_has_sane_prices_in_three_currencies() {
    for (handle, content) in &demo().products {
        for variant in &content.variants {
            let currencies: HashSet<_> = variant.prices.iter().map(|price| price.price.currency).collect();
            assert_eq!(currencies, HashSet::from([Currency::EUR, Currency::USD, Currency::GBP]), "{handle}");
            for price in &variant.prices {
                let amount = price.price.amount_minor;
                assert!((300..50_000).contains(&amount), "{handle}: {amount}");
                assert!(price.compare_at.is_none_or(|before| before.amount_minor > amount), "{handle}: {price:?}");
                assert!(amount % 10 == 0 || amount % 10 == 5 || amount % 10 == 9, "{handle}: {amount}");
            }
            let on_sale = variant.prices.iter().filter(|price| price.compare_at.is_some()).count();
            assert_eq!(on_sale > 0, content.collections.iter().any(|c| c == "sale"), "{handle}");
            assert!(on_sale == 0 || on_sale == 3, "{handle}: reduced in every currency or in none");
        }
    }
}

#[test]
fn options_and_variants_agree() {
    for (handle, content) in &demo().products {
        let expected: usize = content.options.iter().map(|option| option.values.len()).product();
        assert_eq!(content.variants.len(), expected, "{handle}");
        let mut seen = HashSet::new();
        for variant in &content.variants {
            assert_eq!(variant.options.len(), content.options.len(), "{handle}");
            for (value, option) in variant.options.iter().zip(&content.options) {
                assert!(option.values.contains(value), "{handle}: {value}");
            }
            assert!(seen.insert(variant.options.clone()), "{handle}: {:?} twice", variant.options);
        }
    }
}

fn fits(value: &AttributeValue, definition: &AttributeDefinition) -> bool {
    match (&definition.kind, value) {
        (AttributeKind::Flag, AttributeValue::Flag(_)) | (AttributeKind::Text, AttributeValue::Text(_)) => true,
        (AttributeKind::Integer { .. }, AttributeValue::Integer(number)) => *number > 0,
        (AttributeKind::Choice { values }, AttributeValue::Text(text)) => values.contains(text),
        (AttributeKind::Choices { values }, AttributeValue::List(list)) => {
            list.iter().all(|text| values.contains(text))
        }
        _ => false,
    }
}

#[test]
fn every_product_stands_where_its_documents_say_and_has_the_attributes_of_its_type() {
    let demo = demo();
    let parents: HashSet<_> = demo.categories.iter().filter_map(|category| category.parent.as_deref()).collect();
    for (handle, content) in &demo.products {
        let product_type = demo.product_types.iter().find(|t| t.handle == content.product_type).expect(handle);
        for (name, value) in &content.attributes {
            let definition = product_type.attributes.iter().find(|d| d.name == *name).expect(name);
            assert!(fits(value, definition), "{handle}: {name} is {value:?}");
        }
        for definition in product_type.attributes.iter().filter(|d| d.required) {
            assert!(content.attributes.contains_key(&definition.name), "{handle}: {}", definition.name);
        }
        let category = content.category.as_deref().expect(handle);
        assert!(demo.categories.iter().any(|c| c.handle == category), "{handle}: {category}");
        assert!(!parents.contains(category), "{handle} stands in a category with others below it");
        for collection in &content.collections {
            assert!(demo.collections.iter().any(|c| c.handle == *collection), "{handle}: {collection}");
        }
    }
    for category in &demo.categories {
        assert!(category.media.is_some(), "{} has no product", category.handle);
    }
    for collection in &demo.collections {
        assert_eq!(collection.media.is_some(), collection.handle != "frontpage", "{}", collection.handle);
    }
}

#[test]
fn texts_are_there_in_both_languages() {
    for (handle, content) in &demo().products {
        for texts in [&content.title, &content.description_html, &content.seo_title, &content.seo_description] {
            for locale in ["en", "de"] {
                let text = texts.0.get(locale).expect(handle);
                assert!(!text.is_empty() && !text.contains("  ") && !text.contains(" </"), "{handle} {locale}: {text}");
            }
            assert_ne!(texts.0["en"], texts.0["de"], "{handle}");
        }
        for text in content.seo_description.0.values() {
            assert!(text.chars().count() <= 156, "{handle}: {text}");
        }
        assert!(content.media.iter().all(|media| media.alt.0.values().all(|alt| alt.len() > 10)), "{handle}");
    }
}

#[test]
fn every_picture_can_be_found_by_its_name_and_is_its_content() {
    let demo = demo();
    let known: HashSet<&str> = demo.media.iter().map(|media| media.source.as_str()).collect();
    assert_eq!(known.len(), demo.media.len());
    for (handle, content) in &demo.products {
        for media in &content.media {
            assert!(known.contains(media.source.as_str()), "{handle}");
        }
        for variant in &content.variants {
            assert!(variant.image.is_some_and(|image| image < content.media.len()), "{handle}");
        }
    }
    for media in &demo.media {
        assert_eq!(crate::media::source_name(media.svg.as_bytes(), "svg"), media.source);
        assert_eq!(artwork(&media.source).as_deref(), Some(media.svg.as_str()));
    }
    assert!(artwork("sha256-00000000000000000000000000000000.svg").is_none());
}

#[test]
fn every_picture_draws_something_in_its_middle() {
    for media in &demo().media {
        let tree = resvg::usvg::Tree::from_str(&media.svg, &resvg::usvg::Options::default()).expect(&media.source);
        assert_eq!((tree.size().width(), tree.size().height()), (1280.0, 1280.0));
        let mut pixels = resvg::tiny_skia::Pixmap::new(64, 64).unwrap();
        let scale = resvg::tiny_skia::Transform::from_scale(0.05, 0.05);
        resvg::render(&tree, scale, &mut pixels.as_mut());
        let colours: HashSet<[u8; 3]> =
            pixels.pixels().iter().map(|p| [p.red() & 0xf0, p.green() & 0xf0, p.blue() & 0xf0]).collect();
        assert!(colours.len() > 12, "{} has {} colours", media.source, colours.len());
        assert!(pixels.pixels().iter().all(|p| p.alpha() == 255), "{} has holes", media.source);
        assert!(!media.svg.contains("NaN") && !media.svg.contains("inf"), "{}", media.source);
    }
}

#[test]
fn stock_is_mostly_there_sometimes_short_and_here_and_there_gone() {
    let demo = demo();
    let all = demo.stock.len();
    let share = |wanted: &dyn Fn(i64) -> bool| demo.stock.iter().filter(|(_, n)| wanted(*n)).count() * 100 / all;
    assert!(demo.stock.iter().all(|(_, n)| (0..=60).contains(n)));
    assert!(share(&|n| n >= 5) >= 80);
    assert!((1..=10).contains(&share(&|n| n == 0)), "{}% sold out", share(&|n| n == 0));
    assert!(share(&|n| (1..=3).contains(&n)) >= 3);
}

#[test]
fn colours_of_one_product_have_different_codes() {
    for row in products::rows() {
        let codes: HashSet<&str> = row.colours.iter().map(|colour| colour.code).collect();
        assert_eq!(codes.len(), row.colours.len(), "{}", row.code);
    }
    assert!(colourways::ALL.iter().all(|c| c.code.len() == 3 && c.code.bytes().all(|b| b.is_ascii_uppercase())));
}
