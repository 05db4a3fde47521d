//! A person's data: theirs to take along, and to have destroyed.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use http_kit::{Caller, SessionCookie, Visit};
use kernel::ErrorKind;
use maud::html;

use super::{home, password, security, signed_in, view, visitor};
use crate::cookies;
use crate::form::Fields;
use crate::pages::error;
use crate::parts::Tone;
use crate::respond::{private, see_other, with_headers};
use crate::site::Site;

/// `GET /account/export`: a file to keep.
pub(crate) async fn export(State(site): State<Site>, caller: Caller, headers: HeaderMap) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let handles = &site.shop.handles;
    let data = match handles.customers.export(handles.store, id).await {
        Ok(data) => data,
        Err(failure) => return error::failure(&site, &failure),
    };
    let mut response = Response::new(Body::from(format!("{data:#}\n")));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-data.json\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// `POST /account/delete`: destroys the key of everything personal.
pub(crate) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    visit: Visit,
    fields: Fields,
) -> Response {
    let (site, id, session) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let (shop, from) = (&site.shop, visitor(&site, visit));
    let typed = password(&fields, "password");
    let Err(failure) = shop.handles.customers.erase_customer(shop.handles.store, id, Some(&typed), &from).await else {
        let mut out = HeaderMap::new();
        SessionCookie::Customer.clear(&mut out, shop.secure());
        cookies::drop_cart(&mut out, shop);
        cookies::forget_orders(&mut out, shop);
        let t = site.phrases().account;
        let said = Some((Tone::Good, t.deleted.1));
        let page = view::single(&site.context("/account"), t.deleted.0, said, &html! {});
        return with_headers(private(StatusCode::OK, page), out);
    };
    if failure.kind == ErrorKind::Conflict {
        return see_other("/account?notice=open");
    }
    match security::refused(&site, "/password", failure) {
        Ok((errors, said)) => {
            home::render(&site, (id, session), None, StatusCode::UNPROCESSABLE_ENTITY, errors, said).await
        }
        Err(failure) => error::failure(&site, &failure),
    }
}
