//! `GET /admin/past-orders`, one of them, and the erasure of whom it was for: what other shops sold before this one.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::address::Address;
use contracts::archive::{OrderRecord, PastOrderFilter, PastOrderSummary, PastOrderView, RecordPart};
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};
use kernel::{Failure, Page, PastOrderId, Timestamp};
use maud::{Markup, html};

use crate::form::{Asked, Draft, Fields};
use crate::layout::{self, Section};
use crate::pages::page_of;
use crate::parts::{Field, Form, maybe_time, money, pager, said, state, table, time};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What was asked for, as in the address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    q: String,
    since: String,
    until: String,
    first: bool,
}

impl Wanted {
    fn of(asked: &Fields) -> Self {
        let text = |name: &str| asked.text(name).chars().take(254).collect();
        Wanted { q: text("q"), since: text("since"), until: text("until"), first: asked.get("cursor").is_none() }
    }

    /// A day that cannot be read asks for nothing, as everything else in an address.
    fn filter(&self) -> PastOrderFilter {
        let day = |text: &str| Timestamp::parse(&format!("{text}T00:00:00Z")).ok();
        let asked = Some(self.q.clone()).filter(|q| !q.is_empty());
        let (email, number) = if self.q.contains('@') { (asked, None) } else { (None, asked) };
        // The last day is one of those that are asked for.
        let until = day(&self.until).map(|day| day.plus_secs(86_400));
        PastOrderFilter { number, email, source: None, since: day(&self.since), until }
    }
}

/// What the list shows.
pub(crate) struct PastOrdersPage {
    pub(crate) wanted: Wanted,
    pub(crate) orders: Page<PastOrderSummary>,
}

pub(crate) fn past_orders_page(ctx: &PageContext, data: &PastOrdersPage) -> Markup {
    let wanted = &data.wanted;
    let draft = Draft::default();
    let form = Form::new("filter", &draft);
    let heads = ["Number", "Shop", "Placed", "Order", "Payment", "Fulfilment", "Units", "Total"];
    let rows: Vec<Markup> = data.orders.items.iter().map(row).collect();
    let body = html! {
        p.muted {
            "What other shops sold before this one, brought along by " code { "argosy import" } ". History: nothing is owed, "
            "held or sent for them. " a href="/admin/orders" { "Orders of this shop" }
        }
        form.bar-form.card method="get" action="/admin/past-orders" role="search" {
            (form.input(&Field::new("q", "Number or e-mail").kind("search").value(&wanted.q)))
            (form.input(&Field::new("since", "From").kind("date").value(&wanted.since)))
            (form.input(&Field::new("until", "To").kind("date").value(&wanted.until)))
            p.actions { button type="submit" { "Show" } }
        }
        (table("Past orders", &heads, &rows, "No such past orders."))
        (pager("/admin/past-orders", &[("q", &wanted.q), ("since", &wanted.since), ("until", &wanted.until)],
            data.orders.next_cursor.as_deref(), wanted.first))
    };
    layout::page(ctx, "Past orders", &body)
}

fn row(order: &PastOrderSummary) -> Markup {
    html! {
        tr {
            td { a href=(format!("/admin/past-orders/{}", order.id)) { (said(&order.number)) } }
            td { (said(&order.source)) }
            td { (time(order.placed_at)) }
            td { (word(&order.status)) }
            td { (word(&order.payment_status)) }
            td { (word(&order.fulfilment_status)) }
            td.number { (order.units) }
            td.number { (money(order.total)) }
        }
    }
}

/// A state in the other shop's words, which may be none.
fn word(text: &str) -> Markup {
    html! { @if text.is_empty() { "–" } @else { (state(text)) } }
}

pub(crate) fn past_order_page(ctx: &PageContext, view: &PastOrderView) -> Markup {
    let order = &view.order;
    let title = format!("Past order {}", order.number);
    let heads = ["SKU", "What", "Units", "Price", "Discount", "Total"];
    let lines: Vec<Markup> = order.lines.iter().map(line).collect();
    let body = html! {
        p.muted {
            "Sold by " (said(&order.source)) @if let Some(reference) = &order.reference { " (" (said(reference)) ")" } " on "
            (time(order.placed_at)) " · taken in " (time(view.imported_at)) " · " a href="/admin/past-orders" { "All past orders" }
        }
        section.card {
            dl {
                dt { "Order" } dd { (word(&order.status)) }
                dt { "Payment" } dd { (word(&order.payment_status)) }
                dt { "Fulfilment" } dd { (word(&order.fulfilment_status)) }
                dt { "Cancelled" } dd { (maybe_time(order.cancelled_at)) }
                dt { "Delivery" } dd { (said(&order.shipping_name)) }
                @if !order.tracking.is_empty() { dt { "Parcels" } dd { (said(&order.tracking.join(", "))) } }
            }
        }
        (table("Lines", &heads, &lines, "No lines."))
        (sums(order))
        (person(ctx, view))
    };
    layout::page(ctx, &title, &body)
}

fn line(line: &contracts::archive::RecordLine) -> Markup {
    html! {
        tr {
            td { (said(&line.sku)) }
            td { (said(&line.title)) @if !line.variant_title.is_empty() { ", " (said(&line.variant_title)) } }
            td.number { (line.quantity) }
            td.number { (money(line.unit_price)) }
            td.number { (money(line.discount)) }
            td.number { (money(line.total)) }
        }
    }
}

fn sums(order: &OrderRecord) -> Markup {
    let totals = &order.totals;
    let rows = [
        ("Items", totals.items),
        ("Discount", totals.discount),
        ("Delivery", totals.shipping),
        ("Tax", totals.tax),
        ("of it added to the prices", totals.tax_added),
        ("Total", totals.total),
        ("Paid by gift card", totals.gift_card),
        ("Paid", order.captured),
        ("Refunded", order.refunded),
    ];
    let parts = |name: &str, parts: &[RecordPart]| {
        html! {
            @for part in parts { tr { td { (name) ": " (said(&part.label)) } td.number { (money(part.amount)) } } }
        }
    };
    let mut all: Vec<Markup> =
        rows.iter().map(|(name, amount)| html! { tr { td { (name) } td.number { (money(*amount)) } } }).collect();
    all.push(parts("Tax", &order.taxes));
    all.push(parts("Discount", &order.discounts));
    all.push(parts("Refund", &order.refunds));
    table("Amounts", &["What", "Amount"], &all, "")
}

fn person(ctx: &PageContext, view: &PastOrderView) -> Markup {
    let contact = view.order.contact.as_ref();
    html! {
        section.card {
            h2 { "Whom it was for" }
            @if view.erased { p { "Their data was erased." } }
            @else if contact.is_none() { p.empty { "Nobody is known." } }
            @if let Some(contact) = contact {
                @if !contact.email.is_empty() { p { (said(&contact.email)) } }
                @if let Some(address) = &contact.shipping_address { p { "Sent to: " (address_text(address)) } }
                @if let Some(address) = &contact.billing_address { p { "Billed to: " (address_text(address)) } }
                @if let Some(vat_id) = &contact.vat_id { p { "VAT id: " (said(vat_id)) } }
            }
        }
        @if contact.is_some() && ctx.may(Scope::Admin) {
            details.card {
                summary { "Their data" }
                form method="post" action=(format!("/admin/past-orders/{}/erase", view.id)) {
                    p.muted {
                        "Erasing destroys the key of their data, here and in every past order with the same e-mail address. "
                        "It cannot be brought back. What was sold stays."
                    }
                    div.check {
                        input #sure type="checkbox" name="sure" value="yes" required;
                        label for="sure" { "I am sure" }
                    }
                    p.actions { button.danger type="submit" { "Erase their data" } }
                }
            }
        }
    }
}

fn address_text(address: &Address) -> Markup {
    let (line2, region) = (address.line2.as_deref().unwrap_or(""), address.region.as_deref().unwrap_or(""));
    let (name, line1, code) = (address.name.as_str(), address.line1.as_str(), address.postal_code.as_str());
    let parts = [name, line1, line2, code, &address.city, region, &address.country];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said(&parts.join(", "))
}

#[cfg(test)]
pub(crate) fn list_samples() -> Vec<PastOrdersPage> {
    use crate::samples::HOSTILE;
    let view = samples().remove(0);
    let order = &view.order;
    let summary = PastOrderSummary {
        id: view.id,
        source: HOSTILE(),
        number: HOSTILE(),
        placed_at: order.placed_at,
        status: HOSTILE(),
        payment_status: String::new(),
        fulfilment_status: HOSTILE(),
        total: order.totals.total,
        units: 3,
    };
    let hostile = Wanted { q: HOSTILE(), since: HOSTILE(), until: HOSTILE(), first: false };
    let orders = Page { items: vec![summary], next_cursor: Some(HOSTILE()) };
    let nothing = Page { items: Vec::new(), next_cursor: None };
    vec![PastOrdersPage { wanted: hostile, orders }, PastOrdersPage { wanted: Wanted::default(), orders: nothing }]
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<PastOrderView> {
    use crate::samples::{HOSTILE, address, at, id};
    use contracts::archive::{RecordContact, RecordLine, RecordTotals};
    use kernel::{Currency, Money};
    let eur = |minor| Money::new(minor, Currency::EUR);
    let part = || vec![RecordPart { label: HOSTILE(), amount: eur(5) }];
    let line = RecordLine {
        line: 1,
        sku: HOSTILE(),
        title: HOSTILE(),
        variant_title: HOSTILE(),
        quantity: 3,
        unit_price: eur(100),
        discount: eur(0),
        total: eur(300),
    };
    let contact = RecordContact {
        email: HOSTILE(),
        shipping_address: Some(address()),
        billing_address: Some(address()),
        vat_id: Some(HOSTILE()),
    };
    let order = OrderRecord {
        source: HOSTILE(),
        number: HOSTILE(),
        reference: Some(HOSTILE()),
        placed_at: at(),
        cancelled_at: Some(at()),
        status: HOSTILE(),
        payment_status: HOSTILE(),
        fulfilment_status: String::new(),
        currency: Currency::EUR,
        totals: RecordTotals {
            items: eur(300),
            discount: eur(5),
            shipping: eur(0),
            tax: eur(5),
            tax_added: eur(5),
            total: eur(300),
            gift_card: eur(0),
        },
        captured: eur(300),
        refunded: eur(5),
        taxes: part(),
        discounts: part(),
        refunds: part(),
        shipping_name: HOSTILE(),
        tracking: vec![HOSTILE()],
        lines: vec![line],
        contact: Some(contact),
    };
    let view = PastOrderView { id: id(1), imported_at: at(), erased: false, order };
    let erased = OrderRecord { contact: None, lines: Vec::new(), ..view.order.clone() };
    vec![view, PastOrderView { id: id(2), imported_at: at(), erased: true, order: erased }]
}

pub(crate) async fn list(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    let wanted = Wanted::of(&asked);
    let archive = &site.handles().past_orders;
    let orders = archive.past_orders(site.store(), wanted.filter(), page_of(&asked)).await?;
    let ctx = site.context(&caller, Section::Orders).after(&asked);
    Ok(page(StatusCode::OK, past_orders_page(&ctx, &PastOrdersPage { wanted, orders })))
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<PastOrderId>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    let found = site.handles().past_orders.past_order(site.store(), id).await?;
    let view = found.ok_or_else(|| Failure::not_found("past order"))?;
    Ok(page(StatusCode::OK, past_order_page(&site.context(&caller, Section::Orders).after(&asked), &view)))
}

pub(crate) async fn erase(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<PastOrderId>,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Admin)?;
    if !fields.has("sure") {
        return Err(Failure::field("/sure", "required", "Tick the box when you are sure.").into());
    }
    site.handles().past_orders.erase_past_person(site.store(), id).await?;
    Ok(see_other(&format!("/admin/past-orders/{id}?done=erased")))
}
