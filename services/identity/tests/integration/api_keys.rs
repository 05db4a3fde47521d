//! `/api/v1/admin/api-keys`, behind the front as in the shop.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use contracts::identity::{Identity as _, NewApiKey, Scope};
use http::Request;
use http_body_util::BodyExt as _;
use http_kit::{Front, FrontOptions, Metrics};
use identity::Identity;
use kernel::{SeededRng, SharedRng, StoreId, SystemClock};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;

struct Shop {
    router: Router,
    api: utoipa::openapi::OpenApi,
    identity: Identity,
    _dir: tempfile::TempDir,
}

fn open() -> Shop {
    let dir = tempfile::tempdir().unwrap();
    let rng: SharedRng = Arc::new(SeededRng::new(1));
    let identity = Identity::open(dir.path(), Arc::new(SystemClock), Arc::clone(&rng)).unwrap();
    let shared = Arc::new(identity.clone());
    let (router, api) = OpenApiRouter::new().nest("/api/v1", identity::routes(shared.clone())).split_for_parts();
    let front = Front::new(shared, rng, Metrics::new(), FrontOptions::default());
    Shop { router: front.wrap(router), api, identity, _dir: dir }
}

impl Shop {
    async fn key(&self, scope: Scope) -> String {
        let new = NewApiKey { name: format!("{scope:?}"), scopes: vec![scope] };
        self.identity.create_api_key(StoreId::DEFAULT, new).await.unwrap().key.unwrap()
    }

    async fn ask(&self, method: &str, path: &str, key: Option<&str>, body: Option<Value>) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(format!("/api/v1/admin/api-keys{path}"));
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let (parts, body) = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        if parts.status.is_success() {
            assert_eq!(parts.headers["cache-control"], "private, no-store");
        }
        (parts.status.as_u16(), serde_json::from_slice(&body).unwrap_or(Value::Null))
    }
}

#[tokio::test]
async fn a_key_is_made_used_listed_and_revoked() {
    let shop = open();
    let admin = shop.key(Scope::Admin).await;
    let new = json!({"name": "till", "scopes": ["orders", "stock"]});
    let (status, made) = shop.ask("POST", "", Some(&admin), Some(new)).await;
    assert_eq!((status, made["scopes"].clone()), (201, json!(["orders", "stock"])));
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("argosy_") && key.len() == 50);
    assert_eq!(shop.ask("GET", "", Some(key), None).await.0, 403);

    let (status, list) = shop.ask("GET", "", Some(&admin), None).await;
    assert_eq!((status, list["items"].as_array().unwrap().len()), (200, 2));
    assert!(!list.to_string().contains("argosy_"));

    let one = format!("/{}", made["id"].as_str().unwrap());
    assert_eq!(shop.ask("DELETE", &one, Some(&admin), None).await.0, 204);
    assert_eq!(shop.ask("GET", "", Some(key), None).await.1["code"], "invalid_token");
    assert_eq!(shop.ask("DELETE", &one, Some(&admin), None).await.0, 204);
    assert_eq!(shop.ask("DELETE", "/17", Some(&admin), None).await.0, 404);
    assert_eq!(shop.ask("DELETE", "/00000000-0000-7000-8000-000000000009", Some(&admin), None).await.0, 404);
}

#[tokio::test]
async fn only_admin_may() {
    let shop = open();
    let mut keys = Vec::new();
    for scope in [Scope::Catalog, Scope::Orders, Scope::Stock, Scope::ReadOnly] {
        keys.push(shop.key(scope).await);
    }
    let id = "/00000000-0000-7000-8000-000000000009";
    let new = json!({"name": "x", "scopes": ["admin"]});
    for (method, path, body) in [("GET", "", None), ("POST", "", Some(new)), ("DELETE", id, None)] {
        assert_eq!(shop.ask(method, path, None, body.clone()).await.0, 401, "{method}");
        for key in &keys {
            assert_eq!(shop.ask(method, path, Some(key), body.clone()).await.0, 403, "{method}");
        }
    }
    assert_eq!(shop.identity.api_keys(StoreId::DEFAULT).await.unwrap().len(), 4);
}

#[tokio::test]
async fn bad_input_changes_nothing() {
    let shop = open();
    let admin = shop.key(Scope::Admin).await;
    for body in [
        json!({"name": "", "scopes": ["admin"]}),
        json!({"name": "x", "scopes": []}),
        json!({"name": "x", "scopes": ["root"]}),
        json!({"name": "x", "scopes": ["admin"], "store": "y"}),
        json!({"name": "a\u{0}b", "scopes": ["admin"]}),
        json!({"name": 7, "scopes": ["admin"]}),
        json!([]),
    ] {
        let (status, problem) = shop.ask("POST", "", Some(&admin), Some(body.clone())).await;
        assert_eq!((status, problem["errors"].is_array()), (422, true), "{body}");
    }
    for query in ["?limit=0", "?limit=101", "?limit=x", "?cursor=zz", "?page=2"] {
        assert_eq!(shop.ask("GET", query, Some(&admin), None).await.0, 422, "{query}");
    }
    assert_eq!(shop.identity.api_keys(StoreId::DEFAULT).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_list_is_read_page_by_page() {
    let shop = open();
    let admin = shop.key(Scope::Admin).await;
    for _ in 0..4 {
        shop.key(Scope::Stock).await;
    }
    let (mut path, mut seen) = ("?limit=2".to_owned(), Vec::new());
    loop {
        let (status, page) = shop.ask("GET", &path, Some(&admin), None).await;
        assert_eq!(status, 200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        path = format!("?limit=2&cursor={next}");
    }
    let mut distinct = seen.clone();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (5, 5));
}

#[test]
fn every_route_is_documented() {
    let api = serde_json::to_value(open().api).unwrap();
    let paths = api["paths"].as_object().unwrap();
    assert!(paths["/api/v1/admin/api-keys"]["post"]["responses"]["403"].is_object());
    assert!(paths["/api/v1/admin/api-keys"]["get"].is_object());
    assert!(paths["/api/v1/admin/api-keys/{id}"]["delete"]["responses"]["401"].is_object());
}
