use axum::extract::State;
use axum::response::Response;
use contracts::cart::CartView;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};
use kernel::CartId;

use super::{CartSecret, Handle, shown};

/// Take a coupon code out of a cart
#[utoipa::path(
    delete,
    path = "/carts/{id}/coupons/{code}",
    tag = "carts",
    params(("id" = CartId, Path), ("code" = String, Path),
           ("Cart-Secret" = String, Header, description = "The cart's secret.")),
    responses(
        (status = 200, description = "The cart, changed.", body = CartView),
        (status = 404, description = "No such cart or code, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn coupon_remove(
    State(carts): State<Handle>,
    caller: Caller,
    Path((id, code)): Path<(CartId, String)>,
    secret: CartSecret,
) -> Api<Response> {
    Ok(shown(carts.remove_coupon(caller.store, &secret.opens(id), &code).await?))
}

#[cfg(test)]
mod tests {
    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_removed_code_is_gone() {
        let client = Client::new();
        let (path, secret) = client.cart().await;
        client.send(&format!("POST {path}/coupons"), &secret, r#"{"code":"10% off"}"#).await;
        let remove = format!("DELETE {path}/coupons/10%25%20off");
        let cart = client.send(&remove, &secret, "").await;
        assert_eq!((cart.status.as_u16(), &cart.body["coupons"]), (200, &serde_json::json!([])));
        assert_eq!(cart.body["version"], 3);
        assert_eq!(client.send(&remove, &secret, "").await.status, 404);
    }
}
