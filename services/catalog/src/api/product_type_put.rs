use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{AttributeDefinition, ProductType};
use contracts::identity::Scope;
use contracts::market::Texts;
use http::HeaderMap;
use http_kit::{Api, Caller, Json, Path, ProblemDocument, Problems};
use kernel::Failure;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Shelf;
use super::body::AttributeBody;
use super::document::{answer, expected_or_new};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductTypeBody {
    /// By language.
    name: Texts,
    /// What products of this type have.
    #[serde(default)]
    attributes: Vec<AttributeBody>,
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
    let attributes: Vec<Result<AttributeDefinition, _>> = (body.attributes.into_iter().enumerate())
        .map(|(i, attribute)| attribute.into_definition(&format!("/attributes/{i}")))
        .collect();
    let misplaced: Vec<_> = attributes.iter().filter_map(|read| read.as_ref().err().cloned()).collect();
    if !misplaced.is_empty() {
        return Err(Failure::fields(misplaced).into());
    }
    let attributes = attributes.into_iter().filter_map(Result::ok).collect();
    let document = ProductType { handle, name: body.name, attributes, version: 0 };
    let job = move |change: &mut crate::change::Change<'_>| change.put_product_type(document, expected);
    let stored = shelf.catalog.change(caller.store, Some(caller.request_id), job).await?;
    Ok(answer(stored.version, &stored))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::probe::{Client, shoe};

    /// A product type with one attribute.
    fn of(attribute: Value) -> Value {
        json!({ "name": { "en": "Lamp" }, "attributes": [attribute] })
    }

    #[tokio::test]
    async fn attributes_say_what_their_kind_has() {
        let client = Client::with_products(0).await;
        let named = |more: Value| {
            let mut attribute = json!({ "name": "light", "label": { "en": "Light" } });
            attribute.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            of(attribute)
        };
        for (body, pointer, code) in [
            (named(json!({ "kind": "text", "values": ["a"] })), "/attributes/0/values", "misplaced"),
            (named(json!({ "kind": "flag", "unit": "W" })), "/attributes/0/unit", "misplaced"),
            (named(json!({ "kind": "choice" })), "/attributes/0/values", "invalid_count"),
            (named(json!({ "kind": "choice", "values": ["a", "a"] })), "/attributes/0/values/1", "duplicate"),
            (named(json!({ "kind": "colour" })), "/attributes/0/kind", "unknown_value"),
            (named(json!({ "kind": "text", "colour": 1 })), "/attributes/0/colour", "unknown_field"),
            (
                of(json!({ "name": "Light!", "label": { "en": "x" }, "kind": "text" })),
                "/attributes/0/name",
                "invalid_name",
            ),
            (of(json!({ "name": "light", "label": {}, "kind": "text" })), "/attributes/0/label", "required"),
        ] {
            let answer = client.admin("PUT /admin/product-types/lamp", &[], &body).await;
            assert_eq!(answer.status, 422, "{body}: {}", answer.body);
            let found: Vec<_> = answer.pointers().into_iter().zip(answer.codes()).collect();
            assert_eq!(found, [(pointer.to_owned(), code.to_owned())], "{body}");
        }
    }

    #[tokio::test]
    async fn a_new_attribute_can_be_used_at_once() {
        let client = Client::with_products(1).await;
        let put = "PUT /admin/product-types/shoe";
        let mut shoe_type = client.admin("GET /admin/product-types/shoe", &[], &json!(null)).await.body;
        let washable = json!({ "name": "washable", "label": { "en": "Washable" }, "kind": "flag" });
        shoe_type["attributes"].as_array_mut().unwrap().push(washable);
        assert_eq!(client.admin(put, &[("if-match", "\"v1\"")], &shoe_type).await.status, 200);
        let mut product = shoe("shoe-0", 0);
        product["attributes"]["washable"] = json!(true);
        let stored = client.admin("PUT /admin/products/shoe-0", &[("if-match", "\"v1\"")], &product).await;
        assert_eq!(stored.status, 200, "{}", stored.body);
        assert_eq!(client.get("/products/shoe-0").await.body["attributes"]["washable"], true);
    }
}
