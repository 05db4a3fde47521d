use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contracts::cart::{CartView, NewCart};
use http_kit::{Api, Caller, Json, Problems};

use super::Handle;

/// Make a cart
///
/// The answer carries the secret that opens the cart, once, in the body and in the header `Cart-Secret`. Lines that
/// name the same SKU are summed.
#[utoipa::path(
    post,
    path = "/carts",
    tag = "carts",
    request_body = NewCart,
    responses(
        (status = 201, description = "The cart.", body = CartView,
         headers(("Location" = String, description = "Its address."), ("Cart-Secret" = String, description = "Its secret."))),
        Problems,
    )
)]
pub(crate) async fn cart_create(
    State(carts): State<Handle>,
    caller: Caller,
    Json(cart): Json<NewCart>,
) -> Api<Response> {
    let view = carts.create(caller.store, cart).await?;
    let location = format!("/api/v1/carts/{}", view.id);
    let secret = view.secret.clone().unwrap_or_default();
    let mut response = http_kit::private((StatusCode::CREATED, Json(view)).into_response());
    // Both are ASCII by construction.
    if let (Ok(location), Ok(secret)) = (HeaderValue::try_from(location), HeaderValue::try_from(secret)) {
        response.headers_mut().insert(header::LOCATION, location);
        response.headers_mut().insert("cart-secret", secret);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_cart_is_made_and_says_where_it_is() {
        let client = Client::new();
        let made = client.send("POST /carts", "", "{}").await;
        assert_eq!(made.status, 201);
        let id = made.body["id"].as_str().unwrap();
        assert_eq!(made.headers["location"], format!("/api/v1/carts/{id}").as_str());
        assert_eq!(made.headers["cart-secret"], made.body["secret"].as_str().unwrap());
        assert_eq!(made.headers["cache-control"], "private, no-store");
        assert_eq!(made.body["secret"].as_str().unwrap().len(), 32);
        assert_eq!((made.body["version"].as_u64(), made.body["currency"].as_str()), (Some(1), Some("EUR")));
    }

    #[tokio::test]
    async fn every_bad_line_is_named() {
        let client = Client::new();
        let body = r#"{"lines":[{"sku":"NOPE","quantity":1},{"sku":"SHOE-42","quantity":0},{"sku":"SHOE-42","quantity":1000}]}"#;
        let answer = client.send("POST /carts", "", body).await;
        assert_eq!(
            answer.problem(),
            (422, "invalid_input", vec!["/lines/0/sku", "/lines/1/quantity", "/lines/2/quantity"])
        );
        let one = client.send("POST /carts", "", r#"{"lines":[{"sku":"NOPE","quantity":1}]}"#).await;
        assert_eq!(one.problem(), (422, "unknown_sku", vec!["/lines/0/sku"]));
    }

    #[tokio::test]
    async fn nonsense_is_refused() {
        let client = Client::new();
        for (body, status) in [
            ("{", 400),
            (r#"{"currency":"eur"}"#, 422),
            (r#"{"coupon":"X"}"#, 422),
            (r#"{"lines":[{"sku":"SHOE-42","quantity":-1}]}"#, 422),
            (r#"{"lines":[{"sku":"SHOE-42","quantity":1.5}]}"#, 422),
            (r#"{"lines":[{"sku":"","quantity":1}]}"#, 422),
        ] {
            assert_eq!(client.send("POST /carts", "", body).await.status, status, "{body}");
        }
    }
}
