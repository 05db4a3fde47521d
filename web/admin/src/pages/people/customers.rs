//! `GET /admin/customers`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::{CustomerFilter, CustomerView, Scope};
use http_kit::{Api, Caller};
use kernel::Page;
use maud::{Markup, html};

use crate::form::{Asked, Draft};
use crate::layout::{self, Section};
use crate::pages::page_of;
use crate::parts::{Field, Form, pager, said, table, time};
use crate::respond::page;
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct CustomersPage {
    pub(crate) q: String,
    pub(crate) first: bool,
    pub(crate) customers: Page<CustomerView>,
}

pub(crate) fn customers_page(ctx: &PageContext, data: &CustomersPage) -> Markup {
    let draft = Draft::default();
    let form = Form::new("filter", &draft);
    let rows: Vec<Markup> = data
        .customers
        .items
        .iter()
        .map(|customer| {
            html! {
                tr {
                    td { a href=(format!("/admin/customers/{}", customer.id)) { (said(&customer.email)) } }
                    td { (said(customer.name.as_deref().unwrap_or("–"))) }
                    td { @if customer.email_verified { "Yes" } @else { "No" } }
                    td { (time(customer.created_at)) }
                }
            }
        })
        .collect();
    let body = html! {
        form.bar-form.card method="get" action="/admin/customers" role="search" {
            (form.input(&Field::new("q", "E-mail").kind("search").value(&data.q)
                .hint("The whole address: it is stored encrypted, so parts of it cannot be found.")))
            p.actions { button type="submit" { "Show" } }
        }
        (table("Customers", &["E-mail", "Name", "Address verified", "Since"], &rows, "No such customers."))
        (pager("/admin/customers", &[("q", &data.q)], data.customers.next_cursor.as_deref(), data.first))
    };
    layout::page(ctx, "Customers", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<CustomersPage> {
    use crate::samples::{HOSTILE, customer};
    vec![
        CustomersPage {
            q: HOSTILE(),
            first: false,
            customers: Page { items: vec![customer()], next_cursor: Some(HOSTILE()) },
        },
        CustomersPage { q: String::new(), first: true, customers: Page { items: Vec::new(), next_cursor: None } },
    ]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Customers)?;
    let q: String = asked.text("q").chars().take(254).collect();
    let filter = CustomerFilter { email: Some(q.clone()).filter(|q| !q.is_empty()) };
    let customers = site.handles().customers.customers(site.store(), filter, page_of(&asked)).await?;
    let data = CustomersPage { q, first: asked.get("cursor").is_none(), customers };
    Ok(page(StatusCode::OK, customers_page(&site.context(&caller, Section::Customers).after(&asked), &data)))
}
