//! The provider's page: a shopper approves or denies without JavaScript and is sent back to the shop.

use crate::support::{World, key, order, request, world};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use contracts::payment::{Provider, ProviderStatus};
use http_body_util::BodyExt as _;
use payment::providers::test::{Settings, TestProvider};
use tower::ServiceExt as _;

struct Answer {
    status: StatusCode,
    location: Option<String>,
    html: String,
}

async fn send(provider: &TestProvider, request: Request<Body>) -> Answer {
    let response = payment::test_pages(provider.clone()).oneshot(request).await.unwrap();
    let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status();
    assert!(response.headers()["cache-control"].to_str().unwrap().contains("no-store"));
    let html = String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Answer { status, location, html }
}

async fn open(provider: &TestProvider, url: &str) -> Answer {
    send(provider, Request::get(url).body(Body::empty()).unwrap()).await
}

async fn submit(provider: &TestProvider, url: &str, form: &'static str) -> Answer {
    let request = Request::post(url).header("content-type", "application/x-www-form-urlencoded");
    send(provider, request.body(Body::from(form)).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn a_shopper_approves_and_goes_back_to_the_shop() {
    let World { provider, shop, .. } = world(Settings::default());
    let payment = provider.authorise(request(1, "tok_3ds")).await.unwrap();
    assert_eq!(payment.status, ProviderStatus::RequiresAction);
    let url = payment.next_action_url.unwrap();
    let back = format!("/orders/{}/return?a=1&b=2", order(1));
    let encoded = back.replace('/', "%2F").replace('?', "%3F").replace('=', "%3D").replace('&', "%26");
    assert_eq!(url, format!("/test-provider/3ds/{}?return_url={encoded}", payment.reference));

    let page = open(&provider, &url).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in ["10.00 EUR", "<form method=\"post\">", "value=\"approve\"", "value=\"deny\"", "lang=\"en\""] {
        assert!(page.html.contains(part), "{part} in {}", page.html);
    }
    assert!(!page.html.contains("<script"));

    let answer = submit(&provider, &url, "decision=approve").await;
    assert_eq!((answer.status, answer.location), (StatusCode::SEE_OTHER, Some(back)));
    assert_eq!(provider.find(&key(1)).await.unwrap().unwrap().status, ProviderStatus::Authorised);
    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    assert_eq!(shop.count("resume"), 2, "one webhook for the wish, one for the decision");
}

#[tokio::test(start_paused = true)]
async fn a_denial_declines_and_the_first_decision_stands() {
    let World { provider, .. } = world(Settings::default());
    let payment = provider.authorise(request(1, "tok_3ds")).await.unwrap();
    let url = payment.next_action_url.unwrap();
    assert_eq!(submit(&provider, &url, "decision=deny").await.status, StatusCode::SEE_OTHER);
    let declined = provider.find(&key(1)).await.unwrap().unwrap();
    assert_eq!(declined.status, ProviderStatus::Declined);
    assert_eq!(declined.decline_code.as_deref(), Some("authentication_failed"));
    let again = submit(&provider, &url, "decision=approve").await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "the shopper still gets back to the shop");
    assert_eq!(provider.find(&key(1)).await.unwrap().unwrap(), declined);
    let page = open(&provider, &url).await;
    assert!(page.html.contains("already decided") && !page.html.contains("<form"));
}

#[tokio::test(start_paused = true)]
async fn the_way_back_cannot_be_changed_by_a_link() {
    let World { provider, .. } = world(Settings::default());
    let payment = provider.authorise(request(1, "tok_3ds")).await.unwrap();
    let url = format!("/test-provider/3ds/{}?return_url=https%3A%2F%2Fevil.example", payment.reference);
    let answer = submit(&provider, &url, "decision=approve").await;
    assert!(answer.location.unwrap().starts_with("/orders/"));
}

#[tokio::test(start_paused = true)]
async fn nonsense_decides_nothing() {
    let World { provider, .. } = world(Settings::default());
    let payment = provider.authorise(request(1, "tok_3ds")).await.unwrap();
    let url = payment.next_action_url.unwrap();
    for form in ["", "decision=", "decision=maybe", "x=y"] {
        assert_eq!(submit(&provider, &url, form).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
    }
    assert_eq!(provider.find(&key(1)).await.unwrap().unwrap().status, ProviderStatus::RequiresAction);
    let plain = provider.authorise(request(2, "tok_approve")).await.unwrap();
    for reference in ["pay_0", "nonsense", plain.reference.as_str()] {
        let url = format!("/test-provider/3ds/{reference}");
        assert_eq!(open(&provider, &url).await.status, StatusCode::NOT_FOUND, "{reference}");
        assert_eq!(submit(&provider, &url, "decision=approve").await.status, StatusCode::NOT_FOUND, "{reference}");
    }
}
