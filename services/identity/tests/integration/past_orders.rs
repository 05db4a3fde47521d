//! Past orders as merchants bring them along, and as the people they were for see them.

use contracts::archive::{OrderRecord, PastOrderView};
use contracts::identity::Scope;
use contracts::ledger::OrderView;
use identity::order_file::{OrderFormat, ending, heading, written};
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, Shop};

const ANN: &str = "ann@mail.test";
const BOB: &str = "bob@mail.test";
const IMPORT: &str = "/admin/imports/orders";

const SHOPIFY: &str = "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Address1,Billing City,Billing Zip,Billing Country,Shipping Name,Shipping Address1,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,Cancelled at,Refunded Amount,Outstanding Balance,Id,Tax 1 Name,Tax 1 Value,Risk Level
#1002,ann@mail.test,partially_refunded,2026-01-03 10:00:00 +0100,fulfilled,EUR,90.00,5.00,15.17,95.00,SPRING,10.00,Parcel,2026-01-03 10:00:00 +0100,2,Fjord Runner - Red / 42,40.00,SHOE-1,Ann Archer,1 Quay Street,Ulm,'89073,DE,Ann Archer,1 Quay Street,Archer Ltd,Ulm,'89073,BW,DE,,20.00,0.00,5002,DE MwSt 19%,15.17,Low
#1002,ann@mail.test,,,,,,,,,,,,2026-01-03 10:00:00 +0100,1,Laces,20.00,LACE,,,,,,,,,,,,,,,,,,,
#1001,bob@mail.test,pending,,,USD,10.00,0.00,0.80,10.80,,0.00,,2026-01-02 23:30:00 -0500,1,=cmd|' /C calc'!A0,10.00,,,,,,,Bob,2 Pier,,Boston,02108,MA,US,2026-01-04 08:00:00 -0500,0.00,10.80,5001,,,
";

fn count(report: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "failed"].map(|name| report[name].as_u64().unwrap())
}

/// All past orders as a file, as `argosy export orders` writes them.
async fn exported(key: &Client<'_>, format: OrderFormat) -> String {
    let mut text = heading(format);
    let (mut path, mut first) = ("/admin/past-orders?limit=2".to_owned(), true);
    loop {
        let page = key.get(&path).await.body;
        for item in page["items"].as_array().unwrap() {
            let body = key.get(&format!("/admin/past-orders/{}", item["id"].as_str().unwrap())).await.body;
            let view: PastOrderView = serde_json::from_value(body).unwrap();
            text += &written(format, &view.order, first);
            first = false;
        }
        let Some(next) = page["next_cursor"].as_str() else { return text + ending(format) };
        path = format!("/admin/past-orders?limit=2&cursor={next}");
    }
}

async fn numbers(key: &Client<'_>, query: &str) -> Vec<String> {
    let page = key.get(&format!("/admin/past-orders{query}")).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page.body["items"].as_array().unwrap().iter().map(|item| item["number"].as_str().unwrap().to_owned()).collect()
}

/// Somebody who opened the link in the mail.
async fn verified<'a>(shop: &'a Shop, email: &str) -> Client<'a> {
    let customer = shop.customer(email).await;
    let token = shop.mailed(email).await;
    assert!(shop.guest().post("/email-verifications", json!({"token": token})).await.status < 300);
    customer
}

#[tokio::test]
async fn orders_of_shopify_become_history() {
    let shop = Shop::open();
    let key = shop.key(Scope::Orders).await;
    let dry = key.upload(&format!("{IMPORT}?dry_run=true"), SHOPIFY).await;
    assert_eq!((dry.status, count(&dry.body), &dry.body["import"]), (200, [2, 0, 0, 0], &Value::Null), "{}", dry.body);
    assert!(numbers(&key, "").await.is_empty(), "a dry run changes nothing");
    let done = key.upload(IMPORT, SHOPIFY).await.body;
    assert_eq!((count(&done), &done["rows"], &done["errors"]), ([2, 0, 0, 0], &json!(3), &json!([])), "{done}");
    assert_eq!(done["warnings"], json!([]), "{done}");
    let value = json!([{"amount_minor": 9_500, "currency": "EUR"}, {"amount_minor": 1_080, "currency": "USD"}]);
    assert_eq!((&done["value"], &done["value"]), (&dry.body["value"], &value));
    assert_eq!(done["ignored_columns"], json!(["Paid at", "Risk Level"]));

    let page = key.get("/admin/past-orders?email=ANN@mail.test").await.body;
    let id = page["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!((&page["items"][0]["units"], &page["items"][0]["source"]), (&json!(3), &json!("shopify")));
    let order = key.get(&format!("/admin/past-orders/{id}")).await.body["order"].clone();
    assert_eq!((&order["number"], &order["reference"]), (&json!("1002"), &json!("5002")));
    assert_eq!(order["placed_at"], "2026-01-03T09:00:00.000Z");
    let minor = |pointer: &str| order.pointer(pointer).unwrap()["amount_minor"].as_i64().unwrap();
    assert_eq!((minor("/totals/items"), minor("/totals/discount"), minor("/totals/tax_added")), (10_000, 1_000, 0));
    assert_eq!((minor("/totals/total"), minor("/captured"), minor("/refunded")), (9_500, 9_500, 2_000));
    assert_eq!(
        (&order["taxes"][0]["label"], &order["discounts"][0]["label"]),
        (&json!("DE MwSt 19%"), &json!("SPRING"))
    );
    assert_eq!((&order["lines"][1]["sku"], &order["lines"][1]["line"]), (&json!("LACE"), &json!(2)));
    let to = &order["contact"]["shipping_address"];
    assert_eq!((&to["postal_code"], &to["line2"]), (&json!("89073"), &json!("Archer Ltd")));

    // Tax was added for Bob, who did not pay and cancelled.
    let page = key.get("/admin/past-orders?number=%231001").await.body;
    let order =
        key.get(&format!("/admin/past-orders/{}", page["items"][0]["id"].as_str().unwrap())).await.body["order"]
            .clone();
    assert_eq!(
        (&order["totals"]["tax_added"]["amount_minor"], &order["captured"]["amount_minor"]),
        (&json!(80), &json!(0))
    );
    assert_eq!((&order["status"], &order["cancelled_at"]), (&json!("cancelled"), &json!("2026-01-04T13:00:00.000Z")));
    assert_eq!(order["lines"][0]["title"], "=cmd|' /C calc'!A0", "a name, whatever it looks like");

    for (query, expected) in [
        ("", vec!["1002", "1001"]),
        ("?number=1001", vec!["1001"]),
        ("?number=100", vec![]),
        ("?email=nobody@mail.test", vec![]),
        ("?since=2026-01-03T09:00:00Z", vec!["1002"]),
        ("?until=2026-01-03T09:00:00Z", vec!["1001"]),
        ("?source=woocommerce", vec![]),
        ("?limit=1", vec!["1002"]),
    ] {
        assert_eq!(numbers(&key, query).await, expected, "{query}");
    }
    for query in ["?since=soon", "?limit=0", "?limit=101", "?cursor=00"] {
        assert_eq!(key.get(&format!("/admin/past-orders{query}")).await.status, 422, "{query}");
    }
    let long = [("number", 100), ("email", 254), ("source", 64)];
    let query = |more: usize| long.map(|(name, max)| format!("{name}={}", "x".repeat(max + more))).join("&");
    assert_eq!(numbers(&key, &format!("?{}", query(0))).await, [""; 0]);
    let refused = key.get(&format!("/admin/past-orders?{}", query(1))).await;
    let pointers: Vec<&Value> = refused.body["errors"].as_array().unwrap().iter().map(|one| &one["pointer"]).collect();
    assert_eq!((refused.status, pointers), (422, vec![&json!("/number"), &json!("/email"), &json!("/source")]));
    for personal in [ANN, "Quay Street", "Ann Archer", "2 Pier", "Boston"] {
        assert!(!shop.keeps(personal), "{personal} is not sealed");
    }
    let reader = shop.key(Scope::ReadOnly).await;
    assert_eq!(reader.get(&format!("/admin/past-orders/{id}")).await.status, 200);
    assert_eq!(reader.upload(IMPORT, SHOPIFY).await.code(), (403, "missing_scope"));
    let stranger = shop.key(Scope::Customers).await;
    assert_eq!(stranger.get("/admin/past-orders").await.status, 403);
    assert_eq!(key.get("/admin/past-orders/00000000-0000-7000-8000-0000000000ff").await.status, 404);
    assert!(shop.mails(ANN).await.is_empty(), "nobody is written to");
}

#[tokio::test]
async fn the_same_file_changes_nothing_and_a_changed_row_its_order() {
    let shop = Shop::open();
    let key = shop.key(Scope::Orders).await;
    let first = key.upload(IMPORT, SHOPIFY).await.body["import"].as_i64().unwrap();
    let again = key.upload(IMPORT, SHOPIFY).await.body;
    assert_eq!((count(&again), &again["import"]), ([0, 0, 2, 0], &Value::Null), "{again}");
    let before = exported(&key, OrderFormat::Json).await;

    let refunded = SHOPIFY.replace(",,20.00,0.00,5002", ",,95.00,0.00,5002").replace("2 Pier", "3 Pier");
    let second = key.upload(IMPORT, &refunded).await.body;
    assert_eq!(count(&second), [0, 2, 0, 0], "{second}");
    let after = exported(&key, OrderFormat::Json).await;
    assert!(after.contains("\"refunded\":{\"amount_minor\":9500") && after.contains("3 Pier"), "{after}");
    assert_eq!(numbers(&key, "?email=bob@mail.test").await, ["1001"], "still the same person");

    // What a later import changed is left when an earlier one is taken back; the later one goes back to the earlier.
    let listed = key.get(IMPORT).await.body;
    assert_eq!((&listed["items"][0]["orders"], &listed["items"][1]["id"]), (&json!(2), &json!(first)));
    let undo = |import: i64| format!("{IMPORT}/{import}/undo");
    let undone = key.post(&undo(second["import"].as_i64().unwrap()), Value::Null).await.body;
    assert_eq!((&undone["restored"], &undone["removed"], &undone["kept"]), (&json!(2), &json!(0), &json!(0)));
    assert_eq!(exported(&key, OrderFormat::Json).await, before);
    let third = key.upload(IMPORT, &SHOPIFY.replace("Laces", "Long laces")).await.body;
    assert_eq!(count(&third), [0, 1, 1, 0]);
    let undone = key.post(&undo(first), Value::Null).await.body;
    assert_eq!((&undone["restored"], &undone["removed"], &undone["kept"]), (&json!(0), &json!(1), &json!(1)));
    assert_eq!(numbers(&key, "").await, ["1002"]);
    assert_eq!(key.post(&undo(first), Value::Null).await.code(), (409, "already_undone"));
    assert_eq!(key.post(&undo(99), Value::Null).await.status, 404);
    assert_eq!(numbers(&key, "?email=bob@mail.test").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_file_without_names_takes_none_away() {
    let shop = Shop::open();
    let key = shop.key(Scope::Orders).await;
    key.upload(IMPORT, SHOPIFY).await;
    let whole = exported(&key, OrderFormat::Json).await;
    let mut document: Value = serde_json::from_str(&whole).unwrap();
    for order in document["orders"].as_array_mut().unwrap() {
        order.as_object_mut().unwrap().remove("contact");
    }
    let report = key.post(IMPORT, document).await.body;
    assert_eq!(count(&report), [0, 0, 2, 0], "{report}");
    assert_eq!(exported(&key, OrderFormat::Json).await, whole);
}

#[tokio::test]
async fn what_is_exported_comes_in_elsewhere_as_it_is() {
    let shop = Shop::open();
    let key = shop.key(Scope::Orders).await;
    key.upload(IMPORT, SHOPIFY).await;
    let hostile = json!({"format": "argosy-orders-2", "orders": [record("7", "=1+1"), record("8", "'+x; y: 1.00")]});
    let report = key.post(IMPORT, hostile).await.body;
    assert_eq!((count(&report), &report["errors"]), ([2, 0, 0, 0], &json!([])), "{report}");
    for format in [OrderFormat::Json, OrderFormat::Csv] {
        let text = exported(&key, format).await;
        if format == OrderFormat::Csv {
            assert!(!text.contains(",=") && !text.contains("\n=") && text.contains("'=1+1"), "{text}");
        }
        let again = key.upload(IMPORT, &text).await.body;
        assert_eq!((count(&again), &again["errors"]), ([0, 0, 4, 0], &json!([])), "{format:?}: {again}");
        let other = Shop::open();
        let there = other.key(Scope::Orders).await;
        let report = there.upload(IMPORT, &text).await.body;
        assert_eq!(count(&report), [4, 0, 0, 0], "{format:?}: {report}");
        assert_eq!(exported(&there, format).await, text, "the same bytes");
        let (here, there) = (exported(&key, OrderFormat::Json).await, exported(&there, OrderFormat::Json).await);
        assert_eq!(here, there, "nothing is lost by {format:?}");
    }
}

/// An order of another Argosy shop in which every text is `text`.
fn record(number: &str, text: &str) -> Value {
    let eur = |minor: i64| json!({"amount_minor": minor, "currency": "EUR"});
    let part = json!([{"label": text, "amount": eur(100)}]);
    let address = json!({"name": text, "line1": text, "line2": text, "city": text, "region": text,
                         "postal_code": text, "country": "DE"});
    let line = |line: u32| {
        json!({"line": line, "sku": text, "title": text, "variant_title": text, "quantity": 2, "unit_price": eur(500),
               "discount": eur(50), "total": eur(950)})
    };
    json!({
        "source": "argosy", "number": number, "reference": format!("00000000-0000-7000-8000-00000000000{number}"),
        "placed_at": "2025-05-06T07:08:09.123Z", "status": text, "payment_status": "paid",
        "fulfilment_status": "shipped", "currency": "EUR",
        "totals": {"items": eur(2_000), "discount": eur(100), "shipping": eur(0), "tax": eur(100), "tax_added": eur(0),
                   "total": eur(1_900), "gift_card": eur(5)},
        "captured": eur(1_895), "refunded": eur(0), "taxes": part, "discounts": part, "refunds": part,
        "shipping_name": text, "tracking": ["=2", "T-2"], "lines": [line(1), line(3)],
        "contact": {"email": "zoe@mail.test", "shipping_address": address, "billing_address": address, "vat_id": text},
    })
}

#[tokio::test]
async fn exports_of_woocommerce_are_read_in_their_spellings() {
    let per_item = "order_id,order_number,date,status,shipping_total,tax_total,discount_total,order_total,refunded_total,order_currency,shipping_method,billing_first_name,billing_last_name,billing_email,billing_address_1,billing_city,billing_postcode,billing_country,item_name,item_sku,item_quantity,item_price,item_subtotal,item_total\n\
        71,1071,2026-02-03 04:05:06,wc-completed,4.90,0.00,2.00,22.90,-5.00,EUR,Parcel,Ann,Archer,ann@mail.test,1 Quay,Ulm,89073,DE,Mug,MUG,3,3.3333,10.00,9.00\n\
        71,1071,2026-02-03 04:05:06,wc-completed,4.90,0.00,2.00,22.90,-5.00,EUR,Parcel,Ann,Archer,ann@mail.test,1 Quay,Ulm,89073,DE,Cup,CUP,1,10.00,10.00,9.00\n";
    let titled = "Order Number,Order Status,Order Date,First Name (Billing),Last Name (Billing),Email (Billing),Address 1&2 (Billing),City (Billing),Postcode (Billing),Country Code (Billing),Order Shipping Amount,Order Total Amount,Order Total Tax Amount,SKU,Item Name,Quantity (- Refund),Item Cost\n\
        88,Processing,2026-02-04 10:00,Bob,Baker,bob@mail.test,2 Pier,Boston,02108,US,\"0\",\"11,90\",\"1,90\",MUG,Mug,2,5\n";
    let packed = "order_id,date,status,order_total,order_currency,shipping_total,tax_total,shipping_tax_total,billing_email,line_items\n\
        90,2026-02-05 10:00:00,refunded,14.28,EUR,2.00,1.90,0.38,ann@mail.test,name:Mug|product_id:4|sku:MUG|quantity:2|subtotal:10.00|total:10.00|refunded:0.00\n";
    let shop = Shop::open();
    let key = shop.key(Scope::Orders).await;
    let order = async |number: &str| {
        let page = key.get(&format!("/admin/past-orders?number={number}")).await.body;
        key.get(&format!("/admin/past-orders/{}", page["items"][0]["id"].as_str().unwrap())).await.body["order"].clone()
    };
    let report = key.upload(IMPORT, per_item).await.body;
    assert_eq!((count(&report), &report["warnings"]), ([1, 0, 0, 0], &json!([])), "{report}");
    let first = order("1071").await;
    assert_eq!(
        (&first["source"], &first["status"], &first["reference"]),
        (&json!("woocommerce"), &json!("completed"), &json!("71"))
    );
    assert_eq!(
        (&first["lines"][0]["unit_price"]["amount_minor"], &first["lines"][0]["discount"]["amount_minor"]),
        (&json!(333), &json!(100))
    );
    assert_eq!((&first["refunded"]["amount_minor"], first["lines"].as_array().unwrap().len()), (&json!(500), 2));
    assert_eq!(first["contact"]["billing_address"]["name"], "Ann Archer");

    let none = key.upload(IMPORT, titled).await.body;
    assert_eq!((count(&none), &none["errors"][0]["number"]), ([0, 0, 0, 1], &json!("88")), "no currency: {none}");
    let report = key.upload(&format!("{IMPORT}?currency=EUR&source=old-blog"), titled).await.body;
    assert_eq!((count(&report), &report["warnings"]), ([1, 0, 0, 0], &json!([])), "{report}");
    let second = order("88").await;
    assert_eq!((&second["source"], &second["totals"]["tax_added"]["amount_minor"]), (&json!("old-blog"), &json!(190)));

    let report = key.upload(IMPORT, packed).await.body;
    assert_eq!((count(&report), &report["warnings"]), ([1, 0, 0, 0], &json!([])), "{report}");
    let third = order("90").await;
    assert_eq!((&third["lines"][0]["title"], &third["totals"]["tax"]["amount_minor"]), (&json!("Mug"), &json!(228)));
    for query in ["?currency=XXX", "?source=Old%20Shop", "?source=argosy"] {
        assert_eq!(key.upload(&format!("{IMPORT}{query}"), packed).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn each_row_that_is_wrong_is_told_and_all_others_come_in() {
    let shop = Shop::open();
    let key = shop.key(Scope::Orders).await;
    let head = "Name,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price\n";
    let fine = "2026-01-02,1,Mug,10.00\n";
    let rows = [
        format!("#1,paid,EUR,10.00,{fine}"),
        format!("#2,paid,XXX,10.00,{fine}"),
        format!("#3,paid,EUR,10.001,{fine}"),
        "#4,paid,EUR,10.00,01/02/2026,1,Mug,10.00\n".to_owned(),
        "#5,paid,EUR,10.00,2026-01-02,none,Mug,10.00\n".to_owned(),
        "#6,paid,JPY,10,2026-01-02,1,Mug,10.50\n".to_owned(),
        format!("#7,paid,EUR,12.00,{fine}"),
        format!(",paid,EUR,10.00,{fine}"),
        format!("#9,paid,EUR,-1.00,{fine}"),
        format!("#10,{},EUR,10.00,{fine}", "x".repeat(65)),
    ];
    let report = key.upload(IMPORT, &format!("{head}{}", rows.concat())).await.body;
    assert_eq!(count(&report), [2, 0, 0, 8], "{report}");
    let told = |notes: &str| -> Vec<(u64, String, String)> {
        let notes = report[notes].as_array().unwrap().iter();
        let text = |note: &Value, name: &str| note[name].as_str().unwrap().to_owned();
        notes.map(|n| (n["line"].as_u64().unwrap(), text(n, "number"), text(n, "column"))).collect()
    };
    let expected = [
        (3, "2", "Currency"),
        (4, "3", "Total"),
        (5, "4", "Created at"),
        (6, "5", "Lineitem quantity"),
        (7, "6", "Lineitem price"),
        (9, "", "number"),
        (10, "9", "Total"),
        (11, "10", "payment_status"),
    ];
    let expected = expected.map(|(line, number, column)| (line, number.to_owned(), column.to_owned()));
    assert_eq!(told("errors"), expected);
    assert_eq!(told("warnings"), [(8, "7".to_owned(), String::new())]);
    assert_eq!(report["doubtful"], 1);
    assert_eq!(numbers(&key, "").await, ["1", "7"], "orders of one moment stay as in the file");

    for other in ["Handle,Title\nx,y\n", "", "Email,Name\na@b.test,A\n"] {
        assert_eq!(key.upload(IMPORT, other).await.code(), (422, "not_an_order_export"), "{other}");
    }
    assert_eq!(key.post(IMPORT, json!({"format": "else"})).await.code(), (422, "not_an_order_export"));
    let mut broken = record("3", "x");
    broken["lines"][0]["quantity"] = json!("many");
    let mut other_money = record("4", "x");
    other_money["refunded"] = json!({"amount_minor": 1, "currency": "USD"});
    let twice = record("5", "x");
    let document = json!({"format": "argosy-orders-2", "orders": [broken, other_money, twice.clone(), twice]});
    let report = key.post(IMPORT, document).await.body;
    assert_eq!((count(&report), report["errors"].as_array().unwrap().len()), ([1, 0, 0, 3], 3), "{report}");
    assert_eq!(report["errors"][1]["column"], "refunded");
}

#[tokio::test]
async fn orders_of_the_shop_itself_are_left_alone() {
    let shop = Shop::open();
    let key = shop.key(Scope::Orders).await;
    let id = "00000000-0000-7000-8000-000000000007";
    let own: OrderView = serde_json::from_value(own_order(id)).unwrap();
    shop.book.orders.lock().push(own.clone());
    let record = OrderRecord::of(&own);
    for format in [OrderFormat::Json, OrderFormat::Csv] {
        let text = format!("{}{}{}", heading(format), written(format, &record, true), ending(format));
        let report = key.upload(IMPORT, &text).await.body;
        assert_eq!((count(&report), &report["own"]), ([0, 0, 0, 0], &json!(1)), "{report}");
        // Elsewhere it is history, also when that shop has the same number itself.
        let other = Shop::open();
        let there = other.key(Scope::Orders).await;
        assert_eq!(count(&there.upload(IMPORT, &text).await.body), [1, 0, 0, 0]);
        assert_eq!(exported(&there, format).await, text);
        let twin = text.replace(id, "00000000-0000-7000-8000-000000000008");
        assert_eq!(count(&there.upload(IMPORT, &twin).await.body), [1, 0, 0, 0]);
        assert_eq!(numbers(&there, "").await.len(), 2);
    }
    let earlier = json!({"format": "argosy-orders-1", "orders": [own_order(id)]});
    assert_eq!(key.post(IMPORT, earlier).await.body["own"], 1, "as it was written before");
}

fn own_order(id: &str) -> Value {
    let eur = |minor: i64| json!({"amount_minor": minor, "currency": "EUR"});
    let zero = eur(0);
    json!({
        "id": id, "number": "1001", "status": "confirmed", "payment_status": "paid",
        "fulfilment_status": "unfulfilled", "currency": "EUR", "cart_id": id, "cart_version": 1,
        "placed_at": "2026-01-02T03:04:05.678Z",
        "lines": [{"line": 1, "sku": "MUG", "product_handle": "mug", "title": "Mug", "variant_title": "", "quantity": 1,
                   "unit_price": eur(1190), "discount": zero, "tax": eur(190), "total": eur(1190), "shipped": 0, "returned": 0}],
        "discounts": [],
        "tax_lines": [{"name": "VAT", "rate": 190_000, "amount": eur(190), "included": true}],
        "shipping_option": "standard", "shipping_name": "Standard",
        "totals": {"items": eur(1190), "discount": zero, "shipping": zero, "tax": eur(190), "tax_added": zero,
                   "total": eur(1190), "gift_card": zero, "due": eur(1190)},
        "captured": eur(1190), "refunded": zero, "shipments": [], "refunds": [], "returns": [], "timeline": [],
        "contact": {"email": "ann@mail.test", "shipping_address": {"name": "Ann", "line1": "1 Quay", "city": "Ulm",
                    "postal_code": "89073", "country": "DE"}},
    })
}

#[tokio::test]
async fn people_see_their_own_once_the_address_is_theirs() {
    let shop = Shop::open();
    shop.key(Scope::Orders).await.upload(IMPORT, SHOPIFY).await;
    let ann = shop.customer(ANN).await;
    let mine = "/customers/me/past-orders";
    assert_eq!(ann.get(mine).await.body["items"], json!([]), "typing an address in shows nothing");
    let token = shop.mailed(ANN).await;
    shop.guest().post("/email-verifications", json!({"token": token})).await;
    let seen = ann.get(mine).await.body;
    assert_eq!((seen["items"].as_array().unwrap().len(), &seen["items"][0]["number"]), (1, &json!("1002")));
    let one = format!("{mine}/{}", seen["items"][0]["id"].as_str().unwrap());
    assert_eq!(ann.get(&one).await.body["order"]["contact"]["shipping_address"]["city"], "Ulm");
    let bob = verified(&shop, BOB).await;
    assert_eq!(bob.get(&one).await.status, 404, "another's is not there");
    assert_eq!(shop.guest().get(mine).await.status, 401);
    assert_eq!(shop.key(Scope::Admin).await.get(mine).await.status, 403);
    let export = ann.get("/customers/me/export").await.body;
    assert_eq!(export["past_orders"][0]["order"]["number"], "1002");
    assert_eq!(export["past_orders"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn erasing_somebody_reaches_their_past_orders_and_stays() {
    let shop = Shop::open();
    let key = shop.key(Scope::Orders).await;
    let import = key.upload(IMPORT, SHOPIFY).await.body["import"].as_i64().unwrap();
    let changed = SHOPIFY.replace("1 Quay Street", "9 Quay Street");
    let second = key.upload(IMPORT, &changed).await.body["import"].as_i64().unwrap();

    // Whoever only typed the address in erases an account, and nobody's history.
    let impostor = shop.customer(ANN).await;
    assert_eq!(impostor.post("/customers/me/erase", json!({"password": PASSWORD})).await.status, 204);
    assert_eq!(numbers(&key, "?email=ann@mail.test").await, ["1002"]);

    shop.clock.advance_s(3600);
    let ann = verified(&shop, ANN).await;
    let id = ann.get("/customers/me/past-orders").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ann.post("/customers/me/erase", json!({"password": PASSWORD})).await.status, 204);
    let left = key.get(&format!("/admin/past-orders/{id}")).await.body;
    assert_eq!((&left["erased"], &left["order"]["contact"]), (&json!(true), &Value::Null));
    assert_eq!(left["order"]["totals"]["total"]["amount_minor"], 9_500, "what was sold stays");
    assert!(numbers(&key, "?email=ann@mail.test").await.is_empty());
    shop.clock.advance_s(3600);
    assert_eq!(verified(&shop, ANN).await.get("/customers/me/past-orders").await.body["items"], json!([]));
    // Neither the same file nor an undo brings anybody back.
    assert_eq!(count(&key.upload(IMPORT, &changed).await.body), [0, 0, 2, 0]);
    key.post(&format!("{IMPORT}/{second}/undo"), Value::Null).await;
    assert_eq!(key.get(&format!("/admin/past-orders/{id}")).await.body["order"]["contact"], Value::Null);

    // Who has no account is erased by the owner.
    let bob =
        key.get("/admin/past-orders?email=bob@mail.test").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    let erase = format!("/admin/past-orders/{bob}/erase");
    assert_eq!(key.send("POST", &erase, None).await.code(), (403, "missing_scope"));
    let admin = shop.key(Scope::Admin).await;
    assert_eq!(admin.send("POST", &erase, None).await.status, 204);
    assert_eq!(admin.send("POST", &erase, None).await.status, 404);
    assert_eq!(key.get(&format!("/admin/past-orders/{bob}")).await.body["erased"], true);
    let undone = key.post(&format!("{IMPORT}/{import}/undo"), Value::Null).await.body;
    assert_eq!((&undone["removed"], &undone["kept"]), (&json!(2), &json!(0)), "{undone}");
}
