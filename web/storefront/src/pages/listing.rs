//! `GET /categories/{handle}`, `GET /collections/{handle}`, `GET /products`: products in a grid.

use axum::extract::{Request, State};
use axum::response::Response;
use contracts::catalog::{CategoryNode, ProductCard, ProductQuery, ProductSort};
use kernel::{ErrorKind, Page, PageRequest};
use maud::{Markup, html};

use crate::cache::Fresh;
use crate::form::Fields;
use crate::layout::{self, Head};
use crate::own_prices::{self, OwnPrices};
use crate::pages::{cached, category_step, error, find_category, is_handle, last_segment};
use crate::parts::{Step, breadcrumb_data, breadcrumbs, grid};
use crate::site::{PageContext, Site};

pub(crate) struct ListingPage {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) trail: Vec<Step>,
    /// Handle of the top category, for the navigation.
    pub(crate) top: Option<String>,
    pub(crate) children: Vec<CategoryNode>,
    /// How many there are in all, when known.
    pub(crate) total: Option<u32>,
    pub(crate) products: Page<ProductCard>,
    /// Path without market and query.
    pub(crate) path: String,
    pub(crate) sort: ProductSort,
    pub(crate) is_first: bool,
    /// Whether the prices are the shopper's own.
    pub(crate) is_own: bool,
}

/// Which list.
#[derive(Clone, Copy)]
enum Source {
    Category,
    Collection,
    All,
}

pub(crate) async fn category(State(site): State<Site>, request: Request) -> Response {
    list(&site, &request, Source::Category)
}

pub(crate) async fn collection(State(site): State<Site>, request: Request) -> Response {
    list(&site, &request, Source::Collection)
}

pub(crate) async fn all(State(site): State<Site>, request: Request) -> Response {
    list(&site, &request, Source::All)
}

const SORTS: [(ProductSort, &str); 4] = [
    (ProductSort::Newest, "newest"),
    (ProductSort::PriceAsc, "price_asc"),
    (ProductSort::PriceDesc, "price_desc"),
    (ProductSort::Title, "title"),
];

fn sort_name(sort: ProductSort) -> &'static str {
    SORTS.iter().find(|(known, _)| *known == sort).map_or("newest", |(_, name)| name)
}

/// `path` with what differs from the default in its query: the one spelling under which a page is kept.
fn canonical(path: &str, sort: ProductSort, cursor: Option<&str>) -> String {
    let mut url = path.to_owned();
    if sort != ProductSort::default() {
        url.push_str("?sort=");
        url.push_str(sort_name(sort));
    }
    if let Some(cursor) = cursor {
        url.push(if url.len() == path.len() { '?' } else { '&' });
        url.push_str("cursor=");
        url.push_str(cursor);
    }
    url
}

fn list(site: &Site, request: &Request, source: Source) -> Response {
    let path = request.uri().path();
    if let Some(own) = site.own_prices(request) {
        return list_own(site, request, source, &own);
    }
    let Some(query) = request.uri().query() else {
        return cached(site, request.headers(), path, || render(site, path, source, ProductSort::default(), None));
    };
    let (sort, cursor) = asked(query);
    let key = canonical(path, sort, cursor.as_deref());
    cached(site, request.headers(), &key, || render(site, path, source, sort, cursor.as_deref()))
}

/// Order and page that a query asks for. Parameters that are not ours do not make another page.
fn asked(query: &str) -> (ProductSort, Option<String>) {
    let fields = Fields::parse(query.as_bytes()).unwrap_or_default();
    let sort =
        SORTS.iter().find(|(_, name)| *name == fields.text("sort")).map_or_else(ProductSort::default, |(s, _)| *s);
    let plain = |text: &&str| text.len() <= 1024 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    (sort, fields.get("cursor").filter(plain).map(str::to_owned))
}

/// The list with the prices of one shopper, and in their order when it is by price.
fn list_own(site: &Site, request: &Request, source: Source, own: &OwnPrices<'_>) -> Response {
    let (sort, cursor) = asked(request.uri().query().unwrap_or(""));
    let mut data = match load(site, last_segment(request.uri().path()), source, (sort, cursor.as_deref()), Some(own)) {
        Ok(data) => data,
        Err(answer) => return answer,
    };
    own.cards(&mut data.products.items);
    data.is_own = true;
    own_prices::answer(listing_page(&site.context(&canonical(&data.path, sort, cursor.as_deref())), &data))
}

#[allow(clippy::result_large_err)] // As `cached` takes it.
fn render(site: &Site, path: &str, source: Source, sort: ProductSort, cursor: Option<&str>) -> Result<Fresh, Response> {
    let data = load(site, last_segment(path), source, (sort, cursor), None)?;
    let ctx = site.context(&canonical(&data.path, sort, cursor));
    let surrogate_keys = match source {
        Source::All => "catalog products".to_owned(),
        Source::Category => format!("catalog category:{}", last_segment(path)),
        Source::Collection => format!("catalog collection:{}", last_segment(path)),
    };
    Ok(Fresh { body: listing_page(&ctx, &data).into_string(), content_type: None, surrogate_keys })
}

#[allow(clippy::result_large_err)]
fn load(
    site: &Site,
    handle: &str,
    source: Source,
    (sort, cursor): (ProductSort, Option<&str>),
    own: Option<&OwnPrices<'_>>,
) -> Result<ListingPage, Response> {
    let handles = &site.shop.handles;
    let here = site.here();
    let mut query = ProductQuery { sort, ..ProductQuery::default() };
    query.page = PageRequest { cursor: cursor.map(str::to_owned), ..PageRequest::default() };
    let mut data = ListingPage {
        title: site.phrases().all_products.to_owned(),
        description: String::new(),
        trail: Vec::new(),
        top: None,
        children: Vec::new(),
        total: None,
        products: Page { items: Vec::new(), next_cursor: None },
        path: "/products".to_owned(),
        sort,
        is_first: cursor.is_none(),
        is_own: false,
    };
    match source {
        Source::All => {}
        Source::Category => {
            let tree = handles.catalog.categories(handles.store, &here.market.locale);
            let Some((above, node)) = Some(handle).filter(|h| is_handle(h)).and_then(|h| find_category(&tree, h))
            else {
                return Err(error::not_found(site));
            };
            data.title.clone_from(&node.name);
            data.description.clone_from(&node.description);
            data.top = Some(above.first().map_or(&node.handle, |first| &first.handle).clone());
            data.trail = above.into_iter().map(category_step).collect();
            data.children.clone_from(&node.children);
            data.total = Some(node.products);
            data.path = format!("/categories/{handle}");
            query.category = Some(handle.to_owned());
        }
        Source::Collection => {
            let collections = handles.catalog.collections(handles.store, &here.market.locale);
            let Some(found) = collections.iter().find(|collection| collection.handle == handle) else {
                return Err(error::not_found(site));
            };
            data.title.clone_from(&found.name);
            data.description.clone_from(&found.description);
            data.total = Some(found.products);
            data.path = format!("/collections/{handle}");
            query.collection = Some(handle.to_owned());
        }
    }
    let found = match own {
        Some(own) => handles.catalog.products_for(handles.store, &query, &here.view, &own.tags()),
        None => handles.catalog.products(handles.store, &query, &here.view),
    };
    match found {
        Ok(page) => data.products = (*page).clone(),
        // A cursor that this list did not make: the list itself is the best answer.
        Err(failure) if failure.code == "invalid_cursor" => {
            return Err(crate::respond::see_other(&site.url(&canonical(&data.path, sort, None))));
        }
        Err(failure) if failure.kind == ErrorKind::NotFound => return Err(error::not_found(site)),
        Err(failure) => return Err(error::failure(site, &failure)),
    }
    Ok(data)
}

pub(crate) fn listing_page(ctx: &PageContext<'_>, data: &ListingPage) -> Markup {
    let t = ctx.phrases;
    let description = if data.description.is_empty() {
        t.listing_description(&data.title, ctx.shop_name)
    } else {
        data.description.clone()
    };
    let head = Head {
        title: data.title.clone(),
        description,
        listed: true,
        image: data.products.items.first().and_then(|p| p.image.as_ref()).map(|image| image.url.clone()),
        data: vec![breadcrumb_data(ctx, &data.trail, &data.title)],
        category: data.top.clone(),
        ..Head::default()
    };
    let main = html! {
        (breadcrumbs(ctx, &data.trail, &data.title))
        header.page-header {
            h1 { (data.title) }
            @if !data.description.is_empty() { p.lead { (data.description) } }
            @if data.is_own { (own_prices::told(ctx)) }
        }
        @if !data.children.is_empty() {
            nav.chips aria-label=(t.subcategories) {
                ul role="list" {
                    @for child in &data.children {
                        li {
                            a href=(ctx.url(&format!("/categories/{}", child.handle))) {
                                (child.name) " " span.muted { (child.products) }
                            }
                        }
                    }
                }
            }
        }
        @if data.products.items.is_empty() {
            (empty(ctx, data))
        } @else {
            div.toolbar {
                p.muted { @if let Some(total) = data.total { (t.products(total)) } }
                (sort_form(ctx, data))
            }
            h2.visually-hidden { (t.products_heading) }
            (grid(ctx, &data.products.items, true))
            (pagination(ctx, data))
        }
    };
    layout::page(ctx, &head, &main)
}

fn empty(ctx: &PageContext<'_>, data: &ListingPage) -> Markup {
    let t = ctx.phrases;
    html! {
        section.message {
            h2 { (t.nothing_here) }
            p { (if data.is_first { t.nothing_here_text } else { t.end_of_list_text }) }
            p.actions {
                @if data.is_first {
                    a.button href=(ctx.url("/products")) { (t.all_products) }
                } @else {
                    a.button href=(ctx.url(&data.path)) { (t.back_to_start) }
                }
            }
        }
    }
}

fn sort_form(ctx: &PageContext<'_>, data: &ListingPage) -> Markup {
    let t = ctx.phrases;
    html! {
        form.sort method="get" action=(ctx.url(&data.path)) data-auto-submit {
            label for="sort" { (t.sort_by) }
            select #sort name="sort" autocomplete="off" {
                @for (sort, name) in SORTS {
                    option value=(name) selected[sort == data.sort] { (t.sort_label(sort)) }
                }
            }
            button.secondary type="submit" { (t.apply) }
        }
    }
}

fn pagination(ctx: &PageContext<'_>, data: &ListingPage) -> Markup {
    let t = ctx.phrases;
    html! {
        @if !data.is_first || data.products.next_cursor.is_some() {
            nav.pagination aria-label=(t.pages) {
                @if !data.is_first {
                    a.button.secondary href=(ctx.url(&canonical(&data.path, data.sort, None))) { (t.back_to_start) }
                }
                @if let Some(next) = &data.products.next_cursor {
                    a.button rel="next" href=(ctx.url(&canonical(&data.path, data.sort, Some(next)))) { (t.next_page) }
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) fn samples() -> Vec<ListingPage> {
    use crate::goods;
    let tree = goods::categories();
    let full = ListingPage {
        title: goods::HOSTILE.to_owned(),
        description: goods::HOSTILE.to_owned(),
        trail: vec![category_step(&tree[0])],
        top: Some(tree[0].handle.clone()),
        children: tree[0].children.clone(),
        total: Some(2),
        products: Page {
            items: vec![goods::card("a", "Plain"), goods::sold_out_card()],
            next_cursor: Some("61".to_owned()),
        },
        path: "/categories/shoes".to_owned(),
        sort: ProductSort::PriceAsc,
        is_first: false,
        is_own: true,
    };
    let empty = |is_first| ListingPage {
        title: "Empty".to_owned(),
        description: String::new(),
        trail: Vec::new(),
        top: None,
        children: Vec::new(),
        total: None,
        products: Page { items: Vec::new(), next_cursor: None },
        path: "/products".to_owned(),
        sort: ProductSort::Newest,
        is_first,
        is_own: false,
    };
    vec![full, empty(true), empty(false)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_url_per_content() {
        assert_eq!(canonical("/products", ProductSort::Newest, None), "/products");
        assert_eq!(canonical("/products", ProductSort::Title, Some("ab")), "/products?sort=title&cursor=ab");
        assert_eq!(canonical("/products", ProductSort::Newest, Some("ab")), "/products?cursor=ab");
    }
}
