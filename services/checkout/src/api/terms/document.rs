//! What the documents have in common: a version as ETag, If-Match on writes, and pages by handle.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use contracts::Result;
use contracts::selling::{Seen, TermsDocument};
use http::header::{CACHE_CONTROL, ETAG, IF_MATCH, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_kit::{Api, Json, if_match, private, version_etag};
use kernel::{Cursor, Failure, Page, PageRequest};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// 1 to 100, 24 when absent.
    #[param(nullable = false, minimum = 1, maximum = 100)]
    pub(super) limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    pub(super) cursor: Option<String>,
}

/// A page of `documents`, which come by handle.
///
/// # Errors
/// `invalid_limit` or `invalid_cursor`.
pub(super) fn page(documents: Vec<TermsDocument>, query: PageQuery) -> Api<Response> {
    let request = PageRequest::new(query.limit, query.cursor)?;
    let after = request.cursor.as_deref().map(|cursor| Cursor::decode(cursor, 1)).transpose()?;
    let after = after.and_then(|parts| parts.into_iter().next());
    let behind = |document: &TermsDocument| after.as_deref().is_none_or(|after| document.handle() > after);
    let limit = request.limit as usize;
    let mut items: Vec<TermsDocument> = documents.into_iter().filter(behind).take(limit + 1).collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| more);
    let next_cursor = last.map(|document| Cursor::encode(&[document.handle()]).as_str().to_owned());
    Ok(private(Json(Page { items, next_cursor })))
}

/// A document with its version as ETag. Not kept by any cache: it is the back office's.
pub(super) fn answer(document: &TermsDocument) -> Response {
    let mut response = Json(document).into_response();
    response.headers_mut().insert(ETAG, version_etag(document.version()));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// # Errors
/// 404 when there is none.
pub(super) fn found(document: Option<TermsDocument>, what: &str) -> Api<Response> {
    Ok(answer(&document.ok_or_else(|| Failure::not_found(what))?))
}

pub(super) fn deleted() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The version that must be there.
///
/// # Errors
/// 428 without If-Match, 412 when it is no tag of ours.
pub(super) fn seen(headers: &HeaderMap) -> Result<Seen> {
    Ok(if_match(headers)?.map_or(Seen::Any, Seen::Version))
}

/// As [`seen`]; without If-Match nothing may be there yet.
///
/// # Errors
/// 412 when If-Match is no tag of ours, 422 for an If-None-Match other than `*`.
pub(super) fn seen_or_nothing(headers: &HeaderMap) -> Result<Seen> {
    if headers.get(IF_NONE_MATCH).is_some_and(|tag| tag != "*") {
        return Err(Failure::invalid("invalid_if_none_match", "If-None-Match can only be * when writing."));
    }
    if headers.contains_key(IF_MATCH) { seen(headers) } else { Ok(Seen::Nothing) }
}
