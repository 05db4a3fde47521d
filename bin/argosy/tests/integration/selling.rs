//! What a cart costs in a shop that runs: promotions, price lists, zones and gift cards, from the back office to the order
//! and back to the card.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Shop, text};

struct Office {
    shop: Shop,
    staff: String,
}

impl Office {
    fn of(shop: Shop) -> Self {
        let key = text(&shop.run(&["api-key", "create", "--name", "t", "--scope", "admin"]).stdout);
        Office { shop, staff: format!("Authorization: Bearer {}\r\n", key.trim()) }
    }

    fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.shop.get(&format!("/api/v1{path}"), &self.staff).2).unwrap()
    }

    fn put(&self, path: &str, body: &Value) -> Value {
        let headers = format!("{}Content-Type: application/json\r\n", self.staff);
        let (status, head, body) = self.shop.send("PUT", &format!("/api/v1{path}"), &headers, &body.to_string());
        assert_eq!(status, 200, "{path}: {body}");
        assert!(head.to_lowercase().contains("etag: \"v1\""), "{head}");
        serde_json::from_str(&body).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, body) = self.shop.post(&format!("/api/v1{path}"), &self.staff, &body.to_string());
        (status, body)
    }
}

/// A cart of one unit of `sku` with the code `TEN`, and what is sent with it.
fn cart(shop: &Shop, sku: &str, key: &str) -> (Value, String) {
    let body = json!({ "lines": [{ "sku": sku, "quantity": 1 }] });
    let (_, _, cart) = shop.post("/api/v1/carts", "", &body.to_string());
    let headers = format!("Cart-Secret: {}\r\nIdempotency-Key: {key}\r\n", cart["secret"].as_str().unwrap());
    let path = format!("/api/v1/carts/{}/coupons", cart["id"].as_str().unwrap());
    let (status, _, cart) = shop.post(&path, &headers, r#"{"code":"ten"}"#);
    assert_eq!(status, 200, "{cart}");
    (cart, headers)
}

fn address() -> Value {
    json!({ "name": "Ann", "line1": "Weg 1", "city": "Ulm", "postal_code": "89073", "country": "DE" })
}

const CARD: &str = "GIFT-2345-WXYZ";

fn order(cart: &Value, quote: &Value, email: &str) -> String {
    let order = json!({
        "cart_id": cart["id"], "cart_version": cart["version"], "email": email, "shipping_address": address(),
        "shipping_option": "post", "payment": { "provider": "test", "token": "tok_approve" }, "gift_cards": [CARD],
        "expected_total": quote["totals"]["total"], "expected_due": quote["totals"]["due"],
    });
    order.to_string()
}

#[test]
fn an_order_is_reduced_paid_by_card_and_given_back() {
    let office = Office::of(Shop::start("--demo"));
    let shop = &office.shop;
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let list = parse(&shop.get("/api/v1/products?limit=1", "").2);
    let page = format!("/api/v1/products/{}", list["items"][0]["handle"].as_str().unwrap());
    let variants = || parse(&shop.get(&page, "").2)["variants"].as_array().unwrap().clone();
    let variant = variants().into_iter().find(|variant| variant["available"] == true).unwrap();
    let (sku, price) = (variant["sku"].as_str().unwrap(), variant["price"]["amount_minor"].as_i64().unwrap());

    let each = json!({ "name": { "en": "Ten off" }, "codes": ["ten"], "limit_per_customer": 1,
        "effect": { "kind": "percentage", "rate_ppm": 100_000 } });
    assert_eq!(office.put("/admin/promotions/ten", &each)["codes"], json!(["TEN"]));
    let euros = |minor: i64| json!({ "amount_minor": minor, "currency": "EUR" });
    let methods = json!([
        { "handle": "post", "name": { "en": "Post" }, "by": "weight", "days_min": 1, "days_max": 2,
          "steps": [{ "up_to": 30_000, "prices": [euros(400)] }] },
        { "handle": "harbour", "name": { "en": "Harbour" }, "days_min": 0, "days_max": 0, "pick_up": "Harbour 5",
          "steps": [{ "prices": [euros(0)] }] },
    ]);
    office.put("/admin/shipping-zones/de", &json!({ "name": "DE", "countries": ["DE"], "methods": methods }));
    let sale = price - 1_000;
    let prices = json!([{ "sku": sku, "price_minor": sale }]);
    office
        .put("/admin/price-lists/sale", &json!({ "name": "Sale", "currency": "EUR", "sale": true, "prices": prices }));
    let (status, _) = office.post("/admin/gift-cards", &json!({ "code": CARD, "balance": euros(2_000) }));
    assert_eq!(status, 201);

    // The shelf says what the list says, as soon as the keeper has looked.
    let shown = || variants().into_iter().find(|v| v["sku"] == sku && v["price"]["amount_minor"] == sale);
    let shown = (0..200).find_map(|_| shown().or_else(|| (std::thread::sleep(Duration::from_millis(50)), None).1));
    assert!(shown.unwrap()["compare_at_price"]["amount_minor"].as_i64().unwrap() >= price);

    let (one, headers) = cart(shop, sku, "one");
    assert_eq!(one["lines"][0]["unit_price"]["amount_minor"], sale);
    let ask = json!({ "shipping_address": address(), "gift_cards": [CARD] }).to_string();
    let (_, _, quote) = shop.post(&format!("/api/v1/carts/{}/quote", one["id"].as_str().unwrap()), &headers, &ask);
    let off = (sale + 5) / 10;
    let total = sale - off + 400;
    assert_eq!(quote["discounts"][0]["amount"]["amount_minor"], off, "{quote}");
    assert_eq!(quote["shipping_options"][1]["pick_up"], "Harbour 5");
    let totals =
        |of: &Value| ["total", "gift_card", "due"].map(|name| of["totals"][name]["amount_minor"].as_i64().unwrap());
    assert_eq!(totals(&quote), [total, 2_000, total - 2_000]);
    let (status, _, placed) = shop.post("/api/v1/orders", &headers, &order(&one, &quote, "ann@example.org"));
    assert_eq!((status, totals(&placed)), (201, [total, 2_000, total - 2_000]), "{placed}");

    // The same person again, however the address is written.
    let (two, headers) = cart(shop, sku, "two");
    let ask = json!({ "shipping_address": address() }).to_string();
    let (_, _, quote) = shop.post(&format!("/api/v1/carts/{}/quote", two["id"].as_str().unwrap()), &headers, &ask);
    let (status, _, refused) = shop.post("/api/v1/orders", &headers, &order(&two, &quote, "ANN@example.org"));
    assert_eq!((status, refused["code"].as_str()), (409, Some("coupon_used_up")), "{refused}");

    let id = placed["id"].as_str().unwrap();
    let refund = |key: &str, body: Value| {
        let headers = format!("{}Idempotency-Key: {key}\r\n", office.staff);
        shop.post(&format!("/api/v1/admin/orders/{id}/refunds"), &headers, &body.to_string())
    };
    let captured = || office.get(&format!("/admin/orders/{id}"))["captured"]["amount_minor"].as_i64();
    let captured = (0..200).find(|_| {
        captured() == Some(total - 2_000) || {
            std::thread::sleep(Duration::from_millis(50));
            false
        }
    });
    assert!(captured.is_some(), "the provider's part was captured");
    let (status, _, half) = refund("r1", json!({ "amount": euros(total / 2) }));
    assert_eq!((status, &half["gift_card"]["amount_minor"]), (201, &json!((total / 2 * 2_000 + total / 2) / total)));
    assert_eq!(refund("r2", json!({})).0, 201);
    let (_, card) = office.post("/admin/gift-cards/lookup", &json!({ "code": CARD }));
    assert_eq!(card["balance"]["amount_minor"], 2_000, "the card has got back what it paid");
    let invariants = office.get("/admin/invariants");
    let reports = invariants["items"].as_array().unwrap();
    assert!(reports.iter().all(|report| report["violations"] == json!([])), "{invariants}");

    // What was written is there after a restart.
    let Office { shop, staff } = office;
    let (ended, data) = shop.stop();
    assert!(ended);
    let office = Office { shop: Shop::start_in(data, "--empty"), staff };
    assert_eq!(office.get("/admin/promotions")["items"][0]["handle"], "ten");
    let shown = parse(&office.shop.get(&page, "").2);
    let prices = shown["variants"].as_array().unwrap().iter().map(|v| v["price"]["amount_minor"].as_i64().unwrap());
    assert!(prices.into_iter().any(|price| price == sale), "from the first page on");
}

/// Handles of the products on a page, in the order in which it shows them.
fn shown(page: &str) -> Vec<String> {
    let main = page.split("<main").nth(1).unwrap();
    let links = main.split("href=\"/products/").skip(1).map(|rest| rest.split(['"', '?']).next().unwrap().to_owned());
    let mut handles: Vec<String> = links.collect();
    handles.dedup();
    handles
}

#[test]
fn lists_are_in_the_order_of_what_a_shopper_pays() {
    let office = Office::of(Shop::start("--demo"));
    let shop = &office.shop;
    let all: Value = serde_json::from_str(&shop.get("/api/v1/products?sort=price_desc&limit=1", "").2).unwrap();
    let dearest = all["items"][0]["handle"].as_str().unwrap();
    let product: Value = serde_json::from_str(&shop.get(&format!("/api/v1/products/{dearest}"), "").2).unwrap();
    let variants = product["variants"].as_array().unwrap();
    let prices: Vec<Value> = variants.iter().map(|one| json!({ "sku": one["sku"], "price_minor": 101 })).collect();

    let account = json!({ "email": "ann@mail.test", "password": "a harbour full of gulls" }).to_string();
    let (status, _, ann) = shop.post("/api/v1/customers", "", &account);
    assert!(status < 300, "{ann}");
    let (_, _, session) = shop.post("/api/v1/sessions", "", &account);
    let cookie = format!("Cookie: argosy-session={}\r\n", session["token"].as_str().unwrap());
    let customers = office.get("/admin/customers");
    let group = json!({ "name": "Friends", "customers": [customers["items"][0]["id"]] });
    office.put("/admin/customer-groups/friends", &group);
    let list = json!({ "name": "Friends", "currency": "EUR", "groups": ["friends"], "prices": prices });
    office.put("/admin/price-lists/friends", &list);

    let page = |path: &str, headers: &str| {
        let (status, head, body) = shop.get(path, headers);
        assert_eq!(status, 200, "{path}: {head}");
        body
    };
    for (path, own) in
        [("/products?sort=price_asc", true), ("/search?sort=price_asc", true), ("/products?sort=price_desc", false)]
    {
        let (everybodys, anns) = (shown(&page(path, "")), shown(&page(path, &cookie)));
        let first = |handles: &[String]| handles.first().is_some_and(|handle| handle == dearest);
        assert_eq!((first(&everybodys), first(&anns)), (!own, own), "{path}: {anns:?}");
    }
    // Only what costs up to two euros, for her.
    let cheap = "/search?filter.price=-200";
    assert!(shown(&page(cheap, &cookie)).contains(&dearest.to_owned()));
    assert!(!page(cheap, "").contains(&format!("href=\"/products/{dearest}")));
    let between = "/search?filter.price=10000-";
    assert!(!shown(&page(between, &cookie)).contains(&dearest.to_owned()), "it costs her less");
    assert!(page("/", &cookie).contains("eigenen Preise") || page("/", &cookie).contains("own prices"));

    // Page by page every product comes once.
    let (mut path, mut seen) = ("/products?sort=price_asc".to_owned(), Vec::new());
    loop {
        let one = page(&path, &cookie);
        let mut handles = shown(&one);
        handles.retain(|handle| !seen.contains(handle));
        assert!(!handles.is_empty(), "{path} shows nothing new");
        seen.extend(handles);
        let Some(next) = one.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().replace("&amp;", "&");
    }
    let total: Value = serde_json::from_str(&shop.get("/api/v1/search?limit=1", "").2).unwrap();
    assert_eq!(seen.len() as u64, total["total"].as_u64().unwrap());
}
