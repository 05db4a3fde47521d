//! Keeps the index like the catalog: one comparison, run when something changed and now and then without a reason.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use contracts::Result;
use contracts::catalog::{Product, ProductStatus, Standing};
use contracts::search::SearchCheck;
use kernel::{ErrorKind, Failure, ProductId};
use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::index::{Bits, Fault, Generation, Meta, Snapshot, Taxonomy};
use crate::language::Language;
use crate::service::{SearchService, SharedGeneration, StoreSearch};

/// How often the catalog is asked whether it changed: one atomic number.
const POLL: Duration = Duration::from_millis(100);
/// The least time between two commits, so that changes that come together share one.
const BATCH: Duration = Duration::from_millis(250);
/// How often everything is compared although nothing seems to have changed.
const RECONCILE: Duration = Duration::from_secs(60);
/// How long a broken index rests before it is tried again.
const REST: Duration = Duration::from_secs(2);
/// Products in one commit: a large import shows up bit by bit.
const CHUNK: usize = 500;
/// Products that are indexed before the shop opens; more are left to the follower.
const AT_ONCE: usize = 1_000;
/// The most handles that a comparison names.
const NAMED: usize = 100;
/// Names the generation in use.
const CURRENT: &str = "current";

/// What of the catalog the index has taken over.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen {
    content: Option<u64>,
    everything: Option<u64>,
    /// When something was last taken over.
    changed: Option<Instant>,
    /// When everything was last compared.
    compared: Option<Instant>,
}

impl SearchService {
    /// Follows the catalog until `stop` fires.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        loop {
            let mut pause = POLL;
            for search in self.stores.values() {
                let step = tokio::select! {
                    () = stop.cancelled() => return,
                    step = self.step(search) => step,
                };
                if let Err(failure) = step {
                    let (store, internal) = (search.store, failure.internal.as_deref());
                    tracing::warn!(%store, %failure, internal, "the index does not follow the catalog; trying again");
                    pause = REST;
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Opens the index that was in use, or makes one.
    pub(crate) async fn open_index(&self, search: &StoreSearch) -> Result<()> {
        let languages = self.languages(search.store);
        let taxonomy = Arc::new(self.taxonomy(search, &languages).await?);
        let base = search.base.clone();
        let opened = blocking(move || {
            let name = std::fs::read_to_string(base.join(CURRENT))?;
            Generation::open(&base, name.trim().to_owned(), languages, taxonomy)
        });
        match opened.await {
            Ok(generation) => *search.current.lock() = Some(Arc::new(Mutex::new(generation))),
            Err(failure) => {
                tracing::debug!(store = %search.store, internal = failure.internal, "no index to go on with; making one");
                let generation = self.create(search).await?;
                self.take_into_use(search, generation).await?;
            }
        }
        let standings = self.parts.contents.standings(search.store);
        let outdated = self.current(search)?.lock().differences(&standings).0.len();
        if outdated <= AT_ONCE {
            return self.step(search).await;
        }
        self.publish(search, &self.current(search)?, standings).await
    }

    /// Takes over what changed since the last step.
    async fn step(&self, search: &StoreSearch) -> Result<()> {
        let store = search.store;
        let (everything, content) = (self.parts.read.generation(store), self.parts.contents.content_generation(store));
        let seen = *search.seen.lock();
        if seen.changed.is_some_and(|at| at.elapsed() < BATCH) {
            return Ok(());
        }
        let now = Instant::now();
        if seen.content != Some(content) {
            self.refresh(search).await?;
            let compared = Some(now);
            *search.seen.lock() =
                Seen { content: Some(content), everything: Some(everything), changed: Some(now), compared };
        } else if seen.everything != Some(everything) {
            let standings = self.parts.contents.standings(store);
            self.publish_availability(search, &standings)?;
            *search.seen.lock() = Seen { everything: Some(everything), changed: Some(now), ..seen };
        } else if seen.compared.is_none_or(|at| at.elapsed() >= RECONCILE) {
            self.reconcile(search).await?;
            search.seen.lock().compared = Some(now);
        }
        Ok(())
    }

    /// Makes the index in use like the catalog, or a new one when it cannot be.
    async fn refresh(&self, search: &StoreSearch) -> Result<()> {
        let languages = self.languages(search.store);
        let taxonomy = self.taxonomy(search, &languages).await?;
        let current = self.current(search)?;
        let fits = {
            let generation = current.lock();
            generation.meta == Meta::new(&languages, &taxonomy) && !generation.is_hollow()
        };
        if !fits {
            return self.make_anew(search).await;
        }
        let converging = search.converging.lock().await;
        match self.converge(search, &current, true).await {
            Ok(_) => Ok(()),
            Err(failure) => {
                let internal = failure.internal;
                tracing::warn!(store = %search.store, internal, "the index is damaged; a new one takes its place");
                drop(converging);
                self.make_anew(search).await
            }
        }
    }

    /// The comparison that nobody asked for. A difference that no change explains is repaired and told.
    async fn reconcile(&self, search: &StoreSearch) -> Result<()> {
        let check = self.compare(search)?;
        if check.agrees {
            return Ok(());
        }
        let (outdated, surplus) = (check.outdated.len(), check.surplus.len());
        tracing::warn!(store = %search.store, outdated, surplus, "the index differed from the catalog; repairing it");
        *search.last_repair.lock() = Some(self.parts.clock.now());
        self.refresh(search).await
    }

    /// Compares the index in use with the catalog.
    pub(crate) fn compare(&self, search: &StoreSearch) -> Result<SearchCheck> {
        let standings = self.parts.contents.standings(search.store);
        let current = self.current(search)?;
        let generation = current.lock();
        let (outdated, gone) = generation.differences(&standings);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(SearchCheck {
            catalog: count(standings.len()),
            indexed: count(generation.len()),
            agrees: outdated.is_empty() && gone.is_empty(),
            outdated: outdated.iter().take(NAMED).map(ToString::to_string).collect(),
            surplus: gone.iter().take(NAMED).filter_map(|id| generation.handle(*id)).map(str::to_owned).collect(),
            generation: generation.name.clone(),
            languages: generation.meta.languages.clone(),
            last_repair: search.last_repair.lock().map(Into::into),
        })
    }

    /// Makes a new index beside the one in use and puts it in its place.
    pub(crate) async fn make_anew(&self, search: &StoreSearch) -> Result<()> {
        let _rebuilding = search.rebuilding.lock().await;
        let generation = self.create(search).await?;
        // The bulk, while the old one still follows the catalog; then what changed meanwhile, while nothing else does.
        self.converge(search, &generation, false).await?;
        let _converging = search.converging.lock().await;
        self.converge(search, &generation, false).await?;
        let products = generation.lock().len();
        self.take_into_use(search, generation.clone()).await?;
        let standings = self.parts.contents.standings(search.store);
        self.publish(search, &generation, standings).await?;
        tracing::info!(store = %search.store, products, name = generation.lock().name, "a new index is in use");
        Ok(())
    }

    async fn create(&self, search: &StoreSearch) -> Result<SharedGeneration> {
        let languages = self.languages(search.store);
        let taxonomy = Arc::new(self.taxonomy(search, &languages).await?);
        let base = search.base.clone();
        let now = self.parts.clock.now().millis().max(0);
        let made = blocking(move || {
            let free = (now..).map(|at| format!("{at:013}")).find(|name| !base.join(name).exists());
            Generation::create(&base, free.unwrap_or_default(), languages, taxonomy)
        });
        Ok(Arc::new(Mutex::new(made.await?)))
    }

    /// From now on, also after a restart, `generation` is the index; others are deleted.
    async fn take_into_use(&self, search: &StoreSearch, generation: SharedGeneration) -> Result<()> {
        let name = generation.lock().name.clone();
        let old = search.current.lock().replace(generation);
        let base = search.base.clone();
        blocking(move || {
            let fresh = base.join(format!("{CURRENT}.new"));
            std::fs::write(&fresh, &name)?;
            std::fs::rename(&fresh, base.join(CURRENT))?;
            drop(old);
            remove_others(&base, &name);
            Ok(())
        })
        .await
    }

    /// Reads what differs and writes it to `generation`. With `publish`, searches see it chunk by chunk.
    async fn converge(&self, search: &StoreSearch, generation: &SharedGeneration, publish: bool) -> Result<usize> {
        let standings = self.parts.contents.standings(search.store);
        let (outdated, mut gone) = generation.lock().differences(&standings);
        let changed = outdated.len() + gone.len();
        let mut chunks = outdated.chunks(CHUNK);
        while let Some(chunk) = chunks.next().or((!gone.is_empty()).then_some(&[])) {
            let products = self.documents(search, chunk).await?;
            let (shared, gone): (_, Vec<ProductId>) = (generation.clone(), std::mem::take(&mut gone));
            blocking(move || shared.lock().apply(&products, &gone)).await?;
            if publish && chunks.len() > 0 {
                self.publish(search, generation, standings.clone()).await?;
            }
        }
        if publish {
            self.publish(search, generation, standings).await?;
        }
        Ok(changed)
    }

    async fn documents(&self, search: &StoreSearch, handles: &[Arc<str>]) -> Result<Vec<Product>> {
        let mut products = Vec::with_capacity(handles.len());
        for (at, handle) in handles.iter().enumerate() {
            match self.parts.catalog.document(search.store, handle).await {
                Ok(product) if product.content.status == ProductStatus::Active => products.push(product),
                // It went since it was listed; the next comparison knows.
                Ok(_) => {}
                Err(failure) if failure.kind == ErrorKind::NotFound => {}
                Err(failure) => return Err(failure),
            }
            if at % 16 == 15 {
                tokio::task::yield_now().await;
            }
        }
        Ok(products)
    }

    /// Shows searches what `generation` holds.
    async fn publish(
        &self,
        search: &StoreSearch,
        generation: &SharedGeneration,
        standings: Vec<Standing>,
    ) -> Result<()> {
        let shared = generation.clone();
        let snapshot = blocking(move || {
            let generation = shared.lock();
            let available: Arc<Bits> = Arc::new(generation.availability(&standings));
            Ok(Snapshot { indexed: Arc::new(generation.indexed()?), available })
        });
        search.publish(snapshot.await?);
        Ok(())
    }

    fn publish_availability(&self, search: &StoreSearch, standings: &[Standing]) -> Result<()> {
        let available = Arc::new(self.current(search)?.lock().availability(standings));
        if let Some(indexed) = search.indexed() {
            search.publish(Snapshot { indexed, available });
        }
        Ok(())
    }

    fn current(&self, search: &StoreSearch) -> Result<SharedGeneration> {
        search.current.lock().clone().ok_or_else(|| Failure::internal("a store has no index"))
    }

    async fn taxonomy(&self, search: &StoreSearch, languages: &[Language]) -> Result<Taxonomy> {
        let types = self.parts.catalog.product_types(search.store).await?;
        let codes = || languages.iter().map(|language| &language.code);
        let categories: Vec<_> = codes().map(|code| self.parts.read.categories(search.store, code)).collect();
        let collections: Vec<_> = codes().map(|code| self.parts.read.collections(search.store, code)).collect();
        let categories: Vec<_> = categories.iter().map(|tree| tree.as_slice()).collect();
        let collections: Vec<_> = collections.iter().map(|list| list.as_slice()).collect();
        Ok(Taxonomy::new(types, &categories, &collections))
    }
}

/// Runs what touches the disk where it may block.
async fn blocking<T, F>(job: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> std::result::Result<T, Fault> + Send + 'static,
{
    match tokio::task::spawn_blocking(job).await {
        Ok(outcome) => Ok(outcome?),
        Err(error) => Err(Failure::internal(format_args!("work on the index was cut short: {error}"))),
    }
}

/// Deletes what is left of other generations. What cannot be deleted now is tried again at the next change.
fn remove_others(base: &Path, name: &str) {
    let Ok(entries) = std::fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let other = entry.file_name();
        if other != name
            && other != CURRENT
            && entry.path().is_dir()
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, path = %entry.path().display(), "an old index could not be deleted");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use contracts::search::{Search as _, SearchOffice as _};
    use kernel::StoreId;

    use super::*;
    use crate::api::probe::{self, Client, Goods, shoe};

    /// What is found by `query` within two seconds of now, once it is `expected`.
    async fn soon(client: &Client, query: &str, expected: &[&str]) {
        let begun = Instant::now();
        loop {
            let found = client.found(query).await;
            if found == expected {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(2), "{query}: {found:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn changes_are_found_within_two_seconds() {
        let client = Client::with(vec![shoe("a", "First Sneaker", 1)]).await;
        let stop = CancellationToken::new();
        let following = client.search.clone().follow(stop.clone());
        let changing = async {
            client.goods.put(shoe("b", "Second Sandal", 2));
            soon(&client, "sandal", &["b"]).await;
            client.goods.put(shoe("b", "Second Slipper", 2));
            soon(&client, "sandal", &[]).await;
            assert_eq!(client.found("slipper").await, ["b"]);
            client.goods.set_sold_out("a");
            soon(&client, "&filter.available=false", &["a"]).await;
            client.goods.remove("b");
            soon(&client, "slipper", &[]).await;
            // A new attribute to filter by changes every product.
            let made_of = serde_json::json!({
                "handle": "", "name": { "en": "Any" }, "version": 1,
                "attributes": [{ "name": "sole", "label": { "en": "Sole" }, "kind": "text", "filterable": true }],
            });
            client.goods.types.lock().push(serde_json::from_value(made_of).unwrap());
            let json = serde_json::json!({ "title": { "en": "Third" }, "attributes": { "sole": "cork" } });
            client.goods.put(probe::product("c", json));
            soon(&client, "third", &["c"]).await;
            assert_eq!(client.found("&filter.sole=cork").await, ["c"]);
            stop.cancel();
        };
        futures::future::join(following, changing).await;
        assert!(client.search.check(StoreId::DEFAULT).await.unwrap().agrees);
    }

    #[tokio::test]
    async fn a_restart_reads_only_what_changed_meanwhile() {
        let goods = Arc::new(Goods::default());
        let client = Client::over(goods.clone(), (0..5).map(|n| shoe(&format!("s{n}"), "Sneaker", n)).collect()).await;
        assert_eq!(goods.read.lock().len(), 5);
        let dir = client.close();
        goods.put(shoe("s3", "Sandal", 3));
        goods.remove("s4");
        goods.read.lock().clear();
        let search = probe::open(dir.path(), goods.clone()).await;
        assert_eq!(*goods.read.lock(), ["s3"]);
        let check = search.check(StoreId::DEFAULT).await.unwrap();
        assert!(check.agrees && check.indexed == 4, "{check:?}");
    }

    #[tokio::test]
    async fn a_damaged_index_is_made_anew() {
        let goods = Arc::new(Goods::default());
        let client = Client::over(goods.clone(), vec![shoe("a", "Sneaker", 1)]).await;
        let dir = client.close();
        let base = dir.path().join("search").join(StoreId::DEFAULT.to_string());
        let name = std::fs::read_to_string(base.join(CURRENT)).unwrap();
        std::fs::write(base.join(&name).join("meta.json"), "{").unwrap();
        let search = probe::open(dir.path(), goods.clone()).await;
        let check = search.check(StoreId::DEFAULT).await.unwrap();
        assert!(check.agrees && check.indexed == 1 && check.generation != name, "{check:?}");
        assert!(!base.join(&name).exists(), "the old one is gone");
    }

    #[tokio::test]
    async fn what_went_wrong_unseen_is_repaired_and_told() {
        let client = Client::with(vec![shoe("a", "Sneaker", 1), shoe("b", "Sandal", 1)]).await;
        let search = client.search.of(StoreId::DEFAULT).unwrap();
        // Behind everybody's back: a product is lost from the index.
        let id = client.goods.products.lock()["a"].id;
        client.search.current(search).unwrap().lock().apply(&[], &[id]).unwrap();
        let check = client.get_keyed("/admin/search").await;
        assert_eq!((check.body["agrees"].as_bool(), check.body["outdated"][0].as_str()), (Some(false), Some("a")));
        client.search.reconcile(search).await.unwrap();
        let check = client.get_keyed("/admin/search").await;
        assert_eq!(check.body["agrees"], true);
        assert!(check.body["last_repair"].is_string());
        assert_eq!(client.found("sneaker").await, ["a"]);
    }

    #[tokio::test]
    async fn a_rebuild_does_not_interrupt_searches() {
        let client = Client::with((0..40).map(|n| shoe(&format!("s{n:02}"), "Sneaker", n)).collect()).await;
        let before = client.get_keyed("/admin/search").await.body["generation"].clone();
        let stop = CancellationToken::new();
        let searching = async {
            let mut searches = 0;
            while !stop.is_cancelled() {
                assert_eq!(client.get("sneaker").await.body["total"], 40);
                searches += 1;
                tokio::task::yield_now().await;
            }
            searches
        };
        let rebuilding = async {
            for _ in 0..3 {
                let answer = client.post("/admin/search/rebuild").await;
                assert_eq!((answer.status.as_u16(), answer.body["agrees"].as_bool()), (200, Some(true)));
            }
            stop.cancel();
        };
        let (searches, ()) = futures::future::join(searching, rebuilding).await;
        assert!(searches > 3);
        assert_ne!(client.get_keyed("/admin/search").await.body["generation"], before);
        let generation = client.search.generation(StoreId::DEFAULT);
        client.goods.changed();
        assert_ne!(client.search.generation(StoreId::DEFAULT), generation);
    }
}
