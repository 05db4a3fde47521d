//! A shopper at the API: a cart, a quote, an order.

use std::net::SocketAddr;

use anyhow::{Result, bail};
use bytes::Bytes;
use kernel::Rng;
use serde::Deserialize;
use serde_json::json;

use super::API;
use crate::load::{Connection, Request};

/// The status of an order that is confirmed at once.
pub const PLACED: u16 = 201;

/// A cart as its owner knows it.
#[derive(Clone, Debug, Deserialize)]
pub struct Cart {
    pub id: String,
    #[serde(default)]
    pub secret: String,
    pub version: u64,
}

/// The answer to a placing, as far as clients look at it.
#[derive(Clone, Debug, Deserialize)]
pub struct Placing {
    pub id: String,
    pub secret: String,
}

/// Makes the requests of shoppers.
#[derive(Clone, Copy, Debug)]
pub struct Buyer {
    pub host: SocketAddr,
}

impl Buyer {
    /// Makes a cart with `quantity` of `sku` in it.
    ///
    /// # Errors
    /// When the shop does not answer, or does not make it.
    pub async fn cart(self, connection: &mut Connection, sku: &str, quantity: u32) -> Result<Cart> {
        let answer = connection.send(&self.cart_request(Some((sku, quantity)))).await?;
        if answer.status != 201 {
            bail!("a cart with {quantity} of {sku} was answered with {}: {}", answer.status, answer.text());
        }
        Ok(answer.json()?)
    }

    /// `POST /carts`, with a line or empty.
    #[must_use]
    pub fn cart_request(self, line: Option<(&str, u32)>) -> Bytes {
        let lines: Vec<_> = line.iter().map(|(sku, quantity)| json!({ "sku": sku, "quantity": quantity })).collect();
        Request::new(self.host, "POST", &format!("{API}/carts"))
            .json(&json!({ "currency": "EUR", "lines": lines }).to_string())
    }

    /// `POST /carts/{id}/lines`.
    #[must_use]
    pub fn line_request(self, cart: &Cart, sku: &str, quantity: u32) -> Bytes {
        Request::new(self.host, "POST", &format!("{API}/carts/{}/lines", cart.id))
            .header("cart-secret", &cart.secret)
            .json(&json!({ "sku": sku, "quantity": quantity }).to_string())
    }

    /// `POST /carts/{id}/quote`.
    #[must_use]
    pub fn quote_request(self, cart: &Cart) -> Bytes {
        Request::new(self.host, "POST", &format!("{API}/carts/{}/quote", cart.id))
            .header("cart-secret", &cart.secret)
            .json(&json!({ "shipping_address": address(), "shipping_option": "standard" }).to_string())
    }

    /// `POST /orders`, paid with `token` of the test provider.
    #[must_use]
    pub fn order_request(self, cart: &Cart, key: &str, token: &str) -> Bytes {
        let body = json!({
            "cart_id": cart.id,
            "cart_version": cart.version,
            "email": "shopper@example.com",
            "shipping_address": address(),
            "shipping_option": "standard",
            "payment": { "provider": "test", "token": token },
        });
        Request::new(self.host, "POST", &format!("{API}/orders"))
            .header("cart-secret", &cart.secret)
            .header("idempotency-key", key)
            .json(&body.to_string())
    }

    /// `GET /orders/{id}`.
    #[must_use]
    pub fn status_request(self, order: &str, secret: &str) -> Bytes {
        Request::new(self.host, "GET", &format!("{API}/orders/{order}")).header("order-secret", secret).bytes()
    }

    /// A new idempotency key.
    #[must_use]
    pub fn key(rng: &dyn Rng) -> String {
        format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64())
    }
}

fn address() -> serde_json::Value {
    json!({
        "name": "Jo Example",
        "line1": "Hafenstrasse 1",
        "city": "Hamburg",
        "postal_code": "20457",
        "country": "DE",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_one_that_the_api_takes() {
        let buyer = Buyer { host: "127.0.0.1:1".parse().unwrap() };
        let id = "0195c0de-0000-7000-8000-000000000001".to_owned();
        let cart = Cart { id, secret: "s".to_owned(), version: 2 };
        let wire = buyer.order_request(&cart, "k", "tok_approve");
        let text = std::str::from_utf8(&wire).unwrap();
        let body = text.split_once("\r\n\r\n").unwrap().1;
        let order: contracts::checkout::PlaceOrder = serde_json::from_str(body).unwrap();
        assert_eq!((order.cart_version, order.payment.token.as_str()), (2, "tok_approve"));
        assert!(order.shipping_address.problems("").is_empty());
        assert!(contracts::address::is_email(&order.email));
        let quote = buyer.quote_request(&cart);
        let body = std::str::from_utf8(&quote).unwrap().split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str::<contracts::checkout::QuoteRequest>(body).unwrap();
    }
}
