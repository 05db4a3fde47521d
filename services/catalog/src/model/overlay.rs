//! Prices that take the place of the documents' for a time, and the lowest prices of the last 30 days.

use std::collections::{BTreeSet, HashMap};

use contracts::catalog::ShelfPrice;
use kernel::{Currency, Sku};

/// What is told of the prices of one store, by variant and currency.
#[derive(Debug, Default)]
pub(crate) struct Overlay(HashMap<(Sku, Currency), ShelfPrice>);

impl Overlay {
    pub(crate) fn new(prices: Vec<ShelfPrice>) -> Self {
        Overlay(prices.into_iter().map(|price| ((price.sku.clone(), price.currency), price)).collect())
    }

    pub(crate) fn get(&self, sku: &Sku, currency: Currency) -> Option<&ShelfPrice> {
        if self.0.is_empty() { None } else { self.0.get(&(sku.clone(), currency)) }
    }

    /// The variants of which this one and `other` say different things.
    pub(crate) fn differing<'a>(&'a self, other: &'a Overlay) -> BTreeSet<&'a Sku> {
        let news = |one: &'a Overlay, two: &'a Overlay| {
            one.0.iter().filter(|(key, price)| two.0.get(key) != Some(price)).map(|((sku, _), _)| sku)
        };
        news(self, other).chain(news(other, self)).collect()
    }
}
