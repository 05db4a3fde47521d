//! `/admin/collections`: hand-picked lists of products.

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::Collection;
use contracts::identity::Scope;
use http_kit::{Api, Caller, Path};
use kernel::Failure;
use maud::{Markup, html};

use super::{is_handle, texts};
use crate::form::{Asked, Draft, Fields, Reading};
use crate::layout::{self, Section};
use crate::pages::{shown_again, status_of};
use crate::parts::{Field, Form, encoded, said, table};
use crate::respond::{page, see_other};
use crate::site::{PageContext, Site};

/// What the page shows.
pub(crate) struct CollectionsPage {
    pub(crate) collections: Vec<Collection>,
    /// The one that the form is about; none for a new one.
    pub(crate) edited: Option<Collection>,
    pub(crate) locales: Vec<String>,
    pub(crate) draft: Draft,
}

pub(crate) fn collections_page(ctx: &PageContext, data: &CollectionsPage) -> Markup {
    let locale = data.locales.first().map_or("en", String::as_str);
    let rows: Vec<Markup> = data
        .collections
        .iter()
        .map(|collection| {
            html! {
                tr {
                    td { a href=(format!("/admin/collections?edit={}#edit", encoded(&collection.handle))) { (said(collection.name.get(locale))) } }
                    td { code { (said(&collection.handle)) } }
                    td.number { (collection.position) }
                    td {
                        @if ctx.may(Scope::Catalog) {
                            form.inline method="post" action=(format!("/admin/collections/{}/delete", encoded(&collection.handle))) {
                                button.quiet type="submit" { "Delete" }
                            }
                        }
                    }
                }
            }
        })
        .collect();
    let body = html! {
        (table("Collections", &["Name", "Handle", "Position", ""], &rows, "No collections yet."))
        @if ctx.may(Scope::Catalog) { (edit(data)) }
    };
    layout::page(ctx, "Collections", &body)
}

fn edit(data: &CollectionsPage) -> Markup {
    let form = Form::new("collection", &data.draft);
    let now = data.edited.as_ref();
    let mut handle = Field::new("handle", "Handle").required();
    if let Some(now) = now {
        handle = handle.value(&now.handle).readonly();
    }
    let exact = |texts: Option<&contracts::market::Texts>, locale: &str| {
        texts.and_then(|texts| texts.0.get(locale)).cloned().unwrap_or_default()
    };
    html! {
        form.card #edit method="post" action="/admin/collections" {
            h2 { @if now.is_some() { "Change the collection" } @else { "New collection" } }
            (form.complaint())
            div.fields {
                (form.input(&handle))
                (form.input(&Field::new("position", "Position").kind("count").value(&now.map_or(0, |c| c.position).to_string())))
                @for locale in &data.locales {
                    (form.input(&Field::new(&format!("name-{locale}"), &format!("Name ({locale})")).value(&exact(now.map(|c| &c.name), locale))))
                }
            }
            @for locale in &data.locales {
                (form.area(&Field::new(&format!("description-{locale}"), &format!("Description ({locale})")).value(&exact(now.map(|c| &c.description), locale)), 2))
            }
            p.actions {
                button type="submit" { "Save" }
                @if now.is_some() { a.button.secondary href="/admin/collections" { "New one instead" } }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<CollectionsPage> {
    use crate::samples::{collection, draft};
    let page = |edited, draft| CollectionsPage {
        collections: vec![collection()],
        edited,
        locales: vec!["en".into(), "de".into()],
        draft,
    };
    let fields = ["handle", "position", "name-en", "description-de"];
    vec![page(None, draft("collection", &fields)), page(Some(collection()), Draft::default())]
}

async fn answer(site: &Site, caller: &Caller, draft: Draft, asked: &Fields) -> Api<Response> {
    let collections = site.handles().catalog.collection_documents(site.store()).await?;
    let edited = collections.iter().find(|collection| asked.get("edit") == Some(&collection.handle)).cloned();
    let status = status_of(draft.failure.as_ref());
    let data = CollectionsPage { collections, edited, locales: site.locales(), draft };
    Ok(page(status, collections_page(&site.context(caller, Section::Collections).after(asked), &data)))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    answer(&site, &caller, Draft::default(), &asked).await
}

async fn saved(site: &Site, fields: &Fields) -> Result<Collection, Failure> {
    let mut read = Reading::new(fields);
    let handle = fields.text("handle").to_owned();
    if !is_handle(&handle) {
        read.wrong("handle", "invalid_handle", "Use small letters, digits and hyphens.");
    }
    let position = read.integer("position", -1_000_000, 1_000_000).unwrap_or(0);
    let known = site.handles().catalog.collection_documents(site.store()).await?;
    let before = known.into_iter().find(|collection| collection.handle == handle);
    let empty = contracts::market::Texts::default();
    let locales = site.locales();
    let collection = Collection {
        name: texts(&read, "name", &locales, before.as_ref().map_or(&empty, |c| &c.name)),
        description: texts(&read, "description", &locales, before.as_ref().map_or(&empty, |c| &c.description)),
        position: i32::try_from(position).unwrap_or(0),
        media: before.as_ref().and_then(|c| c.media.clone()),
        version: before.as_ref().map_or(0, |c| c.version),
        handle,
    };
    read.done()?;
    site.handles().catalog.put_collection(site.store(), collection).await
}

pub(crate) async fn put(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    match saved(&site, &fields).await {
        Ok(_) => Ok(see_other("/admin/collections?done=saved")),
        Err(failure) => {
            let draft = Draft::new("collection", fields, shown_again(failure)?);
            answer(&site, &caller, draft, &Fields::default()).await
        }
    }
}

pub(crate) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    Path(handle): Path<String>,
    _fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    site.handles().catalog.delete_collection(site.store(), &handle).await?;
    Ok(see_other("/admin/collections?done=deleted"))
}
