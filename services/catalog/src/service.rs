//! The service: changes one after the other through the database, reads from the model.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use contracts::Result;
use contracts::catalog::{
    Availability, Catalog, CatalogRead, Category, CategoryNode, Change as Effect, Collection, CollectionView, Media,
    OwnPrices, Product, ProductCard, ProductContent, ProductQuery, ProductType, ProductView, Rendered, Sellable,
    ShelfPrice, ShelfPrices, View,
};
use contracts::event::Event;
use infra::Spawner;
use infra::sqlite::Db;
use kernel::{Currency, Cursor, Failure, Page, PageRequest, SharedClock, SharedRng, Sku, StoreId};
use tokio::sync::{Mutex, oneshot};

use crate::change::{Change, Expected};
use crate::media::MediaStore;
use crate::model::{Changed, Model, Overlay};
use crate::store::{self, Fault, outbox, product};

/// The catalog of an installation. Cheap to share by `Arc`.
pub struct CatalogService {
    inner: Arc<Inner>,
    media: Arc<MediaStore>,
    spawner: Spawner,
    default_view: View,
}

struct Inner {
    db: Db,
    desk: Arc<Desk>,
    /// Held from the start of a change until the model has it, so that the model takes changes over in the order of
    /// their commits, and each is checked against everything before it.
    changing: Mutex<()>,
}

/// What a change needs besides the database. It travels to the writer thread, so it must not own the [`Db`].
struct Desk {
    model: Model,
    clock: SharedClock,
    rng: SharedRng,
}

impl CatalogService {
    /// Opens `catalog.db` and the folder `media` in `data_dir` and reads every active product into memory.
    /// `default_view` is the currency and language of the shop's first market.
    ///
    /// # Errors
    /// Internal, when the database or the folder cannot be opened or read.
    pub fn open(
        data_dir: &Path,
        store: StoreId,
        default_view: View,
        (clock, rng): (SharedClock, SharedRng),
        spawner: Spawner,
    ) -> Result<Arc<Self>> {
        let db = store::open(data_dir)?;
        let model = Model::new(clock.now());
        load(&db, &model)?;
        // The shop's own store has a model from the start, also when nothing is in it yet.
        model.store(store);
        let desk = Arc::new(Desk { model, clock, rng });
        let inner = Arc::new(Inner { db, desk, changing: Mutex::new(()) });
        let media = MediaStore::open(&data_dir.join("media"), Arc::new(crate::demo::artwork))?;
        Ok(Arc::new(CatalogService { inner, media, spawner, default_view }))
    }

    /// The pictures, for the routes that serve them.
    #[must_use]
    pub fn media(&self) -> &Arc<MediaStore> {
        &self.media
    }

    /// The currency and language of whoever asks for none.
    #[must_use]
    pub fn default_view(&self) -> &View {
        &self.default_view
    }

    /// Whether the shop sells anything in `currency`.
    #[must_use]
    pub fn sells_in(&self, store: StoreId, currency: Currency) -> bool {
        currency == self.default_view.currency || self.model().store(store).sells_in(currency)
    }

    /// Whether no product is on sale: what `--demo` looks at.
    #[must_use]
    pub fn is_empty(&self, store: StoreId) -> bool {
        self.model().store(store).is_empty()
    }

    /// The JSON of [`CatalogRead::categories`].
    #[must_use]
    pub fn categories_json(&self, store: StoreId, locale: &str) -> Rendered {
        self.model().store(store).categories(locale).1
    }

    /// The JSON of [`CatalogRead::collections`].
    #[must_use]
    pub fn collections_json(&self, store: StoreId, locale: &str) -> Rendered {
        self.model().store(store).collections(locale).1
    }

    /// Tells the model everything that can be bought, at once: for the start of the process.
    pub fn set_all_available(&self, store: StoreId, skus: Vec<Sku>) {
        self.model().store(store).set_all_available(skus);
    }

    /// Exactly `skus` are only delivered later, each until its order ends when it does.
    pub fn set_all_backorder(&self, store: StoreId, skus: Vec<(Sku, Option<kernel::Timestamp>)>) {
        self.model().store(store).set_all_backorder(skus);
    }

    /// Events behind `position`, at most `limit`, in the order of their commits.
    ///
    /// # Errors
    /// Internal, when the database fails.
    pub async fn outbox_after(&self, store: StoreId, position: u64, limit: u32) -> Result<Vec<Event>> {
        Ok(self.inner.db.read(move |conn| outbox::after(conn, &store, position, limit)).await?)
    }

    /// How far [`Self::mark_published`] got.
    ///
    /// # Errors
    /// Internal, when the database fails.
    pub async fn published(&self, store: StoreId) -> Result<u64> {
        Ok(self.inner.db.read(move |conn| outbox::published(conn, &store)).await?)
    }

    /// Remembers that every event up to `position` was carried on.
    ///
    /// # Errors
    /// Internal, when the database fails.
    pub async fn mark_published(&self, store: StoreId, position: u64) -> Result<()> {
        Ok(self.inner.db.write(move |conn| outbox::mark_published(conn, &store, position)).await?)
    }

    /// Waits for every outstanding change, so that what was acknowledged is in the model.
    pub async fn settle(&self) {
        drop(self.inner.changing.lock().await);
    }

    pub(crate) fn model(&self) -> &Model {
        &self.inner.desk.model
    }

    pub(crate) fn now(&self) -> kernel::Timestamp {
        self.inner.desk.clock.now()
    }

    /// The taxonomy as it is now.
    pub(crate) fn taxonomy(&self, store: StoreId) -> Arc<crate::model::Taxonomy> {
        self.model().store(store).taxonomy()
    }

    /// Runs `job` on a reading connection.
    pub(crate) async fn read<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> std::result::Result<T, Fault> + Send + 'static,
    {
        Ok(self.inner.db.read(job).await?)
    }

    /// Runs `job` as one transaction and has the model take over its outcome. A caller that stops waiting does not
    /// stop the change: commit and model stay together.
    pub(crate) async fn change<T, F>(&self, store: StoreId, request_id: Option<String>, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Change<'_>) -> std::result::Result<T, Fault> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let inner = self.inner.clone();
        self.spawner.spawn("catalog-change", async move {
            // A caller that stopped waiting needs no answer.
            let _ = answer.send(inner.run(store, request_id, job).await);
        });
        result.await.map_err(|_| Failure::unavailable("The shop is restarting. Please try again in a moment.", 2))?
    }

    /// # Errors
    /// As [`Catalog::create_product`].
    pub(crate) async fn create(
        &self,
        store: StoreId,
        request_id: Option<String>,
        (handle, content): (String, ProductContent),
    ) -> Result<Product> {
        self.change(store, request_id, move |change| change.create_product(&handle, content)).await
    }

    /// # Errors
    /// As [`Catalog::update_product`].
    pub(crate) async fn update(
        &self,
        store: StoreId,
        request_id: Option<String>,
        (handle, expected, content): (String, Expected, ProductContent),
    ) -> Result<Product> {
        self.change(store, request_id, move |change| change.update_product(&handle, expected, content)).await
    }
}

impl Inner {
    async fn run<T, F>(&self, store: StoreId, request_id: Option<String>, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Change<'_>) -> std::result::Result<T, Fault> + Send + 'static,
    {
        let _changing = self.changing.lock().await;
        let desk = self.desk.clone();
        let outcome = self.db.write(move |conn| -> std::result::Result<(T, Vec<Changed>), Fault> {
            let world = (store, desk.clock.now(), &*desk.rng);
            let mut change = Change::new(conn, world, request_id.as_deref(), &desk.model);
            let value = job(&mut change)?;
            Ok((value, change.finish()))
        });
        let (value, changed) = outcome.await?;
        self.desk.model.store(store).apply(changed);
        Ok(value)
    }
}

impl Inner {
    /// Makes the products anew whose prices are told of differently.
    async fn set_prices(&self, store: StoreId, prices: Vec<ShelfPrice>) -> Result<()> {
        let _changing = self.changing.lock().await;
        let model = &self.desk.model;
        let (before, now) = (model.overlay(store), Arc::new(Overlay::new(prices)));
        let handles = model.store(store).handles_of(now.differing(&before).into_iter());
        let read = move |conn: &rusqlite::Connection| -> std::result::Result<Vec<Product>, Fault> {
            let found = handles.iter().map(|handle| product::find(conn, &store, handle));
            Ok(found.collect::<std::result::Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        };
        let products = self.db.read(read).await?;
        model.set_overlay(store, now);
        model.store(store).apply(products.iter().map(|product| model.changed(store, product)).collect());
        Ok(())
    }
}

/// Fills the model from the database.
fn load(db: &Db, model: &Model) -> Result<()> {
    let taxonomies = db.read_now(store::taxonomy::load)?;
    for (store, taxonomy) in taxonomies {
        model.store(store).apply(vec![Changed::Taxonomy(Arc::new(taxonomy))]);
    }
    let mut waiting: Vec<(StoreId, Vec<Changed>)> = Vec::new();
    let take = |store: StoreId, product: Product| {
        let changed = model.changed(store, &product);
        match waiting.iter_mut().find(|(known, _)| *known == store) {
            Some((_, list)) => list.push(changed),
            None => waiting.push((store, vec![changed])),
        }
    };
    db.read_now(|conn| product::each_active(conn, take))?;
    for (store, changed) in waiting {
        model.store(store).apply(changed);
    }
    model.sweep();
    Ok(())
}

#[async_trait]
impl Catalog for CatalogService {
    async fn create_product(&self, store: StoreId, handle: &str, content: ProductContent) -> Result<Product> {
        self.create(store, None, (handle.to_owned(), content)).await
    }

    async fn update_product(
        &self,
        store: StoreId,
        handle: &str,
        version: u64,
        content: ProductContent,
    ) -> Result<Product> {
        self.update(store, None, (handle.to_owned(), Expected::Version(version), content)).await
    }

    async fn upsert_product(&self, store: StoreId, handle: &str, content: ProductContent) -> Result<(Product, Effect)> {
        let handle = handle.to_owned();
        self.change(store, None, move |change| change.upsert_product(&handle, content, change.now, |_, _| ())).await
    }

    async fn delete_product(&self, store: StoreId, handle: &str, version: Option<u64>) -> Result<()> {
        let (handle, expected) = (handle.to_owned(), version.map_or(Expected::Any, Expected::Version));
        self.change(store, None, move |change| change.delete_product(&handle, expected)).await
    }

    async fn document(&self, store: StoreId, handle: &str) -> Result<Product> {
        let found = self.inner.db.read_now(|conn| product::find(conn, &store, handle))?;
        found.ok_or_else(|| Failure::not_found("product"))
    }

    async fn documents(&self, store: StoreId, page: PageRequest) -> Result<Page<Product>> {
        let after = match &page.cursor {
            Some(cursor) => Cursor::decode(cursor, 1)?.remove(0),
            None => String::new(),
        };
        let limit = page.limit;
        let mut items = self.inner.db.read(move |conn| product::list(conn, &store, &after, limit + 1)).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| more);
        let next_cursor = last.map(|product| Cursor::encode(&[&product.handle]).as_str().to_owned());
        Ok(Page { items, next_cursor })
    }

    async fn category_documents(&self, store: StoreId) -> Result<Vec<Category>> {
        Ok(self.taxonomy(store).categories.values().cloned().collect())
    }

    async fn collection_documents(&self, store: StoreId) -> Result<Vec<Collection>> {
        Ok(self.taxonomy(store).collections.values().cloned().collect())
    }

    async fn put_category(&self, store: StoreId, category: Category) -> Result<Category> {
        self.change(store, None, move |change| change.put_category(category, Expected::Any)).await
    }

    async fn delete_category(&self, store: StoreId, handle: &str) -> Result<()> {
        let handle = handle.to_owned();
        self.change(store, None, move |change| change.delete_category(&handle, Expected::Any)).await
    }

    async fn put_collection(&self, store: StoreId, collection: Collection) -> Result<Collection> {
        self.change(store, None, move |change| change.put_collection(collection, Expected::Any)).await
    }

    async fn delete_collection(&self, store: StoreId, handle: &str) -> Result<()> {
        let handle = handle.to_owned();
        self.change(store, None, move |change| change.delete_collection(&handle, Expected::Any)).await
    }

    async fn put_product_type(&self, store: StoreId, product_type: ProductType) -> Result<ProductType> {
        self.change(store, None, move |change| change.put_product_type(product_type, Expected::Any)).await
    }

    async fn product_types(&self, store: StoreId) -> Result<Vec<ProductType>> {
        Ok(self.taxonomy(store).types.values().cloned().collect())
    }

    /// Pictures are named by their content and carry nothing of a store; documents, which do, refer to them.
    async fn put_media(&self, _store: StoreId, content_type: &str, bytes: bytes::Bytes) -> Result<Media> {
        self.media.put(content_type, bytes).await
    }
}

impl CatalogRead for CatalogService {
    fn generation(&self, store: StoreId) -> u64 {
        self.model().store(store).generation()
    }

    fn product(&self, store: StoreId, handle: &str, view: &View) -> Option<Arc<ProductView>> {
        self.model().store(store).product(handle, view)
    }

    fn product_json(&self, store: StoreId, handle: &str, view: &View) -> Option<Rendered> {
        self.model().store(store).product_json(handle, view)
    }

    fn products(&self, store: StoreId, query: &ProductQuery, view: &View) -> Result<Arc<Page<ProductCard>>> {
        self.model().store(store).products(query, view)
    }

    fn products_for(
        &self,
        store: StoreId,
        query: &ProductQuery,
        view: &View,
        own: &dyn OwnPrices,
    ) -> Result<Arc<Page<ProductCard>>> {
        self.model().store(store).products_for(query, view, own)
    }

    fn products_json(&self, store: StoreId, query: &ProductQuery, view: &View) -> Result<Rendered> {
        self.model().store(store).products_json(query, view)
    }

    fn categories(&self, store: StoreId, locale: &str) -> Arc<Vec<CategoryNode>> {
        self.model().store(store).categories(locale).0
    }

    fn collections(&self, store: StoreId, locale: &str) -> Arc<Vec<CollectionView>> {
        self.model().store(store).collections(locale).0
    }

    fn sellable(&self, store: StoreId, sku: &Sku, view: &View) -> Option<Sellable> {
        self.model().store(store).sellable(sku, view)
    }
}

impl Availability for CatalogService {
    fn set_available(&self, store: StoreId, sku: &Sku, available: bool) {
        self.model().store(store).set_available(sku, available);
    }

    fn set_backorder(&self, store: StoreId, sku: &Sku, backorder: bool, until: Option<kernel::Timestamp>) {
        self.model().store(store).set_backorder(sku, backorder.then_some(until));
    }
}

#[async_trait]
impl ShelfPrices for CatalogService {
    async fn set_prices(&self, store: StoreId, prices: Vec<ShelfPrice>) -> Result<()> {
        let (answer, result) = oneshot::channel();
        let inner = self.inner.clone();
        self.spawner.spawn("catalog-prices", async move {
            // A caller that stopped waiting needs no answer.
            let _ = answer.send(inner.set_prices(store, prices).await);
        });
        result.await.map_err(|_| Failure::unavailable("The shop is restarting. Please try again in a moment.", 2))?
    }
}

/// The default store's events join the feed of the shop.
#[async_trait]
impl contracts::event::OutboxSource for CatalogService {
    fn name(&self) -> &'static str {
        "catalog"
    }

    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>> {
        let published = self.published(StoreId::DEFAULT).await?;
        self.outbox_after(StoreId::DEFAULT, published, u32::try_from(limit).unwrap_or(u32::MAX)).await
    }

    async fn mark_published(&self, store: StoreId, position: u64) -> Result<()> {
        CatalogService::mark_published(self, store, position).await
    }
}
