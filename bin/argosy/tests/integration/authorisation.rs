//! Who may do what (I12): every route of the running shop, asked for by everybody, compared with one table.
//!
//! A route that is in the OpenAPI document and not in the table fails the test, and so does a line of the table whose
//! route is gone. Bodies are made from the document's own schemas, so that a route has no excuse to judge the input
//! before it knows who asks. The pages of the back office have a table of their own, compared with the paths that
//! `web/admin` serves.

mod pages;

use std::collections::BTreeMap;

use Rule::{Anyone, Change, Customer, Either, OfOrder, Read, Secret, StaffOnly};
use pages::{PAGES, Page};
use serde_json::{Value, json};

use crate::support::Shop;

const PASSWORD: &str = "correct horse battery";
/// An id that nothing has.
const NOTHING: &str = "00000000-0000-7000-8000-0000000000ff";

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rule {
    Anyone,
    /// Whoever has the secret of the cart or order; nobody here shows one.
    Secret,
    /// Whoever has the secret, the customer whose order it is (none is, here), or staff with the scope, to read or not.
    OfOrder(&'static str, bool),
    /// Customers, for themselves.
    Customer,
    /// Members of the staff, for themselves.
    StaffOnly,
    /// The scope, or reading everything.
    Read(&'static str),
    /// One of two scopes.
    Either(&'static str, &'static str),
    /// The scope.
    Change(&'static str),
}

/// The routes below `/api/v1`.
const TABLE: &[(&str, Rule)] = &[
    // The shop.
    ("GET /products", Anyone),
    ("GET /products/{handle}", Anyone),
    ("GET /categories", Anyone),
    ("GET /collections", Anyone),
    ("GET /search", Anyone),
    ("GET /search/suggest", Anyone),
    ("POST /carts", Anyone),
    ("GET /carts/{id}", Secret),
    ("POST /carts/{id}/lines", Secret),
    ("PATCH /carts/{id}/lines/{line_id}", Secret),
    ("DELETE /carts/{id}/lines/{line_id}", Secret),
    ("POST /carts/{id}/coupons", Secret),
    ("DELETE /carts/{id}/coupons/{code}", Secret),
    ("POST /carts/{id}/quote", Secret),
    ("POST /orders", Secret),
    ("GET /orders/{id}", OfOrder("orders", true)),
    ("POST /orders/{id}/cancel", OfOrder("orders", false)),
    ("POST /webhooks/{provider}", Secret),
    // Customers.
    ("POST /customers", Anyone),
    ("POST /sessions", Anyone),
    ("POST /password-resets", Anyone),
    ("POST /password-resets/redeem", Anyone),
    ("POST /email-verifications", Anyone),
    ("GET /customers/me", Customer),
    ("PATCH /customers/me", Customer),
    ("PUT /customers/me/password", Customer),
    ("POST /customers/me/verification", Customer),
    ("GET /customers/me/export", Customer),
    ("GET /customers/me/orders", Customer),
    ("GET /customers/me/past-orders", Customer),
    ("GET /customers/me/past-orders/{id}", Customer),
    ("POST /customers/me/cart", Customer),
    ("GET /customers/me/addresses", Customer),
    ("POST /customers/me/addresses", Customer),
    ("PUT /customers/me/addresses/{id}", Customer),
    ("DELETE /customers/me/addresses/{id}", Customer),
    ("GET /customers/me/sessions", Customer),
    ("DELETE /customers/me/sessions/{id}", Customer),
    ("POST /customers/me/erase", Customer),
    // Staff, for themselves.
    ("POST /admin/setup", Anyone),
    ("POST /admin/sessions", Anyone),
    ("POST /admin/invitations/accept", Anyone),
    ("POST /admin/password-resets", Anyone),
    ("POST /admin/password-resets/redeem", Anyone),
    ("GET /admin/me", StaffOnly),
    ("PUT /admin/me/password", StaffOnly),
    ("GET /admin/me/sessions", StaffOnly),
    ("DELETE /admin/me/sessions/{id}", StaffOnly),
    // People.
    ("GET /admin/staff", Read("staff")),
    ("POST /admin/staff", Change("staff")),
    ("GET /admin/staff/{id}", Read("staff")),
    ("PATCH /admin/staff/{id}", Change("staff")),
    ("DELETE /admin/staff/{id}", Change("staff")),
    ("GET /admin/roles", Read("staff")),
    ("PUT /admin/roles/{handle}", Change("staff")),
    ("DELETE /admin/roles/{handle}", Change("staff")),
    ("GET /admin/api-keys", Change("admin")),
    ("POST /admin/api-keys", Change("admin")),
    ("DELETE /admin/api-keys/{id}", Change("admin")),
    ("GET /admin/customers", Read("customers")),
    ("GET /admin/customers/{id}", Read("customers")),
    ("GET /admin/customers/{id}/orders", Read("customers")),
    ("GET /admin/customers/{id}/export", Change("customers")),
    ("POST /admin/customers/{id}/erase", Change("customers")),
    ("POST /admin/imports/customers", Change("customers")),
    ("GET /admin/imports/customers", Read("customers")),
    ("POST /admin/imports/customers/{id}/undo", Change("customers")),
    ("GET /admin/exports/customers", Change("customers")),
    ("GET /admin/customer-groups", Read("customers")),
    ("GET /admin/customer-groups/{handle}", Read("customers")),
    ("PUT /admin/customer-groups/{handle}", Change("customers")),
    ("DELETE /admin/customer-groups/{handle}", Change("customers")),
    // The catalog and its search.
    ("GET /admin/products", Read("catalog")),
    ("POST /admin/products", Change("catalog")),
    ("GET /admin/products/{handle}", Read("catalog")),
    ("PUT /admin/products/{handle}", Change("catalog")),
    ("DELETE /admin/products/{handle}", Change("catalog")),
    ("GET /admin/product-types/{handle}", Read("catalog")),
    ("PUT /admin/product-types/{handle}", Change("catalog")),
    ("GET /admin/categories/{handle}", Read("catalog")),
    ("PUT /admin/categories/{handle}", Change("catalog")),
    ("DELETE /admin/categories/{handle}", Change("catalog")),
    ("GET /admin/collections/{handle}", Read("catalog")),
    ("PUT /admin/collections/{handle}", Change("catalog")),
    ("DELETE /admin/collections/{handle}", Change("catalog")),
    ("POST /admin/media", Change("catalog")),
    ("POST /admin/imports", Change("catalog")),
    ("GET /admin/exports/products", Read("catalog")),
    ("GET /admin/changes", Read("catalog")),
    ("POST /admin/changes/{id}/undo", Change("catalog")),
    ("GET /admin/search", Read("catalog")),
    ("POST /admin/search/rebuild", Change("catalog")),
    ("GET /admin/search/synonyms", Read("catalog")),
    ("PUT /admin/search/synonyms", Change("catalog")),
    // What other shops sold.
    ("POST /admin/imports/orders", Change("orders")),
    ("GET /admin/imports/orders", Read("orders")),
    ("POST /admin/imports/orders/{id}/undo", Change("orders")),
    ("GET /admin/past-orders", Read("orders")),
    ("GET /admin/past-orders/{id}", Read("orders")),
    ("POST /admin/past-orders/{id}/erase", Change("admin")),
    // Orders, stock, money.
    ("GET /admin/orders", Read("orders")),
    ("GET /admin/orders/{id}", Read("orders")),
    ("GET /admin/orders/{id}/history", Read("orders")),
    ("POST /admin/orders/{id}/cancel", Change("orders")),
    ("POST /admin/orders/{id}/notes", Change("orders")),
    ("POST /admin/orders/{id}/shipments", Either("orders", "fulfilment")),
    ("POST /admin/orders/{id}/edits", Change("orders")),
    ("POST /admin/orders/{id}/shipments/{shipment_id}/deliver", Change("orders")),
    ("POST /admin/orders/{id}/refunds", Change("orders")),
    ("POST /admin/orders/{id}/returns", Change("orders")),
    ("POST /admin/orders/{id}/returns/{return_id}/receive", Change("orders")),
    ("GET /admin/stock/{sku}", Read("stock")),
    ("PUT /admin/stock/{sku}", Change("stock")),
    ("POST /admin/stock/adjustments", Change("stock")),
    ("GET /admin/stock", Read("stock")),
    ("GET /admin/stock/{sku}/policy", Read("stock")),
    ("PUT /admin/stock/{sku}/policy", Change("stock")),
    ("PUT /admin/stock/{sku}/threshold", Change("stock")),
    ("POST /admin/stock-counts", Change("stock")),
    ("GET /admin/stock-settings", Read("stock")),
    ("PUT /admin/stock-settings", Change("stock")),
    ("GET /admin/locations", Read("stock")),
    ("PUT /admin/locations", Change("stock")),
    ("GET /admin/transfers", Read("stock")),
    ("POST /admin/transfers", Change("stock")),
    ("POST /admin/transfers/{id}/receive", Change("stock")),
    ("GET /admin/bundles/{sku}", Read("stock")),
    ("PUT /admin/bundles/{sku}", Change("stock")),
    ("GET /admin/coupons/{code}", Read("orders")),
    ("PUT /admin/coupons/{code}", Change("orders")),
    ("POST /admin/gift-cards", Change("admin")),
    ("POST /admin/gift-cards/lookup", Read("orders")),
    ("GET /admin/events", Read("admin")),
    ("GET /admin/invariants", Read("admin")),
    ("POST /admin/people/{id}/erase", Change("admin")),
    ("GET /admin/fulfilments", Read("fulfilment")),
    ("GET /admin/fulfilments/{id}", Read("fulfilment")),
    ("GET /admin/fulfilments/{id}/label", Change("fulfilment")),
    ("PUT /admin/fulfilments/{id}/state", Change("fulfilment")),
    // What is sold for how much.
    ("GET /admin/promotions", Read("promotions")),
    ("GET /admin/promotions/{handle}", Read("promotions")),
    ("PUT /admin/promotions/{handle}", Change("promotions")),
    ("DELETE /admin/promotions/{handle}", Change("promotions")),
    ("GET /admin/promotions/{handle}/standing", Read("promotions")),
    ("GET /admin/price-lists", Read("promotions")),
    ("GET /admin/price-lists/{handle}", Read("promotions")),
    ("PUT /admin/price-lists/{handle}", Change("promotions")),
    ("DELETE /admin/price-lists/{handle}", Change("promotions")),
    ("GET /admin/tax-zones", Read("settings")),
    ("GET /admin/tax-zones/{handle}", Read("settings")),
    ("PUT /admin/tax-zones/{handle}", Change("settings")),
    ("DELETE /admin/tax-zones/{handle}", Change("settings")),
    ("GET /admin/shipping-zones", Read("settings")),
    ("GET /admin/shipping-zones/{handle}", Read("settings")),
    ("PUT /admin/shipping-zones/{handle}", Change("settings")),
    ("DELETE /admin/shipping-zones/{handle}", Change("settings")),
    ("GET /admin/selling-settings", Read("settings")),
    ("PUT /admin/selling-settings", Change("settings")),
    // Mails and webhooks. A list of endpoints says where a merchant's data goes, so that reading is not enough.
    ("GET /admin/mails", Change("notifications")),
    ("GET /admin/mails/preview/{template}", Change("notifications")),
    ("POST /admin/mails/{id}/retry", Change("notifications")),
    ("POST /admin/mails/forget", Change("notifications")),
    ("GET /admin/webhook-endpoints", Change("notifications")),
    ("POST /admin/webhook-endpoints", Change("notifications")),
    ("GET /admin/webhook-endpoints/{id}", Change("notifications")),
    ("PATCH /admin/webhook-endpoints/{id}", Change("notifications")),
    ("DELETE /admin/webhook-endpoints/{id}", Change("notifications")),
    ("GET /admin/webhook-endpoints/{id}/deliveries", Change("notifications")),
    ("POST /admin/webhook-endpoints/{id}/ping", Change("notifications")),
    ("POST /admin/webhook-endpoints/{id}/replay", Change("notifications")),
    ("POST /admin/webhook-endpoints/{id}/secret", Change("notifications")),
    // The ends of sessions.
    ("DELETE /sessions/current", Customer),
    ("DELETE /admin/sessions/current", StaffOnly),
];

/// Somebody, with what they are expected to be allowed.
struct Actor {
    name: String,
    token: Option<String>,
    kind: Kind,
    scopes: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Nobody,
    Customer,
    Staff,
    Key,
}

/// What an answer means for who asked.
#[derive(Debug, PartialEq)]
enum Verdict {
    /// Not refused because of who asks, whatever else came of it.
    In,
    WhoAreYou,
    NotYou,
    /// As if it were not there.
    NotThere,
}

impl Actor {
    fn has(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == "admin" || own == scope)
    }

    fn expects_of_page(&self, page: Page) -> Verdict {
        let sees = |scope: &str| self.has(scope) || self.has("read_only");
        let granted = match page {
            Page::Open => return Verdict::In,
            _ if self.kind == Kind::Nobody => return Verdict::WhoAreYou,
            Page::Own => self.kind == Kind::Staff,
            Page::Staff => !self.scopes.is_empty(),
            Page::Sees(scopes) => scopes.iter().any(|scope| sees(scope)),
            Page::Does(scope) => self.has(scope),
            Page::DoesSeeing(does, seeing) => self.has(does) && sees(seeing),
        };
        if granted { Verdict::In } else { Verdict::NotYou }
    }

    fn expects(&self, rule: Rule) -> Verdict {
        let only = |kind| if self.kind == kind { Verdict::In } else { Verdict::NotYou };
        let may = |granted| if granted { Verdict::In } else { Verdict::NotYou };
        match rule {
            Anyone => Verdict::In,
            Secret => Verdict::WhoAreYou,
            _ if self.kind == Kind::Nobody => Verdict::WhoAreYou,
            OfOrder(..) if self.kind == Kind::Customer => Verdict::NotThere,
            Customer => only(Kind::Customer),
            StaffOnly => only(Kind::Staff),
            Read(scope) | OfOrder(scope, true) => may(self.has(scope) || self.has("read_only")),
            Change(scope) | OfOrder(scope, false) => may(self.has(scope)),
            Either(one, other) => may(self.has(one) || self.has(other)),
        }
    }
}

/// What was answered, as a verdict. A wrong password is an answer like any other.
fn verdict(rule: Rule, status: u16, code: &str) -> Verdict {
    match status {
        401 if code != "invalid_credentials" => Verdict::WhoAreYou,
        403 if code != "cannot_grant" => Verdict::NotYou,
        404 if matches!(rule, OfOrder(..)) => Verdict::NotThere,
        _ => Verdict::In,
    }
}

/// A small value that fits `schema`.
fn sample(api: &Value, name: &str, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(api, name, api.pointer(reference.trim_start_matches('#')).unwrap());
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")) {
            return sample(api, name, first);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = serde_json::Map::new();
        for part in parts {
            whole.extend(sample(api, name, part).as_object().cloned().unwrap_or_default());
        }
        return whole.into();
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    if !schema["const"].is_null() {
        return schema["const"].clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("object");
    match kind {
        "integer" | "number" => json!(schema["minimum"].as_i64().unwrap_or(1).max(1)),
        "boolean" => json!(false),
        "array" => match schema["minItems"].as_u64() {
            Some(1..) => json!([sample(api, name, &schema["items"])]),
            _ => json!([]),
        },
        "object" => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let names = required.iter().filter_map(Value::as_str);
            names.map(|name| (name.to_owned(), sample(api, name, &schema["properties"][name]))).collect()
        }
        _ => json!(match (schema["format"].as_str(), name) {
            (Some("uuid"), _) => NOTHING,
            (Some("date-time"), _) => "2026-01-01T00:00:00Z",
            (Some("email"), _) => "walker@mail.test",
            (_, "currency") => "EUR",
            (_, "country") => "DE",
            (_, "from" | "until" | "starts_at" | "ends_at") => "2026-01-01T00:00:00Z",
            (_, "rate" | "percent" | "percentage") => "0.1",
            _ => schema["example"].as_str().unwrap_or("walk"),
        }),
    }
}

struct Walk {
    shop: Shop,
    api: Value,
}

impl Walk {
    fn ask(&self, actor: &Actor, method: &str, template: &str) -> (u16, Value) {
        let operation = &self.api["paths"][format!("/api/v1{template}")][method.to_lowercase()];
        let mut path = template.to_owned();
        while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
            let value = match &path[from + 1..to] {
                name if name.ends_with("id") => NOTHING,
                "provider" => "test",
                "template" => "password_reset",
                _ => "walk",
            };
            path.replace_range(from..=to, value);
        }
        let mut headers = format!("Idempotency-Key: {}-{}\r\n", actor.name, path.len());
        if let Some(token) = &actor.token {
            headers += &format!("Authorization: Bearer {token}\r\n");
        }
        let content = operation["requestBody"]["content"].as_object();
        let body = match content.and_then(|content| content.iter().next()) {
            Some((kind, content)) => {
                headers += &format!("Content-Type: {}\r\n", kind.replace("image/*", "image/png"));
                if kind == "application/json" {
                    sample(&self.api, "", &content["schema"]).to_string()
                } else {
                    "walk".to_owned()
                }
            }
            None => String::new(),
        };
        let (status, _, answer) = self.shop.send(method, &format!("/api/v1{path}"), &headers, &body);
        (status, serde_json::from_str(&answer).unwrap_or(Value::Null))
    }
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

/// The token of the last link in a mail whose path has `marker`. Mails are sent in the background.
fn mailed(shop: &Shop, marker: &str, known: &[String]) -> String {
    for _ in 0..200 {
        let folder = shop.data.path().join("mail");
        let mut files: Vec<_> = walk_dir(&folder);
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(file).unwrap_or_default().replace("=\r\n", "").replace("=\n", "");
            let Some(at) = text.find(marker) else { continue };
            let token: String = text[at + marker.len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_')
                .collect();
            if !known.contains(&token) {
                return token;
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("no mail with {marker} came")
}

fn walk_dir(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .flat_map(|entry| if entry.path().is_dir() { walk_dir(&entry.path()) } else { vec![entry.path()] })
        .collect()
}

fn made(shop: &Shop, path: &str, headers: &str, body: &Value) -> Value {
    let (status, _, answer) = shop.post(&format!("/api/v1{path}"), headers, &body.to_string());
    assert_eq!(status, 201, "{path}: {answer}");
    answer
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn owner(shop: &Shop) -> String {
    let link = crate::support::text(&shop.run(&["owner-link"]).stdout);
    assert!(link.starts_with(&format!("http://{}/admin/setup/", shop.address)), "{link}");
    let token = link.trim().rsplit('/').next().unwrap();
    let setup = json!({"token": token, "email": "owner@shop.test", "name": "Olga", "password": PASSWORD});
    text(&made(shop, "/admin/setup", "", &setup)["token"])
}

fn customer(shop: &Shop, email: &str) -> String {
    made(shop, "/customers", "", &json!({"email": email, "password": PASSWORD}));
    text(&made(shop, "/sessions", "", &json!({"email": email, "password": PASSWORD}))["token"])
}

/// Nobody, two customers, a colleague of every role, a key of every scope.
fn actors(shop: &Shop, api: &Value) -> Vec<Actor> {
    let nobody = Actor { name: "nobody".to_owned(), token: None, kind: Kind::Nobody, scopes: Vec::new() };
    let mut actors = vec![nobody];
    for name in ["ann", "bob"] {
        let token = Some(customer(shop, &format!("{name}@mail.test")));
        actors.push(Actor { name: name.to_owned(), token, kind: Kind::Customer, scopes: Vec::new() });
    }
    let first = owner(shop);
    let office = bearer(&first);
    let (status, _, _) = shop.send(
        "PUT",
        "/api/v1/admin/roles/pickers",
        &format!("{office}Content-Type: application/json\r\n"),
        r#"{"name": "Pickers", "scopes": ["stock", "orders"]}"#,
    );
    assert_eq!(status, 200);
    let (_, _, roles) = shop.get("/api/v1/admin/roles", &office);
    let roles: Value = serde_json::from_str(&roles).unwrap();
    let mut used = Vec::new();
    for role in roles["items"].as_array().unwrap() {
        let handle = text(&role["handle"]);
        let invite = json!({"email": format!("{handle}.colleague@shop.test"), "name": handle, "role": handle});
        made(shop, "/admin/staff", &office, &invite);
        let token = mailed(shop, "/admin/invitations/", &used);
        let joined = made(shop, "/admin/invitations/accept", "", &json!({"token": token, "password": PASSWORD}));
        used.push(token);
        let scopes = role["scopes"].as_array().unwrap().iter().map(text).collect();
        actors.push(Actor { name: handle, token: Some(text(&joined["token"])), kind: Kind::Staff, scopes });
    }
    assert_eq!(actors.len(), 3 + 6);
    for scope in api["components"]["schemas"]["Scope"]["enum"].as_array().unwrap().iter().map(text) {
        let key = made(shop, "/admin/api-keys", &office, &json!({"name": scope, "scopes": [scope]}));
        let (name, token) = (format!("key-{scope}"), Some(text(&key["key"])));
        actors.push(Actor { name, token, kind: Kind::Key, scopes: vec![scope] });
    }
    actors
}

#[test]
fn every_route_asks_who_is_there() {
    let shop = Shop::start("--empty");
    let (_, _, api) = shop.get("/api/v1/openapi.json", "");
    let api: Value = serde_json::from_str(&api).unwrap();

    let mut table: BTreeMap<&str, Rule> = BTreeMap::new();
    for (line, rule) in TABLE {
        assert!(table.insert(line, *rule).is_none(), "{line} is in the table twice");
    }
    let served: Vec<String> = api["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, operations)| {
            let path = path.strip_prefix("/api/v1").unwrap();
            operations.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let missing: Vec<_> = served.iter().filter(|line| !table.contains_key(line.as_str())).collect();
    assert!(missing.is_empty(), "say in TABLE who may use these routes: {missing:#?}");
    let gone: Vec<_> = table.keys().filter(|line| !served.iter().any(|known| known == *line)).collect();
    assert!(gone.is_empty(), "these routes of TABLE are not served: {gone:#?}");

    let actors = actors(&shop, &api);
    let walk = Walk { shop, api };
    let everybody = TABLE.iter().flat_map(|(line, rule)| actors.iter().map(move |actor| (*line, *rule, actor)));
    let mut asked: Vec<(&str, Rule, &Actor)> = everybody.collect();
    // Whoever logs out cannot be asked anything more.
    asked.sort_by_key(|(line, rule, actor)| line.ends_with("/sessions/current") && actor.expects(*rule) == Verdict::In);
    let mut wrong = Vec::new();
    for (line, rule, actor) in asked {
        let (method, template) = line.split_once(' ').unwrap();
        let (status, answer) = walk.ask(actor, method, template);
        let code = answer["code"].as_str().unwrap_or("");
        let (found, expected) = (verdict(rule, status, code), actor.expects(rule));
        // An order that is not there is not there for those who may see all of them either.
        let absent = found == Verdict::NotThere && expected == Verdict::In;
        let broken = status >= 500 && status != 503;
        if broken || (found != expected && !absent) {
            wrong.push(format!("{line} by {}: {status} {code}, expected {expected:?}", actor.name));
        }
    }
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is answered to a browser, or to a program with a key.
fn ask_for_page(shop: &Shop, actor: &Actor, method: &str, template: &str) -> (u16, Verdict) {
    let mut path = template.to_owned();
    while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
        let value = match &path[from + 1..to] {
            "id" | "shipment" | "return" => NOTHING,
            "template" => "password_reset",
            _ => "walk",
        };
        path.replace_range(from..=to, value);
    }
    let mut headers = String::new();
    if let Some(token) = &actor.token {
        headers = match actor.kind {
            Kind::Staff => format!("Cookie: argosy-staff={token}\r\n"),
            Kind::Customer => format!("Cookie: argosy-session={token}\r\n"),
            Kind::Nobody | Kind::Key => bearer(token),
        };
    }
    if method == "POST" {
        headers += "Content-Type: application/x-www-form-urlencoded\r\nOrigin: http://shop\r\n";
    }
    let (status, head, _) = shop.send(method, &path, &headers, "");
    let to_login = head.lines().any(|line| line.to_lowercase().starts_with("location: /admin/login"));
    let verdict = match status {
        303 if to_login => Verdict::WhoAreYou,
        403 => Verdict::NotYou,
        _ => Verdict::In,
    };
    (status, verdict)
}

#[test]
fn every_page_of_the_back_office_asks_who_is_there() {
    let shop = Shop::start("--empty");
    let served: std::collections::BTreeSet<String> = admin::table().into_iter().collect();
    let table: BTreeMap<&str, Page> = PAGES.iter().copied().collect();
    assert_eq!(table.len(), PAGES.len(), "a page is in PAGES twice");
    let missing: Vec<_> = served.iter().filter(|line| !table.contains_key(line.as_str())).collect();
    assert!(missing.is_empty(), "say in PAGES who may see these: {missing:#?}");
    let gone: Vec<_> = table.keys().filter(|line| !served.contains(**line)).collect();
    assert!(gone.is_empty(), "these lines of PAGES are not served: {gone:#?}");

    let (_, _, api) = shop.get("/api/v1/openapi.json", "");
    let actors = actors(&shop, &serde_json::from_str(&api).unwrap());
    let everybody = PAGES.iter().flat_map(|(line, page)| actors.iter().map(move |actor| (*line, *page, actor)));
    let mut asked: Vec<(&str, Page, &Actor)> = everybody.collect();
    // Whoever logs out cannot be asked anything more.
    asked.sort_by_key(|(line, ..)| line.ends_with("/logout"));
    let mut wrong = Vec::new();
    for (line, page, actor) in asked {
        let (method, template) = line.split_once(' ').unwrap();
        let (status, found) = ask_for_page(&shop, actor, method, template);
        let expected = match actor.expects_of_page(page) {
            // A customer is nobody at the back office's door.
            Verdict::NotYou if actor.kind == Kind::Customer => Verdict::WhoAreYou,
            expected => expected,
        };
        let open = page == Page::Open && found != Verdict::NotYou;
        if status >= 500 || (found != expected && !open) {
            wrong.push(format!("{line} by {}: {status} {found:?}, expected {expected:?}", actor.name));
        }
    }
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_anns_is_not_there_for_bob() {
    let shop = Shop::start("--demo");
    let (ann, bob) = (customer(&shop, "ann@mail.test"), customer(&shop, "bob@mail.test"));
    let (as_ann, as_bob) = (bearer(&ann), bearer(&bob));
    let send = |method: &str, path: &str, headers: &str, body: &Value| {
        let headers = format!("{headers}Content-Type: application/json\r\n");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, answer) = shop.send(method, &format!("/api/v1{path}"), &headers, &body);
        (status, serde_json::from_str::<Value>(&answer).unwrap_or(Value::Null))
    };
    let address = json!({"name": "Ann", "line1": "1 Quay", "city": "Ulm", "postal_code": "89073", "country": "DE"});
    let saved = made(&shop, "/customers/me/addresses", &as_ann, &json!({"address": address}));
    let session = send("GET", "/customers/me/sessions", &as_ann, &Value::Null).1["items"][0]["id"].clone();

    // A guest's cart comes along when Ann logs in, and is ordered.
    let (_, products) = send("GET", "/products?limit=100", "", &Value::Null);
    let handle =
        products["items"].as_array().unwrap().iter().find(|p| p["available"] == true).unwrap()["handle"].clone();
    let (_, product) = send("GET", &format!("/products/{}", text(&handle)), "", &Value::Null);
    let variant = product["variants"].as_array().unwrap().iter().find(|v| v["available"] == true).unwrap().clone();
    let guest = made(&shop, "/carts", "", &json!({"lines": [{"sku": variant["sku"], "quantity": 1}]}));
    let with_cart = format!("Cart-Secret: {}\r\n", text(&guest["secret"]));
    let log_in = json!({"email": "ann@mail.test", "password": PASSWORD});
    let cart = made(&shop, "/sessions", &with_cart, &log_in)["cart"].clone();
    assert_eq!(cart["id"], guest["id"]);
    assert_eq!(
        send("GET", &format!("/carts/{}", text(&cart["id"])), &with_cart, &Value::Null).0,
        404,
        "another secret now"
    );
    let secret = format!("Cart-Secret: {}\r\n", text(&cart["secret"]));
    let (status, view) = send("GET", &format!("/carts/{}", text(&cart["id"])), &secret, &Value::Null);
    assert_eq!((status, &view["lines"][0]["sku"]), (200, &variant["sku"]));
    let (_, quote) =
        send("POST", &format!("/carts/{}/quote", text(&cart["id"])), &secret, &json!({"shipping_address": address}));
    let order = json!({
        "cart_id": cart["id"], "cart_version": view["version"], "email": "ann@mail.test", "shipping_address": address,
        "shipping_option": quote["shipping_options"][0]["handle"], "payment": {"provider": "test", "token": "tok_approve"},
    });
    let order = made(&shop, "/orders", &format!("{as_ann}{secret}Idempotency-Key: one\r\n"), &order);
    let order = text(&order["id"]);
    // Bob cannot take the cart by logging in with its secret, and Ann's next one begins empty.
    let log_in = json!({"email": "bob@mail.test", "password": PASSWORD});
    assert_eq!(made(&shop, "/sessions", &secret, &log_in)["cart"], Value::Null);
    assert_eq!(send("POST", "/customers/me/cart", &as_ann, &Value::Null).0, 404);

    let listed = |who: &str| send("GET", "/customers/me/orders", who, &Value::Null).1["items"].clone();
    assert_eq!((&listed(&as_ann)[0]["id"], listed(&as_bob)), (&json!(order), json!([])));
    for (method, path, body) in [
        ("GET", format!("/orders/{order}"), Value::Null),
        ("POST", format!("/orders/{order}/cancel"), json!({})),
        ("PUT", format!("/customers/me/addresses/{}", text(&saved["id"])), json!({"address": address})),
        ("DELETE", format!("/customers/me/addresses/{}", text(&saved["id"])), Value::Null),
        ("DELETE", format!("/customers/me/sessions/{}", text(&session)), Value::Null),
    ] {
        let key = format!("{as_bob}Idempotency-Key: two\r\n");
        assert_eq!(send(method, &path, &key, &body).0, 404, "{method} {path} by Bob");
    }
    assert_eq!(send("GET", &format!("/orders/{order}"), &as_ann, &Value::Null).0, 200);
    assert_eq!(send("GET", &format!("/orders/{order}"), "", &Value::Null).0, 401);

    // The pages keep to the same.
    let cookie = |token: &str| format!("Cookie: argosy-session={token}\r\n");
    for path in ["/account", "/account/addresses", "/account/export"] {
        let (status, head, _) = shop.get(path, "");
        assert!(status == 303 && head.to_lowercase().contains("location: /account/login"), "{path}: {head}");
        let (status, head, body) = shop.get(path, &cookie(&ann));
        assert_eq!(status, 200, "{path}");
        assert!(head.to_lowercase().contains("cache-control: private, no-store"), "{path}: {head}");
        assert!(!shop.get(path, &cookie(&bob)).2.contains("Quay") && (path == "/account" || body.contains("Quay")));
    }
    let (_, _, page) = shop.get("/account", &cookie(&ann));
    assert!(page.contains(&format!("/orders/{order}?key=")));
    let form = |origin: &str| format!("{}Content-Type: application/x-www-form-urlencoded\r\n{origin}", cookie(&ann));
    let edit = format!("/account/addresses/{}", text(&saved["id"]));
    assert_eq!(shop.get(&edit, &cookie(&ann)).0, 200);
    assert_eq!(shop.get(&edit, &cookie(&bob)).0, 404);
    for origin in ["Origin: https://evil.test\r\n", "Sec-Fetch-Site: cross-site\r\n", ""] {
        assert_eq!(shop.send("POST", &edit, &form(origin), "intent=remove").0, 403, "{origin}");
    }
    assert_eq!(shop.send("POST", &edit, &form("Origin: http://shop\r\n"), "intent=remove").0, 303);
    assert_eq!(shop.get(&edit, &cookie(&ann)).0, 404);
}
