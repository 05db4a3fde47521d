//! The program as a merchant runs it: started, asked, stopped.

use std::time::Duration;

use crate::support::{Shop, argosy, text};

const EXPORT: &str = "Handle,Title,Body (HTML),Vendor,Tags,Published,Option1 Name,Option1 Value,Variant SKU,\
    Variant Inventory Qty,Variant Price,Status\n\
    mug,Mug,<p>Holds tea.</p>,Potter,kitchen,true,Colour,Blue,MUG-B,7,12.50,active\n\
    mug,,,,,,,Red,MUG-R,3,12.50,\n\
    jug,Jug,<p>Pours.</p>,Potter,kitchen,true,Title,Default Title,JUG,2,abc,active\n";

#[test]
fn a_demo_shop_opens_serves_and_closes() {
    let shop = Shop::start("--demo");
    assert_eq!(shop.get("/livez", "").0, 200);
    assert_eq!(shop.get("/readyz", "").0, 200);
    let metrics = shop.get("/metrics", "").2;
    for series in ["http_requests", "ledger_commands_total", "ledger_commit_seconds_total", "argosy_build{version="] {
        assert!(metrics.contains(series), "{series} in\n{metrics}");
    }
    let (status, head, body) = shop.get("/", "Accept: text/html\r\n");
    assert_eq!(status, 200, "{head}");
    assert!(body.contains("<html") || head.contains("content-encoding"), "{head}");
    let (status, head, _) = shop.get("/api/v1/products?limit=5", "");
    assert_eq!(status, 200, "{head}");
    assert!(head.to_lowercase().contains("etag:"), "{head}");
    let openapi: serde_json::Value = serde_json::from_str(&shop.get("/api/v1/openapi.json", "").2).unwrap();
    for path in ["/api/v1/carts", "/api/v1/orders", "/api/v1/products", "/api/v1/admin/stock/{sku}"] {
        assert!(openapi["paths"][path].is_object(), "{path}");
    }
    let (status, head, body) = shop.get("/api/v1/nothing", "");
    assert_eq!(status, 404);
    assert!(head.contains("application/problem+json") && body.contains("no_such_route"), "{head}\n{body}");

    let second = shop.run(&["serve", "--listen", "127.0.0.1:0"]);
    let refusal = text(&second.stderr);
    assert!(!second.status.success());
    let named = format!("process {}, which serves http://{}", shop.child.id(), shop.address);
    assert!(refusal.contains(&named), "{refusal}");

    let (clean, data) = shop.stop();
    assert!(clean, "it ends with success when it is asked to stop");
    let again = Shop::start_in(data, "--demo");
    assert_eq!(again.get("/api/v1/products?limit=1", "").0, 200);
}

#[test]
fn an_order_goes_from_cart_to_confirmed() {
    let shop = Shop::start("--demo");
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let list = json(&shop.get("/api/v1/products?limit=1", "").2);
    let handle = list["items"][0]["handle"].as_str().unwrap();
    let product = json(&shop.get(&format!("/api/v1/products/{handle}"), "").2);
    let variants = product["variants"].as_array().unwrap();
    let sku = variants.iter().find(|variant| variant["available"] == true).unwrap()["sku"].as_str().unwrap();

    let (status, _, cart) = shop.post("/api/v1/carts", "", &format!(r#"{{"lines":[{{"sku":"{sku}","quantity":2}}]}}"#));
    assert_eq!(status, 201, "{cart}");
    let id = cart["id"].as_str().unwrap();
    let secret = format!("Cart-Secret: {}\r\n", cart["secret"].as_str().unwrap());
    let address = r#"{"name":"Ann","line1":"Weg 1","city":"Ulm","postal_code":"89073","country":"DE"}"#;
    let ask = format!(r#"{{"shipping_address":{address}}}"#);
    let (status, _, quote) = shop.post(&format!("/api/v1/carts/{id}/quote"), &secret, &ask);
    assert_eq!(status, 200, "{quote}");
    assert_eq!(quote["tax_lines"][0]["rate"], 190_000);

    let order = format!(
        r#"{{"cart_id":"{id}","cart_version":1,"email":"ann@example.org","shipping_address":{address},
            "shipping_option":"standard","payment":{{"provider":"test","token":"tok_approve"}},
            "expected_total":{}}}"#,
        quote["totals"]["total"]
    );
    let headers = format!("{secret}Idempotency-Key: one\r\n");
    let (status, head, placed) = shop.post("/api/v1/orders", &headers, &order);
    assert_eq!((status, placed["status"].as_str()), (201, Some("confirmed")), "{head}\n{placed}");
    let (status, head, again) = shop.post("/api/v1/orders", &headers, &order);
    assert_eq!((status, &again), (201, &placed));
    assert!(head.contains("idempotent-replayed: true"), "{head}");

    let path = format!("/api/v1/orders/{}", placed["id"].as_str().unwrap());
    assert_eq!(shop.get(&path, "").0, 401);
    let (status, _, seen) = shop.get(&path, &format!("Order-Secret: {}\r\n", placed["secret"].as_str().unwrap()));
    assert_eq!((status, json(&seen)["totals"]["total"].clone()), (200, quote["totals"]["total"].clone()));
    let checked = shop.run(&["doctor"]);
    assert!(checked.status.success(), "{}", text(&checked.stdout));
}

#[test]
fn keys_are_made_listed_and_revoked_while_the_shop_runs() {
    let shop = Shop::start("--empty");
    let made = shop.run(&["api-key", "create", "--name", "scripts", "--scope", "admin"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let key = text(&made.stdout).trim().to_owned();
    let bearer = format!("Authorization: Bearer {key}\r\n");
    assert_eq!(shop.get("/api/v1/admin/invariants", &bearer).0, 200);
    assert_eq!(shop.get("/api/v1/admin/invariants", "").0, 401);

    let listed: serde_json::Value = serde_json::from_slice(&shop.run(&["api-key", "list", "--json"]).stdout).unwrap();
    let ours = listed.as_array().unwrap().iter().find(|key| key["name"] == "scripts").unwrap();
    assert!(ours["key"].is_null());
    assert!(shop.run(&["api-key", "revoke", ours["id"].as_str().unwrap()]).status.success());
    std::thread::sleep(Duration::from_millis(1200));
    assert_eq!(shop.get("/api/v1/admin/invariants", &bearer).0, 401);
}

#[test]
fn imports_and_checkups_work_beside_a_shop_and_without_one() {
    let shop = Shop::start("--empty");
    let file = shop.data.path().join("products.csv");
    std::fs::write(&file, EXPORT).unwrap();
    let file = file.to_str().unwrap().to_owned();

    let imported = shop.run(&["import", &file, "--currency", "EUR", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&imported.stdout)
        .unwrap_or_else(|_| panic!("{}{}", text(&imported.stdout), text(&imported.stderr)));
    assert_eq!(report["products"]["created"], 1, "{report}");
    assert_eq!(report["errors"][0]["line"], 4, "{report}");
    assert_eq!(imported.status.code(), Some(1), "an error in the file is told by the exit code");
    assert_eq!(shop.get("/api/v1/products/mug", "").0, 200);

    let checked = shop.run(&["doctor"]);
    assert!(checked.status.success(), "{}{}", text(&checked.stdout), text(&checked.stderr));
    assert!(text(&checked.stdout).contains("Everything holds."), "{}", text(&checked.stdout));

    let (clean, data) = shop.stop();
    assert!(clean);
    let again = argosy(data.path(), &["import", &file, "--currency", "EUR", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&again.stdout)
        .unwrap_or_else(|_| panic!("{}{}", text(&again.stdout), text(&again.stderr)));
    assert_eq!(report["products"]["unchanged"], 1, "{report}");
    let reports: serde_json::Value =
        serde_json::from_slice(&argosy(data.path(), &["doctor", "--json"]).stdout).unwrap();
    assert!(reports.as_array().unwrap().len() >= 10, "{reports}");
}

#[test]
fn a_bad_configuration_is_refused_with_every_problem() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("shop.toml");
    std::fs::write(&file, "colour = \"red\"\n[limits]\nthreads = -1\n").unwrap();
    let checked = argosy(data.path(), &["config", "check", "--config", file.to_str().unwrap()]);
    let problems = text(&checked.stderr);
    assert!(!checked.status.success());
    assert!(problems.contains("shop.toml:1") && problems.contains("shop.toml:3"), "{problems}");

    let refused = argosy(data.path(), &["serve", "--roles", "catalog"]);
    assert!(text(&refused.stderr).contains("--roles all"), "{}", text(&refused.stderr));
    let printed = text(&argosy(data.path(), &["config", "print"]).stdout);
    assert!(printed.contains(&format!("\"{}\"", data.path().display())) && printed.contains("# data"), "{printed}");
}
