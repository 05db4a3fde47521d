//! Notification: mails to people, webhooks to programs. What the shop tells of orders follows from events; a service
//! that must write to somebody about something else (a password, an invitation) asks for it here.

use async_trait::async_trait;
use kernel::{EventId, MailId, OrderId, Page, PageRequest, Secret, StoreId, WebhookEndpointId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::catalog::TimestampSchema;
use crate::market::Locale;

/// A mail that a service asks for. It is stored sealed, sent in the background and tried again when the server is away.
#[derive(Clone, Debug)]
pub struct NewMail {
    /// The same key is sent once, however often it is asked for.
    pub key: String,
    /// Address of the reader.
    pub to: Secret,
    pub locale: Locale,
    pub message: Message,
}

/// What a mail says. Its words, in text and HTML, are the notification service's.
#[derive(Clone, Debug)]
pub enum Message {
    /// Somebody asked to set a new password; `url` works once and for `valid_minutes`.
    PasswordReset { url: Secret, valid_minutes: u32 },
    /// Asks a new customer to show that the address is theirs.
    EmailVerification { url: Secret, valid_minutes: u32 },
    /// Somebody registered with an address that has an account; its owner is told, the other is not.
    AlreadyRegistered { login_url: String },
    /// A colleague is invited to the back office.
    StaffInvitation { url: Secret, invited_by: String, role: String, valid_minutes: u32 },
}

/// Takes mails.
#[async_trait]
pub trait Mails: Send + Sync {
    /// Resolves when the mail is stored, not when it is sent.
    ///
    /// # Errors
    /// When it could not be stored.
    async fn send(&self, store: StoreId, mail: NewMail) -> Result<()>;
}

// ---- The mails as staff see them ------------------------------------------------------------------------------------

/// Every kind of mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailTemplate {
    OrderConfirmation,
    OrderShipped,
    OrderDelivered,
    OrderRefunded,
    OrderCancelled,
    ReturnReceived,
    PasswordReset,
    EmailVerification,
    AlreadyRegistered,
    StaffInvitation,
    LowStock,
    /// To staff: an endpoint of outgoing webhooks was switched off.
    WebhookEndpointDisabled,
}

impl MailTemplate {
    pub const ALL: [MailTemplate; 12] = [
        MailTemplate::OrderConfirmation,
        MailTemplate::OrderShipped,
        MailTemplate::OrderDelivered,
        MailTemplate::OrderRefunded,
        MailTemplate::OrderCancelled,
        MailTemplate::ReturnReceived,
        MailTemplate::PasswordReset,
        MailTemplate::EmailVerification,
        MailTemplate::AlreadyRegistered,
        MailTemplate::StaffInvitation,
        MailTemplate::LowStock,
        MailTemplate::WebhookEndpointDisabled,
    ];

    /// As in URLs and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MailTemplate::OrderConfirmation => "order_confirmation",
            MailTemplate::OrderShipped => "order_shipped",
            MailTemplate::OrderDelivered => "order_delivered",
            MailTemplate::OrderRefunded => "order_refunded",
            MailTemplate::OrderCancelled => "order_cancelled",
            MailTemplate::ReturnReceived => "return_received",
            MailTemplate::PasswordReset => "password_reset",
            MailTemplate::EmailVerification => "email_verification",
            MailTemplate::AlreadyRegistered => "already_registered",
            MailTemplate::StaffInvitation => "staff_invitation",
            MailTemplate::LowStock => "low_stock",
            MailTemplate::WebhookEndpointDisabled => "webhook_endpoint_disabled",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.name() == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// Waiting to be sent, or to be tried again.
    Queued,
    Sent,
    /// Given up; it can be tried again by hand.
    Failed,
    /// There is nobody to write to any more: the person was erased, or the mail came too late to make sense.
    Dropped,
}

impl MailStatus {
    /// As in URLs and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MailStatus::Queued => "queued",
            MailStatus::Sent => "sent",
            MailStatus::Failed => "failed",
            MailStatus::Dropped => "dropped",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [MailStatus::Queued, MailStatus::Sent, MailStatus::Failed, MailStatus::Dropped]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// A mail in the list: what became of it, never to whom it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailView {
    pub id: MailId,
    pub template: MailTemplate,
    pub status: MailStatus,
    /// The order it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<OrderId>,
    /// How often it was tried.
    pub tries: u32,
    pub created_at: TimestampSchema,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<TimestampSchema>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<TimestampSchema>,
    /// What went wrong at the last try, without personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Its file in the folder of mails, when it was not sent by SMTP and the file is still kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// Which mails are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailFilter {
    pub status: Option<MailStatus>,
    pub order: Option<OrderId>,
}

/// A mail as its reader would see it, filled with samples.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailPreview {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The queue of mails, for staff.
#[async_trait]
pub trait MailQueue: Send + Sync {
    /// Latest first.
    async fn mails(&self, store: StoreId, filter: MailFilter, page: PageRequest) -> Result<Page<MailView>>;
    /// Tries a mail again now that was given up, or that waits for its next try.
    ///
    /// # Errors
    /// Not found; conflict when it was sent or dropped.
    async fn retry(&self, store: StoreId, id: MailId) -> Result<MailView>;
    /// A template filled with samples.
    fn preview(&self, template: MailTemplate, locale: &str) -> MailPreview;
    /// Everything kept about mails to `address` becomes unreadable: queued ones are dropped, files are deleted. For
    /// whoever erases a person. How many mails there were.
    async fn forget(&self, store: StoreId, address: &Secret) -> Result<u64>;
}

// ---- Outgoing webhooks ----------------------------------------------------------------------------------------------

/// Where webhooks go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpointView {
    pub id: WebhookEndpointId,
    pub url: String,
    pub description: String,
    /// Types of events, e.g. `order.paid`, or with a star at the end, e.g. `order.*`. Empty: all of them.
    pub event_types: Vec<String>,
    pub enabled: bool,
    /// Why it is switched off, when the shop did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// Since when every delivery failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<TimestampSchema>,
    pub created_at: TimestampSchema,
    /// `whsec_…`, only in the answer that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    /// `https://…`.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub description: String,
    #[serde(default)]
    #[schema(max_items = 50)]
    pub event_types: Vec<String>,
}

/// What is to change; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeWebhookEndpoint {
    #[serde(default)]
    #[schema(min_length = 1, max_length = 2000)]
    pub url: Option<String>,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub description: Option<String>,
    #[serde(default)]
    #[schema(max_items = 50)]
    pub event_types: Option<Vec<String>>,
    #[serde(default)]
    pub enabled: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// Waiting to be delivered, or to be tried again.
    Pending,
    Delivered,
    /// Given up; it can be replayed.
    Failed,
}

impl DeliveryStatus {
    /// As in URLs and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DeliveryStatus::Pending => "pending",
            DeliveryStatus::Delivered => "delivered",
            DeliveryStatus::Failed => "failed",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [DeliveryStatus::Pending, DeliveryStatus::Delivered, DeliveryStatus::Failed]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    /// The event's id: what the endpoint sees as `webhook-id`.
    pub event_id: EventId,
    pub endpoint_id: WebhookEndpointId,
    #[serde(rename = "type")]
    pub kind: String,
    pub status: DeliveryStatus,
    pub tries: u32,
    pub created_at: TimestampSchema,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<TimestampSchema>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<TimestampSchema>,
    /// The status of the last answer, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// Which deliveries are to be sent once more.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// Just this event.
    #[serde(default)]
    pub event_id: Option<EventId>,
    /// Events that happened at this time or later.
    #[serde(default)]
    pub since: Option<TimestampSchema>,
    /// Events that happened before this time.
    #[serde(default)]
    pub until: Option<TimestampSchema>,
    /// Only those that were given up.
    #[serde(default)]
    pub only_failed: bool,
}

/// How many deliveries will be sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Replayed {
    pub deliveries: u64,
}

/// What a test delivery met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PingResult {
    pub delivered: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Endpoints of outgoing webhooks and what is sent to them.
#[async_trait]
pub trait Webhooks: Send + Sync {
    async fn endpoints(&self, store: StoreId) -> Result<Vec<WebhookEndpointView>>;
    async fn endpoint(&self, store: StoreId, id: WebhookEndpointId) -> Result<WebhookEndpointView>;
    async fn create_endpoint(&self, store: StoreId, new: NewWebhookEndpoint) -> Result<WebhookEndpointView>;
    async fn change_endpoint(
        &self,
        store: StoreId,
        id: WebhookEndpointId,
        change: ChangeWebhookEndpoint,
    ) -> Result<WebhookEndpointView>;
    /// A new secret; the one before signs beside it for a day.
    async fn rotate_secret(&self, store: StoreId, id: WebhookEndpointId) -> Result<WebhookEndpointView>;
    async fn delete_endpoint(&self, store: StoreId, id: WebhookEndpointId) -> Result<()>;
    /// Latest first.
    async fn deliveries(
        &self,
        store: StoreId,
        endpoint: WebhookEndpointId,
        status: Option<DeliveryStatus>,
        page: PageRequest,
    ) -> Result<Page<DeliveryView>>;
    async fn replay(&self, store: StoreId, endpoint: WebhookEndpointId, which: ReplayRequest) -> Result<Replayed>;
    /// Sends `webhook.ping` now and says what came of it.
    async fn ping(&self, store: StoreId, endpoint: WebhookEndpointId) -> Result<PingResult>;
}
