use axum::extract::State;
use axum::response::Response;
use contracts::checkout::{Quote, QuoteRequest};
use contracts::identity::Principal;
use http_kit::{Api, Caller, Client, Json, Path, ProblemDocument, Problems, private};
use kernel::{CartId, FieldError};

use super::{BodyProblems, CartSecret, Handle, refuse, tender_problems, text_problem};

/// Price a cart
///
/// What an order of the cart would cost now, with shipping and tax for the address; without an address both are left
/// open. Nothing is held. The address may still be incomplete, as it is while somebody types: empty fields are taken
/// here, and refused when the order is placed.
#[utoipa::path(
    post,
    path = "/carts/{id}/quote",
    tag = "checkout",
    params(
        ("id" = CartId, Path, description = "Id of the cart."),
        ("Cart-Secret" = String, Header, description = "The cart's secret."),
    ),
    request_body = QuoteRequest,
    responses(
        (status = 200, description = "The quote.", body = Quote),
        (status = 404, description = "No such cart, or another secret.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "The cart cannot be ordered as it is.", body = ProblemDocument, content_type = "application/problem+json"),
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn quote_create(
    State(checkout): State<Handle>,
    caller: Caller,
    Client(client): Client,
    Path(id): Path<CartId>,
    secret: CartSecret,
    Json(mut request): Json<QuoteRequest>,
) -> Api<Response> {
    refuse(problems(&request))?;
    if let Principal::Customer { id, .. } = caller.principal {
        request.customer = Some(id);
    }
    request.client = client;
    let quote = checkout.quote(caller.store, &secret.opens(id), &request).await?;
    Ok(private(Json(quote)))
}

fn problems(request: &QuoteRequest) -> Vec<FieldError> {
    let address = request.shipping_address.iter().flat_map(|address| address.problems("/shipping_address"));
    let mut errors: Vec<FieldError> = address.filter(|error| error.code != "required").collect();
    let option = request.shipping_option.as_deref();
    errors.extend(option.and_then(|handle| text_problem("/shipping_option", handle, 0, 100)));
    errors.extend(tender_problems(&request.gift_cards, request.vat_id.as_deref()));
    errors
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::probe::{Client, SECRET, address};

    #[tokio::test]
    async fn a_quote_is_for_whoever_has_the_secret() {
        let client = Client::new();
        let quote = client.post(&client.quote_path(), &[("cart-secret", SECRET)], &json!({})).await;
        assert_eq!(quote.status, 200);
        assert_eq!(quote.headers["cache-control"], "private, no-store");
        assert_eq!(quote.body["cart_version"], 3);
        assert_eq!(quote.body["shipping_options"], json!([]), "without an address shipping is open");

        let with_address = json!({ "shipping_address": address() });
        let quote = client.post(&client.quote_path(), &[("cart-secret", SECRET)], &with_address).await;
        assert_eq!(quote.body["shipping_options"][0]["handle"], "standard");

        let anonymous = client.post(&client.quote_path(), &[], &json!({})).await;
        assert_eq!(anonymous.problem(), (401, "cart_secret_required", vec![]));
        let stranger = client.post(&client.quote_path(), &[("cart-secret", "guess")], &json!({})).await;
        assert_eq!(stranger.problem(), (404, "not_found", vec![]));
        assert_eq!(client.post("/carts/17/quote", &[("cart-secret", SECRET)], &json!({})).await.status, 404);
    }

    #[tokio::test]
    async fn an_address_being_typed_is_quoted_and_a_wrong_one_is_not() {
        let client = Client::new();
        let mut address = address();
        address["name"] = json!("");
        address["line1"] = json!("");
        let quote = client
            .post(&client.quote_path(), &[("cart-secret", SECRET)], &json!({ "shipping_address": address }))
            .await;
        assert_eq!(quote.status, 200);

        address["country"] = json!("XX");
        address["city"] = json!("x".repeat(201));
        let body = json!({ "shipping_address": address, "shipping_option": "y".repeat(101) });
        let refused = client.post(&client.quote_path(), &[("cart-secret", SECRET)], &body).await;
        let pointers = vec!["/shipping_address/city", "/shipping_address/country", "/shipping_option"];
        assert_eq!(refused.problem(), (422, "invalid_input", pointers));

        let unknown = client.post(&client.quote_path(), &[("cart-secret", SECRET)], &json!({ "coupon": "X" })).await;
        assert_eq!(unknown.problem(), (422, "invalid_input", vec!["/coupon"]));
    }
}
