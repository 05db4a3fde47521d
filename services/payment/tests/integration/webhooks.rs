//! The intake of webhooks, over HTTP and its routes: signatures, duplicates, strangers, and orders not known yet.

use crate::support::{World, key, order, secret, world};
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use kernel::Timestamp;
use payment::providers::test::Settings;
use payment::signature::Signer;
use tower::ServiceExt as _;

fn body(id: &str, key: &str) -> String {
    format!(
        r#"{{"id":"{id}","type":"payment.authorised","created_at":"2023-11-14T22:13:20Z","data":{{"reference":"pay_1","key":"{key}"}}}}"#
    )
}

fn sign(body: &str, now: Timestamp) -> String {
    Signer::new(&secret()).sign(body.as_bytes(), now)
}

async fn post(
    world: &World,
    provider: &str,
    signature: Option<&str>,
    body: impl Into<Body>,
) -> (StatusCode, serde_json::Value) {
    let mut request = Request::post(format!("/webhooks/{provider}")).header("content-type", "application/json");
    if let Some(signature) = signature {
        request = request.header("provider-signature", signature);
    }
    let (router, _) = payment::routes(world.intake.clone()).split_for_parts();
    let response: Response<Body> = router.oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_signed_webhook_wakes_its_order_however_often_it_comes() {
    let world = world(Settings::default());
    let body = body("evt_1", &key(7));
    let signature = sign(&body, world.clock.now());
    for _ in 0..2 {
        let (status, answer) = post(&world, "test", Some(&signature), body.clone()).await;
        assert_eq!((status, &answer["known"]), (StatusCode::OK, &true.into()));
    }
    let seven = order(7);
    assert_eq!(*world.shop.log.lock(), [format!("resume {seven}"), format!("resume {seven}")]);
}

#[tokio::test(start_paused = true)]
async fn a_bad_signature_changes_nothing() {
    let world = world(Settings::default());
    let body = body("evt_1", &key(7));
    let now = world.clock.now();
    let old = sign(&body, now.plus_secs(-301));
    let other = Signer::new(&kernel::Secret::new("another".to_owned())).sign(body.as_bytes(), now);
    let of_another_body = sign("{}", now);
    for signature in [None, Some(""), Some("t=1,v1=00"), Some(old.as_str()), Some(&other), Some(&of_another_body)] {
        let (status, problem) = post(&world, "test", signature, body.clone()).await;
        assert_eq!(
            (status, &problem["code"]),
            (StatusCode::UNAUTHORIZED, &"invalid_signature".into()),
            "{signature:?}"
        );
    }
    let nonsense = "[1, 2]";
    let (status, _) = post(&world, "test", Some(&sign(nonsense, now)), nonsense).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "signed, but no webhook");
    assert!(world.shop.log.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_webhook_before_its_order_waits_in_the_inbox() {
    let world = world(Settings::default());
    world.shop.unknown.lock().insert(order(7));
    let body = body("evt_1", &key(7));
    for _ in 0..2 {
        let (status, answer) = post(&world, "test", Some(&sign(&body, world.clock.now())), body.clone()).await;
        assert_eq!((status, &answer["known"]), (StatusCode::OK, &false.into()));
    }
    assert_eq!(*world.shop.log.lock(), [format!("inbox new {}", order(7)), format!("inbox known {}", order(7))]);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_names_no_order_is_recorded_and_wakes_nobody() {
    let world = world(Settings::default());
    for (n, key) in ["", "something-else", "not-an-id:1"].into_iter().enumerate() {
        let body = body(&format!("evt_{n}"), key);
        let (status, _) = post(&world, "test", Some(&sign(&body, world.clock.now())), body).await;
        assert_eq!(status, StatusCode::OK, "{key}");
    }
    assert_eq!(*world.shop.log.lock(), ["inbox new none", "inbox new none", "inbox new none"]);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_nothing_came_of_is_asked_for_again() {
    let world = world(Settings::default());
    world.shop.unknown.lock().insert(order(8));
    for (n, known) in [(7, true), (8, false)] {
        *world.shop.failures.lock() = 1;
        let body = body(&format!("evt_{n}"), &key(n));
        let signature = sign(&body, world.clock.now());
        let (status, _) = post(&world, "test", Some(&signature), body.clone()).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        let (status, answer) = post(&world, "test", Some(&signature), body).await;
        assert_eq!((status, &answer["known"]), (StatusCode::OK, &known.into()));
    }
}

#[tokio::test(start_paused = true)]
async fn strangers_and_floods_get_a_problem() {
    let world = world(Settings::default());
    let body = body("evt_1", &key(7));
    let signature = sign(&body, world.clock.now());
    let (status, _) = post(&world, "stripe", Some(&signature), body).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "no such provider here");
    let (status, problem) = post(&world, "test", Some(&signature), vec![b' '; 64 * 1024 + 1]).await;
    assert_eq!((status, &problem["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &"body_too_large".into()));
}
