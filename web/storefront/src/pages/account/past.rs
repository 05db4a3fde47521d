//! `/account/past-orders`: what the customer ordered from the shop that this one was before.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::archive::{PastOrderSummary, PastOrderView};
use http_kit::Caller;
use kernel::{Page, PageRequest, PastOrderId};
use maud::{Markup, html};

use super::signed_in;
use crate::form::Fields;
use crate::format::date_time;
use crate::layout::{self, Head};
use crate::pages::error;
use crate::respond::private;
use crate::site::{PageContext, Site};

/// Orders on one page.
const ORDERS: u32 = 24;

/// A card for each.
pub(super) fn cards(ctx: &PageContext<'_>, orders: &[PastOrderSummary]) -> Markup {
    let t = ctx.phrases.account;
    let locale = &ctx.here.market.locale;
    html! {
        ul.cards role="list" {
            @for order in orders {
                li {
                    h3 { a href={ "/account/past-orders/" (order.id) } { (ctx.phrases.order_number(&order.number)) } }
                    p { (ctx.money(order.total)) }
                    p.muted.small { (t.placed_on) " " (date_time(locale, order.placed_at.0)) }
                }
            }
        }
    }
}

pub(crate) fn list_page(ctx: &PageContext<'_>, data: &Page<PastOrderSummary>) -> Markup {
    let t = ctx.phrases.account;
    let head = Head { title: t.past_orders.to_owned(), ..Head::default() };
    let main = html! {
        header.page-header {
            h1 { (t.past_orders) }
            p { a href="/account" { (t.back_to_account) } }
        }
        @if data.items.is_empty() { p.muted { (t.no_orders) } }
        (cards(ctx, &data.items))
        @if let Some(cursor) = &data.next_cursor {
            p.actions { a.button.secondary href={ "/account/past-orders?cursor=" (cursor) } { (t.older_orders) } }
        }
    };
    layout::page(ctx, &head, &main)
}

pub(crate) fn order_page(ctx: &PageContext<'_>, view: &PastOrderView) -> Markup {
    let (t, order) = (ctx.phrases, &view.order);
    let totals = &order.totals;
    let locale = &ctx.here.market.locale;
    let head = Head { title: t.order_number(&order.number), ..Head::default() };
    let main = html! {
        header.page-header {
            h1 { (t.order_number(&order.number)) }
            p.muted { (t.account.placed_on) " " (date_time(locale, order.placed_at.0)) }
            p { a href="/account/past-orders" { (t.account.past_orders) } }
        }
        p.muted { (t.account.past_orders_text) }
        ul.cards role="list" {
            @for line in &order.lines {
                li {
                    h3 { (line.title) }
                    @if !line.variant_title.is_empty() { p.muted { (line.variant_title) } }
                    p { (t.pieces(line.quantity)) " × " (ctx.money(line.unit_price)) " · " (ctx.money(line.total)) }
                }
            }
        }
        p { (t.discount) ": " (ctx.money(totals.discount)) }
        p { (t.shipping) ": " (ctx.money(totals.shipping)) }
        p { strong { (t.total) ": " (ctx.money(totals.total)) } }
        @if let Some(to) = order.contact.as_ref().and_then(|contact| contact.shipping_address.as_ref()) {
            h2 { (t.delivery_address) }
            p { (to.name) }
            p { (to.line1) @if let Some(line2) = &to.line2 { ", " (line2) } }
            p { (to.postal_code) " " (to.city) ", " (to.country) }
        }
    };
    layout::page(ctx, &head, &main)
}

#[cfg(test)]
pub(crate) fn summaries() -> Vec<PastOrderSummary> {
    let view = samples().remove(0);
    let order = view.order;
    vec![PastOrderSummary {
        id: view.id,
        source: order.source,
        number: order.number,
        placed_at: order.placed_at,
        status: order.status,
        payment_status: order.payment_status,
        fulfilment_status: order.fulfilment_status,
        total: order.totals.total,
        units: 2,
    }]
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<PastOrderView> {
    use crate::goods::{HOSTILE, NOW};
    use contracts::address::Address;
    use contracts::archive::{OrderRecord, RecordContact, RecordLine, RecordTotals};
    use kernel::{Currency, Money};
    let (hostile, eur) = (|| HOSTILE.to_owned(), |minor| Money::new(minor, Currency::EUR));
    let address = Address {
        name: hostile(),
        line1: hostile(),
        line2: Some(hostile()),
        city: hostile(),
        region: None,
        postal_code: hostile(),
        country: hostile(),
    };
    let order = OrderRecord {
        source: hostile(),
        number: hostile(),
        reference: None,
        placed_at: NOW.into(),
        cancelled_at: None,
        status: hostile(),
        payment_status: hostile(),
        fulfilment_status: hostile(),
        currency: Currency::EUR,
        totals: RecordTotals {
            items: eur(20),
            discount: eur(0),
            shipping: eur(0),
            tax: eur(0),
            tax_added: eur(0),
            total: eur(20),
            gift_card: eur(0),
        },
        captured: eur(20),
        refunded: eur(0),
        taxes: Vec::new(),
        discounts: Vec::new(),
        refunds: Vec::new(),
        shipping_name: hostile(),
        tracking: Vec::new(),
        lines: vec![RecordLine {
            line: 1,
            sku: hostile(),
            title: hostile(),
            variant_title: hostile(),
            quantity: 2,
            unit_price: eur(10),
            discount: eur(0),
            total: eur(20),
        }],
        contact: Some(RecordContact { shipping_address: Some(address), ..RecordContact::default() }),
    };
    let id = "00000000-0000-7000-8000-000000000001".parse().unwrap();
    vec![PastOrderView { id, imported_at: NOW.into(), erased: false, order }]
}

pub(crate) async fn list(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let fields = Fields::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let page = PageRequest { limit: ORDERS, cursor: fields.get("cursor").map(str::to_owned) };
    let handles = &site.shop.handles;
    match handles.past_orders.past_orders_of(handles.store, id, page).await {
        Ok(found) => private(StatusCode::OK, list_page(&site.context("/account"), &found)),
        Err(failure) => error::failure(&site, &failure),
    }
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    Path(order): Path<String>,
) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Ok(order) = order.parse::<PastOrderId>() else { return error::not_found(&site) };
    let handles = &site.shop.handles;
    match handles.past_orders.past_order_of(handles.store, id, order).await {
        Ok(Some(view)) => private(StatusCode::OK, order_page(&site.context("/account"), &view)),
        Ok(None) => error::not_found(&site),
        Err(failure) => error::failure(&site, &failure),
    }
}
