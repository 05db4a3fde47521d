//! The routes that price a cart and order it, and those of the documents that prices follow from. Every answer is personal
//! or the back office's, so none may be cached.

mod order_edit;
mod order_place;
mod quote_create;
mod terms;

#[cfg(test)]
mod probe;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use contracts::cart::CartAccess;
use contracts::checkout::{Checkout, MAX_GIFT_CARDS};
use contracts::ledger::OrderEdits;
use http_kit::Problem;
use kernel::{CartId, ErrorKind, Failure, FieldError, Secret};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use terms::terms_routes;

/// What the handlers hold.
type Handle = Arc<dyn Checkout>;

/// `POST /carts/{id}/quote` and `POST /orders`, without `/api/v1`.
pub fn routes(checkout: Arc<dyn Checkout>) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(quote_create::quote_create))
        .routes(routes!(order_place::order_place))
        .with_state(checkout)
}

/// `POST /admin/orders/{id}/edits`, without `/api/v1`.
pub fn edit_routes(edits: Arc<dyn OrderEdits>) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(order_edit::order_edit)).with_state(edits)
}

/// The `Cart-Secret` header, without which a cart is nobody's.
struct CartSecret(Secret);

impl CartSecret {
    fn opens(self, id: CartId) -> CartAccess {
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

/// What is wrong with a short text that is looked up or passed on, never shown.
fn text_problem(pointer: &str, text: &str, min: usize, max: usize) -> Option<FieldError> {
    let length = text.chars().count();
    let (code, detail) = if length < min {
        ("required", "This is needed.".to_owned())
    } else if length > max {
        ("too_long", format!("At most {max} characters."))
    } else if text.chars().any(char::is_control) {
        ("invalid_characters", "This contains characters that cannot be printed.".to_owned())
    } else {
        return None;
    };
    Some(FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail })
}

/// What is wrong with how the codes of gift cards and a VAT id are written. Whether they are any is said by the quote.
fn tender_problems(gift_cards: &[String], vat_id: Option<&str>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if gift_cards.len() > MAX_GIFT_CARDS {
        let detail = format!("An order takes at most {MAX_GIFT_CARDS} gift cards.");
        let (pointer, code) = ("/gift_cards".to_owned(), "too_many_gift_cards".to_owned());
        errors.push(FieldError { pointer, code, detail });
    }
    for (i, code) in gift_cards.iter().take(MAX_GIFT_CARDS).enumerate() {
        errors.extend(text_problem(&format!("/gift_cards/{i}"), code, 1, 64));
    }
    errors.extend(vat_id.and_then(|id| text_problem("/vat_id", id, 0, 20)));
    errors
}

/// All that is wrong, or nothing.
fn refuse(errors: Vec<FieldError>) -> Result<(), Failure> {
    if errors.is_empty() { Ok(()) } else { Err(Failure::fields(errors)) }
}

/// The error answers of every route that reads a body.
struct BodyProblems;

impl utoipa::IntoResponses for BodyProblems {
    fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
        use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
        [
            ("408", "The body did not arrive in time."),
            ("413", "The body is larger than 256 KiB."),
            ("415", "The body is not `application/json`."),
        ]
        .into_iter()
        .map(|(status, description)| {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response =
                ResponseBuilder::new().description(description).content("application/problem+json", content).build();
            (status.to_owned(), RefOr::T(response))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn every_route_is_documented_whole() {
        let (_, api) = super::routes(super::probe::shop()).split_for_parts();
        let api = serde_json::to_value(&api).unwrap();
        let paths: Vec<_> = api["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(paths, ["/carts/{id}/quote", "/orders"]);
        let answers = |path: &str| -> BTreeSet<String> {
            api["paths"][path]["post"]["responses"].as_object().unwrap().keys().cloned().collect()
        };
        let shared = ["400", "401", "404", "408", "413", "415", "422", "500", "503"];
        for (path, own) in
            [("/carts/{id}/quote", &["200", "409"][..]), ("/orders", &["201", "202", "402", "409", "429"])]
        {
            let expected: BTreeSet<String> = shared.iter().chain(own).map(|s| (*s).to_owned()).collect();
            assert_eq!(answers(path), expected, "{path}");
        }
        let text = api.to_string();
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(api["components"]["schemas"].get(name).is_some(), "{name} is referred to and not there");
        }
        for header in ["Cart-Secret", "Idempotency-Key", "Order-Secret", "Idempotent-Replayed"] {
            assert!(text.contains(header), "{header}");
        }
    }
}
