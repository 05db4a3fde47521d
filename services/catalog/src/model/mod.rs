//! The read model: every active product of every store in memory, changed after each commit.
//!
//! Readers take a short shared lock to find a product and then hold it by `Arc`; nothing here waits for I/O. What is
//! shown is rendered on first use and shared from then on: a product per version and availability, a list per
//! generation.

mod entry;
mod listing;
mod overlay;
mod render;
mod taxonomy;
mod words;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use contracts::Result;
use contracts::catalog::{
    CategoryNode, CollectionView, MAX_OWN_ORDER, OwnPrices, Product, ProductCard, ProductQuery, ProductSort,
    ProductView, Rendered, Sellable, Standing, View,
};
use kernel::{Currency, Failure, Page, Sku, StoreId, Timestamp};
use parking_lot::{Mutex, RwLock};

pub(crate) use entry::Entry;
pub(crate) use overlay::Overlay;
pub(crate) use taxonomy::{MAX_DEPTH, Taxonomy};
pub(crate) use words::Interner;

use entry::Shown;
use listing::{Kept, Lineup, LineupKey, PageKey, PageShown};

/// Products that may be held rendered; beyond it the one rendered longest ago is forgotten. About 30 kB each.
const MAX_RENDERED: usize = 4_096;

/// Products that may be held as cards, in the views asked for. About 2 kB each.
const MAX_CARDED: usize = 32_768;

/// A list that is never split, with its JSON.
type Whole<T> = (Arc<Vec<T>>, Rendered);

/// What a commit means for the model.
pub(crate) enum Changed {
    /// A product is now this, and shoppers can see it.
    Shown(Box<Entry>),
    /// Shoppers no longer see the product with this handle.
    Hidden(String),
    Taxonomy(Arc<Taxonomy>),
}

/// The models of all stores.
pub(crate) struct Model {
    stores: RwLock<HashMap<StoreId, Arc<StoreModel>>>,
    interner: Interner,
    overlays: RwLock<HashMap<StoreId, Arc<Overlay>>>,
    /// Generations count from here, so that a restarted shop does not repeat those of its last life.
    first_generation: u64,
}

impl Model {
    pub(crate) fn new(now: Timestamp) -> Self {
        let first_generation = now.millis().max(1).cast_unsigned();
        let (stores, overlays) = (RwLock::default(), RwLock::default());
        Model { stores, interner: Interner::default(), overlays, first_generation }
    }

    pub(crate) fn store(&self, store: StoreId) -> Arc<StoreModel> {
        if let Some(found) = self.stores.read().get(&store) {
            return found.clone();
        }
        let new = || Arc::new(StoreModel::new(self.first_generation));
        self.stores.write().entry(store).or_insert_with(new).clone()
    }

    /// What shoppers see of `product`, when it changed.
    pub(crate) fn changed(&self, store: StoreId, product: &Product) -> Changed {
        match product.content.status {
            contracts::catalog::ProductStatus::Active => {
                Changed::Shown(Box::new(Entry::new(product, &self.interner, &self.overlay(store))))
            }
            _ => Changed::Hidden(product.handle.clone()),
        }
    }

    /// What is told of the prices of `store` besides its documents.
    pub(crate) fn overlay(&self, store: StoreId) -> Arc<Overlay> {
        self.overlays.read().get(&store).cloned().unwrap_or_default()
    }

    pub(crate) fn set_overlay(&self, store: StoreId, overlay: Arc<Overlay>) {
        self.overlays.write().insert(store, overlay);
    }

    pub(crate) fn sweep(&self) {
        self.interner.sweep();
    }
}

/// The shelves of one store: what readers look things up in.
#[derive(Default)]
struct Shelves {
    by_handle: HashMap<Arc<str>, Arc<Entry>>,
    by_sku: HashMap<Sku, (Arc<Entry>, u16)>,
    taxonomy: Arc<Taxonomy>,
    /// Languages that occur in a text. Requests for others are answered in one of these, so that what is kept per
    /// language is bounded by what the merchant wrote and not by what visitors ask for.
    locales: BTreeSet<Arc<str>>,
    currencies: HashSet<Currency>,
    /// Generation of the last change that was more than availability.
    content: u64,
}

impl Shelves {
    fn put(&mut self, entry: Entry) -> Arc<Entry> {
        let entry = Arc::new(entry);
        self.take(&entry.handle);
        for locale in entry.locales() {
            if !self.locales.contains(locale) {
                self.locales.insert(locale.clone());
            }
        }
        self.currencies.extend(entry.currencies());
        for (index, item) in entry.variants.iter().enumerate() {
            // There are at most 250 variants.
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            self.by_sku.insert(item.sku.clone(), (entry.clone(), index));
        }
        self.by_handle.insert(entry.handle.clone(), entry.clone());
        entry
    }

    fn take(&mut self, handle: &str) {
        let Some(entry) = self.by_handle.remove(handle) else { return };
        for item in &entry.variants {
            // The SKU may have moved to another product that was put before this one was taken.
            if self.by_sku.get(&item.sku).is_some_and(|(owner, _)| Arc::ptr_eq(owner, &entry)) {
                self.by_sku.remove(&item.sku);
            }
        }
    }

    /// The language in which a request for `locale` is answered.
    fn locale(&self, locale: &str) -> Arc<str> {
        let language = locale.split('-').next().unwrap_or(locale);
        let known = self.locales.get(locale).or_else(|| self.locales.get(language));
        known.cloned().unwrap_or_else(|| Arc::from("en"))
    }
}

pub(crate) struct StoreModel {
    shelves: RwLock<Shelves>,
    available: RwLock<HashSet<Sku>>,
    /// What is only delivered later, and until when it can be bought so.
    backorder: RwLock<HashMap<Sku, Option<Timestamp>>>,
    /// Held while the model changes, so that availability and products change one after the other.
    changing: Mutex<()>,
    generation: AtomicU64,
    pages: Mutex<Kept<PageKey, Arc<PageShown>>>,
    lineups: Mutex<Kept<LineupKey, Lineup>>,
    trees: Mutex<Kept<Arc<str>, Whole<CategoryNode>>>,
    lists: Mutex<Kept<Arc<str>, Whole<CollectionView>>>,
    /// Products that hold something rendered, the longest rendered first.
    rendered: Mutex<VecDeque<Weak<Entry>>>,
    /// Products that hold cards, the longest held first.
    carded: Mutex<VecDeque<Weak<Entry>>>,
}

impl StoreModel {
    fn new(generation: u64) -> Self {
        StoreModel {
            shelves: RwLock::new(Shelves { content: generation, ..Shelves::default() }),
            available: RwLock::default(),
            backorder: RwLock::default(),
            changing: Mutex::new(()),
            generation: AtomicU64::new(generation),
            pages: Mutex::new(listing::kept_pages()),
            lineups: Mutex::new(listing::kept_lineups()),
            trees: Mutex::new(listing::kept_by_locale()),
            lists: Mutex::new(listing::kept_by_locale()),
            rendered: Mutex::default(),
            carded: Mutex::default(),
        }
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub(crate) fn taxonomy(&self) -> Arc<Taxonomy> {
        self.shelves.read().taxonomy.clone()
    }

    /// Whether something is, or was since the start, sold in `currency`.
    pub(crate) fn sells_in(&self, currency: Currency) -> bool {
        self.shelves.read().currencies.contains(&currency)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shelves.read().by_handle.is_empty()
    }

    /// Takes over what was committed, all at once: readers see everything before it or everything after it.
    pub(crate) fn apply(&self, changes: Vec<Changed>) {
        if changes.is_empty() {
            return;
        }
        let _changing = self.changing.lock();
        let mut shelves = self.shelves.write();
        for change in changes {
            match change {
                Changed::Shown(entry) => {
                    shelves.put(*entry);
                }
                Changed::Hidden(handle) => shelves.take(&handle),
                Changed::Taxonomy(taxonomy) => {
                    shelves.locales.extend(taxonomy.locales().map(|locale| Arc::from(locale.as_str())));
                    shelves.taxonomy = taxonomy;
                }
            }
        }
        shelves.content = self.generation.fetch_add(1, Ordering::AcqRel) + 1;
    }

    pub(crate) fn set_available(&self, sku: &Sku, available: bool) {
        let _changing = self.changing.lock();
        let mut set = self.available.write();
        let flipped = if available { set.insert(sku.clone()) } else { set.remove(sku) };
        drop(set);
        if !flipped {
            return;
        }
        let entry = self.shelves.read().by_sku.get(sku).map(|(entry, _)| entry.clone());
        if let Some(entry) = entry {
            entry.availability_flipped();
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Replaces the whole set: what can be bought is exactly `skus`.
    pub(crate) fn set_all_available(&self, skus: Vec<Sku>) {
        let _changing = self.changing.lock();
        *self.available.write() = skus.into_iter().collect();
        for entry in self.shelves.read().by_handle.values() {
            entry.availability_flipped();
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether a SKU is only delivered later, and until when it can be bought so.
    pub(crate) fn set_backorder(&self, sku: &Sku, backorder: Option<Option<Timestamp>>) {
        let _changing = self.changing.lock();
        let mut later = self.backorder.write();
        let before = match backorder {
            Some(until) => later.insert(sku.clone(), until),
            None => later.remove(sku),
        };
        drop(later);
        if before == backorder {
            return;
        }
        let entry = self.shelves.read().by_sku.get(sku).map(|(entry, _)| entry.clone());
        if let Some(entry) = entry {
            entry.availability_flipped();
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Replaces the whole set: exactly `skus` are only delivered later.
    pub(crate) fn set_all_backorder(&self, skus: Vec<(Sku, Option<Timestamp>)>) {
        let _changing = self.changing.lock();
        *self.backorder.write() = skus.into_iter().collect();
        for entry in self.shelves.read().by_handle.values() {
            entry.availability_flipped();
        }
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    fn backorder(&self, sku: &Sku) -> Option<Option<Timestamp>> {
        self.backorder.read().get(sku).copied()
    }

    /// Handles of the products that have `skus`.
    pub(crate) fn handles_of<'a>(&self, skus: impl Iterator<Item = &'a Sku>) -> BTreeSet<String> {
        let shelves = self.shelves.read();
        skus.filter_map(|sku| Some(shelves.by_sku.get(sku)?.0.handle.to_string())).collect()
    }

    fn is_available(&self, sku: &Sku) -> bool {
        self.available.read().contains(sku)
    }

    fn shown(&self, handle: &str, view: &View) -> Option<Arc<Shown>> {
        let (entry, locale) = {
            let shelves = self.shelves.read();
            (shelves.by_handle.get(handle)?.clone(), shelves.locale(&view.locale))
        };
        let (shown, first) =
            entry.shown(view.currency, &locale, &|sku| self.is_available(sku), &|sku| self.backorder(sku))?;
        if first {
            let mut rendered = self.rendered.lock();
            rendered.push_back(Arc::downgrade(&entry));
            if rendered.len() > MAX_RENDERED
                && let Some(oldest) = rendered.pop_front().and_then(|weak| weak.upgrade())
            {
                oldest.forget_rendered();
            }
        }
        Some(shown)
    }

    pub(crate) fn product(&self, handle: &str, view: &View) -> Option<Arc<ProductView>> {
        self.shown(handle, view).map(|shown| shown.view.clone())
    }

    pub(crate) fn product_json(&self, handle: &str, view: &View) -> Option<Rendered> {
        self.shown(handle, view).map(|shown| shown.json())
    }

    pub(crate) fn sellable(&self, sku: &Sku, view: &View) -> Option<Sellable> {
        let (entry, index) = self.shelves.read().by_sku.get(sku)?.clone();
        let (available, backorder) = (self.is_available(sku), self.backorder(sku).is_some());
        entry.sellable(usize::from(index), view.currency, &view.locale, (available, backorder))
    }

    /// Generation of the last change that was more than availability.
    pub(crate) fn content_generation(&self) -> u64 {
        self.shelves.read().content
    }

    /// Every product shown, with whether any of its variants can be bought.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        // The shelves are let go of before the many variants are looked at, so that changes need not wait.
        let entries: Vec<Arc<Entry>> = self.shelves.read().by_handle.values().cloned().collect();
        let available = self.available.read();
        let standing = |entry: &Arc<Entry>| Standing {
            id: entry.id,
            handle: entry.handle.clone(),
            version: entry.version,
            available: entry.variants.iter().any(|item| available.contains(&item.sku)),
        };
        entries.iter().map(standing).collect()
    }

    /// Languages in which something has, or had since the start, a text.
    pub(crate) fn locales(&self) -> Vec<String> {
        self.shelves.read().locales.iter().map(ToString::to_string).collect()
    }

    /// A product as lists show it, made anew when its availability flipped since.
    pub(crate) fn card(&self, handle: &str, view: &View) -> Option<Arc<ProductCard>> {
        let (entry, locale) = {
            let shelves = self.shelves.read();
            (shelves.by_handle.get(handle)?.clone(), shelves.locale(&view.locale))
        };
        let (card, first) = entry.shared_card(view.currency, &locale, &|sku| self.is_available(sku))?;
        if first {
            let mut carded = self.carded.lock();
            carded.push_back(Arc::downgrade(&entry));
            if carded.len() > MAX_CARDED
                && let Some(oldest) = carded.pop_front().and_then(|weak| weak.upgrade())
            {
                oldest.forget_cards();
            }
        }
        Some(card)
    }

    fn page(&self, query: &ProductQuery, view: &View) -> Result<Arc<PageShown>> {
        // Read before anything else, so that what is worked out here is never kept for a newer generation.
        let generation = self.generation();
        let key = PageKey {
            category: query.category.clone(),
            collection: query.collection.clone(),
            sort: query.sort,
            limit: query.page.limit,
            cursor: query.page.cursor.clone(),
            currency: view.currency,
            locale: self.shelves.read().locale(&view.locale),
        };
        if let Some(found) = self.pages.lock().get(generation, &key) {
            return Ok(found);
        }
        let lineup = self.lineup(query, view.currency, &key.locale)?;
        let available = |sku: &Sku| self.is_available(sku);
        let page = listing::page(&lineup, query, |entry| entry.card(view.currency, &key.locale, &available))?;
        let shown = PageShown::new(page);
        self.pages.lock().put(generation, key, shown.clone());
        Ok(shown)
    }

    fn lineup(&self, query: &ProductQuery, currency: Currency, locale: &Arc<str>) -> Result<Lineup> {
        let key = LineupKey {
            category: query.category.clone(),
            collection: query.collection.clone(),
            sort: query.sort,
            currency,
            locale: (query.sort == ProductSort::Title).then(|| locale.clone()),
        };
        let (content, taxonomy, entries) = {
            let shelves = self.shelves.read();
            if let Some(found) = self.lineups.lock().get(shelves.content, &key) {
                return Ok(found);
            }
            let entries: Vec<Arc<Entry>> = shelves.by_handle.values().cloned().collect();
            (shelves.content, shelves.taxonomy.clone(), entries)
        };
        let categories = match &key.category {
            Some(handle) => Some(taxonomy.below(handle).ok_or_else(|| Failure::not_found("category"))?),
            None => None,
        };
        if let Some(handle) = &key.collection
            && !taxonomy.collections.contains_key(handle)
        {
            return Err(Failure::not_found("collection"));
        }
        let lineup = listing::lineup(entries.iter(), &key, categories.as_ref());
        self.lineups.lock().put(content, key, lineup.clone());
        Ok(lineup)
    }

    pub(crate) fn products(&self, query: &ProductQuery, view: &View) -> Result<Arc<Page<ProductCard>>> {
        Ok(self.page(query, view)?.page.clone())
    }

    pub(crate) fn products_for(
        &self,
        query: &ProductQuery,
        view: &View,
        own: &dyn OwnPrices,
    ) -> Result<Arc<Page<ProductCard>>> {
        let by_price = matches!(query.sort, ProductSort::PriceAsc | ProductSort::PriceDesc);
        let locale = self.shelves.read().locale(&view.locale);
        let lineup = self.lineup(query, view.currency, &locale)?;
        if !by_price || lineup.len() > MAX_OWN_ORDER {
            return self.products(query, view);
        }
        let lineup = listing::lineup_for(&lineup, query.sort, view.currency, own);
        let available = |sku: &Sku| self.is_available(sku);
        Ok(Arc::new(listing::page(&lineup, query, |entry| entry.card(view.currency, &locale, &available))?))
    }

    /// The least that somebody with `own` prices pays for a product.
    pub(crate) fn lowest_for(&self, handle: &str, currency: Currency, own: &dyn OwnPrices) -> Option<i64> {
        let entry = self.shelves.read().by_handle.get(handle)?.clone();
        entry.lowest_for(currency, own)
    }

    pub(crate) fn products_json(&self, query: &ProductQuery, view: &View) -> Result<Rendered> {
        Ok(self.page(query, view)?.json(query))
    }

    pub(crate) fn categories(&self, locale: &str) -> Whole<CategoryNode> {
        let shelves = self.shelves.read();
        let locale = shelves.locale(locale);
        if let Some(found) = self.trees.lock().get(shelves.content, &locale) {
            return found;
        }
        let counts = count(shelves.by_handle.values().filter_map(|entry| entry.category.as_deref()));
        let tree = Arc::new(shelves.taxonomy.tree(&locale, &counts));
        let rendered = render::json(&Items { items: &tree, next_cursor: None }, "categories");
        self.trees.lock().put(shelves.content, locale, (tree.clone(), rendered.clone()));
        (tree, rendered)
    }

    pub(crate) fn collections(&self, locale: &str) -> Whole<CollectionView> {
        let shelves = self.shelves.read();
        let locale = shelves.locale(locale);
        if let Some(found) = self.lists.lock().get(shelves.content, &locale) {
            return found;
        }
        let counts = count(shelves.by_handle.values().flat_map(|entry| entry.collections.iter().map(|c| &**c)));
        let list = Arc::new(shelves.taxonomy.list(&locale, &counts));
        let rendered = render::json(&Items { items: &list, next_cursor: None }, "collections");
        self.lists.lock().put(shelves.content, locale, (list.clone(), rendered.clone()));
        (list, rendered)
    }
}

/// A list that is never split into pages, in the shape of every other list.
#[derive(serde::Serialize)]
struct Items<'a, T> {
    items: &'a [T],
    next_cursor: Option<&'a str>,
}

fn count<'a>(handles: impl Iterator<Item = &'a str>) -> HashMap<&'a str, u32> {
    let mut counts = HashMap::new();
    for handle in handles {
        *counts.entry(handle).or_default() += 1;
    }
    counts
}
