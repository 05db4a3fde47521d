//! The load: shoppers with all kinds of payments, and a back office that ships, cancels, refunds and counts.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kernel::{Rng as _, SeededRng};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::json;

use super::{AskId, Books, Taken, What};
use crate::load::{Connection, LoadError, Request};
use crate::shop::{API, Buyer, Cart, Office};

/// Tokens with how often of a hundred times they are used.
const TOKENS: [(&str, u64); 8] = [
    ("tok_approve", 62),
    ("tok_decline", 10),
    ("tok_insufficient_funds", 3),
    ("tok_3ds", 8),
    ("tok_timeout_charged", 3),
    ("tok_webhook_first", 5),
    ("tok_webhook_twice", 5),
    ("tok_webhook_late", 4),
];
/// How long a client waits for a provider that does not answer, before it hangs up.
const IMPATIENCE: Duration = Duration::from_millis(60);
const PATIENCE: Duration = Duration::from_secs(5);

/// One client.
pub(super) struct Traffic {
    pub(super) books: Arc<Mutex<Books>>,
    pub(super) buyer: Buyer,
    pub(super) office: Office,
    pub(super) goods: Arc<Vec<String>>,
    pub(super) rng: SeededRng,
}

/// The part of an answer that sends the shopper to the provider.
#[derive(Deserialize)]
struct Redirected {
    id: String,
    next_action: Option<Redirect>,
}

#[derive(Deserialize)]
struct Redirect {
    url: String,
}

impl Traffic {
    /// Makes load until the shop is gone.
    pub(super) async fn run(self) {
        while let Ok(mut connection) = Connection::open(self.buyer.host).await {
            while self.step(&mut connection).await.is_ok() {}
        }
    }

    async fn step(&self, connection: &mut Connection) -> Result<(), LoadError> {
        let order = self.some_order();
        match (self.rng.below(100), order) {
            (0..8, _) => self.adjust(connection).await,
            (8..16, Some(order)) => {
                let secret = self.books.lock().secret(&order).unwrap_or_default().to_owned();
                let path = format!("{API}/orders/{order}/cancel");
                let request = Request::new(self.buyer.host, "POST", &path).header("order-secret", &secret);
                let wire = request.header("idempotency-key", &self.key()).json(r#"{"reason":"changed my mind"}"#);
                self.ask(connection, What::Cancel { order }, wire).await.map(|_| ())
            }
            (16..28, Some(order)) => {
                let path = format!("/admin/orders/{order}/shipments");
                let wire = self.office.change(&path, &self.key(), &json!({ "carrier": "bike" }));
                self.ask(connection, What::Ship { order }, wire).await.map(|_| ())
            }
            (28..38, Some(order)) => {
                let part = json!({ "amount": { "amount_minor": 1 + self.rng.below(500), "currency": "EUR" }, "reason": "scratch" });
                let body = if self.rng.below(3) == 0 { json!({ "reason": "broken" }) } else { part };
                let wire = self.office.change(&format!("/admin/orders/{order}/refunds"), &self.key(), &body);
                self.ask(connection, What::Refund { order }, wire).await.map(|_| ())
            }
            _ => self.place(connection).await,
        }
    }

    /// A cart, its order, and what the answer leads to.
    async fn place(&self, connection: &mut Connection) -> Result<(), LoadError> {
        let sku = &self.goods[self.index(self.goods.len())];
        let line = (sku.as_str(), 1 + u32::try_from(self.rng.below(3)).unwrap_or(0));
        let answer = connection.send_within(&self.buyer.cart_request(Some(line)), PATIENCE).await?;
        let Ok(cart) = answer.json::<Cart>() else {
            let what = format!("a cart was answered with {}: {}", answer.status, answer.text());
            self.books.lock().fault(what);
            return Err(LoadError::Cut);
        };
        let token = self.token();
        let wire = self.buyer.order_request(&cart, &self.key(), token);
        let (status, body) = self.ask(connection, What::Place { token }, wire).await?;
        if status == 402 && self.rng.below(2) == 0 {
            // Another card for the same cart: the declined order gives way.
            let wire = self.buyer.order_request(&cart, &self.key(), "tok_approve");
            self.ask(connection, What::Place { token: "tok_approve" }, wire).await?;
        }
        if status == 202
            && self.rng.below(3) > 0
            && let Ok(Redirected { id, next_action: Some(Redirect { url }) }) = serde_json::from_slice(&body)
        {
            self.approve(connection, &id, &url).await?;
        }
        Ok(())
    }

    /// The shopper goes to the provider's page and approves.
    async fn approve(&self, connection: &mut Connection, order: &str, url: &str) -> Result<(), LoadError> {
        let path = url.find("/test-provider/").map_or(url, |at| &url[at..]);
        let form = Request::new(self.buyer.host, "POST", path);
        let wire = form.body("application/x-www-form-urlencoded", "decision=approve");
        let answer = connection.send_within(&wire, PATIENCE).await?;
        let mut books = self.books.lock();
        match answer.status {
            200 | 302 | 303 => books.approved(order),
            status => books.fault(format!("the provider's page answered an approval with {status}: {}", answer.text())),
        }
        Ok(())
    }

    async fn adjust(&self, connection: &mut Connection) -> Result<(), LoadError> {
        let sku = self.goods[self.index(self.goods.len())].clone();
        let units = i64::try_from(1 + self.rng.below(5)).unwrap_or(1);
        let delta = if self.rng.below(3) == 0 { -units } else { units };
        let body = json!({ "sku": sku, "delta": delta, "reason": "counted again" });
        let wire = self.office.change("/admin/stock/adjustments", &self.key(), &body);
        self.ask(connection, What::Adjust { sku, delta }, wire).await.map(|_| ())
    }

    /// Writes the request down, sends it, writes the answer down.
    async fn ask(&self, connection: &mut Connection, what: What, wire: Bytes) -> Result<(u16, Vec<u8>), LoadError> {
        let patience = if what == (What::Place { token: "tok_timeout_charged" }) { IMPATIENCE } else { PATIENCE };
        let id: AskId = self.books.lock().ask(what, wire.clone());
        let answer = connection.send_within(&wire, patience).await?;
        let taken = self.books.lock().answered(id, answer.status, answer.body);
        match taken {
            Taken::First | Taken::Same | Taken::Open => Ok((answer.status, answer.body.to_vec())),
            // The next request goes over a new connection; the fault is in the books.
            Taken::Fault => Err(LoadError::Cut),
        }
    }

    fn some_order(&self) -> Option<String> {
        let books = self.books.lock();
        let confirmed = books.confirmed();
        // Late ones more often: they have seen fewer crashes.
        let recent = confirmed.len().saturating_sub(500);
        let from = if self.rng.below(4) == 0 { 0 } else { recent };
        confirmed.get(from + self.index(confirmed.len() - from)).cloned()
    }

    fn token(&self) -> &'static str {
        let mut drawn = self.rng.below(TOKENS.iter().map(|(_, weight)| weight).sum());
        for (token, weight) in TOKENS {
            if drawn < weight {
                return token;
            }
            drawn -= weight;
        }
        TOKENS[0].0
    }

    fn key(&self) -> String {
        Buyer::key(&self.rng)
    }

    fn index(&self, length: usize) -> usize {
        usize::try_from(self.rng.below(length as u64)).unwrap_or(0)
    }
}
