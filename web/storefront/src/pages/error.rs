//! Pages for what went wrong: each says what happened and what to do next.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use kernel::{ErrorKind, Failure};
use maud::{Markup, html};

use crate::layout::{self, Head};
use crate::respond::{private, redirect};
use crate::site::{PageContext, Site};

/// What an error page says.
pub(crate) struct ErrorPage {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
}

pub(crate) fn error_page(ctx: &PageContext<'_>, data: &ErrorPage) -> Markup {
    let t = ctx.phrases;
    let head = Head { title: data.title.to_owned(), ..Head::default() };
    let main = html! {
        section.message {
            h1 { (data.title) }
            p.lead { (data.text) }
            p.actions {
                a.button href=(ctx.url("/")) { (t.to_home) }
                a.button.secondary href=(ctx.url("/products")) { (t.all_products) }
            }
        }
    };
    layout::page(ctx, &head, &main)
}

#[cfg(test)]
pub(crate) fn samples(t: &crate::phrases::Phrases) -> Vec<ErrorPage> {
    [t.not_found, t.malformed, t.cross_site, t.too_large, t.wrong_method, t.unavailable, t.internal]
        .into_iter()
        .map(|(title, text)| ErrorPage { title, text })
        .collect()
}

fn answer(site: &Site, status: StatusCode, (title, text): (&'static str, &'static str)) -> Response {
    private(status, error_page(&site.context("/"), &ErrorPage { title, text }))
}

pub(crate) fn not_found(site: &Site) -> Response {
    answer(site, StatusCode::NOT_FOUND, site.phrases().not_found)
}

pub(crate) fn malformed(site: &Site) -> Response {
    answer(site, StatusCode::BAD_REQUEST, site.phrases().malformed)
}

pub(crate) fn cross_site(site: &Site) -> Response {
    answer(site, StatusCode::FORBIDDEN, site.phrases().cross_site)
}

/// The page for a failure that no page has better words for. Internals are logged, never shown.
pub(crate) fn failure(site: &Site, failure: &Failure) -> Response {
    let t = site.phrases();
    match failure.kind {
        ErrorKind::NotFound => answer(site, StatusCode::NOT_FOUND, t.not_found),
        ErrorKind::Malformed | ErrorKind::Invalid => answer(site, StatusCode::BAD_REQUEST, t.malformed),
        ErrorKind::TooLarge => answer(site, StatusCode::PAYLOAD_TOO_LARGE, t.too_large),
        ErrorKind::Unavailable | ErrorKind::RateLimited => {
            let mut response = answer(site, StatusCode::SERVICE_UNAVAILABLE, t.unavailable);
            let seconds = failure.retry_after_s.unwrap_or(5);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        _ => {
            let internal = failure.internal.as_deref().unwrap_or("");
            tracing::error!(code = %failure.code, internal, "a page could not be made");
            answer(site, StatusCode::INTERNAL_SERVER_ERROR, t.internal)
        }
    }
}

/// As [`failure`], with a status that was decided already.
pub(crate) fn at_the_front(site: &Site, status: StatusCode, cause: &Failure) -> Response {
    let mut response = failure(site, cause);
    *response.status_mut() = status;
    response
}

/// The market whose language a stranger's path is answered in.
fn site_for(site: &Site, uri: &Uri, headers: &HeaderMap) -> Site {
    let shop = &site.shop;
    match shop.market_at(uri.path()) {
        0 => site.at(shop.market_chosen(headers).unwrap_or(0)),
        market => site.at(market),
    }
}

/// Everything without a page of its own. A slash too many at the end is forgiven.
pub(crate) async fn fallback(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let trimmed = path.trim_end_matches('/');
    if trimmed.len() < path.len() && trimmed.starts_with('/') && !trimmed.starts_with("//") {
        return redirect(StatusCode::PERMANENT_REDIRECT, trimmed);
    }
    not_found(&site_for(&site, &uri, &headers))
}

pub(crate) async fn wrong_method(State(site): State<Site>, uri: Uri, headers: HeaderMap) -> Response {
    let site = site_for(&site, &uri, &headers);
    answer(&site, StatusCode::METHOD_NOT_ALLOWED, site.phrases().wrong_method)
}
