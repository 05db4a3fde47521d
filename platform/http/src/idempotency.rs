//! What makes a repeated request the same request (invariant I11).

use axum::extract::FromRequestParts;
use contracts::ledger::Idempotency;
use http::request::Parts;
use kernel::{ErrorKind, Failure, Secret};
use ring::digest::{Context, SHA256};
use serde::Serialize;

use crate::{Caller, Problem};

/// The longest key that is taken.
pub const MAX_KEY_LEN: usize = 255;

/// The `Idempotency-Key` header, required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub String);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next().filter(|v| !v.is_empty()) else {
            let detail =
                "Send an Idempotency-Key header: a new random value for each new request, the same for a repetition.";
            return Err(Failure::new(ErrorKind::Malformed, "idempotency_key_required", detail).into());
        };
        match value.to_str() {
            Ok(text) if values.next().is_none() && is_key(text) => Ok(IdempotencyKey(text.to_owned())),
            _ => {
                let detail =
                    format!("The Idempotency-Key is one value of 1 to {MAX_KEY_LEN} printable ASCII characters.");
                Err(Failure::invalid("invalid_idempotency_key", detail).into())
            }
        }
    }
}

fn is_key(text: &str) -> bool {
    (1..=MAX_KEY_LEN).contains(&text.len()) && text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// SHA-256 over `parts`, each with its length, so that moving a boundary gives another hash.
#[must_use]
pub fn fingerprint(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// The idempotency of one request. The scope is whoever owns it: the cart's secret when there is one, the principal
/// otherwise; with the store, the method and `route` (the template, such as `/orders/{id}/refunds`). `body` is the
/// parsed body, as a tuple with the path's parameters where there are any: `&(order, &request)`.
///
/// All anonymous callers share one scope, so a route open to them must pass a `cart_secret`.
///
/// # Panics
/// When `body` has a map whose keys are not strings, which no request body can have.
#[must_use]
pub fn idempotency(
    caller: &Caller,
    cart_secret: Option<&Secret>,
    method: &str,
    route: &str,
    key: &IdempotencyKey,
    body: &impl Serialize,
) -> Idempotency {
    let (kind, owner) = match cart_secret {
        Some(secret) => ("cart", secret.expose().clone()),
        None => ("principal", caller.principal.name()),
    };
    let scope =
        [caller.store.as_bytes().as_slice(), kind.as_bytes(), owner.as_bytes(), method.as_bytes(), route.as_bytes()];
    let body = serde_json::to_vec(body).expect("a request body that came as JSON goes as JSON");
    Idempotency { scope: fingerprint(&scope).to_vec(), key: key.0.clone(), fingerprint: fingerprint(&[&body]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn extract(value: Option<&[u8]>) -> Result<String, u16> {
        let mut request = http::Request::builder();
        if let Some(value) = value {
            request = request.header("Idempotency-Key", value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        IdempotencyKey::from_request_parts(&mut parts, &()).await.map(|k| k.0).map_err(|p| p.status().as_u16())
    }

    #[tokio::test]
    async fn a_key_is_printable_and_bounded() {
        assert_eq!(extract(Some(b"a-1")).await, Ok("a-1".to_owned()));
        assert_eq!(extract(Some("x".repeat(255).as_bytes())).await, Ok("x".repeat(255)));
        assert_eq!(extract(None).await, Err(400));
        assert_eq!(extract(Some(b"")).await, Err(400));
        assert_eq!(extract(Some("x".repeat(256).as_bytes())).await, Err(422));
        assert_eq!(extract(Some("é".as_bytes())).await, Err(422));
        assert_eq!(extract(Some(b"a\tb")).await, Err(422));
    }

    #[test]
    fn scopes_and_fingerprints_tell_requests_apart() {
        let caller = Caller::anonymous("r1");
        let key = IdempotencyKey("k".to_owned());
        let (a, b) = (Secret::new("a".to_owned()), Secret::new("b".to_owned()));
        let of = |secret, route, body| idempotency(&caller, secret, "POST", route, &key, body);
        let first = of(Some(&a), "/orders", &("x", 1));
        assert_eq!(first, of(Some(&a), "/orders", &("x", 1)));
        assert_ne!(first.fingerprint, of(Some(&a), "/orders", &("x", 2)).fingerprint);
        assert_eq!(first.scope, of(Some(&a), "/orders", &("x", 2)).scope);
        for other in
            [of(Some(&b), "/orders", &("x", 1)), of(None, "/orders", &("x", 1)), of(Some(&a), "/carts", &("x", 1))]
        {
            assert_ne!(first.scope, other.scope);
        }
        assert_ne!(fingerprint(&[b"ab", b"c"]), fingerprint(&[b"a", b"bc"]));
    }
}
