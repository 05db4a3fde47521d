//! What leaves a shop that runs: the mail about an order, the request to whoever packs it, and its way to the door.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Shop, text};

/// Asks until the answer is as it should be, for what happens in the background.
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..400 {
        if let Some(found) = ask() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what} did not happen within twenty seconds");
}

fn order(shop: &Shop) -> (String, String) {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let list = parse(&shop.get("/api/v1/products?limit=1", "").2);
    let handle = list["items"][0]["handle"].as_str().unwrap();
    let product = parse(&shop.get(&format!("/api/v1/products/{handle}"), "").2);
    let variants = product["variants"].as_array().unwrap();
    let sku = variants.iter().find(|variant| variant["available"] == true).unwrap()["sku"].as_str().unwrap();
    let (_, _, cart) = shop.post("/api/v1/carts", "", &json!({ "lines": [{ "sku": sku, "quantity": 1 }] }).to_string());
    let address = json!({ "name": "Ann", "line1": "Weg 1", "city": "Ulm", "postal_code": "89073", "country": "DE" });
    let headers = format!("Cart-Secret: {}\r\nIdempotency-Key: one\r\n", cart["secret"].as_str().unwrap());
    let ask = json!({ "shipping_address": address }).to_string();
    let quote = format!("/api/v1/carts/{}/quote", cart["id"].as_str().unwrap());
    let (_, _, quote) = shop.post(&quote, &headers, &ask);
    let body = json!({
        "cart_id": cart["id"], "cart_version": cart["version"], "email": "ann@example.org", "shipping_address": address,
        "shipping_option": quote["shipping_options"][0]["handle"],
        "payment": { "provider": "test", "token": "tok_approve" },
    });
    let (status, _, placed) = shop.post("/api/v1/orders", &headers, &body.to_string());
    assert_eq!(status, 201, "{placed}");
    (placed["id"].as_str().unwrap().to_owned(), placed["number"].as_str().unwrap().to_owned())
}

#[test]
fn an_order_is_confirmed_by_mail_packed_and_delivered() {
    let shop = Shop::start("--demo");
    let key = text(&shop.run(&["api-key", "create", "--name", "t", "--scope", "admin"]).stdout);
    let staff = format!("Authorization: Bearer {}\r\n", key.trim());
    let get = |path: &str| serde_json::from_str::<Value>(&shop.get(path, &staff).2).unwrap();
    let (id, number) = order(&shop);

    let file = until("the confirmation", || {
        let mails = get(&format!("/api/v1/admin/mails?order={id}&status=sent"));
        Some(mails["items"][0]["file"].as_str()?.to_owned())
    });
    let mail = std::fs::read_to_string(shop.data.path().join("mail").join(file)).unwrap();
    assert!(mail.contains("To: ann@example.org") && mail.contains(&format!("Subject: Your order {number}")), "{mail}");
    assert!(shop.get("/metrics", "").2.contains("mails_queued 0"), "nothing waits any more");
    let listed = text(&shop.run(&["mail", "list"]).stdout);
    assert!(listed.contains("order_confirmation") && !listed.contains("ann@"), "{listed}");
    let preview = text(&shop.run(&["mail", "preview", "low_stock", "--locale", "de"]).stdout);
    assert!(preview.contains("wird knapp"), "{preview}");
    assert!(text(&shop.run(&["webhooks", "list"]).stdout).contains("no endpoints"));

    let request = until("the request", || {
        let requests = get(&format!("/api/v1/admin/fulfilments?state=requested&order={id}"));
        Some(requests["items"][0]["id"].as_str()?.to_owned())
    });
    let step = |state: &str| {
        let body = json!({ "state": state }).to_string();
        let headers = format!("{staff}Content-Type: application/json\r\n");
        let (status, _, body) =
            shop.send("PUT", &format!("/api/v1/admin/fulfilments/{request}/state"), &headers, &body);
        assert_eq!(status, 200, "{body}");
    };
    step("labelled");
    let (status, _, label) = shop.get(&format!("/api/v1/admin/fulfilments/{request}/label"), &staff);
    assert!(status == 200 && label.contains("<svg") && label.contains("Weg 1"), "{label}");
    step("handed_over");
    let shown = |status: &'static str| move |order: &Value| order["fulfilment_status"] == status;
    let order_is = |is: &dyn Fn(&Value) -> bool| Some(get(&format!("/api/v1/admin/orders/{id}"))).filter(|o| is(o));
    let order = until("the shipment", || order_is(&shown("shipped")));
    assert_eq!(order["shipments"][0]["carrier"], "simulated");
    step("delivered");
    let order = until("the delivery", || order_is(&shown("delivered")));
    assert_eq!(order["status"], "closed");
    until("the mails about the parcel", || {
        let mails = get(&format!("/api/v1/admin/mails?order={id}&status=sent"));
        let count = mails["items"].as_array()?.len();
        (count == 3).then_some(())
    });
    // What happened to the parcel stands in the feed, where webhooks take it from.
    until("the events", || {
        let mut after = 0;
        loop {
            let page = get(&format!("/api/v1/admin/events?limit=100&after={after}"));
            let items = page["items"].as_array()?;
            if items.iter().any(|event| event["type"] == "fulfilment.delivered") {
                return Some(());
            }
            after = items.last()?["position"].as_u64()?;
        }
    });
}
