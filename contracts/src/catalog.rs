//! The catalog: what the shop sells, as documents. Writes go to the store; reads come from a model in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Currency, Money, Page, PageRequest, ProductId, Sku, StoreId, Timestamp, VariantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::market::Texts;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    Draft,
    #[default]
    Active,
    Archived,
}

/// A product document, with every language and currency. This is what back office writes and reads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Product {
    pub id: ProductId,
    /// Unique name in URLs: lower-case letters, digits and hyphens.
    pub handle: String,
    /// Grows by one with every write; the ETag of the document.
    pub version: u64,
    pub created_at: Timestampish,
    pub updated_at: Timestampish,
    #[serde(flatten)]
    pub content: ProductContent,
}

/// An RFC 3339 instant.
pub type Timestampish = TimestampSchema;

/// [`Timestamp`] with its OpenAPI schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = "date-time")]
pub struct TimestampSchema(pub Timestamp);

impl From<Timestamp> for TimestampSchema {
    fn from(at: Timestamp) -> Self {
        TimestampSchema(at)
    }
}

/// The part of a product that its owner writes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ProductContent {
    pub status: ProductStatus,
    /// Handle of the product type, which says what attributes the product can have. Empty: none.
    pub product_type: String,
    pub vendor: String,
    pub title: Texts,
    /// Sanitised HTML.
    pub description_html: Texts,
    pub seo_title: Texts,
    pub seo_description: Texts,
    /// Handle of the category the product stands in.
    pub category: Option<String>,
    /// Handles of collections.
    pub collections: Vec<String>,
    pub tags: Vec<String>,
    /// Names of the options in which variants differ, e.g. Colour, Size. At most three.
    pub options: Vec<ProductOption>,
    /// By attribute name; checked against the product type.
    pub attributes: BTreeMap<String, AttributeValue>,
    pub variants: Vec<Variant>,
    pub media: Vec<Media>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductOption {
    pub name: String,
    pub values: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Variant {
    pub id: VariantId,
    pub sku: Sku,
    /// One value for each option of the product, in its order.
    pub options: Vec<String>,
    /// One per currency that the variant is sold in.
    pub prices: Vec<Price>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub barcode: Option<String>,
    #[serde(default)]
    pub weight_g: u32,
    /// Names the tax rate; `standard` unless said otherwise.
    #[serde(default = "standard")]
    pub tax_class: String,
    #[serde(default = "yes")]
    pub requires_shipping: bool,
    /// Position in the product's media of the image that shows this variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<usize>,
}

fn standard() -> String {
    "standard".to_owned()
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Price {
    pub price: Money,
    /// The price before a reduction, higher than `price`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at: Option<Money>,
}

/// An image. `source` is a key of the media store (`sha256-….svg`) or, for imported ones, an https URL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Media {
    pub source: String,
    #[serde(default)]
    pub alt: Texts,
    #[serde(default)]
    pub width: u32,
    #[serde(default)]
    pub height: u32,
}

/// The value of an attribute, of the kind its definition names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    Flag(bool),
    Integer(i64),
    Text(String),
    List(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AttributeKind {
    Flag,
    /// A whole number of `unit`, e.g. grams or watts.
    Integer {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    Text,
    /// One of these values.
    Choice {
        values: Vec<String>,
    },
    /// Any of these values.
    Choices {
        values: Vec<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttributeDefinition {
    /// Name in documents and URLs, e.g. `sole`.
    pub name: String,
    pub label: Texts,
    #[serde(flatten)]
    pub kind: AttributeKind,
    #[serde(default)]
    pub required: bool,
    /// Whether shoppers can filter by it.
    #[serde(default)]
    pub filterable: bool,
}

/// What products of one kind have: a shoe has a sole, a lamp has a wattage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProductType {
    pub handle: String,
    pub name: Texts,
    pub attributes: Vec<AttributeDefinition>,
    #[serde(default)]
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Category {
    pub handle: String,
    pub name: Texts,
    /// Handle of the category above; none at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    #[serde(default)]
    pub description: Texts,
    /// Position among its siblings.
    #[serde(default)]
    pub position: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    #[serde(default)]
    pub version: u64,
}

/// A hand-picked list of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Collection {
    pub handle: String,
    pub name: Texts,
    #[serde(default)]
    pub description: Texts,
    #[serde(default)]
    pub position: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<Media>,
    #[serde(default)]
    pub version: u64,
}

// ---- What shoppers see ----------------------------------------------------------------------------------------------

/// A product in one currency and language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProductView {
    pub id: ProductId,
    pub handle: String,
    pub title: String,
    pub description_html: String,
    pub vendor: String,
    pub product_type: String,
    pub category: Option<String>,
    pub collections: Vec<String>,
    pub tags: Vec<String>,
    pub attributes: BTreeMap<String, AttributeValue>,
    pub options: Vec<ProductOption>,
    pub variants: Vec<VariantView>,
    pub images: Vec<ImageView>,
    /// The lowest and highest price of the variants.
    pub price_min: Money,
    pub price_max: Money,
    /// Whether any variant can be bought.
    pub available: bool,
    pub seo_title: String,
    pub seo_description: String,
    pub version: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VariantView {
    pub sku: Sku,
    /// Option name to value.
    pub options: BTreeMap<String, String>,
    pub price: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at_price: Option<Money>,
    /// The lowest price of the 30 days before the reduction, for a reduced variant whose earlier prices are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_price_30_days: Option<Money>,
    /// Whether it can be bought now.
    pub available: bool,
    /// Whether it is not there and only delivered later when it is bought now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub backorder: bool,
    /// Until when it can be ordered that way, when that ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backorder_until: Option<TimestampSchema>,
    /// Position in `images` of the one that shows this variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageView {
    /// URL of the image at its largest size.
    pub url: String,
    /// Widths in pixels to URLs, smallest first.
    pub sizes: Vec<ImageSize>,
    pub alt: String,
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageSize {
    pub width: u32,
    pub url: String,
}

/// A product in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProductCard {
    pub id: ProductId,
    pub handle: String,
    pub title: String,
    pub vendor: String,
    pub price_min: Money,
    pub price_max: Money,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare_at_price: Option<Money>,
    pub available: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageView>,
    /// Distinct values of the first option (colours, usually).
    pub swatches: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CategoryNode {
    pub handle: String,
    pub name: String,
    pub description: String,
    /// Active products in this category and below.
    pub products: u32,
    #[schema(no_recursion)]
    pub children: Vec<CategoryNode>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CollectionView {
    pub handle: String,
    pub name: String,
    pub description: String,
    pub products: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductSort {
    /// Newest first.
    #[default]
    Newest,
    PriceAsc,
    PriceDesc,
    Title,
}

/// Which products, in which order, in which currency and language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductQuery {
    /// Handle of a category; products of the categories below it are included.
    pub category: Option<String>,
    pub collection: Option<String>,
    pub sort: ProductSort,
    pub page: PageRequest,
}

/// The currency and language in which something is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct View {
    pub currency: Currency,
    pub locale: String,
}

/// What the checkout must know of a variant to price it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sellable {
    pub product: ProductId,
    pub handle: String,
    pub title: String,
    pub sku: Sku,
    /// Option values, e.g. `Red / 42`; empty for a product with one variant.
    pub variant_title: String,
    pub price: Money,
    pub compare_at: Option<Money>,
    pub tax_class: String,
    pub weight_g: u32,
    pub requires_shipping: bool,
    pub available: bool,
    /// Whether it is only delivered later.
    pub backorder: bool,
    pub image: Option<ImageView>,
}

/// A rendered JSON answer, held in memory once per version.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub body: bytes::Bytes,
    pub gzip: Option<bytes::Bytes>,
    pub brotli: Option<bytes::Bytes>,
    /// With quotes, as it stands in the header.
    pub etag: Arc<str>,
    /// Space-separated keys under which an edge may purge it.
    pub surrogate_keys: Arc<str>,
}

/// What somebody pays for variants, where that is not what everybody pays. From memory: it is asked for many at once.
pub trait OwnPrices {
    /// What one unit of `sku` costs, of which everybody reads `shelf`.
    fn price(&self, sku: &Sku, shelf: Price) -> Price;
}

/// The most products that are put in the order of somebody's own prices at once; more keep the order of everybody's.
pub const MAX_OWN_ORDER: usize = 20_000;

/// Reads from memory: no I/O, no waiting.
pub trait CatalogRead: Send + Sync {
    /// Grows with every change of a product, category, collection or availability that shoppers can see.
    fn generation(&self, store: StoreId) -> u64;
    fn product(&self, store: StoreId, handle: &str, view: &View) -> Option<Arc<ProductView>>;
    /// The JSON of [`Self::product`], rendered once per version.
    fn product_json(&self, store: StoreId, handle: &str, view: &View) -> Option<Rendered>;
    /// # Errors
    /// `invalid_cursor`, or not found for an unknown category or collection.
    fn products(&self, store: StoreId, query: &ProductQuery, view: &View) -> Result<Arc<Page<ProductCard>>>;
    /// As [`Self::products`], in the order of what one shopper pays when that is by price. Made for this question, and
    /// kept by nobody; the cards tell everybody's prices.
    ///
    /// # Errors
    /// As [`Self::products`].
    fn products_for(
        &self,
        store: StoreId,
        query: &ProductQuery,
        view: &View,
        _own: &dyn OwnPrices,
    ) -> Result<Arc<Page<ProductCard>>> {
        self.products(store, query, view)
    }
    /// The JSON of [`Self::products`], rendered once per generation.
    ///
    /// # Errors
    /// As [`Self::products`].
    fn products_json(&self, store: StoreId, query: &ProductQuery, view: &View) -> Result<Rendered>;
    fn categories(&self, store: StoreId, locale: &str) -> Arc<Vec<CategoryNode>>;
    fn collections(&self, store: StoreId, locale: &str) -> Arc<Vec<CollectionView>>;
    /// None when the SKU is unknown, not active, or not sold in this currency.
    fn sellable(&self, store: StoreId, sku: &Sku, view: &View) -> Option<Sellable>;
}

/// What happened to an upsert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Created,
    Updated,
    Unchanged,
}

/// Writes, and reads of whole documents for the back office.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Creates a product under `handle`.
    async fn create_product(&self, store: StoreId, handle: &str, content: ProductContent) -> Result<Product>;
    /// Replaces the content of a product when its version is `version`; 412 otherwise.
    async fn update_product(
        &self,
        store: StoreId,
        handle: &str,
        version: u64,
        content: ProductContent,
    ) -> Result<Product>;
    /// Creates or replaces whatever the version, for imports: the same content again changes nothing.
    async fn upsert_product(&self, store: StoreId, handle: &str, content: ProductContent) -> Result<(Product, Change)>;
    async fn delete_product(&self, store: StoreId, handle: &str, version: Option<u64>) -> Result<()>;
    async fn document(&self, store: StoreId, handle: &str) -> Result<Product>;
    async fn documents(&self, store: StoreId, page: PageRequest) -> Result<Page<Product>>;
    /// Every category, in every language, by handle.
    async fn category_documents(&self, store: StoreId) -> Result<Vec<Category>>;
    /// Every collection, in every language, by handle.
    async fn collection_documents(&self, store: StoreId) -> Result<Vec<Collection>>;
    async fn put_category(&self, store: StoreId, category: Category) -> Result<Category>;
    async fn delete_category(&self, store: StoreId, handle: &str) -> Result<()>;
    async fn put_collection(&self, store: StoreId, collection: Collection) -> Result<Collection>;
    async fn delete_collection(&self, store: StoreId, handle: &str) -> Result<()>;
    async fn put_product_type(&self, store: StoreId, product_type: ProductType) -> Result<ProductType>;
    async fn product_types(&self, store: StoreId) -> Result<Vec<ProductType>>;
    /// Stores an image and returns the `source` under which documents refer to it.
    async fn put_media(&self, store: StoreId, content_type: &str, bytes: bytes::Bytes) -> Result<Media>;
}

/// Availability, told to the read model by whoever holds the stock. Only crossings of zero need to be told.
pub trait Availability: Send + Sync {
    fn set_available(&self, store: StoreId, sku: &Sku, available: bool);

    /// Whether what can be bought of a SKU is only to be delivered later, and until when it can be, when that ends.
    fn set_backorder(&self, _store: StoreId, _sku: &Sku, _backorder: bool, _until: Option<Timestamp>) {}
}

/// What holds for the price of a variant in a currency besides its document, in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfPrice {
    pub sku: Sku,
    pub currency: Currency,
    /// Takes the place of the document's price.
    pub price: Option<ListPrice>,
    /// The lowest price of the 30 days before the price of now.
    pub lowest_30_days: Option<i64>,
}

/// A price from a list that is for everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListPrice {
    pub unit_minor: i64,
    /// Whether it is shown as a reduction of what it takes the place of.
    pub sale: bool,
    /// What it takes the place of; the document's price when that is none.
    pub before_minor: Option<i64>,
}

/// Prices, told to the read model by whoever holds the price lists.
#[async_trait]
pub trait ShelfPrices: Send + Sync {
    /// From now on exactly these hold. What did not change costs nothing.
    async fn set_prices(&self, store: StoreId, prices: Vec<ShelfPrice>) -> Result<()>;
}

/// A product that shoppers can see, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub id: ProductId,
    pub handle: Arc<str>,
    pub version: u64,
    /// Whether any variant can be bought.
    pub available: bool,
}

/// What a copy of the catalog, such as the index of the search, follows and is compared with. From memory.
pub trait CatalogContents: Send + Sync {
    /// As [`CatalogRead::generation`], but standing still while only availability changes.
    fn content_generation(&self, store: StoreId) -> u64;
    /// Every product that shoppers can see, in no particular order.
    fn standings(&self, store: StoreId) -> Vec<Standing>;
    /// Languages in which something has a text.
    fn locales(&self, store: StoreId) -> Vec<String>;
    /// A product as lists show it now; none when it is not on sale in this currency.
    fn card(&self, store: StoreId, handle: &str, view: &View) -> Option<Arc<ProductCard>>;
    /// The least that one shopper pays for a product, in minor units; none when it is not on sale in this currency, or
    /// nobody pays prices of his own here.
    fn lowest_for(&self, _: StoreId, _handle: &str, _: Currency, _own: &dyn OwnPrices) -> Option<i64> {
        None
    }
}
