//! Data in and out, as a merchant at a terminal does it: import with a look before, export, undo, and an order's story.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Shop, argosy, text};

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn parsed(output: &Output) -> Value {
    serde_json::from_str(&succeeded(output)).unwrap()
}

fn export(data: &Path, format: &str) -> String {
    succeeded(&argosy(data, &["export", "products", "--format", format]))
}

#[test]
fn an_export_fills_an_empty_shop_and_comes_out_the_same() {
    let shop = Shop::start("--demo");
    let work = tempfile::tempdir().unwrap();
    let (file, name) = (work.path().join("catalog.json"), work.path().join("other"));
    succeeded(&shop.run(&["export", "products", "--to", file.to_str().unwrap()]));
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written, export(shop.data.path(), "json"));
    assert!(argosy(&name, &["api-key", "list"]).status.success());
    let report = parsed(&argosy(&name, &["import", file.to_str().unwrap(), "--json"]));
    assert_eq!((&report["errors"], &report["products"]["failed"]), (&json!([]), &json!(0)));
    let again = export(&name, "json");
    let differs = written.lines().zip(again.lines()).find(|(a, b)| a != b);
    assert_eq!((differs, written.len()), (None, again.len()));
    assert!(argosy(&name, &["doctor"]).status.success());

    let csv = export(shop.data.path(), "shopify");
    assert!(csv.lines().count() > 300 && csv.starts_with("Handle,Title,Body (HTML),Vendor"), "{}", &csv[..200]);
}

#[test]
fn prices_are_looked_at_before_they_fall_and_taken_back_after() {
    let shop = Shop::start("--empty");
    let work = tempfile::tempdir().unwrap();
    let file = |name: &str, price: &str, quantity: u32| {
        let rows: String = (0..12)
            .map(|n| format!("mug-{n},Mug {n},true,Title,Default Title,MUG-{n},{quantity},{price},active\n"))
            .collect();
        let header = "Handle,Title,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Status\n";
        let path = work.path().join(name);
        std::fs::write(&path, format!("{header}{rows}")).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (dear, cheap) = (file("dear.csv", "20.00", 9), file("cheap.csv", "9.99", 4));
    let first = parsed(&shop.run(&["import", &dear, "--json"]));
    assert_eq!((&first["products"]["created"], &first["stock_changes"]), (&json!(12), &json!(12)));
    let before = export(shop.data.path(), "json");

    let dry = succeeded(&shop.run(&["import", &cheap, "--dry-run"]));
    assert!(dry.contains("Nothing was changed") && dry.contains("12 prices drop by more than half."), "{dry}");
    assert_eq!(export(shop.data.path(), "json"), before);
    let wet = parsed(&shop.run(&["import", &cheap, "--json"]));
    let change = wet["change"].as_i64().unwrap().to_string();
    let price = |handle: &str| {
        let product: Value = serde_json::from_str(&shop.get(&format!("/api/v1/products/{handle}"), "").2).unwrap();
        product["price_min"]["amount_minor"].clone()
    };
    assert_eq!(price("mug-3"), 999);
    let listed = succeeded(&shop.run(&["undo"]));
    assert!(listed.contains(&format!("{change}  ")) && listed.contains("import of 12 products"), "{listed}");
    let undone = parsed(&shop.run(&["undo", &change, "--json"]));
    assert_eq!(
        (&undone["restored"], &undone["stock"], &undone["kept"]),
        (&json!(12), &json!(12), &json!([])),
        "{undone}"
    );
    assert_eq!(price("mug-3"), 2000);
    assert_eq!(export(shop.data.path(), "json"), before, "prices and units are as before");
    assert!(!shop.run(&["undo", &change]).status.success(), "once is enough");

    let (table, counted) = (work.path().join("stock.csv"), "SKU,Location,On hand\nMUG-3,main,2\nMUG-4,shelf,5\n");
    std::fs::write(&table, counted).unwrap();
    let table = table.to_str().unwrap();
    let dry = parsed(&shop.run(&["import", table, "--format", "stock", "--dry-run", "--json"]));
    assert_eq!((&dry["stock_changes"], &dry["change"]), (&json!(2), &Value::Null), "{dry}");
    let stock = || succeeded(&shop.run(&["export", "stock"]));
    let before = stock();
    let wet = parsed(&shop.run(&["import", table, "--format", "stock", "--json"]));
    assert!(stock().contains("MUG-3,main,2\nMUG-4,main,9\nMUG-4,shelf,5\n"), "{}", stock());
    succeeded(&shop.run(&["undo", &wet["change"].to_string()]));
    assert_eq!(stock(), before.replace("MUG-4,main,9\n", "MUG-4,main,9\nMUG-4,shelf,0\n"));
    assert!(shop.run(&["doctor"]).status.success());
}

#[test]
fn a_woocommerce_shop_moves_in_and_a_table_comes_back() {
    let shop = Shop::start("--empty");
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../services/catalog/tests/data/woocommerce-export.csv");
    let dry = shop.run(&["import", sample, "--dry-run", "--json"]);
    let report: Value = serde_json::from_str(&text(&dry.stdout)).unwrap();
    assert_eq!((&report["products"]["created"], &report["products"]["failed"]), (&json!(5), &json!(3)), "{report}");
    let wet = shop.run(&["import", sample, "--json"]);
    assert!(!wet.status.success(), "rows were left out");
    let wet: Value = serde_json::from_str(&text(&wet.stdout)).unwrap();
    let lines: Vec<_> = wet["errors"].as_array().unwrap().iter().map(|error| error["line"].clone()).collect();
    assert_eq!(lines, [9, 10, 11].map(|line| json!(line)));
    let (_, _, tee) = shop.get("/api/v1/products/harbour-tee", "");
    assert_eq!(serde_json::from_str::<Value>(&tee).unwrap()["category"], "tees");
    let again: Value = serde_json::from_str(&text(&shop.run(&["import", sample, "--json"]).stdout)).unwrap();
    assert_eq!((&again["products"]["unchanged"], &again["change"]), (&json!(5), &Value::Null), "{again}");

    // The shop's own table: a price is changed in a spreadsheet, and nothing else.
    let work = tempfile::tempdir().unwrap();
    let table = export(shop.data.path(), "csv");
    assert!(table.starts_with("handle,status,product_type,") && table.contains("'=HYPER"), "{table}");
    let before = export(shop.data.path(), "json");
    let path = work.path().join("table.csv");
    std::fs::write(&path, &table).unwrap();
    let same = parsed(&shop.run(&["import", path.to_str().unwrap(), "--json"]));
    assert_eq!((&same["products"]["unchanged"], &same["stock_changes"]), (&json!(5), &json!(0)), "{same}");
    std::fs::write(&path, "handle,sku,price:EUR\ncap-61,cap-61,9.00\n").unwrap();
    let cheap = parsed(&shop.run(&["import", path.to_str().unwrap(), "--json"]));
    assert_eq!((&cheap["effects"]["prices_halved"], &cheap["products"]["updated"]), (&json!(1), &json!(1)), "{cheap}");
    succeeded(&shop.run(&["undo", &cheap["change"].to_string()]));
    assert_eq!(export(shop.data.path(), "json"), before);
    // What was edited since stays, and is named; categories and collections that were made stay as well.
    let undone = shop.run(&["undo", &wet["change"].to_string(), "--json"]);
    let undone: Value = serde_json::from_str(&text(&undone.stdout)).unwrap();
    assert_eq!((&undone["deleted"], &undone["kept"]), (&json!(4), &json!(["cap-61"])), "{undone}");
    assert_eq!(export(shop.data.path(), "csv").lines().count(), 2);
    assert!(shop.run(&["doctor"]).status.success());
}

#[test]
fn customers_move_in_and_out() {
    let shop = Shop::start("--empty");
    let work = tempfile::tempdir().unwrap();
    let (file, out) = (work.path().join("shopify.csv"), work.path().join("customers.csv"));
    let table = "First Name,Last Name,Email,Default Address Address1,Default Address City,Default Address Country Code,Default Address Zip\n\
        Ann,=1+1,ann@mail.test,1 Quay Street,Ulm,DE,'89073\nBob,,bob@mail.test,,,,\n,,nobody,,,,\n";
    std::fs::write(&file, table).unwrap();
    let (file, out) = (file.to_str().unwrap(), out.to_str().unwrap());
    let dry = text(&shop.run(&["import", file, "--dry-run"]).stdout);
    assert!(
        dry.contains("Nothing was changed") && dry.contains("2 customers created") && dry.contains("line 4, email"),
        "{dry}"
    );
    let wet: Value = serde_json::from_str(&text(&shop.run(&["import", file, "--json"]).stdout)).unwrap();
    assert_eq!((&wet["created"], &wet["failed"]), (&json!(2), &json!(1)), "{wet}");
    succeeded(&shop.run(&["export", "customers", "--format", "csv", "--to", out]));
    let written = std::fs::read_to_string(out).unwrap();
    assert!(written.contains("ann@mail.test,Ann =1+1,") && written.lines().count() == 3, "{written}");
    let known = parsed(&shop.run(&["import", out, "--json"]));
    assert_eq!((&known["known"], &known["created"]), (&json!(2), &json!(0)));

    let other = Shop::start("--empty");
    succeeded(&other.run(&["import", out]));
    assert_eq!(succeeded(&other.run(&["export", "customers", "--format", "csv"])), written, "the same bytes");
    let json = succeeded(&other.run(&["export", "customers"]));
    assert!(json.starts_with("{\"format\":\"argosy-customers-1\"") && !json.contains("password"), "{json}");
    let listed = succeeded(&shop.run(&["undo"]));
    assert!(listed.starts_with("customers-1  ") && listed.contains("import of 2 customers"), "{listed}");
    assert!(listed.contains("by the key commands on this machine") && !listed.contains("key:"), "{listed}");
    let undone = succeeded(&shop.run(&["undo", "customers-1"]));
    assert!(undone.starts_with("2 customers are gone again"), "{undone}");
    assert_eq!(succeeded(&shop.run(&["export", "customers", "--format", "csv"])).lines().count(), 1);
    assert!(!shop.run(&["undo", "customers-1"]).status.success() && !shop.run(&["undo", "nonsense"]).status.success());
}

/// Two orders of a Shopify shop; the second has a cell that a spreadsheet would run.
pub(crate) const PAST: &str = "Name,Email,Financial Status,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Created at,\
Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Shipping Name,Shipping Address1,Shipping City,Shipping Zip,\
Shipping Country,Id
#1002,ann@mail.test,paid,fulfilled,EUR,30.00,5.00,0.00,35.00,2024-01-03 10:00:00 +0100,1,Mug,10.00,MUG,Ann,1 Quay,Ulm,'89073,DE,52
#1002,ann@mail.test,,,,,,,,2024-01-03 10:00:00 +0100,2,=HYPERLINK(1),10.00,CUP,,,,,,
#1001,bob@mail.test,paid,fulfilled,EUR,10.00,0.00,0.00,11.00,2024-01-02 10:00:00 +0100,1,Mug,10.00,MUG,Bob,2 Pier,Ulm,'89073,DE,51
#1000,bob@mail.test,paid,fulfilled,XXX,10.00,0.00,0.00,10.00,2024-01-01 10:00:00 +0100,1,Mug,10.00,MUG,Bob,2 Pier,Ulm,'89073,DE,50
";

#[test]
fn past_orders_move_in_and_out() {
    let shop = Shop::start("--demo");
    let files = tempfile::tempdir().unwrap();
    let at = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let (file, out) = (at("old.csv"), at("orders.csv"));
    std::fs::write(&file, PAST).unwrap();
    let stock = || shop.get("/api/v1/products?limit=100", "").2;
    let before = stock();
    let dry = shop.run(&["import", &file, "--dry-run"]);
    let told = text(&dry.stdout);
    assert!(
        !dry.status.success() && told.contains("Nothing was changed") && told.contains("2 past orders created"),
        "{told}"
    );
    assert!(told.contains("line 5, order 1000, Currency") && told.contains("1 sums do not add up"), "{told}");
    assert!(!told.contains("mail.test") && !told.contains("Pier"), "{told}");
    let wet: Value = serde_json::from_str(&text(&shop.run(&["import", &file, "--json"]).stdout)).unwrap();
    assert_eq!((&wet["created"], &wet["failed"], &wet["doubtful"]), (&json!(2), &json!(1), &json!(1)), "{wet}");

    succeeded(&shop.run(&["export", "orders", "--format", "csv", "--to", &out]));
    let written = std::fs::read_to_string(&out).unwrap();
    assert!(written.contains(",'=HYPERLINK(1),") && written.lines().count() == 4, "{written}");
    let again = parsed(&shop.run(&["import", &out, "--json"]));
    assert_eq!(
        (&again["unchanged"], &again["created"], &again["updated"]),
        (&json!(2), &json!(0), &json!(0)),
        "{again}"
    );
    let other = Shop::start("--empty");
    succeeded(&other.run(&["import", &out]));
    for format in ["csv", "json"] {
        let export = ["export", "orders", "--format", format];
        assert_eq!(succeeded(&other.run(&export)), succeeded(&shop.run(&export)), "the same bytes");
    }
    assert_eq!(
        succeeded(&shop.run(&["export", "orders", "--format", "csv", "--until", "2024-01-03"])).lines().count(),
        2
    );
    assert!(!succeeded(&shop.run(&["export", "orders", "--without-names"])).contains("Quay"));

    // History only: no stock moved, no order of the shop's own, no mail, and the books are in order.
    assert_eq!(stock(), before);
    succeeded(&shop.run(&["doctor"]));
    assert!(!shop.run(&["order", "explain", "1001"]).status.success());
    let mails = std::fs::read_dir(shop.data.path().join("mail")).map(Iterator::count).unwrap_or_default();
    assert_eq!(mails, 0, "nobody is written to");

    let listed = succeeded(&shop.run(&["undo"]));
    assert!(listed.starts_with("orders-1  ") && listed.contains("import of 2 past orders"), "{listed}");
    let undone = succeeded(&shop.run(&["undo", "orders-1"]));
    assert!(undone.starts_with("2 past orders are gone again"), "{undone}");
    assert_eq!(succeeded(&shop.run(&["export", "orders", "--format", "csv"])).lines().count(), 1);
    assert!(!shop.run(&["undo", "orders-1"]).status.success());
}

#[test]
fn an_order_tells_its_story() {
    let shop = Shop::start("--demo");
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let list = parse(&shop.get("/api/v1/products?limit=1", "").2);
    let product = parse(&shop.get(&format!("/api/v1/products/{}", list["items"][0]["handle"].as_str().unwrap()), "").2);
    let variants = product["variants"].as_array().unwrap();
    let sku = variants.iter().find(|variant| variant["available"] == true).unwrap()["sku"].as_str().unwrap();
    let (_, _, cart) = shop.post("/api/v1/carts", "", &json!({ "lines": [{ "sku": sku, "quantity": 2 }] }).to_string());
    let address =
        json!({ "name": "Ann Field", "line1": "Weg 1", "city": "Ulm", "postal_code": "89073", "country": "DE" });
    let body = json!({
        "cart_id": cart["id"], "cart_version": cart["version"], "email": "ann@example.org", "shipping_address": address,
        "shipping_option": "standard", "payment": { "provider": "test", "token": "tok_approve" },
    });
    let headers = format!("Cart-Secret: {}\r\nIdempotency-Key: one\r\n", cart["secret"].as_str().unwrap());
    let (status, _, placed) = shop.post("/api/v1/orders", &headers, &body.to_string());
    assert_eq!(status, 201, "{placed}");
    let number = placed["number"].as_str().unwrap();

    // Mails follow the events in the background.
    let mut story = Value::Null;
    for _ in 0..200 {
        story = parsed(&shop.run(&["order", "explain", number, "--json"]));
        let told = |source: &str| story["entries"].as_array().unwrap().iter().any(|entry| entry["source"] == source);
        if ["event", "stock", "provider", "mail", "parcel"].into_iter().all(told) {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let what = |source: &str| -> Vec<&str> {
        let entries = story["entries"].as_array().unwrap().iter().filter(|entry| entry["source"] == source);
        entries.map(|entry| entry["what"].as_str().unwrap()).collect()
    };
    assert!(what("event").contains(&"order.placed"), "{story:#}");
    assert!(what("provider").contains(&"authorise") && what("provider").contains(&"capture"), "{story:#}");
    assert!(what("stock").iter().any(|what| what.starts_with(&format!("commit {sku}"))), "{story:#}");
    assert!(what("mail").iter().any(|what| what.starts_with("order_confirmation")), "{story:#}");
    let times: Vec<&str> =
        story["entries"].as_array().unwrap().iter().map(|entry| entry["at"].as_str().unwrap()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let told = succeeded(&shop.run(&["order", "explain", number]));
    assert!(told.starts_with(&format!("Order {number} (")) && told.contains("authorise"), "{told}");
    for personal in ["Ann", "ann@example.org", "Weg 1", "tok_approve"] {
        assert!(!told.contains(personal), "{personal} in\n{told}");
    }
    assert!(!shop.run(&["order", "explain", "999999"]).status.success());

    // What an accountant gets, with and without names, and of which days.
    let orders = |more: &[&str]| succeeded(&shop.run(&[&["export", "orders", "--format"], more].concat()));
    let table = orders(&["csv"]);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let row = reader.records().next().unwrap().unwrap();
    let cell = |name: &str| &row[headers.iter().position(|header| header == name).unwrap()];
    assert_eq!((cell("Number"), cell("SKU"), cell("Quantity")), (number, sku, "2"));
    assert_eq!((cell("Email"), cell("Shipping city"), cell("Total")), ("ann@example.org", "Ulm", cell("Captured")));
    assert!(!orders(&["csv", "--without-names"]).contains("Ulm"));
    assert_eq!(orders(&["csv", "--until", "2020-01-01"]).lines().count(), 1);
    assert_eq!(orders(&["csv", "--since", "2999-01-01T00:00:00Z"]).lines().count(), 1);
    let document = parse(&orders(&["json", "--since", "2020-01-01"]));
    assert_eq!((&document["format"], &document["orders"][0]["number"]), (&json!("argosy-orders-2"), &json!(number)));
    assert!(!shop.run(&["export", "orders", "--format", "csv", "--since", "soon"]).status.success());

    // The same file is nothing new here, and history elsewhere, where the same comes out again.
    let files = tempfile::tempdir().unwrap();
    for format in ["csv", "json"] {
        let file = files.path().join(format!("orders.{format}"));
        let (file, written) = (file.to_str().unwrap(), orders(&[format]));
        std::fs::write(file, &written).unwrap();
        let again = parsed(&shop.run(&["import", file, "--json"]));
        assert_eq!((&again["own"], &again["created"]), (&json!(1), &json!(0)), "{again}");
        assert_eq!(orders(&[format]), written);
        let other = Shop::start("--empty");
        let taken = parsed(&other.run(&["import", file, "--json"]));
        assert_eq!((&taken["created"], &taken["warnings"]), (&json!(1), &json!([])), "{taken}");
        assert_eq!(succeeded(&other.run(&["export", "orders", "--format", format])), written, "the same bytes");
        succeeded(&other.run(&["doctor"]));
    }
}
