//! `/admin/categories`, the tree in which products stand, and `/admin/collections`, hand-picked lists of them. A collection
//! is shown and edited as a category that stands below none.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use contracts::catalog::{Category, Collection};
use contracts::identity::Scope;
use contracts::market::Texts;
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Categories,
    Collections,
}

impl Kind {
    /// The kind that an address is about.
    fn at(uri: &Uri) -> Self {
        if uri.path().starts_with(Kind::Collections.path()) { Kind::Collections } else { Kind::Categories }
    }

    const fn path(self) -> &'static str {
        match self {
            Kind::Categories => "/admin/categories",
            Kind::Collections => "/admin/collections",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Kind::Categories => "Categories",
            Kind::Collections => "Collections",
        }
    }

    /// What one of them is called; the name of its form too.
    const fn one(self) -> &'static str {
        match self {
            Kind::Categories => "category",
            Kind::Collections => "collection",
        }
    }

    const fn section(self) -> Section {
        match self {
            Kind::Categories => Section::Categories,
            Kind::Collections => Section::Collections,
        }
    }
}

/// What the page shows.
pub(crate) struct ListingsPage {
    pub(crate) kind: Kind,
    pub(crate) all: Vec<Category>,
    /// The one that the form is about; none for a new one.
    pub(crate) edited: Option<Category>,
    pub(crate) locales: Vec<String>,
    pub(crate) draft: Draft,
}

pub(crate) fn listings_page(ctx: &PageContext, data: &ListingsPage) -> Markup {
    let locale = data.locales.first().map_or("en", String::as_str);
    let is_tree = data.kind == Kind::Categories;
    let path = data.kind.path();
    let rows: Vec<Markup> = data
        .all
        .iter()
        .map(|one| {
            html! {
                tr {
                    td { a href=(format!("{path}?edit={}#edit", encoded(&one.handle))) { (said(one.name.get(locale))) } }
                    td { code { (said(&one.handle)) } }
                    @if is_tree { td { (said(one.parent.as_deref().unwrap_or("–"))) } }
                    td.number { (one.position) }
                    td {
                        @if ctx.may(Scope::Catalog) {
                            form.inline method="post" action=(format!("{path}/{}/delete", encoded(&one.handle))) {
                                button.quiet type="submit" { "Delete" }
                            }
                        }
                    }
                }
            }
        })
        .collect();
    let heads: &[&str] =
        if is_tree { &["Name", "Handle", "Below", "Position", ""] } else { &["Name", "Handle", "Position", ""] };
    let body = html! {
        (table(data.kind.title(), heads, &rows, "None yet."))
        @if ctx.may(Scope::Catalog) { (edit(data, locale)) }
    };
    layout::page(ctx, data.kind.title(), &body)
}

fn edit(data: &ListingsPage, locale: &str) -> Markup {
    let kind = data.kind;
    let form = Form::new(kind.one(), &data.draft);
    let now = data.edited.as_ref();
    let mut parents = vec![(String::new(), "None: at the top".to_owned())];
    let others = data.all.iter().filter(|one| now.is_none_or(|now| now.handle != one.handle));
    parents.extend(others.map(|one| (one.handle.clone(), one.name.get(locale).to_owned())));
    let mut handle = Field::new("handle", "Handle").required();
    if let Some(now) = now {
        handle = handle.value(&now.handle).readonly();
    }
    let exact =
        |texts: Option<&Texts>, locale: &str| texts.and_then(|texts| texts.0.get(locale)).cloned().unwrap_or_default();
    html! {
        form.card #edit method="post" action=(kind.path()) {
            h2 { @if now.is_some() { "Change the " } @else { "New " } (kind.one()) }
            (form.complaint())
            div.fields {
                (form.input(&handle))
                @if kind == Kind::Categories {
                    (form.select(&Field::new("parent", "Below").value(now.and_then(|c| c.parent.as_deref()).unwrap_or("")), &parents))
                }
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
                @if now.is_some() { a.button.secondary href=(kind.path()) { "New one instead" } }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<ListingsPage> {
    use crate::samples::{category, draft};
    let page = |kind, edited, draft| ListingsPage {
        kind,
        all: vec![category()],
        edited,
        locales: vec!["en".into(), "de".into()],
        draft,
    };
    let fields = ["handle", "parent", "position", "name-en", "description-de"];
    [Kind::Categories, Kind::Collections]
        .into_iter()
        .flat_map(|kind| [page(kind, None, draft(kind.one(), &fields)), page(kind, Some(category()), Draft::default())])
        .collect()
}

fn as_category(collection: Collection) -> Category {
    let Collection { handle, name, description, position, media, version } = collection;
    Category { handle, name, parent: None, description, position, media, version }
}

async fn known(site: &Site, kind: Kind) -> Result<Vec<Category>, Failure> {
    let catalog = &site.handles().catalog;
    match kind {
        Kind::Categories => catalog.category_documents(site.store()).await,
        Kind::Collections => {
            let collections = catalog.collection_documents(site.store()).await?;
            Ok(collections.into_iter().map(as_category).collect())
        }
    }
}

async fn answer(site: &Site, caller: &Caller, kind: Kind, draft: Draft, asked: &Fields) -> Api<Response> {
    let all = known(site, kind).await?;
    let edited = all.iter().find(|one| asked.get("edit") == Some(&one.handle)).cloned();
    let status = status_of(draft.failure.as_ref());
    let data = ListingsPage { kind, all, edited, locales: site.locales(), draft };
    Ok(page(status, listings_page(&site.context(caller, kind.section()).after(asked), &data)))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, uri: Uri, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    answer(&site, &caller, Kind::at(&uri), Draft::default(), &asked).await
}

async fn saved(site: &Site, kind: Kind, fields: &Fields) -> Result<(), Failure> {
    let mut read = Reading::new(fields);
    let handle = fields.text("handle").to_owned();
    if !is_handle(&handle) {
        read.wrong("handle", "invalid_handle", "Use small letters, digits and hyphens.");
    }
    let position = read.integer("position", -1_000_000, 1_000_000).unwrap_or(0);
    let before = known(site, kind).await?.into_iter().find(|one| one.handle == handle);
    let empty = Texts::default();
    let locales = site.locales();
    let name = texts(&read, "name", &locales, before.as_ref().map_or(&empty, |c| &c.name));
    let description = texts(&read, "description", &locales, before.as_ref().map_or(&empty, |c| &c.description));
    let position = i32::try_from(position).unwrap_or(0);
    let (media, version) = before.map_or((None, 0), |before| (before.media, before.version));
    read.done()?;
    let (catalog, store) = (&site.handles().catalog, site.store());
    match kind {
        Kind::Categories => {
            let parent = fields.get("parent").map(str::to_owned);
            let category = Category { handle, name, parent, description, position, media, version };
            catalog.put_category(store, category).await.map(drop)
        }
        Kind::Collections => {
            let collection = Collection { handle, name, description, position, media, version };
            catalog.put_collection(store, collection).await.map(drop)
        }
    }
}

pub(crate) async fn put(State(site): State<Site>, caller: Caller, uri: Uri, fields: Fields) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let kind = Kind::at(&uri);
    match saved(&site, kind, &fields).await {
        Ok(()) => Ok(see_other(&format!("{}?done=saved", kind.path()))),
        Err(failure) => {
            let draft = Draft::new(kind.one(), fields, shown_again(failure)?);
            answer(&site, &caller, kind, draft, &Fields::default()).await
        }
    }
}

pub(crate) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    uri: Uri,
    Path(handle): Path<String>,
    _fields: Fields,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let (kind, catalog) = (Kind::at(&uri), &site.handles().catalog);
    match kind {
        Kind::Categories => catalog.delete_category(site.store(), &handle).await?,
        Kind::Collections => catalog.delete_collection(site.store(), &handle).await?,
    }
    Ok(see_other(&format!("{}?done=deleted", kind.path())))
}
