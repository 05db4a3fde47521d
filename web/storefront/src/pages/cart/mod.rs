//! The cart's page and what can be done on it.

pub(crate) mod add_line;
pub(crate) mod change_line;
pub(crate) mod count;
pub(crate) mod coupon;
pub(crate) mod show;

use axum::http::HeaderMap;
use contracts::cart::{CartAccess, CartView, NewCart, NewLine};
use kernel::{ErrorKind, Failure, Secret};

use crate::cookies;
use crate::site::Site;

/// The visitor's cart. A cookie whose cart is gone counts as none, and is dropped.
pub(crate) async fn current(
    site: &Site,
    request: &HeaderMap,
    out: &mut HeaderMap,
) -> Result<Option<(CartAccess, CartView)>, Failure> {
    let Some(access) = cookies::cart(request) else { return Ok(None) };
    let handles = &site.shop.handles;
    match handles.carts.get(handles.store, &access).await {
        Ok(cart) => Ok(Some((access, cart))),
        Err(failure) if failure.kind == ErrorKind::NotFound => {
            cookies::drop_cart(out, &site.shop);
            Ok(None)
        }
        Err(failure) => Err(failure),
    }
}

/// Makes a cart in this market's currency.
pub(crate) async fn create(
    site: &Site,
    lines: Vec<NewLine>,
    out: &mut HeaderMap,
) -> Result<(CartAccess, CartView), Failure> {
    let handles = &site.shop.handles;
    let currency = Some(site.here().market.currency);
    let cart = handles.carts.create(handles.store, NewCart { currency, lines }).await?;
    let secret = cart.secret.clone().ok_or_else(|| Failure::internal("a new cart came without its secret"))?;
    let access = CartAccess { id: cart.id, secret: Secret::new(secret) };
    cookies::set_cart(out, &site.shop, &access);
    Ok((access, cart))
}

/// Makes the visitor's cart one of this market: when its currency is another, its lines move to a new cart. What is
/// not sold in this currency stays behind.
pub(crate) async fn bring_into(
    site: &Site,
    request: &HeaderMap,
    out: &mut HeaderMap,
) -> Result<Option<CartAccess>, Failure> {
    let Some((access, cart)) = current(site, request, out).await? else { return Ok(None) };
    if cart.currency == site.here().market.currency {
        return Ok(Some(access));
    }
    let handles = &site.shop.handles;
    let view = &site.here().view;
    let lines: Vec<NewLine> = cart
        .lines
        .iter()
        .filter(|line| handles.catalog.sellable(handles.store, &line.sku, view).is_some())
        .map(|line| NewLine { sku: line.sku.clone(), quantity: line.quantity })
        .collect();
    let (access, _) = create(site, lines, out).await?;
    Ok(Some(access))
}
