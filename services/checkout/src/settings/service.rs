//! The documents: written one after the other through the database, read from memory.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use contracts::Result;
use contracts::event::{Event, OutboxSource};
use contracts::ledger::{Actor, Vouchers};
use contracts::selling::{
    GroupPrices, LocalTime, Promotion, PromotionStanding, PromotionState, Seen, SellingTerms, ShelfTag, Shopper,
    TermsDocument, TermsKind,
};
use infra::Spawner;
use infra::sqlite::Db;
use kernel::{ErrorKind, EventId, Failure, SharedClock, SharedRng, Sku, StoreId};
use serde_json::json;
use tokio::sync::{Mutex, oneshot};

use super::rules;
use super::selling::{Documents, Selling, Snapshots, default_settings};
use super::standing;
use super::store::{self, Fault};
use crate::prices::{Asking, Price};
use crate::promotion::{automatic_counter, normal_code};
use crate::quote::Terms;

/// The most documents of one kind in a store.
const MAX_DOCUMENTS: usize = 500;

/// The selling terms of an installation.
pub struct TermsService {
    inner: Arc<Inner>,
    spawner: Spawner,
}

struct Inner {
    db: Db,
    terms: Arc<Terms>,
    snapshots: Arc<Snapshots>,
    /// Holds the limits of promotions, where placing an order counts against them.
    vouchers: Arc<dyn Vouchers>,
    clock: SharedClock,
    rng: SharedRng,
    /// Held from the check of a change until the snapshot has it, so that each is checked against all before it.
    changing: Mutex<()>,
}

impl TermsService {
    /// Opens `checkout.db` in `data_dir`. What no document says is as `terms` say.
    ///
    /// # Errors
    /// Internal, when the database cannot be opened or read.
    pub fn open(
        data_dir: &Path,
        terms: Arc<Terms>,
        vouchers: Arc<dyn Vouchers>,
        (clock, rng): (SharedClock, SharedRng),
        spawner: Spawner,
    ) -> Result<Arc<Self>> {
        let db = store::open(data_dir)?;
        let snapshots = Arc::new(Snapshots::new(terms.clone()));
        let mut stores: BTreeMap<StoreId, Documents> = BTreeMap::new();
        for (store, document) in db.read_now(store::load)? {
            let key = (document.kind(), document.handle().to_owned());
            stores.entry(store).or_default().insert(key, document);
        }
        for (store, documents) in stores {
            snapshots.replace(store, Selling::new(terms.clone(), documents));
        }
        let inner = Inner { db, terms, snapshots, vouchers, clock, rng, changing: Mutex::new(()) };
        Ok(Arc::new(TermsService { inner: Arc::new(inner), spawner }))
    }

    /// What quotes read.
    #[must_use]
    pub fn snapshots(&self) -> &Arc<Snapshots> {
        &self.inner.snapshots
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    /// Runs a change to its end, whether its caller waits or not: commit and snapshot stay together.
    async fn finish<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        self.spawner.spawn("terms-change", async move {
            // A caller that stopped waiting needs no answer.
            let _ = answer.send(change.await);
        });
        result.await.map_err(|_| Failure::unavailable("The shop is restarting. Please try again in a moment.", 2))?
    }
}

impl Inner {
    async fn put(
        &self,
        store: StoreId,
        mut document: TermsDocument,
        seen: Seen,
        actor: Actor,
    ) -> Result<TermsDocument> {
        let _changing = self.changing.lock().await;
        let selling = self.snapshots.of(store);
        tidy(&mut document);
        let key = (document.kind(), document.handle().to_owned());
        let current = selling.documents.get(&key);
        check(seen, current.map(TermsDocument::version))?;
        rules::check(&document, &selling)?;
        let version = current.map_or(1, TermsDocument::version);
        let document = document.with_version(version);
        if current == Some(&document) {
            return Ok(document);
        }
        let document = document.with_version(version + u64::from(current.is_some()));
        let of_kind = selling.documents.keys().filter(|(kind, _)| *kind == document.kind()).count();
        if current.is_none() && of_kind >= MAX_DOCUMENTS {
            let detail = format!("A shop has at most {MAX_DOCUMENTS} of these. Delete one that is no longer used.");
            return Err(Failure::conflict("too_many", detail));
        }
        if let TermsDocument::Promotion(promotion) = &document {
            self.limit(store, promotion, &actor).await?;
        }
        let (row, told) = (document.clone(), self.event(store, &document, "changed", actor.request_id));
        self.db
            .write(move |conn| -> std::result::Result<(), Fault> {
                store::put(conn, &store, &row)?;
                told(conn)
            })
            .await?;
        let mut documents = selling.documents.clone();
        documents.insert(key, document.clone());
        self.snapshots.replace(store, Selling::new(self.terms.clone(), documents));
        Ok(document)
    }

    /// Tells the ledger how often the promotion may be used, before it can be. Told and then not saved, a limit is one of
    /// a code that nobody can use.
    async fn limit(&self, store: StoreId, promotion: &Promotion, actor: &Actor) -> Result<()> {
        let (limit, each) = (promotion.limit, promotion.limit_per_customer);
        let mut counters: Vec<String> = promotion.codes.iter().map(|code| normal_code(code)).collect();
        if counters.is_empty() {
            counters.push(automatic_counter(&promotion.handle));
        }
        for counter in counters {
            let known = self.vouchers.coupon(store, &counter).await?;
            let unlimited = limit.is_none() && each.is_none();
            if known.is_none() && unlimited {
                continue;
            }
            if known.is_some_and(|known| (known.limit, known.limit_per_customer) == (limit, each)) {
                continue;
            }
            self.vouchers.limit_coupon(store, &counter, limit, each, actor.clone()).await?;
        }
        Ok(())
    }

    async fn delete(&self, store: StoreId, kind: TermsKind, handle: &str, seen: Seen, actor: Actor) -> Result<()> {
        let _changing = self.changing.lock().await;
        let selling = self.snapshots.of(store);
        let key = (kind, handle.to_owned());
        let Some(current) = selling.documents.get(&key) else {
            return Err(Failure::not_found(&kind.name().replace('_', " ")));
        };
        check(seen, Some(current.version()))?;
        let told = self.event(store, current, "deleted", actor.request_id);
        let handle = handle.to_owned();
        self.db
            .write(move |conn| -> std::result::Result<(), Fault> {
                store::delete(conn, &store, kind, &handle)?;
                told(conn)
            })
            .await?;
        let mut documents = selling.documents.clone();
        documents.remove(&key);
        self.snapshots.replace(store, Selling::new(self.terms.clone(), documents));
        Ok(())
    }

    /// Writes the event that tells of a change of `document`.
    fn event(
        &self,
        store: StoreId,
        document: &TermsDocument,
        what: &str,
        request_id: Option<String>,
    ) -> impl FnOnce(&rusqlite::Connection) -> std::result::Result<(), Fault> + use<> {
        let at = self.clock.now();
        let id = EventId::new(at, self.rng.as_ref());
        let noun = document.kind().name();
        let (aggregate, kind) = (format!("{noun}:{}", document.handle()), format!("checkout.{noun}_{what}"));
        let data = json!({ "handle": document.handle(), "version": document.version() });
        move |conn| {
            let (aggregate, kind, request_id) = (aggregate.as_str(), kind.as_str(), request_id.as_deref());
            store::append(conn, &store::NewEvent { id, store: &store, aggregate, kind, at, request_id, data })
        }
    }
}

/// Codes are kept in one way of writing, so that they are found however they are typed.
fn tidy(document: &mut TermsDocument) {
    if let TermsDocument::Promotion(promotion) = document {
        for code in &mut promotion.codes {
            *code = normal_code(code);
        }
    }
}

/// # Errors
/// 412 when `current` is another version, 428 when there is one and none was named.
fn check(seen: Seen, current: Option<u64>) -> Result<()> {
    match (seen, current) {
        (Seen::Any, _) | (Seen::Nothing, None) => Ok(()),
        (Seen::Version(seen), Some(current)) if seen == current => Ok(()),
        (Seen::Version(_), _) => Err(Failure::new(
            ErrorKind::PreconditionFailed,
            "stale_version",
            "Somebody changed this in the meantime. Read it again and repeat your change.",
        )),
        (Seen::Nothing, Some(_)) => Err(Failure::new(
            ErrorKind::PreconditionRequired,
            "if_match_required",
            "This exists already. Name the version you have read in If-Match, as its ETag said.",
        )),
    }
}

impl GroupPrices for TermsService {
    fn has_own(&self, shopper: &Shopper<'_>) -> bool {
        self.asked(shopper, |selling, asking| selling.lists.has_own(asking))
    }

    fn tag(&self, shopper: &Shopper<'_>, sku: &Sku, shelf: ShelfTag) -> ShelfTag {
        let catalog = Price { unit: shelf.unit, compare_at: shelf.compare_at };
        let Price { unit, compare_at } =
            self.asked(shopper, |selling, asking| selling.lists.price(sku, 1, catalog, asking));
        ShelfTag { unit, compare_at }
    }
}

impl TermsService {
    fn asked<T>(&self, shopper: &Shopper<'_>, ask: impl FnOnce(&Selling, &Asking<'_>) -> T) -> T {
        let selling = self.inner.snapshots.of(shopper.store);
        let groups = selling.groups_of(Some(shopper.customer));
        let now = self.inner.clock.now();
        ask(&selling, &Asking { currency: shopper.currency, market: shopper.market, groups, now })
    }
}

#[async_trait]
impl SellingTerms for TermsService {
    async fn documents(&self, store: StoreId, kind: TermsKind) -> Result<Vec<TermsDocument>> {
        let selling = self.inner.snapshots.of(store);
        Ok(selling.documents.values().filter(|document| document.kind() == kind).cloned().collect())
    }

    /// The settings are there from the beginning, as the configuration says and with version 0.
    async fn document(&self, store: StoreId, kind: TermsKind, handle: &str) -> Result<Option<TermsDocument>> {
        let selling = self.inner.snapshots.of(store);
        let found = selling.documents.get(&(kind, handle.to_owned())).cloned();
        let is_settings = kind == TermsKind::Settings && handle == "shop";
        Ok(found.or_else(|| is_settings.then(|| TermsDocument::Settings(default_settings(&self.inner.terms)))))
    }

    async fn put(&self, store: StoreId, document: TermsDocument, seen: Seen, actor: Actor) -> Result<TermsDocument> {
        let inner = self.inner.clone();
        self.finish(async move { inner.put(store, document, seen, actor).await }).await
    }

    async fn delete(&self, store: StoreId, kind: TermsKind, handle: &str, seen: Seen, actor: Actor) -> Result<()> {
        let (inner, handle) = (self.inner.clone(), handle.to_owned());
        self.finish(async move { inner.delete(store, kind, &handle, seen, actor).await }).await
    }

    async fn promotion_states(&self, store: StoreId) -> Result<BTreeMap<String, PromotionState>> {
        let selling = self.inner.snapshots.of(store);
        standing::states(self.inner.vouchers.as_ref(), store, &selling, self.inner.clock.now()).await
    }

    async fn promotion_standing(&self, store: StoreId, handle: &str) -> Result<Option<PromotionStanding>> {
        let selling = self.inner.snapshots.of(store);
        standing::standing(self.inner.vouchers.as_ref(), store, &selling, handle, self.inner.clock.now()).await
    }

    async fn local_now(&self, store: StoreId) -> Result<LocalTime> {
        let local = self.inner.snapshots.of(store).local(self.inner.clock.now());
        local.ok_or_else(|| Failure::internal("the clock shows a time that no calendar has"))
    }
}

/// The default store's events join the feed of the shop.
#[async_trait]
impl OutboxSource for TermsService {
    fn name(&self) -> &'static str {
        "checkout"
    }

    async fn unpublished(&self, limit: usize) -> Result<Vec<Event>> {
        Ok(self.inner.db.read(move |conn| store::unpublished(conn, &StoreId::DEFAULT, limit)).await?)
    }

    async fn mark_published(&self, store: StoreId, position: u64) -> Result<()> {
        Ok(self.inner.db.write(move |conn| store::mark_published(conn, &store, position)).await?)
    }
}
