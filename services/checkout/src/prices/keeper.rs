//! Keeps shelves and lists together: tells the catalog what everybody pays by the price lists, and remembers what everybody
//! could buy a variant at, for the lowest price of the last 30 days.
//!
//! It reads the terms, the catalog and its own table and converges; nothing is lost when it stands still for a while, except
//! that a price which came and went meanwhile was never seen.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use contracts::Result;
use contracts::catalog::{CatalogContents, CatalogRead, ShelfPrice, ShelfPrices, View};
use infra::sqlite::{Db, DbError};
use kernel::{Currency, SharedClock, Sku, StoreId, Timestamp};
use rusqlite::{Connection, params};
use tokio_util::sync::CancellationToken;

use crate::settings::{Selling, Snapshots, TermsService};

/// How far back the law looks.
const WINDOW_MS: i64 = 30 * 86_400_000;
/// Products looked at in one commit.
const CHUNK: usize = 200;

/// What a keeper is made of.
pub struct PriceKeeperParts {
    pub store: StoreId,
    pub terms: Arc<TermsService>,
    pub catalog: Arc<dyn CatalogRead>,
    pub contents: Arc<dyn CatalogContents>,
    pub shelves: Arc<dyn ShelfPrices>,
    pub clock: SharedClock,
}

/// The keeper of one store.
pub struct PriceKeeper {
    parts: PriceKeeperParts,
    db: Db,
    snapshots: Arc<Snapshots>,
    /// Generation of the catalog that was looked at last.
    generation: Option<u64>,
    /// Versions of the products whose prices are written down.
    versions: HashMap<Arc<str>, u64>,
    /// The terms that the catalog was told of last, and when their lists say something else by themselves.
    looked: Option<(Arc<Selling>, Option<Timestamp>)>,
    /// What the catalog was told last.
    told: Vec<ShelfPrice>,
    /// The lowest price of the 30 days before, of what is reduced now.
    lowest: BTreeMap<(Currency, Sku), i64>,
}

/// A price as it is seen on the shelf.
struct Seen {
    market: String,
    currency: Currency,
    sku: Sku,
    price: i64,
    reduced: bool,
}

impl PriceKeeper {
    #[must_use]
    pub fn new(parts: PriceKeeperParts) -> Self {
        let (db, snapshots) = (parts.terms.db().clone(), parts.terms.snapshots().clone());
        let (generation, looked) = (None, None);
        let (versions, told, lowest) = (HashMap::new(), Vec::new(), BTreeMap::new());
        PriceKeeper { parts, db, snapshots, generation, versions, looked, told, lowest }
    }

    /// Runs until `stop` fires, looking every `pause`.
    pub async fn run(mut self, pause: Duration, stop: CancellationToken) {
        loop {
            if let Err(failure) = self.step().await {
                tracing::warn!(%failure, internal = failure.internal, "prices could not be kept; it is tried again");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Brings shelves and memory up to date. Cheap when nothing changed.
    ///
    /// # Errors
    /// When the catalog or the database cannot be read or written.
    pub async fn step(&mut self) -> Result<()> {
        let touched = self.tell().await?;
        let generation = self.parts.contents.content_generation(self.parts.store);
        if touched.is_empty() && self.generation == Some(generation) {
            return Ok(());
        }
        self.observe(touched).await?;
        // What was observed may say what the lowest price was.
        self.looked = None;
        self.tell().await?;
        self.generation = Some(self.parts.contents.content_generation(self.parts.store));
        Ok(())
    }

    /// Tells the catalog the prices of the lists as they are now, when they are others than before. The variants that they
    /// are about.
    ///
    /// # Errors
    /// When the catalog cannot take them.
    pub async fn tell(&mut self) -> Result<BTreeSet<Sku>> {
        let (selling, now) = (self.snapshots.of(self.parts.store), self.parts.clock.now());
        if let Some((known, until)) = &self.looked
            && Arc::ptr_eq(known, &selling)
            && until.is_none_or(|until| now < until)
        {
            return Ok(BTreeSet::new());
        }
        let mut prices = selling.lists.for_everybody(now);
        let mut lowest = self.lowest.clone();
        for price in &mut prices {
            price.lowest_30_days = lowest.remove(&(price.currency, price.sku.clone()));
        }
        prices.extend(lowest.into_iter().map(|((currency, sku), lowest)| ShelfPrice {
            sku,
            currency,
            price: None,
            lowest_30_days: Some(lowest),
        }));
        let next = selling.lists.next_change(now);
        if prices == self.told {
            self.looked = Some((selling, next));
            return Ok(BTreeSet::new());
        }
        self.parts.shelves.set_prices(self.parts.store, prices.clone()).await?;
        self.looked = Some((selling, next));
        let before = std::mem::replace(&mut self.told, prices);
        Ok(before.iter().chain(&self.told).map(|price| price.sku.clone()).collect())
    }

    /// Writes down the prices of the products that changed, and of those that have one of the variants `touched`.
    async fn observe(&mut self, touched: BTreeSet<Sku>) -> Result<()> {
        let standings = self.parts.contents.standings(self.parts.store);
        let known = |handle: &Arc<str>, version| self.versions.get(handle) == Some(&version);
        let changed = standings.iter().filter(|s| !known(&s.handle, s.version)).map(|s| s.handle.to_string());
        let views = self.views();
        let of_touched = touched.iter().filter_map(|sku| {
            views
                .iter()
                .find_map(|(_, view)| self.parts.catalog.sellable(self.parts.store, sku, view))
                .map(|s| s.handle)
        });
        let handles: BTreeSet<String> = changed.chain(of_touched).collect();
        let handles: Vec<String> = handles.into_iter().collect();
        for chunk in handles.chunks(CHUNK) {
            let seen: Vec<Seen> = chunk.iter().flat_map(|handle| self.seen(&views, handle)).collect();
            let (store, now) = (self.parts.store, self.parts.clock.now());
            let found = self
                .db
                .write(move |conn| {
                    let mut found = Vec::with_capacity(seen.len());
                    for seen in seen {
                        let lowest = remember(conn, store, now, &seen)?;
                        found.push(((seen.currency, seen.sku), lowest));
                    }
                    Ok::<_, DbError>(found)
                })
                .await?;
            for (key, lowest) in found {
                match lowest {
                    Some(lowest) => self.lowest.insert(key, lowest),
                    None => self.lowest.remove(&key),
                };
            }
            // One chunk after the other, so that a large catalog never keeps others waiting.
            tokio::task::yield_now().await;
        }
        self.versions = standings.into_iter().map(|s| (s.handle, s.version)).collect();
        Ok(())
    }

    /// The first market of every currency: what everybody pays is the same in all of them.
    fn views(&self) -> Vec<(String, View)> {
        let selling = self.snapshots.of(self.parts.store);
        let mut views: Vec<(String, View)> = Vec::new();
        for market in &selling.terms().markets {
            if !views.iter().any(|(_, view)| view.currency == market.currency) {
                let view = View { currency: market.currency, locale: market.locale.clone() };
                views.push((market.handle.clone(), view));
            }
        }
        views
    }

    fn seen(&self, views: &[(String, View)], handle: &str) -> Vec<Seen> {
        let mut seen = Vec::new();
        for (market, view) in views {
            let Some(product) = self.parts.catalog.product(self.parts.store, handle, view) else { continue };
            seen.extend(product.variants.iter().map(|variant| Seen {
                market: market.clone(),
                currency: view.currency,
                sku: variant.sku.clone(),
                price: variant.price.amount_minor,
                reduced: variant.compare_at_price.is_some(),
            }));
        }
        seen
    }
}

/// Writes a price down when it is another than the last one. The lowest of the 30 days before it, when it is reduced and
/// an earlier one is known.
fn remember(
    conn: &Connection,
    store: StoreId,
    now: Timestamp,
    seen: &Seen,
) -> std::result::Result<Option<i64>, rusqlite::Error> {
    let store = store.as_bytes();
    let sku = seen.sku.as_str();
    let sql =
        "select at, price from price_points where store = ?1 and market = ?2 and sku = ?3 order by at desc limit 1";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params![store, seen.market, sku])?;
    let last: Option<(i64, i64)> = match rows.next()? {
        Some(row) => Some((row.get(0)?, row.get(1)?)),
        None => None,
    };
    let since = match last {
        Some((at, price)) if price == seen.price => at,
        _ => {
            let sql = "insert into price_points (store, market, sku, at, price) values (?1, ?2, ?3, ?4, ?5) \
                       on conflict (store, market, sku, at) do update set price = excluded.price";
            conn.prepare_cached(sql)?.execute(params![store, seen.market, sku, now.millis(), seen.price])?;
            forget(conn, store, seen, now)?;
            now.millis()
        }
    };
    if !seen.reduced {
        return Ok(None);
    }
    // The price that held when the window began counts as well.
    let sql = "select min(price) from price_points where store = ?1 and market = ?2 and sku = ?3 and at < ?4 \
               and at >= coalesce((select max(at) from price_points where store = ?1 and market = ?2 and sku = ?3 \
                                   and at <= ?5), ?5)";
    conn.prepare_cached(sql)?.query_row(params![store, seen.market, sku, since, since - WINDOW_MS], |row| row.get(0))
}

/// Deletes what can no longer matter once the price changed at `now`. Windows only move on, so nobody asks again for what
/// held before the price that begins this one.
fn forget(conn: &Connection, store: &[u8], seen: &Seen, now: Timestamp) -> std::result::Result<usize, rusqlite::Error> {
    let sql = "delete from price_points where store = ?1 and market = ?2 and sku = ?3 \
               and at < (select max(at) from price_points where store = ?1 and market = ?2 and sku = ?3 and at <= ?4)";
    let begins = now.millis() - WINDOW_MS;
    conn.prepare_cached(sql)?.execute(params![store, seen.market, seen.sku.as_str(), begins])
}

#[cfg(test)]
mod tests;
