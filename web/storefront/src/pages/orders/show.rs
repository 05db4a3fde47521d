//! `GET /orders/{id}`: where an order stands.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use kernel::OrderId;

use crate::cookies;
use crate::form::Fields;
use crate::pages::orders::{self, view::order_page};
use crate::respond::{private, see_other, with_headers};
use crate::site::Site;

pub(crate) async fn show(State(site): State<Site>, Path(id): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    if let Some(response) = take_key(&site, &id, &uri, &headers) {
        return response;
    }
    let order = match orders::load(&site, &headers, &id).await {
        Ok((_, order)) => order,
        Err(response) => return response,
    };
    let mut out = HeaderMap::new();
    if let Err(failure) = orders::finish_cart(&site, &headers, &mut out, &order).await {
        tracing::warn!(code = %failure.code, "the cart of an order could not be looked at");
    }
    let site = orders::site_for(&site, &headers, Some(&order));
    let path = format!("/orders/{id}");
    with_headers(private(StatusCode::OK, order_page(&site.context(&path), &order)), out)
}

/// A link with a key: the key moves into the cookie, out of the address bar and the history.
fn take_key(site: &Site, id: &str, uri: &Uri, headers: &HeaderMap) -> Option<Response> {
    let fields = Fields::parse(uri.query()?.as_bytes())?;
    let key = fields.get("key")?;
    let id: OrderId = id.parse().ok()?;
    if !site.shop.handles.checkout.order_secret(id).matches(key) {
        return None;
    }
    let mut out = HeaderMap::new();
    cookies::remember_order(headers, &mut out, &site.shop, id, key);
    Some(with_headers(see_other(&format!("/orders/{id}")), out))
}
