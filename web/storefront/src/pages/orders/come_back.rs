//! `GET /orders/{id}/return`: the shopper comes back from the provider, or waits for it to decide.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use contracts::ledger::{OrderStatus, PaymentStatus};
use maud::{Markup, html};

use crate::form::Fields;
use crate::layout::{self, Head};
use crate::pages::orders;
use crate::respond::{private, see_other};
use crate::site::{PageContext, Site};

/// Seconds until the page looks again, by how often it has looked.
const WAITS_S: [u32; 6] = [2, 2, 3, 5, 8, 10];

pub(crate) struct WaitingPage {
    pub(crate) number: String,
    pub(crate) order_path: String,
    pub(crate) seconds: u32,
    pub(crate) next: String,
}

pub(crate) async fn show(State(site): State<Site>, Path(id): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let (id, _) = match orders::load(&site, &headers, &id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let handles = &site.shop.handles;
    // Coming back proves nothing; it is a reason to ask the provider. That may fail: the order is looked at all the same.
    if let Err(failure) = handles.checkout.catch_up(handles.store, id).await {
        tracing::warn!(order = %id, code = %failure.code, "resuming an order on return failed");
    }
    let order = match orders::load(&site, &headers, &id.to_string()).await {
        Ok((_, order)) => order,
        Err(response) => return response,
    };
    let path = format!("/orders/{id}");
    let undecided = order.status == OrderStatus::Pending
        && matches!(order.payment_status, PaymentStatus::Pending | PaymentStatus::Unknown | PaymentStatus::Authorised);
    if !undecided {
        return see_other(&path);
    }
    let fields = Fields::parse(uri.query().unwrap_or("").as_bytes()).unwrap_or_default();
    let looked = fields.text("n").parse::<usize>().unwrap_or(0).min(1000);
    let site = orders::site_for(&site, &headers, Some(&order));
    let data = WaitingPage {
        number: order.number,
        seconds: WAITS_S[looked.min(WAITS_S.len() - 1)],
        next: format!("{path}/return?n={}", looked + 1),
        order_path: path,
    };
    private(StatusCode::OK, waiting_page(&site.context("/"), &data))
}

pub(crate) fn waiting_page(ctx: &PageContext<'_>, data: &WaitingPage) -> Markup {
    let t = ctx.phrases;
    let head =
        Head { title: t.waiting.to_owned(), refresh: Some((data.seconds, data.next.clone())), ..Head::default() };
    let main = html! {
        section.message {
            div.spinner aria-hidden="true" {}
            h1 { (t.waiting) }
            p.lead role="status" { (t.waiting_text) }
            p.muted { (t.order_number(&data.number)) }
            p.actions {
                a.button href=(data.next) { (t.look_again) }
                a.button.secondary href=(data.order_path) { (t.to_order) }
            }
        }
    };
    layout::page(ctx, &head, &main)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<WaitingPage> {
    vec![WaitingPage {
        number: crate::goods::HOSTILE.to_owned(),
        order_path: "/orders/x".to_owned(),
        seconds: 2,
        next: "/orders/x/return?n=1".to_owned(),
    }]
}
