use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::ReturnRequest;
use http_kit::{Api, Caller, Path};
use kernel::OrderId;

use super::{Sent, find, finish, once};
use crate::form::{Fields, Reading};
use crate::site::Site;

/// Records that goods will come back.
pub(crate) async fn request(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<OrderId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let order = find(&site, id).await?;
    let mut read = Reading::new(&fields);
    let lines = read.quantities(order.lines.iter().map(|line| line.line));
    let request = ReturnRequest { lines, reason: read.prose("reason", 0, 500) };
    if request.lines.is_empty() {
        read.wrong("quantities", "required", "Say how many units of which line come back.");
    }
    let outcome = match read.done() {
        Ok(()) => {
            let same = once(&site, &caller, "/admin/orders/{id}/returns", &fields, &(id, &request));
            site.handles().orders.request_return(site.store(), id, request, same, caller.actor()).await
        }
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, Sent { id, form: "return", fields, done: "return-requested" }, outcome).await
}
