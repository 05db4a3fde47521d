//! Search: finding products by what people type. Answers come from an index that follows the catalog; prices, stock and
//! pictures in them come from the catalog itself, so they are never older than it.

use std::sync::Arc;

use async_trait::async_trait;
use kernel::{PageRequest, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::catalog::{OwnPrices, ProductCard, TimestampSchema, View};

/// The most characters of a query.
pub const MAX_QUERY_CHARS: usize = 200;
/// The most words of a query.
pub const MAX_QUERY_TERMS: usize = 12;
/// The most values that all filters of a request name together.
pub const MAX_FILTER_VALUES: usize = 20;
/// How many hits can be paged through; whoever wants more narrows the search.
pub const MAX_DEPTH: u32 = 1_000;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SearchSort {
    /// Best match first; newest first when nothing was typed.
    #[default]
    Relevance,
    PriceAsc,
    PriceDesc,
    /// Newest first.
    Newest,
    Title,
}

/// Values of one facet that a product may have: any of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Name of the facet: an attribute, an option in lower case, `category`, `collection`, `vendor`, `price` or
    /// `available`.
    pub name: String,
    /// For `price`, ranges in minor units: `5000-9999`, `5000-` or `-9999`.
    pub values: Vec<String>,
}

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// As typed; empty finds everything.
    pub query: String,
    /// A product must fit every one of them.
    pub filters: Vec<Filter>,
    pub sort: SearchSort,
    pub page: PageRequest,
}

/// How much of what was typed the hits have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Matched {
    /// Every word, as typed or in another form of it.
    All,
    /// Every word, some of them spelt differently.
    Corrected,
    /// Only some of the words.
    Some,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchAnswer {
    #[schema(value_type = Vec<ProductCard>)]
    pub hits: Vec<Arc<ProductCard>>,
    /// What the hits can be narrowed by. The counts of a facet respect every filter but its own.
    pub facets: Vec<Facet>,
    /// How many products were found in all.
    pub total: u32,
    pub matched: Matched,
    /// What was searched for instead, when something was taken for a typing error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
    /// Pass as `cursor` for the next page; null on the last.
    pub next_cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FacetKind {
    /// An attribute of the product type.
    Attribute,
    /// Yes or no.
    Flag,
    /// An option in which variants differ.
    Option,
    Category,
    Collection,
    Vendor,
    /// Ranges of the lowest price, in minor units of the currency shown.
    Price,
    /// Whether any variant can be bought.
    Availability,
}

/// Something by which hits can be narrowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facet {
    /// Stands in the request as `filter.{name}`.
    pub name: String,
    pub kind: FacetKind,
    /// In the language asked for, where the merchant wrote one.
    pub label: String,
    pub values: Vec<FacetValue>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetValue {
    /// As it stands in a filter.
    pub value: String,
    /// As it is shown.
    pub label: String,
    /// Products that this value alone, with the other filters, would show.
    pub count: u32,
    pub selected: bool,
}

/// What somebody who has typed this much may be looking for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Suggestions {
    /// Queries, most promising first.
    pub completions: Vec<String>,
    #[schema(value_type = Vec<ProductCard>)]
    pub products: Vec<Arc<ProductCard>>,
}

/// Finds products. From memory and the index of this node: no waiting.
pub trait Search: Send + Sync {
    /// Changes whenever the same request could be answered differently.
    fn generation(&self, store: StoreId) -> u64;

    /// # Errors
    /// Invalid input for a query, filter, cursor or depth beyond the limits, or a filter that the shop does not have;
    /// unavailable while the index of a store is made for the first time.
    fn search(&self, store: StoreId, request: &SearchRequest, view: &View) -> Result<Arc<SearchAnswer>>;

    /// As [`Self::search`], ordered and filtered by what one shopper pays. Made for this question, and kept by nobody; the
    /// cards tell everybody's prices.
    ///
    /// # Errors
    /// As [`Self::search`].
    fn search_for(
        &self,
        store: StoreId,
        request: &SearchRequest,
        view: &View,
        _own: &dyn OwnPrices,
    ) -> Result<Arc<SearchAnswer>> {
        self.search(store, request, view)
    }

    /// # Errors
    /// As [`Self::search`].
    fn suggest(&self, store: StoreId, typed: &str, view: &View) -> Result<Suggestions>;
}

/// Words that mean the same in one language of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Synonyms {
    /// A language, such as `en`.
    pub locale: String,
    /// Each group: words or short phrases that find each other.
    pub groups: Vec<Vec<String>>,
    /// Grows by one with every write; 0 before the first.
    pub version: u64,
}

/// How the index of a store compares with its catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SearchCheck {
    /// Products that shoppers can see.
    pub catalog: u32,
    /// Products in the index.
    pub indexed: u32,
    /// Handles of products that the index lacks or holds in another version; at most 100.
    pub outdated: Vec<String>,
    /// Handles in the index that shoppers no longer see; at most 100.
    pub surplus: Vec<String>,
    /// Whether nothing differs.
    pub agrees: bool,
    /// Name of the index in use.
    pub generation: String,
    /// Languages that can be searched in.
    pub languages: Vec<String>,
    /// When the comparison last found a difference that no change of the catalog explains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_repair: Option<TimestampSchema>,
}

/// The back office of search.
#[async_trait]
pub trait SearchOffice: Send + Sync {
    async fn synonyms(&self, store: StoreId, locale: &str) -> Result<Synonyms>;
    /// Replaces the synonyms of `locale` when their version is `version`, or whatever it is when that is none.
    ///
    /// # Errors
    /// 412 for another version; invalid input for too many or too long words.
    async fn put_synonyms(
        &self,
        store: StoreId,
        locale: &str,
        version: Option<u64>,
        groups: Vec<Vec<String>>,
    ) -> Result<Synonyms>;
    /// Compares the index with the catalog, now.
    async fn check(&self, store: StoreId) -> Result<SearchCheck>;
    /// Makes a new index beside the one in use and puts it in its place. Searching goes on meanwhile.
    async fn rebuild(&self, store: StoreId) -> Result<SearchCheck>;
}
