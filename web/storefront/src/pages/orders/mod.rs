//! An order, seen by whoever has its secret.

pub(crate) mod come_back;
pub(crate) mod pay;
pub(crate) mod show;
pub(crate) mod view;

use axum::http::HeaderMap;
use axum::response::Response;
use contracts::ledger::{OrderStatus, OrderView};
use kernel::{Failure, OrderId};

use crate::cookies;
use crate::pages::error;
use crate::site::Site;

/// The site in the language of who asks: as chosen, else by the order's currency.
pub(crate) fn site_for(site: &Site, headers: &HeaderMap, order: Option<&OrderView>) -> Site {
    let shop = &site.shop;
    let market = shop.market_chosen(headers).or_else(|| shop.market_of(order?.currency));
    site.at(market.unwrap_or(0))
}

/// Whether this browser may see `id`: the cookie holds the secret that belongs to it.
pub(crate) fn may_see(site: &Site, headers: &HeaderMap, id: OrderId) -> bool {
    let secret = site.shop.handles.checkout.order_secret(id);
    cookies::order_secret(headers, id).is_some_and(|known| secret.matches(known))
}

/// The order `id` if this browser may see it. A stranger learns nothing, not even whether there is one.
#[allow(clippy::result_large_err)] // The response is moved once, on the way out.
pub(crate) async fn load(site: &Site, headers: &HeaderMap, id: &str) -> Result<(OrderId, OrderView), Response> {
    let strange = || error::not_found(&site_for(site, headers, None));
    let id: OrderId = id.parse().map_err(|_| strange())?;
    if !may_see(site, headers, id) {
        return Err(strange());
    }
    let handles = &site.shop.handles;
    match handles.orders.order(handles.store, id).await {
        Ok(Some(order)) => Ok((id, order)),
        Ok(None) => Err(strange()),
        Err(failure) => Err(error::failure(&site_for(site, headers, None), &failure)),
    }
}

/// Forgets the cart that has become this order, once the order is certain. A cart that was changed since is kept.
pub(crate) async fn finish_cart(
    site: &Site,
    headers: &HeaderMap,
    out: &mut HeaderMap,
    order: &OrderView,
) -> Result<(), Failure> {
    let certain = matches!(order.status, OrderStatus::Confirmed | OrderStatus::Closed);
    let Some(access) = cookies::cart(headers).filter(|access| certain && access.id == order.cart_id) else {
        return Ok(());
    };
    let handles = &site.shop.handles;
    if handles.carts.content(handles.store, &access).await?.version == order.cart_version {
        cookies::finish_cart(out, &site.shop, &access);
    }
    Ok(())
}
