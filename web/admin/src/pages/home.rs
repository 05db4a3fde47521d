//! `GET /admin`: the last day's orders and revenue, and what needs somebody's attention.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::catalog::ProductStatus;
use contracts::fulfilment::{FulfilmentFilter, FulfilmentState};
use contracts::identity::Scope;
use contracts::ledger::{FulfilmentStatus, OrderFilter, OrderStatus, OrderSummary};
use contracts::notification::{MailFilter, MailStatus};
use http_kit::{Api, Caller};
use kernel::{Failure, Money, PageRequest};
use maud::{Markup, html};

use super::orders::list::{HEADS, rows};
use super::steps::{self, Step};
use crate::form::Asked;
use crate::layout::{self, Section};
use crate::parts::{encoded, money, said, table, time_text};
use crate::respond::page;
use crate::site::{BooksChecked, PageContext, Site};

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Orders that are counted; a shop with more in a day reads "at least".
const COUNTED_PAGES: usize = 20;
/// Products that are looked at for sold-out variants.
const LOOKED_AT_PAGES: usize = 5;
/// Rows of each list.
const SHOWN: usize = 8;

/// Variants on sale of which nothing is left.
pub(crate) struct SoldOut {
    pub(crate) handle: String,
    pub(crate) title: String,
    pub(crate) skus: Vec<String>,
}

/// What the page shows. None: the reader may not see it.
#[derive(Default)]
pub(crate) struct HomePage {
    /// What is left to do before the shop sells; empty once it does.
    pub(crate) steps: Vec<Step>,
    pub(crate) orders: Option<DayOfOrders>,
    pub(crate) waiting: Option<Vec<OrderSummary>>,
    /// Fulfilments that nobody has taken, and whether there are more.
    pub(crate) requested: Option<(usize, bool)>,
    pub(crate) failed_mails: Option<usize>,
    pub(crate) sold_out: Option<Vec<SoldOut>>,
    /// Outer none: not to be seen. Inner none: not checked since the start.
    pub(crate) books: Option<Option<BooksChecked>>,
}

/// The orders of the last 24 hours.
#[derive(Default)]
pub(crate) struct DayOfOrders {
    pub(crate) count: usize,
    /// Whether there were more than were counted.
    pub(crate) more: bool,
    /// Confirmed orders' totals, by currency.
    pub(crate) revenue: Vec<Money>,
}

pub(crate) fn home_page(ctx: &PageContext, data: &HomePage) -> Markup {
    let body = html! {
        (steps::list(&data.steps))
        @if let Some(day) = &data.orders {
            div.cards {
                div.figure {
                    span { "Orders in 24 hours" }
                    strong { @if day.more { "≥ " } (day.count) }
                }
                @for sum in &day.revenue { div.figure { span { "Revenue in 24 hours" } strong { (money(*sum)) } } }
                @if day.revenue.is_empty() { div.figure { span { "Revenue in 24 hours" } strong { "–" } } }
            }
        }
        section.stack {
            h2 { "Needs attention" }
            (attention(data))
        }
        @if let Some(waiting) = &data.waiting {
            section.stack {
                h2 { "To ship, latest first" }
                (table("Orders to ship", &HEADS, &rows(&waiting[..waiting.len().min(SHOWN)]), "Everything is shipped."))
                @if waiting.len() > SHOWN {
                    p { a href="/admin/orders?status=confirmed&fulfilment=unfulfilled" { "All orders to ship" } }
                }
            }
        }
        @if let Some(sold_out) = &data.sold_out {
            section.stack {
                h2 { "Sold out" }
                @let rows: Vec<Markup> = sold_out.iter().take(SHOWN).map(|one| html! {
                    tr {
                        td { a href=(format!("/admin/products/{}#stock", encoded(&one.handle))) { (said(&one.title)) } }
                        td { @for sku in one.skus.iter().take(12) { code { (said(sku)) } " " } }
                    }
                }).collect();
                (table("Sold out variants", &["Product", "Variants"], &rows, "Everything on sale is in stock."))
                @if sold_out.len() > SHOWN { p.muted { "And " (sold_out.len() - SHOWN) " more products." } }
            }
        }
    };
    layout::page(ctx, "Today", &body)
}

fn attention(data: &HomePage) -> Markup {
    let mut points: Vec<Markup> = Vec::new();
    let plural = |n: usize, one: &'static str, many: &'static str| if n == 1 { one } else { many };
    if let Some(waiting) = data.waiting.as_ref().filter(|waiting| !waiting.is_empty()) {
        let n = waiting.len();
        points.push(html! {
            a href="/admin/orders?status=confirmed&fulfilment=unfulfilled" { (n) " " (plural(n, "order waits", "orders wait")) " to be shipped" }
        });
    }
    if let Some((n, more)) = data.requested.filter(|(n, _)| *n > 0) {
        points.push(html! {
            a href="/admin/fulfilments?state=requested" {
                @if more { "At least " } (n) " " (plural(n, "fulfilment", "fulfilments")) " nobody has taken"
            }
        });
    }
    if let Some(n) = data.failed_mails.filter(|n| *n > 0) {
        points.push(html! {
            a href="/admin/mails?status=failed" { (n) " " (plural(n, "mail", "mails")) " could not be sent" }
        });
    }
    if let Some(n) = data.sold_out.as_ref().map(Vec::len).filter(|n| *n > 0) {
        points.push(html! { (n) " " (plural(n, "product has", "products have")) " sold-out variants" });
    }
    match &data.books {
        Some(Some(checked)) => {
            let broken: usize = checked.reports.iter().map(|report| report.violations.len()).sum();
            let at = time_text(checked.at);
            points.push(html! {
                a href="/admin/books" {
                    @if broken == 0 { "The books were right at " (at) } @else { strong { (broken) " things are wrong in the books" } ", checked at " (at) }
                }
            });
        }
        Some(None) => {
            points.push(html! { a href="/admin/books" { "Check the books" } ": not done since the shop was started" });
        }
        None => {}
    }
    html! {
        @if points.is_empty() { p.empty { "Nothing." } }
        @else { ul.card.points { @for point in &points { li { (point) } } } }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<HomePage> {
    use crate::samples::{HOSTILE, at, summary};
    use kernel::Currency;
    let sold_out = || SoldOut { handle: HOSTILE(), title: HOSTILE(), skus: vec![HOSTILE()] };
    let reports = crate::pages::books::samples().remove(0);
    vec![
        HomePage::default(),
        HomePage {
            steps: steps::samples(),
            orders: Some(DayOfOrders { count: 7, more: true, revenue: vec![Money::new(i64::MAX, Currency::EUR)] }),
            waiting: Some((0..20).map(|_| summary()).collect()),
            requested: Some((1, true)),
            failed_mails: Some(2),
            sold_out: Some((0..20).map(|_| sold_out()).collect()),
            books: Some(Some(BooksChecked { at: at().0, reports: reports.into() })),
        },
        HomePage { books: Some(None), failed_mails: Some(0), waiting: Some(Vec::new()), ..HomePage::default() },
    ]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    // Whoever has any permission sees what it opens.
    if caller.principal.scopes().is_empty() {
        caller.require_read(Scope::Orders)?;
    }
    let reads = |scope| caller.require_read(scope).is_ok();
    let mut data = HomePage { steps: steps::of(&site, &caller).await?, ..HomePage::default() };
    if reads(Scope::Orders) {
        data.orders = Some(last_day(&site).await?);
        data.waiting = Some(waiting(&site).await?);
    }
    if reads(Scope::Fulfilment) {
        let filter = FulfilmentFilter { state: Some(FulfilmentState::Requested), ..FulfilmentFilter::default() };
        let found = site.handles().fulfilments.fulfilments(site.store(), filter, full_page(None)).await?;
        data.requested = Some((found.items.len(), found.next_cursor.is_some()));
    }
    if caller.require(Scope::Notifications).is_ok() {
        let filter = MailFilter { status: Some(MailStatus::Failed), order: None };
        data.failed_mails = Some(site.handles().mails.mails(site.store(), filter, full_page(None)).await?.items.len());
    }
    if reads(Scope::Catalog) && reads(Scope::Stock) {
        data.sold_out = Some(sold_out(&site).await?);
    }
    if reads(Scope::Admin) {
        data.books = Some(site.books());
    }
    let ctx = site.context(&caller, Section::Home).after(&asked);
    Ok(page(StatusCode::OK, home_page(&ctx, &data)))
}

fn full_page(cursor: Option<String>) -> PageRequest {
    PageRequest { limit: kernel::page::MAX_LIMIT, cursor }
}

async fn last_day(site: &Site) -> Result<DayOfOrders, Failure> {
    let since = site.now().plus_millis(-DAY_MS);
    let mut day = DayOfOrders::default();
    let mut revenue: BTreeMap<String, Money> = BTreeMap::new();
    let mut cursor = None;
    for _ in 0..COUNTED_PAGES {
        let page = site.handles().orders.orders(site.store(), OrderFilter::default(), full_page(cursor)).await?;
        let whole = page.items.len();
        let recent: Vec<_> = page.items.into_iter().filter(|order| order.placed_at.0 >= since).collect();
        day.count += recent.len();
        let counts = |order: &&OrderSummary| matches!(order.status, OrderStatus::Confirmed | OrderStatus::Closed);
        for order in recent.iter().filter(counts) {
            let sum =
                revenue.entry(order.total.currency.code().to_owned()).or_insert(Money::zero(order.total.currency));
            *sum = sum.plus(order.total).unwrap_or(*sum);
        }
        cursor = page.next_cursor.filter(|_| recent.len() == whole);
        if cursor.is_none() {
            break;
        }
    }
    day.more = cursor.is_some();
    day.revenue = revenue.into_values().collect();
    Ok(day)
}

/// Confirmed orders of which something is not shipped, among the latest.
async fn waiting(site: &Site) -> Result<Vec<OrderSummary>, Failure> {
    let filter = OrderFilter { status: Some(OrderStatus::Confirmed), number: None };
    let found = site.handles().orders.orders(site.store(), filter, full_page(None)).await?;
    let unshipped = |order: &OrderSummary| {
        matches!(order.fulfilment_status, FulfilmentStatus::Unfulfilled | FulfilmentStatus::PartiallyShipped)
    };
    Ok(found.items.into_iter().filter(unshipped).collect())
}

async fn sold_out(site: &Site) -> Result<Vec<SoldOut>, Failure> {
    let available = site.handles().stock.all_available(site.store()).await?;
    let available: BTreeSet<_> = available.into_iter().collect();
    let locale = &site.handles().markets[0].locale;
    let (mut found, mut cursor) = (Vec::new(), None);
    for _ in 0..LOOKED_AT_PAGES {
        let page = site.handles().catalog.documents(site.store(), full_page(cursor)).await?;
        for product in page.items.iter().filter(|product| product.content.status == ProductStatus::Active) {
            let gone = product.content.variants.iter().filter(|variant| !available.contains(&variant.sku));
            let skus: Vec<String> = gone.map(|variant| variant.sku.as_str().to_owned()).collect();
            if !skus.is_empty() {
                let title = product.content.title.get(locale).to_owned();
                found.push(SoldOut { handle: product.handle.clone(), title, skus });
            }
        }
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    Ok(found)
}
