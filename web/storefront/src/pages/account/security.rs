//! Another password, and the end of sessions elsewhere.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use contracts::identity::PasswordChange;
use http_kit::{Caller, Visit};
use kernel::{ErrorKind, FieldError, SessionId};

use super::{faults, home, password, signed_in, visitor};
use crate::form::Fields;
use crate::pages::error;
use crate::parts::Tone;
use crate::respond::see_other;
use crate::site::Site;

/// What is wrong with which field, and what is said above the form.
type Said = (Vec<FieldError>, Option<(Tone, &'static str)>);

/// What to show when a password that had to be typed was wrong, or too many were. `pointer` is the field's.
pub(super) fn refused(site: &Site, pointer: &str, failure: kernel::Failure) -> Result<Said, kernel::Failure> {
    match failure.kind {
        ErrorKind::Unauthenticated => {
            let code = failure.code.into_owned();
            Ok((vec![FieldError { pointer: pointer.to_owned(), code, detail: failure.detail }], None))
        }
        ErrorKind::RateLimited => Ok((Vec::new(), Some((Tone::Bad, site.phrases().account.too_many_attempts)))),
        _ => faults(failure).map(|errors| (errors, None)),
    }
}

pub(crate) async fn change_password(
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
    let (handles, from) = (&site.shop.handles, visitor(&site, visit));
    let change = PasswordChange { current: password(&fields, "current"), new: password(&fields, "new") };
    let Err(failure) = handles.customers.change_password(handles.store, id, session, change, &from).await else {
        return see_other("/account?notice=password");
    };
    match refused(&site, "/current", failure) {
        Ok((errors, said)) => {
            home::render(&site, (id, session), None, StatusCode::UNPROCESSABLE_ENTITY, errors, said).await
        }
        Err(failure) => error::failure(&site, &failure),
    }
}

pub(crate) async fn end_session(
    State(site): State<Site>,
    caller: Caller,
    headers: HeaderMap,
    Path(ended): Path<String>,
    _: Fields,
) -> Response {
    let (site, id, _) = match signed_in(&site, &headers, &caller) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let Ok(ended) = ended.parse::<SessionId>() else { return error::not_found(&site) };
    let handles = &site.shop.handles;
    match handles.customers.end_session(handles.store, id, ended).await {
        Ok(()) => see_other("/account?notice=saved"),
        Err(failure) => error::failure(&site, &failure),
    }
}
