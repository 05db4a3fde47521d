//! The routes, behind a front that knows three callers.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use contracts::Result;
use contracts::identity::{ApiKeyView, Identity, NewApiKey, Principal, Scope};
use http::Request;
use http_body_util::BodyExt as _;
use http_kit::{Front, FrontOptions, Metrics, invalid_token};
use kernel::{ApiKeyId, Failure, Secret, StoreId};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;

use crate::support::{STORE, World, world};

/// The token is the name of the scope that the key has.
struct Keys;

#[async_trait]
impl Identity for Keys {
    async fn authenticate(&self, bearer: &Secret) -> Result<Principal> {
        let scope = match bearer.expose().as_str() {
            "fulfilment" => Scope::Fulfilment,
            "stock" => Scope::Stock,
            "read_only" => Scope::ReadOnly,
            _ => return Err(invalid_token()),
        };
        let id = ApiKeyId::from_uuid(uuid::Uuid::from_u128(1));
        Ok(Principal::ApiKey { id, store: STORE, scopes: vec![scope] })
    }
    async fn create_api_key(&self, _: StoreId, _: NewApiKey) -> Result<ApiKeyView> {
        Err(Failure::internal("not used"))
    }
    async fn api_keys(&self, _: StoreId) -> Result<Vec<ApiKeyView>> {
        Err(Failure::internal("not used"))
    }
    async fn revoke_api_key(&self, _: StoreId, _: ApiKeyId) -> Result<()> {
        Err(Failure::internal("not used"))
    }
}

struct Client(Router);

impl Client {
    fn of(world: &World) -> Self {
        let routes = fulfilment::routes(Arc::new(world.fulfilment.clone()));
        let (router, _) = OpenApiRouter::new().nest("/api/v1", routes).split_for_parts();
        let front = Front::new(Arc::new(Keys), world.rng.clone(), Metrics::new(), FrontOptions::default());
        Client(front.wrap(router))
    }

    async fn raw(&self, key: &str, call: &str, body: Option<Value>) -> (u16, http::HeaderMap, String) {
        let (method, path) = call.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(format!("/api/v1/admin/{path}"));
        if !key.is_empty() {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let (parts, body) = self.0.clone().oneshot(request.body(body).unwrap()).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (parts.status.as_u16(), parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn ask(&self, call: &str, body: Option<Value>) -> (u16, Value) {
        let (status, _, body) = self.raw("fulfilment", call, body).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }
}

const ID: &str = "01900000-0000-7000-8000-000000000009";

#[tokio::test]
async fn who_packs_gets_in_and_who_reads_changes_nothing() {
    let world = world();
    let client = Client::of(&world);
    let step = || Some(json!({ "state": "accepted" }));
    for (call, body, reads) in [
        ("GET fulfilments".to_owned(), None, 200),
        (format!("GET fulfilments/{ID}"), None, 404),
        (format!("PUT fulfilments/{ID}/state"), step(), 403),
        (format!("GET fulfilments/{ID}/label"), None, 403),
    ] {
        assert_eq!(client.raw("", &call, body.clone()).await.0, 401, "{call}");
        assert_eq!(client.raw("stock", &call, body.clone()).await.0, 403, "{call}");
        assert_eq!(client.raw("read_only", &call, body.clone()).await.0, reads, "{call}");
        assert!([200, 404].contains(&client.raw("fulfilment", &call, body).await.0), "{call}");
    }
}

#[tokio::test]
async fn fulfilments_are_pulled_page_by_page_and_taken_further() {
    let world = world();
    let client = Client::of(&world);
    for number in 1..=3 {
        world.paid_order(number);
        world.clock.advance_ms(1);
        world.settle().await;
    }
    let (_, first) = client.ask("GET fulfilments?state=requested&limit=2", None).await;
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    assert!(first["items"][0]["address"].is_null(), "a list shows no addresses");
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, rest) = client.ask(&format!("GET fulfilments?limit=2&cursor={cursor}"), None).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next_cursor"].is_null()), (1, true));

    let one = format!("fulfilments/{}", first["items"][0]["id"].as_str().unwrap());
    assert_eq!(client.ask(&format!("GET {one}/label"), None).await.1["code"], "no_label");
    let (status, labelled) = client.ask(&format!("PUT {one}/state"), Some(json!({ "state": "labelled" }))).await;
    assert_eq!((status, labelled["state"].as_str()), (200, Some("labelled")));
    let (status, headers, label) = client.raw("fulfilment", &format!("GET {one}/label"), None).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "image/svg+xml"));
    assert!(label.starts_with("<svg") && headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    assert_eq!(client.ask("GET fulfilments?state=requested", None).await.1["items"].as_array().unwrap().len(), 2);
    assert_eq!(client.ask("GET fulfilments?location=moon", None).await.1["items"].as_array().unwrap().len(), 0);

    for (wrong, pointer) in [
        (json!({ "state": "lost" }), "/state"),
        (json!({ "state": "packed", "carrier": "" }), "/carrier"),
        (json!({ "state": "packed", "tracking": "a\nb" }), "/tracking"),
        (json!({ "state": "cancelled", "reason": "x".repeat(501) }), "/reason"),
    ] {
        let (status, problem) = client.ask(&format!("PUT {one}/state"), Some(wrong)).await;
        assert_eq!((status, problem["errors"][0]["pointer"].as_str()), (422, Some(pointer)));
    }
    for bad in ["GET fulfilments?state=lost", "GET fulfilments?limit=0", "GET fulfilments?cursor=zz"] {
        assert_eq!(client.ask(bad, None).await.0, 422, "{bad}");
    }
}
