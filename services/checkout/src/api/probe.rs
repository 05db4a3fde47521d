//! A checkout that answers by the payment token and remembers what it was asked, and requests as a client makes them.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use contracts::Result;
use contracts::cart::CartAccess;
use contracts::checkout::{Checkout, PlaceOrder, Placed, Quote, QuoteRequest, ShippingOption, Totals};
use contracts::ledger::{Idempotency, StoredResponse};
use http_body_util::BodyExt as _;
use http_kit::{Caller, problem_body};
use kernel::{CartId, Currency, ErrorKind, Failure, Money, OrderId, Secret, StoreId};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(super) const CART: &str = "0190d0a0-0000-7000-8000-000000000001";
pub(super) const ORDER: &str = "0000d0a0-0000-8000-8000-000000000002";
pub(super) const SECRET: &str = "cs_1";

/// Fingerprint and answer by scope and key.
type Answers = HashMap<(Vec<u8>, String), ([u8; 32], StoredResponse)>;

#[derive(Default)]
pub(super) struct Shop {
    answers: Mutex<Answers>,
    asked: Mutex<Vec<Asked>>,
}

/// What a request to place an order came with.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) key: String,
    pub(super) request_id: Option<String>,
}

pub(super) fn shop() -> Arc<Shop> {
    Arc::default()
}

fn admitted(access: &CartAccess) -> Result<()> {
    let known = access.id.to_string() == CART && access.secret.matches(SECRET);
    if known { Ok(()) } else { Err(Failure::not_found("cart")) }
}

fn answer(token: &str) -> Result<StoredResponse> {
    let location = Some(format!("/api/v1/orders/{ORDER}"));
    let good = |status, body: &str| StoredResponse { status, location: location.clone(), body: body.to_owned().into() };
    match token {
        "tok_approve" => Ok(good(201, &format!(r#"{{"id":"{ORDER}","status":"confirmed"}}"#))),
        "tok_3ds" => Ok(good(202, r#"{"next_action":{"type":"redirect","url":"/pay"}}"#)),
        "tok_decline" => {
            let failure = Failure::new(ErrorKind::PaymentDeclined, "payment_declined", "Declined.");
            Ok(StoredResponse { status: 402, location: None, body: problem_body(&failure) })
        }
        "tok_limited" => {
            let mut failure = Failure::new(ErrorKind::RateLimited, "too_many_attempts", "Wait a little.");
            failure.retry_after_s = Some(9);
            Err(failure)
        }
        _ => Err(Failure::unavailable("Full.", 1)),
    }
}

#[async_trait]
impl Checkout for Shop {
    async fn quote(&self, _: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote> {
        admitted(access)?;
        let zero = Money::zero(Currency::EUR);
        let option = ShippingOption::new("standard", "Standard", zero, (1, 3));
        Ok(Quote {
            cart_id: access.id,
            cart_version: 3,
            lines: Vec::new(),
            discounts: Vec::new(),
            shipping_options: request.shipping_address.iter().map(|_| option.clone()).collect(),
            shipping_option: None,
            tax_lines: Vec::new(),
            totals: Totals {
                items: zero,
                discount: zero,
                shipping: zero,
                tax: zero,
                tax_added: zero,
                total: zero,
                gift_card: zero,
                due: zero,
            },
            notes: Vec::new(),
            gift_cards: Vec::new(),
            reverse_charge: false,
            counted: Vec::new(),
        })
    }

    async fn place(
        &self,
        _: StoreId,
        access: &CartAccess,
        order: PlaceOrder,
        idempotency: Idempotency,
        request_id: Option<String>,
    ) -> Result<Placed> {
        admitted(access)?;
        self.asked.lock().push(Asked { key: idempotency.key.clone(), request_id });
        let order_id: OrderId = ORDER.parse().unwrap();
        let slot = (idempotency.scope, idempotency.key);
        let known = self.answers.lock().get(&slot).cloned();
        let (response, replayed) = match known {
            Some((fingerprint, _)) if fingerprint != idempotency.fingerprint => {
                return Err(Failure::invalid("idempotency_key_reused", "Another request had this key."));
            }
            Some((_, response)) => (response, true),
            None => (answer(&order.payment.token)?, false),
        };
        self.answers.lock().insert(slot, (idempotency.fingerprint, response.clone()));
        Ok(Placed { order_id, secret: self.order_secret(order_id), response, replayed })
    }

    async fn resume(&self, _: StoreId, _: OrderId) -> Result<()> {
        Ok(())
    }

    fn order_secret(&self, _: OrderId) -> Secret {
        // With a quote in it, so that a splice without escaping would show.
        Secret::new("os_\"1\"".to_owned())
    }
}

pub(super) fn address() -> Value {
    json!({ "name": "Ann", "line1": "Way 1", "city": "Ulm", "postal_code": "89073", "country": "DE" })
}

pub(super) fn order(token: &str) -> Value {
    json!({
        "cart_id": CART,
        "cart_version": 3,
        "email": "ann@example.org",
        "shipping_address": address(),
        "shipping_option": "standard",
        "payment": { "provider": "test", "token": token },
        "expected_total": { "amount_minor": 7999, "currency": "EUR" },
    })
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
    pub(super) body: Value,
}

impl Answer {
    /// Status, code and the pointers of the fields at fault.
    pub(super) fn problem(&self) -> (u16, &str, Vec<&str>) {
        let errors = self.body["errors"].as_array();
        let pointers = errors.into_iter().flatten().map(|e| e["pointer"].as_str().unwrap()).collect();
        (self.status.as_u16(), self.body["code"].as_str().unwrap_or(""), pointers)
    }
}

pub(super) struct Client {
    shop: Arc<Shop>,
    router: Router,
}

impl Client {
    pub(super) fn new() -> Self {
        let shop = shop();
        let (router, _) = super::routes(shop.clone()).split_for_parts();
        Client { shop, router }
    }

    pub(super) fn quote_path(&self) -> String {
        let id: CartId = CART.parse().unwrap();
        format!("/carts/{id}/quote")
    }

    pub(super) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send(&format!("POST {path}"), headers, &body.to_string()).await
    }

    pub(super) async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.extension(Caller::anonymous("r-1")).body(Body::from(body.to_owned())).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
        let text = String::from_utf8(bytes).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status, headers, text, body }
    }

    /// What the shop was last asked.
    pub(super) fn asked(&self) -> Asked {
        self.shop.asked.lock().last().cloned().unwrap()
    }

    /// How many orders the shop was asked for.
    pub(super) fn places(&self) -> usize {
        self.shop.asked.lock().len()
    }
}
