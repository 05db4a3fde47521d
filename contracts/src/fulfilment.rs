//! Fulfilment: paid orders become requests to the people who pack, parcels at a carrier, and deliveries.

use async_trait::async_trait;
use kernel::{Currency, FulfilmentId, OrderId, Page, PageRequest, ShipmentId, Sku, StoreId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::address::Address;
use crate::catalog::TimestampSchema;

/// How far a fulfilment is. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FulfilmentState {
    /// Nobody has taken it yet.
    Requested,
    /// Somebody is at it.
    Accepted,
    /// Picked and packed.
    Packed,
    /// A parcel is announced at the carrier; its label can be printed.
    Labelled,
    /// The carrier has the parcel; the order is shipped.
    HandedOver,
    /// The carrier moved it.
    InTransit,
    Delivered,
    /// Not sent: the order was cancelled, or its goods went another way.
    Cancelled,
}

impl FulfilmentState {
    pub const ALL: [FulfilmentState; 8] = [
        FulfilmentState::Requested,
        FulfilmentState::Accepted,
        FulfilmentState::Packed,
        FulfilmentState::Labelled,
        FulfilmentState::HandedOver,
        FulfilmentState::InTransit,
        FulfilmentState::Delivered,
        FulfilmentState::Cancelled,
    ];

    /// As in URLs, events and the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            FulfilmentState::Requested => "requested",
            FulfilmentState::Accepted => "accepted",
            FulfilmentState::Packed => "packed",
            FulfilmentState::Labelled => "labelled",
            FulfilmentState::HandedOver => "handed_over",
            FulfilmentState::InTransit => "in_transit",
            FulfilmentState::Delivered => "delivered",
            FulfilmentState::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// Units to be packed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FulfilmentLine {
    /// Number of the order's line.
    pub line: u32,
    pub sku: Sku,
    pub title: String,
    pub quantity: u32,
}

/// What the carrier said about a parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrackingStatus {
    /// The carrier knows of the parcel and waits for it.
    Announced,
    /// The carrier has it.
    Collected,
    InTransit,
    OutForDelivery,
    /// It could not be delivered; it is tried again, or somebody has to look.
    Exception,
    Delivered,
}

impl TrackingStatus {
    /// As in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            TrackingStatus::Announced => "announced",
            TrackingStatus::Collected => "collected",
            TrackingStatus::InTransit => "in_transit",
            TrackingStatus::OutForDelivery => "out_for_delivery",
            TrackingStatus::Exception => "exception",
            TrackingStatus::Delivered => "delivered",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        use TrackingStatus as T;
        [T::Announced, T::Collected, T::InTransit, T::OutForDelivery, T::Exception, T::Delivered]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrackingUpdate {
    pub at: TimestampSchema,
    pub status: TrackingStatus,
    /// Where, or why; a name of a depot, never a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub place: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FulfilmentView {
    pub id: FulfilmentId,
    pub order_id: OrderId,
    /// Number of the order, for people.
    pub number: String,
    /// Where the goods are.
    pub location: String,
    pub state: FulfilmentState,
    pub lines: Vec<FulfilmentLine>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// The order's shipment, once it is recorded there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment_id: Option<ShipmentId>,
    /// Why it was cancelled, or what keeps it from going on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub created_at: TimestampSchema,
    pub updated_at: TimestampSchema,
    /// Oldest first; only when one fulfilment is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracking_updates: Vec<TrackingUpdate>,
    /// Where it goes; only when one fulfilment is asked for, absent after erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FulfilmentFilter {
    pub state: Option<FulfilmentState>,
    pub order: Option<OrderId>,
    pub location: Option<String>,
}

/// A step of a fulfilment. Taking it again changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvanceFulfilment {
    /// The next state: `accepted`, `packed`, `labelled`, `handed_over`, `in_transit`, `delivered` or `cancelled`. States
    /// between can be skipped.
    pub state: FulfilmentState,
    /// Who takes the parcel; the shop's first carrier when left out. A carrier that the shop does not know needs a
    /// `tracking` number of its own.
    #[serde(default)]
    #[schema(max_length = 100)]
    pub carrier: Option<String>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub tracking: Option<String>,
    /// Why it is cancelled.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// A label to print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelDocument {
    /// `image/svg+xml` or `application/pdf`.
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// Fulfilments, for the API, the pages and the command line.
#[async_trait]
pub trait Fulfilments: Send + Sync {
    /// Oldest first, as they are to be packed.
    async fn fulfilments(
        &self,
        store: StoreId,
        filter: FulfilmentFilter,
        page: PageRequest,
    ) -> Result<Page<FulfilmentView>>;
    async fn fulfilment(&self, store: StoreId, id: FulfilmentId) -> Result<FulfilmentView>;
    /// Takes the fulfilment to a state, through those between.
    ///
    /// # Errors
    /// Conflict when it is past that state, the order does not stand or changed before the parcel left, or the carrier
    /// refuses; unavailable when the carrier does not answer.
    async fn advance(&self, store: StoreId, id: FulfilmentId, step: AdvanceFulfilment) -> Result<FulfilmentView>;
    /// # Errors
    /// Conflict when there is no label, or the address was erased.
    async fn label(&self, store: StoreId, id: FulfilmentId) -> Result<LabelDocument>;
}

// ---- Carriers -------------------------------------------------------------------------------------------------------

/// What a carrier is told about a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// The same key is the same parcel, however often it is announced.
    pub key: FulfilmentId,
    /// When it was announced first.
    pub announced_at: Timestamp,
    /// For the label, e.g. the order's number.
    pub reference: String,
    pub to: Address,
    /// Pieces inside.
    pub units: u32,
    pub currency: Currency,
}

/// What a carrier answered to a new parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub tracking: String,
}

/// Somebody who takes parcels. Answers can come late, twice or not at all: every call may be repeated.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Short and lower case; it never changes.
    fn name(&self) -> &'static str;
    /// Makes the parcel known, and its tracking number.
    ///
    /// # Errors
    /// Unavailable when there was no answer: ask again with the same parcel. Anything else is a refusal.
    async fn announce(&self, parcel: &Parcel) -> Result<Announced>;
    /// The label of an announced parcel.
    ///
    /// # Errors
    /// As [`Self::announce`].
    async fn label(&self, parcel: &Parcel, tracking: &str) -> Result<LabelDocument>;
    /// What happened to a parcel so far, in any order; the same update may come again, and one may never come.
    ///
    /// # Errors
    /// As [`Self::announce`].
    async fn track(&self, tracking: &str) -> Result<Vec<TrackingUpdate>>;
    /// The parcel will not come.
    ///
    /// # Errors
    /// As [`Self::announce`].
    async fn withdraw(&self, tracking: &str) -> Result<()>;
}
