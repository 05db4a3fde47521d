use proptest::prelude::*;

use kernel::Currency;

use super::*;
use crate::import::draft::Parsed;

const SAMPLE: &[u8] = include_bytes!("../../../tests/data/shopify-export.csv");

fn options() -> ImportOptions {
    ImportOptions { currency: Currency::EUR, locale: "en".to_owned() }
}

fn parse(file: &[u8], options: &ImportOptions) -> Result<Parsed> {
    super::read(&Bytes::copy_from_slice(file), options).map(Parsed::of)
}

fn read(text: &str) -> Parsed {
    parse(text.as_bytes(), &options()).unwrap()
}

/// One product with these extra columns and cells.
fn one(columns: &str, cells: &str) -> Parsed {
    let header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price";
    read(&format!("{header},{columns}\nshoe,Shoe,Size,40,S-40,10.00,{cells}\n"))
}

#[test]
fn a_real_export_is_read_whole() {
    let parsed = parse(SAMPLE, &options()).unwrap();
    assert_eq!((parsed.rows, parsed.drafts.len(), parsed.failed), (47, 10, 1));
    assert_eq!(parsed.ignored_columns, ["Sole (product.metafields.custom.sole)"]);

    let runner = &parsed.drafts[0];
    assert_eq!(
        (runner.type_name.as_str(), runner.category_path.join(">")),
        ("Running shoe", "Athletic Shoes".to_owned())
    );
    let content = &runner.content;
    assert_eq!(content.tags, ["trail", "waterproof", "vegan"]);
    assert_eq!(content.options[0].values, ["Moss", "Slate"]);
    assert_eq!((content.options.len(), content.variants.len(), content.media.len()), (2, 6, 3));
    let slate = &content.variants[4];
    assert_eq!((slate.sku.as_str(), slate.options.join("/"), slate.weight_g), ("FJORD-SLA-41", "Slate/41".into(), 285));
    assert_eq!(slate.image, Some(1));
    assert_eq!(slate.barcode.as_deref(), Some("4000000000004"));
    let usd = Price { price: Money::new(13_900, Currency::USD), compare_at: Some(Money::new(15_900, Currency::USD)) };
    assert_eq!(content.variants[0].prices[1], usd);
    assert_eq!(slate.prices[0], Price { price: Money::new(12_900, Currency::EUR), compare_at: None });
    assert_eq!(runner.stock.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [4, 0, 11, 2, 7, 0]);

    let loafer = &parsed.drafts[1].content;
    assert_eq!(loafer.title.get("en"), "Café Loafer – “Élan”");
    assert_eq!(loafer.variants[0].prices[0].price, Money::new(18_950, Currency::EUR));
    let note = &parsed.drafts[3];
    assert_eq!((note.content.options.len(), note.content.variants[0].options.len()), (0, 0));
    let variant = &note.content.variants[0];
    assert_eq!(
        (variant.sku.as_str(), variant.tax_class.as_str(), variant.requires_shipping),
        ("gift-note", "exempt", false)
    );
    let boot = &parsed.drafts[4].content;
    assert_eq!((boot.options.len(), boot.variants.len(), boot.media.len()), (3, 12, 4));
    assert!(boot.variants.iter().all(|v| v.prices[0].compare_at.is_none()), "the same price is no reduction");
    let statuses: Vec<_> = [6, 7].map(|i: usize| parsed.drafts[i].content.status).to_vec();
    assert_eq!(statuses, [ProductStatus::Draft, ProductStatus::Archived]);
    assert_eq!(parsed.drafts[5].content.variants[3].sku.as_str(), "court-classic-39");
}

#[test]
fn what_is_wrong_is_told_with_line_and_column() {
    let parsed = parse(SAMPLE, &options()).unwrap();
    let [error] = parsed.errors.as_slice() else { panic!("{:?}", parsed.errors) };
    assert_eq!((error.line, error.handle.as_str(), error.column.as_str()), (50, "bad-price-clog", "Variant Price"));

    for (columns, cells, column) in [
        ("Variant Compare At Price", "9.00", "Variant Compare At Price"),
        ("Variant Grams", "heavy", "Variant Grams"),
        ("Variant Inventory Qty", "1e3", "Variant Inventory Qty"),
        ("Image Src", "http://example.org/a.jpg", "Image Src"),
        ("Status", "sold", "Status"),
        ("Price / USD", "9.999", "Price / USD"),
        ("Option2 Name,Option2 Value", "Width,\nshoe,,,41,S-41,10.00,,Wide", "Option2 Value"),
        ("Vendor", "a,b,c", ""),
    ] {
        let parsed = one(columns, cells);
        assert_eq!((parsed.drafts.len(), parsed.failed), (0, 1), "{columns}: {cells}");
        assert_eq!(parsed.errors[0].column, column, "{:?}", parsed.errors);
        assert_eq!((parsed.errors[0].line, parsed.errors[0].handle.as_str()), (2, "shoe"));
    }
}

#[test]
fn a_bad_row_leaves_the_other_products_alone() {
    let mut file = b"Handle,Title,Variant Price\nlatin,Caf\xe9,1.00\nfine,Fine,2.00\n".to_vec();
    file.extend(b",No handle,3.00\n,,\nuntitled,,4.00\nfree,Free,\n");
    let parsed = parse(&file, &options()).unwrap();
    assert_eq!(parsed.drafts.iter().map(|d| d.handle.as_str()).collect::<Vec<_>>(), ["fine", "free"]);
    let found: Vec<_> = parsed.errors.iter().map(|e| (e.line, e.column.as_str())).collect();
    assert_eq!(found, [(4, "Handle"), (2, "Title"), (6, "Title")]);
    assert_eq!((parsed.rows, parsed.failed), (5, 2));
    assert!(parsed.drafts[1].content.variants.is_empty());
}

#[test]
fn columns_stand_in_any_order_and_lines_end_in_any_way() {
    let unix = "Title,Variant Price,Handle,Body (HTML)\nShoe,5,shoe,\"a \"\"b\"\"\nc\"\n,,other,\n";
    let mac = format!("\u{feff}{}", unix.replace('\n', "\r\n"));
    let (unix, windows) = (read(unix), read(&mac));
    assert_eq!(unix.drafts[0].content.variants, windows.drafts[0].content.variants);
    assert_eq!(unix.drafts[0].content.description_html.get("en"), "a \"b\"\nc");
    assert_eq!((unix.errors[0].line, windows.errors[0].line), (4, 4), "a quoted line break counts as a line");
}

#[test]
fn an_open_quotation_mark_is_noticed() {
    let head = "Handle,Title,Vendor,Unknown\nfirst,First,V,\n";
    for open in ["shoe,\"Shoe,V,", "shoe,Shoe,\"V,", "shoe,Shoe,V,\"x"] {
        for rest in ["", "\n", "\nnext,Next,V,\n"] {
            let parsed = read(&format!("{head}{open}{rest}"));
            assert_eq!((parsed.rows, parsed.drafts.len(), parsed.failed), (2, 1, 1), "{open}{rest}");
            assert_eq!(parsed.errors[0].line, 3);
            assert!(parsed.errors[0].message.contains("never closed"), "{:?}", parsed.errors);
        }
    }
    for fine in ["", "shoe,Shoe,\"V\",", "shoe,Shoe 5\",V,\n"] {
        assert_eq!(read(&format!("{head}{fine}")).errors, []);
    }
}

#[test]
fn what_is_no_export_is_refused() {
    for file in ["", "\n", "Name,Price\na,1\n", "{\"a\": 1}", "\u{feff}"] {
        assert_eq!(parse(file.as_bytes(), &options()).unwrap_err().code, "not_a_product_export", "{file:?}");
    }
}

#[test]
fn derived_skus_are_steady_and_distinct() {
    let sku = |values: &[&str]| derived_sku("shoe", &values.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(sku(&["Rot", "42 ½"]), "shoe-rot-42");
    assert_ne!(sku(&["赤"]), sku(&["青"]));
    assert_eq!(sku(&["赤"]), sku(&["赤"]));
    let long = derived_sku(&"x".repeat(90), &["Red".to_owned()]);
    assert!(Sku::new(&long).is_ok());
    assert_ne!(long, derived_sku(&"x".repeat(90), &["Blue".to_owned()]));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = parse(&bytes, &options());
    }

    #[test]
    fn a_damaged_export_is_survived(at in 0..SAMPLE.len(), damage in prop::collection::vec(any::<u8>(), 0..40), cut in 0_usize..200) {
        let mut file = SAMPLE[..at].to_vec();
        file.extend(&damage);
        file.extend(&SAMPLE[(at + cut).min(SAMPLE.len())..]);
        if let Ok(parsed) = parse(&file, &options()) {
            prop_assert!(parsed.drafts.len() as u64 + parsed.failed <= parsed.rows);
        }
    }

    #[test]
    fn any_cells_are_survived(cells in prop::collection::vec("[ -~äß靴\n\"']{0,12}", 47)) {
        let header = SAMPLE[3..].split(|b| *b == b'\r').next().unwrap();
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(header.to_vec());
        writer.write_record([""; 1]).unwrap();
        writer.write_record(&cells).unwrap();
        writer.write_record(&cells).unwrap();
        let parsed = parse(&writer.into_inner().unwrap(), &options()).unwrap();
        for draft in &parsed.drafts {
            prop_assert_eq!(draft.variant_lines.len(), draft.content.variants.len());
            prop_assert_eq!(draft.media_lines.len(), draft.content.media.len());
        }
    }
}
