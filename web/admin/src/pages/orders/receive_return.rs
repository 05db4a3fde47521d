use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::ReceiveReturnRequest;
use http_kit::{Api, Caller, Path};
use kernel::{OrderId, ReturnId};

use super::{Sent, finish, once};
use crate::form::Fields;
use crate::site::Site;

/// The goods of a return are back.
pub(crate) async fn receive(
    State(site): State<Site>,
    caller: Caller,
    Path((id, returned)): Path<(OrderId, ReturnId)>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let request = ReceiveReturnRequest { restock: fields.has("restock") };
    let route = "/admin/orders/{id}/returns/{return}/receive";
    let same = once(&site, &caller, route, &fields, &(id, returned, &request));
    let outcome = site.handles().orders.receive_return(site.store(), id, returned, request, same, caller.actor()).await;
    finish(&site, &caller, Sent { id, form: "receive", fields, done: "return-received" }, outcome).await
}
