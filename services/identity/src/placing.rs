//! A checkout that remembers whose order it placed.

use std::sync::Arc;

use async_trait::async_trait;
use contracts::Result;
use contracts::cart::CartAccess;
use contracts::checkout::{Checkout, PlaceOrder, Placed, Quote, QuoteRequest};
use contracts::ledger::Idempotency;
use kernel::{OrderId, Secret, StoreId};

use crate::People;

/// Another checkout, whose orders of signed-in customers are noted as theirs. A repeated request notes the order again,
/// so an answer that was lost on the way to the customer loses nothing.
pub struct Placing {
    inner: Arc<dyn Checkout>,
    people: Arc<People>,
}

impl std::fmt::Debug for Placing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placing").finish_non_exhaustive()
    }
}

impl Placing {
    pub fn new(inner: Arc<dyn Checkout>, people: Arc<People>) -> Self {
        Placing { inner, people }
    }
}

#[async_trait]
impl Checkout for Placing {
    async fn quote(&self, store: StoreId, access: &CartAccess, request: &QuoteRequest) -> Result<Quote> {
        self.inner.quote(store, access, request).await
    }

    async fn place(
        &self,
        store: StoreId,
        access: &CartAccess,
        order: PlaceOrder,
        idempotency: Idempotency,
        request_id: Option<String>,
    ) -> Result<Placed> {
        let (customer, cart) = (order.customer, order.cart_id);
        let placed = self.inner.place(store, access, order, idempotency, request_id).await?;
        if let Some(customer) = customer {
            // Declined orders are the customer's too; their cart is still in use then.
            let ordered = placed.response.status < 400;
            if let Err(failure) =
                self.people.order_placed(store, customer, placed.order_id, ordered.then_some(cart)).await
            {
                tracing::error!(order = %placed.order_id, %failure, internal = failure.internal, "an order could not be noted as its customer's");
            }
        }
        Ok(placed)
    }

    async fn resume(&self, store: StoreId, order: OrderId) -> Result<()> {
        self.inner.resume(store, order).await
    }

    async fn catch_up(&self, store: StoreId, order: OrderId) -> Result<()> {
        self.inner.catch_up(store, order).await
    }

    fn order_secret(&self, order: OrderId) -> Secret {
        self.inner.order_secret(order)
    }
}
