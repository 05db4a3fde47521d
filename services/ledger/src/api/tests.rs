//! What holds for every route: it is documented, and it opens only to whom it says.

use std::collections::BTreeSet;

use contracts::identity::Scope;
use serde_json::json;

use super::probe::{Client, KEY, ORDER, OTHER};

use Scope::{Admin, Catalog, Orders, ReadOnly, Stock};

/// Every route of the back office: what changes something and what only reads, with the one scope besides `admin`
/// that opens it. A route that is missing here fails [`every_route_is_documented_and_in_the_table`].
const ADMIN: [(&str, Scope, bool); 34] = [
    ("GET /admin/orders", Orders, true),
    ("GET /admin/orders/{id}", Orders, true),
    ("GET /admin/orders/{id}/history", Orders, true),
    ("POST /admin/orders/{id}/cancel", Orders, false),
    ("POST /admin/orders/{id}/shipments", Orders, false),
    ("POST /admin/orders/{id}/shipments/{shipment_id}/deliver", Orders, false),
    ("POST /admin/orders/{id}/refunds", Orders, false),
    ("POST /admin/orders/{id}/returns", Orders, false),
    ("POST /admin/orders/{id}/returns/{return_id}/receive", Orders, false),
    ("POST /admin/orders/{id}/notes", Orders, false),
    ("GET /admin/stock/{sku}", Stock, true),
    ("PUT /admin/stock/{sku}", Stock, false),
    ("POST /admin/stock/adjustments", Stock, false),
    ("GET /admin/stock", Stock, true),
    ("PUT /admin/stock/{sku}/threshold", Stock, false),
    ("GET /admin/stock-settings", Stock, true),
    ("PUT /admin/stock-settings", Stock, false),
    ("POST /admin/stock-counts", Stock, false),
    ("GET /admin/stock/{sku}/policy", Stock, true),
    ("PUT /admin/stock/{sku}/policy", Stock, false),
    ("GET /admin/bundles/{sku}", Stock, true),
    ("PUT /admin/bundles/{sku}", Stock, false),
    ("GET /admin/locations", Stock, true),
    ("PUT /admin/locations", Stock, false),
    ("GET /admin/transfers", Stock, true),
    ("POST /admin/transfers", Stock, false),
    ("POST /admin/transfers/{id}/receive", Stock, false),
    ("GET /admin/coupons/{code}", Orders, true),
    ("PUT /admin/coupons/{code}", Orders, false),
    ("POST /admin/gift-cards", Admin, false),
    ("POST /admin/gift-cards/lookup", Orders, true),
    ("GET /admin/events", Admin, true),
    ("GET /admin/invariants", Admin, true),
    ("POST /admin/people/{id}/erase", Admin, false),
];

/// With an id where the template has a name.
fn filled(line: &str) -> String {
    let shipment_or_return = line.replace("{shipment_id}", OTHER).replace("{return_id}", OTHER);
    let id = if line.contains("/people/") || line.contains("/transfers/") { OTHER } else { ORDER };
    shipment_or_return.replace("{id}", id).replace("{sku}", "RUN-42%2FEU").replace("{code}", "SPRING")
}

#[tokio::test]
async fn every_admin_route_answers_401_without_a_key() {
    let client = Client::new();
    for (line, ..) in ADMIN {
        let line = filled(line);
        let secret = ("order-secret", super::probe::SECRET);
        for headers in [&[][..], &[KEY], &[KEY, secret]] {
            for body in ["", "{}", "{", "[[["] {
                let refused = client.as_anyone(&line, headers, body).await;
                assert_eq!(refused.problem(), (401, "unauthenticated", vec![]), "{line} {headers:?} {body}");
                assert_eq!(refused.headers["www-authenticate"], "Bearer");
            }
        }
    }
    assert!(client.calls().is_empty());
}

#[tokio::test]
async fn a_key_opens_what_its_scope_names_and_no_more() {
    let client = Client::new();
    for (line, needs, reads) in ADMIN {
        let line = filled(line);
        for scope in [Admin, Catalog, Orders, Stock, ReadOnly] {
            let opens = scope == Admin || scope == needs || (reads && scope == ReadOnly);
            // A body that has no shape: whoever may is told so, whoever may not is not.
            let reply = client.as_staff(scope, &line, &[KEY], "{").await;
            if opens {
                assert!(![401, 403].contains(&reply.status.as_u16()), "{line} {scope:?}: {}", reply.status);
            } else {
                assert_eq!(reply.problem(), (403, "missing_scope", vec![]), "{line} {scope:?}");
                assert_eq!(reply.headers["content-type"], "application/problem+json");
            }
        }
    }
}

#[tokio::test]
async fn every_post_that_moves_something_wants_an_idempotency_key() {
    let client = Client::new();
    let documented = client.openapi["paths"].as_object().unwrap();
    let mut wanting = 0;
    for (path, item) in documented {
        let parameters = item["post"]["parameters"].as_array().into_iter().flatten();
        if parameters.into_iter().all(|parameter| parameter["name"] != "Idempotency-Key") {
            continue;
        }
        wanting += 1;
        let reply = client.as_staff(Admin, &filled(&format!("POST {path}")), &[], "{}").await;
        assert_eq!(reply.problem(), (400, "idempotency_key_required", vec![]), "{path}");
        let long = "k".repeat(256);
        let reply = client.as_staff(Admin, &filled(&format!("POST {path}")), &[("idempotency-key", &long)], "{}").await;
        assert_eq!(reply.problem(), (422, "invalid_idempotency_key", vec![]), "{path}");
    }
    assert_eq!(wanting, 12, "seven changes of orders by staff, one by the owner, and four of stock");
    assert!(client.calls().is_empty());
}

#[tokio::test]
async fn bodies_are_json_of_bounded_size() {
    let client = Client::new();
    let (notes, key) = (format!("POST /admin/orders/{ORDER}/notes"), [KEY]);
    let plain = [KEY, ("content-type", "text/plain")];
    assert_eq!(client.as_staff(Orders, &notes, &key, "").await.problem().0, 415, "no body, no type");
    assert_eq!(client.as_staff(Orders, &notes, &plain[..1], "{").await.problem(), (400, "malformed_json", vec![]));
    let deep = "[".repeat(40);
    assert_eq!(client.as_staff(Orders, &notes, &key, &deep).await.problem(), (400, "malformed_json", vec![]));
    let huge = format!(r#"{{"text":"{}"}}"#, "x".repeat(300_000));
    assert_eq!(client.as_staff(Orders, &notes, &key, &huge).await.problem(), (413, "body_too_large", vec![]));
    let nul = client.as_staff(Orders, &notes, &key, r#"{"text":"a\u0000"}"#).await;
    assert_eq!(nul.status, 422);
    assert!(client.calls().is_empty());
}

#[test]
fn every_route_is_documented_and_in_the_table() {
    let api = Client::new().openapi;
    let mut found = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let line = format!("{} {path}", method.to_uppercase());
            assert!(operation["summary"].is_string(), "{line} says what it does");
            let answers = operation["responses"].as_object().unwrap();
            for status in ["400", "401", "403", "422", "500", "503"] {
                assert!(answers.contains_key(status), "{line}: {status}");
            }
            if !operation["requestBody"].is_null() {
                assert!(answers.contains_key("413") && answers.contains_key("415"), "{line}");
            }
            let named = |name: &str| {
                operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == name)
            };
            for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
                assert!(named(name), "{line}: {name}");
            }
            if path.starts_with("/orders/") {
                assert!(named("Order-Secret"), "{line}");
                assert_eq!(operation["security"], json!([{}, { "api_key": [] }]), "{line}");
            } else {
                assert_eq!(operation["security"], json!([{ "api_key": [] }]), "{line}");
                found.insert(line);
            }
        }
    }
    let table: BTreeSet<String> = ADMIN.iter().map(|(line, ..)| (*line).to_owned()).collect();
    assert_eq!(found, table);
    let text = api.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(api["components"]["schemas"].get(name).is_some(), "{name} is referred to and not there");
    }
}
