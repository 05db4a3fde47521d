//! `GET /admin/orders/{id}/invoice.pdf` and `/packing-slip.pdf`: for a browser's session, and for API keys.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{Seller, TermsDocument, TermsKind};
use http_kit::{Api, Caller, Path};
use kernel::{Failure, OrderId};

use super::find;
use crate::pdf;
use crate::respond::document;
use crate::site::Site;

/// Who sells, as the settings say; under the shop's name when they do not.
async fn seller(site: &Site) -> Result<Seller, Failure> {
    let handles = site.handles();
    let settings = handles.terms.document(site.store(), TermsKind::Settings, "shop").await?;
    let mut seller = match settings {
        Some(TermsDocument::Settings(settings)) => settings.seller,
        _ => Seller::default(),
    };
    if seller.name.is_empty() {
        seller.name.clone_from(&handles.name);
    }
    Ok(seller)
}

pub(crate) async fn invoice(State(site): State<Site>, caller: Caller, Path(id): Path<OrderId>) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    let order = find(&site, id).await?;
    let bytes = pdf::invoice(&seller(&site).await?, &order);
    Ok(document("application/pdf", &format!("invoice-{id}.pdf"), bytes))
}

/// Whoever packs needs it too.
pub(crate) async fn packing_slip(State(site): State<Site>, caller: Caller, Path(id): Path<OrderId>) -> Api<Response> {
    if caller.require_read(Scope::Fulfilment).is_err() {
        caller.require_read(Scope::Orders)?;
    }
    let order = find(&site, id).await?;
    let bytes = pdf::packing_slip(&seller(&site).await?, &order);
    Ok(document("application/pdf", &format!("packing-slip-{id}.pdf"), bytes))
}
