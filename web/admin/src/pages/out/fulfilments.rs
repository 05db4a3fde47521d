//! `GET /admin/fulfilments`: what is to be packed, oldest first.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::fulfilment::{FulfilmentFilter, FulfilmentState, FulfilmentView};
use contracts::identity::Scope;
use http_kit::{Api, Caller};
use kernel::Page;
use maud::{Markup, html};

use crate::form::{Asked, Draft};
use crate::layout::{self, Section};
use crate::pages::page_of;
use crate::parts::{Field, Form, choices, pager, said, state, table, time};
use crate::respond::page;
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct FulfilmentsPage {
    pub(crate) state: String,
    pub(crate) order: String,
    pub(crate) first: bool,
    pub(crate) fulfilments: Page<FulfilmentView>,
}

pub(crate) fn fulfilments_page(ctx: &PageContext, data: &FulfilmentsPage) -> Markup {
    let draft = Draft::default();
    let form = Form::new("filter", &draft);
    let mut states = vec![(String::new(), "Any".to_owned())];
    states.extend(choices(FulfilmentState::ALL.iter().map(|state| state.name())));
    let rows: Vec<Markup> = data
        .fulfilments
        .items
        .iter()
        .map(|one| {
            html! {
                tr {
                    td { a href=(format!("/admin/fulfilments/{}", one.id)) { "Order " (said(&one.number)) } }
                    td { (state(one.state)) @if let Some(why) = &one.reason { br; (said(why)) } }
                    td { @for line in &one.lines { (line.quantity) " × " (said(&line.title)) br; } }
                    td { (said(one.carrier.as_deref().unwrap_or("–"))) br; code { (said(one.tracking.as_deref().unwrap_or(""))) } }
                    td { (time(one.created_at)) }
                }
            }
        })
        .collect();
    let body = html! {
        form.bar-form.card method="get" action="/admin/fulfilments" {
            (form.select(&Field::new("state", "State").value(&data.state), &states))
            @if !data.order.is_empty() { input type="hidden" name="order" value=(data.order); }
            p.actions { button type="submit" { "Show" } }
        }
        (table("Fulfilments", &["Order", "State", "Units", "Carrier", "Since"], &rows, "Nothing to pack."))
        (pager("/admin/fulfilments", &[("state", &data.state), ("order", &data.order)], data.fulfilments.next_cursor.as_deref(), data.first))
    };
    layout::page(ctx, "Fulfilments", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<FulfilmentsPage> {
    use crate::samples::{HOSTILE, fulfilment};
    let fulfilments = Page { items: vec![fulfilment()], next_cursor: Some(HOSTILE()) };
    vec![FulfilmentsPage { state: HOSTILE(), order: HOSTILE(), first: false, fulfilments }]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Fulfilment)?;
    let state = FulfilmentState::from_name(asked.text("state"));
    let order = asked.text("order").parse().ok();
    let filter = FulfilmentFilter { state, order, location: None };
    let fulfilments = site.handles().fulfilments.fulfilments(site.store(), filter, page_of(&asked)).await?;
    let data = FulfilmentsPage {
        state: state.map_or(String::new(), |state| state.name().to_owned()),
        order: order.map_or(String::new(), |order| order.to_string()),
        first: asked.get("cursor").is_none(),
        fulfilments,
    };
    Ok(page(StatusCode::OK, fulfilments_page(&site.context(&caller, Section::Fulfilments).after(&asked), &data)))
}
