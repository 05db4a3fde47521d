//! `/admin/transfers`: goods that move from one location to another.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::{Answer, Location, StockQuantity, TransferRequest, TransferView};
use http_kit::{Api, Caller};
use kernel::{Failure, Page};
use maud::{Markup, html};

use super::{MAX_NAME, MAX_UNITS, location_choices, once, sku_at};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{page_of, shown_again, status_of, taken};
use crate::parts::{Field, Form, default_button, pager, said, state, table, time};
use crate::respond::{page, see_other};
use crate::rows;
use crate::site::{PageContext, Site};

const ACTION: &str = "/admin/transfers";

/// What the page shows.
pub(crate) struct TransfersPage {
    pub(crate) transfers: Page<TransferView>,
    pub(crate) first: bool,
    pub(crate) locations: Vec<Location>,
    /// What the first line is about, when one comes from the page of a SKU.
    pub(crate) sku: String,
    pub(crate) key: String,
    pub(crate) draft: Draft,
}

pub(crate) fn transfers_page(ctx: &PageContext, data: &TransfersPage) -> Markup {
    let rows: Vec<Markup> = data
        .transfers
        .items
        .iter()
        .map(|transfer| {
            let sent: i64 = transfer.lines.iter().map(|line| line.quantity).sum();
            let received: i64 = transfer.lines.iter().map(|line| line.received).sum();
            html! {
                tr {
                    td { a href=(format!("{ACTION}/{}", transfer.id)) { (said(&transfer.from)) " → " (said(&transfer.to)) } }
                    td { (state(transfer.status)) }
                    td.number { (received) " of " (sent) }
                    td { (said(&transfer.reason)) }
                    td { (time(transfer.at)) }
                }
            }
        })
        .collect();
    let body = html! {
        (table("Transfers", &["From and to", "State", "Received", "Reason", "Sent"], &rows, "Nothing was moved yet."))
        (pager(ACTION, &[], data.transfers.next_cursor.as_deref(), data.first))
        @if ctx.may(Scope::Stock) { (new(data)) }
    };
    layout::page(ctx, "Transfers", &body)
}

fn new(data: &TransfersPage) -> Markup {
    let form = Form::new("transfer", &data.draft);
    let locations = location_choices(&data.locations);
    let to = locations.get(1).map_or("", |(name, _)| name.as_str());
    html! {
        @if locations.len() < 2 {
            p.notice { "A transfer needs two locations. " a href="/admin/locations" { "Add another location" } " first." }
        } @else {
            form.card #new method="post" action=(ACTION) {
                h2 { "New transfer" }
                (default_button())
                (form.complaint())
                input type="hidden" name="key" value=(data.key);
                div.fields {
                    (form.select(&Field::new("from", "From"), &locations))
                    (form.select(&Field::new("to", "To").value(to), &locations))
                    (form.input(&Field::new("reason", "Reason")))
                }
                fieldset.rows #lines {
                    legend { "Goods" }
                    @for row in 0..form.rows("lines", 1) {
                        div.row {
                            div.fields {
                                (form.input(&Field::new(&format!("lines-{row}-sku"), "SKU").value(if row == 0 { &data.sku } else { "" })))
                                (form.input(&Field::new(&format!("lines-{row}-quantity"), "Units").kind("count")))
                            }
                            (form.row(ACTION, "lines", row, "line"))
                        }
                    }
                    (form.add_row(ACTION, "lines", "Add a line"))
                }
                (form.check("in_transit", "yes", "They travel: I receive them when they are there", false))
                p.actions { button type="submit" { "Transfer these" } }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<TransfersPage> {
    use crate::samples::{HOSTILE, draft, location, transfer};
    let page = |locations, draft| TransfersPage {
        transfers: Page { items: vec![transfer()], next_cursor: Some(HOSTILE()) },
        first: false,
        locations,
        sku: HOSTILE(),
        key: HOSTILE(),
        draft,
    };
    let fields = ["from", "to", "reason", "lines-0-row", "lines-0-sku", "lines-0-quantity", "lines-1-row"];
    vec![page(vec![location(), location()], draft("transfer", &fields)), page(vec![location()], Draft::default())]
}

async fn answer(site: &Site, caller: &Caller, draft: Draft, asked: &Fields) -> Api<Response> {
    let inventory = &site.handles().inventory;
    let status = status_of(draft.failure.as_ref());
    let data = TransfersPage {
        transfers: inventory.transfers(site.store(), page_of(asked)).await?,
        first: asked.get("cursor").is_none(),
        locations: inventory.locations(site.store()).await?,
        sku: asked.text("sku").to_owned(),
        key: site.form_key(),
        draft,
    };
    Ok(page(status, transfers_page(&site.context(caller, Section::Transfers).after(asked), &data)))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Stock)?;
    answer(&site, &caller, Draft::default(), &asked).await
}

fn read(fields: &Fields) -> Result<TransferRequest, Failure> {
    let mut read = Reading::new(fields);
    let (from, to) = (read.line("from", 1, MAX_NAME), read.line("to", 1, MAX_NAME));
    let reason = read.line("reason", 0, 200);
    let mut lines = Vec::new();
    for row in 0..rows::count(fields, "lines") {
        let (sku, name) = (sku_at(&mut read, &format!("lines-{row}-sku")), format!("lines-{row}-quantity"));
        if let (Some(sku), Some(quantity)) = (sku, read.needed_integer(&name, 1, MAX_UNITS)) {
            lines.push(StockQuantity { sku, quantity });
        }
    }
    if rows::count(fields, "lines") == 0 {
        read.wrong("lines", "required", "Say what is moved: add a line with a SKU and how many units of it.");
    }
    read.done()?;
    Ok(TransferRequest { from, to, lines, reason, in_transit: fields.has("in_transit") })
}

async fn moved(site: &Site, caller: &Caller, fields: &Fields) -> Result<Answer, Failure> {
    let request = read(fields)?;
    let same = once(site, caller, ACTION, fields, &request);
    site.handles().inventory.transfer(site.store(), request, same, caller.actor()).await
}

pub(crate) async fn create(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Stock)?;
    let none = Fields::default();
    if let Some(fields) = rows::pressed(&fields) {
        return answer(&site, &caller, Draft::typed("transfer", fields), &none).await;
    }
    let fields = rows::typed(&fields, "lines", &[]);
    match moved(&site, &caller, &fields).await.and_then(|answer| taken(&answer)) {
        Ok(()) => Ok(see_other(&format!("{ACTION}?done=transferred"))),
        Err(failure) => answer(&site, &caller, Draft::new("transfer", fields, shown_again(failure)?), &none).await,
    }
}
