//! `GET /admin/products`: by handle, or those of which handle, title, vendor or a SKU has what was typed.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::catalog::Product;
use contracts::identity::Scope;
use http_kit::{Api, Caller};
use kernel::{Failure, Page, PageRequest};
use maud::{Markup, html};

use crate::form::{Asked, Draft};
use crate::layout::{self, Section};
use crate::pages::page_of;
use crate::parts::{Field, Form, encoded, money, pager, said, state, table, time};
use crate::respond::page;
use crate::site::{PageContext, Site};

/// Pages of the catalog that are looked through for one of ours.
const SCANNED_PAGES: usize = 40;

/// What the page shows.
pub(crate) struct ProductsPage {
    pub(crate) q: String,
    pub(crate) first: bool,
    pub(crate) locale: String,
    pub(crate) products: Page<Product>,
}

pub(crate) fn products_page(ctx: &PageContext, data: &ProductsPage) -> Markup {
    let draft = Draft::default();
    let form = Form::new("filter", &draft);
    let rows: Vec<Markup> = data
        .products
        .items
        .iter()
        .map(|product| {
            let content = &product.content;
            let prices = content.variants.iter().filter_map(|variant| variant.prices.first()).map(|p| p.price);
            html! {
                tr {
                    td { a href=(format!("/admin/products/{}", encoded(&product.handle))) { (said(content.title.get(&data.locale))) } }
                    td { (state(content.status)) }
                    td { (said(content.category.as_deref().unwrap_or("–"))) }
                    td.number { (content.variants.len()) }
                    td.number { @if let Some(least) = prices.min_by_key(|price| price.amount_minor) { (money(least)) } @else { "–" } }
                    td { (time(product.updated_at)) }
                }
            }
        })
        .collect();
    let body = html! {
        form.bar-form.card method="get" action="/admin/products" role="search" {
            (form.input(&Field::new("q", "Title, handle, vendor or SKU").kind("search").value(&data.q)))
            p.actions {
                button type="submit" { "Show" }
                @if ctx.may(Scope::Catalog) { a.button.secondary href="/admin/new-product" { "New product" } }
            }
        }
        (table("Products", &["Title", "State", "Category", "Variants", "From", "Changed"], &rows, "No such products."))
        (pager("/admin/products", &[("q", &data.q)], data.products.next_cursor.as_deref(), data.first))
    };
    layout::page(ctx, "Products", &body)
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<ProductsPage> {
    use crate::samples::{HOSTILE, product};
    let page = |items, next_cursor| Page { items, next_cursor };
    vec![
        ProductsPage {
            q: HOSTILE(),
            first: false,
            locale: "en".into(),
            products: page(vec![product()], Some(HOSTILE())),
        },
        ProductsPage { q: String::new(), first: true, locale: "en".into(), products: page(Vec::new(), None) },
    ]
}

pub(crate) async fn show(State(site): State<Site>, caller: Caller, Asked(asked): Asked) -> Api<Response> {
    caller.require_read(Scope::Catalog)?;
    let q: String = asked.text("q").chars().take(200).collect();
    let products = find(&site, &q, page_of(&asked)).await?;
    let locale = site.handles().markets[0].locale.clone();
    let data = ProductsPage { q, first: asked.get("cursor").is_none(), locale, products };
    Ok(page(StatusCode::OK, products_page(&site.context(&caller, Section::Products).after(&asked), &data)))
}

fn has(product: &Product, wanted: &str) -> bool {
    let content = &product.content;
    let in_text = |text: &str| text.to_lowercase().contains(wanted);
    in_text(&product.handle)
        || in_text(&content.vendor)
        || content.title.0.values().any(|title| in_text(title))
        || content.variants.iter().any(|variant| in_text(variant.sku.as_str()))
}

async fn find(site: &Site, q: &str, asked: PageRequest) -> Result<Page<Product>, Failure> {
    let wanted = q.to_lowercase();
    let (rows, mut cursor, mut items) = (asked.limit as usize, asked.cursor, Vec::new());
    for _ in 0..SCANNED_PAGES {
        let request = PageRequest { limit: asked.limit, cursor: cursor.take() };
        let page = site.handles().catalog.documents(site.store(), request).await?;
        items.extend(page.items.into_iter().filter(|product| has(product, &wanted)));
        cursor = page.next_cursor;
        if items.len() >= rows || cursor.is_none() {
            break;
        }
    }
    Ok(Page { items, next_cursor: cursor })
}
