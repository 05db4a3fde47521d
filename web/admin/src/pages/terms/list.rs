//! `GET /admin/price-lists` and its siblings: all documents of a kind, in short.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use contracts::selling::{TermsDocument, TermsKind};
use http_kit::{Api, Caller};
use kernel::Currency;
use maud::{Markup, html};

use super::{Kind, kind_at, simple};
use crate::form::{Asked, Draft, Fields};
use crate::layout;
use crate::pages::status_of;
use crate::parts::{encoded, money, percent, said, table};
use crate::respond::page;
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct TermsPage {
    pub(crate) kind: &'static Kind,
    pub(crate) documents: Vec<TermsDocument>,
    pub(crate) locale: String,
    pub(crate) currencies: Vec<Currency>,
    pub(crate) draft: Draft,
}

/// What a document says, in a line or some.
fn gist(document: &TermsDocument, locale: &str) -> (String, Vec<String>) {
    match document {
        // Promotions have a list of their own, which says more.
        TermsDocument::Promotion(one) => (one.name.get(locale).to_owned(), Vec::new()),
        TermsDocument::TaxZone(zone) => {
            let rates = zone.rates.iter().map(|rate| format!("{}: {}", rate.class, percent(rate.rate))).collect();
            let regions = if zone.regions.is_empty() { String::new() } else { format!(" {}", zone.regions.join(", ")) };
            (format!("{}{regions}, {}", zone.country, zone.name), rates)
        }
        TermsDocument::ShippingZone(zone) => {
            let countries = if zone.countries.is_empty() { "Everywhere".to_owned() } else { zone.countries.join(", ") };
            let mut lines = vec![countries];
            for method in &zone.methods {
                let prices = method.steps.iter().flat_map(|step| &step.prices).map(|price| money(*price));
                lines.push(format!("{}: {}", method.name.get(locale), prices.collect::<Vec<_>>().join(", ")));
            }
            (zone.name.clone(), lines)
        }
        TermsDocument::PriceList(list) => {
            let state = if list.enabled { "" } else { ", switched off" };
            (list.name.clone(), vec![format!("{} prices in {}{state}", list.prices.len(), list.currency)])
        }
        TermsDocument::CustomerGroup(group) => {
            (group.name.clone(), vec![format!("{} customers", group.customers.len())])
        }
        TermsDocument::Settings(shop) => {
            ("The shop".to_owned(), vec![format!("Taxed in {}", shop.country), format!("Time zone {}", shop.time_zone)])
        }
    }
}

/// What holds while nobody has written anything.
fn none_yet(kind: TermsKind) -> &'static str {
    match kind {
        TermsKind::TaxZone => {
            "None yet: the usual rates of the European Union, Switzerland and the United Kingdom hold."
        }
        TermsKind::ShippingZone => {
            "None yet: the rates of the configuration hold. Once there is a zone, the shop delivers only where a zone says."
        }
        _ => "None yet.",
    }
}

pub(crate) fn terms_page(ctx: &PageContext, data: &TermsPage) -> Markup {
    let base = format!("/admin/{}", data.kind.path);
    let rows: Vec<Markup> = data
        .documents
        .iter()
        .map(|document| {
            let (name, lines) = gist(document, &data.locale);
            html! {
                tr {
                    td { a href=(format!("{base}/{}", encoded(document.handle()))) { (said(&name)) } }
                    td { code { (said(document.handle())) } }
                    td { @for line in &lines { (said(line)) br; } }
                }
            }
        })
        .collect();
    let body = html! {
        (table(data.kind.title, &["Name", "Handle", "What it says"], &rows, none_yet(data.kind.kind)))
        @if ctx.may(data.kind.scope) {
            p.actions { a.button.secondary href=(format!("{base}/new")) { "New " (data.kind.one) ", all fields" } }
            @match data.kind.kind {
                TermsKind::ShippingZone => (simple::shipping_form(data)),
                TermsKind::TaxZone => (simple::tax_form(data)),
                _ => {}
            }
        }
    };
    layout::page(ctx, data.kind.title, &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<TermsPage> {
    use crate::samples::{HOSTILE, documents, draft};
    let mut pages: Vec<TermsPage> = super::KINDS
        .iter()
        .filter(|kind| kind.kind != TermsKind::Promotion)
        .map(|kind| TermsPage {
            kind,
            documents: documents().into_iter().filter(|document| document.kind() == kind.kind).collect(),
            locale: "en".to_owned(),
            currencies: vec![Currency::EUR, Currency::USD],
            draft: draft("simple", &["handle", "name", "amount-EUR", "percent", "country"]),
        })
        .collect();
    pages[0].locale = HOSTILE();
    pages[1].documents.clear();
    pages
}

pub(super) async fn answer(
    site: &Site,
    caller: &Caller,
    kind: &'static Kind,
    draft: Draft,
    asked: &Fields,
) -> Api<Response> {
    let documents = site.handles().terms.documents(site.store(), kind.kind).await?;
    let status = status_of(draft.failure.as_ref());
    let locale = site.handles().markets[0].locale.clone();
    let data = TermsPage { kind, documents, locale, currencies: site.currencies(), draft };
    Ok(page(status, terms_page(&site.context(caller, kind.section).after(asked), &data)))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, uri: Uri, Asked(asked): Asked) -> Api<Response> {
    let kind = kind_at(&uri)?;
    caller.require_read(kind.scope)?;
    answer(&site, &caller, kind, Draft::default(), &asked).await
}
