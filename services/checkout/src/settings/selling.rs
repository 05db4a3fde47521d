//! What quotes read: the documents of a store, put in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use contracts::checkout::ShippingOption;
use contracts::selling::{Seller, SellingSettings, TaxRounding, TermsDocument, TermsKind};
use kernel::{CustomerId, Rate, StoreId, Timestamp};

use super::zone::Zone;
use crate::prices::Lists;
use crate::promotion::Active;
use crate::quote::Terms;
use crate::shipping::{Parcel, ShippingZones};
use crate::tax::{Destination, TaxZones};

/// The documents of one store by kind and handle.
pub(crate) type Documents = BTreeMap<(TermsKind, String), TermsDocument>;

/// On what terms a store sells now. Never changed: another one takes its place.
#[derive(Clone, Debug)]
pub struct Selling {
    pub(crate) terms: Arc<Terms>,
    pub(crate) documents: Documents,
    /// By priority and handle.
    pub promotions: Vec<Active>,
    pub settings: SellingSettings,
    pub lists: Lists,
    zone: Zone,
    taxes: TaxZones,
    shipping: ShippingZones,
    groups: BTreeMap<CustomerId, Vec<String>>,
}

impl Selling {
    /// What `documents` say over what the configuration says.
    #[must_use]
    pub(crate) fn new(terms: Arc<Terms>, documents: Documents) -> Self {
        let settings = documents.values().find_map(|document| match document {
            TermsDocument::Settings(settings) => Some(settings.clone()),
            _ => None,
        });
        let settings = settings.unwrap_or_else(|| default_settings(&terms));
        // Checked when it was written.
        let zone = Zone::named(&settings.time_zone).unwrap_or_default();
        let mut selling = Selling {
            promotions: Vec::new(),
            lists: Lists::default(),
            taxes: TaxZones::default(),
            shipping: ShippingZones::default(),
            groups: BTreeMap::new(),
            terms,
            documents: BTreeMap::new(),
            settings,
            zone,
        };
        let at = |local: &Option<String>| local.as_deref().and_then(|local| selling.zone.instant(local));
        for document in documents.values() {
            match document {
                TermsDocument::Promotion(promotion) => {
                    let (from, until) = (at(&promotion.starts_at), at(&promotion.ends_at));
                    selling.promotions.push(Active { promotion: promotion.clone(), from, until });
                }
                TermsDocument::TaxZone(zone) => selling.taxes.add(zone, &selling.zone),
                TermsDocument::ShippingZone(zone) => selling.shipping.add(zone.clone()),
                TermsDocument::PriceList(list) => {
                    selling.lists.add(list.clone(), at(&list.starts_at), at(&list.ends_at));
                }
                TermsDocument::CustomerGroup(group) => {
                    for customer in &group.customers {
                        selling.groups.entry(*customer).or_default().push(group.handle.clone());
                    }
                }
                TermsDocument::Settings(_) => {}
            }
        }
        selling.promotions.sort_by(|a, b| {
            let key = |active: &Active| (active.promotion.priority, active.promotion.handle.clone());
            key(a).cmp(&key(b))
        });
        selling.documents = documents;
        selling
    }

    /// The terms of the configuration, without documents.
    #[must_use]
    pub fn of(terms: Arc<Terms>) -> Self {
        Selling::new(terms, BTreeMap::new())
    }

    /// What the clocks of the shop show at `now`.
    #[must_use]
    pub fn local(&self, now: Timestamp) -> Option<String> {
        self.zone.local(now)
    }

    #[must_use]
    pub fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    /// Handles of the groups that `customer` is in.
    #[must_use]
    pub fn groups_of(&self, customer: Option<CustomerId>) -> &[String] {
        customer.and_then(|customer| self.groups.get(&customer)).map_or(&[], Vec::as_slice)
    }

    /// What goods of `class` are taxed at where an order goes.
    #[must_use]
    pub fn tax_rate(&self, to: &Destination<'_>, class: &str, now: Timestamp) -> Rate {
        if let Some(rate) = self.taxes.rate(to, class, now) {
            return rate;
        }
        match to.us_state().filter(|state| self.settings.us_states.contains(state)) {
            Some(_) if class == "zero" => Rate::ZERO,
            Some(state) => crate::tax::us_state_rate(&state),
            None => self.terms.tax.rate(to.country, class),
        }
    }

    /// What that tax is called.
    #[must_use]
    pub fn tax_name(&self, to: &Destination<'_>) -> &str {
        if let Some(name) = self.taxes.name(to) {
            return name;
        }
        match to.us_state().filter(|state| self.settings.us_states.contains(state)) {
            Some(_) => "Sales tax",
            None => self.terms.tax.name(to.country),
        }
    }

    /// How a parcel can get there. Zones of documents take the place of the configuration's.
    #[must_use]
    pub fn shipping_options(
        &self,
        to: &Destination<'_>,
        parcel: &Parcel,
        locale: &str,
        now: Timestamp,
    ) -> Vec<ShippingOption> {
        let mut options = if self.shipping.is_empty() {
            self.terms.shipping.options(to.country, parcel.currency)
        } else {
            self.shipping.options(to, parcel, locale)
        };
        for option in options.iter_mut().filter(|option| option.pick_up.is_none()) {
            option.arrives_from = self.zone.working_day(now, option.days_min);
            option.arrives_until = self.zone.working_day(now, option.days_max);
        }
        options
    }
}

/// What holds until somebody writes the document.
pub(crate) fn default_settings(terms: &Terms) -> SellingSettings {
    SellingSettings {
        handle: "shop".to_owned(),
        version: 0,
        time_zone: terms.time_zone.clone(),
        country: terms.country.clone(),
        tax_rounding: TaxRounding::PerLine,
        reverse_charge: false,
        us_states: Vec::new(),
        seller: Seller::default(),
    }
}

/// The terms of every store, swapped as a whole and read without a lock.
#[derive(Debug)]
pub struct Snapshots {
    of_others: Arc<Selling>,
    stores: ArcSwap<BTreeMap<StoreId, Arc<Selling>>>,
}

impl Snapshots {
    /// Every store sells on `terms` until it has documents.
    #[must_use]
    pub fn new(terms: Arc<Terms>) -> Self {
        Snapshots { of_others: Arc::new(Selling::of(terms)), stores: ArcSwap::default() }
    }

    #[must_use]
    pub fn of(&self, store: StoreId) -> Arc<Selling> {
        self.stores.load().get(&store).unwrap_or(&self.of_others).clone()
    }

    /// What `store` sells on from now on.
    pub fn replace(&self, store: StoreId, selling: Selling) {
        let selling = Arc::new(selling);
        self.stores.rcu(|stores| {
            let mut stores = BTreeMap::clone(stores);
            stores.insert(store, selling.clone());
            stores
        });
    }
}
