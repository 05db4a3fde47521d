//! The shop as a shopper sees it: from the home page to the delivered order, in a real browser.

use serde_json::Value;

use crate::support::browser::Browser;
use crate::support::{Shop, text};

/// What is typed into the checkout.
const FIELDS: [(&str, &str); 5] = [
    ("#email", "ada@example.org"),
    ("#name", "Ada Example"),
    ("#line1", "1 Harbour Road"),
    ("#postal_code", "28195"),
    ("#city", "Bremen"),
];

#[tokio::test]
async fn a_shopper_walks_from_the_home_page_to_a_delivered_order() {
    let shop = Shop::start("--demo");
    let staff = Staff::new(&shop);
    let browser = Browser::open(true).await;

    browser.goto(&format!("http://{}/", shop.address)).await;
    browser.see("h1", "Made to be walked in").await;
    assert!(browser.text("html.js .site-nav").await.contains("Women"), "scripts run");
    browser.press("Women").await;
    browser.see("h1", "Women").await;
    let title = browser.text(".card h3 a").await;
    browser.click(".card h3 a").await;
    browser.see("h1", &title).await;

    let options = choose_variant(&shop, &browser).await;
    browser.click("[data-add]").await;
    browser.see(".notice", "Added to your cart.").await;
    browser.see(".cart-link .badge", "1").await;
    browser.see("main", &title).await;
    for value in &options {
        browser.see("main", value).await;
    }
    browser.press("Go to checkout").await;
    browser.see("h1", "Checkout").await;

    for (field, value) in FIELDS {
        browser.fill(field, value).await;
    }
    let standard = browser.text("button[data-once]").await;
    browser.click("input[value=express]").await;
    let express = dearer(&browser, &standard).await;

    browser.click("input[value=tok_decline]").await;
    browser.click("button[data-once]").await;
    browser.see(".notice", "Your payment was declined. Nothing was charged.").await;
    for (field, value) in FIELDS {
        assert_eq!(browser.typed(field).await, value, "{field} is kept");
    }
    assert!(browser.is_checked("input[value=express]").await, "the shipping is kept");
    assert_eq!(browser.text("button[data-once]").await, express, "the price is kept");
    assert_eq!(staff.orders("confirmed").len(), 0);

    browser.click("input[value=tok_3ds]").await;
    browser.click("button[data-once]").await;
    browser.see("h1", "Confirm your payment").await;
    assert!(browser.path().await.starts_with("/test-provider/3ds/"));
    let asked = browser.text("main strong").await;
    browser.press("Approve").await;
    browser.see("h1", "Thank you, your order is confirmed").await;
    browser.see(".summary", "Express delivery").await;
    browser.see(".summary", "Ada Example").await;

    let path = browser.path().await;
    let id = path.strip_prefix("/orders/").unwrap();
    let order = staff.order(id);
    assert_eq!((&order["status"], &order["payment_status"]), (&"confirmed".into(), &"paid".into()), "{order}");
    assert_eq!(order["lines"][0]["quantity"], 1, "{order}");
    let minor = order["totals"]["total"]["amount_minor"].as_i64().unwrap();
    let total = format!("{}.{:02}", minor / 100, minor % 100);
    assert_eq!(asked, format!("{total} EUR"), "what the provider asked for is what the order costs");
    assert!(express.ends_with(&format!("€{total}")), "{express} was on the button, {total} was paid");
    assert_eq!(staff.orders("confirmed").len(), 1, "the declined attempt is no second order");

    let shipped = staff.post(&format!("{id}/shipments"), r#"{"carrier":"Gull Post","tracking":"GP-2024"}"#);
    browser.reload().await;
    browser.see("h1", "Your order is on its way").await;
    browser.see("main", "GP-2024").await;
    let shipment = shipped["shipments"][0]["id"].as_str().unwrap();
    let delivered = staff.post(&format!("{id}/shipments/{shipment}/deliver"), "");
    assert_eq!(delivered["fulfilment_status"], "delivered", "{delivered}");
    browser.reload().await;
    browser.see("h1", "Your order was delivered").await;
    browser.see("main", "Delivered on").await;

    browser.goto(&format!("http://{}/cart", shop.address)).await;
    browser.see("main", "Your cart is empty.").await;
    let checked = shop.run(&["doctor"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
}

#[tokio::test]
async fn a_shopper_without_scripts_buys_too() {
    let shop = Shop::start("--demo");
    let staff = Staff::new(&shop);
    let browser = Browser::open(false).await;

    browser.goto(&format!("http://{}/products", shop.address)).await;
    let title = browser.text(".card h3 a").await;
    browser.click(".card h3 a").await;
    browser.see("h1", &title).await;
    browser.text("html:not(.js) form.picker").await;
    let options = choose_variant(&shop, &browser).await;
    browser.select("#quantity", "2").await;
    browser.press("Add to cart").await;
    browser.see(".notice", "Added to your cart.").await;
    browser.see("main", &options[0]).await;
    browser.press("Go to checkout").await;

    for (field, value) in FIELDS {
        browser.fill(field, value).await;
    }
    let standard = browser.text("button[data-once]").await;
    browser.click("input[value=express]").await;
    browser.press("Update shipping and tax").await;
    dearer(&browser, &standard).await;
    assert_eq!(browser.typed("#name").await, "Ada Example");
    browser.click("input[value=tok_3ds]").await;
    browser.click("button[data-once]").await;
    browser.see("h1", "Confirm your payment").await;
    browser.press("Approve").await;
    browser.see("h1", "Thank you, your order is confirmed").await;

    let path = browser.path().await;
    let order = staff.order(path.strip_prefix("/orders/").unwrap());
    assert_eq!((&order["status"], &order["payment_status"]), (&"confirmed".into(), &"paid".into()), "{order}");
    assert_eq!(order["lines"][0]["quantity"], 2, "{order}");
}

/// Chooses a variant that is not the one the page begins with. Its option values.
async fn choose_variant(shop: &Shop, browser: &Browser) -> Vec<String> {
    let product: Value = serde_json::from_str(&shop.get(&format!("/api/v1{}", browser.path().await), "").2).unwrap();
    let names = product["options"].as_array().unwrap().iter().map(|option| option["name"].as_str().unwrap());
    let variants = product["variants"].as_array().unwrap();
    let last = variants.iter().rfind(|variant| variant["available"] == true).unwrap();
    let values: Vec<String> = names.map(|name| last["options"][name].as_str().unwrap().to_owned()).collect();
    for (place, value) in values.iter().enumerate() {
        let choice = format!("input[name=option-{place}][value='{value}']");
        assert!(place > 0 || !browser.is_checked(&choice).await, "{value} is there to be chosen");
        browser.click(&choice).await;
        assert!(browser.is_checked(&choice).await);
    }
    browser.see("[data-stock]", "In stock").await;
    values
}

/// Waits until the button names another price than `before`, and says which.
async fn dearer(browser: &Browser, before: &str) -> String {
    for _ in 0..200 {
        let now = browser.text("form:not([aria-busy]) button[data-once]").await;
        if now != before {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the price stayed as in {before:?}");
}

/// The merchant, through the API.
struct Staff<'a> {
    shop: &'a Shop,
    bearer: String,
}

impl<'a> Staff<'a> {
    fn new(shop: &'a Shop) -> Self {
        let made = shop.run(&["api-key", "create", "--name", "walk", "--scope", "admin"]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        Staff { shop, bearer: format!("Authorization: Bearer {}\r\n", text(&made.stdout).trim()) }
    }

    fn get(&self, path: &str) -> Value {
        let (status, head, body) = self.shop.get(&format!("/api/v1/admin/orders{path}"), &self.bearer);
        assert_eq!(status, 200, "{head}\n{body}");
        serde_json::from_str(&body).unwrap()
    }

    fn order(&self, id: &str) -> Value {
        self.get(&format!("/{id}"))
    }

    fn orders(&self, status: &str) -> Vec<Value> {
        self.get(&format!("?status={status}"))["items"].as_array().unwrap().clone()
    }

    fn post(&self, path: &str, body: &str) -> Value {
        let headers = format!("{}Idempotency-Key: {path}\r\n", self.bearer);
        let (status, head, order) = self.shop.post(&format!("/api/v1/admin/orders/{path}"), &headers, body);
        assert!((200..300).contains(&status), "{head}\n{order}");
        order
    }
}
