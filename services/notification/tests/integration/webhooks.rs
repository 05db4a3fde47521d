//! Outgoing webhooks against receivers on loopback.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contracts::notification::{
    ChangeWebhookEndpoint, DeliveryStatus, DeliveryView, MailTemplate, NewWebhookEndpoint, ReplayRequest,
    WebhookEndpointView, Webhooks as _,
};
use http::{HeaderMap, StatusCode};
use kernel::{EventId, PageRequest, WebhookEndpointId};
use parking_lot::Mutex;
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{DAY_MS, STORE, World, world};

#[derive(Default)]
struct Receiver {
    taken: Vec<(HeaderMap, String)>,
    /// What is answered; 204 when it is none.
    status: Option<u16>,
}

type Shared = Arc<Mutex<Receiver>>;

struct Server {
    url: String,
    received: Shared,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    fn answer(&self, status: u16) {
        self.received.lock().status = Some(status);
    }

    fn ids(&self) -> Vec<String> {
        self.received.lock().taken.iter().map(|(headers, _)| text(headers, "webhook-id")).collect()
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers[name].to_str().unwrap().to_owned()
}

async fn take(State(received): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut received = received.lock();
    received.taken.push((headers, String::from_utf8(body.to_vec()).unwrap()));
    StatusCode::from_u16(received.status.unwrap_or(204)).unwrap()
}

#[allow(clippy::disallowed_methods, reason = "the server of this test ends with the test")]
async fn serve(router: Router, received: Shared) -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server { url, received, task }
}

async fn receiver() -> Server {
    let received = Shared::default();
    serve(Router::new().route("/hook", post(take)).with_state(received.clone()), received).await
}

async fn endpoint(world: &World, url: &str, types: &[&str]) -> WebhookEndpointView {
    let event_types = types.iter().map(|&kind| kind.to_owned()).collect();
    let new = NewWebhookEndpoint { url: url.to_owned(), description: String::new(), event_types };
    world.notification.create_endpoint(STORE, new).await.unwrap()
}

async fn run(world: &World) {
    while world.notification.follow().await.unwrap() > 0 {}
    world.notification.deliver_due().await.unwrap();
}

async fn deliveries(world: &World, endpoint: WebhookEndpointId) -> Vec<DeliveryView> {
    let page = PageRequest { limit: 100, cursor: None };
    world.notification.deliveries(STORE, endpoint, None, page).await.unwrap().items
}

/// Whether one of the signatures was made with `secret`, checked as a receiver would.
fn verifies(secret: &str, headers: &HeaderMap, body: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let content = format!("{}.{}.{body}", text(headers, "webhook-id"), text(headers, "webhook-timestamp"));
    text(headers, "webhook-signature").split(' ').any(|signature| {
        let tag = STANDARD.decode(signature.strip_prefix("v1,").unwrap()).unwrap();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), content.as_bytes(), &tag).is_ok()
    })
}

#[tokio::test]
async fn an_event_is_signed_and_delivered_once() {
    let (world, server) = (world(), receiver().await);
    let made = endpoint(&world, &server.url, &["order.*"]).await;
    let event = world.event("order.paid", "order:1", json!({ "amount_minor": 5 }));
    world.event("stock.availability_changed", "stock:1", json!({}));
    run(&world).await;
    run(&world).await;
    let world = world.reopen();
    run(&world).await;
    {
        let received = server.received.lock();
        assert_eq!(received.taken.len(), 1);
        let (headers, body) = &received.taken[0];
        assert_eq!(text(headers, "webhook-id"), event.to_string());
        assert!(verifies(made.secret.as_deref().unwrap(), headers, body));
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!((body["type"].as_str(), body["data"]["amount_minor"].as_i64()), (Some("order.paid"), Some(5)));
        assert!(body["timestamp"].is_string());
    }
    let listed = deliveries(&world, made.id).await;
    assert_eq!((listed.len(), listed[0].status, listed[0].last_status), (1, DeliveryStatus::Delivered, Some(204)));
    assert!(!world.is_on_disk(made.secret.as_deref().unwrap().strip_prefix("whsec_").unwrap()));
    assert_eq!(world.notification.endpoint(STORE, made.id).await.unwrap().secret, None);
}

#[tokio::test]
async fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    let (world, server) = (world(), receiver().await);
    let old = endpoint(&world, &server.url, &[]).await;
    let new = world.notification.rotate_secret(STORE, old.id).await.unwrap();
    let (old, new) = (old.secret.unwrap(), new.secret.unwrap());
    assert_ne!(old, new);
    world.event("order.paid", "order:1", json!({}));
    run(&world).await;
    world.clock.advance_ms(DAY_MS);
    world.event("order.paid", "order:2", json!({}));
    run(&world).await;
    let received = server.received.lock();
    let signed: Vec<(bool, bool)> =
        received.taken.iter().map(|(h, b)| (verifies(&old, h, b), verifies(&new, h, b))).collect();
    assert_eq!(signed, [(true, true), (false, true)]);
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_under_the_same_id_and_can_be_replayed() {
    let (world, server) = (world(), receiver().await);
    let made = endpoint(&world, &server.url, &[]).await;
    server.answer(503);
    let event = world.event("order.paid", "order:1", json!({}));
    run(&world).await;
    let waiting = deliveries(&world, made.id).await.remove(0);
    assert_eq!((waiting.status, waiting.last_status, waiting.tries), (DeliveryStatus::Pending, Some(503), 1));
    run(&world).await;
    assert_eq!(server.ids().len(), 1, "it is not tried before its time");
    server.answer(200);
    world.clock.advance_ms(6_000);
    run(&world).await;
    assert_eq!(server.ids(), [event.to_string(), event.to_string()]);
    assert_eq!(deliveries(&world, made.id).await[0].status, DeliveryStatus::Delivered);

    let which = ReplayRequest { event_id: Some(event), ..ReplayRequest::default() };
    assert_eq!(world.notification.replay(STORE, made.id, which).await.unwrap().deliveries, 1);
    run(&world).await;
    assert_eq!(server.ids().len(), 3);
    let since = ReplayRequest { since: Some(kernel::Clock::now(world.clock.as_ref()).into()), ..Default::default() };
    assert_eq!(world.notification.replay(STORE, made.id, since).await.unwrap().deliveries, 0);
    assert!(world.notification.replay(STORE, made.id, ReplayRequest::default()).await.is_err());
    let unknown = EventId::new(kernel::Clock::now(world.clock.as_ref()), world.rng.as_ref());
    let unknown = ReplayRequest { event_id: Some(unknown), ..ReplayRequest::default() };
    assert_eq!(world.notification.replay(STORE, made.id, unknown).await.unwrap_err().code, "not_found");
}

#[tokio::test]
async fn a_delivery_is_given_up_after_three_days_and_its_endpoint_after_five() {
    let (world, server) = (world(), receiver().await);
    let made = endpoint(&world, &server.url, &[]).await;
    server.answer(500);
    let first = world.event("order.paid", "order:1", json!({}));
    for hour in 0..4 * 24 {
        if hour == 80 {
            world.event("order.paid", "order:2", json!({}));
        }
        run(&world).await;
        world.clock.advance_ms(3_600_000);
    }
    let listed = deliveries(&world, made.id).await;
    let given_up = listed.iter().find(|delivery| delivery.event_id == first).unwrap();
    assert_eq!((given_up.status, given_up.tries), (DeliveryStatus::Failed, 10));
    assert!(world.notification.endpoint(STORE, made.id).await.unwrap().enabled);
    for _ in 0..60 {
        run(&world).await;
        world.clock.advance_ms(3_600_000);
    }
    let dead = world.notification.endpoint(STORE, made.id).await.unwrap();
    assert!(!dead.enabled && dead.disabled_reason.is_some());
    let before = server.ids().len();
    world.event("order.paid", "order:3", json!({}));
    run(&world).await;
    assert_eq!(server.ids().len(), before);
    // Staff hears of it, once.
    let told = world.mails().await;
    assert_eq!(told.iter().filter(|mail| mail.template == MailTemplate::WebhookEndpointDisabled).count(), 1);

    server.answer(200);
    let on = ChangeWebhookEndpoint { enabled: Some(true), ..ChangeWebhookEndpoint::default() };
    let on = world.notification.change_endpoint(STORE, made.id, on).await.unwrap();
    assert!(on.enabled && on.failing_since.is_none());
    let failed = ReplayRequest { only_failed: true, ..ReplayRequest::default() };
    assert!(world.notification.replay(STORE, made.id, failed).await.unwrap().deliveries >= 1);
    let all = ReplayRequest { since: Some(kernel::Timestamp::EPOCH.into()), ..ReplayRequest::default() };
    assert_eq!(world.notification.replay(STORE, made.id, all).await.unwrap().deliveries, 2);
    run(&world).await;
    assert!(deliveries(&world, made.id).await.iter().all(|d| d.status == DeliveryStatus::Delivered));
}

#[tokio::test]
async fn an_endpoint_that_says_gone_is_switched_off_at_once() {
    let (world, server) = (world(), receiver().await);
    let made = endpoint(&world, &server.url, &[]).await;
    server.answer(410);
    world.event("order.paid", "order:1", json!({}));
    run(&world).await;
    assert!(!world.notification.endpoint(STORE, made.id).await.unwrap().enabled);
}

/// A receiver that takes connections and never answers.
#[allow(clippy::disallowed_methods, reason = "the server of this test ends with the test")]
async fn hanging() -> Server {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    Server { url, received: Shared::default(), task }
}

#[tokio::test]
async fn a_dead_endpoint_delays_nobody() {
    let (world, dead, alive) = (world(), hanging().await, receiver().await);
    endpoint(&world, &dead.url, &[]).await;
    endpoint(&world, &alive.url, &[]).await;
    for i in 0..20 {
        world.event("order.paid", &format!("order:{i}"), json!({}));
    }
    let spawner = infra::Spawner::new();
    world.notification.start(&spawner);
    // The dead one takes ten seconds for every four; the other is done long before.
    let arrived = tokio::time::timeout(Duration::from_secs(5), async {
        while alive.ids().len() < 20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    arrived.await.expect("the living endpoint waited for the dead one");
    assert!(spawner.drain(Duration::from_secs(5)).await, "the dead endpoint held up the drain");
}

#[tokio::test]
async fn redirects_are_not_followed_and_long_answers_not_read() {
    let received = Shared::default();
    let target = receiver().await;
    let to = target.url.clone();
    let redirect = move || async move { (StatusCode::FOUND, [("location", to)]) };
    let flood = || async { "x".repeat(50_000_000) };
    let router = Router::new().route("/hook", post(redirect)).route("/flood", post(flood));
    let server = serve(router, received).await;
    let world = world();
    let made = endpoint(&world, &server.url, &[]).await;
    let said = world.notification.ping(STORE, made.id).await.unwrap();
    assert_eq!((said.delivered, said.status), (false, Some(302)));
    assert!(target.ids().is_empty());
    let made = endpoint(&world, &server.url.replace("/hook", "/flood"), &[]).await;
    let said = world.notification.ping(STORE, made.id).await.unwrap();
    assert_eq!((said.delivered, said.status), (true, Some(200)));
}

#[tokio::test]
async fn an_endpoint_hears_only_of_what_happens_after_it_was_made() {
    let (world, server) = (world(), receiver().await);
    world.event("order.paid", "order:1", json!({}));
    let made = endpoint(&world, &server.url, &[]).await;
    // Whatever the clock says meanwhile.
    world.clock.advance_ms(-DAY_MS);
    let second = world.event("order.paid", "order:2", json!({}));
    run(&world).await;
    assert_eq!(server.ids(), [second.to_string()]);
    world.notification.delete_endpoint(STORE, made.id).await.unwrap();
    world.event("order.paid", "order:3", json!({}));
    run(&world).await;
    assert_eq!(server.ids().len(), 1, "{:?}", server.ids());
    assert_eq!(world.notification.endpoint(STORE, made.id).await.unwrap_err().code, "not_found");
}
