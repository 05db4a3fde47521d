//! `GET /admin/orders`: newest first, by state, by number, or of one customer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::{CustomerFilter, Scope};
use contracts::ledger::{FulfilmentStatus, OrderFilter, OrderStatus, OrderSummary, PaymentStatus};
use http_kit::{Api, Caller};
use kernel::{Failure, Page, PageRequest};
use maud::{Markup, html};

use crate::form::{Asked, Draft, Fields};
use crate::layout::{self, Section};
use crate::pages::page_of;
use crate::parts::{Field, Form, choices, money, name_of, pager, said, state, table, time};
use crate::respond::page;
use crate::site::{PageContext, Site};

/// Pages of the ledger that are looked through for one page of ours, when it is asked for a state that the ledger does
/// not filter by.
const SCANNED_PAGES: usize = 20;

const STATUS: [OrderStatus; 5] = [
    OrderStatus::Pending,
    OrderStatus::PaymentFailed,
    OrderStatus::Confirmed,
    OrderStatus::Closed,
    OrderStatus::Cancelled,
];
const PAYMENT: [PaymentStatus; 10] = [
    PaymentStatus::NotRequired,
    PaymentStatus::Pending,
    PaymentStatus::Unknown,
    PaymentStatus::RequiresAction,
    PaymentStatus::Declined,
    PaymentStatus::Authorised,
    PaymentStatus::Paid,
    PaymentStatus::PartiallyRefunded,
    PaymentStatus::Refunded,
    PaymentStatus::Voided,
];
const FULFILMENT: [FulfilmentStatus; 5] = [
    FulfilmentStatus::Unfulfilled,
    FulfilmentStatus::PartiallyShipped,
    FulfilmentStatus::Shipped,
    FulfilmentStatus::Delivered,
    FulfilmentStatus::Returned,
];

/// What was asked for, as in the address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    q: String,
    status: String,
    payment: String,
    fulfilment: String,
    first: bool,
}

impl Wanted {
    fn of(asked: &Fields) -> Self {
        let text = |name: &str| asked.text(name).chars().take(300).collect();
        Wanted {
            q: text("q"),
            status: text("status"),
            payment: text("payment"),
            fulfilment: text("fulfilment"),
            first: asked.get("cursor").is_none(),
        }
    }

    fn takes(&self, order: &OrderSummary) -> bool {
        let fits = |wanted: &str, name: String| wanted.is_empty() || wanted == name;
        fits(&self.status, name_of(order.status))
            && fits(&self.payment, name_of(order.payment_status))
            && fits(&self.fulfilment, name_of(order.fulfilment_status))
    }
}

/// What the page shows.
pub(crate) struct OrdersPage {
    pub(crate) wanted: Wanted,
    pub(crate) orders: Page<OrderSummary>,
    /// How many orders were looked at, when they were looked through.
    pub(crate) scanned: Option<usize>,
}

pub(crate) fn rows(orders: &[OrderSummary]) -> Vec<Markup> {
    orders
        .iter()
        .map(|order| {
            html! {
                tr {
                    td { a href=(format!("/admin/orders/{}", order.id)) { (said(&order.number)) } }
                    td { (time(order.placed_at)) }
                    td { (state(order.status)) }
                    td { (state(order.payment_status)) }
                    td { (state(order.fulfilment_status)) }
                    td.number { (money(order.total)) }
                }
            }
        })
        .collect()
}

pub(crate) const HEADS: [&str; 6] = ["Number", "Placed", "Order", "Payment", "Fulfilment", "Total"];

fn any<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<(String, String)> {
    std::iter::once((String::new(), "Any".to_owned())).chain(choices(names)).collect()
}

pub(crate) fn orders_page(ctx: &PageContext, data: &OrdersPage) -> Markup {
    let wanted = &data.wanted;
    let draft = Draft::default();
    let form = Form::new("filter", &draft);
    let names = |values: Vec<String>| any(values.iter().map(String::as_str));
    let body = html! {
        form.bar-form.card method="get" action="/admin/orders" role="search" {
            (form.input(&Field::new("q", "Number or e-mail").kind("search").value(&wanted.q)))
            (form.select(&Field::new("status", "Order").value(&wanted.status), &names(STATUS.map(name_of).into())))
            (form.select(&Field::new("payment", "Payment").value(&wanted.payment), &names(PAYMENT.map(name_of).into())))
            (form.select(&Field::new("fulfilment", "Fulfilment").value(&wanted.fulfilment), &names(FULFILMENT.map(name_of).into())))
            p.actions { button type="submit" { "Show" } }
        }
        (table("Orders", &HEADS, &rows(&data.orders.items), "No such orders."))
        @if let (Some(scanned), true) = (data.scanned, data.orders.next_cursor.is_some()) {
            p.muted { "Looked through " (scanned) " orders; older ones are on the next page." }
        }
        (pager("/admin/orders", &[
            ("q", &wanted.q), ("status", &wanted.status), ("payment", &wanted.payment), ("fulfilment", &wanted.fulfilment),
        ], data.orders.next_cursor.as_deref(), wanted.first))
        p.muted { a href="/admin/past-orders" { "Past orders" } ", which another shop sold before this one" }
    };
    layout::page(ctx, "Orders", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<OrdersPage> {
    use crate::samples::{HOSTILE, summary};
    let hostile = Wanted { q: HOSTILE(), status: HOSTILE(), payment: HOSTILE(), fulfilment: HOSTILE(), first: false };
    let orders = Page { items: vec![summary(), summary()], next_cursor: Some(HOSTILE()) };
    let nothing = Page { items: Vec::new(), next_cursor: None };
    vec![
        OrdersPage { wanted: hostile, orders, scanned: Some(7) },
        OrdersPage { wanted: Wanted::default(), orders: nothing, scanned: None },
    ]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Orders)?;
    let wanted = Wanted::of(&asked);
    let (orders, scanned) = if wanted.q.contains('@') {
        caller.require_read(Scope::Customers)?;
        (of_customer(&site, &wanted, page_of(&asked)).await?, None)
    } else {
        by_state(&site, &wanted, page_of(&asked)).await?
    };
    let ctx = site.context(&caller, Section::Orders).after(&asked);
    Ok(page(StatusCode::OK, orders_page(&ctx, &OrdersPage { wanted, orders, scanned })))
}

/// The orders of the account with this address: those of guests are stored sealed and cannot be searched.
async fn of_customer(site: &Site, wanted: &Wanted, asked: PageRequest) -> Result<Page<OrderSummary>, Failure> {
    let filter = CustomerFilter { email: Some(wanted.q.clone()) };
    let customers = &site.handles().customers;
    let found = customers.customers(site.store(), filter, PageRequest::default()).await?;
    let Some(customer) = found.items.first() else { return Ok(Page { items: Vec::new(), next_cursor: None }) };
    let mut orders = customers.customer_orders(site.store(), customer.id, asked).await?;
    orders.items.retain(|order| wanted.takes(order));
    Ok(orders)
}

/// The ledger filters by status and number. For the other states its pages are looked through, a bounded number of
/// them; no order is skipped, because a page of ours ends where one of the ledger's does.
async fn by_state(
    site: &Site,
    wanted: &Wanted,
    asked: PageRequest,
) -> Result<(Page<OrderSummary>, Option<usize>), Failure> {
    let status = STATUS.into_iter().find(|status| name_of(status) == wanted.status);
    let number = Some(wanted.q.trim_start_matches('#').to_owned()).filter(|number| !number.is_empty());
    let filter = OrderFilter { status, number };
    let rows = asked.limit as usize;
    let mut cursor = asked.cursor;
    let (mut items, mut scanned) = (Vec::new(), 0);
    for _ in 0..SCANNED_PAGES {
        let request = PageRequest { limit: asked.limit, cursor: cursor.take() };
        let page = site.handles().orders.orders(site.store(), filter.clone(), request).await?;
        scanned += page.items.len();
        items.extend(page.items.into_iter().filter(|order| wanted.takes(order)));
        cursor = page.next_cursor;
        if items.len() >= rows || cursor.is_none() {
            break;
        }
    }
    let looked_through = !wanted.payment.is_empty() || !wanted.fulfilment.is_empty();
    Ok((Page { items, next_cursor: cursor }, looked_through.then_some(scanned)))
}
