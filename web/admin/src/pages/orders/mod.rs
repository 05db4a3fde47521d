//! Orders: the list, one order, and everything that is done with it.

pub(crate) mod cancel;
pub(crate) mod deliver;
pub(crate) mod edit;
pub(crate) mod list;
pub(crate) mod note;
pub(crate) mod papers;
pub(crate) mod past;
pub(crate) mod receive_return;
pub(crate) mod refund;
pub(crate) mod request_return;
pub(crate) mod ship;
pub(crate) mod show;
pub(crate) mod view;

use axum::response::Response;
use contracts::ledger::{Answer, Idempotency, OrderView};
use http_kit::{Api, Caller, idempotency};
use kernel::{Failure, OrderId};
use serde::Serialize;

use crate::form::{Draft, Fields};
use crate::pages::{shown_again, taken};
use crate::respond::see_other;
use crate::site::{Site, key_of};
use crate::table::{Pages, get, post};

pub(crate) fn routes() -> Pages {
    Pages::new()
        .route("/admin/orders", get(list::show))
        .route("/admin/orders/{id}", get(show::show))
        .route("/admin/orders/{id}/edit", post(edit::edit))
        .route("/admin/orders/{id}/ship", post(ship::ship))
        .route("/admin/orders/{id}/shipments/{shipment}/deliver", post(deliver::deliver))
        .route("/admin/orders/{id}/refund", post(refund::refund))
        .route("/admin/orders/{id}/cancel", post(cancel::cancel))
        .route("/admin/orders/{id}/returns", post(request_return::request))
        .route("/admin/orders/{id}/returns/{return}/receive", post(receive_return::receive))
        .route("/admin/orders/{id}/notes", post(note::add))
        .route("/admin/orders/{id}/invoice.pdf", get(papers::invoice))
        .route("/admin/orders/{id}/packing-slip.pdf", get(papers::packing_slip))
        .route("/admin/past-orders", get(past::list))
        .route("/admin/past-orders/{id}", get(past::show))
        .route("/admin/past-orders/{id}/erase", post(past::erase))
}

async fn find(site: &Site, id: OrderId) -> Result<OrderView, Failure> {
    let found = site.handles().orders.order(site.store(), id).await?;
    found.ok_or_else(|| Failure::not_found("order"))
}

/// What makes sending a form of an order twice the same as sending it once (I11).
fn once(site: &Site, caller: &Caller, route: &str, fields: &Fields, body: &impl Serialize) -> Idempotency {
    idempotency(caller, None, "POST", route, &key_of(site, fields), body)
}

/// A form of an order that was sent.
struct Sent {
    id: OrderId,
    form: &'static str,
    fields: Fields,
    /// What is said when it was done.
    done: &'static str,
}

/// Goes back to the order when it was done; shows it with what was typed and what is wrong when not.
async fn finish(site: &Site, caller: &Caller, sent: Sent, outcome: Result<Answer, Failure>) -> Api<Response> {
    match outcome.and_then(|answer| taken(&answer)) {
        Ok(()) => Ok(see_other(&format!("/admin/orders/{}?done={}", sent.id, sent.done))),
        Err(failure) => {
            let draft = Draft::new(sent.form, sent.fields, shown_again(failure)?);
            show::answer(site, caller, sent.id, draft, &Fields::default()).await
        }
    }
}
