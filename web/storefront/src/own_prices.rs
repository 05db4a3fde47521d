//! Shelves for one shopper: the pages of everybody, with the prices of his groups' lists.
//!
//! Pages that everybody sees are rendered once and kept; whoever pays other prices gets a page of his own, made for this
//! request and stored by nobody. For all others this costs one look at who asks.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use contracts::catalog::{self, Price, ProductCard, ProductView, VariantView};
use contracts::identity::Principal;
use contracts::selling::{GroupPrices, ShelfTag, Shopper};
use http_kit::Caller;
use kernel::{CustomerId, Sku};
use maud::{Markup, html};

use crate::respond;
use crate::site::{MarketSite, PageContext, Site};

/// The prices of one shopper in one market.
pub(crate) struct OwnPrices<'a> {
    site: &'a Site,
    customer: CustomerId,
}

/// What one shopper pays for a variant, as lists ask for it.
pub(crate) struct Tags<'a> {
    prices: &'a dyn GroupPrices,
    shopper: Shopper<'a>,
}

impl catalog::OwnPrices for Tags<'_> {
    fn price(&self, sku: &Sku, shelf: Price) -> Price {
        let shelf = ShelfTag { unit: shelf.price, compare_at: shelf.compare_at };
        let ShelfTag { unit, compare_at } = self.prices.tag(&self.shopper, sku, shelf);
        Price { price: unit, compare_at }
    }
}

impl Site {
    /// The prices of whoever makes `request`; none when he pays what everybody pays.
    pub(crate) fn own_prices(&self, request: &Request) -> Option<OwnPrices<'_>> {
        let Principal::Customer { id, .. } = request.extensions().get::<Caller>()?.principal else { return None };
        let own = OwnPrices { site: self, customer: id };
        own.prices().has_own(&own.shopper()).then_some(own)
    }
}

impl OwnPrices<'_> {
    fn prices(&self) -> &dyn GroupPrices {
        &*self.site.shop.handles.group_prices
    }

    fn shopper(&self) -> Shopper<'_> {
        let MarketSite { market, .. } = self.site.here();
        let store = self.site.shop.handles.store;
        Shopper { store, customer: self.customer, market: &market.handle, currency: market.currency }
    }

    /// What is paid for variants, for lists in the order of it.
    pub(crate) fn tags(&self) -> Tags<'_> {
        Tags { prices: self.prices(), shopper: self.shopper() }
    }

    fn reprice(&self, variant: &mut VariantView) {
        let shelf = ShelfTag { unit: variant.price, compare_at: variant.compare_at_price };
        let own = self.prices().tag(&self.shopper(), &variant.sku, shelf);
        if own != shelf {
            variant.price = own.unit;
            variant.compare_at_price = own.compare_at;
            // It is about the price that everybody pays.
            variant.lowest_price_30_days = None;
        }
    }

    /// `product` as the shopper pays it.
    pub(crate) fn product(&self, product: &ProductView) -> ProductView {
        let mut product = product.clone();
        product.variants.iter_mut().for_each(|variant| self.reprice(variant));
        let amounts = || product.variants.iter().map(|variant| variant.price);
        let (lowest, highest) =
            (amounts().min_by_key(|price| price.amount_minor), amounts().max_by_key(|price| price.amount_minor));
        product.price_min = lowest.unwrap_or(product.price_min);
        product.price_max = highest.unwrap_or(product.price_max);
        product
    }

    /// `card` as the shopper pays it. What left the shelves a moment ago stays as it is.
    pub(crate) fn card(&self, card: &ProductCard) -> ProductCard {
        let handles = &self.site.shop.handles;
        let Some(product) = handles.catalog.product(handles.store, &card.handle, &self.site.here().view) else {
            return card.clone();
        };
        let product = self.product(&product);
        let cheapest = product.variants.iter().filter(|variant| variant.price == product.price_min);
        let compare_at_price = cheapest.filter_map(|variant| variant.compare_at_price).next();
        ProductCard { price_min: product.price_min, price_max: product.price_max, compare_at_price, ..card.clone() }
    }

    pub(crate) fn cards(&self, cards: &mut [ProductCard]) {
        for card in cards {
            *card = self.card(card);
        }
    }

    pub(crate) fn shared_cards(&self, cards: &mut [Arc<ProductCard>]) {
        for card in cards {
            *card = Arc::new(self.card(card));
        }
    }
}

/// Says whose prices a page shows.
pub(crate) fn told(ctx: &PageContext<'_>) -> Markup {
    html! { p.muted.small role="note" { (ctx.phrases.own_prices) } }
}

/// A page with somebody's own prices.
pub(crate) fn answer(markup: Markup) -> Response {
    respond::private(StatusCode::OK, markup)
}
