//! `POST /cart/coupons`: puts a coupon code into the cart, or takes one out. Whether it helps is said by the cart's page.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use kernel::ErrorKind;

use crate::form::Fields;
use crate::pages::error;
use crate::respond::see_other;
use crate::site::Site;

pub(crate) async fn change(State(site): State<Site>, headers: HeaderMap, fields: Fields) -> Response {
    let Some(access) = crate::cookies::cart(&headers) else { return see_other(&site.url("/cart?notice=gone")) };
    let handles = &site.shop.handles;
    let (code, removed) = (fields.text("code"), fields.get("remove"));
    let changed = match removed {
        Some(code) => handles.carts.remove_coupon(handles.store, &access, code).await,
        None => handles.carts.add_coupon(handles.store, &access, code).await,
    };
    match changed {
        Ok(_) if removed.is_some() => see_other(&site.url("/cart?notice=coupon_removed")),
        Ok(_) => see_other(&site.url("/cart#coupons")),
        // The cart is gone, or the code was taken out in another tab.
        Err(failure) if failure.kind == ErrorKind::NotFound => see_other(&site.url("/cart")),
        Err(failure) if matches!(failure.kind, ErrorKind::Invalid | ErrorKind::Conflict) => {
            see_other(&site.url("/cart?notice=coupon_invalid"))
        }
        Err(failure) => error::failure(&site, &failure),
    }
}
