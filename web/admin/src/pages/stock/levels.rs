//! `/admin/stock`: how much there is where, what is low, and when stock is low at all.

use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::{Location, StockFilter, StockItem, StockSettings};
use http_kit::{Api, Caller};
use kernel::{Failure, Page};
use maud::{Markup, html};

use super::{MAX_UNITS, location_choices};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{page_of, shown_again, status_of};
use crate::parts::{Field, Form, encoded, pager, said, table};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct LevelsPage {
    pub(crate) filter: StockFilter,
    pub(crate) first: bool,
    pub(crate) levels: Page<StockItem>,
    pub(crate) locations: Vec<Location>,
    pub(crate) settings: StockSettings,
    pub(crate) draft: Draft,
}

pub(crate) fn levels_page(ctx: &PageContext, data: &LevelsPage) -> Markup {
    let rows: Vec<Markup> = data
        .levels
        .items
        .iter()
        .map(|level| {
            html! {
                tr {
                    td { a href=(format!("/admin/stock/{}", encoded(level.sku.as_str()))) { (said(level.sku.as_str())) } }
                    td { (said(&level.location)) }
                    td.number { (level.on_hand) }
                    td.number { (level.held) }
                    td.number { (level.committed) }
                    td.number { (level.available) @if level.low { " " span.state.wait { "Low" } } }
                    td.number { @if let Some(threshold) = level.threshold { (threshold) } @else { "–" } }
                }
            }
        })
        .collect();
    let location = data.filter.location.as_deref().unwrap_or("");
    let q = data.filter.q.as_deref().unwrap_or("");
    let low = if data.filter.low { "yes" } else { "" };
    let heads = ["SKU", "Location", "On hand", "Held", "Owed", "Available", "Low at"];
    let when_empty = if data.filter.low { "Nothing is low." } else { "No such stock." };
    let body = html! {
        (filter(ctx, data, location, q))
        (table("Stock", &heads, &rows, when_empty))
        (pager("/admin/stock", &[("q", q), ("location", location), ("low", low)], data.levels.next_cursor.as_deref(), data.first))
        @if ctx.may(Scope::Stock) { (settings(data)) }
    };
    layout::page(ctx, "Stock", &body)
}

fn filter(ctx: &PageContext, data: &LevelsPage, location: &str, q: &str) -> Markup {
    let draft = Draft::default();
    let form = Form::new("filter", &draft);
    let mut locations = vec![(String::new(), "All locations".to_owned())];
    locations.extend(location_choices(&data.locations));
    html! {
        form.bar-form.card method="get" action="/admin/stock" role="search" {
            (form.input(&Field::new("q", "SKU").kind("search").value(q)))
            (form.select(&Field::new("location", "Location").value(location), &locations))
            (form.check("low", "yes", "Only what is low", data.filter.low))
            p.actions {
                button type="submit" { "Show" }
                @if ctx.may(Scope::Stock) {
                    a.button.secondary href="/admin/stock-counts" { "Take stock" }
                    a.button.secondary href="/admin/transfers" { "Transfer" }
                }
            }
        }
    }
}

fn settings(data: &LevelsPage) -> Markup {
    let form = Form::new("settings", &data.draft);
    let now = data.settings.low_stock_threshold.map(|units| units.to_string()).unwrap_or_default();
    html! {
        form.card #settings method="post" action="/admin/stock-settings" {
            h2 { "When stock is low" }
            (form.complaint())
            (form.input(&Field::new("low_stock_threshold", "Low at this many units or fewer").kind("count").value(&now)
                .hint("For every SKU without a threshold of its own. Empty: never. The staff's address gets a mail.")))
            p.actions { button.secondary type="submit" { "Save the threshold" } }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<LevelsPage> {
    use crate::samples::{HOSTILE, draft, location, stock_item};
    let page = |items, low, draft| LevelsPage {
        filter: StockFilter { location: Some(HOSTILE()), low, q: Some(HOSTILE()) },
        first: false,
        levels: Page { items, next_cursor: Some(HOSTILE()) },
        locations: vec![location()],
        settings: StockSettings { low_stock_threshold: Some(3) },
        draft,
    };
    vec![
        page(vec![stock_item(true), stock_item(false)], false, Draft::default()),
        page(Vec::new(), true, draft("settings", &["low_stock_threshold"])),
    ]
}

async fn answer(site: &Site, caller: &Caller, draft: Draft, asked: &Fields) -> Api<Response> {
    let inventory = &site.handles().inventory;
    let chosen = |name: &str| asked.get(name).map(|text| text.chars().take(200).collect::<String>());
    let filter = StockFilter { location: chosen("location"), low: asked.has("low"), q: chosen("q") };
    let status = status_of(draft.failure.as_ref());
    let data = LevelsPage {
        levels: inventory.stock(site.store(), filter.clone(), page_of(asked)).await?,
        filter,
        first: asked.get("cursor").is_none(),
        locations: inventory.locations(site.store()).await?,
        settings: inventory.settings(site.store()).await?,
        draft,
    };
    Ok(page(status, levels_page(&site.context(caller, Section::Stock).after(asked), &data)))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Stock)?;
    answer(&site, &caller, Draft::default(), &asked).await
}

async fn saved(site: &Site, caller: &Caller, fields: &Fields) -> Result<StockSettings, Failure> {
    let mut read = Reading::new(fields);
    let low_stock_threshold = read.integer("low_stock_threshold", 0, MAX_UNITS);
    read.done()?;
    site.handles().inventory.put_settings(site.store(), StockSettings { low_stock_threshold }, caller.actor()).await
}

pub(crate) async fn set(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Stock)?;
    match saved(&site, &caller, &fields).await {
        Ok(_) => Ok(see_other("/admin/stock?done=saved")),
        Err(failure) => {
            let draft = Draft::new("settings", fields, shown_again(failure)?);
            answer(&site, &caller, draft, &Fields::default()).await
        }
    }
}
