//! `/admin/promotions/{handle}` and its siblings: one document, whole, as the API takes it.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use contracts::selling::{Seen, TermsDocument, TermsKind};
use http_kit::{Api, Caller, Path};
use kernel::{ErrorKind, Failure};
use maud::{Markup, html};

use super::{Kind, kind_at};
use crate::form::{Asked, Draft, Fields};
use crate::layout;
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, encoded};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// The handle under which a document that does not exist yet is written.
const NEW: &str = "new";

/// What the page shows.
pub(crate) struct DocumentPage {
    pub(crate) kind: &'static Kind,
    pub(crate) handle: String,
    /// None for a new one.
    pub(crate) version: Option<u64>,
    pub(crate) json: String,
    pub(crate) draft: Draft,
}

pub(crate) fn document_page(ctx: &PageContext, data: &DocumentPage) -> Markup {
    let form = Form::new("document", &data.draft);
    let base = format!("/admin/{}", data.kind.path);
    let address = format!("{base}/{}", encoded(&data.handle));
    let title = if data.version.is_some() {
        format!("{}: {}", data.kind.title, data.handle)
    } else {
        "New document".to_owned()
    };
    let body = html! {
        p { a href=(base) { (data.kind.title) } }
        @if ctx.may(data.kind.scope) {
            form.card method="post" action=(address) {
                (form.complaint())
                @if let Some(version) = data.version { input type="hidden" name="version" value=(version); }
                (form.area(&Field::new("document", "Document").kind("code").value(&data.json)
                    .hint("JSON, as the API takes it; the reference at /api/docs explains every field."), 24))
                p.actions { button type="submit" { "Save" } }
            }
            @if let Some(version) = data.version {
                @if data.kind.kind != TermsKind::Settings {
                    form.inline method="post" action=(format!("{address}/delete")) {
                        input type="hidden" name="version" value=(version);
                        button.danger type="submit" { "Delete" }
                    }
                }
            }
        } @else { pre { (data.json) } }
    };
    layout::page(ctx, &title, &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<DocumentPage> {
    use crate::samples::{HOSTILE, draft};
    let page = |kind, version, draft| DocumentPage { kind, handle: HOSTILE(), version, json: HOSTILE(), draft };
    let mut pages: Vec<_> = super::KINDS.iter().map(|kind| page(kind, Some(7), Draft::default())).collect();
    pages.push(page(&super::KINDS[0], None, draft("document", &["document"])));
    pages
}

fn read(kind: TermsKind, text: &str) -> Result<TermsDocument, Failure> {
    let parsed = match kind {
        TermsKind::Promotion => serde_json::from_str(text).map(TermsDocument::Promotion),
        TermsKind::TaxZone => serde_json::from_str(text).map(TermsDocument::TaxZone),
        TermsKind::ShippingZone => serde_json::from_str(text).map(TermsDocument::ShippingZone),
        TermsKind::PriceList => serde_json::from_str(text).map(TermsDocument::PriceList),
        TermsKind::CustomerGroup => serde_json::from_str(text).map(TermsDocument::CustomerGroup),
        TermsKind::Settings => serde_json::from_str(text).map(TermsDocument::Settings),
    };
    parsed.map_err(|error| Failure::field("/document", "malformed", format!("This is not such a document: {error}.")))
}

fn answer(site: &Site, caller: &Caller, data: &DocumentPage, asked: &Fields) -> Response {
    let status = status_of(data.draft.failure.as_ref());
    page(status, document_page(&site.context(caller, data.kind.section).after(asked), data))
}

/// The page of a document as it stands, or of a new one.
async fn current(site: &Site, kind: &'static Kind, handle: &str, draft: Draft) -> Result<DocumentPage, Failure> {
    let found = match handle {
        NEW => None,
        _ => site.handles().terms.document(site.store(), kind.kind, handle).await?,
    };
    let (version, json) = match &found {
        Some(document) => {
            (Some(document.version()), serde_json::to_string_pretty(document).map_err(Failure::internal)?)
        }
        None if handle == NEW => (None, kind.example.to_owned()),
        None => return Err(Failure::not_found("document")),
    };
    Ok(DocumentPage { kind, handle: handle.to_owned(), version, json, draft })
}

pub(crate) async fn show(
    State(site): State<Site>,
    caller: Caller,
    uri: Uri,
    Path(handle): Path<String>,
    Asked(asked): Asked,
) -> Api<Response> {
    let kind = kind_at(&uri)?;
    caller.require_read(kind.scope)?;
    let data = current(&site, kind, &handle, Draft::default()).await?;
    Ok(answer(&site, &caller, &data, &asked))
}

pub(crate) async fn put(
    State(site): State<Site>,
    caller: Caller,
    uri: Uri,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    let kind = kind_at(&uri)?;
    caller.require(kind.scope)?;
    let seen = fields.text("version").parse().map_or(Seen::Nothing, Seen::Version);
    let outcome = match read(kind.kind, fields.text("document")) {
        Ok(document) if handle != NEW && document.handle() != handle => {
            let detail = "The handle names the document and does not change. Write a new one instead.";
            Err(Failure::field("/document", "other_handle", detail))
        }
        Ok(document) => site.handles().terms.put(site.store(), document, seen, caller.actor()).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(saved) => Ok(see_other(&format!("/admin/{}/{}?done=saved", kind.path, encoded(saved.handle())))),
        Err(failure) => {
            let mut failure = shown_again(failure)?;
            if failure.kind == ErrorKind::PreconditionFailed {
                failure.detail =
                    "Somebody else changed this document since you opened it, so nothing was saved. What you \
                                  typed is below; saving again replaces what they changed."
                        .to_owned();
            }
            let data = current(&site, kind, &handle, Draft::new("document", fields, failure)).await?;
            Ok(answer(&site, &caller, &data, &Fields::default()))
        }
    }
}

pub(crate) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    uri: Uri,
    Path(handle): Path<String>,
    fields: Fields,
) -> Api<Response> {
    let kind = kind_at(&uri)?;
    caller.require(kind.scope)?;
    let seen = fields.text("version").parse().map_or(Seen::Nothing, Seen::Version);
    site.handles().terms.delete(site.store(), kind.kind, &handle, seen, caller.actor()).await?;
    Ok(see_other(&format!("/admin/{}?done=deleted", kind.path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_a_document() {
        for kind in &super::super::KINDS {
            let document = read(kind.kind, kind.example).unwrap_or_else(|f| panic!("{}: {f}", kind.path));
            assert_eq!(document.kind(), kind.kind);
        }
        assert!(read(TermsKind::Settings, "{}").is_err());
    }
}
