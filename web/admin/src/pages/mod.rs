//! The pages and endpoints, one file each, and the table of their paths.

pub(crate) mod backups;
pub(crate) mod books;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod home;
pub(crate) mod orders;
pub(crate) mod out;
pub(crate) mod people;
pub(crate) mod products;
pub(crate) mod steps;
pub(crate) mod stock;
pub(crate) mod terms;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;
use contracts::ledger::Answer;
use http_kit::{Api, Caller, Problem, Told};
use kernel::{ErrorKind, Failure, FieldError, PageRequest};

use crate::form::Fields;
use crate::layout::Section;
use crate::parts::encoded;
use crate::respond::{page, see_other};
use crate::site::Site;
use crate::table::{Pages, get};

/// Rows of a list's page.
const ROWS: u32 = 50;

pub(crate) fn pages() -> Pages {
    Pages::new()
        .route("/admin", get(home::show))
        .route("/admin/", get(async || see_other("/admin")))
        .route("/admin/assets/{file}", get(crate::assets::show))
        .route("/admin/books", get(books::show))
        .route("/admin/backups", get(backups::show))
        .merge(entry::routes())
        .merge(orders::routes())
        .merge(products::routes())
        .merge(stock::routes())
        .merge(people::routes())
        .merge(terms::routes())
        .merge(out::routes())
}

pub(crate) fn router(site: Site) -> Router {
    pages()
        .router()
        .route("/admin/{*rest}", any(async || -> Api<Response> { Err(Problem::no_route()) }))
        .layer(from_fn_with_state(site.clone(), tell))
        .with_state(site)
}

/// Makes pages of failures. Who is not logged in is sent to the login, and from there back to what they wanted to see.
async fn tell(State(site): State<Site>, caller: Caller, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut response = next.run(request).await;
    let Some(Told(failure)) = response.extensions_mut().remove::<Told>() else { return response };
    if let Some(internal) = &failure.internal {
        tracing::error!(code = %failure.code, internal, path = uri.path(), "a page of the back office could not be made");
    }
    if failure.kind == ErrorKind::Unauthenticated {
        let wanted = uri.path_and_query().map_or("/admin", |wanted| wanted.as_str());
        return match method {
            Method::GET | Method::HEAD => see_other(&format!("/admin/login?next={}", encoded(wanted))),
            _ => see_other("/admin/login?notice=expired"),
        };
    }
    let ctx = site.context(&caller, Section::Door);
    let status = response.status();
    let mut shown = page(status, error::error_page(&ctx, &error::ErrorPage::of(&failure)));
    let kept: [HeaderName; 2] = [header::RETRY_AFTER, header::ALLOW];
    for name in kept {
        if let Some(value) = response.headers_mut().remove(&name) {
            shown.headers_mut().insert(name, value);
        }
    }
    shown
}

/// Which page of a list is asked for.
pub(crate) fn page_of(asked: &Fields) -> PageRequest {
    PageRequest { limit: ROWS, cursor: asked.get("cursor").map(str::to_owned) }
}

/// The failure that the stored answer of a command tells of, when it tells of one.
pub(crate) fn taken(answer: &Answer) -> Result<(), Failure> {
    let status = answer.response.status;
    if status < 400 {
        return Ok(());
    }
    let told: serde_json::Value = serde_json::from_slice(&answer.response.body).unwrap_or_default();
    let detail = told["detail"].as_str().unwrap_or("This was not done.").to_owned();
    let kind = match status {
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        412 => ErrorKind::PreconditionFailed,
        503 => ErrorKind::Unavailable,
        500.. => ErrorKind::Internal,
        _ => ErrorKind::Invalid,
    };
    let mut failure = Failure::new(kind, "refused", detail);
    failure.errors = serde_json::from_value::<Vec<FieldError>>(told["errors"].clone()).unwrap_or_default();
    Err(failure)
}

/// Whether a form can be shown again with what is wrong. What cannot be found, or is not allowed, has its own page.
pub(crate) fn shown_again(failure: Failure) -> Result<Failure, Problem> {
    match failure.kind {
        ErrorKind::Unauthenticated | ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Internal => {
            Err(failure.into())
        }
        _ => Ok(failure),
    }
}

/// The status of a page that shows a form again.
pub(crate) fn status_of(failure: Option<&Failure>) -> StatusCode {
    failure.map_or(StatusCode::OK, error::status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::ledger::StoredResponse;

    #[test]
    fn a_stored_refusal_is_told() {
        let answer = |status, body: &str| Answer {
            response: StoredResponse { status, location: None, body: body.to_owned().into() },
            replayed: false,
        };
        assert_eq!(taken(&answer(201, "{}")), Ok(()));
        let told = taken(&answer(409, r#"{"detail":"All is shipped.","errors":[]}"#)).unwrap_err();
        assert_eq!((told.kind, told.detail.as_str()), (ErrorKind::Conflict, "All is shipped."));
        let told = taken(&answer(422, r#"{"errors":[{"pointer":"/a","code":"b","detail":"c"}]}"#)).unwrap_err();
        assert_eq!((told.kind, told.errors.len()), (ErrorKind::Invalid, 1));
    }
}
