use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};
use kernel::{OrderId, ShipmentId};

use super::{Sent, finish, once};
use crate::form::Fields;
use crate::site::Site;

/// A shipment has arrived.
pub(crate) async fn deliver(
    State(site): State<Site>,
    caller: Caller,
    Path((id, shipment)): Path<(OrderId, ShipmentId)>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let route = "/admin/orders/{id}/shipments/{shipment}/deliver";
    let same = once(&site, &caller, route, &fields, &(id, shipment));
    let outcome = site.handles().orders.deliver(site.store(), id, shipment, same, caller.actor()).await;
    finish(&site, &caller, Sent { id, form: "deliver", fields, done: "delivered" }, outcome).await
}
