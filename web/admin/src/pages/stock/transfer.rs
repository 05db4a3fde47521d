//! `/admin/transfers/{id}`: one transfer, and what of it has arrived.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::{Answer, ReceiveTransfer, StockQuantity, TransferStatus, TransferView};
use http_kit::{Api, Caller, Path};
use kernel::{Failure, PageRequest, TransferId};
use maud::{Markup, html};

use super::{MAX_UNITS, once};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of, taken};
use crate::parts::{Field, Form, encoded, said, state, table, time};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// Pages of transfers that are looked through for one of them.
const SCANNED_PAGES: usize = 100;

/// What the page shows.
pub(crate) struct TransferPage {
    pub(crate) transfer: TransferView,
    pub(crate) key: String,
    pub(crate) draft: Draft,
}

fn is_open(transfer: &TransferView) -> bool {
    matches!(transfer.status, TransferStatus::InTransit | TransferStatus::PartiallyReceived)
}

pub(crate) fn transfer_page(ctx: &PageContext, data: &TransferPage) -> Markup {
    let transfer = &data.transfer;
    let rows: Vec<Markup> = transfer
        .lines
        .iter()
        .map(|line| {
            html! {
                tr {
                    td { a href=(format!("/admin/stock/{}", encoded(line.sku.as_str()))) { (said(line.sku.as_str())) } }
                    td.number { (line.quantity) }
                    td.number { (line.received) }
                    td.number { (line.quantity - line.received) }
                }
            }
        })
        .collect();
    let title = format!("Transfer {} → {}", transfer.from, transfer.to);
    let missing = if is_open(transfer) { "On the way" } else { "Missing" };
    let main = html! {
        div.head { h1 { "Transfer " (said(&transfer.from)) " → " (said(&transfer.to)) } (state(transfer.status)) }
        p.muted { "Sent " (time(transfer.at)) " · changed " (time(transfer.updated_at)) " · " a href="/admin/transfers" { "All transfers" } }
        @if !transfer.reason.is_empty() { p { (said(&transfer.reason)) } }
        @if !is_open(transfer) { (Form::new("receive", &data.draft).complaint()) }
        (table("Goods", &["SKU", "Sent", "Received", missing], &rows, "Nothing."))
        @if ctx.may(Scope::Stock) && is_open(transfer) { (receive_form(data)) }
    };
    layout::frame(ctx, &title, &main)
}

fn receive_form(data: &TransferPage) -> Markup {
    let form = Form::new("receive", &data.draft);
    let transfer = &data.transfer;
    html! {
        form.card #receive method="post" action=(format!("/admin/transfers/{}/receive", transfer.id)) {
            h2 { "Receive" }
            (form.complaint())
            input type="hidden" name="key" value=(data.key);
            p.muted { "Change the units when fewer have arrived; the rest stays on its way." }
            div.fields {
                @for (line, goods) in transfer.lines.iter().enumerate() {
                    @let left = goods.quantity - goods.received;
                    @if left > 0 {
                        (form.input(&Field::new(&format!("quantity-{line}"), &format!("{} (of {left})", goods.sku)).kind("count").value(&left.to_string())))
                    }
                }
            }
            (form.check("close", "yes", "Nothing more is coming: what is missing is lost", false))
            p.actions { button type="submit" { "Receive these" } }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<TransferPage> {
    use crate::samples::{HOSTILE, draft, transfer};
    let closed = TransferView { status: TransferStatus::Closed, ..transfer() };
    vec![
        TransferPage { transfer: transfer(), key: HOSTILE(), draft: draft("receive", &["quantity-0", "close"]) },
        TransferPage { transfer: closed, key: HOSTILE(), draft: draft("receive", &["quantity-0"]) },
    ]
}

/// The transfer `id`. They are listed latest first, and it is the latest ones that people open.
async fn find(site: &Site, id: TransferId) -> Result<TransferView, Failure> {
    let mut request = PageRequest { limit: 100, cursor: None };
    for _ in 0..SCANNED_PAGES {
        let page = site.handles().inventory.transfers(site.store(), request.clone()).await?;
        if let Some(found) = page.items.into_iter().find(|transfer| transfer.id == id) {
            return Ok(found);
        }
        request.cursor = page.next_cursor;
        if request.cursor.is_none() {
            break;
        }
    }
    Err(Failure::not_found("transfer"))
}

async fn answer(site: &Site, caller: &Caller, id: TransferId, draft: Draft, asked: &Fields) -> Api<Response> {
    let status = status_of(draft.failure.as_ref());
    let data = TransferPage { transfer: find(site, id).await?, key: site.form_key(), draft };
    Ok(page(status, transfer_page(&site.context(caller, Section::Transfers).after(asked), &data)))
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<TransferId>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require_read(Scope::Stock)?;
    answer(&site, &caller, id, Draft::default(), &asked).await
}

async fn received(site: &Site, caller: &Caller, id: TransferId, fields: &Fields) -> Result<Answer, Failure> {
    let transfer = find(site, id).await?;
    let mut read = Reading::new(fields);
    let mut lines = Vec::new();
    for (line, goods) in transfer.lines.iter().enumerate() {
        if let Some(quantity) = read.integer(&format!("quantity-{line}"), 0, MAX_UNITS).filter(|units| *units > 0) {
            lines.push(StockQuantity { sku: goods.sku.clone(), quantity });
        }
    }
    let close = fields.has("close");
    if lines.is_empty() && !close {
        read.wrong("quantity-0", "required", "Say how many units have arrived.");
    }
    read.done()?;
    let request = ReceiveTransfer { lines: Some(lines), close };
    let same = once(site, caller, "/admin/transfers/receive", fields, &(id, &request));
    site.handles().inventory.receive_transfer(site.store(), id, request, same, caller.actor()).await
}

pub(crate) async fn receive(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<TransferId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Stock)?;
    match received(&site, &caller, id, &fields).await.and_then(|answer| taken(&answer)) {
        Ok(()) => Ok(see_other(&format!("/admin/transfers/{id}?done=received"))),
        Err(failure) => {
            let draft = Draft::new("receive", fields, shown_again(failure)?);
            answer(&site, &caller, id, draft, &Fields::default()).await
        }
    }
}
