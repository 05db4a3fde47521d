use axum::extract::State;
use axum::response::Response;
use contracts::catalog::Category;
use contracts::identity::Scope;
use contracts::market::Texts;
use http::HeaderMap;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Shelf;
use super::body::MediaBody;
use super::document::{answer, expected_or_new};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CategoryBody {
    /// By language.
    name: Texts,
    /// Handle of the category above; none at the top.
    #[serde(default)]
    #[schema(nullable = false)]
    parent: Option<String>,
    #[serde(default)]
    description: Texts,
    /// Position among its siblings.
    #[serde(default)]
    position: i32,
    #[serde(default)]
    media: Option<MediaBody>,
    /// As read; ignored.
    #[serde(default, rename = "handle")]
    _handle: Option<String>,
    /// As read; ignored. What counts is If-Match.
    #[serde(default, rename = "version")]
    _version: Option<u64>,
}

/// Create or replace a category
///
/// A new one needs no If-Match; replacing one needs its ETag.
#[utoipa::path(
    put,
    path = "/admin/categories/{handle}",
    tag = "catalog",
    params(
        ("handle" = String, Path, description = "The category's handle."),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version to replace."),
    ),
    request_body = CategoryBody,
    responses(
        (status = 200, description = "The document as stored, with its version as ETag.", body = Category),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "It exists and If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn category_put(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
    Json(body): Json<CategoryBody>,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let expected = expected_or_new(&headers)?;
    let document = Category {
        handle,
        name: body.name,
        parent: body.parent,
        description: body.description,
        position: body.position,
        media: body.media.map(Into::into),
        version: 0,
    };
    let job = move |change: &mut crate::change::Change<'_>| change.put_category(document, expected);
    let stored = shelf.catalog.change(caller.store, Some(caller.request_id), job).await?;
    Ok(answer(stored.version, &stored))
}
