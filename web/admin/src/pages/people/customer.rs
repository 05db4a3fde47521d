//! `GET /admin/customers/{id}`, the export of their data, and their erasure.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::{CustomerView, SavedAddress, Scope};
use contracts::ledger::OrderSummary;
use http_kit::{Api, Caller, Path, Visit};
use kernel::{CustomerId, Failure, Page};
use maud::{Markup, html};

use crate::form::{Asked, Fields};
use crate::layout::{self, Section};
use crate::pages::orders::list::{HEADS, rows};
use crate::pages::page_of;
use crate::parts::{pager, said, table, time};
use crate::respond::{document, page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct CustomerPage {
    pub(crate) customer: CustomerView,
    pub(crate) addresses: Vec<SavedAddress>,
    pub(crate) orders: Page<OrderSummary>,
    pub(crate) first: bool,
}

pub(crate) fn customer_page(ctx: &PageContext, data: &CustomerPage) -> Markup {
    let customer = &data.customer;
    let base = format!("/admin/customers/{}", customer.id);
    let title = customer.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&customer.email);
    let main = html! {
        div.head { h1 { (said(title)) } }
        p.muted { (said(&customer.email)) " · customer since " (time(customer.created_at)) }
        (table("Orders", &HEADS, &rows(&data.orders.items), "No orders."))
        (pager(&base, &[], data.orders.next_cursor.as_deref(), data.first))
        section.card {
            h2 { "Addresses" }
            @if data.addresses.is_empty() { p.empty { "None." } }
            @for saved in &data.addresses {
                p {
                    (said(&saved.address.name)) ", " (said(&saved.address.line1)) ", "
                    (said(&saved.address.postal_code)) " " (said(&saved.address.city)) ", " (said(&saved.address.country))
                }
            }
        }
        @if ctx.may(Scope::Customers) {
            details.card {
                summary { "Their data" }
                p { a href=(format!("{base}/export.json")) { "Everything the shop keeps about them, as JSON" } }
                form method="post" action=(format!("{base}/erase")) {
                    p.muted { "Erasing destroys the key of their data: it is gone from every copy and cannot be brought back. The books stay whole." }
                    div.check {
                        input #sure type="checkbox" name="sure" value="yes" required;
                        label for="sure" { "I am sure" }
                    }
                    p.actions { button.danger type="submit" { "Erase their data" } }
                }
            }
        }
    };
    layout::frame(ctx, title, &main)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<CustomerPage> {
    use crate::samples::{HOSTILE, address, customer, id, summary};
    let saved = SavedAddress { id: id(1), default: true, address: address() };
    let orders = Page { items: vec![summary()], next_cursor: Some(HOSTILE()) };
    vec![CustomerPage { customer: customer(), addresses: vec![saved], orders, first: false }]
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<CustomerId>,
    Asked(asked): Asked,
) -> Api<Response> {
    caller.require_read(Scope::Customers)?;
    let customers = &site.handles().customers;
    let customer = customers.customer(site.store(), id).await?.ok_or_else(|| Failure::not_found("customer"))?;
    let addresses = customers.addresses(site.store(), id).await?;
    let orders = customers.customer_orders(site.store(), id, page_of(&asked)).await?;
    let data = CustomerPage { customer, addresses, orders, first: asked.get("cursor").is_none() };
    Ok(page(StatusCode::OK, customer_page(&site.context(&caller, Section::Customers).after(&asked), &data)))
}

pub(crate) async fn export(State(site): State<Site>, caller: Caller, Path(id): Path<CustomerId>) -> Api<Response> {
    caller.require(Scope::Customers)?;
    let data = site.handles().customers.export(site.store(), id).await?;
    let bytes = serde_json::to_vec_pretty(&data).map_err(Failure::internal)?;
    Ok(document("application/json", &format!("customer-{id}.json"), bytes))
}

pub(crate) async fn erase(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<CustomerId>,
    visit: Visit,
    fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Customers)?;
    if !fields.has("sure") {
        return Err(Failure::field("/sure", "required", "Tick the box when you are sure.").into());
    }
    let from = visit.visitor(http_kit::SessionCookie::Staff, site.secure());
    site.handles().customers.erase_customer(site.store(), id, None, &from).await?;
    Ok(see_other("/admin/customers?done=erased"))
}
