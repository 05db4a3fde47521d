//! `/admin/price-lists/{handle}` and its siblings: one document as a form, and below `/json` whole, as the API takes it.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use contracts::selling::{PromotionStanding, Seen, TermsDocument, TermsKind};
use http_kit::{Api, Caller, Path};
use kernel::{ErrorKind, Failure};
use maud::{Markup, html};

use super::forms::{self, Choices};
use super::{Kind, kind_at, promotions};
use crate::form::{Asked, Draft, Fields};
use crate::layout;
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, default_button, encoded, said, state};
use crate::respond::{page, see_other};
use crate::rows;
use crate::site::{PageContext, Site};

/// The handle under which a document that does not exist yet is written.
const NEW: &str = "new";

/// What the page shows.
pub(crate) struct DocumentPage {
    pub(crate) kind: &'static Kind,
    pub(crate) handle: String,
    /// None for a new one.
    pub(crate) document: Option<TermsDocument>,
    pub(crate) json: String,
    pub(crate) as_json: bool,
    /// The first row of a long list that is shown.
    pub(crate) from: usize,
    pub(crate) choices: Choices,
    /// What it says, in words; for promotions.
    pub(crate) told: Vec<String>,
    pub(crate) standing: Option<PromotionStanding>,
    pub(crate) draft: Draft,
}

/// What a promotion says in words, how it stands, and how often it was used.
fn in_words(data: &DocumentPage) -> Markup {
    html! {
        @if !data.told.is_empty() {
            section.card #words {
                div.head {
                    h2 { "In words" }
                    @if let Some(standing) = &data.standing { (state(standing.state)) }
                }
                ul { @for sentence in &data.told { li { (said(sentence)) } } }
                @if let Some(standing) = data.standing.as_ref().filter(|standing| !standing.uses.is_empty()) {
                    dl.sums {
                        @for one in &standing.uses {
                            dt { @if let Some(code) = &one.code { "Orders with " (said(code)) } @else { "Orders" } }
                            dd { (one.uses) @if let Some(limit) = one.limit { " of " (limit) } }
                        }
                    }
                }
            }
        }
    }
}

pub(crate) fn document_page(ctx: &PageContext, data: &DocumentPage) -> Markup {
    let form = Form::new("document", &data.draft);
    let base = format!("/admin/{}", data.kind.path);
    let address = format!("{base}/{}", encoded(&data.handle));
    let json_address = format!("{address}/json");
    let action = if data.as_json { &json_address } else { &address };
    let only_one = data.kind.kind == TermsKind::Settings;
    let title = match &data.document {
        _ if only_one => data.kind.title.to_owned(),
        Some(_) => format!("{}: {}", data.kind.title, data.handle),
        None => format!("New {}", data.kind.one),
    };
    // Settings that nobody wrote are there, with version 0.
    let version = data.document.as_ref().map(TermsDocument::version).filter(|version| *version > 0);
    // What was typed was typed over the version that the form was opened with.
    let seen = match data.draft.fields.get("version") {
        Some(seen) => Some(seen.to_owned()),
        None => version.map(|version| version.to_string()),
    };
    let body = html! {
        p {
            @if !only_one { a href=(base) { (data.kind.title) } " · " }
            @if data.as_json { a href=(address) { "As a form" } }
            @else { a href=(json_address) { "Advanced: as JSON" } }
        }
        (in_words(data))
        @if ctx.may(data.kind.scope) {
            form.card method="post" action=(action) {
                (default_button())
                (form.complaint())
                @if let Some(version) = seen { input type="hidden" name="version" value=(version); }
                @if data.as_json {
                    (form.area(&Field::new("document", "Document").kind("code").value(&data.json)
                        .hint("JSON, as the API takes it; the reference at /api/docs explains every field."), 24))
                } @else { (forms::inputs(data, &form, action)) }
                p.actions { button type="submit" { "Save" } }
            }
            @if let Some(version) = version {
                @if let Some(standing) = &data.standing {
                    (promotions::buttons(&address, version, standing.state))
                }
                @if !only_one {
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
    use crate::samples::{HOSTILE, documents, draft, id, promotions};
    use contracts::selling::{PromotionState, PromotionUses};
    use kernel::Currency;
    let choices = Choices {
        locales: vec!["en".into(), "de-CH".into()],
        currencies: vec![Currency::EUR, Currency::USD],
        markets: vec![(HOSTILE(), HOSTILE())],
        groups: vec![(HOSTILE(), HOSTILE())],
        members: vec![(id(1), HOSTILE())],
        collections: vec![(HOSTILE(), HOSTILE())],
        categories: vec![(HOSTILE(), HOSTILE())],
        deliveries: vec![(HOSTILE(), HOSTILE())],
        time_zone: HOSTILE(),
        effect: String::new(),
    };
    let page = |kind: &'static Kind, document, as_json, draft| DocumentPage {
        kind,
        handle: HOSTILE(),
        document,
        json: HOSTILE(),
        as_json,
        from: 0,
        choices: choices.clone(),
        told: vec![HOSTILE()],
        standing: (kind.kind == TermsKind::Promotion).then(|| PromotionStanding {
            state: PromotionState::UsedUp,
            uses: vec![PromotionUses { code: Some(HOSTILE()), uses: 7, limit: Some(7) }],
        }),
        draft,
    };
    let typed = [
        "name",
        "rates-0-row",
        "rates-0-rate",
        "methods-0-row",
        "methods-0-steps-0-row",
        "prices-0-row",
        "prices-0-sku",
        "prices-0-tiers-0-row",
        "seller-address",
        "joining",
        "country",
        "effect-rate",
        "goods-collections",
        "goods-products",
        "groups",
        "codes",
    ];
    let mut pages = Vec::new();
    for document in documents() {
        let kind = super::KINDS.iter().find(|kind| kind.kind == document.kind()).unwrap();
        pages.push(page(kind, Some(document), false, Draft::default()));
        pages.push(page(kind, None, false, draft("document", &typed)));
    }
    for promotion in promotions() {
        let typed = Fields::of(vec![("effect-kind".to_owned(), forms::promotion::name(&promotion).to_owned())]);
        let document = TermsDocument::Promotion(promotion);
        pages.push(page(&super::KINDS[0], Some(document), false, Draft::default()));
        pages.push(page(&super::KINDS[0], None, false, Draft::typed("document", typed)));
    }
    pages.push(page(&super::KINDS[1], None, true, draft("document", &["document"])));
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

/// The document `handle`; none for a new one.
async fn find(site: &Site, kind: &'static Kind, handle: &str) -> Result<Option<TermsDocument>, Failure> {
    match handle {
        NEW => Ok(None),
        _ => {
            let found = site.handles().terms.document(site.store(), kind.kind, handle).await?;
            found.map(Some).ok_or_else(|| Failure::not_found("document"))
        }
    }
}

/// What a form of this kind offers to choose from.
async fn choices(
    site: &Site,
    kind: TermsKind,
    document: Option<&TermsDocument>,
    from: usize,
) -> Result<Choices, Failure> {
    let (handles, store) = (site.handles(), site.store());
    let mut choices = forms::money_and_words(site);
    if kind == TermsKind::PriceList {
        choices.markets = handles.markets.iter().map(|market| (market.handle.clone(), market.name.clone())).collect();
    }
    if matches!(kind, TermsKind::PriceList | TermsKind::Promotion) {
        for group in handles.terms.documents(store, TermsKind::CustomerGroup).await? {
            if let TermsDocument::CustomerGroup(group) = group {
                choices.groups.push((group.handle, group.name));
            }
        }
    }
    if kind == TermsKind::Promotion {
        forms::promotion::choices(site, document, &mut choices).await?;
    }
    for id in forms::group::shown(document, from) {
        let customer = handles.customers.customer(store, *id).await?;
        let name = customer.map_or_else(
            || format!("{id}, erased"),
            |customer| match customer.name {
                Some(name) if !name.is_empty() => format!("{name}, {}", customer.email),
                _ => customer.email,
            },
        );
        choices.members.push((*id, name));
    }
    Ok(choices)
}

/// The page of a document as it stands, or of a new one.
async fn current(
    site: &Site,
    kind: &'static Kind,
    (handle, document): (&str, Option<TermsDocument>),
    (as_json, from): (bool, usize),
    draft: Draft,
) -> Result<DocumentPage, Failure> {
    let json = match &document {
        Some(document) => serde_json::to_string_pretty(document).map_err(Failure::internal)?,
        None => kind.example.to_owned(),
    };
    let choices = choices(site, kind.kind, document.as_ref(), from).await?;
    let (told, standing) = match kind.kind {
        TermsKind::Promotion => (
            forms::promotion::told(&choices, &draft, document.as_ref()),
            match document {
                Some(_) => site.handles().terms.promotion_standing(site.store(), handle).await?,
                None => None,
            },
        ),
        _ => (Vec::new(), None),
    };
    Ok(DocumentPage { kind, handle: handle.to_owned(), document, json, as_json, from, choices, told, standing, draft })
}

/// Whether an address asks for a document as JSON.
fn as_json(uri: &Uri) -> bool {
    uri.path().ends_with("/json")
}

fn first_row(fields: &Fields) -> usize {
    fields.text("from").parse().unwrap_or(0)
}

/// Settings are one document, so their list is that.
pub(crate) async fn show_only(caller: Caller, uri: Uri) -> Api<Response> {
    let kind = kind_at(&uri)?;
    caller.require_read(kind.scope)?;
    Ok(see_other(&format!("/admin/{}/shop", kind.path)))
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
    let document = find(&site, kind, &handle).await?;
    let view = (as_json(&uri), first_row(&asked));
    let mut data = current(&site, kind, (&handle, document), view, Draft::default()).await?;
    data.choices.effect = asked.text("effect").to_owned();
    Ok(answer(&site, &caller, &data, &asked))
}

/// The document that was typed, as JSON or into the form.
async fn typed(
    site: &Site,
    kind: &'static Kind,
    before: Option<&TermsDocument>,
    as_json: bool,
    fields: &Fields,
) -> Result<TermsDocument, Failure> {
    if !as_json {
        let choices = choices(site, kind.kind, before, first_row(fields)).await?;
        return forms::read(site, kind.kind, &choices, fields, before).await;
    }
    let document = read(kind.kind, fields.text("document"))?;
    if before.is_some_and(|before| before.handle() != document.handle()) {
        let detail = "The handle names the document and does not change. Write a new one instead.";
        return Err(Failure::field("/document", "other_handle", detail));
    }
    Ok(document)
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
    let view = (as_json(&uri), first_row(&fields));
    let before = find(&site, kind, &handle).await?;
    let fields = match rows::pressed(&fields) {
        Some(typed) => {
            let mut draft = Draft::typed("document", typed);
            if fields.text(rows::BUTTON) == forms::promotion::SAY {
                let choices = choices(&site, kind.kind, before.as_ref(), view.1).await?;
                let read = forms::read(&site, kind.kind, &choices, &draft.fields, before.as_ref()).await;
                draft.failure = read.err().map(shown_again).transpose()?;
            }
            let data = current(&site, kind, (&handle, before), view, draft).await?;
            return Ok(answer(&site, &caller, &data, &Fields::default()));
        }
        None => forms::settled(kind.kind, &fields),
    };
    let seen = fields.text("version").parse().map_or(Seen::Nothing, Seen::Version);
    let outcome = match typed(&site, kind, before.as_ref(), view.0, &fields).await {
        Ok(document) => site.handles().terms.put(site.store(), document, seen, caller.actor()).await,
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(saved) => {
            let more = if view.1 > 0 { format!("&from={}", view.1) } else { String::new() };
            Ok(see_other(&format!("/admin/{}/{}?done=saved{more}", kind.path, encoded(saved.handle()))))
        }
        Err(failure) => {
            let choices = choices(&site, kind.kind, before.as_ref(), view.1).await?;
            let failure = explained(forms::placed(kind.kind, shown_again(failure)?, &fields, &choices));
            let draft = Draft::new("document", fields, failure);
            let data = current(&site, kind, (&handle, before), view, draft).await?;
            Ok(answer(&site, &caller, &data, &Fields::default()))
        }
    }
}

/// What the versions of documents have to say to people.
pub(super) fn explained(mut failure: Failure) -> Failure {
    match failure.kind {
        ErrorKind::PreconditionFailed => {
            failure.detail = "Somebody else changed this since you opened it, so nothing was saved. Open it again in \
                              another window, and repeat there what you typed below."
                .to_owned();
        }
        ErrorKind::PreconditionRequired => {
            failure.detail = "There is one with this handle already: change that one, or take another.".to_owned();
        }
        _ => {}
    }
    failure
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
