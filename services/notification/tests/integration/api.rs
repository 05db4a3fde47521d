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

/// `admin` and `orders` are keys with these scopes.
struct Keys;

#[async_trait]
impl Identity for Keys {
    async fn authenticate(&self, bearer: &Secret) -> Result<Principal> {
        let scope = match bearer.expose().as_str() {
            "admin" => Scope::Admin,
            "orders" => Scope::Orders,
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
        let routes = notification::routes(&world.notification);
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
        let (status, _, body) = self.raw("admin", call, body).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }
}

const ID: &str = "01900000-0000-7000-8000-000000000009";

#[tokio::test]
async fn only_admins_get_in() {
    let world = world();
    let client = Client::of(&world);
    for call in [
        "GET mails".to_owned(),
        format!("POST mails/{ID}/retry"),
        "POST mails/forget".to_owned(),
        "GET mails/preview/low_stock".to_owned(),
        "GET webhook-endpoints".to_owned(),
        "POST webhook-endpoints".to_owned(),
        format!("GET webhook-endpoints/{ID}"),
        format!("PATCH webhook-endpoints/{ID}"),
        format!("DELETE webhook-endpoints/{ID}"),
        format!("POST webhook-endpoints/{ID}/secret"),
        format!("POST webhook-endpoints/{ID}/ping"),
        format!("GET webhook-endpoints/{ID}/deliveries"),
        format!("POST webhook-endpoints/{ID}/replay"),
    ] {
        let body = || {
            if call.starts_with("PATCH") || call.ends_with("replay") {
                return Some(json!({}));
            }
            if call.ends_with("forget") {
                return Some(json!({ "email": "a@b.co" }));
            }
            (call == "POST webhook-endpoints").then(|| json!({ "url": "https://hooks.example" }))
        };
        assert_eq!(client.raw("", &call, body()).await.0, 401, "{call}");
        assert_eq!(client.raw("orders", &call, body()).await.0, 403, "{call}");
    }
}

#[tokio::test]
async fn mails_are_listed_page_by_page_and_tried_again() {
    let world = world();
    let client = Client::of(&world);
    for number in 1..=3 {
        let order = world.order(number, "DE");
        world.order_event(order, "order.placed", json!({}));
        world.clock.advance_ms(1);
        world.settle().await;
    }
    let (status, first) = client.ask("GET mails?limit=2&status=sent", None).await;
    assert_eq!((status, first["items"].as_array().unwrap().len()), (200, 2));
    assert!(!first.to_string().contains("example.org"), "a list names no readers");
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, rest) = client.ask(&format!("GET mails?limit=2&cursor={cursor}"), None).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next_cursor"].is_null()), (1, true));
    let id = rest["items"][0]["id"].as_str().unwrap();
    assert_eq!(client.ask(&format!("POST mails/{id}/retry"), None).await.1["code"], "mail_done");
    assert_eq!(client.ask(&format!("POST mails/{ID}/retry"), None).await.0, 404);
    let order = world.order(2, "DE");
    assert_eq!(client.ask(&format!("GET mails?order={order}"), None).await.1["items"].as_array().unwrap().len(), 1);
    for bad in ["GET mails?status=lost", "GET mails?limit=0", "GET mails?cursor=zz", "GET mails?order=1"] {
        assert_eq!(client.ask(bad, None).await.0, 422, "{bad}");
    }
}

#[tokio::test]
async fn previews_run_nothing() {
    let world = world();
    let client = Client::of(&world);
    let (status, preview) = client.ask("GET mails/preview/order_confirmation?locale=de", None).await;
    assert_eq!((status, preview["subject"].as_str()), (200, Some("Deine Bestellung 1001")));
    let (_, headers, page) = client.raw("admin", "GET mails/preview/low_stock?format=html", None).await;
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(headers["content-security-policy"].to_str().unwrap().contains("sandbox"));
    let (_, headers, _) = client.raw("admin", "GET mails/preview/low_stock?format=text", None).await;
    assert!(headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(client.ask("GET mails/preview/love_letter", None).await.0, 404);
}

#[tokio::test]
async fn endpoints_are_made_changed_and_deleted() {
    let world = world();
    let client = Client::of(&world);
    let new = json!({ "url": "https://hooks.example/a", "event_types": ["order.*", "order.*"], "description": " x " });
    let (status, made) = client.ask("POST webhook-endpoints", Some(new)).await;
    assert_eq!(
        (status, made["event_types"].clone(), made["description"].as_str()),
        (201, json!(["order.*"]), Some("x"))
    );
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let one = format!("webhook-endpoints/{}", made["id"].as_str().unwrap());
    let (_, shown) = client.ask(&format!("GET {one}"), None).await;
    assert!(shown["secret"].is_null() && shown["enabled"] == true);
    let (_, off) = client.ask(&format!("PATCH {one}"), Some(json!({ "enabled": false }))).await;
    assert_eq!((off["enabled"].as_bool(), off["url"].as_str()), (Some(false), Some("https://hooks.example/a")));
    let (_, again) = client.ask(&format!("POST {one}/secret"), None).await;
    assert_ne!(again["secret"], made["secret"]);
    assert_eq!(client.ask("GET webhook-endpoints", None).await.1["items"].as_array().unwrap().len(), 1);
    assert_eq!(client.raw("admin", &format!("DELETE {one}"), None).await.0, 204);
    assert_eq!(client.ask(&format!("GET {one}/deliveries"), None).await.0, 404);

    let wrong = json!({ "url": "ftp://x", "event_types": ["Order Paid"], "description": "a\u{7}" });
    let (status, problem) = client.ask("POST webhook-endpoints", Some(wrong)).await;
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!((status, pointers), (422, vec!["/url", "/description", "/event_types/0"]));
}
