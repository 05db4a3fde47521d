//! The pages and endpoints, one file each, and the table of their paths.

pub(crate) mod account;
pub(crate) mod cart;
pub(crate) mod checkout;
pub(crate) mod error;
pub(crate) mod file;
pub(crate) mod home;
pub(crate) mod listing;
pub(crate) mod market;
pub(crate) mod orders;
pub(crate) mod product;
pub(crate) mod robots;
pub(crate) mod search;
pub(crate) mod sitemap;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::{get, post};
use contracts::catalog::CategoryNode;

use crate::cache::Fresh;
use crate::parts::Step;
use crate::site::{Shop, Site};

pub(crate) fn router(shop: Arc<Shop>) -> Router {
    let first = Site { shop: shop.clone(), market: 0 };
    let mut router = Router::new()
        .route("/market", post(market::choose))
        .route("/cart/count", get(cart::count::show))
        .route("/orders/{id}", get(orders::show::show))
        .route("/orders/{id}/return", get(orders::come_back::show))
        .route("/orders/{id}/pay", get(orders::pay::show))
        .route("/robots.txt", get(robots::show))
        .route("/sitemap.xml", get(sitemap::show))
        .route("/assets/{file}", get(file::show))
        .route("/favicon.ico", get(file::icon))
        .merge(account::routes());
    for (market, site) in shop.markets.iter().enumerate() {
        let at = |path: &str| format!("{}{path}", site.prefix);
        let home = if site.prefix.is_empty() { "/" } else { &site.prefix };
        let pages: Router<Site> = Router::new()
            .route(home, get(home::show))
            .route(&at("/categories/{handle}"), get(listing::category))
            .route(&at("/collections/{handle}"), get(listing::collection))
            .route(&at("/products"), get(listing::all))
            .route(&at("/search"), get(search::show))
            .route(&at("/products/{handle}"), get(product::show))
            .route(&at("/cart"), get(cart::show::show))
            .route(&at("/cart/lines"), post(cart::add_line::add))
            .route(&at("/cart/lines/{id}"), post(cart::change_line::change))
            .route(&at("/cart/coupons"), post(cart::coupon::change))
            .route(&at("/checkout"), get(checkout::show::show).post(checkout::place::place));
        router = router.merge(pages.with_state(first.at(market)));
    }
    router.fallback(error::fallback).method_not_allowed_fallback(error::wrong_method).with_state(first)
}

/// A page from memory, rendered when there is none of the catalog's current generation. `render` answers itself when
/// there is nothing to keep.
#[allow(clippy::result_large_err)] // The response is moved once, on the way out.
pub(crate) fn cached(
    site: &Site,
    request: &HeaderMap,
    key: &str,
    render: impl FnOnce() -> Result<Fresh, Response>,
) -> Response {
    let handles = &site.shop.handles;
    cached_at(site, request, key, handles.catalog.generation(handles.store), render)
}

/// As [`cached`], for pages that are good for `generation` of something else.
#[allow(clippy::result_large_err)]
pub(crate) fn cached_at(
    site: &Site,
    request: &HeaderMap,
    key: &str,
    generation: u64,
    render: impl FnOnce() -> Result<Fresh, Response>,
) -> Response {
    if let Some(page) = site.shop.cache.get(key, generation) {
        return page.respond(request);
    }
    match render() {
        Ok(fresh) => site.shop.cache.put(key, generation, fresh).respond(request),
        Err(answer) => answer,
    }
}

/// The way to the category `handle` and its node: the categories above it come first.
pub(crate) fn find_category<'a>(
    tree: &'a [CategoryNode],
    handle: &str,
) -> Option<(Vec<&'a CategoryNode>, &'a CategoryNode)> {
    for node in tree {
        if node.handle == handle {
            return Some((Vec::new(), node));
        }
        if let Some((mut above, found)) = find_category(&node.children, handle) {
            above.insert(0, node);
            return Some((above, found));
        }
    }
    None
}

pub(crate) fn category_step(node: &CategoryNode) -> Step {
    (node.name.clone(), format!("/categories/{}", node.handle))
}

/// Whether `text` can be a handle. Others are not looked up, so that a page has one path only.
pub(crate) fn is_handle(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The last segment of a path.
pub(crate) fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or("")
}

/// Public scheme and authority: as configured, else as the request names them.
pub(crate) fn public_base(site: &Site, headers: &HeaderMap) -> String {
    if let Some(base) = &site.shop.handles.base_url {
        return base.clone();
    }
    let host = crate::site::host(headers)
        .filter(|host| host.len() <= 255 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b)));
    let scheme = match headers.get("x-forwarded-proto").map(header::HeaderValue::as_bytes) {
        Some(b"https") => "https",
        _ => "http",
    };
    host.map_or_else(String::new, |host| format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_found_with_the_way_to_it() {
        let node = |handle: &str, children| CategoryNode {
            handle: handle.to_owned(),
            name: handle.to_uppercase(),
            description: String::new(),
            products: 1,
            children,
        };
        let tree = [node("a", vec![]), node("b", vec![node("c", vec![node("d", vec![])])])];
        let (above, found) = find_category(&tree, "d").unwrap();
        assert_eq!(found.handle, "d");
        assert_eq!(above.iter().map(|n| n.handle.as_str()).collect::<Vec<_>>(), ["b", "c"]);
        assert!(find_category(&tree, "e").is_none());
    }

    #[test]
    fn handles_are_plain() {
        assert!(is_handle("red-shoe-42"));
        for bad in ["", "Red", "a%2fb", "a b", "a.b", &"x".repeat(256)] {
            assert!(!is_handle(bad), "{bad}");
        }
    }
}
