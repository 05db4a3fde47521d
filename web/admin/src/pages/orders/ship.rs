use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::ShipmentRequest;
use http_kit::{Api, Caller, Path};
use kernel::OrderId;

use super::{Sent, find, finish, once};
use crate::form::{Fields, Reading};
use crate::site::Site;

/// Records a parcel: all that is left, or some units of some lines.
pub(crate) async fn ship(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<OrderId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let order = find(&site, id).await?;
    let mut read = Reading::new(&fields);
    let lines = read.quantities(order.lines.iter().map(|line| line.line));
    if lines.is_empty() {
        read.wrong("quantities", "required", "Say how many units of which line are in the parcel.");
    }
    let (carrier, tracking) = (read.optional_line("carrier", 100), read.optional_line("tracking", 200));
    let request = ShipmentRequest { lines: Some(lines), carrier, tracking, location: None };
    let outcome = match read.done() {
        Ok(()) => {
            let same = once(&site, &caller, "/admin/orders/{id}/ship", &fields, &(id, &request));
            site.handles().orders.ship(site.store(), id, request, same, caller.actor()).await
        }
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, Sent { id, form: "ship", fields, done: "shipped" }, outcome).await
}
