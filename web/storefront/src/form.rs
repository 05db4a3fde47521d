//! Form posts and queries, answered in the shopper's language when they cannot be read.

use axum::body::Body;
use axum::extract::FromRequest;
use axum::http::Request;
use axum::response::Response;
pub(crate) use http_kit::Fields;
use http_kit::{FormFault, read_form};

use crate::pages::error;
use crate::site::Site;

/// The most bytes of a form.
const MAX_BODY: usize = 64 * 1024;

impl FromRequest<Site> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, site: &Site) -> Result<Self, Response> {
        read_form(request, site.shop.handles.base_url.as_deref(), MAX_BODY).await.map_err(|fault| match fault {
            FormFault::CrossSite => error::cross_site(site),
            FormFault::Unreadable => error::malformed(site),
            FormFault::Body(problem) => error::failure(site, problem.failure()),
        })
    }
}
