//! The back office as a merchant sees it: set up, a price, an order that is shipped and refunded, in a real browser
//! without scripts.

use serde_json::{Value, json};

use crate::support::browser::Browser;
use crate::support::office::{Office, post};
use crate::support::{Shop, text};

/// Buys two units of `sku` through the API. The order's id.
fn buy(shop: &Shop, sku: &str, key: &str) -> String {
    let cart = post(shop, "/api/v1/carts", "", &json!({ "lines": [{ "sku": sku, "quantity": 2 }] }));
    let secret = format!("Cart-Secret: {}\r\n", cart["secret"].as_str().unwrap());
    let address = json!({ "name": "Ada Example", "line1": "1 Harbour Road", "city": "Bremen", "postal_code": "28195",
        "country": "DE" });
    let cart_path = format!("/api/v1/carts/{}/quote", cart["id"].as_str().unwrap());
    let quote = post(shop, &cart_path, &secret, &json!({ "shipping_address": address }));
    let order = json!({ "cart_id": cart["id"], "cart_version": cart["version"], "email": "ada@example.org",
        "shipping_address": address, "shipping_option": quote["shipping_options"][0]["handle"],
        "payment": { "provider": "test", "token": "tok_approve" } });
    let headers = format!("{secret}Idempotency-Key: walk-order-{key}\r\n");
    let placed = post(shop, "/api/v1/orders", &headers, &order);
    placed["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_owner_sets_up_prices_ships_and_refunds() {
    let shop = Shop::start("--demo");
    let (status, head, _) = shop.get("/admin/orders?status=confirmed", "");
    assert_eq!(status, 303, "{head}");
    assert!(head.contains("/admin/login?next=%2Fadmin%2Forders%3Fstatus%3Dconfirmed"), "{head}");

    let link = shop.run(&["owner-link"]);
    assert!(link.status.success(), "{}", text(&link.stderr));
    let link = text(&link.stdout).trim().to_owned();
    let browser = Browser::open(false).await;
    browser.goto(&link).await;
    browser.see("h1", "Set up your shop").await;
    browser.fill("#setup-name", "Grace Owner").await;
    browser.fill("#setup-email", "grace@example.org").await;
    browser.fill("#setup-password", "short").await;
    browser.press("Open the back office").await;
    browser.see(".notice.bad", "10").await;
    assert_eq!(browser.typed("#setup-name").await, "Grace Owner", "what was typed is kept");
    browser.fill("#setup-password", "a harbour full of gulls").await;
    browser.press("Open the back office").await;
    browser.see("h1", "Today").await;
    browser.see(".notice", "The shop is yours").await;

    browser.press("Log out").await;
    browser.see("h1", "Log in").await;
    browser.goto(&format!("http://{}/admin/products", shop.address)).await;
    browser.see("h1", "Log in").await;
    browser.fill("#login-email", "grace@example.org").await;
    browser.fill("#login-password", "a harbour full of gulls").await;
    browser.press("Log in").await;
    browser.see("h1", "Products").await;

    browser.click("main td a").await;
    browser.see("#prices legend", "Prices").await;
    let handle = browser.path().await.rsplit('/').next().unwrap().to_owned();
    let sku = browser.text("#prices code").await;
    browser.fill("#product-price-0-EUR", "64.20").await;
    browser.fill("#product-compare-0-EUR", "").await;
    browser.press("Save").await;
    browser.see(".notice", "Saved.").await;
    let product: Value = serde_json::from_str(&shop.get(&format!("/api/v1/products/{handle}"), "").2).unwrap();
    let variants = product["variants"].as_array().unwrap();
    let variant = variants.iter().find(|variant| variant["sku"] == sku.as_str()).unwrap();
    assert_eq!(variant["price"]["amount_minor"], 6420, "{variant}");

    browser.fill("#stock-delta", "7").await;
    browser.select("#stock-sku", &sku).await;
    browser.fill("#stock-reason", "Found behind the shelf").await;
    browser.press("Change the stock").await;
    browser.see(".notice", "The stock is changed.").await;

    let id = buy(&shop, &sku, "one");
    ship_and_refund(&shop, &browser, &id).await;
    let checked = shop.run(&["doctor"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
}

async fn ship_and_refund(shop: &Shop, browser: &Browser, id: &str) {
    browser.goto(&format!("http://{}/admin/orders", shop.address)).await;
    browser.click("main td a").await;
    assert_eq!(browser.path().await, format!("/admin/orders/{id}"));
    browser.fill("#ship-quantity-1", "1").await;
    browser.fill("#ship-carrier", "Gull Post").await;
    browser.fill("#ship-tracking", "GP-<b>1</b>").await;
    browser.press("Ship these").await;
    browser.see(".notice", "The shipment is recorded").await;
    browser.see("#shipments", "GP-<b>1</b>").await;
    browser.see(".head", "Partially shipped").await;

    browser.click("#refund summary").await;
    browser.fill("#refund-amount", "9999999").await;
    browser.press("Refund").await;
    browser.see("#refund .notice.bad", "can still be refunded").await;
    assert_eq!(browser.typed("#refund-amount").await, "9999999");
    browser.fill("#refund-amount", "4.20").await;
    browser.fill("#refund-reason", "A scratch").await;
    browser.press("Refund").await;
    browser.see("#refunds", "A scratch").await;
    browser.see("#refunds", "4.20").await;
    browser.fill("#note-text", "Called them").await;
    browser.press("Add the note").await;
    browser.see("#timeline", "A note was added").await;

    let made = shop.run(&["api-key", "create", "--name", "papers", "--scope", "orders"]);
    let bearer = format!("Authorization: Bearer {}\r\n", text(&made.stdout).trim());
    let (status, head, body) = shop.get(&format!("/admin/orders/{id}/invoice.pdf"), &bearer);
    assert_eq!((status, &body[..5]), (200, "%PDF-"), "{head}");
    let (status, _, page) = shop.get("/admin/staff", &bearer);
    assert_eq!(status, 403);
    assert!(page.contains("staff"), "the page says which permission is missing: {page}");
    let order: Value = serde_json::from_str(&shop.get(&format!("/api/v1/admin/orders/{id}"), &bearer).2).unwrap();
    let refunds = order["refunds"].as_array().unwrap();
    assert_eq!((refunds.len(), &refunds[0]["amount"]["amount_minor"]), (1, &json!(420)), "{order}");
    assert_eq!(order["shipments"].as_array().unwrap().len(), 1, "{order}");
}

#[test]
fn a_merchant_keeps_stock_in_two_places() {
    let shop = Shop::start("--empty");
    let office = Office::open(&shop);
    office.done("/admin/locations", "location=shop&title=The shop&priority=1&active=yes&pickup=yes");
    office.done("/admin/locations", "location=cellar&title=The cellar&priority=2&active=yes");
    assert!(office.see("/admin/locations").contains("The cellar"));
    office.done("/admin/stock/MUG/adjust", "location=cellar&delta=10&reason=Bought&key=aaaaaaaaaaaaaaaaaaaa");
    // The same form once more: a double click changes nothing.
    office.done("/admin/stock/MUG/adjust", "location=cellar&delta=10&reason=Bought&key=aaaaaaaaaaaaaaaaaaaa");
    assert_eq!(office.stock("MUG", "cellar"), (10, 10));

    // A line more, without a script; what was typed stays.
    let transfer = "from=cellar&to=shop&reason=Window&in_transit=yes&lines-0-row=&lines-0-sku=MUG&lines-0-quantity=4";
    let (status, _, page) = office.send("/admin/transfers", &format!("{transfer}&rows=add lines"));
    assert_eq!(status, 200);
    assert!(page.contains("name=\"lines-1-sku\"") && page.contains("value=\"Window\""), "{page}");
    let (status, _, page) =
        office.send("/admin/transfers", "from=cellar&to=shop&lines-0-row=&lines-0-sku=MUG&lines-0-quantity=x");
    assert_eq!(status, 422);
    assert!(page.contains("id=\"transfer-lines-0-quantity-error\""), "{page}");
    office.done("/admin/transfers", &format!("{transfer}&lines-1-row="));
    let list = office.see("/admin/transfers");
    let id = list.split("/admin/transfers/").nth(1).unwrap().split('"').next().unwrap();
    let address = format!("/admin/transfers/{id}");
    assert_eq!((office.stock("MUG", "cellar"), office.stock("MUG", "shop")), ((6, 6), (0, 0)));
    office.done(&format!("{address}/receive"), "quantity-0=3");
    assert!(office.see(&address).contains("Partially received"));
    assert_eq!(office.stock("MUG", "shop"), (3, 3));
    let (status, _, page) = office.send(&format!("{address}/receive"), "quantity-0=3");
    assert_eq!(status, 422);
    assert!(page.contains("Only 1 units are still on their way"), "{page}");
    office.done(&format!("{address}/receive"), "close=yes");
    assert!(office.see(&address).contains("Closed"));

    let count =
        "location=shop&reason=Sunday&lines-0-row=&lines-0-sku=MUG&lines-0-on_hand=2&lines-1-row=&lines-1-sku=JUG";
    let (status, _, page) = office.send("/admin/stock-counts", count);
    assert_eq!(status, 201, "{page}");
    assert!(page.contains("1 SKUs") && page.contains("-1"), "what was not counted is not in the report: {page}");
    office.done("/admin/stock-settings", "low_stock_threshold=2");
    assert!(office.see("/admin/stock?low=yes").contains("/admin/stock/MUG"));
    office.done("/admin/stock/MUG/threshold", "location=shop&threshold=1");
    assert!(office.see("/admin/stock?low=yes").contains("Nothing is low."));

    office.done("/admin/stock/MUG/policy", "policy=preorder&limit=5&until=2099-01-01T12:00");
    assert!(office.see("/admin/stock/MUG").contains("value=\"2099-01-01T12:00\""));
    office.done("/admin/stock/SET/bundle", "components-0-row=&components-0-sku=MUG&components-0-quantity=2");
    assert!(office.see("/admin/stock/SET").contains("4 can be put together"));
    assert!(office.done("/admin/locations/cellar/close", "").contains("done=location-closed"));
    assert!(office.see("/admin/stock/SET").contains("1 can be put together"));
    let checked = shop.run(&["doctor"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
}

#[test]
fn a_merchant_sets_prices_taxes_shipping_and_who_sells() {
    let shop = Shop::start("--demo");
    let office = Office::open(&shop);
    let (_, _, products) = shop.get("/api/v1/products?limit=100", "");
    let products: Value = serde_json::from_str(&products).unwrap();
    let product = products["items"].as_array().unwrap().iter().find(|p| p["available"] == true).unwrap();
    let handle = product["handle"].as_str().unwrap();
    let (_, _, product) = shop.get(&format!("/api/v1/products/{handle}"), "");
    let variants = serde_json::from_str::<Value>(&product).unwrap()["variants"].clone();
    let variant = variants.as_array().unwrap().iter().find(|variant| variant["available"] == true).unwrap();
    let sku = variant["sku"].as_str().unwrap();

    // A mistake stands beside its field, and nothing is saved.
    let twice = format!(
        "prices-0-row=&prices-0-sku={sku}&prices-0-price=12.34&prices-1-row=&prices-1-sku={sku}&prices-1-price=9"
    );
    let (status, _, page) =
        office.send("/admin/price-lists/new", &format!("name=Sale&currency=EUR&enabled=yes&{twice}"));
    assert_eq!(status, 422);
    assert!(page.contains("id=\"document-prices-1-sku-error\"") && page.contains("value=\"12.34\""), "{page}");
    let once = format!("prices-0-row=&prices-0-sku={sku}&prices-0-price=12.34");
    let saved = office.done("/admin/price-lists/new", &format!("name=Sale&currency=EUR&enabled=yes&sale=yes&{once}"));
    assert_eq!(saved, "/admin/price-lists/sale?done=saved");
    assert!(office.see("/admin/price-lists/sale").contains("name=\"version\" value=\"1\""));
    let stale = format!("name=Sale&currency=EUR&enabled=yes&version=7&{once}");
    assert_eq!(office.send("/admin/price-lists/sale", &stale).0, 412);

    post(&shop, "/api/v1/customers", "", &json!({ "email": "ann@mail.test", "password": "a harbour full of gulls" }));
    let (status, _, page) =
        office.send("/admin/customer-groups/new", "name=Friends&joining=ann@mail.test, nobody@mail.test");
    assert_eq!(status, 422);
    assert!(page.contains("Nobody has an account with nobody@mail.test"), "{page}");
    office.done("/admin/customer-groups/new", "name=Friends&joining=ann@mail.test");
    assert!(office.see("/admin/customer-groups/friends").contains("ann@mail.test"));

    let tax = "country=de&name=MwSt.&rates-0-row=&rates-0-class=standard&rates-0-rate=16";
    assert_eq!(office.done("/admin/tax-zones/new", tax), "/admin/tax-zones/de?done=saved");
    let method =
        "methods-0-row=&methods-0-name-en=Parcel&methods-0-by=nothing&methods-0-days_min=1&methods-0-days_max=2";
    let price = "methods-0-steps-0-row=&methods-0-steps-0-prices-EUR=3.21";
    office.done("/admin/shipping-zones/new", &format!("name=Germany&countries=DE&{method}&{price}"));
    assert!(office.see("/admin/settings/shop").contains("Seller's name"));
    let seller =
        "seller-name=Tide GmbH&seller-vat_id=DE123456789&seller-address=1 Quay%0D%0A28195 Bremen&seller-footer=Thanks!";
    office.done("/admin/settings/shop", &format!("{seller}&time_zone=Europe/Berlin&country=DE&tax_rounding=per_line"));

    let id = buy(&shop, sku, "one");
    let (_, _, order) = shop.get(&format!("/api/v1/admin/orders/{id}"), &office.cookie);
    let order: Value = serde_json::from_str(&order).unwrap();
    // Shelves follow a price list within seconds; whoever orders pays by it at once.
    assert_eq!(order["lines"][0]["unit_price"]["amount_minor"], 1234, "{order}");
    assert_eq!(order["totals"]["shipping"]["amount_minor"], 321, "{order}");
    assert_eq!(order["tax_lines"][0]["rate"], 160_000, "{order}");
    for paper in ["invoice.pdf", "packing-slip.pdf"] {
        let (_, _, pdf) = shop.get(&format!("/admin/orders/{id}/{paper}"), &office.cookie);
        for wanted in ["Tide GmbH", "VAT id DE123456789", "28195 Bremen", "Thanks!"] {
            assert!(pdf.contains(wanted), "{wanted} is not on {paper}");
        }
    }
    office.done(&format!("/admin/orders/{id}/notes"), "text=Ring the bell twice&key=bbbbbbbbbbbbbbbbbbbb");
    let page = office.see(&format!("/admin/orders/{id}"));
    assert!(page.contains("Ring the bell twice"), "the note's text is in the timeline: {page}");
    assert!(page.contains("owed to the order at"), "so is what moved: {page}");

    // A client of the API reads the same story.
    let (status, _, story) = shop.get(&format!("/api/v1/admin/orders/{id}/history?limit=100"), &office.cookie);
    assert_eq!(status, 200, "{story}");
    let story: Value = serde_json::from_str(&story).unwrap();
    let items = story["items"].as_array().unwrap();
    let page = office.see(&format!("/admin/orders/{id}"));
    for kind in ["event", "stock", "payment", "note"] {
        assert!(items.iter().any(|item| item["kind"] == kind), "{kind}: {story:#}");
    }
    for item in items {
        assert!(page.contains(item["text"].as_str().unwrap()), "{item} is not on the page");
    }
    let commit = items.iter().find(|item| item["name"] == "commit").unwrap();
    assert_eq!((&commit["moved"]["sku"], &commit["moved"]["committed"]), (&json!(sku), &json!(2)), "{commit}");
}

#[test]
fn an_empty_shop_is_told_its_first_steps_until_it_sells() {
    let shop = Shop::start("--demo");
    let office = Office::open(&shop);
    let done = || {
        let page = office.see("/admin");
        let list =
            page.split("id=\"first-steps\"").nth(1).map(|rest| rest.split("</section>").next().unwrap().to_owned());
        list.map(|list| {
            let steps = list.split("<li").skip(1).filter(|step| step.contains(">Done<"));
            steps
                .map(|step| step.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
    };
    let before = done().unwrap();
    assert!(before.iter().all(|link| link == "/admin/products"), "{before:?}");
    office.done("/admin/settings/shop", "time_zone=Europe/Berlin&country=DE&tax_rounding=per_line");
    office.done("/admin/tax-zones/new", "country=de&name=MwSt.&rates-0-row=&rates-0-class=standard&rates-0-rate=19");
    office.done("/admin/staff", "email=bo@mail.test&name=Bo&role=support");
    let backup = shop.data.path().parent().unwrap().join(format!("backup-of-{}", std::process::id()));
    assert!(shop.run(&["backup", backup.to_str().unwrap()]).status.success());
    std::fs::remove_dir_all(&backup).unwrap();
    let now = done().unwrap();
    for link in ["/admin/settings", "/admin/tax-zones", "/admin/staff", "/admin/backups"] {
        assert!(now.contains(&link.to_owned()), "{link}: {now:?}");
    }
    assert!(!now.contains(&"/".to_owned()) && !now.contains(&"/admin/shipping-zones".to_owned()), "{now:?}");
    assert!(office.see("/admin/backups").contains("The last backup was taken"));

    let (_, _, products) = shop.get("/api/v1/products?limit=100", "");
    let products: Value = serde_json::from_str(&products).unwrap();
    let product = products["items"].as_array().unwrap().iter().find(|p| p["available"] == true).unwrap();
    let (_, _, product) = shop.get(&format!("/api/v1/products/{}", product["handle"].as_str().unwrap()), "");
    let variants = serde_json::from_str::<Value>(&product).unwrap()["variants"].clone();
    let variant = variants.as_array().unwrap().iter().find(|variant| variant["available"] == true).unwrap();
    let sku = variant["sku"].as_str().unwrap();
    buy(&shop, sku, "first");
    assert!(done().unwrap().contains(&"/".to_owned()), "the test order is placed");
    buy(&shop, sku, "second");
    assert_eq!(done(), None, "a shop that sells needs no first steps");
}
