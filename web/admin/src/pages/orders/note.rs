use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::NoteRequest;
use http_kit::{Api, Caller, Path};
use kernel::OrderId;

use super::{Sent, finish, once};
use crate::form::{Fields, Reading};
use crate::site::Site;

/// Writes a note for colleagues into the timeline.
pub(crate) async fn add(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<OrderId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Orders)?;
    let mut read = Reading::new(&fields);
    let request = NoteRequest { text: read.prose("text", 1, 2000) };
    let outcome = match read.done() {
        Ok(()) => {
            let same = once(&site, &caller, "/admin/orders/{id}/notes", &fields, &(id, &request));
            site.handles().orders.note(site.store(), id, request, same, caller.actor()).await
        }
        Err(failure) => Err(failure),
    };
    finish(&site, &caller, Sent { id, form: "note", fields, done: "noted" }, outcome).await
}
