//! The cookies of the shop: which cart, which orders, which market. All `SameSite=Lax`, and `HttpOnly` but for
//! one flag.

use axum::http::{HeaderMap, HeaderValue, header};
use contracts::cart::CartAccess;
use kernel::{CartId, Money, OrderId, Secret};

use crate::site::Shop;

/// `{cart id}.{secret}`.
const CART: &str = "cart";
/// The cart of the last finished order, so that a checkout form that is sent again still finds it.
const ORDERED_CART: &str = "ordered_cart";
/// `{order id}.{secret}` of the last orders, newest first, joined with `~`.
const ORDERS: &str = "orders";
/// `{line id}.{minor units}` of the cart as last shown, joined with `~`.
const SEEN: &str = "seen";
pub(crate) const MARKET: &str = "market";

/// How many orders a browser can look at without their links.
const MAX_ORDERS: usize = 12;
/// How many lines are watched for changed prices; beyond it the cookie would be too large.
const MAX_SEEN: usize = 40;

const YEAR_S: u32 = 365 * 24 * 3600;
const MONTH_S: u32 = 30 * 24 * 3600;

/// `1` while there is a cart. The only cookie that the script can read: without it, the cart is not counted.
const HAS_CART: &str = "has_cart";

/// The value of the cookie `name`.
pub(crate) fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

fn set(headers: &mut HeaderMap, shop: &Shop, name: &str, value: &str, max_age_s: u32) {
    let secure = if shop.secure() { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// Whether `text` can stand in a cookie as it is.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.len() <= 256 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn access(value: &str) -> Option<CartAccess> {
    let (id, secret) = value.split_once('.')?;
    let id: CartId = id.parse().ok()?;
    is_token(secret).then(|| CartAccess { id, secret: Secret::new(secret.to_owned()) })
}

/// The cart in use.
pub(crate) fn cart(headers: &HeaderMap) -> Option<CartAccess> {
    access(get(headers, CART)?)
}

/// The cart `id`, in use or just ordered.
pub(crate) fn cart_for_order(headers: &HeaderMap, id: CartId) -> Option<CartAccess> {
    [CART, ORDERED_CART].iter().filter_map(|name| access(get(headers, name)?)).find(|access| access.id == id)
}

pub(crate) fn set_cart(headers: &mut HeaderMap, shop: &Shop, access: &CartAccess) {
    set(headers, shop, CART, &format!("{}.{}", access.id, access.secret.expose()), YEAR_S);
    let secure = if shop.secure() { "; Secure" } else { "" };
    let flag = format!("{HAS_CART}=1; Path=/; Max-Age={YEAR_S}; SameSite=Lax{secure}");
    if let Ok(value) = HeaderValue::from_str(&flag) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// The cart has become an order.
pub(crate) fn finish_cart(headers: &mut HeaderMap, shop: &Shop, access: &CartAccess) {
    drop_cart(headers, shop);
    set(headers, shop, ORDERED_CART, &format!("{}.{}", access.id, access.secret.expose()), 24 * 3600);
}

/// Forgets a cart that no longer exists.
pub(crate) fn drop_cart(headers: &mut HeaderMap, shop: &Shop) {
    set(headers, shop, CART, "", 0);
    set(headers, shop, HAS_CART, "", 0);
    set(headers, shop, SEEN, "", 0);
}

fn orders(headers: &HeaderMap) -> impl Iterator<Item = (OrderId, &str)> {
    get(headers, ORDERS).unwrap_or("").split('~').filter_map(|pair| {
        let (id, secret) = pair.split_once('.')?;
        Some((id.parse().ok()?, secret))
    })
}

/// The secret that this browser has for `order`.
pub(crate) fn order_secret(headers: &HeaderMap, order: OrderId) -> Option<&str> {
    orders(headers).find_map(|(id, secret)| (id == order).then_some(secret))
}

/// Adds `order` to those that this browser may see.
pub(crate) fn remember_order(request: &HeaderMap, out: &mut HeaderMap, shop: &Shop, order: OrderId, secret: &str) {
    if !is_token(secret) {
        return;
    }
    let mut value = format!("{order}.{secret}");
    for (id, secret) in orders(request).filter(|(id, _)| *id != order).take(MAX_ORDERS - 1) {
        value.push_str(&format!("~{id}.{secret}"));
    }
    set(out, shop, ORDERS, &value, MONTH_S);
}

/// Leaves nothing of the orders behind.
pub(crate) fn forget_orders(out: &mut HeaderMap, shop: &Shop) {
    set(out, shop, ORDERS, "", 0);
    set(out, shop, ORDERED_CART, "", 0);
}

pub(crate) fn set_market(headers: &mut HeaderMap, shop: &Shop, handle: &str) {
    if is_token(handle) {
        set(headers, shop, MARKET, handle, YEAR_S);
    }
}

/// The unit price at which the line `line` was last shown, in minor units.
pub(crate) fn seen_price(headers: &HeaderMap, line: kernel::LineId) -> Option<i64> {
    get(headers, SEEN)?.split('~').find_map(|pair| {
        let (id, amount) = pair.split_once('.')?;
        (id.parse() == Ok(line)).then(|| amount.parse().ok())?
    })
}

pub(crate) fn set_seen_prices<'a>(
    headers: &mut HeaderMap,
    shop: &Shop,
    lines: impl Iterator<Item = (kernel::LineId, &'a Money)>,
) {
    let pairs: Vec<String> = lines.take(MAX_SEEN).map(|(id, price)| format!("{id}.{}", price.amount_minor)).collect();
    set(headers, shop, SEEN, &pairs.join("~"), MONTH_S);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookie).unwrap())])
    }

    #[test]
    fn a_cart_is_read_from_its_cookie_and_nothing_else_is_believed() {
        let id = "01890000-0000-7000-8000-000000000001";
        let found = cart(&request(&format!("a=b; cart={id}.s3cret; x=y"))).unwrap();
        assert_eq!((found.id.to_string().as_str(), found.secret.expose().as_str()), (id, "s3cret"));
        for bad in
            ["cart=", "cart=x.y", &format!("cart={id}"), &format!("cart={id}."), &format!("cart={id}.a b"), "xcart=1"]
        {
            assert!(cart(&request(bad)).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_cart_just_ordered_is_found_for_its_order_only() {
        let (a, b) = ("01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002");
        let headers = request(&format!("cart={b}.new; ordered_cart={a}.old"));
        assert_eq!(cart_for_order(&headers, a.parse().unwrap()).unwrap().secret.expose(), "old");
        assert_eq!(cart(&headers).unwrap().id.to_string(), b);
        assert!(cart_for_order(&request(&format!("cart={b}.new")), a.parse().unwrap()).is_none());
    }
}
