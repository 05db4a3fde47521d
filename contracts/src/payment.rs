//! Payment providers: the port behind which money moves. Every call carries a key derived from the order, so that a
//! repeated call is the same call.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use kernel::{Money, OrderId, StoreId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Result;

/// Where a payment stands, in the provider's books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderStatus {
    /// The provider has not decided yet.
    Processing,
    /// The shopper must do something at `next_action_url`.
    RequiresAction,
    Authorised,
    Captured,
    Declined,
    Voided,
}

/// A payment as the provider tells it. The truth about money; a webhook is only a hint to look here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderPayment {
    /// The provider's own name for it.
    pub reference: String,
    /// The key we gave: one key, one payment.
    pub key: String,
    pub status: ProviderStatus,
    pub amount: Money,
    pub captured_minor: i64,
    pub refunded_minor: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_action_url: Option<String>,
    pub created_at: Timestamp,
    /// When it last changed at the provider: where [`Provider::changed_since`] goes on.
    pub changed_at: Timestamp,
    /// Grows with every change at the provider: an older object never overwrites a newer one.
    pub revision: u64,
}

/// A call to the provider that did not give an answer about the payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderError {
    /// It may or may not have happened: ask by key, or repeat the same key. Never a new key.
    Unknown(String),
    /// It definitely did not happen and will not, e.g. a refund above the captured amount.
    Refused(String),
}

impl std::fmt::Display for ProviderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ProviderError::Unknown(why) => write!(f, "the provider's answer is unknown: {why}"),
            ProviderError::Refused(why) => write!(f, "the provider refused: {why}"),
        }
    }
}

impl std::error::Error for ProviderError {}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthoriseRequest {
    /// Derived from order and attempt.
    pub key: String,
    pub amount: Money,
    /// What the shopper's browser got from the provider. Single use, not card data.
    pub token: String,
    /// Our order, for the provider's books.
    pub order: String,
    /// Where the provider sends the shopper back to after a redirect.
    pub return_url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    Pending,
    Succeeded,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRefund {
    pub key: String,
    pub payment_reference: String,
    pub amount: Money,
    pub status: RefundStatus,
}

/// A webhook whose signature was good. It carries no truth, only where to look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderHint {
    pub webhook_id: String,
    /// The key under which we asked for the payment.
    pub key: String,
}

/// A payment provider. Implementations set their own deadline on every call and answer [`ProviderError::Unknown`]
/// when it passes.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The name in `payment.provider`.
    fn name(&self) -> &'static str;
    async fn authorise(&self, request: AuthoriseRequest) -> std::result::Result<ProviderPayment, ProviderError>;
    /// What the provider knows under `key`; `None` means it never heard of it.
    async fn find(&self, key: &str) -> std::result::Result<Option<ProviderPayment>, ProviderError>;
    async fn capture(
        &self,
        reference: &str,
        key: &str,
        amount: Money,
    ) -> std::result::Result<ProviderPayment, ProviderError>;
    async fn void(&self, reference: &str, key: &str) -> std::result::Result<ProviderPayment, ProviderError>;
    async fn refund(
        &self,
        reference: &str,
        key: &str,
        amount: Money,
    ) -> std::result::Result<ProviderRefund, ProviderError>;
    async fn find_refund(&self, key: &str) -> std::result::Result<Option<ProviderRefund>, ProviderError>;
    /// Payments changed at or after `since`, oldest change first: the other side of the reconciliation. About `limit`
    /// of them: those that changed in the same millisecond are never split over two answers.
    async fn changed_since(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> std::result::Result<Vec<ProviderPayment>, ProviderError>;
    /// Checks the signature of a webhook over its raw body.
    ///
    /// # Errors
    /// Unauthenticated when the signature, its age or the body is not good.
    fn verify_webhook(&self, signature: &str, body: &[u8], now: Timestamp) -> Result<ProviderHint>;
}

/// The providers of an installation, by name.
#[derive(Clone, Default)]
pub struct Providers(BTreeMap<&'static str, Arc<dyn Provider>>);

impl Providers {
    #[must_use]
    pub fn new(providers: Vec<Arc<dyn Provider>>) -> Self {
        Providers(providers.into_iter().map(|provider| (provider.name(), provider)).collect())
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.0.get(name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.0.values()
    }
}

/// Where webhooks wait to be acted on. A webhook may arrive before its order is known; it stays until it is.
#[async_trait]
pub trait WebhookInbox: Send + Sync {
    /// Records a webhook whose signature was good. False when `webhook_id` of this provider was recorded before.
    async fn receive(&self, store: StoreId, provider: &str, webhook_id: &str, order: Option<OrderId>) -> Result<bool>;
}

/// A payment as our books have it, for comparing with the provider's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRecord {
    /// The key we gave the provider.
    pub key: String,
    pub order: OrderId,
    /// What was to be authorised.
    pub amount: Money,
    pub captured_minor: i64,
    /// Refunds that succeeded.
    pub refunded_minor: i64,
    /// `None` while the attempt's outcome is unknown to us.
    pub status: Option<ProviderStatus>,
    /// Whether the order stands: neither cancelled nor failed.
    pub order_stands: bool,
}

/// Our side of the reconciliation with a provider.
#[async_trait]
pub trait PaymentBooks: Send + Sync {
    /// Our records under these keys; keys we never used are left out.
    async fn by_keys(&self, store: StoreId, provider: &str, keys: &[String]) -> Result<Vec<PaymentRecord>>;
    /// Our records changed within `since..until`, oldest change first, at most `limit`; and where to go on when there
    /// are more.
    async fn changed(
        &self,
        store: StoreId,
        provider: &str,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<(Vec<PaymentRecord>, Option<Timestamp>)>;
}
