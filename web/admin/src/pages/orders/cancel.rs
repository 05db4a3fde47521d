use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::CancelRequest;
use http_kit::{Api, Caller, Path};
use kernel::OrderId;

use super::{Sent, finish, once};
use crate::form::{Fields, Reading};
use crate::site::Site;

/// Cancels an order: what was paid goes back, its stock is free again.
pub(crate) async fn cancel(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<OrderId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let mut read = Reading::new(&fields);
    let request = CancelRequest { reason: read.prose("reason", 0, 500) };
    let outcome = match read.done() {
        Ok(()) => {
            let same = once(&site, &caller, "/admin/orders/{id}/cancel", &fields, &(id, &request));
            site.handles().orders.cancel(site.store(), id, request, same, caller.actor()).await
        }
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, Sent { id, form: "cancel", fields, done: "cancelled" }, outcome).await
}
