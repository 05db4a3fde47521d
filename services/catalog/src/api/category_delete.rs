use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use http::HeaderMap;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Shelf;
use super::document::{deleted, expected};

/// Delete a category
///
/// Only an empty one can be deleted: move its products and sub-categories first.
#[utoipa::path(
    delete,
    path = "/admin/categories/{handle}",
    tag = "catalog",
    params(
        ("handle" = String, Path, description = "The category's handle."),
        ("If-Match" = String, Header, description = "The ETag of the version to delete, or `*`."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such category.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "Products or categories stand in it.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn category_delete(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let expected = expected(&headers)?;
    let job = move |change: &mut crate::change::Change<'_>| change.delete_category(&handle, expected);
    shelf.catalog.change(caller.store, Some(caller.request_id), job).await?;
    Ok(deleted())
}
