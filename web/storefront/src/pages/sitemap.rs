//! `GET /sitemap.xml`: every page that search engines should list, in every market.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use contracts::catalog::{CategoryNode, ProductQuery};
use kernel::PageRequest;
use kernel::page::MAX_LIMIT;
use maud::{Markup, PreEscaped, html};

use crate::cache::Fresh;
use crate::pages::{cached, public_base};
use crate::site::{MarketSite, Shop, Site};

/// The most URLs that the protocol allows in one file.
const MAX_URLS: usize = 50_000;

pub(crate) async fn show(State(site): State<Site>, headers: HeaderMap) -> Response {
    let base = public_base(&site, &headers);
    let key = format!("/sitemap.xml {base}");
    cached(&site, &headers, &key, || {
        Ok(Fresh {
            body: sitemap(&site.shop, &base).into_string(),
            content_type: Some("application/xml; charset=utf-8"),
            surrogate_keys: "catalog sitemap".to_owned(),
        })
    })
}

fn sitemap(shop: &Shop, base: &str) -> Markup {
    let mut urls: Vec<String> = shop.markets.iter().flat_map(|market| urls_of(shop, market, base)).collect();
    urls.truncate(MAX_URLS);
    html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" {
            @for url in &urls { url { loc { (url) } } }
        }
    }
}

fn urls_of(shop: &Shop, market: &MarketSite, base: &str) -> Vec<String> {
    let handles = &shop.handles;
    let start = format!("{base}{}", market.prefix);
    let mut urls = vec![if market.prefix.is_empty() { format!("{base}/") } else { start.clone() }];
    let categories = handles.catalog.categories(handles.store, &market.market.locale);
    let mut waiting: Vec<&CategoryNode> = categories.iter().rev().collect();
    while let Some(node) = waiting.pop() {
        urls.push(format!("{start}/categories/{}", node.handle));
        waiting.extend(node.children.iter().rev());
    }
    let collections = handles.catalog.collections(handles.store, &market.market.locale);
    let listed = collections.iter().filter(|collection| collection.products > 0);
    urls.extend(listed.map(|collection| format!("{start}/collections/{}", collection.handle)));
    let mut page = PageRequest { limit: MAX_LIMIT, cursor: None };
    while urls.len() < MAX_URLS {
        let query = ProductQuery { page: page.clone(), ..ProductQuery::default() };
        let Ok(found) = handles.catalog.products(handles.store, &query, &market.view) else { break };
        urls.extend(found.items.iter().map(|product| format!("{start}/products/{}", product.handle)));
        match &found.next_cursor {
            Some(next) => page.cursor = Some(next.clone()),
            None => break,
        }
    }
    urls
}
