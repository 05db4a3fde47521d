//! `POST /market`: shows the same page in another market, and takes the cart along.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::form::Fields;
use crate::pages::cart;
use crate::respond::{see_other, with_headers};
use crate::site::Site;
use crate::{cookies, pages::error};

pub(crate) async fn choose(State(site): State<Site>, headers: HeaderMap, fields: Fields) -> Response {
    let shop = &site.shop;
    let wanted = fields.text("market");
    let Some(market) = shop.markets.iter().position(|m| m.market.handle == wanted) else {
        return error::malformed(&site);
    };
    let there = site.at(market);
    let mut out = HeaderMap::new();
    cookies::set_market(&mut out, shop, wanted);
    if let Err(failure) = cart::bring_into(&there, &headers, &mut out).await {
        // The page can be shown all the same; the cart page says what became of the cart.
        tracing::warn!(code = %failure.code, "the cart could not be brought into the chosen market");
    }
    with_headers(see_other(&there.url(local_path(fields.text("path")))), out)
}

/// `path` when it is one of ours; the home page otherwise, so that nobody is sent elsewhere.
fn local_path(path: &str) -> &str {
    let plain = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 2048
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if plain { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn the_switch_leads_to_our_own_pages_only() {
        assert_eq!(local_path("/products/x?sort=title"), "/products/x?sort=title");
        for bad in ["", "//evil.test", "https://evil.test", "/\\evil.test", "/a b", "/\r\nx"] {
            assert_eq!(local_path(bad), "/", "{bad:?}");
        }
    }
}
