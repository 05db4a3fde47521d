use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use bytes::Bytes;
use contracts::address::is_email;
use contracts::checkout::{PlaceOrder, Placed};
use contracts::ledger::{Answer, OrderView};
use http_kit::{Api, Caller, Client, IdempotencyKey, Json, ProblemDocument, Problems, idempotency, stored};
use kernel::{FieldError, Secret};

use super::{BodyProblems, CartSecret, Handle, refuse, tender_problems, text_problem};

const ORDER_SECRET: HeaderName = HeaderName::from_static("order-secret");

/// An order with the secret that shows it.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "documents the answer, which is spliced from the stored one")]
pub(super) struct PlacedOrder {
    /// Shows the order to whoever has it, as header `Order-Secret`.
    secret: String,
    #[schema(inline = false)]
    #[serde(flatten)]
    order: OrderView,
}

/// Place an order
///
/// Orders the cart in the version that the shopper saw. The goods are held and the order is durable before any money
/// moves. Repeating the request with the same `Idempotency-Key` gives the same answer and never a second order; 202
/// means that the provider has not decided yet: follow `next_action` when there is one, and look at `Location`.
#[utoipa::path(
    post,
    path = "/orders",
    tag = "orders",
    params(
        ("Cart-Secret" = String, Header, description = "The cart's secret."),
        ("Idempotency-Key" = String, Header, min_length = 1, max_length = 255, description = "A new random value for each new order, the same for a repetition; 1 to 255 printable ASCII characters."),
    ),
    request_body = PlaceOrder,
    responses(
        (status = 201, description = "Confirmed.", body = PlacedOrder, headers(
            ("Location" = String, description = "The order."),
            ("Order-Secret" = String, description = "Shows the order to whoever sends it."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 202, description = "The provider decides, or asks the shopper for something (`next_action`).", body = PlacedOrder, headers(
            ("Location" = String, description = "The order, to be asked again."),
            ("Order-Secret" = String, description = "Shows the order to whoever sends it."),
            ("Idempotent-Replayed" = String, description = "`true` when this is the answer to an earlier request with this key."),
        )),
        (status = 402, description = "`payment_declined`: nothing was charged; the goods stay held for a while.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "No such cart, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "`out_of_stock` with the lines, `price_changed`, `cart_changed`, `already_ordered`, or `request_in_progress` with Retry-After.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; try again after the given time.", body = ProblemDocument, content_type = "application/problem+json", headers(("Retry-After" = u32, description = "Seconds."))),
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn order_place(
    State(checkout): State<Handle>,
    caller: Caller,
    Client(client): Client,
    secret: CartSecret,
    key: IdempotencyKey,
    Json(mut order): Json<PlaceOrder>,
) -> Api<Response> {
    refuse(problems(&order))?;
    order.customer = caller.customer().ok().map(|(id, _)| id);
    order.client = client;
    let access = secret.opens(order.cart_id);
    let idempotency = idempotency(&caller, Some(&access.secret), "POST", "/orders", &key, &order);
    let placed = checkout.place(caller.store, &access, order, idempotency, Some(caller.request_id)).await?;
    Ok(answer(placed))
}

/// Everything that can be seen to be wrong before the shop is asked.
fn problems(order: &PlaceOrder) -> Vec<FieldError> {
    let fault = |pointer: &str, code: &str, detail: &str| FieldError {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        detail: detail.to_owned(),
    };
    let mut errors = Vec::new();
    if i64::try_from(order.cart_version).is_err() {
        errors.push(fault("/cart_version", "out_of_range", "No cart has had so many versions."));
    }
    if !is_email(&order.email) {
        errors.push(fault("/email", "invalid_email", "This is not an e-mail address."));
    }
    errors.extend(order.shipping_address.problems("/shipping_address"));
    errors.extend(order.billing_address.iter().flat_map(|address| address.problems("/billing_address")));
    errors.extend(text_problem("/shipping_option", &order.shipping_option, 0, 100));
    errors.extend(text_problem("/payment/provider", &order.payment.provider, 0, 64));
    errors.extend(text_problem("/payment/token", &order.payment.token, 1, 200));
    if order.expected_total.is_some_and(|total| total.amount_minor < 0) {
        errors.push(fault("/expected_total/amount_minor", "out_of_range", "A total is never negative."));
    }
    errors.extend(tender_problems(&order.gift_cards, order.vat_id.as_deref()));
    errors
}

/// The stored answer. A good one also tells the secret, which is derived and therefore never stored.
fn answer(placed: Placed) -> Response {
    let Placed { secret, mut response, replayed, .. } = placed;
    let good = response.status < 400;
    if good {
        response.body = with_secret(&response.body, &secret);
    }
    let mut out = stored(Answer { response, replayed });
    if good && let Ok(mut value) = HeaderValue::from_str(secret.expose()) {
        value.set_sensitive(true);
        out.headers_mut().insert(ORDER_SECRET, value);
    }
    out
}

/// `secret` as the first member of a JSON object; the other bytes stay as they are.
fn with_secret(object: &Bytes, secret: &Secret) -> Bytes {
    let Some(members) = object.strip_prefix(b"{") else { return object.clone() };
    let separator = if members.trim_ascii_start().starts_with(b"}") { "" } else { "," };
    let secret = serde_json::Value::from(secret.expose().as_str());
    let mut spliced = format!("{{\"secret\":{secret}{separator}").into_bytes();
    spliced.extend_from_slice(members);
    spliced.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::probe::{Client, ORDER, SECRET, address, order};

    const HEADERS: [(&str, &str); 2] = [("cart-secret", SECRET), ("idempotency-key", "k-1")];

    #[tokio::test]
    async fn a_confirmed_order_tells_its_secret() {
        let client = Client::new();
        let placed = client.post("/orders", &HEADERS, &order("tok_approve")).await;
        assert_eq!(placed.status, 201);
        assert_eq!(placed.headers["content-type"], "application/json");
        assert_eq!(placed.headers["location"], format!("/api/v1/orders/{ORDER}"));
        assert_eq!(placed.headers["cache-control"], "private, no-store");
        assert_eq!(placed.headers["order-secret"], "os_\"1\"");
        assert!(!placed.headers.contains_key("idempotent-replayed"));
        assert!(placed.text.starts_with("{\"secret\":\"os_\\\"1\\\"\",\"id\":"), "{}", placed.text);
        assert_eq!((&placed.body["id"], &placed.body["status"]), (&json!(ORDER), &json!("confirmed")));
        let asked = client.asked();
        assert_eq!((asked.request_id.as_deref(), asked.key.as_str()), (Some("r-1"), "k-1"));
    }

    #[tokio::test]
    async fn a_repeated_request_is_the_same_answer() {
        let client = Client::new();
        let first = client.post("/orders", &HEADERS, &order("tok_approve")).await;
        // The same request, with its members in another order and spaces between them.
        let members = order("tok_approve");
        let members = members.as_object().unwrap().iter().rev().map(|(k, v)| format!("{k:?} : {v}"));
        let shuffled = format!("{{ {} }}", members.collect::<Vec<_>>().join(" , "));
        let again = client.send("POST /orders", &HEADERS, &shuffled).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert_eq!(again.headers["order-secret"], first.headers["order-secret"]);
        let other = client.post("/orders", &HEADERS, &order("tok_3ds")).await;
        assert_eq!(other.problem(), (422, "idempotency_key_reused", vec![]));
        let new_key = client.post("/orders", &[HEADERS[0], ("idempotency-key", "k-2")], &order("tok_3ds")).await;
        assert_eq!(new_key.status, 202);
        assert_eq!(new_key.body["next_action"]["type"], "redirect");
        assert!(new_key.body["secret"].is_string() && new_key.headers.contains_key("order-secret"));
    }

    #[tokio::test]
    async fn a_stored_problem_keeps_the_secret_to_itself() {
        let client = Client::new();
        for replayed in [false, true] {
            let declined = client.post("/orders", &HEADERS, &order("tok_decline")).await;
            assert_eq!(declined.problem(), (402, "payment_declined", vec![]));
            assert_eq!(declined.headers["content-type"], "application/problem+json");
            assert_eq!(declined.headers.contains_key("idempotent-replayed"), replayed);
            assert!(!declined.headers.contains_key("order-secret") && declined.body.get("secret").is_none());
        }
    }

    #[tokio::test]
    async fn a_full_shop_says_when_to_come_back() {
        let client = Client::new();
        let full = client.post("/orders", &HEADERS, &order("tok_full")).await;
        assert_eq!((full.status.as_u16(), full.headers["retry-after"].to_str().unwrap()), (503, "1"));
        let limited = client.post("/orders", &HEADERS, &order("tok_limited")).await;
        assert_eq!((limited.status.as_u16(), limited.headers["retry-after"].to_str().unwrap()), (429, "9"));
    }

    #[tokio::test]
    async fn headers_come_before_the_body() {
        let client = Client::new();
        let broken = json!({ "nonsense": true });
        let nobody = client.post("/orders", &[HEADERS[1]], &broken).await;
        assert_eq!(nobody.problem(), (401, "cart_secret_required", vec![]));
        let keyless = client.post("/orders", &[HEADERS[0]], &broken).await;
        assert_eq!(keyless.problem(), (400, "idempotency_key_required", vec![]));
        let long = "k".repeat(256);
        let long = client.post("/orders", &[HEADERS[0], ("idempotency-key", &long)], &broken).await;
        assert_eq!(long.problem(), (422, "invalid_idempotency_key", vec![]));
        let stranger = client.post("/orders", &[("cart-secret", "guess"), HEADERS[1]], &order("tok_approve")).await;
        assert_eq!(stranger.problem(), (404, "not_found", vec![]));
    }

    #[tokio::test]
    async fn all_faults_are_told_at_once_and_change_nothing() {
        let client = Client::new();
        let mut bad = order("");
        bad["email"] = json!("nobody@nowhere");
        bad["cart_version"] = json!(u64::MAX);
        bad["shipping_address"]["name"] = json!("");
        bad["shipping_address"]["country"] = json!("de");
        bad["billing_address"] = address();
        bad["billing_address"]["city"] = json!(" ");
        bad["shipping_option"] = json!("x".repeat(101));
        bad["payment"]["provider"] = json!("te\u{7}st");
        bad["expected_total"] = json!({ "amount_minor": -1, "currency": "EUR" });
        let refused = client.post("/orders", &HEADERS, &bad).await;
        let pointers = vec![
            "/cart_version",
            "/email",
            "/shipping_address/name",
            "/shipping_address/country",
            "/billing_address/city",
            "/shipping_option",
            "/payment/provider",
            "/payment/token",
            "/expected_total/amount_minor",
        ];
        assert_eq!(refused.problem(), (422, "invalid_input", pointers));

        let mut long = order(&"t".repeat(201));
        assert_eq!(client.post("/orders", &HEADERS, &long).await.problem().2, ["/payment/token"]);
        long["payment"]["card"] = json!("4111");
        assert_eq!(client.post("/orders", &HEADERS, &long).await.problem().2, ["/payment/card"]);
        for (body, problem) in [("{", (400, "malformed_json")), ("[]", (422, "invalid_input"))] {
            let refused = client.send("POST /orders", &HEADERS, body).await;
            assert_eq!((refused.problem().0, refused.problem().1), problem, "{body}");
        }
        assert_eq!(client.places(), 0);
    }

    #[test]
    fn the_secret_goes_in_front_of_what_is_there() {
        let secret = Secret::new("s".to_owned());
        for (object, expected) in [
            (r#"{"a":1}"#, r#"{"secret":"s","a":1}"#),
            ("{}", r#"{"secret":"s"}"#),
            ("{ }", r#"{"secret":"s" }"#),
            ("[]", "[]"),
            ("", ""),
        ] {
            assert_eq!(with_secret(&Bytes::copy_from_slice(object.as_bytes()), &secret), expected);
        }
    }
}
