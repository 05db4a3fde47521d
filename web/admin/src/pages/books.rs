//! `GET /admin/books`: checks the invariants of the books now, and says what each found.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::ledger::InvariantReport;
use http_kit::{Api, Caller};
use maud::{Markup, html};
use std::sync::Arc;

use crate::layout::{self, Section};
use crate::parts::{said, table};
use crate::respond::page;
use crate::site::{BooksChecked, PageContext, Site};

pub(crate) fn books_page(ctx: &PageContext, reports: &[InvariantReport]) -> Markup {
    let rows: Vec<Markup> = reports
        .iter()
        .map(|report| {
            html! {
                tr {
                    td { code { (said(&report.id)) } }
                    td { (said(&report.statement)) }
                    td.number { (report.checked) }
                    td {
                        @if let Some(why) = &report.not_applicable { span.state.plain { "Does not apply" } " " (said(why)) }
                        @else if report.violations.is_empty() { span.state.good { "Holds" } }
                        @else {
                            span.state.bad { (report.violations.len()) " violated" }
                            ul { @for one in report.violations.iter().take(20) { li { (said(&one.detail)) " " (said(&one.remedy)) } } }
                        }
                    }
                }
            }
        })
        .collect();
    let body = html! {
        p.lead { "What must always hold of orders, stock and money, checked just now. " code { "argosy doctor" } " does the same." }
        (table("Invariants", &["", "Promise", "Checked", "Found"], &rows, "Nothing was checked."))
    };
    layout::page(ctx, "Books", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<Vec<InvariantReport>> {
    use crate::samples::HOSTILE;
    use contracts::ledger::Violation;
    let report = |why: Option<String>, violations| InvariantReport {
        id: HOSTILE(),
        statement: HOSTILE(),
        checked: 7,
        not_applicable: why,
        violations,
    };
    let violation = Violation { detail: HOSTILE(), remedy: HOSTILE() };
    vec![vec![report(Some(HOSTILE()), Vec::new()), report(None, Vec::new()), report(None, vec![violation; 30])]]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller) -> Api<Response> {
    caller.require_read(Scope::Admin)?;
    let reports = Arc::new(site.handles().books.invariants().await?);
    site.remember_books(BooksChecked { at: site.now(), reports: Arc::clone(&reports) });
    Ok(page(StatusCode::OK, books_page(&site.context(&caller, Section::Books), &reports)))
}
