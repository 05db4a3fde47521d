//! `/account`: orders, details, addresses, security and data of whoever is logged in.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::archive::PastOrderSummary;
use contracts::identity::{CustomerChange, CustomerView, SessionView};
use contracts::ledger::OrderSummary;
use http_kit::Caller;
use kernel::{CustomerId, FieldError, Page, PageRequest, SessionId};
use maud::{Markup, html};

use super::view::{self, Input};
use super::{faults, past, signed_in};
use crate::form::Fields;
use crate::format::date_time;
use crate::layout::{self, Head};
use crate::pages::error;
use crate::parts::{Tone, notice};
use crate::respond::{private, see_other};
use crate::site::{PageContext, Site};

/// Orders on one page.
const ORDERS: u32 = 12;
/// Orders of before on it; all of them have a page of their own.
const PAST_ORDERS: u32 = 3;

/// What the page shows.
pub(crate) struct HomePage {
    pub(crate) customer: CustomerView,
    /// With the secrets that show them.
    pub(crate) orders: Vec<(OrderSummary, String)>,
    /// Query of the page with older orders.
    pub(crate) older: Option<String>,
    /// The latest of the shop that this one was before, and whether there are more.
    pub(crate) past: (Vec<PastOrderSummary>, bool),
    pub(crate) addresses: usize,
    pub(crate) sessions: Vec<SessionView>,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) said: Option<(Tone, &'static str)>,
}

pub(crate) fn home_page(ctx: &PageContext<'_>, data: &HomePage) -> Markup {
    let t = ctx.phrases.account;
    let head = Head { title: t.account.to_owned(), ..Head::default() };
    let main = html! {
        header.page-header {
            h1 { (t.hello) @if let Some(name) = &data.customer.name { ", " (name) } }
            p.muted { (data.customer.email) }
        }
        @if let Some((tone, text)) = data.said { (notice(tone, text)) }
        @if !data.customer.email_verified {
            (notice(Tone::Attention, t.not_verified))
            form method="post" action="/account/verify" { p { button.secondary type="submit" { (t.send_again) } } }
        }
        div.with-aside {
            div {
                (orders(ctx, data))
                (past_orders(ctx, data))
                (profile(ctx, data))
                (security(ctx, data))
            }
            (aside(ctx, data))
        }
    };
    layout::page(ctx, &head, &main)
}

fn orders(ctx: &PageContext<'_>, data: &HomePage) -> Markup {
    let t = ctx.phrases.account;
    let locale = &ctx.here.market.locale;
    html! {
        section aria-labelledby="orders" {
            h2 #orders { (t.orders) }
            @if data.orders.is_empty() { p.muted { (t.no_orders) } }
            ul.cards role="list" {
                @for (order, secret) in &data.orders {
                    li {
                        h3 { a href={ "/orders/" (order.id) "?key=" (secret) } { (ctx.phrases.order_number(&order.number)) } }
                        p { (ctx.money(order.total)) " · " (ctx.phrases.payment_status(order.payment_status)) }
                        p.muted.small { (t.placed_on) " " (date_time(locale, order.placed_at.0)) }
                    }
                }
            }
            @if let Some(older) = &data.older { p.actions { a.button.secondary href={ "/account?" (older) } { (t.older_orders) } } }
        }
    }
}

fn past_orders(ctx: &PageContext<'_>, data: &HomePage) -> Markup {
    let t = ctx.phrases.account;
    let (orders, more) = &data.past;
    html! {
        @if !orders.is_empty() {
            section aria-labelledby="past-orders" {
                h2 #past-orders { (t.past_orders) }
                p.muted.small { (t.past_orders_text) }
                (past::cards(ctx, orders))
                @if *more { p.actions { a.button.secondary href="/account/past-orders" { (t.older_orders) } } }
            }
        }
    }
}

fn profile(ctx: &PageContext<'_>, data: &HomePage) -> Markup {
    let t = ctx.phrases.account;
    let name = Input {
        name: "name",
        label: t.name,
        value: data.customer.name.as_deref().unwrap_or(""),
        kind: "text",
        autocomplete: "name",
        required: false,
        max: 200,
        hint: None,
    };
    html! {
        section aria-labelledby="profile" {
            h2 #profile { (t.profile) }
            form.stack method="post" action="/account" {
                (view::input(ctx, &data.errors, &name))
                p.actions { button.secondary type="submit" { (t.save) } }
            }
        }
    }
}

fn security(ctx: &PageContext<'_>, data: &HomePage) -> Markup {
    let t = ctx.phrases.account;
    let locale = &ctx.here.market.locale;
    html! {
        section aria-labelledby="security" {
            h2 #security { (t.security) }
            form.stack method="post" action="/account/password" {
                (view::password(ctx, &data.errors, "current", t.current_password, false))
                (view::password(ctx, &data.errors, "new", t.new_password, true))
                p.actions { button.secondary type="submit" { (t.change_password) } }
            }
        }
        section aria-labelledby="sessions" {
            h2 #sessions { (t.sessions) }
            ul.cards role="list" {
                @for session in &data.sessions {
                    li {
                        p { (session.user_agent.as_deref().unwrap_or("–")) }
                        p.muted.small {
                            @if session.current { (t.this_browser) } @else {
                                (t.last_used) " " (date_time(locale, session.seen_at.0))
                            }
                            @if let Some(address) = &session.address { " · " (address) }
                        }
                        @if !session.current {
                            form method="post" action={ "/account/sessions/" (session.id) } {
                                button.secondary type="submit" { (t.end_session) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn aside(ctx: &PageContext<'_>, data: &HomePage) -> Markup {
    let t = ctx.phrases.account;
    html! {
        aside.summary aria-labelledby="own" {
            h2 #own { (t.account) }
            p { a href="/account/addresses" { (t.addresses) " (" (data.addresses) ")" } }
            form method="post" action="/account/logout" { button.wide type="submit" { (t.log_out) } }
            h3 { (t.your_data) }
            p.muted.small { (t.export_text) }
            p { a href="/account/export" { (t.export) } }
            details open[data.errors.iter().any(|error| error.pointer == "/password")] {
                summary { (t.delete_account) }
                p.muted.small { (t.delete_text) }
                form.stack method="post" action="/account/delete" {
                    (view::password(ctx, &data.errors, "password", t.current_password, false))
                    button.secondary type="submit" { (t.delete_account) }
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<HomePage> {
    use crate::goods::{HOSTILE, NOW};
    use contracts::ledger::{FulfilmentStatus, OrderStatus, PaymentStatus};
    let customer = |name: Option<&str>, email_verified| CustomerView {
        id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
        email: HOSTILE.to_owned(),
        email_verified,
        name: name.map(str::to_owned),
        locale: None,
        created_at: NOW.into(),
    };
    let order = OrderSummary {
        id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
        number: HOSTILE.to_owned(),
        status: OrderStatus::Confirmed,
        payment_status: PaymentStatus::Paid,
        fulfilment_status: FulfilmentStatus::Unfulfilled,
        total: kernel::Money::new(7_999, kernel::Currency::EUR),
        placed_at: NOW.into(),
    };
    let session = |current| SessionView {
        id: "00000000-0000-7000-8000-000000000001".parse().unwrap(),
        current,
        created_at: NOW.into(),
        seen_at: NOW.into(),
        expires_at: NOW.into(),
        user_agent: Some(HOSTILE.to_owned()),
        address: Some("192.0.2.1".to_owned()),
    };
    let error = |pointer: &str, code: &str| FieldError {
        pointer: pointer.to_owned(),
        code: code.to_owned(),
        detail: HOSTILE.to_owned(),
    };
    let bare = HomePage {
        customer: customer(None, true),
        orders: Vec::new(),
        older: None,
        past: (Vec::new(), false),
        addresses: 0,
        sessions: vec![session(true)],
        errors: Vec::new(),
        said: None,
    };
    let full = HomePage {
        customer: customer(Some(HOSTILE), false),
        orders: vec![(order, "0f".to_owned())],
        older: Some("cursor=61".to_owned()),
        past: (past::summaries(), true),
        addresses: 2,
        sessions: vec![session(true), session(false)],
        errors: vec![error("/current", "invalid_credentials"), error("/new", "too_short"), error("/password", "x")],
        said: Some((Tone::Bad, "x")),
    };
    vec![bare, full]
}

/// The page of `id`, with what there is to say.
pub(super) async fn render(
    site: &Site,
    (id, session): (CustomerId, SessionId),
    cursor: Option<String>,
    status: StatusCode,
    errors: Vec<FieldError>,
    said: Option<(Tone, &'static str)>,
) -> Response {
    match load(site, id, session, cursor).await {
        Ok(Some(page)) => private(status, home_page(&site.context("/account"), &HomePage { errors, said, ..page })),
        Ok(None) => see_other("/account/login"),
        Err(failure) => error::failure(site, &failure),
    }
}

async fn load(
    site: &Site,
    id: CustomerId,
    session: SessionId,
    cursor: Option<String>,
) -> contracts::Result<Option<HomePage>> {
    let (handles, store) = (&site.shop.handles, site.shop.handles.store);
    let Some(customer) = handles.customers.customer(store, id).await? else { return Ok(None) };
    let page = PageRequest::new(Some(ORDERS), cursor)?;
    let Page { items, next_cursor } = handles.customers.customer_orders(store, id, page).await?;
    let before = PageRequest { limit: PAST_ORDERS, cursor: None };
    let before = handles.past_orders.past_orders_of(store, id, before).await?;
    let secret = |order: OrderSummary| {
        let secret = handles.checkout.order_secret(order.id).expose().clone();
        (order, secret)
    };
    Ok(Some(HomePage {
        customer,
        orders: items.into_iter().map(secret).collect(),
        older: next_cursor.map(|cursor| format!("cursor={cursor}")),
        past: (before.items, before.next_cursor.is_some()),
        addresses: handles.customers.addresses(store, id).await?.len(),
        sessions: handles.customers.sessions(store, id, session).await?,
        errors: Vec::new(),
        said: None,
    }))
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let (site, id, session) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let fields = Fields::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let t = site.phrases().account;
    let said = match fields.text("notice") {
        "saved" => Some((Tone::Good, t.saved)),
        "password" => Some((Tone::Good, t.password_changed)),
        "sent" => Some((Tone::Good, t.link_sent)),
        "wait" => Some((Tone::Bad, t.too_many_attempts)),
        "open" => Some((Tone::Bad, t.orders_open)),
        _ => None,
    };
    let cursor = fields.get("cursor").map(str::to_owned);
    render(&site, (id, session), cursor, StatusCode::OK, Vec::new(), said).await
}

/// `POST /account`: another name.
pub(crate) async fn change(State(site): State<Site>, caller: Caller, headers: HeaderMap, fields: Fields) -> Response {
    let (site, id, session) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let handles = &site.shop.handles;
    let change = CustomerChange { name: Some(fields.text("name").to_owned()), locale: None };
    match handles.customers.change_customer(handles.store, id, change).await.map_err(faults) {
        Ok(_) => see_other("/account?notice=saved"),
        Err(Ok(errors)) => render(&site, (id, session), None, StatusCode::UNPROCESSABLE_ENTITY, errors, None).await,
        Err(Err(failure)) => error::failure(&site, &failure),
    }
}
