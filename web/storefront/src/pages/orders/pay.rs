//! `GET /orders/{id}/pay`: the step from the shop to a provider's own page.
//!
//! A form may only lead to our own pages (`form-action 'self'`), so a provider elsewhere is reached through this page,
//! which goes there by itself and has a link for who does not.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::ledger::OrderView;
use maud::{Markup, html};

use crate::layout::{self, Head};
use crate::pages::orders;
use crate::respond::{private, see_other};
use crate::site::{PageContext, Site};

pub(crate) async fn show(State(site): State<Site>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let (id, order) = match orders::load(&site, &headers, &id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Some(url) = action_url(&order) else { return see_other(&format!("/orders/{id}")) };
    let site = orders::site_for(&site, &headers, Some(&order));
    private(StatusCode::OK, pay_page(&site.context("/"), url))
}

/// Where the shopper must go to pay, when that is a web address.
pub(crate) fn action_url(order: &OrderView) -> Option<&str> {
    let url = order.next_action.as_ref()?.url.as_str();
    let web =
        url.starts_with("https://") || url.starts_with("http://") || (url.starts_with('/') && !url.starts_with("//"));
    web.then_some(url)
}

pub(crate) fn pay_page(ctx: &PageContext<'_>, url: &str) -> Markup {
    let t = ctx.phrases;
    let head = Head { title: t.to_provider.to_owned(), refresh: Some((0, url.to_owned())), ..Head::default() };
    let main = html! {
        section.message {
            h1 { (t.to_provider) }
            p.lead { (t.to_provider_text) }
            p.actions { a.button href=(url) rel="noreferrer" { (t.continue_payment) } }
        }
    };
    layout::page(ctx, &head, &main)
}
