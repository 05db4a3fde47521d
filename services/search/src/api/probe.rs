//! A router over a real index and a catalog in memory, and requests as clients make them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use contracts::Result;
use contracts::catalog::{
    Catalog, CatalogContents, CatalogRead, Category, CategoryNode, Change, Collection, CollectionView, Media, Product,
    ProductCard, ProductContent, ProductQuery, ProductStatus, ProductType, ProductView, Rendered, Sellable, Standing,
    View,
};
use contracts::identity::{Principal, Scope};
use http_body_util::BodyExt as _;
use http_kit::Caller;
use kernel::{
    ApiKeyId, Currency, Failure, Money, Page, PageRequest, ProductId, SeededRng, Sku, StoreId, SystemClock, Timestamp,
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::service::{SearchParts, SearchService};

/// A catalog that is told what it holds.
#[derive(Default)]
pub(crate) struct Goods {
    pub(crate) products: Mutex<BTreeMap<String, Product>>,
    pub(crate) types: Mutex<Vec<ProductType>>,
    pub(crate) categories: Mutex<Vec<CategoryNode>>,
    pub(crate) sold_out: Mutex<Vec<String>>,
    /// Handles whose documents were read, in order.
    pub(crate) read: Mutex<Vec<String>>,
    generation: AtomicU64,
    content: AtomicU64,
}

impl Goods {
    pub(crate) fn put(&self, (handle, content): (String, ProductContent)) {
        let mut products = self.products.lock();
        let count = i64::try_from(products.len()).unwrap();
        let before = products.get(&handle);
        let at = before.map_or_else(|| Timestamp::from_millis(1_000 + count).into(), |before| before.created_at);
        let id = before.map_or_else(
            || ProductId::new(Timestamp::from_millis(1_000 + count), &SeededRng::new(count.unsigned_abs())),
            |before| before.id,
        );
        let version = before.map_or(1, |before| before.version + 1);
        products.insert(handle.clone(), Product { id, handle, version, created_at: at, updated_at: at, content });
        drop(products);
        self.changed();
    }

    pub(crate) fn remove(&self, handle: &str) {
        self.products.lock().remove(handle);
        self.changed();
    }

    pub(crate) fn changed(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.content.store(self.generation.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    pub(crate) fn set_sold_out(&self, handle: &str) {
        self.sold_out.lock().push(handle.to_owned());
        self.generation.fetch_add(1, Ordering::SeqCst);
    }
}

impl CatalogContents for Goods {
    fn content_generation(&self, _: StoreId) -> u64 {
        self.content.load(Ordering::SeqCst)
    }

    fn standings(&self, _: StoreId) -> Vec<Standing> {
        let sold_out = self.sold_out.lock();
        let products = self.products.lock();
        let active = products.values().filter(|product| product.content.status == ProductStatus::Active);
        active
            .map(|product| Standing {
                id: product.id,
                handle: product.handle.as_str().into(),
                version: product.version,
                available: !sold_out.contains(&product.handle),
            })
            .collect()
    }

    fn locales(&self, _: StoreId) -> Vec<String> {
        let products = self.products.lock();
        products.values().flat_map(|product| product.content.title.0.keys().cloned()).collect()
    }

    fn card(&self, _: StoreId, handle: &str, view: &View) -> Option<Arc<ProductCard>> {
        let products = self.products.lock();
        let product = products.get(handle)?;
        let prices = product.content.variants.iter().flat_map(|variant| &variant.prices);
        let amounts: Vec<i64> =
            prices.filter(|p| p.price.currency == view.currency).map(|p| p.price.amount_minor).collect();
        Some(Arc::new(ProductCard {
            id: product.id,
            handle: handle.to_owned(),
            title: product.content.title.get(&view.locale).to_owned(),
            vendor: product.content.vendor.clone(),
            price_min: Money::new(*amounts.iter().min()?, view.currency),
            price_max: Money::new(*amounts.iter().max()?, view.currency),
            compare_at_price: None,
            available: !self.sold_out.lock().iter().any(|sold_out| sold_out == handle),
            image: None,
            swatches: Vec::new(),
        }))
    }
}

impl CatalogRead for Goods {
    fn generation(&self, _: StoreId) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }
    fn product(&self, _: StoreId, _: &str, _: &View) -> Option<Arc<ProductView>> {
        None
    }
    fn product_json(&self, _: StoreId, _: &str, _: &View) -> Option<Rendered> {
        None
    }
    fn products(&self, _: StoreId, _: &ProductQuery, _: &View) -> Result<Arc<Page<ProductCard>>> {
        Err(Failure::not_found("list"))
    }
    fn products_json(&self, _: StoreId, _: &ProductQuery, _: &View) -> Result<Rendered> {
        Err(Failure::not_found("list"))
    }
    fn categories(&self, _: StoreId, _: &str) -> Arc<Vec<CategoryNode>> {
        Arc::new(self.categories.lock().clone())
    }
    fn collections(&self, _: StoreId, _: &str) -> Arc<Vec<CollectionView>> {
        Arc::default()
    }
    fn sellable(&self, _: StoreId, _: &Sku, _: &View) -> Option<Sellable> {
        None
    }
}

#[async_trait]
impl Catalog for Goods {
    async fn document(&self, _: StoreId, handle: &str) -> Result<Product> {
        self.read.lock().push(handle.to_owned());
        self.products.lock().get(handle).cloned().ok_or_else(|| Failure::not_found("product"))
    }
    async fn product_types(&self, _: StoreId) -> Result<Vec<ProductType>> {
        Ok(self.types.lock().clone())
    }
    async fn documents(&self, _: StoreId, _: PageRequest) -> Result<Page<Product>> {
        Err(Failure::not_found("list"))
    }
    async fn create_product(&self, _: StoreId, _: &str, _: ProductContent) -> Result<Product> {
        Err(Failure::not_found("shop"))
    }
    async fn update_product(&self, _: StoreId, _: &str, _: u64, _: ProductContent) -> Result<Product> {
        Err(Failure::not_found("shop"))
    }
    async fn upsert_product(&self, _: StoreId, _: &str, _: ProductContent) -> Result<(Product, Change)> {
        Err(Failure::not_found("shop"))
    }
    async fn delete_product(&self, _: StoreId, _: &str, _: Option<u64>) -> Result<()> {
        Err(Failure::not_found("shop"))
    }
    async fn category_documents(&self, _: StoreId) -> Result<Vec<Category>> {
        Err(Failure::not_found("shop"))
    }
    async fn collection_documents(&self, _: StoreId) -> Result<Vec<Collection>> {
        Err(Failure::not_found("shop"))
    }
    async fn put_category(&self, _: StoreId, _: Category) -> Result<Category> {
        Err(Failure::not_found("shop"))
    }
    async fn delete_category(&self, _: StoreId, _: &str) -> Result<()> {
        Err(Failure::not_found("shop"))
    }
    async fn put_collection(&self, _: StoreId, _: Collection) -> Result<Collection> {
        Err(Failure::not_found("shop"))
    }
    async fn delete_collection(&self, _: StoreId, _: &str) -> Result<()> {
        Err(Failure::not_found("shop"))
    }
    async fn put_product_type(&self, _: StoreId, _: ProductType) -> Result<ProductType> {
        Err(Failure::not_found("shop"))
    }
    async fn put_media(&self, _: StoreId, _: &str, _: bytes::Bytes) -> Result<Media> {
        Err(Failure::not_found("shop"))
    }
}

/// A product with this title for so many euro cents.
pub(crate) fn shoe(handle: &str, title: &str, cents: i64) -> (String, ProductContent) {
    product(handle, json!({ "title": { "en": title }, "cents": cents }))
}

/// A product made of its JSON. `cents` and `options` make its variants: one for each colour and size.
pub(crate) fn product(handle: &str, mut json: Value) -> (String, ProductContent) {
    let cents = json["cents"].as_i64().unwrap_or(5_000);
    json.as_object_mut().unwrap().remove("cents");
    let options: Vec<Vec<String>> = json["options"]
        .as_array()
        .map(|options| {
            let values = |option: &Value| serde_json::from_value::<Vec<String>>(option["values"].clone()).unwrap();
            options.iter().map(values).collect()
        })
        .unwrap_or_default();
    let mut combinations: Vec<Vec<String>> = vec![Vec::new()];
    for values in &options {
        let longer = |known: &Vec<String>| {
            let with = |value: &String| known.iter().chain([value]).cloned().collect::<Vec<String>>();
            values.iter().map(with).collect::<Vec<_>>()
        };
        combinations = combinations.iter().flat_map(longer).collect();
    }
    let variant = |(n, options): (usize, &Vec<String>)| {
        json!({
            "id": uuid::Uuid::from_u128(n as u128),
            "sku": format!("{}-{n}", handle.to_uppercase()),
            "options": options,
            "prices": [{ "price": { "amount_minor": cents, "currency": "EUR" } }],
        })
    };
    json["variants"] = combinations.iter().enumerate().map(variant).collect();
    (handle.to_owned(), serde_json::from_value(json).unwrap())
}

pub(crate) struct Client {
    pub(crate) search: Arc<SearchService>,
    pub(crate) goods: Arc<Goods>,
    router: Router,
    dir: tempfile::TempDir,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// The search over `goods` in `dir`, in English and German.
pub(crate) async fn open(dir: &Path, goods: Arc<Goods>) -> Arc<SearchService> {
    let parts = SearchParts {
        catalog: goods.clone(),
        read: goods.clone(),
        contents: goods,
        clock: Arc::new(SystemClock),
        locales: vec!["en".to_owned()],
        default_view: View { currency: Currency::EUR, locale: "en".to_owned() },
    };
    SearchService::open(dir, &[StoreId::DEFAULT], parts).await.unwrap()
}

impl Client {
    pub(crate) async fn with(products: Vec<(String, ProductContent)>) -> Self {
        Self::over(Arc::default(), products).await
    }

    pub(crate) async fn over(goods: Arc<Goods>, products: Vec<(String, ProductContent)>) -> Self {
        for product in products {
            goods.put(product);
        }
        let dir = tempfile::tempdir().unwrap();
        let search = open(dir.path(), goods.clone()).await;
        let (router, _) = super::routes(search.clone()).split_for_parts();
        Client { search, goods, router, dir }
    }

    /// Lets go of the index and leaves its folder.
    pub(crate) fn close(self) -> tempfile::TempDir {
        self.dir
    }

    /// Handles that `query`, which may go on with `&…`, finds.
    pub(crate) async fn found(&self, query: &str) -> Vec<String> {
        self.get(query).await.handles()
    }

    /// The answer to `query`, which may go on with `&…`.
    pub(crate) async fn get(&self, query: &str) -> Answer {
        self.send(&format!("GET /search?q={}", query.replace(' ', "+")), None, "").await
    }

    /// As somebody without a key.
    pub(crate) async fn send(&self, line: &str, if_match: Option<&str>, body: &str) -> Answer {
        self.ask(line, if_match, body.to_owned(), Caller::anonymous("r-1")).await
    }

    pub(crate) async fn get_keyed(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), None, String::new(), keyed()).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.ask(&format!("POST {path}"), None, String::new(), keyed()).await
    }

    pub(crate) async fn put(&self, path: &str, if_match: Option<&str>, body: &Value) -> Answer {
        self.ask(&format!("PUT {path}"), if_match, body.to_string(), keyed()).await
    }

    async fn ask(&self, line: &str, if_match: Option<&str>, body: String, caller: Caller) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).extension(caller);
        if let Some(tag) = if_match {
            request = request.header("if-match", tag);
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }
}

/// With a key for the catalog.
fn keyed() -> Caller {
    let id = ApiKeyId::new(Timestamp::EPOCH, &SeededRng::new(1));
    let principal = Principal::ApiKey { id, store: StoreId::DEFAULT, scopes: vec![Scope::Catalog] };
    Caller { store: StoreId::DEFAULT, principal, request_id: "r-2".to_owned() }
}

impl Answer {
    pub(crate) fn handles(&self) -> Vec<String> {
        let hits = self.body["hits"].as_array().unwrap_or_else(|| panic!("{}", self.body));
        hits.iter().map(|hit| hit["handle"].as_str().unwrap().to_owned()).collect()
    }

    /// Values and counts of a facet.
    pub(crate) fn facet(&self, name: &str) -> Vec<(String, u64)> {
        let facets = self.body["facets"].as_array().unwrap();
        let found = facets.iter().find(|facet| facet["name"] == name);
        let values = found.and_then(|facet| facet["values"].as_array()).into_iter().flatten();
        values.map(|value| (value["value"].as_str().unwrap().to_owned(), value["count"].as_u64().unwrap())).collect()
    }

    /// Codes of the fields at fault.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().into_iter().flatten();
        errors.map(|error| error["code"].as_str().unwrap()).collect()
    }
}
