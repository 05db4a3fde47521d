use axum::extract::State;
use axum::response::Response;
use contracts::cart::CartView;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};
use kernel::CartId;

use super::{CartSecret, Handle, shown};

/// Read a cart
///
/// With the titles and prices of now.
#[utoipa::path(
    get,
    path = "/carts/{id}",
    tag = "carts",
    params(("id" = CartId, Path), ("Cart-Secret" = String, Header, description = "The cart's secret.")),
    responses(
        (status = 200, description = "The cart.", body = CartView),
        (status = 404, description = "No such cart, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn cart_get(
    State(carts): State<Handle>,
    caller: Caller,
    Path(id): Path<CartId>,
    secret: CartSecret,
) -> Api<Response> {
    Ok(shown(carts.get(caller.store, &secret.opens(id)).await?))
}

#[cfg(test)]
mod tests {
    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_cart_opens_with_its_secret_only() {
        let client = Client::new();
        let (path, secret) = client.cart().await;
        let cart = client.send(&format!("GET {path}"), &secret, "").await;
        assert_eq!(cart.status, 200);
        assert_eq!(cart.headers["cache-control"], "private, no-store");
        assert_eq!(cart.body["totals"]["items"]["amount_minor"], 15_998);
        assert!(cart.body.get("secret").is_none(), "the secret is told once");

        assert_eq!(client.send(&format!("GET {path}"), "", "").await.problem(), (401, "cart_secret_required", vec![]));
        let (other, _) = client.cart().await;
        let unknown = "/carts/0190d0a0-0000-7000-8000-000000000000".to_owned();
        let wrong = [(&path, "0".repeat(32)), (&other, secret.clone()), (&unknown, secret.clone())];
        for (path, secret) in wrong {
            assert_eq!(client.send(&format!("GET {path}"), &secret, "").await.problem(), (404, "not_found", vec![]));
        }
        assert_eq!(client.send("GET /carts/nope", &secret, "").await.status, 404);
    }
}
