//! A router over a real service, and requests as clients make them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use contracts::Result;
use contracts::catalog::View;
use contracts::identity::{Principal, Scope};
use contracts::ledger::{Actor, AdjustStock, Answer as Stored, Idempotency, SetStock, Stock, StockView};
use http_body_util::BodyExt as _;
use http_kit::Caller;
use infra::Spawner;
use kernel::{ApiKeyId, Currency, Failure, SeededRng, Sku, StoreId, SystemClock, Timestamp};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::CatalogService;

/// Remembers what it was told, in place of the ledger.
#[derive(Default)]
pub(crate) struct Counts(pub(crate) Mutex<BTreeMap<Sku, i64>>);

#[async_trait]
impl Stock for Counts {
    async fn levels(&self, _: StoreId, sku: &Sku) -> Result<Vec<StockView>> {
        let view = |on_hand: i64| {
            let location = contracts::ledger::DEFAULT_LOCATION.to_owned();
            StockView { sku: sku.clone(), location, on_hand, held: 0, committed: 0, available: on_hand }
        };
        Ok(self.0.lock().get(sku).copied().map(view).into_iter().collect())
    }

    async fn set(&self, _: StoreId, sku: &Sku, request: SetStock, _: Actor) -> Result<StockView> {
        self.0.lock().insert(sku.clone(), request.on_hand);
        let (location, on_hand) = (request.location, request.on_hand);
        Ok(StockView { sku: sku.clone(), location, on_hand, held: 0, committed: 0, available: on_hand })
    }

    async fn adjust(&self, _: StoreId, _: AdjustStock, _: Idempotency, _: Actor) -> Result<Stored> {
        Err(Failure::not_found("stock"))
    }

    async fn all_available(&self, _: StoreId) -> Result<Vec<Sku>> {
        Ok(self.0.lock().keys().cloned().collect())
    }
}

pub(crate) struct Client {
    pub(crate) catalog: Arc<CatalogService>,
    pub(crate) counts: Arc<Counts>,
    router: Router,
    _dir: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) bytes: bytes::Bytes,
}

/// A product of type `shoe` in category `shoes`, in sizes 40 and 41, for 50.00 euros and `n` cents.
pub(crate) fn shoe(handle: &str, n: i64) -> Value {
    let variant = |size: &str| {
        let mut prices = vec![json!({ "price": { "amount_minor": 5_000 + n, "currency": "EUR" } })];
        if n == 0 {
            prices.push(json!({ "price": { "amount_minor": 6_000, "currency": "USD" } }));
        }
        json!({ "sku": format!("SHOE-{n}-{size}"), "options": [size], "prices": prices })
    };
    json!({
        "handle": handle,
        "product_type": "shoe",
        "category": "shoes",
        "title": { "en": format!("Shoe {n}") },
        "options": [{ "name": "Size", "values": ["40", "41"] }],
        "attributes": { "sole": "rubber", "drop": 8 },
        "variants": [variant("40"), variant("41")],
        "media": [{ "source": "https://images.example.org/shoe.jpg", "alt": { "en": "A shoe" } }],
    })
}

impl Client {
    /// A shop with the type `shoe`, the category `shoes` and `count` products, made as a merchant would.
    pub(crate) async fn with_products(count: i64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let view = View { currency: Currency::EUR, locale: "en".to_owned() };
        let world: (kernel::SharedClock, kernel::SharedRng) = (Arc::new(SystemClock), Arc::new(SeededRng::new(1)));
        let catalog = CatalogService::open(dir.path(), StoreId::DEFAULT, view, world, Spawner::new()).unwrap();
        let counts = Arc::new(Counts::default());
        let (router, _) = super::routes(catalog.clone(), counts.clone()).split_for_parts();
        let client = Client { catalog, counts, router, _dir: dir };
        let shoe_type = json!({
            "name": { "en": "Shoe" },
            "attributes": [
                { "name": "sole", "label": { "en": "Sole" }, "kind": "choice", "values": ["rubber", "leather"],
                  "required": true },
                { "name": "drop", "label": { "en": "Drop" }, "kind": "integer", "unit": "mm" },
            ],
        });
        let made = client.admin("PUT /admin/product-types/shoe", &[], &shoe_type).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let category = json!({ "name": { "en": "Shoes" } });
        assert_eq!(client.admin("PUT /admin/categories/shoes", &[], &category).await.status, 200);
        for n in 0..count {
            let made = client.admin("POST /admin/products", &[], &shoe(&format!("shoe-{n}"), n)).await;
            assert_eq!(made.status, 201, "{}", made.body);
        }
        client
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[], "").await
    }

    /// As somebody without a key.
    pub(crate) async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        self.ask(line, headers, body.as_bytes().to_vec(), Caller::anonymous("r-1")).await
    }

    /// With a key for the catalog.
    pub(crate) async fn admin(&self, line: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.keyed(line, headers, body).await
    }

    pub(crate) async fn keyed(&self, line: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let id = ApiKeyId::new(Timestamp::EPOCH, &SeededRng::new(1));
        let principal = Principal::ApiKey { id, store: StoreId::DEFAULT, scopes: vec![Scope::Catalog] };
        let caller = Caller { store: StoreId::DEFAULT, principal, request_id: "r-2".to_owned() };
        self.ask(line, headers, body, caller).await
    }

    async fn ask(&self, line: &str, headers: &[(&str, &str)], body: Vec<u8>, caller: Caller) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).extension(caller);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null), bytes }
    }
}

impl Answer {
    /// Handles of a list, in its order.
    pub(crate) fn handles(&self) -> Vec<String> {
        self.texts("items", "handle")
    }

    /// Pointers of the fields at fault.
    pub(crate) fn pointers(&self) -> Vec<String> {
        self.texts("errors", "pointer").into_iter().filter(|pointer| !pointer.is_empty()).collect()
    }

    /// Codes of the fields at fault; when none is named, or all say the same as the problem, the problem's own.
    pub(crate) fn codes(&self) -> Vec<String> {
        let codes = self.texts("errors", "code");
        if codes.is_empty() { vec![self.body["code"].as_str().unwrap_or("").to_owned()] } else { codes }
    }

    fn texts(&self, list: &str, key: &str) -> Vec<String> {
        let items = self.body[list].as_array();
        items.into_iter().flatten().map(|item| item[key].as_str().unwrap_or("").to_owned()).collect()
    }
}
