use axum::extract::State;
use axum::response::Response;
use contracts::cart::{CartView, NewLine};
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};
use kernel::CartId;

use super::{CartSecret, Handle, shown};

/// Put a SKU into a cart
///
/// Adds to the line when the SKU is there already, so the answer is 200 with the whole cart, not 201: it is not known
/// to the client whether a line was made. What is sold out can be added; it is shown as not available.
#[utoipa::path(
    post,
    path = "/carts/{id}/lines",
    tag = "carts",
    params(("id" = CartId, Path), ("Cart-Secret" = String, Header, description = "The cart's secret.")),
    request_body = NewLine,
    responses(
        (status = 200, description = "The cart, changed.", body = CartView),
        (status = 404, description = "No such cart, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn line_add(
    State(carts): State<Handle>,
    caller: Caller,
    Path(id): Path<CartId>,
    secret: CartSecret,
    Json(line): Json<NewLine>,
) -> Api<Response> {
    Ok(shown(carts.add_line(caller.store, &secret.opens(id), line).await?))
}

#[cfg(test)]
mod tests {
    use crate::api::probe::Client;

    #[tokio::test]
    async fn adding_a_sku_again_adds_to_its_line() {
        let client = Client::new();
        let (path, secret) = client.cart().await;
        let add = format!("POST {path}/lines");
        let cart = client.send(&add, &secret, r#"{"sku":"SHOE-42","quantity":3}"#).await;
        assert_eq!((cart.status.as_u16(), cart.body["version"].as_u64()), (200, Some(2)));
        assert_eq!(cart.body["lines"].as_array().unwrap().len(), 1);
        assert_eq!(cart.body["lines"][0]["quantity"], 5);
        for (body, problem) in [
            (r#"{"sku":"SHOE-42","quantity":995}"#, (422, "invalid_quantity", vec!["/quantity"])),
            (r#"{"sku":"SHOE-42","quantity":0}"#, (422, "invalid_quantity", vec!["/quantity"])),
            (r#"{"sku":"NOPE","quantity":1}"#, (422, "unknown_sku", vec!["/sku"])),
            (r#"{"sku":"YEN-ONLY","quantity":1}"#, (422, "unknown_sku", vec!["/sku"])),
        ] {
            assert_eq!(client.send(&add, &secret, body).await.problem(), problem, "{body}");
        }
        let after = client.send(&format!("GET {path}"), &secret, "").await;
        assert_eq!(after.body["version"], 2, "what was refused changed nothing");
    }
}
