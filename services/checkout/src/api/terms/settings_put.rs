use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use contracts::selling::{SellingSettings, TermsDocument};
use http::HeaderMap;
use http_kit::{Api, Caller, Json, ProblemDocument, Problems};

use super::document::{answer, seen_or_nothing};
use super::{BodyProblems, Handle};

/// Write the selling settings
///
/// Dates of promotions, prices and taxes are read in the new time zone at once. Writing them for the first time needs no
/// If-Match.
#[utoipa::path(
    put,
    path = "/admin/selling-settings",
    tag = "selling",
    params(("If-Match" = Option<String>, Header, description = "The ETag of the version to replace.")),
    request_body = SellingSettings,
    responses(
        (status = 200, description = "The settings as stored, with their version as ETag.", body = SellingSettings),
        (status = 412, description = "Somebody changed them in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "They were written before and If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        BodyProblems,
        Problems,
    )
)]
pub(super) async fn settings_put(
    State(terms): State<Handle>,
    caller: Caller,
    headers: HeaderMap,
    Json(body): Json<SellingSettings>,
) -> Api<Response> {
    caller.require(Scope::Settings)?;
    let seen = seen_or_nothing(&headers)?;
    let document = TermsDocument::Settings(SellingSettings { handle: "shop".to_owned(), ..body });
    Ok(answer(&terms.put(caller.store, document, seen, caller.actor()).await?))
}
