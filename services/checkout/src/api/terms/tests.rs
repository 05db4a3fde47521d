//! The documents over HTTP, over the real database, with a ledger that remembers the limits it was told.

use std::collections::BTreeMap;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use contracts::Result;
use contracts::event::OutboxSource;
use contracts::identity::{Principal, Scope};
use contracts::ledger::{Actor, CouponView, GiftCardView, Vouchers};
use http_body_util::BodyExt as _;
use http_kit::Caller;
use infra::Spawner;
use kernel::{ApiKeyId, Failure, Money, Secret, SeededRng, StoreId, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::TermsService;
use crate::quote::Terms;

/// For all, and for each customer.
type Pair = (Option<i64>, Option<i64>);

/// Limits by counter, of which those that end in `GONE` are used up.
#[derive(Default)]
struct Limits(Mutex<BTreeMap<String, Pair>>);

#[async_trait]
impl Vouchers for Limits {
    async fn put_coupon(&self, _: StoreId, _: &str, _: Option<i64>, _: Actor) -> Result<CouponView> {
        Err(Failure::not_found("coupon"))
    }

    async fn limit_coupon(
        &self,
        _: StoreId,
        code: &str,
        limit: Option<i64>,
        limit_per_customer: Option<i64>,
        _: Actor,
    ) -> Result<CouponView> {
        if limit == Some(13) {
            return Err(Failure::field("/limit", "below_uses", "The coupon was used 14 times already."));
        }
        self.0.lock().insert(code.to_owned(), (limit, limit_per_customer));
        Ok(CouponView { code: code.to_owned(), limit, uses: 0, limit_per_customer })
    }

    async fn coupon(&self, _: StoreId, code: &str) -> Result<Option<CouponView>> {
        let found = self.0.lock().get(code).copied();
        let uses = |limit: Option<i64>| if code.ends_with("GONE") { limit.unwrap_or(0) } else { 0 };
        let view = |(limit, limit_per_customer)| CouponView {
            code: code.to_owned(),
            limit,
            uses: uses(limit),
            limit_per_customer,
        };
        Ok(found.map(view))
    }

    async fn issue_gift_card(&self, _: StoreId, _: &Secret, _: Money, _: Actor) -> Result<GiftCardView> {
        Err(Failure::not_found("gift card"))
    }

    async fn gift_card(&self, _: StoreId, _: &Secret) -> Result<Option<GiftCardView>> {
        Ok(None)
    }
}

struct Noon;

impl kernel::clock::Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000)
    }
}

struct Office {
    dir: tempfile::TempDir,
    limits: Arc<Limits>,
    terms: Arc<TermsService>,
    router: Router,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn etag(&self) -> &str {
        self.headers["etag"].to_str().unwrap()
    }

    /// Code and pointer of each fault.
    fn faults(&self) -> Vec<(&str, &str)> {
        let errors = self.body["errors"].as_array();
        errors.into_iter().flatten().map(|e| (e["code"].as_str().unwrap(), e["pointer"].as_str().unwrap())).collect()
    }
}

impl Office {
    fn open() -> Self {
        Office::at(tempfile::tempdir().unwrap(), Arc::default(), 1)
    }

    fn at(dir: tempfile::TempDir, limits: Arc<Limits>, seed: u64) -> Self {
        let world: (kernel::SharedClock, kernel::SharedRng) = (Arc::new(Noon), Arc::new(SeededRng::new(seed)));
        let terms = Arc::new(Terms::default());
        let terms = TermsService::open(dir.path(), terms, limits.clone(), world, Spawner::new()).unwrap();
        let (router, _) = terms_routes(terms.clone()).split_for_parts();
        Office { dir, limits, terms, router }
    }

    async fn send(&self, scope: Scope, line: &str, if_match: Option<&str>, body: &Value) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        if let Some(tag) = if_match {
            request = request.header("if-match", tag);
        }
        let id = ApiKeyId::from_uuid(uuid::Uuid::nil());
        let principal = Principal::ApiKey { id, store: StoreId::DEFAULT, scopes: vec![scope] };
        let caller = Caller { store: StoreId::DEFAULT, principal, request_id: "r-1".to_owned() };
        let request = request.extension(caller).body(Body::from(body.to_string())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Scope::Admin, &format!("PUT {path}"), None, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Scope::ReadOnly, &format!("GET {path}"), None, &Value::Null).await
    }
}

fn ten(code: &str) -> Value {
    json!({ "name": { "en": "Ten off", "de": "Zehn weniger" }, "codes": [code], "effect": { "kind": "percentage", "rate_ppm": 100_000 } })
}

/// A body of every kind, with the scope that writes it.
fn samples() -> Vec<(&'static str, Scope, Value)> {
    let method = json!({
        "handle": "post", "name": { "en": "Post" }, "by": "weight", "days_min": 1, "days_max": 3,
        "steps": [{ "up_to": 2_000, "prices": [{ "amount_minor": 490, "currency": "EUR" }] }],
    });
    let rate = json!({ "class": "standard", "rate_ppm": 190_000, "valid_from": "2021-01-01" });
    vec![
        ("/admin/promotions/ten", Scope::Promotions, ten("TEN")),
        (
            "/admin/price-lists/sale",
            Scope::Promotions,
            json!({ "name": "Sale", "currency": "EUR", "sale": true, "prices": [{ "sku": "A", "price_minor": 100 }] }),
        ),
        ("/admin/customer-groups/trade", Scope::Customers, json!({ "name": "Trade" })),
        ("/admin/tax-zones/de", Scope::Settings, json!({ "country": "DE", "name": "USt", "rates": [rate] })),
        (
            "/admin/shipping-zones/de",
            Scope::Settings,
            json!({ "name": "Germany", "countries": ["DE"], "methods": [method] }),
        ),
        ("/admin/selling-settings", Scope::Settings, json!({ "time_zone": "Europe/Vienna", "country": "AT" })),
    ]
}

#[tokio::test]
async fn documents_are_replaced_only_by_those_who_read_them_and_may() {
    let office = Office::open();
    for (path, scope, body) in samples() {
        let put = format!("PUT {path}");
        assert_eq!(office.send(Scope::Catalog, &put, None, &body).await.status, 403, "{path}");
        assert_eq!(office.send(Scope::ReadOnly, &put, None, &body).await.status, 403, "{path}");
        let made = office.send(scope, &put, None, &body).await;
        assert_eq!((made.status, made.etag()), (200, "\"v1\""), "{path}: {}", made.body);
        assert_eq!(made.headers["cache-control"], "private, no-store");
        let mut read = office.get(path).await.body;
        assert_eq!(office.put(path, &read).await.body["code"], "if_match_required", "{path}");
        let same = office.send(scope, &put, Some("\"v1\""), &read).await;
        assert_eq!(same.etag(), "\"v1\"", "the same document again is no new version");
        let name = if path == "/admin/selling-settings" { "reverse_charge" } else { "name" };
        read[name] = match name {
            "name" if path.contains("promotions") => json!({ "en": "Other" }),
            "name" => json!("Other"),
            _ => json!(true),
        };
        let next = office.send(scope, &put, Some("\"v1\""), &read).await;
        assert_eq!((next.status, next.etag()), (200, "\"v2\""), "{path}: {}", next.body);
        assert_eq!(office.send(scope, &put, Some("\"v1\""), &read).await.body["code"], "stale_version", "{path}");
        read["colour"] = json!(1);
        assert_eq!(office.send(scope, &put, Some("\"v2\""), &read).await.status, 422, "{path}");
    }
    let events = office.terms.unpublished(100).await.unwrap();
    assert_eq!((events.len(), events[0].kind.as_str()), (12, "checkout.promotion_changed"));
    assert_eq!((events[0].aggregate.as_str(), events[1].aggregate_seq), ("promotion:ten", 2));
    office.terms.mark_published(StoreId::DEFAULT, events[10].position).await.unwrap();
    assert_eq!(office.terms.unpublished(100).await.unwrap().len(), 1);

    // What was written is there after the next start.
    let Office { dir, limits, terms, router } = office;
    drop((terms, router));
    let office = Office::at(dir, limits, 2);
    for (path, scope, _) in samples().into_iter().filter(|(path, ..)| *path != "/admin/selling-settings") {
        let delete = format!("DELETE {path}");
        assert_eq!(office.send(scope, &delete, None, &Value::Null).await.status, 428, "{path}");
        assert_eq!(office.send(scope, &delete, Some("\"v1\""), &Value::Null).await.status, 412, "{path}");
        assert_eq!(office.send(scope, &delete, Some("\"v2\""), &Value::Null).await.status, 204, "{path}");
        assert_eq!(office.get(path).await.status, 404, "{path}");
    }
    assert_eq!(office.get("/admin/selling-settings").await.body["time_zone"], "Europe/Vienna");
}

#[tokio::test]
async fn settings_are_there_before_anybody_writes_them() {
    let office = Office::open();
    let settings = office.get("/admin/selling-settings").await;
    assert_eq!((settings.etag(), &settings.body["country"]), ("\"v0\"", &json!("DE")));
    let wrong = json!({ "time_zone": "Europe/Atlantis", "country": "Germany", "us_states": ["CA", "ZZ"],
        "seller": { "name": "Tide\nClay", "address": "1 Quay\nUlm", "footer": "x".repeat(501) } });
    let expected = [
        ("unknown_time_zone", "/time_zone"),
        ("unknown_country", "/country"),
        ("unknown_state", "/us_states/1"),
        ("invalid_characters", "/seller/name"),
        ("too_long", "/seller/footer"),
    ];
    assert_eq!(office.put("/admin/selling-settings", &wrong).await.faults(), expected);
}

#[tokio::test]
async fn lists_come_in_pages_by_handle() {
    let office = Office::open();
    for handle in ["c", "a", "b"] {
        let body = json!({ "name": handle });
        assert_eq!(office.put(&format!("/admin/customer-groups/{handle}"), &body).await.status, 200);
    }
    let first = office.get("/admin/customer-groups?limit=2").await.body;
    assert_eq!((&first["items"][0]["handle"], &first["items"][1]["handle"]), (&json!("a"), &json!("b")));
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = office.get(&format!("/admin/customer-groups?limit=2&cursor={cursor}")).await.body;
    assert_eq!((&rest["items"][0]["handle"], &rest["next_cursor"]), (&json!("c"), &Value::Null));
    assert_eq!(office.get("/admin/customer-groups?limit=101").await.status, 422);
}

#[tokio::test]
async fn limits_are_told_to_the_ledger_in_capitals() {
    let office = Office::open();
    let mut limited = ten(" spring ");
    limited["limit"] = json!(100);
    limited["limit_per_customer"] = json!(1);
    let made = office.put("/admin/promotions/spring", &limited).await;
    assert_eq!((made.status, &made.body["codes"]), (200, &json!(["SPRING"])));
    let mut automatic = ten("x");
    (automatic["codes"], automatic["limit"]) = (json!([]), json!(5));
    assert_eq!(office.put("/admin/promotions/welcome", &automatic).await.status, 200);
    assert_eq!(office.put("/admin/promotions/free", &ten("FREE")).await.status, 200);
    let told: Vec<_> = office.limits.0.lock().clone().into_iter().collect();
    let expected = [("AUTO:WELCOME".to_owned(), (Some(5), None)), ("SPRING".to_owned(), (Some(100), Some(1)))];
    assert_eq!(told, expected, "an unlimited code needs no counting");
    limited["limit"] = json!(13);
    let refused = office.send(Scope::Admin, "PUT /admin/promotions/spring", Some("\"v1\""), &limited).await;
    assert_eq!((refused.status, refused.faults()), (422, vec![("below_uses", "/limit")]));
    assert_eq!(office.get("/admin/promotions/spring").await.body["limit"], 100, "nothing was saved");
}

#[tokio::test]
async fn promotions_are_listed_by_how_they_stand() {
    let office = Office::open();
    // It is 16:13:20 in the shop.
    let made = [
        ("now", ten("NOW"), json!({ "starts_at": "2026-09-21T16:13" })),
        ("later", ten("LATER"), json!({ "starts_at": "2026-09-21T16:14" })),
        ("over", ten("OVER"), json!({ "ends_at": "2026-09-21T16:13" })),
        ("used", ten("GONE"), json!({ "limit": 3 })),
        ("half-used", ten("HALF"), json!({ "codes": ["ALL-GONE", "LEFT"], "limit": 3 })),
        ("off", ten("OFF"), json!({ "enabled": false })),
    ];
    for (handle, mut body, more) in made {
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let path = format!("/admin/promotions/{handle}");
        assert_eq!(office.put(&path, &body).await.status, 200, "{handle}");
    }
    let listed = async |state: &str| {
        let found = office.get(&format!("/admin/promotions?state={state}")).await.body;
        let items = found["items"].as_array().unwrap();
        items.iter().map(|item| item["handle"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(listed("active").await, "half-used now");
    assert_eq!(listed("planned").await, "later");
    assert_eq!(listed("ended").await, "over");
    assert_eq!(listed("used_up").await, "used");
    assert_eq!(listed("off").await, "off");
    assert_eq!(office.get("/admin/promotions?state=good").await.status, 422);
    let standing = office.get("/admin/promotions/half-used/standing").await.body;
    let uses = json!([{ "code": "ALL-GONE", "uses": 3, "limit": 3 }, { "code": "LEFT", "uses": 0, "limit": 3 }]);
    assert_eq!(standing, json!({ "state": "active", "uses": uses }));
    assert_eq!(office.get("/admin/promotions/now/standing").await.body["uses"], json!([]), "nothing counts it");
    assert_eq!(office.get("/admin/promotions/nothing/standing").await.status, 404);
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let office = Office::open();
    assert_eq!(office.put("/admin/promotions/ten", &ten("TEN")).await.status, 200);
    let wrong = json!({
        "name": {}, "codes": ["ten", "A B", "AUTO:X"], "groups": ["nobody"], "limit": 0,
        "starts_at": "2026-12-01T00:00", "ends_at": "2026-11-01T00:00",
        "effect": { "kind": "fixed", "amounts": [{ "amount_minor": 0, "currency": "EUR" }, { "amount_minor": 1, "currency": "EUR" }] },
    });
    let refused = office.put("/admin/promotions/Other", &wrong).await;
    let expected = [
        ("invalid_handle", "/handle"),
        ("required", "/name"),
        ("code_taken", "/codes/0"),
        ("invalid_code", "/codes/1"),
        ("invalid_code", "/codes/2"),
        ("out_of_range", "/limit"),
        ("unknown_group", "/groups/0"),
        ("before_start", "/ends_at"),
        ("too_small", "/effect/amounts/0/amount_minor"),
        ("repeated", "/effect/amounts/1/currency"),
    ];
    assert_eq!(refused.faults(), expected);
    let zone = json!({
        "name": "\u{7}", "countries": ["XX"], "regions": ["HI"],
        "methods": [{ "handle": "a", "name": { "en": "A" }, "days_min": 3, "days_max": 2, "steps": [
            { "up_to": 5, "prices": [] }, { "up_to": 5, "prices": [{ "amount_minor": -1, "currency": "EUR" }] },
        ] }],
    });
    let expected = [
        ("invalid_characters", "/name"),
        ("unknown_country", "/countries/0"),
        ("invalid_region", "/regions/0"),
        ("too_small", "/methods/0/steps/1/prices/0/amount_minor"),
        ("not_rising", "/methods/0/steps/1/up_to"),
        ("out_of_range", "/methods/0/days_max"),
    ];
    assert_eq!(office.put("/admin/shipping-zones/z", &zone).await.faults(), expected);
    let zone = json!({ "country": "DE", "name": "VAT", "rates": [
        { "class": "books", "rate_ppm": 1_000_001, "valid_from": "soon" },
        { "class": "books", "rate_ppm": 1, "valid_from": "2026-01-02", "valid_until": "2026-01-02" },
    ] });
    let expected = [
        ("required", "/rates"),
        ("too_large", "/rates/0/rate_ppm"),
        ("invalid_day", "/rates/0/valid_from"),
        ("before_start", "/rates/1/valid_until"),
    ];
    assert_eq!(office.put("/admin/tax-zones/z", &zone).await.faults(), expected);
    let list = json!({ "name": "L", "currency": "EUR", "markets": ["us"], "prices": [
        { "sku": "A", "price_minor": -1 }, { "sku": "A", "price_minor": 1, "tiers": [{ "from_quantity": 1, "price_minor": 1 }] },
    ] });
    let expected = [
        ("unknown_market", "/markets/0"),
        ("too_small", "/prices/0/price_minor"),
        ("repeated", "/prices/1/sku"),
        ("out_of_range", "/prices/1/tiers/0"),
    ];
    assert_eq!(office.put("/admin/price-lists/l", &list).await.faults(), expected);
}

#[test]
fn every_route_is_documented() {
    let office = Office::open();
    let (_, api) = terms_routes(office.terms).split_for_parts();
    let text = api.to_json().unwrap();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(api.components.as_ref().unwrap().schemas.contains_key(name), "{name} is referred to and not there");
    }
    assert_eq!(api.paths.paths.len(), 12);
}
