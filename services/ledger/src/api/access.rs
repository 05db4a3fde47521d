//! Who may (invariant I12). These extractors stand first in a handler, so that a stranger learns nothing from how the
//! rest of the request is judged.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use contracts::identity::{Principal, Scope};
use contracts::ledger::Actor;
use http_kit::{Caller, IdempotencyKey, Path, Problem, idempotency};
use kernel::{ErrorKind, Failure, OrderId, Secret, StoreId};
use serde::Serialize;

use super::Handles;

/// What a route needs of an API key.
pub(super) trait Grant: Send + Sync {
    fn check(caller: &Caller) -> Result<(), Failure>;
}

macro_rules! grants {
    ($($(#[$doc:meta])* $name:ident: $check:ident($scope:ident)),* $(,)?) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl Grant for $name {
            fn check(caller: &Caller) -> Result<(), Failure> {
                caller.$check(Scope::$scope)
            }
        }
    )*};
}

grants! {
    /// `orders` or `read_only`.
    ReadOrders: require_read(Orders),
    /// `orders`.
    ChangeOrders: require(Orders),
    /// `stock` or `read_only`.
    ReadStock: require_read(Stock),
    /// `stock`.
    ChangeStock: require(Stock),
    /// `admin` or `read_only`: the books of the whole shop.
    ReadBooks: require_read(Admin),
    /// `admin`: making money, and forgetting people.
    ChangeBooks: require(Admin),
}

/// `orders`, or `fulfilment`: whoever packs may say what left.
pub(super) struct ShipOrders;

impl Grant for ShipOrders {
    fn check(caller: &Caller) -> Result<(), Failure> {
        caller.require(Scope::Fulfilment).or_else(|_| caller.require(Scope::Orders))
    }
}

/// A caller whose key has the grant `G`.
pub(super) struct Staff<G> {
    pub(super) caller: Caller,
    grant: PhantomData<G>,
}

impl<G: Grant, S: Send + Sync> FromRequestParts<S> for Staff<G> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        G::check(&caller)?;
        Ok(Staff { caller, grant: PhantomData })
    }
}

impl<G> Staff<G> {
    pub(super) fn store(&self) -> StoreId {
        self.caller.store
    }

    pub(super) fn actor(&self) -> Actor {
        self.caller.actor()
    }

    /// The idempotency of a POST to `route`, as [`http_kit::idempotency`] makes it.
    pub(super) fn idempotency(
        &self,
        route: &str,
        key: &IdempotencyKey,
        body: &impl Serialize,
    ) -> contracts::ledger::Idempotency {
        idempotency(&self.caller, None, "POST", route, key, body)
    }
}

/// A caller who may see or change the order of the path: its owner, who has its secret or is logged in as the customer,
/// or staff with the grant `G`.
pub(super) struct OrderAccess<G> {
    pub(super) id: OrderId,
    pub(super) caller: Caller,
    /// The secret that opened it; none for staff and for customers who are logged in.
    secret: Option<Secret>,
    grant: PhantomData<G>,
}

impl<G: Grant> FromRequestParts<Handles> for OrderAccess<G> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, handles: &Handles) -> Result<Self, Problem> {
        let Path(id) = Path::<OrderId>::from_request_parts(parts, handles).await?;
        let Ok(caller) = Caller::from_request_parts(parts, handles).await;
        if let Principal::Customer { id: customer, .. } = caller.principal
            && !parts.headers.contains_key("order-secret")
        {
            // As with a secret: an order of somebody else is as good as none.
            if !(handles.owns)(caller.store, customer, id)? {
                return Err(Failure::not_found("order").into());
            }
            return Ok(OrderAccess { id, caller, secret: None, grant: PhantomData });
        }
        let secret = match (G::check(&caller), parts.headers.get("order-secret").filter(|v| !v.is_empty())) {
            (Ok(()), _) => None,
            (Err(_), Some(given)) => {
                let secret = (handles.secret_of)(id);
                // Bytes that are not text are a wrong secret like any other; a stranger cannot tell an order that is
                // not theirs from one that is not there.
                if !given.to_str().is_ok_and(|given| secret.matches(given)) {
                    return Err(Failure::not_found("order").into());
                }
                Some(secret)
            }
            (Err(_), None) if caller.principal == Principal::Anonymous => return Err(order_secret_required().into()),
            (Err(failure), None) => return Err(failure.into()),
        };
        Ok(OrderAccess { id, caller, secret, grant: PhantomData })
    }
}

impl<G> OrderAccess<G> {
    pub(super) fn actor(&self) -> Actor {
        match self.secret {
            // Whoever shows the secret acts as the customer, whatever key came with it.
            Some(_) => Actor { name: "customer".to_owned(), request_id: Some(self.caller.request_id.clone()) },
            None => self.caller.actor(),
        }
    }

    /// As [`Staff::idempotency`], within the order's secret for its owner.
    pub(super) fn idempotency(
        &self,
        route: &str,
        key: &IdempotencyKey,
        body: &impl Serialize,
    ) -> contracts::ledger::Idempotency {
        idempotency(&self.caller, self.secret.as_ref(), "POST", route, key, body)
    }
}

fn order_secret_required() -> Failure {
    let detail = "Send the secret of the order in the header Order-Secret; the answer that placed the order has it.";
    Failure::new(ErrorKind::Unauthenticated, "order_secret_required", detail)
}
