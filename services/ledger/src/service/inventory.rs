//! Stock as a merchant keeps it: locations, transfers, stock-takes, and what is sold beyond what is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::Result;
use contracts::ledger::{
    Actor, Answer, BundleView, CountRequest, Idempotency, Inventory, Location, PolicyView, ReceiveTransfer, SetBundle,
    SetPolicy, SetThreshold, StockFilter, StockItem, StockRules, StockSettings, TransferRequest, TransferView,
};
use kernel::mutant::{Mutant, planted};
use kernel::{Page, PageRequest, Sku, StoreId, Timestamp, TransferId};
use tokio_util::sync::CancellationToken;

use super::{LedgerService, unexpected};
use crate::decide::{Command, Reply, bought_until, can_be_bought};
use crate::state::{State, StockRule};

/// SKUs that are told again in one command.
const TOLD_AT_ONCE: u32 = 200;
/// Pre-orders that are ended in one command.
const ENDED_AT_ONCE: u32 = 200;

#[async_trait]
impl Inventory for LedgerService {
    async fn locations(&self, store: StoreId) -> Result<Vec<Location>> {
        let described = self.reader.shelves(store).await?.locations;
        let names = self.reader.level_locations(store).await?;
        let others = names.iter().filter(|name| !described.contains_key(*name)).map(|name| Location::undescribed(name));
        let others: Vec<_> = others.collect();
        // As orders are served: those that nobody described come last.
        let mut locations: Vec<_> = described.into_values().collect();
        locations.sort_by(|a, b| (a.priority, &a.location).cmp(&(b.priority, &b.location)));
        locations.extend(others);
        Ok(locations)
    }

    async fn put_location(&self, store: StoreId, location: Location, actor: Actor) -> Result<Location> {
        let location = match self.ask(store, Command::PutLocation(location), actor).await? {
            Reply::Location(location) => location,
            other => return Err(unexpected(&other)),
        };
        // What can be bought may be different now. Told whatever changed, so that a request made again because it was
        // cut short finishes the work.
        let filter = StockFilter { location: Some(location.location.clone()), ..StockFilter::default() };
        let mut page = PageRequest { limit: TOLD_AT_ONCE, cursor: None };
        loop {
            let found = self.reader.stock(store, &filter, &page).await?;
            let skus: Vec<_> = found.items.into_iter().filter(|l| l.available > 0).map(|l| l.sku).collect();
            if !skus.is_empty() {
                let command = Command::TellStock { location: location.location.clone(), skus };
                self.ask(store, command, Actor::system()).await?;
            }
            page.cursor = found.next_cursor;
            if page.cursor.is_none() {
                return Ok(location);
            }
        }
    }

    async fn stock(&self, store: StoreId, filter: StockFilter, page: PageRequest) -> Result<Page<StockItem>> {
        self.reader.stock(store, &filter, &page).await
    }

    async fn set_threshold(&self, store: StoreId, sku: &Sku, request: SetThreshold, actor: Actor) -> Result<StockItem> {
        match self.ask(store, Command::SetThreshold { sku: sku.clone(), request }, actor).await? {
            Reply::Level(item) => Ok(item),
            other => Err(unexpected(&other)),
        }
    }

    async fn settings(&self, store: StoreId) -> Result<StockSettings> {
        Ok(StockSettings { low_stock_threshold: self.reader.shelves(store).await?.low_at })
    }

    async fn put_settings(&self, store: StoreId, settings: StockSettings, actor: Actor) -> Result<StockSettings> {
        match self.ask(store, Command::PutStockSettings(settings), actor).await? {
            Reply::Settings(settings) => Ok(settings),
            other => Err(unexpected(&other)),
        }
    }

    async fn count(
        &self,
        store: StoreId,
        request: CountRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.answer(store, Command::CountStock(request), idempotency, actor).await
    }

    async fn transfer(
        &self,
        store: StoreId,
        request: TransferRequest,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        let id = TransferId::new(self.clock.now(), self.rng.as_ref());
        self.answer(store, Command::Transfer { id, request }, idempotency, actor).await
    }

    async fn receive_transfer(
        &self,
        store: StoreId,
        id: TransferId,
        request: ReceiveTransfer,
        idempotency: Idempotency,
        actor: Actor,
    ) -> Result<Answer> {
        self.answer(store, Command::ReceiveTransfer { id, request }, idempotency, actor).await
    }

    async fn transfers(&self, store: StoreId, page: PageRequest) -> Result<Page<TransferView>> {
        Ok(self.reader.transfers(store, &page).await?.map(|t| t.view()))
    }
}

impl LedgerService {
    /// Ends pre-orders as their time comes, until `stop` fires.
    pub async fn end_preorders_in_time(self: Arc<Self>, poll: Duration, stop: CancellationToken) {
        loop {
            if let Err(error) = self.end_preorders().await {
                tracing::warn!(%error, internal = error.internal, "pre-orders could not be ended; they are in a moment");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(poll) => {}
            }
        }
    }

    /// Ends the pre-orders whose time is over, and tells what can be bought since. How many there were.
    ///
    /// # Errors
    /// When the ledger cannot be read or written; those that are left are ended the next time.
    pub async fn end_preorders(&self) -> Result<usize> {
        let over = self.reader.preorders_over(self.clock.now(), ENDED_AT_ONCE).await?;
        let count = over.len();
        let mut stores: BTreeMap<StoreId, Vec<Sku>> = BTreeMap::new();
        for (store, sku) in over {
            stores.entry(store).or_default().push(sku);
        }
        if planted(Mutant::PreorderEndsUnseen) {
            stores.clear();
        }
        for (store, skus) in stores {
            self.ask(store, Command::EndPreorders { skus }, Actor::system()).await?;
        }
        Ok(count)
    }

    /// Every SKU that can be bought, and of which `wanted` says yes to whether it is only to be delivered later.
    pub(super) async fn sellable(&self, store: StoreId, wanted: impl Fn(bool) -> bool + Send) -> Result<Vec<Sku>> {
        Ok(self.sellable_of(&self.all_stock(store).await?, store, wanted))
    }

    /// What is there of everything, and what is said about it.
    async fn all_stock(&self, store: StoreId) -> Result<State> {
        let mut state = State::default();
        state.shelves.insert(store, Arc::new(self.reader.shelves(store).await?));
        for level in self.reader.all_levels().await?.into_iter().filter(|l| l.store == store) {
            let levels = state.stock.entry((store, level.sku.clone())).or_default();
            levels.insert(level.location.clone(), level);
        }
        for rule in self.reader.all_rules().await?.into_iter().filter(|r| r.store == store) {
            state.rules.insert((store, rule.sku.clone()), rule);
        }
        Ok(state)
    }

    fn sellable_of(&self, state: &State, store: StoreId, wanted: impl Fn(bool) -> bool) -> Vec<Sku> {
        let now = self.clock.now();
        let skus: BTreeSet<&Sku> = state.stock.keys().chain(state.rules.keys()).map(|(_, sku)| sku).collect();
        let fits = skus.into_iter().filter(|sku| {
            let (available, backorder) = can_be_bought(state, store, sku, now);
            available && wanted(backorder)
        });
        fits.cloned().collect()
    }
}

#[async_trait]
impl StockRules for LedgerService {
    async fn policy(&self, store: StoreId, sku: &Sku) -> Result<PolicyView> {
        let rule = self.reader.rule(store, sku).await?;
        Ok(rule.unwrap_or_else(|| StockRule::new(store, sku.clone())).policy_view())
    }

    async fn put_policy(&self, store: StoreId, sku: &Sku, request: SetPolicy, actor: Actor) -> Result<PolicyView> {
        match self.ask(store, Command::PutPolicy { sku: sku.clone(), request }, actor).await? {
            Reply::Policy(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    async fn bundle(&self, store: StoreId, sku: &Sku) -> Result<Option<BundleView>> {
        let Some(rule) = self.reader.rule(store, sku).await? else { return Ok(None) };
        if rule.components.is_empty() {
            return Ok(None);
        }
        let shelves = self.reader.shelves(store).await?;
        let mut available = i64::MAX;
        for part in &rule.components {
            let levels = self.reader.levels(store, &part.sku).await?;
            let there: i64 = levels.iter().filter(|l| shelves.serves(&l.location)).map(|l| l.available()).sum();
            let owed = self.reader.rule(store, &part.sku).await?.map_or(0, |r| r.backordered);
            available = available.min((there - owed).max(0) / part.quantity.max(1));
        }
        Ok(Some(BundleView { sku: sku.clone(), components: rule.components, available }))
    }

    async fn put_bundle(&self, store: StoreId, sku: &Sku, request: SetBundle, actor: Actor) -> Result<BundleView> {
        match self.ask(store, Command::PutBundle { sku: sku.clone(), request }, actor).await? {
            Reply::Bundle(view) => Ok(view),
            other => Err(unexpected(&other)),
        }
    }

    async fn all_backorderable(&self, store: StoreId) -> Result<Vec<(Sku, Option<Timestamp>)>> {
        let state = self.all_stock(store).await?;
        let later = self.sellable_of(&state, store, |backorder| backorder);
        Ok(later.into_iter().map(|sku| (sku.clone(), bought_until(&state, store, &sku, self.clock.now()))).collect())
    }
}
