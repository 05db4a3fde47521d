//! `GET /admin/orders/{id}/invoice.pdf` and `/packing-slip.pdf`: for a browser's session, and for API keys.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};
use kernel::OrderId;

use super::find;
use crate::pdf;
use crate::respond::document;
use crate::site::Site;

pub(crate) async fn invoice(State(site): State<Site>, caller: Caller, Path(id): Path<OrderId>) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    let order = find(&site, id).await?;
    let bytes = pdf::invoice(&site.handles().name, &order);
    Ok(document("application/pdf", &format!("invoice-{id}.pdf"), bytes))
}

/// Whoever packs needs it too.
pub(crate) async fn packing_slip(State(site): State<Site>, caller: Caller, Path(id): Path<OrderId>) -> Api<Response> {
    if caller.require_read(Scope::Fulfilment).is_err() {
        caller.require_read(Scope::Orders)?;
    }
    let order = find(&site, id).await?;
    let bytes = pdf::packing_slip(&site.handles().name, &order);
    Ok(document("application/pdf", &format!("packing-slip-{id}.pdf"), bytes))
}
