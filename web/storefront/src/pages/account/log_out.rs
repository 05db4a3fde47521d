//! `POST /account/logout`: ends the session, and leaves nothing of the customer in the browser.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http_kit::{Caller, SessionCookie};
use kernel::ErrorKind;

use crate::cookies;
use crate::form::Fields;
use crate::pages::error;
use crate::respond::{see_other, with_headers};
use crate::site::Site;

pub(crate) async fn log_out(State(site): State<Site>, caller: Caller, _: Fields) -> Response {
    let (shop, handles) = (&site.shop, &site.shop.handles);
    if let Ok((id, session)) = caller.customer() {
        match handles.customers.end_session(handles.store, id, session).await {
            Err(failure) if failure.kind != ErrorKind::NotFound => return error::failure(&site, &failure),
            _ => {}
        }
    }
    let mut out = HeaderMap::new();
    SessionCookie::Customer.clear(&mut out, shop.secure());
    // The cart stays in the account, and so do the orders.
    cookies::drop_cart(&mut out, shop);
    cookies::forget_orders(&mut out, shop);
    with_headers(see_other("/account/login?notice=out"), out)
}
