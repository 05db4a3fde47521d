//! `/admin/categories`: the tree in which products stand.

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::Category;
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
pub(crate) struct CategoriesPage {
    pub(crate) categories: Vec<Category>,
    /// The one that the form is about; none for a new one.
    pub(crate) edited: Option<Category>,
    pub(crate) locales: Vec<String>,
    pub(crate) draft: Draft,
}

pub(crate) fn categories_page(ctx: &PageContext, data: &CategoriesPage) -> Markup {
    let locale = data.locales.first().map_or("en", String::as_str);
    let rows: Vec<Markup> = data
        .categories
        .iter()
        .map(|category| {
            html! {
                tr {
                    td { a href=(format!("/admin/categories?edit={}#edit", encoded(&category.handle))) { (said(category.name.get(locale))) } }
                    td { code { (said(&category.handle)) } }
                    td { (said(category.parent.as_deref().unwrap_or("–"))) }
                    td.number { (category.position) }
                    td {
                        @if ctx.may(Scope::Catalog) {
                            form.inline method="post" action=(format!("/admin/categories/{}/delete", encoded(&category.handle))) {
                                button.quiet type="submit" { "Delete" }
                            }
                        }
                    }
                }
            }
        })
        .collect();
    let body = html! {
        (table("Categories", &["Name", "Handle", "Below", "Position", ""], &rows, "No categories yet."))
        @if ctx.may(Scope::Catalog) { (edit(data, locale)) }
    };
    layout::page(ctx, "Categories", &body)
}

fn edit(data: &CategoriesPage, locale: &str) -> Markup {
    let form = Form::new("category", &data.draft);
    let now = data.edited.as_ref();
    let mut parents = vec![(String::new(), "None: at the top".to_owned())];
    let others = data.categories.iter().filter(|category| now.is_none_or(|now| now.handle != category.handle));
    parents.extend(others.map(|category| (category.handle.clone(), category.name.get(locale).to_owned())));
    let mut handle = Field::new("handle", "Handle").required();
    if let Some(now) = now {
        handle = handle.value(&now.handle).readonly();
    }
    let exact = |texts: Option<&contracts::market::Texts>, locale: &str| {
        texts.and_then(|texts| texts.0.get(locale)).cloned().unwrap_or_default()
    };
    html! {
        form.card #edit method="post" action="/admin/categories" {
            h2 { @if now.is_some() { "Change the category" } @else { "New category" } }
            (form.complaint())
            div.fields {
                (form.input(&handle))
                (form.select(&Field::new("parent", "Below").value(now.and_then(|c| c.parent.as_deref()).unwrap_or("")), &parents))
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
                @if now.is_some() { a.button.secondary href="/admin/categories" { "New one instead" } }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<CategoriesPage> {
    use crate::samples::{category, draft};
    let page = |edited, draft| CategoriesPage {
        categories: vec![category()],
        edited,
        locales: vec!["en".into(), "de".into()],
        draft,
    };
    let fields = ["handle", "parent", "position", "name-en", "description-de"];
    vec![page(None, draft("category", &fields)), page(Some(category()), Draft::default())]
}

async fn answer(site: &Site, caller: &Caller, draft: Draft, asked: &Fields) -> Api<Response> {
    let categories = site.handles().catalog.category_documents(site.store()).await?;
    let edited = categories.iter().find(|category| asked.get("edit") == Some(&category.handle)).cloned();
    let status = status_of(draft.failure.as_ref());
    let data = CategoriesPage { categories, edited, locales: site.locales(), draft };
    Ok(page(status, categories_page(&site.context(caller, Section::Categories).after(asked), &data)))
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    answer(&site, &caller, Draft::default(), &asked).await
}

async fn saved(site: &Site, fields: &Fields) -> Result<Category, Failure> {
    let mut read = Reading::new(fields);
    let handle = fields.text("handle").to_owned();
    if !is_handle(&handle) {
        read.wrong("handle", "invalid_handle", "Use small letters, digits and hyphens.");
    }
    let position = read.integer("position", -1_000_000, 1_000_000).unwrap_or(0);
    let known = site.handles().catalog.category_documents(site.store()).await?;
    let before = known.into_iter().find(|category| category.handle == handle);
    let empty = contracts::market::Texts::default();
    let locales = site.locales();
    let category = Category {
        name: texts(&read, "name", &locales, before.as_ref().map_or(&empty, |c| &c.name)),
        description: texts(&read, "description", &locales, before.as_ref().map_or(&empty, |c| &c.description)),
        parent: fields.get("parent").map(str::to_owned),
        position: i32::try_from(position).unwrap_or(0),
        media: before.as_ref().and_then(|c| c.media.clone()),
        version: before.as_ref().map_or(0, |c| c.version),
        handle,
    };
    read.done()?;
    site.handles().catalog.put_category(site.store(), category).await
}

pub(crate) async fn put(State(site): State<Site>, caller: Caller, fields: Fields) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    match saved(&site, &fields).await {
        Ok(_) => Ok(see_other("/admin/categories?done=saved")),
        Err(failure) => {
            let draft = Draft::new("category", fields, shown_again(failure)?);
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
    site.handles().catalog.delete_category(site.store(), &handle).await?;
    Ok(see_other("/admin/categories?done=deleted"))
}
