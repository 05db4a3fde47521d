use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{AttributeDefinition, ProductType};
use contracts::identity::Scope;
use contracts::market::Texts;
use http::HeaderMap;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Shelf;
use super::document::{answer, expected_or_new};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductTypeBody {
    /// By language.
    name: Texts,
    /// What products of this type have.
    #[serde(default)]
    attributes: Vec<AttributeDefinition>,
    /// As read; ignored.
    #[serde(default, rename = "handle")]
    _handle: Option<String>,
    /// As read; ignored. What counts is If-Match.
    #[serde(default, rename = "version")]
    _version: Option<u64>,
}

/// Create or replace a product type
///
/// A new attribute can be used at once. A new one needs no If-Match; replacing one needs its ETag.
#[utoipa::path(
    put,
    path = "/admin/product-types/{handle}",
    tag = "catalog",
    params(
        ("handle" = String, Path, description = "The product type's handle."),
        ("If-Match" = Option<String>, Header, description = "The ETag of the version to replace."),
    ),
    request_body = ProductTypeBody,
    responses(
        (status = 200, description = "The document as stored, with its version as ETag.", body = ProductType),
        (status = 412, description = "Somebody changed it in the meantime.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 428, description = "It exists and If-Match is missing.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_type_put(
    State(shelf): State<Shelf>,
    caller: Caller,
    Path(handle): Path<String>,
    headers: HeaderMap,
    Json(body): Json<ProductTypeBody>,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let expected = expected_or_new(&headers)?;
    let document = ProductType { handle, name: body.name, attributes: body.attributes, version: 0 };
    let job = move |change: &mut crate::change::Change<'_>| change.put_product_type(document, expected);
    let stored = shelf.catalog.change(caller.store, Some(caller.request_id), job).await?;
    Ok(answer(stored.version, &stored))
}
