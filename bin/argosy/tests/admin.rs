//! The back office as a merchant sees it: set up, a price, an order that is shipped and refunded, in a real browser
//! without scripts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod support;

use serde_json::{Value, json};
use support::browser::Browser;
use support::{Shop, text};

/// The body of the answer to a request that must be taken.
fn post(shop: &Shop, path: &str, headers: &str, body: &Value) -> Value {
    let (status, head, answer) = shop.post(path, headers, &body.to_string());
    assert!((200..300).contains(&status), "{path}: {head}\n{answer}");
    answer
}

/// Buys one unit of `sku` through the API. The order's id.
fn buy(shop: &Shop, sku: &str) -> String {
    let cart = post(shop, "/api/v1/carts", "", &json!({ "lines": [{ "sku": sku, "quantity": 2 }] }));
    let secret = format!("Cart-Secret: {}\r\n", cart["secret"].as_str().unwrap());
    let address = json!({ "name": "Ada Example", "line1": "1 Harbour Road", "city": "Bremen", "postal_code": "28195",
        "country": "DE" });
    let cart_path = format!("/api/v1/carts/{}/quote", cart["id"].as_str().unwrap());
    let quote = post(shop, &cart_path, &secret, &json!({ "shipping_address": address }));
    let order = json!({ "cart_id": cart["id"], "cart_version": cart["version"], "email": "ada@example.org",
        "shipping_address": address, "shipping_option": quote["shipping_options"][0]["handle"],
        "payment": { "provider": "test", "token": "tok_approve" } });
    let headers = format!("{secret}Idempotency-Key: walk-order\r\n");
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

    let id = buy(&shop, &sku);
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
