use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use contracts::catalog::{AttributeValue, Product, ProductContent, ProductStatus, Variant};
use contracts::identity::Scope;
use contracts::market::Texts;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use http_kit::{Api, Caller, Json, ProblemDocument, Problems};
use kernel::{Failure, Sku, VariantId};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Shelf;
use super::body::{MediaBody, OptionBody, PriceBody};
use super::document::answer;

/// A product as the back office writes it. What a product document has read-only may be sent back and is ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProductBody {
    /// Lower-case letters, digits and hyphens. Needed to create; the path says it when replacing.
    #[serde(default)]
    pub(super) handle: Option<String>,
    #[serde(default)]
    status: ProductStatus,
    #[serde(default)]
    product_type: String,
    #[serde(default)]
    #[schema(max_length = 255)]
    vendor: String,
    title: Texts,
    #[serde(default)]
    description_html: Texts,
    #[serde(default)]
    seo_title: Texts,
    #[serde(default)]
    seo_description: Texts,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    collections: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 3)]
    options: Vec<OptionBody>,
    #[serde(default)]
    attributes: BTreeMap<String, AttributeValue>,
    #[serde(default)]
    #[schema(max_items = 250)]
    variants: Vec<VariantBody>,
    #[serde(default)]
    media: Vec<MediaBody>,
    /// As read; ignored.
    #[serde(default, rename = "id")]
    _id: Option<String>,
    /// As read; ignored. What counts is If-Match.
    #[serde(default, rename = "version")]
    _version: Option<u64>,
    /// As read; ignored.
    #[serde(default, rename = "created_at")]
    _created_at: Option<String>,
    /// As read; ignored.
    #[serde(default, rename = "updated_at")]
    _updated_at: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VariantBody {
    /// As read. Without it, the variant with the same SKU keeps its id and another gets a new one.
    #[serde(default)]
    id: Option<VariantId>,
    sku: Sku,
    /// One value for each option of the product, in its order.
    #[serde(default)]
    options: Vec<String>,
    #[serde(default)]
    prices: Vec<PriceBody>,
    #[serde(default)]
    barcode: Option<String>,
    #[serde(default)]
    weight_g: u32,
    #[serde(default)]
    tax_class: Option<String>,
    #[serde(default)]
    requires_shipping: Option<bool>,
    #[serde(default)]
    image: Option<usize>,
}

impl VariantBody {
    fn into_variant(self) -> Variant {
        Variant {
            id: self.id.unwrap_or(VariantId::from_uuid(Uuid::nil())),
            sku: self.sku,
            options: self.options,
            prices: self.prices.into_iter().map(Into::into).collect(),
            barcode: self.barcode,
            weight_g: self.weight_g,
            tax_class: self.tax_class.unwrap_or_else(|| "standard".to_owned()),
            requires_shipping: self.requires_shipping.unwrap_or(true),
            image: self.image,
        }
    }
}

impl ProductBody {
    pub(super) fn into_content(self) -> ProductContent {
        ProductContent {
            status: self.status,
            product_type: self.product_type,
            vendor: self.vendor,
            title: self.title,
            description_html: self.description_html,
            seo_title: self.seo_title,
            seo_description: self.seo_description,
            category: self.category,
            collections: self.collections,
            tags: self.tags,
            options: self.options.into_iter().map(Into::into).collect(),
            attributes: self.attributes,
            variants: self.variants.into_iter().map(VariantBody::into_variant).collect(),
            media: self.media.into_iter().map(Into::into).collect(),
        }
    }
}

/// Create a product
#[utoipa::path(
    post,
    path = "/admin/products",
    tag = "catalog",
    request_body = ProductBody,
    responses(
        (status = 201, description = "The product as stored, with its version as ETag.", body = Product),
        (status = 409, description = "`handle_taken` or `sku_taken`.", body = ProblemDocument, content_type = "application/problem+json"),
        Problems,
    )
)]
pub(crate) async fn product_create(
    State(shelf): State<Shelf>,
    caller: Caller,
    Json(mut body): Json<ProductBody>,
) -> Api<Response> {
    caller.require(Scope::Catalog)?;
    let handle = body.handle.take();
    let handle = handle.ok_or_else(|| Failure::field("/handle", "required", "A product needs a handle."))?;
    let location = format!("/api/v1/admin/products/{handle}");
    let product = shelf.catalog.create(caller.store, Some(caller.request_id), (handle, body.into_content())).await?;
    let mut response = answer(product.version, &product);
    *response.status_mut() = StatusCode::CREATED;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::probe::{Client, shoe};

    #[tokio::test]
    async fn a_product_goes_from_creation_to_the_shop() {
        let client = Client::with_products(1).await;
        let made = client.admin("POST /admin/products", &[], &shoe("court", 7)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert_eq!(made.headers["etag"], "\"v1\"");
        assert_eq!(made.headers["location"], "/api/v1/admin/products/court");
        assert_eq!(client.get("/products/court").await.body["price_min"]["amount_minor"], 5_007);
        let again = client.admin("POST /admin/products", &[], &shoe("court", 8)).await;
        assert_eq!((again.status.as_u16(), again.codes()[0].as_str()), (409, "handle_taken"));
        let same_sku = client.admin("POST /admin/products", &[], &shoe("court-2", 7)).await;
        assert_eq!((same_sku.status.as_u16(), same_sku.codes()[0].as_str()), (409, "sku_taken"));
        assert_eq!(same_sku.pointers(), ["/variants/0/sku", "/variants/1/sku"]);
    }

    /// Every rule, by what breaks it.
    #[tokio::test]
    async fn every_rule_answers_with_its_field() {
        let client = Client::with_products(1).await;
        let breaks: Vec<(&str, Value, &str, &str)> = vec![
            ("/handle", json!("Court Shoe"), "/handle", "invalid_handle"),
            ("/title", json!({}), "/title", "required"),
            ("/title", json!({ "en": "x".repeat(256) }), "/title/en", "too_long"),
            ("/title", json!({ "english": "x" }), "/title/english", "unknown_locale"),
            ("/product_type", json!("hat"), "/product_type", "unknown_product_type"),
            ("/category", json!("hats"), "/category", "unknown_category"),
            ("/collections", json!(["hats"]), "/collections/0", "unknown_collection"),
            ("/tags", json!(["a", "a"]), "/tags/1", "duplicate"),
            ("/tags", json!(["a\tb"]), "/tags/0", "invalid_characters"),
            ("/attributes/lumen", json!(3), "/attributes/lumen", "unknown_attribute"),
            ("/attributes/sole", json!(3), "/attributes/sole", "wrong_kind"),
            ("/attributes/sole", json!("cheese"), "/attributes/sole", "unknown_choice"),
            ("/attributes", json!({ "drop": 8 }), "/attributes/sole", "required"),
            ("/attributes/drop", json!("8"), "/attributes/drop", "wrong_kind"),
            ("/options", json!([{ "name": "Size", "values": ["40", "40"] }]), "/options/0/values/1", "duplicate"),
            ("/variants/0/options", json!(["41"]), "/variants/1/options", "duplicate"),
            ("/variants/0/options", json!([]), "/variants/0/options", "invalid_count"),
            ("/variants/0/options", json!(["99"]), "/variants/0/options/0", "unknown_value"),
            ("/variants/1/sku", json!("SHOE-7-40"), "/variants/1/sku", "duplicate"),
            ("/variants/0/sku", json!(" x"), "/variants/0/sku", "invalid_value"),
            ("/variants", json!([]), "/variants", "required"),
            ("/variants/0/prices/0/price/amount_minor", json!(-1), "/variants/0/prices/0/price", "out_of_range"),
            (
                "/variants/0/prices/0/compare_at",
                json!({ "amount_minor": 1, "currency": "EUR" }),
                "/variants/0/prices/0/compare_at",
                "not_higher",
            ),
            (
                "/variants/0/prices/0/compare_at",
                json!({ "amount_minor": 9_999, "currency": "USD" }),
                "/variants/0/prices/0/compare_at",
                "currency_mismatch",
            ),
            ("/variants/0/image", json!(3), "/variants/0/image", "out_of_range"),
            ("/variants/0/tax_class", json!("St."), "/variants/0/tax_class", "invalid_name"),
            ("/variants/0/weight_g", json!(10_000_001), "/variants/0/weight_g", "too_large"),
            ("/media", json!([{ "source": "../../etc/passwd" }]), "/media/0/source", "invalid_source"),
            ("/media", json!([{ "source": "http://x.org/a.jpg" }]), "/media/0/source", "invalid_source"),
            ("/colour", json!("red"), "/colour", "unknown_field"),
            ("/media/0/title", json!("red"), "/media/0/title", "unknown_field"),
            ("/options/0/position", json!(1), "/options/0/position", "unknown_field"),
            ("/variants/0/prices/0/sale", json!(1), "/variants/0/prices/0/sale", "unknown_field"),
        ];
        for (place, value, pointer, code) in breaks {
            let mut body = shoe("court", 7);
            let (parent, key) = place.rsplit_once('/').unwrap();
            let parent = body.pointer_mut(parent).unwrap();
            match key.parse::<usize>() {
                Ok(index) => parent[index] = value.clone(),
                Err(_) => parent[key] = value.clone(),
            }
            let answer = client.admin("POST /admin/products", &[], &body).await;
            assert_eq!(answer.status, 422, "{place} = {value}: {}", answer.body);
            let found: Vec<_> = answer.pointers().into_iter().zip(answer.codes()).collect();
            assert!(found.contains(&(pointer.to_owned(), code.to_owned())), "{place} = {value}: {found:?}");
        }
        let mut many = shoe("court", 7);
        many["options"] = json!([{ "name": "N", "values": (0..251).map(|n| n.to_string()).collect::<Vec<_>>() }]);
        many["variants"] = (0..251).map(|n| json!({ "sku": format!("N-{n}"), "options": [n.to_string()] })).collect();
        let answer = client.admin("POST /admin/products", &[], &many).await;
        assert!(answer.pointers().contains(&"/variants".to_owned()), "{}", answer.body);
        assert_eq!(client.get("/products/court").await.status, 404, "nothing of all this was stored");
    }
}
