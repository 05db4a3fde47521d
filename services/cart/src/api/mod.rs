//! The routes below `/carts`. Every answer is personal, so none may be cached.

mod cart_create;
mod cart_get;
mod coupon_add;
mod coupon_remove;
mod line_add;
mod line_change;
mod line_remove;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::Response;
use contracts::cart::{CartAccess, Carts};
use http_kit::{Json, Problem};
use kernel::{CartId, ErrorKind, Failure, Secret};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers hold.
pub(crate) type Handle = Arc<dyn Carts>;

/// The routes of carts, without `/api/v1`.
pub fn routes(carts: Arc<dyn Carts>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(cart_create::cart_create))
        .routes(routes!(cart_get::cart_get))
        .routes(routes!(line_add::line_add))
        .routes(routes!(line_change::line_change, line_remove::line_remove))
        .routes(routes!(coupon_add::coupon_add))
        .routes(routes!(coupon_remove::coupon_remove))
        .with_state(carts)
}

/// The `Cart-Secret` header, without which a cart is nobody's.
pub(crate) struct CartSecret(Secret);

impl CartSecret {
    pub(crate) fn opens(self, id: CartId) -> CartAccess {
        CartAccess { id, secret: self.0 }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CartSecret {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("cart-secret").filter(|value| !value.is_empty()) else {
            let detail =
                "Send the secret of the cart in the header Cart-Secret; the answer that created the cart has it.";
            return Err(Failure::new(ErrorKind::Unauthenticated, "cart_secret_required", detail).into());
        };
        // Bytes that are not text are a wrong secret like any other.
        Ok(CartSecret(Secret::new(value.to_str().unwrap_or("").to_owned())))
    }
}

fn shown(view: contracts::cart::CartView) -> Response {
    http_kit::private(Json(view))
}

#[cfg(test)]
pub(crate) mod probe {
    //! A router over a real service, and requests as a client makes them.

    use axum::Router;
    use axum::body::Body;
    use axum::http::{HeaderMap, Request, StatusCode};
    use http_body_util::BodyExt as _;
    use serde_json::Value;
    use tower::ServiceExt as _;

    use crate::service::tests::Shop;

    pub(crate) struct Answer {
        pub(crate) status: StatusCode,
        pub(crate) headers: HeaderMap,
        pub(crate) body: Value,
    }

    pub(crate) struct Client {
        _shop: Shop,
        router: Router,
    }

    impl Client {
        pub(crate) fn new() -> Self {
            let shop = Shop::new();
            let (router, _) = super::routes(shop.carts.clone()).split_for_parts();
            Client { _shop: shop, router }
        }

        pub(crate) async fn send(&self, line: &str, secret: &str, body: &str) -> Answer {
            let (method, path) = line.split_once(' ').unwrap();
            let mut request = Request::builder().method(method).uri(path);
            if !secret.is_empty() {
                request = request.header("cart-secret", secret);
            }
            if !body.is_empty() {
                request = request.header("content-type", "application/json");
            }
            let response =
                self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
            let (status, headers) = (response.status(), response.headers().clone());
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
        }

        /// A cart with two of `SHOE-42`: its path and its secret.
        pub(crate) async fn cart(&self) -> (String, String) {
            let made = self.send("POST /carts", "", r#"{"lines":[{"sku":"SHOE-42","quantity":2}]}"#).await;
            assert_eq!(made.status, StatusCode::CREATED);
            let text = |key: &str| made.body[key].as_str().unwrap().to_owned();
            (format!("/carts/{}", text("id")), text("secret"))
        }
    }

    impl Answer {
        /// Status, code and the pointers of the fields at fault.
        pub(crate) fn problem(&self) -> (u16, &str, Vec<&str>) {
            let errors = self.body["errors"].as_array();
            let pointers = errors.into_iter().flatten().map(|e| e["pointer"].as_str().unwrap()).collect();
            (self.status.as_u16(), self.body["code"].as_str().unwrap_or(""), pointers)
        }
    }
}
