use kernel::Currency;
use proptest::prelude::*;

use super::*;
use crate::import::draft::Parsed;

const SAMPLE: &[u8] = include_bytes!("../../../tests/data/woocommerce-export.csv");
/// 22 November 2026.
const NOW: Timestamp = Timestamp::from_millis(1_795_305_600_000);

fn parse(file: &[u8]) -> Result<Parsed> {
    let options = ImportOptions { currency: Currency::EUR, locale: "en".to_owned() };
    read(&Bytes::copy_from_slice(file), &options, NOW).map(Parsed::of)
}

fn euros(amount_minor: i64) -> Money {
    Money::new(amount_minor, Currency::EUR)
}

#[test]
fn a_variable_product_has_its_variations_wherever_they_stand() {
    let parsed = parse(SAMPLE).unwrap();
    assert_eq!((parsed.rows, parsed.drafts.len(), parsed.failed), (11, 5, 3), "{:?}", parsed.errors);
    assert_eq!(parsed.ignored_columns, ["Meta: _gtin_note"]);
    let tee = &parsed.drafts[0];
    assert_eq!((tee.handle.as_str(), tee.line), ("harbour-tee", 3));
    let content = &tee.content;
    assert_eq!(
        (content.vendor.as_str(), content.tags.clone()),
        ("Porto Works", vec!["cotton".into(), "summer, light".into()])
    );
    assert_eq!(content.description_html.get("en").lines().count(), 2);
    assert_eq!(content.seo_description.get("en"), "A tee for harbours");
    assert_eq!(
        (tee.category_path.join(">"), tee.collection_names.clone()),
        ("Clothing>Tees".into(), vec!["Sale".into()])
    );
    let axes: Vec<_> = content.options.iter().map(|option| (option.name.as_str(), option.values.join(","))).collect();
    assert_eq!(axes, [("Colour", "Blue,Red".to_owned()), ("Size", "S,M,L,XL".to_owned())]);
    let variants: Vec<_> = content.variants.iter().map(|v| (v.sku.as_str(), v.options.join("/"), v.weight_g)).collect();
    // Blue in any size is one for each; the one that has a variation of its own keeps that.
    let expected = [
        ("TEE-RED", "Red/S", 180),
        ("TEE-BLUE-XL", "Blue/XL", 250),
        ("TEE-BLUE-blue-s", "Blue/S", 180),
        ("TEE-BLUE-blue-m", "Blue/M", 180),
        ("TEE-BLUE-blue-l", "Blue/L", 180),
    ];
    assert_eq!(variants, expected.map(|(sku, values, grams)| (sku, values.to_owned(), grams)));
    let red = &content.variants[0];
    assert_eq!(red.prices, [Price { price: euros(1_850), compare_at: Some(euros(2_400)) }]);
    assert_eq!(
        (red.tax_class.as_str(), red.barcode.as_deref(), red.image),
        ("reduced", Some("4012345678901"), Some(2))
    );
    assert_eq!(content.variants[1].prices[0].price, euros(2_650));
    let stock: Vec<_> = tee.stock.iter().map(|(sku, units)| (sku.as_str(), *units)).collect();
    assert_eq!(stock, [("TEE-RED", 7)], "units for any size cannot be told apart");
}

#[test]
fn simple_products_and_what_has_no_place() {
    let parsed = parse(SAMPLE).unwrap();
    let [_, cap, wool, album, formula] = parsed.drafts.as_slice() else { panic!("{:?}", parsed.drafts) };
    assert_eq!((cap.handle.as_str(), wool.handle.as_str()), ("cap", "cap-61"));
    assert_eq!(wool.content.variants[0].sku.as_str(), "cap-61");
    assert_eq!(cap.content.variants[0].prices, [Price { price: euros(1_800), compare_at: None }], "the sale is over");
    assert_eq!((cap.content.status, &cap.stock[0].1), (ProductStatus::Draft, &0));
    assert_eq!(
        (cap.category_path.join(">"), wool.category_path.join(">")),
        ("Clothing>Hats".into(), "Kids>Hats".into())
    );
    let variant = &album.content.variants[0];
    assert_eq!((variant.requires_shipping, variant.tax_class.as_str()), (false, "exempt"));
    assert_eq!((formula.content.title.get("en"), formula.content.variants[0].sku.as_str()), ("=1+1", "=HYPER"));
    let told: Vec<_> = parsed.errors.iter().map(|e| (e.line, e.handle.as_str(), e.column.as_str())).collect();
    assert_eq!(told, [(11, "NOBODY", "Parent"), (9, "a-set", "Type"), (10, "bad-price", "Regular price")]);
}

#[test]
fn what_is_no_export_is_refused() {
    for file in ["", "Name,Price\na,1\n", "Handle,Title\na,b\n"] {
        assert_eq!(parse(file.as_bytes()).unwrap_err().code, "not_a_product_export", "{file:?}");
    }
}

proptest! {
    #[test]
    fn a_damaged_export_is_survived(at in 0..SAMPLE.len(), damage in prop::collection::vec(any::<u8>(), 0..40), cut in 0_usize..200) {
        let mut file = SAMPLE[..at].to_vec();
        file.extend(&damage);
        file.extend(&SAMPLE[(at + cut).min(SAMPLE.len())..]);
        if let Ok(parsed) = parse(&file) {
            prop_assert!(parsed.drafts.len() as u64 + parsed.failed <= parsed.rows);
        }
    }
}
