//! The test provider's own pages: where a shopper approves or denies a payment, as their bank would ask them to.
//! Server-rendered, without JavaScript. No part of the shop; a real provider's pages live elsewhere.

use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use contracts::payment::{ProviderError, ProviderPayment, ProviderStatus};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

use super::TestProvider;

const STYLE: &str = "
:root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
body { margin: 0; min-height: 100vh; display: grid; place-items: center }
main { max-width: 26rem; padding: 2rem; border: 1px solid #8888; border-radius: 1rem; margin: 1rem }
h1 { font-size: 1.3rem; margin-top: 0 }
form { display: flex; gap: 1rem }
button { flex: 1; font: inherit; padding: .8rem; border-radius: .6rem; border: 1px solid #1a5fb4; cursor: pointer }
button[value=approve] { background: #1a5fb4; color: #fff }
button[value=deny] { background: transparent; color: inherit }
";

/// The provider's pages, from the root of the server: `/test-provider/3ds/{reference}`.
pub fn routes(provider: TestProvider) -> Router {
    Router::new().route("/test-provider/3ds/{reference}", get(show).post(decide)).with_state(provider)
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Decision {
    Approve,
    Deny,
}

#[derive(Deserialize)]
struct DecisionForm {
    decision: Decision,
}

async fn show(State(provider): State<TestProvider>, Path(reference): Path<String>) -> Response {
    match provider.payment_for_shopper(&reference) {
        Ok(Some((payment, return_url))) => page(StatusCode::OK, &confirmation(&payment, &return_url)),
        Ok(None) => no_such_payment(),
        Err(error) => broken(&error),
    }
}

async fn decide(
    State(provider): State<TestProvider>,
    Path(reference): Path<String>,
    form: Result<Form<DecisionForm>, FormRejection>,
) -> Response {
    // The way back is the one given with the payment, never one from this request: that could lead anywhere.
    let return_url = match provider.payment_for_shopper(&reference) {
        Ok(Some((_, return_url))) => return_url,
        Ok(None) => return no_such_payment(),
        Err(error) => return broken(&error),
    };
    let Ok(Form(form)) = form else {
        return page(
            StatusCode::UNPROCESSABLE_ENTITY,
            &message("Nothing was decided", "Please go back and choose Approve or Deny."),
        );
    };
    if let Err(error) = provider.complete_action(&reference, matches!(form.decision, Decision::Approve)) {
        return broken(&error);
    }
    let Ok(location) = HeaderValue::from_str(&return_url) else {
        return page(StatusCode::OK, &message("Done", "You can close this page and go back to the shop."));
    };
    (StatusCode::SEE_OTHER, [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
        .into_response()
}

fn confirmation(payment: &ProviderPayment, return_url: &str) -> Markup {
    let amount = format!("{} {}", payment.amount.decimal(), payment.amount.currency);
    html! {
        h1 { "Confirm your payment" }
        @if payment.status == ProviderStatus::RequiresAction {
            p { "The shop asks for " strong { (amount) } ". Do you approve this payment?" }
            form method="post" {
                button type="submit" name="decision" value="approve" { "Approve" }
                button type="submit" name="decision" value="deny" { "Deny" }
            }
            p { small { "This is the test provider: no money moves." } }
        } @else {
            p { "This payment of " strong { (amount) } " was already decided." }
            p { a href=(return_url) { "Back to the shop" } }
        }
    }
}

fn message(title: &str, text: &str) -> Markup {
    html! { h1 { (title) } p { (text) } }
}

fn no_such_payment() -> Response {
    page(
        StatusCode::NOT_FOUND,
        &message("No such payment", "There is no payment to confirm here. Go back to the shop and try again."),
    )
}

fn broken(error: &ProviderError) -> Response {
    tracing::error!(%error, "The test provider's page could not do its work.");
    page(StatusCode::SERVICE_UNAVAILABLE, &message("Not possible right now", "Please try again in a moment."))
}

fn page(status: StatusCode, content: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Test provider" }
                style { (PreEscaped(STYLE)) }
            }
            body { main { (content) } }
        }
    };
    let headers = [
        (CACHE_CONTROL, "private, no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(markup.into_string())).into_response()
}
