//! Price lists: which price of a variant holds for a shopper, now and at a quantity. Pure.

mod keeper;

use std::collections::BTreeMap;

use contracts::catalog::{ListPrice, ShelfPrice};
use contracts::selling::{ListedPrice, PriceList};
use kernel::{Currency, Money, Sku, Timestamp};

pub use keeper::{PriceKeeper, PriceKeeperParts};

/// A list with its times in UTC, and its prices by SKU.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    list: PriceList,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    prices: BTreeMap<Sku, ListedPrice>,
}

/// The price lists of a shop, those that come first in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists(Vec<Entry>);

/// Who asks for a price.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    pub currency: Currency,
    /// Handle of the market.
    pub market: &'a str,
    /// Handles of the shopper's groups.
    pub groups: &'a [String],
    pub now: Timestamp,
}

/// What a variant costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    pub unit: Money,
    /// The price before a reduction.
    pub compare_at: Option<Money>,
}

impl Lists {
    pub(crate) fn add(&mut self, mut list: PriceList, from: Option<Timestamp>, until: Option<Timestamp>) {
        let prices = std::mem::take(&mut list.prices);
        let prices = prices.into_iter().map(|price| (price.sku.clone(), price)).collect();
        self.0.push(Entry { list, from, until, prices });
        self.0.sort_by(|a, b| {
            (-i64::from(a.list.priority), &a.list.handle).cmp(&(-i64::from(b.list.priority), &b.list.handle))
        });
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The price of each of `quantity` units of `sku`; `catalog` where no list names it.
    ///
    /// A list that is a sale shows what it takes the place of, from the next list or the catalog, when that is more.
    #[must_use]
    pub fn price(&self, sku: &Sku, quantity: u32, catalog: Price, asking: &Asking<'_>) -> Price {
        let mut lists =
            self.0.iter().filter(|entry| entry.is_for(asking)).filter_map(|e| Some((e, e.prices.get(sku)?)));
        let Some((entry, listed)) = lists.next() else { return catalog };
        let unit = at_quantity(listed, quantity, asking.currency);
        let before = match lists.next() {
            Some((_, listed)) => at_quantity(listed, quantity, asking.currency),
            None => catalog.compare_at.unwrap_or(catalog.unit),
        };
        let reduced = entry.list.sale && before.currency == unit.currency && before.amount_minor > unit.amount_minor;
        Price { unit, compare_at: reduced.then_some(before) }
    }

    /// Whether a list that is only for some groups holds for whoever asks.
    #[must_use]
    pub fn has_own(&self, asking: &Asking<'_>) -> bool {
        !asking.groups.is_empty() && self.0.iter().any(|entry| !entry.list.groups.is_empty() && entry.is_for(asking))
    }

    /// What everybody pays at `now` for one unit of what the lists name, whatever the market: the lists of some markets or
    /// groups only matter to quotes.
    #[must_use]
    pub fn for_everybody(&self, now: Timestamp) -> Vec<ShelfPrice> {
        let mut found: BTreeMap<(Currency, &Sku), ShelfPrice> = BTreeMap::new();
        for entry in self.0.iter().filter(|entry| entry.is_for_everybody(now)) {
            let currency = entry.list.currency;
            for (sku, listed) in &entry.prices {
                let unit_minor = at_quantity(listed, 1, currency).amount_minor;
                match found.get_mut(&(currency, sku)).and_then(|known| known.price.as_mut()) {
                    // The list behind the one that counts is what that one takes the place of.
                    Some(first) => first.before_minor = first.before_minor.or(Some(unit_minor)),
                    None => {
                        let price = Some(ListPrice { unit_minor, sale: entry.list.sale, before_minor: None });
                        let told = ShelfPrice { sku: sku.clone(), currency, price, lowest_30_days: None };
                        found.insert((currency, sku), told);
                    }
                }
            }
        }
        found.into_values().collect()
    }

    /// The instants after `now` at which a price for everybody may change by itself: lists begin and end.
    #[must_use]
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self.0.iter().flat_map(|entry| [entry.from, entry.until]).flatten();
        times.filter(|at| *at > now).min()
    }
}

impl Entry {
    fn is_for_everybody(&self, now: Timestamp) -> bool {
        let list = &self.list;
        let asking = Asking { currency: list.currency, market: "", groups: &[], now };
        list.markets.is_empty() && list.groups.is_empty() && self.is_for(&asking)
    }

    fn is_for(&self, asking: &Asking<'_>) -> bool {
        let list = &self.list;
        list.enabled
            && list.currency == asking.currency
            && self.from.is_none_or(|from| from <= asking.now)
            && self.until.is_none_or(|until| asking.now < until)
            && (list.markets.is_empty() || list.markets.iter().any(|m| m == asking.market))
            && (list.groups.is_empty() || list.groups.iter().any(|g| asking.groups.contains(g)))
    }
}

fn at_quantity(listed: &ListedPrice, quantity: u32, currency: Currency) -> Money {
    let reached =
        listed.tiers.iter().filter(|tier| tier.from_quantity <= quantity).max_by_key(|tier| tier.from_quantity);
    Money::new(reached.map_or(listed.price_minor, |tier| tier.price_minor), currency)
}

#[cfg(test)]
mod tests {
    use contracts::selling::PriceTier;

    use super::*;

    fn list(handle: &str, priority: i32, price_minor: i64) -> PriceList {
        let sku = Sku::new("A").unwrap();
        let tiers = vec![
            PriceTier { from_quantity: 50, price_minor: price_minor - 20 },
            PriceTier { from_quantity: 10, price_minor: price_minor - 10 },
        ];
        PriceList {
            handle: handle.to_owned(),
            version: 1,
            name: handle.to_owned(),
            enabled: true,
            currency: Currency::EUR,
            markets: Vec::new(),
            groups: Vec::new(),
            starts_at: None,
            ends_at: None,
            priority,
            sale: false,
            prices: vec![ListedPrice { sku, price_minor, tiers }],
        }
    }

    const NOW: Timestamp = Timestamp::from_millis(1_000);
    const CATALOG: Price =
        Price { unit: Money::new(5_000, Currency::EUR), compare_at: Some(Money::new(6_000, Currency::EUR)) };

    fn price(lists: &Lists, quantity: u32, groups: &[&str]) -> (i64, Option<i64>) {
        let groups: Vec<String> = groups.iter().map(|g| (*g).to_owned()).collect();
        let asking = Asking { currency: Currency::EUR, market: "eu", groups: &groups, now: NOW };
        let price = lists.price(&Sku::new("A").unwrap(), quantity, CATALOG, &asking);
        (price.unit.amount_minor, price.compare_at.map(|before| before.amount_minor))
    }

    #[test]
    fn the_first_list_that_applies_gives_the_price_of_the_quantity() {
        let mut lists = Lists::default();
        assert_eq!(price(&lists, 1, &[]), (5_000, Some(6_000)));
        lists.add(list("base", 0, 4_500), None, None);
        lists.add(PriceList { groups: vec!["trade".to_owned()], ..list("trade", 9, 3_000) }, None, None);
        lists.add(PriceList { enabled: false, ..list("off", 10, 1) }, None, None);
        lists.add(PriceList { markets: vec!["us".to_owned()], ..list("us", 10, 1) }, None, None);
        lists.add(PriceList { currency: Currency::USD, ..list("usd", 10, 1) }, None, None);
        assert_eq!(price(&lists, 1, &[]), (4_500, None));
        assert_eq!(price(&lists, 10, &[]), (4_490, None));
        assert_eq!(price(&lists, 49, &[]), (4_490, None));
        assert_eq!(price(&lists, 50, &[]), (4_480, None));
        assert_eq!(price(&lists, 1, &["trade"]), (3_000, None));
    }

    #[test]
    fn a_sale_shows_what_it_takes_the_place_of_for_its_time() {
        let at = |ms| Some(Timestamp::from_millis(ms));
        let sale = || PriceList { sale: true, ..list("sale", 5, 3_500) };
        let with = |from, until| {
            let mut lists = Lists::default();
            lists.add(list("base", 0, 4_500), None, None);
            lists.add(sale(), from, until);
            lists
        };
        assert_eq!(price(&with(at(1_000), at(1_001)), 1, &[]), (3_500, Some(4_500)));
        assert_eq!(price(&with(at(1_001), None), 1, &[]), (4_500, None));
        assert_eq!(price(&with(None, at(1_000)), 1, &[]), (4_500, None));
        assert_eq!(with(at(500), at(2_000)).next_change(NOW), at(2_000));
        let mut alone = Lists::default();
        alone.add(sale(), None, None);
        assert_eq!(price(&alone, 1, &[]), (3_500, Some(6_000)));
        let mut no_sale = Lists::default();
        no_sale.add(PriceList { sale: true, ..list("dear", 0, 9_000) }, None, None);
        assert_eq!(price(&no_sale, 1, &[]), (9_000, None), "what costs more is not reduced");
    }
}
