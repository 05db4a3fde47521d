//! `/admin/stock-counts`: somebody goes through a location and counts; what differs from the books is booked.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::{Answer, CountReport, CountRequest, CountedSku, DEFAULT_LOCATION, Location, StockFilter};
use http_kit::{Api, Caller};
use kernel::{Failure, PageRequest, Sku};
use maud::{Markup, html};

use super::{MAX_NAME, MAX_UNITS, location_choices, once, sku_at};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of, taken};
use crate::parts::{Field, Form, default_button, encoded, said, table, time};
use crate::respond::page;
use crate::rows;
use crate::site::{PageContext, Site};

const ACTION: &str = "/admin/stock-counts";
/// SKUs of a location that are counted at once.
const COUNTED: u32 = 100;

/// What the page shows.
pub(crate) struct CountsPage {
    pub(crate) locations: Vec<Location>,
    pub(crate) location: String,
    pub(crate) q: String,
    /// What the books know of at the location.
    pub(crate) skus: Vec<Sku>,
    /// Where the books go on after these.
    pub(crate) next_cursor: Option<String>,
    /// What the stock-take just done has found.
    pub(crate) report: Option<CountReport>,
    pub(crate) key: String,
    pub(crate) draft: Draft,
}

pub(crate) fn counts_page(ctx: &PageContext, data: &CountsPage) -> Markup {
    let draft = Draft::default();
    let filter = Form::new("filter", &draft);
    let mut locations = location_choices(&data.locations);
    if locations.is_empty() {
        locations.push((DEFAULT_LOCATION.to_owned(), DEFAULT_LOCATION.to_owned()));
    }
    let body = html! {
        @if let Some(report) = &data.report { (found(report)) }
        form.bar-form.card method="get" action=(ACTION) {
            (filter.select(&Field::new("location", "Location").value(&data.location), &locations))
            (filter.input(&Field::new("q", "SKU has").kind("search").value(&data.q)))
            p.actions { button.secondary type="submit" { "List these" } }
        }
        @if ctx.may(Scope::Stock) { (sheet(data)) }
    };
    layout::page(ctx, "Take stock", &body)
}

fn found(report: &CountReport) -> Markup {
    let rows: Vec<Markup> = report
        .lines
        .iter()
        .map(|line| {
            html! {
                tr {
                    td { a href=(format!("/admin/stock/{}", encoded(line.sku.as_str()))) { (said(line.sku.as_str())) } }
                    td.number { (line.before) }
                    td.number { (line.counted) }
                    td.number { @if line.difference == 0 { "0" } @else { strong { (format!("{:+}", line.difference)) } } }
                }
            }
        })
        .collect();
    html! {
        section.stack #report {
            p.notice.good role="status" {
                "The count of " (said(&report.location)) " is booked: " (report.lines.len()) " SKUs, "
                (report.differences) " of them differ. " (said(&report.reason)) ", " (time(report.at)) "."
            }
            (table("What was found", &["SKU", "Books", "Counted", "Difference"], &rows, "Nothing."))
        }
    }
}

fn sheet(data: &CountsPage) -> Markup {
    let form = Form::new("count", &data.draft);
    let rows = form.rows("lines", data.skus.len().max(1));
    html! {
        form.card #sheet method="post" action=(ACTION) {
            h2 { "Count " (said(&data.location)) }
            (default_button())
            (form.complaint())
            input type="hidden" name="key" value=(data.key);
            input type="hidden" name="location" value=(data.location);
            p.muted { "Count everything that lies there, what is held or owed to orders included. Lines without a number are not counted." }
            (form.input(&Field::new("reason", "Reason").value("Stock-take").required()))
            fieldset.rows #lines {
                legend { "Counted" }
                @for row in 0..rows {
                    @let sku = form.now(&data.skus, row);
                    div.row {
                        div.fields {
                            (form.input(&Field::new(&format!("lines-{row}-sku"), "SKU").value(sku.map_or("", |sku| sku.as_str()))))
                            (form.input(&Field::new(&format!("lines-{row}-on_hand"), "Counted units").kind("count")))
                        }
                        (form.row(ACTION, "lines", row, "line"))
                    }
                }
                (form.add_row(ACTION, "lines", "Add a line"))
            }
            p.actions {
                button type="submit" { "Book the count" }
                @if let Some(cursor) = &data.next_cursor {
                    a.button.secondary href=(format!("{ACTION}?location={}&q={}&cursor={}", encoded(&data.location), encoded(&data.q), encoded(cursor))) { "The next SKUs" }
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<CountsPage> {
    use crate::samples::{HOSTILE, count_report, draft, location, stock_item};
    let page = |report, draft| CountsPage {
        locations: vec![location()],
        location: HOSTILE(),
        q: HOSTILE(),
        skus: vec![stock_item(true).sku],
        next_cursor: Some(HOSTILE()),
        report,
        key: HOSTILE(),
        draft,
    };
    let fields = ["reason", "lines-0-row", "lines-0-sku", "lines-0-on_hand"];
    vec![page(Some(count_report()), Draft::default()), page(None, draft("count", &fields))]
}

async fn answer(
    site: &Site,
    caller: &Caller,
    report: Option<CountReport>,
    draft: Draft,
    asked: &Fields,
) -> Api<Response> {
    let inventory = &site.handles().inventory;
    let locations = inventory.locations(site.store()).await?;
    let location = asked.get("location").or(locations.first().map(|l| l.location.as_str())).unwrap_or(DEFAULT_LOCATION);
    let location: String = location.chars().take(MAX_NAME).collect();
    let q: String = asked.text("q").chars().take(200).collect();
    let filter =
        StockFilter { location: Some(location.clone()), low: false, q: Some(q.clone()).filter(|q| !q.is_empty()) };
    let request = PageRequest { limit: COUNTED, cursor: asked.get("cursor").map(str::to_owned) };
    let levels = inventory.stock(site.store(), filter, request).await?;
    let status = status_of(draft.failure.as_ref());
    let data = CountsPage {
        locations,
        location,
        q,
        skus: levels.items.into_iter().map(|level| level.sku).collect(),
        next_cursor: levels.next_cursor,
        report,
        key: site.form_key(),
        draft,
    };
    Ok(page(status, counts_page(&site.context(caller, Section::StockCounts).after(asked), &data)))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Stock)?;
    answer(&site, &caller, None, Draft::default(), &asked).await
}

fn read(fields: &Fields) -> Result<CountRequest, Failure> {
    let mut read = Reading::new(fields);
    let (location, reason) = (read.line("location", 1, MAX_NAME), read.line("reason", 1, 200));
    let mut lines = Vec::new();
    for row in 0..rows::count(fields, "lines") {
        let (sku, name) = (sku_at(&mut read, &format!("lines-{row}-sku")), format!("lines-{row}-on_hand"));
        if let (Some(sku), Some(on_hand)) = (sku, read.needed_integer(&name, 0, MAX_UNITS)) {
            lines.push(CountedSku { sku, on_hand });
        }
    }
    if rows::count(fields, "lines") == 0 {
        read.wrong("lines", "required", "Write how many units of one SKU at least were counted.");
    }
    read.done()?;
    Ok(CountRequest { location, lines, reason })
}

async fn counted(site: &Site, caller: &Caller, fields: &Fields) -> Result<Answer, Failure> {
    let request = read(fields)?;
    let same = once(site, caller, ACTION, fields, &request);
    site.handles().inventory.count(site.store(), request, same, caller.actor()).await
}

pub(crate) async fn count(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Stock)?;
    let asked = Fields::of(vec![("location".to_owned(), fields.text("location").to_owned())]);
    if let Some(fields) = rows::pressed(&fields) {
        return answer(&site, &caller, None, Draft::typed("count", fields), &asked).await;
    }
    // Where no number was typed, a SKU was only listed.
    let fields = rows::typed(&fields, "lines", &["sku"]);
    let done = counted(&site, &caller, &fields).await.and_then(|answer| {
        taken(&answer)?;
        serde_json::from_slice::<CountReport>(&answer.response.body).map_err(Failure::internal)
    });
    match done {
        Ok(report) => {
            let mut response = answer(&site, &caller, Some(report), Draft::default(), &asked).await?;
            *response.status_mut() = StatusCode::CREATED;
            Ok(response)
        }
        Err(failure) => {
            let draft = Draft::new("count", fields, shown_again(failure)?);
            answer(&site, &caller, None, draft, &asked).await
        }
    }
}
