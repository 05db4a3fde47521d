use axum::extract::State;
use axum::response::Response;
use contracts::identity::Scope;
use http::HeaderMap;
use http_kit::{Api, Caller, Path, ProblemDocument, Problems};

use super::Shelf;
use super::document::{deleted, expected};

/// Delete a collection
///
/// Its products leave it and stay in the shop.
#[utoipa::path(
    delete,
    path = "/admin/collections/{handle}",
    tag = "catalog",
    params(
        ("handle" = String, Path, description = "The collection's handle."),
        ("If-Match" = String, Header, description = "The ETag of the version to delete, or `*`."),
    ),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "No such collection.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn collection_delete(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let expected = expected(&headers)?;
    let job = move |change: &mut crate::change::Change<'_>| change.delete_collection(&handle, expected);
    shelf.catalog.change(caller.store, Some(caller.request_id), job).await?;
    Ok(deleted())
}
