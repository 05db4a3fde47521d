//! What copies of the catalog follow and are compared with.

use std::sync::Arc;

use contracts::catalog::{CatalogContents, OwnPrices, ProductCard, Standing, View};
use kernel::{Currency, StoreId};

use crate::service::CatalogService;

impl CatalogContents for CatalogService {
    fn content_generation(&self, store: StoreId) -> u64 {
        self.model().store(store).content_generation()
    }

    fn standings(&self, store: StoreId) -> Vec<Standing> {
        self.model().store(store).standings()
    }

    fn locales(&self, store: StoreId) -> Vec<String> {
        self.model().store(store).locales()
    }

    fn card(&self, store: StoreId, handle: &str, view: &View) -> Option<Arc<ProductCard>> {
        self.model().store(store).card(handle, view)
    }

    fn lowest_for(&self, store: StoreId, handle: &str, currency: Currency, own: &dyn OwnPrices) -> Option<i64> {
        self.model().store(store).lowest_for(handle, currency, own)
    }
}
