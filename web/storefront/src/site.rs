//! The shop as its pages see it: collaborators, markets with their URLs, and the context every page is rendered in.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use contracts::archive::PastOrders;
use contracts::cart::Carts;
use contracts::catalog::{CatalogRead, CategoryNode, View};
use contracts::checkout::Checkout;
use contracts::identity::Customers;
use contracts::ledger::Orders;
use contracts::market::Market;
use contracts::search::Search;
use contracts::selling::GroupPrices;
use kernel::{Currency, SharedClock, SharedRng, StoreId};

use crate::cache::PageCache;
use crate::cookies;
use crate::phrases::Phrases;

/// What the storefront needs to know and to call.
#[derive(Clone)]
pub struct Storefront {
    pub catalog: Arc<dyn CatalogRead>,
    pub carts: Arc<dyn Carts>,
    pub checkout: Arc<dyn Checkout>,
    pub orders: Arc<dyn Orders>,
    pub customers: Arc<dyn Customers>,
    pub past_orders: Arc<dyn PastOrders>,
    pub search: Arc<dyn Search>,
    pub group_prices: Arc<dyn GroupPrices>,
    /// At least one. The first is shown at `/`, each other one at `/{handle}`.
    pub markets: Vec<Market>,
    pub store: StoreId,
    /// The name in titles and header.
    pub name: String,
    /// Scheme and authority of the public address, e.g. `https://shop.example`, without a slash at the end. Canonical
    /// links are relative and cookies not `Secure` without one.
    pub base_url: Option<String>,
    pub clock: SharedClock,
    pub rng: SharedRng,
}

/// A market with what is derived from it once.
pub(crate) struct MarketSite {
    pub(crate) market: Market,
    /// Empty for the first market, `/{handle}` for the others.
    pub(crate) prefix: String,
    pub(crate) view: View,
    pub(crate) phrases: &'static Phrases,
    /// Value of `hreflang`, different for each market that has one.
    pub(crate) hreflang: Option<String>,
}

pub(crate) struct Shop {
    pub(crate) handles: Storefront,
    pub(crate) markets: Vec<MarketSite>,
    pub(crate) cache: PageCache,
}

impl Shop {
    pub(crate) fn new(handles: Storefront) -> Self {
        assert!(!handles.markets.is_empty(), "a storefront needs a market");
        let mut markets: Vec<MarketSite> = Vec::new();
        for (index, market) in handles.markets.iter().enumerate() {
            let language = hreflang(market);
            let taken = markets.iter().any(|m| m.hreflang.as_ref() == Some(&language));
            markets.push(MarketSite {
                prefix: if index == 0 { String::new() } else { format!("/{}", market.handle) },
                view: View { currency: market.currency, locale: market.locale.clone() },
                phrases: Phrases::of(&market.locale),
                hreflang: (!taken).then_some(language),
                market: market.clone(),
            });
        }
        Shop { handles, markets, cache: PageCache::default() }
    }

    pub(crate) fn secure(&self) -> bool {
        self.handles.base_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The first market with this currency.
    pub(crate) fn market_of(&self, currency: Currency) -> Option<usize> {
        self.markets.iter().position(|m| m.market.currency == currency)
    }

    /// The market whose prefix `path` has; the first when none.
    pub(crate) fn market_at(&self, path: &str) -> usize {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or("");
        self.markets.iter().skip(1).position(|m| m.market.handle == first).map_or(0, |i| i + 1)
    }

    /// The market that the visitor chose last; the first when none.
    pub(crate) fn market_chosen(&self, headers: &HeaderMap) -> Option<usize> {
        let handle = cookies::get(headers, cookies::MARKET)?;
        self.markets.iter().position(|m| m.market.handle == handle)
    }
}

/// A language tag that search engines understand: with the country when the market is one country.
fn hreflang(market: &Market) -> String {
    match (market.locale.contains('-'), market.countries.as_slice()) {
        (false, [country]) => format!("{}-{country}", market.locale),
        _ => market.locale.clone(),
    }
}

/// The shop seen from one of its markets: the state of every handler.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) shop: Arc<Shop>,
    pub(crate) market: usize,
}

impl Site {
    pub(crate) fn here(&self) -> &MarketSite {
        &self.shop.markets[self.market]
    }

    pub(crate) fn at(&self, market: usize) -> Site {
        Site { shop: self.shop.clone(), market }
    }

    pub(crate) fn phrases(&self) -> &'static Phrases {
        self.here().phrases
    }

    /// `path` in this market.
    pub(crate) fn url(&self, path: &str) -> String {
        join(&self.here().prefix, path)
    }

    /// The context for a page at `path`, which is without the market's prefix.
    pub(crate) fn context(&self, path: &str) -> PageContext<'_> {
        let here = self.here();
        let handles = &self.shop.handles;
        let categories = handles.catalog.categories(handles.store, &here.market.locale);
        PageContext {
            shop_name: &handles.name,
            base_url: handles.base_url.as_deref().unwrap_or(""),
            here,
            markets: &self.shop.markets,
            categories: categories.iter().filter(|category| category.products > 0).cloned().collect(),
            path: path.to_owned(),
            phrases: here.phrases,
        }
    }
}

fn join(prefix: &str, path: &str) -> String {
    if path == "/" && !prefix.is_empty() { prefix.to_owned() } else { format!("{prefix}{path}") }
}

/// What every page needs beside its own data. Nothing in it is about the visitor.
pub(crate) struct PageContext<'a> {
    pub(crate) shop_name: &'a str,
    /// Empty when the public address is not known: links are relative then.
    pub(crate) base_url: &'a str,
    pub(crate) here: &'a MarketSite,
    pub(crate) markets: &'a [MarketSite],
    /// Those at the top in which something is on sale.
    pub(crate) categories: Vec<CategoryNode>,
    /// Path of this page without the market's prefix, with its canonical query.
    pub(crate) path: String,
    pub(crate) phrases: &'static Phrases,
}

impl PageContext<'_> {
    /// `path` in this market.
    pub(crate) fn url(&self, path: &str) -> String {
        join(&self.here.prefix, path)
    }

    /// `path` in `market`, absolute when the public address is known.
    pub(crate) fn absolute(&self, market: &MarketSite, path: &str) -> String {
        format!("{}{}", self.base_url, join(&market.prefix, path))
    }

    pub(crate) fn money(&self, money: kernel::Money) -> String {
        kernel::locale::money(&self.here.market.locale, money)
    }
}

/// The host that the browser asked for, as sent.
pub(crate) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST).and_then(|value| value.to_str().ok())
}
