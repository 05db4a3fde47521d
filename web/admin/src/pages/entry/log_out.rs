//! `POST /admin/logout`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use http_kit::{Api, Caller, SessionCookie};

use crate::form::Fields;
use crate::respond::{see_other, with_headers};
use crate::site::Site;

pub(crate) async fn log_out(State(site): State<Site>, caller: Caller, _fields: Fields) -> Api<Response> {
    if let Ok((id, session)) = caller.staff() {
        site.handles().staff.end_staff_session(site.store(), id, session).await?;
    }
    let mut out = HeaderMap::new();
    SessionCookie::Staff.clear(&mut out, site.secure());
    Ok(with_headers(see_other("/admin/login?notice=out"), out))
}
