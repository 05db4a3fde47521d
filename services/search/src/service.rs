//! The service: answers from snapshots, synonyms from its database.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwap, ArcSwapOption};
use async_trait::async_trait;
use bytes::Bytes;
use contracts::Result;
use contracts::catalog::{Catalog, CatalogContents, CatalogRead, OwnPrices, View};
use contracts::search::{
    Filter, Search, SearchAnswer, SearchCheck, SearchOffice, SearchRequest, SearchSort, Suggestions, Synonyms,
};
use infra::sqlite::{Db, Options, Synchronous};
use kernel::{Currency, ErrorKind, Failure, SharedClock, StoreId, Timestamp};
use parking_lot::Mutex;

use crate::follow::Seen;
use crate::index::{Generation, Indexed, Snapshot};
use crate::language::Language;
use crate::query::{self, Shelf};
use crate::store;
use crate::thesaurus::{self, Thesauri};

/// The most answers kept; beyond it the oldest is forgotten. About 40 kB each, with its JSON.
const MAX_KEPT: usize = 1_024;

/// The most languages of an index; every product is in it once for each.
const MAX_LANGUAGES: usize = 12;

/// What the search is given.
#[derive(Clone)]
pub struct SearchParts {
    pub catalog: Arc<dyn Catalog>,
    pub read: Arc<dyn CatalogRead>,
    pub contents: Arc<dyn CatalogContents>,
    pub clock: SharedClock,
    /// Locales of the shop's markets. These languages can be searched in, and those that the catalog has texts in; the
    /// first answers requests in any other.
    pub locales: Vec<String>,
    /// The currency and language of whoever asks for none.
    pub default_view: View,
}

/// The search of an installation.
pub struct SearchService {
    pub(crate) parts: SearchParts,
    pub(crate) stores: HashMap<StoreId, StoreSearch>,
    db: Db,
}

/// An index that is being changed by one at a time.
pub(crate) type SharedGeneration = Arc<Mutex<Generation>>;

/// The search of one store.
pub(crate) struct StoreSearch {
    pub(crate) store: StoreId,
    /// Folder of its generations.
    pub(crate) base: PathBuf,
    pub(crate) current: Mutex<Option<SharedGeneration>>,
    snapshot: ArcSwapOption<Snapshot>,
    thesauri: ArcSwap<Thesauri>,
    /// Grows with every snapshot and every change of synonyms.
    revision: AtomicU64,
    kept: Mutex<Kept>,
    pub(crate) seen: Mutex<Seen>,
    /// Held while the index in use is compared and changed.
    pub(crate) converging: tokio::sync::Mutex<()>,
    /// Held while a new one is made.
    pub(crate) rebuilding: tokio::sync::Mutex<()>,
    pub(crate) last_repair: Mutex<Option<Timestamp>>,
}

/// An answer, with its JSON once somebody asked for it.
pub(crate) struct Answered {
    /// The revision of the index and the generation of the catalog that it is good for.
    of: (u64, u64),
    answer: Arc<SearchAnswer>,
    json: OnceLock<Bytes>,
}

impl Answered {
    pub(crate) fn json(&self) -> Bytes {
        let rendered = || Bytes::from(serde_json::to_vec(&*self.answer).expect("an answer is always JSON"));
        self.json.get_or_init(rendered).clone()
    }
}

/// Answers, the oldest first in `order`. What is outdated stays until its turn comes: letting go of all at once would
/// make one shopper wait for it.
#[derive(Default)]
struct Kept {
    answers: HashMap<Arc<Asked>, Arc<Answered>>,
    order: VecDeque<Arc<Asked>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Asked {
    query: String,
    filters: Vec<Filter>,
    sort: SearchSort,
    limit: u32,
    cursor: Option<String>,
    currency: Currency,
    locale: String,
}

impl SearchService {
    /// Opens `search.db` and the index of each of `stores`, and brings it up to date unless that takes long: then
    /// [`Self::follow`] does it while searches find what is there already.
    ///
    /// # Errors
    /// Internal, when the database cannot be opened or no index can be made.
    pub async fn open(data_dir: &Path, stores: &[StoreId], parts: SearchParts) -> Result<Arc<Self>> {
        let options = Options { synchronous: Synchronous::Full, readers: 1 };
        let db = Db::open(&data_dir.join("search.db"), store::MIGRATIONS, options)?;
        let base = data_dir.join("search");
        let store_search = |&store: &StoreId| {
            let search = StoreSearch {
                store,
                base: base.join(store.to_string()),
                current: Mutex::default(),
                snapshot: ArcSwapOption::empty(),
                thesauri: ArcSwap::from_pointee(Thesauri::default()),
                revision: AtomicU64::new(0),
                kept: Mutex::default(),
                seen: Mutex::default(),
                converging: tokio::sync::Mutex::default(),
                rebuilding: tokio::sync::Mutex::default(),
                last_repair: Mutex::default(),
            };
            (store, search)
        };
        let stores = stores.iter().map(store_search).collect();
        let service = Arc::new(SearchService { parts, stores, db });
        for search in service.stores.values() {
            service.read_synonyms(search).await?;
            service.open_index(search).await?;
        }
        Ok(service)
    }

    /// Writes `synonyms` for languages that have none yet: what a demo shop starts with.
    ///
    /// # Errors
    /// As [`SearchOffice::put_synonyms`].
    pub async fn seed_synonyms(&self, store: StoreId, synonyms: Vec<Synonyms>) -> Result<()> {
        for Synonyms { locale, groups, .. } in synonyms {
            if SearchOffice::synonyms(self, store, &locale).await?.version == 0 {
                self.put_synonyms(store, &locale, None, groups).await?;
            }
        }
        Ok(())
    }

    /// The currency and language that a request names.
    ///
    /// # Errors
    /// `unknown_currency` when nothing is sold in it; `unknown_locale` when it is no language tag.
    pub(crate) fn view(&self, store: StoreId, currency: Option<&str>, locale: Option<String>) -> Result<View> {
        let default = &self.parts.default_view;
        let currency = match currency {
            None => default.currency,
            Some(code) => {
                let sold = |currency: &Currency| {
                    *currency == default.currency
                        || self.snapshot(store).is_ok_and(|found| found.indexed.columns.prices(*currency).is_some())
                };
                let unknown =
                    || Failure::field("/currency", "unknown_currency", "The shop does not sell in this currency.");
                Currency::parse(code).ok().filter(sold).ok_or_else(unknown)?
            }
        };
        let locale = match locale {
            None => default.locale.clone(),
            Some(locale) if is_locale(&locale) => locale,
            Some(_) => {
                return Err(Failure::field("/locale", "unknown_locale", "Name the language as in `en` or `de-CH`."));
            }
        };
        Ok(View { currency, locale })
    }

    pub(crate) fn of(&self, store: StoreId) -> Result<&StoreSearch> {
        self.stores.get(&store).ok_or_else(|| Failure::not_found("store"))
    }

    fn snapshot(&self, store: StoreId) -> Result<Arc<Snapshot>> {
        let made = || Failure::unavailable("The search of this shop is being made. Please try again in a moment.", 1);
        self.of(store)?.snapshot.load_full().ok_or_else(made)
    }

    async fn read_synonyms(&self, search: &StoreSearch) -> Result<()> {
        let store = search.store;
        let all = self.db.read(move |conn| store::all(conn, store)).await?;
        search.thesauri.store(Arc::new(Thesauri::new(&all)));
        search.revision.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }
}

impl SearchService {
    /// # Errors
    /// As [`Search::search`].
    pub(crate) fn answered(&self, store: StoreId, request: &SearchRequest, view: &View) -> Result<Arc<Answered>> {
        let search = self.of(store)?;
        // Read before anything else, so that what is found here is never kept for something newer.
        let of = (search.revision.load(Ordering::Acquire), self.parts.read.generation(store));
        let asked = Asked {
            query: request.query.trim().to_owned(),
            filters: request.filters.clone(),
            sort: request.sort,
            limit: request.page.limit,
            cursor: request.page.cursor.clone(),
            currency: view.currency,
            locale: view.locale.clone(),
        };
        if let Some(kept) = search.kept(of, &asked) {
            return Ok(kept);
        }
        let (snapshot, thesauri) = (self.snapshot(store)?, search.thesauri.load_full());
        let shelf = Shelf { store, snapshot: &snapshot, thesauri: &thesauri, contents: &*self.parts.contents };
        let answer = Arc::new(query::search(&shelf, request, view, None)?);
        let answered = Arc::new(Answered { of, answer, json: OnceLock::new() });
        search.keep(asked, answered.clone());
        Ok(answered)
    }

    /// The languages of a store's index: of the markets, then of the catalog.
    pub(crate) fn languages(&self, store: StoreId) -> Vec<Language> {
        let mut languages: Vec<Language> = Vec::new();
        for locale in self.parts.locales.iter().chain(&self.parts.contents.locales(store)) {
            let language = Language::of(locale);
            if languages.len() < MAX_LANGUAGES && !languages.iter().any(|known| known.code == language.code) {
                languages.push(language);
            }
        }
        languages
    }
}

impl StoreSearch {
    pub(crate) fn publish(&self, snapshot: Snapshot) {
        self.snapshot.store(Some(Arc::new(snapshot)));
        self.revision.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn indexed(&self) -> Option<Arc<Indexed>> {
        self.snapshot.load().as_ref().map(|snapshot| snapshot.indexed.clone())
    }

    fn kept(&self, of: (u64, u64), asked: &Asked) -> Option<Arc<Answered>> {
        self.kept.lock().answers.get(asked).filter(|kept| kept.of == of).cloned()
    }

    fn keep(&self, asked: Asked, answered: Arc<Answered>) {
        let asked = Arc::new(asked);
        let mut kept = self.kept.lock();
        let replaced = kept.answers.insert(asked.clone(), answered);
        if replaced.is_none() {
            kept.order.push_back(asked);
        }
        let oldest = if kept.order.len() > MAX_KEPT { kept.order.pop_front() } else { None };
        let forgotten = oldest.and_then(|oldest| kept.answers.remove(&oldest));
        // Freeing takes longer than finding: not while others wait.
        drop(kept);
        drop((replaced, forgotten));
    }
}

/// Whether `text` looks like a language tag.
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('-');
    let language =
        parts.next().is_some_and(|part| (2..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    language
        && text.len() <= 35
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

impl Search for SearchService {
    fn generation(&self, store: StoreId) -> u64 {
        let revision = self.stores.get(&store).map_or(0, |search| search.revision.load(Ordering::Acquire));
        // Both only grow, so their sum changes whenever one of them does.
        self.parts.read.generation(store).wrapping_add(revision)
    }

    fn search(&self, store: StoreId, request: &SearchRequest, view: &View) -> Result<Arc<SearchAnswer>> {
        Ok(self.answered(store, request, view)?.answer.clone())
    }

    fn search_for(
        &self,
        store: StoreId,
        request: &SearchRequest,
        view: &View,
        own: &dyn OwnPrices,
    ) -> Result<Arc<SearchAnswer>> {
        let (snapshot, thesauri) = (self.snapshot(store)?, self.of(store)?.thesauri.load_full());
        let shelf = Shelf { store, snapshot: &snapshot, thesauri: &thesauri, contents: &*self.parts.contents };
        Ok(Arc::new(query::search(&shelf, request, view, Some(own))?))
    }

    fn suggest(&self, store: StoreId, typed: &str, view: &View) -> Result<Suggestions> {
        let (snapshot, thesauri) = (self.snapshot(store)?, self.of(store)?.thesauri.load_full());
        let shelf = Shelf { store, snapshot: &snapshot, thesauri: &thesauri, contents: &*self.parts.contents };
        query::suggest(&shelf, typed, view)
    }
}

#[async_trait]
impl SearchOffice for SearchService {
    async fn synonyms(&self, store: StoreId, locale: &str) -> Result<Synonyms> {
        let code = language_code(locale)?;
        let wanted = code.clone();
        let found = self.db.read(move |conn| store::find(conn, store, &wanted)).await?;
        Ok(found.unwrap_or(Synonyms { locale: code, ..Synonyms::default() }))
    }

    async fn put_synonyms(
        &self,
        store: StoreId,
        locale: &str,
        version: Option<u64>,
        groups: Vec<Vec<String>>,
    ) -> Result<Synonyms> {
        let search = self.of(store)?;
        let locale = language_code(locale)?;
        let groups = thesaurus::checked(groups)?;
        let now = self.parts.clock.now();
        let write = move |conn: &rusqlite::Connection| -> Result<Synonyms> {
            let before = store::find(conn, store, &locale)?.map_or(0, |found| found.version);
            if version.is_some_and(|version| version != before) {
                let detail = "Somebody changed these synonyms in the meantime. Read them again and repeat your change.";
                return Err(Failure::new(ErrorKind::PreconditionFailed, "stale_version", detail));
            }
            let synonyms = Synonyms { locale, groups, version: before + 1 };
            store::put(conn, store, &synonyms, now)?;
            Ok(synonyms)
        };
        let written = self.db.write(write).await?;
        self.read_synonyms(search).await?;
        Ok(written)
    }

    async fn check(&self, store: StoreId) -> Result<SearchCheck> {
        self.compare(self.of(store)?)
    }

    async fn rebuild(&self, store: StoreId) -> Result<SearchCheck> {
        let search = self.of(store)?;
        self.make_anew(search).await?;
        self.compare(search)
    }
}

/// The language of a locale, as synonyms are kept by.
fn language_code(locale: &str) -> Result<String> {
    let unknown = || Failure::field("/locale", "unknown_locale", "Name the language as in `en` or `de`.");
    if is_locale(locale) { Ok(Language::of(locale).code) } else { Err(unknown()) }
}
