use axum::extract::State;
use axum::response::Response;
use contracts::cart::CartView;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};
use kernel::CartId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CartSecret, Handle, shown};

/// A coupon as a shopper types it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCoupon {
    #[schema(min_length = 1, max_length = 40)]
    code: String,
}

/// Put a coupon code into a cart
///
/// Codes are kept in capitals; the same code again changes nothing. Whether a code gives a discount is said by the
/// quote.
#[utoipa::path(
    post,
    path = "/carts/{id}/coupons",
    tag = "carts",
    params(("id" = CartId, Path), ("Cart-Secret" = String, Header, description = "The cart's secret.")),
    request_body = NewCoupon,
    responses(
        (status = 200, description = "The cart, changed.", body = CartView),
        (status = 404, description = "No such cart, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn coupon_add(
    State(carts): State<Handle>,
    caller: Caller,
    Path(id): Path<CartId>,
    secret: CartSecret,
    Json(coupon): Json<NewCoupon>,
) -> Api<Response> {
    Ok(shown(carts.add_coupon(caller.store, &secret.opens(id), &coupon.code).await?))
}

#[cfg(test)]
mod tests {
    use crate::api::probe::Client;

    #[tokio::test]
    async fn a_code_is_kept_in_capitals_once() {
        let client = Client::new();
        let (path, secret) = client.cart().await;
        let add = format!("POST {path}/coupons");
        let cart = client.send(&add, &secret, r#"{"code":" spring10 "}"#).await;
        assert_eq!((&cart.body["version"], &cart.body["coupons"]), (&2.into(), &serde_json::json!(["SPRING10"])));
        let again = client.send(&add, &secret, r#"{"code":"Spring10"}"#).await;
        assert_eq!((again.status.as_u16(), &again.body["version"]), (200, &2.into()));
        for bad in [String::new(), "   ".to_owned(), "x".repeat(41), "a\\u0007b".to_owned()] {
            let answer = client.send(&add, &secret, &format!(r#"{{"code":"{bad}"}}"#)).await;
            assert_eq!(answer.problem(), (422, "invalid_coupon_code", vec!["/code"]), "{bad:?}");
        }
        for n in 0..4 {
            assert_eq!(client.send(&add, &secret, &format!(r#"{{"code":"c{n}"}}"#)).await.status, 200);
        }
        let sixth = client.send(&add, &secret, r#"{"code":"c4"}"#).await;
        assert_eq!(sixth.problem(), (422, "too_many_coupons", vec!["/code"]));
    }
}
