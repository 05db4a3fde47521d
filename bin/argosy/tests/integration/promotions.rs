//! Promotions as a merchant makes them: each kind by its form, what was saved then, and what carts cost.

use serde_json::{Value, json};

use crate::support::Shop;
use crate::support::office::{Office, post};

/// Two products of the demo shop, the first in a collection in which the second is not.
struct Goods {
    collection: String,
    /// Handle, SKU and price in cents.
    inside: (String, String, i64),
    outside: (String, String, i64),
}

fn read(shop: &Shop, path: &str, headers: &str) -> Value {
    let (status, head, body) = shop.get(&format!("/api/v1{path}"), headers);
    assert_eq!(status, 200, "{path}: {head}\n{body}");
    serde_json::from_str(&body).unwrap()
}

impl Goods {
    fn of(shop: &Shop) -> Self {
        let handles = |path: &str| -> Vec<String> {
            let found = read(shop, path, "");
            let items = found["items"].as_array().unwrap().iter();
            items.filter(|one| one["available"] == true).map(|one| one["handle"].as_str().unwrap().to_owned()).collect()
        };
        let variant = |handle: &str| {
            let product = read(shop, &format!("/products/{handle}"), "");
            let variant = product["variants"].as_array().unwrap().iter().find(|one| one["available"] == true).unwrap();
            let price = variant["price"]["amount_minor"].as_i64().unwrap();
            (handle.to_owned(), variant["sku"].as_str().unwrap().to_owned(), price)
        };
        let collections = read(shop, "/collections", "");
        let collection = collections["items"][0]["handle"].as_str().unwrap().to_owned();
        let members = handles(&format!("/products?collection={collection}&limit=100"));
        let all = handles("/products?limit=100");
        let other = all.iter().find(|handle| !members.contains(handle)).unwrap();
        Goods { inside: variant(&members[0]), outside: variant(other), collection }
    }
}

fn address() -> Value {
    json!({ "name": "Ann", "line1": "Weg 1", "city": "Ulm", "postal_code": "89073", "country": "DE" })
}

struct Priced {
    cart: Value,
    quote: Value,
    headers: String,
}

/// What a cart of these SKUs and quantities costs with `code`, for who sends `headers`.
fn priced(shop: &Shop, lines: &[(&str, u32)], code: Option<&str>, headers: &str) -> Priced {
    let lines: Vec<Value> = lines.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
    let mut cart = post(shop, "/api/v1/carts", headers, &json!({ "lines": lines }));
    let headers = format!("{headers}Cart-Secret: {}\r\n", cart["secret"].as_str().unwrap());
    let path = format!("/api/v1/carts/{}", cart["id"].as_str().unwrap());
    if let Some(code) = code {
        let typed = post(shop, &format!("{path}/coupons"), &headers, &json!({ "code": code }));
        cart["version"] = typed["version"].clone();
    }
    let quote = post(shop, &format!("{path}/quote"), &headers, &json!({ "shipping_address": address() }));
    Priced { cart, quote, headers }
}

impl Priced {
    /// What is taken off the goods, in cents, by which promotion.
    fn off(&self) -> Vec<(i64, &str)> {
        let discounts = self.quote["discounts"].as_array().unwrap().iter();
        let of_goods = discounts.filter(|one| one["target"] != "shipping" && one["target"] != "delivery");
        let told =
            of_goods.map(|one| (one["amount"]["amount_minor"].as_i64().unwrap(), one["promotion"].as_str().unwrap()));
        told.collect()
    }

    fn reason(&self) -> &str {
        self.quote["notes"][0]["reason"].as_str().unwrap_or("none")
    }
}

/// A share of an amount, as money rounds.
fn share(amount: i64, percent: i64) -> i64 {
    (amount * percent + 50) / 100
}

#[test]
fn every_kind_of_promotion_is_made_by_its_form_and_priced() {
    let shop = Shop::start("--demo");
    let office = Office::open(&shop);
    let Goods { collection, inside, outside } = Goods::of(&shop);
    let (sku, price) = (inside.1.as_str(), inside.2);
    let (other, other_price) = (outside.1.as_str(), outside.2);
    let make = |handle: &str, form: &str| {
        let common = format!("name-en=Our {handle}&handle={handle}&codes={handle}&stacking=combine&enabled=yes");
        let saved = office.done("/admin/promotions/new", &format!("{common}&{form}"));
        assert_eq!(saved, format!("/admin/promotions/{handle}?done=saved"));
        let page = office.see(&format!("/admin/promotions/{handle}"));
        (read(&shop, &format!("/admin/promotions/{handle}"), &office.cookie), page)
    };
    let euros = |minor: i64| json!([{ "amount_minor": minor, "currency": "EUR" }]);

    let (saved, page) = make("tenth", &format!("effect-kind=percentage&effect-rate=10&goods-collections={collection}"));
    assert_eq!(saved["effect"], json!({ "kind": "percentage", "rate_ppm": 100_000 }));
    assert_eq!((&saved["goods"]["collections"], &saved["codes"]), (&json!([collection]), &json!(["TENTH"])));
    assert!(page.contains("10% off the collection"), "{page}");
    let cart = priced(&shop, &[(sku, 1), (other, 1)], Some("tenth"), "");
    assert_eq!(cart.off(), [(share(price, 10), "tenth")]);

    let (saved, _) =
        make("fiver", "effect-kind=fixed&effect-amounts-EUR=5&minimum-quantity=2&minimum-amounts-EUR=0.01");
    assert_eq!(saved["effect"], json!({ "kind": "fixed", "amounts": euros(500) }));
    assert_eq!(saved["minimum"], json!({ "amounts": euros(1), "quantity": 2 }));
    assert_eq!(priced(&shop, &[(sku, 2)], Some("FIVER"), "").off(), [(500, "fiver")]);
    assert_eq!(priced(&shop, &[(sku, 1)], Some("fiver"), "").reason(), "below_minimum");

    let (saved, _) =
        make("each", &format!("effect-kind=fixed_per_unit&effect-amounts-EUR=2.00&goods-skus={sku}%0D%0A"));
    assert_eq!((&saved["effect"]["kind"], &saved["goods"]["skus"]), (&json!("fixed_per_unit"), &json!([sku])));
    assert_eq!(priced(&shop, &[(sku, 3), (other, 1)], Some("each"), "").off(), [(600, "each")]);
    assert_eq!(priced(&shop, &[(other, 1)], Some("each"), "").reason(), "not_for_these_goods");

    let (saved, _) = make("three", "effect-kind=buy_x_get_y&effect-buy=2&effect-get=1&effect-rate=100");
    assert_eq!(
        saved["effect"],
        json!({ "kind": "buy_x_get_y", "buy": 2, "get": 1, "rate_ppm": 1_000_000, "gets": null })
    );
    assert_eq!(priced(&shop, &[(sku, 3)], Some("three"), "").off(), [(price, "three")]);
    let gets = format!("effect-gets-products={}&goods-products={}", outside.0, inside.0);
    let (saved, page) =
        make("pair", &format!("effect-kind=buy_x_get_y&effect-buy=1&effect-get=1&effect-rate=50&{gets}"));
    assert_eq!(saved["effect"]["gets"]["products"], json!([outside.0]));
    assert!(page.contains(&format!("1 unit of the product {} is 50% off", outside.0)), "{page}");
    assert_eq!(priced(&shop, &[(sku, 1), (other, 1)], Some("pair"), "").off(), [(share(other_price, 50), "pair")]);

    let steps = "effect-steps-0-row=&effect-steps-0-from_quantity=2&effect-steps-0-rate=5&effect-steps-1-row=\
                 &effect-steps-1-from_amounts-EUR=0.01&effect-steps-1-from_quantity=3&effect-steps-1-rate=20&effect-steps-2-row=";
    let (saved, _) = make("steps", &format!("effect-kind=tiers&{steps}"));
    assert_eq!(saved["effect"]["steps"].as_array().unwrap().len(), 2, "{saved}");
    let of = |quantity: u32| priced(&shop, &[(sku, quantity)], Some("steps"), "");
    assert_eq!(
        (of(2).off(), of(3).off()),
        (vec![(share(price * 2, 5), "steps")], vec![(share(price * 3, 20), "steps")])
    );
    assert_eq!(of(1).reason(), "no_effect");

    let (saved, _) = make("free", "effect-kind=free_shipping&effect-countries=de at");
    assert_eq!(saved["effect"], json!({ "kind": "free_shipping", "options": [], "countries": ["DE", "AT"] }));
    let free = priced(&shop, &[(sku, 1)], Some("free"), "");
    assert_eq!(free.quote["totals"]["shipping"]["amount_minor"], 0, "{}", free.quote);
    assert_eq!(read(&shop, "/admin/promotions?state=active", &office.cookie)["items"].as_array().unwrap().len(), 7);
}

#[test]
fn who_when_and_how_often_is_said_in_the_form() {
    let shop = Shop::start("--demo");
    let office = Office::open(&shop);
    let goods = Goods::of(&shop);
    let (sku, price) = (goods.inside.1.as_str(), goods.inside.2);
    let tenth = |handle: &str, more: &str| {
        let form = format!("name-en=Tenth&handle={handle}&effect-kind=percentage&effect-rate=10&enabled=yes&{more}");
        office.done("/admin/promotions/new", &form);
    };
    let stands = |handle: &str| read(&shop, &format!("/admin/promotions/{handle}/standing"), &office.cookie);
    let off = |code: Option<&str>| priced(&shop, &[(sku, 1)], code, "").off().iter().map(|one| one.0).sum::<i64>();

    // One that applies by itself, switched off and on, and ended.
    tenth("welcome", "");
    assert_eq!(off(None), share(price, 10));
    assert!(office.done("/admin/promotions/welcome/switch", "version=1&enabled=no").contains("promotion-off"));
    assert_eq!((off(None), &stands("welcome")["state"]), (0, &json!("off")));
    let (status, _, page) = office.send("/admin/promotions/welcome/switch", "version=1&enabled=yes");
    assert_eq!(status, 412, "somebody else switched it meanwhile: {page}");
    office.done("/admin/promotions/welcome/switch", "version=2&enabled=yes");
    assert_eq!(off(None), share(price, 10));
    office.done("/admin/promotions/welcome/end", "version=3");
    assert_eq!((off(None), &stands("welcome")["state"]), (0, &json!("ended")));
    assert!(office.see("/admin/promotions?state=ended").contains("/admin/promotions/welcome\""));
    assert!(!office.see("/admin/promotions?state=active").contains("/admin/promotions/welcome\""));

    tenth("later", "codes=LATER&starts_at=2099-01-01T00:00&ends_at=2099-02-01T00:00");
    assert_eq!((stands("later")["state"].as_str(), off(Some("later"))), (Some("planned"), 0));
    assert!(office.see("/admin/promotions/later").contains("from 2099-01-01 00:00 until 2099-02-01 00:00"));

    // For a group: others are told that it is not for them.
    let account = json!({ "email": "ann@mail.test", "password": "a harbour full of gulls" });
    post(&shop, "/api/v1/customers", "", &account);
    office.done("/admin/customer-groups/new", "name=Friends&joining=ann@mail.test");
    tenth("friends", "codes=FRIENDS&groups=friends");
    assert_eq!(priced(&shop, &[(sku, 1)], Some("friends"), "").reason(), "not_for_you");
    let session = post(&shop, "/api/v1/sessions", "", &account);
    let ann = format!("Authorization: Bearer {}\r\n", session["token"].as_str().unwrap());
    assert_eq!(priced(&shop, &[(sku, 1)], Some("friends"), &ann).off(), [(share(price, 10), "friends")]);

    // One that is used alone takes the place of those that combine, when it takes more off.
    tenth("more", "codes=MORE");
    let form = "name-en=Half&handle=half&effect-kind=percentage&effect-rate=50&stacking=exclusive&enabled=yes";
    office.done("/admin/promotions/new", form);
    let both = priced(&shop, &[(sku, 1)], Some("more"), "");
    assert_eq!((both.off(), both.reason()), (vec![(share(price, 50), "half")], "not_combined"));
    office.done("/admin/promotions/half/delete", "version=1");
    assert_eq!(off(Some("more")), share(price, 10));

    // Used as often as it can be.
    tenth("once", "codes=ONCE&limit=1&limit_per_customer=1");
    let Priced { cart, quote, headers } = priced(&shop, &[(sku, 1)], Some("once"), "");
    let order = json!({ "cart_id": cart["id"], "cart_version": cart["version"], "email": "bea@example.org",
        "shipping_address": address(), "shipping_option": quote["shipping_options"][0]["handle"],
        "payment": { "provider": "test", "token": "tok_approve" } });
    post(&shop, "/api/v1/orders", &format!("{headers}Idempotency-Key: once-order-of-one\r\n"), &order);
    let uses = json!([{ "code": "ONCE", "uses": 1, "limit": 1 }]);
    assert_eq!(stands("once"), json!({ "state": "used_up", "uses": uses }));
    assert_eq!(priced(&shop, &[(sku, 1)], Some("once"), "").reason(), "used_up");
    assert!(office.see("/admin/promotions/once").contains("1 of 1"));
}

#[test]
fn mistakes_stand_at_their_fields_and_what_was_typed_stays() {
    let shop = Shop::start("--demo");
    let office = Office::open(&shop);
    let form = "name-en=Tenth&handle=tenth&codes=TENTH&effect-kind=percentage&effect-rate=10&enabled=yes";
    office.done("/admin/promotions/new", form);

    let wrong = "name-en=&effect-kind=tiers&effect-steps-0-row=&effect-steps-0-rate=107&effect-steps-0-from_quantity=x\
                 &goods-products=no-such-mug&goods-collections=nothing&limit=0&codes=MINE";
    let (status, _, page) = office.send("/admin/promotions/new", wrong);
    assert_eq!(status, 422);
    for field in ["name-en", "effect-steps-0-rate", "effect-steps-0-from_quantity", "goods-products", "limit"] {
        assert!(page.contains(&format!("id=\"document-{field}-error\"")), "{field}: {page}");
    }
    assert!(page.contains("There is no product no-such-mug.") && page.contains("value=\"107\""), "{page}");

    // What the service finds wrong stands at the fields too.
    let wrong = "name-en=Other&effect-kind=fixed&effect-amounts-EUR=3&codes=FREE%0D%0Atenth&groups=nobody\
                 &starts_at=2026-12-02T00:00&ends_at=2026-12-01T00:00&enabled=yes";
    let (status, _, page) = office.send("/admin/promotions/new", wrong);
    assert_eq!(status, 422);
    assert!(page.contains("tenth: The promotion tenth has this code."), "{page}");
    for field in ["codes", "ends_at"] {
        assert!(page.contains(&format!("id=\"document-{field}-error\"")), "{field}: {page}");
    }
    assert!(page.contains("3.00") || page.contains("value=\"3\""), "{page}");

    // Another kind of effect shows other fields, a step more is there to fill in, and nothing was saved by either.
    let tiers = form.replace("percentage", "tiers");
    let (_, _, page) = office.send("/admin/promotions/new", &format!("{tiers}&rows=show kind"));
    assert!(page.contains("Add a step") && page.contains("value=\"Tenth\""), "{page}");
    let (_, _, page) = office.send("/admin/promotions/new", &format!("{tiers}&rows=add effect-steps"));
    assert!(page.contains("name=\"effect-steps-0-rate\""), "{page}");

    // It is said in words before it is saved.
    let said = form.replace("=10&", "=25&").replace("tenth", "quarter").replace("TENTH", "QUARTER");
    let (status, _, page) = office.send("/admin/promotions/new", &format!("{said}&rows=say it"));
    assert!(status == 200 && page.contains("25% off the whole order."), "{page}");
    let (status, _, page) =
        office.send("/admin/promotions/new", &format!("{}&rows=say it", said.replace("=25&", "=x&")));
    assert!(status == 422 && page.contains("document-effect-rate-error"), "{page}");
    assert_eq!(read(&shop, "/admin/promotions", &office.cookie)["items"].as_array().unwrap().len(), 1);

    // An edit keeps what it does not show, and is refused over somebody else's.
    let body = json!({ "name": { "en": "Tenth", "fr": "Dixième" }, "codes": ["TENTH"],
        "effect": { "kind": "percentage", "rate_ppm": 100_000 } });
    let headers =
        format!("{}Origin: http://shop\r\nContent-Type: application/json\r\nIf-Match: \"v1\"\r\n", office.cookie);
    let (status, _, answer) = shop.send("PUT", "/api/v1/admin/promotions/tenth", &headers, &body.to_string());
    assert_eq!(status, 200, "{answer}");
    assert_eq!(office.send("/admin/promotions/tenth", &format!("{form}&version=1")).0, 412);
    let edited = form.replace("=10&", "=15&");
    office.done("/admin/promotions/tenth", &format!("{edited}&version=2"));
    let saved = read(&shop, "/admin/promotions/tenth", &office.cookie);
    assert_eq!((&saved["effect"]["rate_ppm"], &saved["version"]), (&json!(150_000), &json!(3)));
    assert_eq!(saved["name"]["fr"], "Dixième", "a language that the form does not show");
}
