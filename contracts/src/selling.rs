//! On what terms a shop sells: promotions, taxes, shipping, price lists and groups of customers, as documents of the back
//! office. Each has a version, which is its ETag.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kernel::{Currency, CustomerId, Money, Rate, Sku, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::ledger::Actor;
use crate::market::Texts;

/// A day and time of day in the shop's time zone, e.g. `2026-11-27T00:00`. What it means in UTC is worked out when the
/// document is read, so that a rule that starts at midnight starts at midnight in winter and summer.
pub type LocalTime = String;

// ---- Promotions -----------------------------------------------------------------------------------------------------

/// What takes something off a price, for whom, when and how often.
///
/// Promotions of goods apply first, those of the order after them, each to what the ones before have left: percentages
/// compose. Those with `stacking` `combine` are used together, in order of `priority` and then of handle; one that is
/// `exclusive` is used alone. Of these choices, all that combine or one that is exclusive, the one that takes most off is
/// used. Free shipping goes with everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Promotion {
    /// Unique name: lower-case letters, digits and hyphens, at most 30.
    #[serde(default)]
    pub handle: String,
    /// Grows by one with every write; the ETag.
    #[serde(default)]
    pub version: u64,
    /// What the shopper reads beside the discount, by language.
    pub name: Texts,
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Typed by the shopper; capitals and small letters are the same. None: it applies by itself.
    #[serde(default)]
    pub codes: Vec<String>,
    pub effect: Effect,
    /// Which goods it is about; all of them when nothing is named.
    #[serde(default)]
    pub goods: Selection,
    /// Handles of customer groups; everybody when empty.
    #[serde(default)]
    pub groups: Vec<String>,
    #[serde(default)]
    pub minimum: Minimum,
    /// From this moment on, the moment included.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "2026-11-27T00:00")]
    pub starts_at: Option<LocalTime>,
    /// Until this moment, the moment excluded.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "2026-12-01T00:00")]
    pub ends_at: Option<LocalTime>,
    /// How many orders may use it; with several codes, how many may use each.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub limit: Option<i64>,
    /// How many orders of one customer may use it. A customer is an account or an e-mail address.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000_000)]
    pub limit_per_customer: Option<i64>,
    /// Lower ones apply first.
    #[serde(default)]
    pub priority: i32,
    #[serde(default)]
    pub stacking: Stacking,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stacking {
    /// Used together with all others that combine.
    #[default]
    Combine,
    /// Used alone.
    Exclusive,
}

/// What a promotion takes off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// A share of the goods' price. About the order when the promotion names no goods.
    Percentage {
        #[serde(rename = "rate_ppm")]
        rate: Rate,
    },
    /// An amount off the goods named, once for each order; one per currency.
    Fixed { amounts: Vec<Money> },
    /// An amount off each unit; one per currency.
    FixedPerUnit { amounts: Vec<Money> },
    /// For every `buy` units, `get` more of them are reduced: the cheapest ones. With `gets`, units of those goods are
    /// reduced, and units of the promotion's other goods are what has to be bought.
    BuyXGetY {
        #[schema(minimum = 1, maximum = 1000)]
        buy: u32,
        #[schema(minimum = 1, maximum = 1000)]
        get: u32,
        /// 1,000,000 makes them free.
        #[serde(rename = "rate_ppm", default = "all_of_it")]
        rate: Rate,
        #[serde(default)]
        gets: Option<Selection>,
    },
    /// A share of the goods' price that grows with how much is bought: the highest step reached counts.
    Tiers { steps: Vec<TierStep> },
    /// Delivery costs nothing, by the options named or by any.
    FreeShipping {
        /// Handles of shipping options.
        #[serde(default)]
        options: Vec<String>,
        /// Countries of delivery; all when empty.
        #[serde(default)]
        countries: Vec<String>,
    },
}

fn all_of_it() -> Rate {
    Rate::from_ppm(1_000_000)
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierStep {
    /// Units of the goods named; 0 when the step is reached by an amount.
    #[serde(default)]
    pub from_quantity: u32,
    /// Price of the goods named, one per currency.
    #[serde(default)]
    pub from_amounts: Vec<Money>,
    #[serde(rename = "rate_ppm")]
    pub rate: Rate,
}

/// Some of the goods: those that any of the lists names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Handles of products.
    pub products: Vec<String>,
    /// Handles of collections.
    pub collections: Vec<String>,
    /// Handles of categories.
    pub categories: Vec<String>,
    #[schema(value_type = Vec<String>)]
    pub skus: Vec<Sku>,
    /// Leaves out what is reduced already.
    pub not_reduced: bool,
}

impl Selection {
    /// Whether it names no goods, so that all are meant.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.products.is_empty() && self.collections.is_empty() && self.categories.is_empty() && self.skus.is_empty()
    }
}

/// What must be in the cart of the goods named, at their prices before promotions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Minimum {
    /// One per currency; a promotion with amounts does not apply in a currency that is not named.
    pub amounts: Vec<Money>,
    pub quantity: u32,
}

/// How a promotion stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromotionState {
    /// Shoppers can have it.
    Active,
    /// Its time has not come.
    Planned,
    /// Its time is over.
    Ended,
    /// Every limit of it is reached: with several codes, that of each.
    UsedUp,
    /// Switched off.
    Off,
}

/// How a promotion stands, and how often it was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromotionStanding {
    pub state: PromotionState,
    /// One for each code, or one for a promotion without codes; at most 100. Only what has or had a limit is counted.
    pub uses: Vec<PromotionUses>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromotionUses {
    /// None: it applies by itself.
    pub code: Option<String>,
    /// Orders that use it and were not cancelled.
    pub uses: i64,
    /// How many orders may use it; none for any number.
    pub limit: Option<i64>,
}

// ---- Taxes ----------------------------------------------------------------------------------------------------------

/// The taxes of a country, or of some of its regions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxZone {
    #[serde(default)]
    pub handle: String,
    #[serde(default)]
    pub version: u64,
    /// ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Z]{2}$")]
    pub country: String,
    /// Codes or names of regions as they stand in addresses, e.g. `CA`; the whole country when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    /// As it stands on an invoice, e.g. `VAT`.
    pub name: String,
    pub rates: Vec<TaxRate>,
}

/// What one class of goods is taxed at, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxRate {
    /// `standard`, `reduced` or a name of the shop's own. Goods of a class that has no rate are taxed as `standard`;
    /// those of the class `zero` never are.
    pub class: String,
    #[serde(rename = "rate_ppm")]
    pub rate: Rate,
    /// First day, in the shop's time zone, e.g. `2026-01-01`.
    #[serde(default)]
    pub valid_from: Option<String>,
    /// The day after the last one.
    #[serde(default)]
    pub valid_until: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    /// Once for each line, and once for shipping.
    #[default]
    PerLine,
    /// Once for each rate of an order.
    PerOrder,
}

// ---- Shipping -------------------------------------------------------------------------------------------------------

/// Where parcels go, and how. The first zone by position that has an address serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingZone {
    #[serde(default)]
    pub handle: String,
    #[serde(default)]
    pub version: u64,
    pub name: String,
    /// ISO 3166-1 alpha-2; every country when empty.
    #[serde(default)]
    pub countries: Vec<String>,
    /// Regions of its countries, as country and region with a hyphen, e.g. `US-HI`; whole countries when empty.
    #[serde(default)]
    pub regions: Vec<String>,
    #[serde(default)]
    pub position: i32,
    /// In the order shown; the first is preselected.
    pub methods: Vec<ShippingMethod>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingMethod {
    /// Names the method in quotes and orders, e.g. `standard`.
    pub handle: String,
    /// By language.
    pub name: Texts,
    #[serde(default)]
    pub by: ShippingBasis,
    /// In rising order; the first that is not exceeded gives the price. Beyond the last the method is not offered.
    pub steps: Vec<ShippingStep>,
    /// From this price of the goods after discounts it costs nothing; one per currency.
    #[serde(default)]
    pub free_from: Vec<Money>,
    /// Working days until delivery: from, to.
    pub days_min: u16,
    pub days_max: u16,
    /// Where the shopper picks it up, instead of a delivery.
    #[serde(default)]
    pub pick_up: Option<String>,
}

/// What the price of a shipping method depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShippingBasis {
    #[default]
    Nothing,
    /// Grams of what is shipped.
    Weight,
    /// Price of the goods after discounts, in minor units.
    Price,
    /// Units shipped.
    Quantity,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShippingStep {
    /// The most grams, minor units or units of this step; none for no limit.
    #[serde(default)]
    pub up_to: Option<i64>,
    /// One per currency; the step is not offered in others.
    pub prices: Vec<Money>,
}

// ---- Price lists ----------------------------------------------------------------------------------------------------

/// Prices that take the place of the catalog's, for some markets, customers and times.
///
/// Of the lists that apply to a shopper and name a variant, the one with the highest `priority` gives its price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceList {
    #[serde(default)]
    pub handle: String,
    #[serde(default)]
    pub version: u64,
    pub name: String,
    #[serde(default = "yes")]
    pub enabled: bool,
    #[schema(value_type = String)]
    pub currency: Currency,
    /// Handles of markets; all of the currency when empty.
    #[serde(default)]
    pub markets: Vec<String>,
    /// Handles of customer groups; everybody when empty.
    #[serde(default)]
    pub groups: Vec<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub starts_at: Option<LocalTime>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub ends_at: Option<LocalTime>,
    #[serde(default)]
    pub priority: i32,
    /// A sale: the price that it takes the place of is shown crossed out, with the lowest one of the last 30 days.
    #[serde(default)]
    pub sale: bool,
    pub prices: Vec<ListedPrice>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListedPrice {
    #[schema(value_type = String)]
    pub sku: Sku,
    /// Of one unit, in minor units of the list's currency.
    #[schema(minimum = 0)]
    pub price_minor: i64,
    /// Of each unit when more are bought; the highest quantity reached counts.
    #[serde(default)]
    pub tiers: Vec<PriceTier>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceTier {
    #[schema(minimum = 2)]
    pub from_quantity: u32,
    #[schema(minimum = 0)]
    pub price_minor: i64,
}

// ---- Customers and the shop -----------------------------------------------------------------------------------------

/// Customers who are treated alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerGroup {
    #[serde(default)]
    pub handle: String,
    #[serde(default)]
    pub version: u64,
    pub name: String,
    #[serde(default)]
    pub customers: Vec<CustomerId>,
}

/// What holds for all sales of a shop. There is one such document, with the handle `shop`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SellingSettings {
    #[serde(default)]
    pub handle: String,
    #[serde(default)]
    pub version: u64,
    /// IANA name, e.g. `Europe/Berlin`: the zone in which dates of promotions, prices and taxes are meant.
    pub time_zone: String,
    /// Where the shop is taxed, ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Z]{2}$")]
    pub country: String,
    #[serde(default)]
    pub tax_rounding: TaxRounding,
    /// Whether a business in another country of the European Union that gives a VAT id is sold to without VAT.
    #[serde(default)]
    pub reverse_charge: bool,
    /// States of the United States in which the shop has to collect sales tax, e.g. `CA`; at the states' base rates, which
    /// know neither counties nor cities.
    #[serde(default)]
    pub us_states: Vec<String>,
    #[serde(default)]
    pub seller: Seller,
}

/// Who sells, as it stands on invoices and packing slips. What is empty is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Seller {
    /// The shop's name when empty.
    #[schema(max_length = 100)]
    pub name: String,
    /// Lines of the address, with line breaks between them.
    #[schema(max_length = 500)]
    pub address: String,
    #[schema(max_length = 50)]
    pub vat_id: String,
    /// At the end of the paper, with line breaks: a bank account, a register number, or thanks.
    #[schema(max_length = 500)]
    pub footer: String,
}

// ---- The documents --------------------------------------------------------------------------------------------------

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermsKind {
    Promotion,
    TaxZone,
    ShippingZone,
    PriceList,
    CustomerGroup,
    Settings,
}

impl TermsKind {
    /// As in the database and in events.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            TermsKind::Promotion => "promotion",
            TermsKind::TaxZone => "tax_zone",
            TermsKind::ShippingZone => "shipping_zone",
            TermsKind::PriceList => "price_list",
            TermsKind::CustomerGroup => "customer_group",
            TermsKind::Settings => "selling_settings",
        }
    }
}

/// A document of any kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant, reason = "documents are few, and moved only when somebody writes one")]
pub enum TermsDocument {
    Promotion(Promotion),
    TaxZone(TaxZone),
    ShippingZone(ShippingZone),
    PriceList(PriceList),
    CustomerGroup(CustomerGroup),
    Settings(SellingSettings),
}

impl TermsDocument {
    #[must_use]
    pub const fn kind(&self) -> TermsKind {
        match self {
            TermsDocument::Promotion(_) => TermsKind::Promotion,
            TermsDocument::TaxZone(_) => TermsKind::TaxZone,
            TermsDocument::ShippingZone(_) => TermsKind::ShippingZone,
            TermsDocument::PriceList(_) => TermsKind::PriceList,
            TermsDocument::CustomerGroup(_) => TermsKind::CustomerGroup,
            TermsDocument::Settings(_) => TermsKind::Settings,
        }
    }

    #[must_use]
    pub fn handle(&self) -> &str {
        match self {
            TermsDocument::Promotion(d) => &d.handle,
            TermsDocument::TaxZone(d) => &d.handle,
            TermsDocument::ShippingZone(d) => &d.handle,
            TermsDocument::PriceList(d) => &d.handle,
            TermsDocument::CustomerGroup(d) => &d.handle,
            TermsDocument::Settings(d) => &d.handle,
        }
    }

    #[must_use]
    pub const fn version(&self) -> u64 {
        match self {
            TermsDocument::Promotion(d) => d.version,
            TermsDocument::TaxZone(d) => d.version,
            TermsDocument::ShippingZone(d) => d.version,
            TermsDocument::PriceList(d) => d.version,
            TermsDocument::CustomerGroup(d) => d.version,
            TermsDocument::Settings(d) => d.version,
        }
    }

    /// The document with this version.
    #[must_use]
    pub fn with_version(mut self, version: u64) -> Self {
        match &mut self {
            TermsDocument::Promotion(d) => d.version = version,
            TermsDocument::TaxZone(d) => d.version = version,
            TermsDocument::ShippingZone(d) => d.version = version,
            TermsDocument::PriceList(d) => d.version = version,
            TermsDocument::CustomerGroup(d) => d.version = version,
            TermsDocument::Settings(d) => d.version = version,
        }
        self
    }
}

/// Which version of a document a writer has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Whatever is there is replaced.
    Any,
    Version(u64),
    /// The writer named no version, so nothing may be there yet.
    Nothing,
}

/// The documents, for the API and the pages of the back office.
#[async_trait]
pub trait SellingTerms: Send + Sync {
    /// All of a kind, by handle.
    async fn documents(&self, store: StoreId, kind: TermsKind) -> Result<Vec<TermsDocument>>;
    async fn document(&self, store: StoreId, kind: TermsKind, handle: &str) -> Result<Option<TermsDocument>>;
    /// Creates or replaces a document; the same one again changes nothing.
    ///
    /// 412 `stale_version` or 428 `if_match_required` by what was `seen`, 422 for what cannot be.
    async fn put(&self, store: StoreId, document: TermsDocument, seen: Seen, actor: Actor) -> Result<TermsDocument>;
    async fn delete(&self, store: StoreId, kind: TermsKind, handle: &str, seen: Seen, actor: Actor) -> Result<()>;
    /// How every promotion stands now, by handle.
    async fn promotion_states(&self, store: StoreId) -> Result<BTreeMap<String, PromotionState>>;
    /// How one promotion stands now; none when there is none.
    async fn promotion_standing(&self, store: StoreId, handle: &str) -> Result<Option<PromotionStanding>>;
    /// What the clocks of the shop show now, to the second.
    async fn local_now(&self, store: StoreId) -> Result<LocalTime>;
}

// ---- What one shopper pays ------------------------------------------------------------------------------------------

/// A shopper who is known, in a market.
#[derive(Clone, Copy, Debug)]
pub struct Shopper<'a> {
    pub store: StoreId,
    pub customer: CustomerId,
    /// Handle of the market.
    pub market: &'a str,
    pub currency: Currency,
}

/// A price as a shelf shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfTag {
    pub unit: Money,
    /// The price before a reduction.
    pub compare_at: Option<Money>,
}

/// Prices that hold for some shoppers only, for shelves that are made for one of them. From memory: pages ask at every
/// request.
pub trait GroupPrices: Send + Sync {
    /// Whether a list of one of the shopper's groups holds now. Everybody else sees the shelves of everybody.
    fn has_own(&self, shopper: &Shopper<'_>) -> bool;

    /// What one unit of `sku` costs the shopper, as a quote would say; `shelf` is what everybody pays.
    fn tag(&self, shopper: &Shopper<'_>, sku: &Sku, shelf: ShelfTag) -> ShelfTag;
}
