//! Who is asking. This identity has API keys; customers and staff join it later.

use async_trait::async_trait;
use kernel::{ApiKeyId, Secret, StoreId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::catalog::TimestampSchema;

/// What a key may do. `admin` may do everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Admin,
    Catalog,
    Orders,
    Stock,
    ReadOnly,
}

/// Who made a request, as found out by the HTTP layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Anonymous,
    ApiKey { id: ApiKeyId, store: StoreId, scopes: Vec<Scope> },
}

impl Principal {
    /// A stable name for audit entries and idempotency scopes.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Principal::Anonymous => "anonymous".to_owned(),
            Principal::ApiKey { id, .. } => format!("key:{id}"),
        }
    }

    /// Whether this principal may act in `scope`; reading is allowed to `read_only` by the route, not here.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        match self {
            Principal::Anonymous => false,
            Principal::ApiKey { scopes, .. } => scopes.contains(&Scope::Admin) || scopes.contains(&scope),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKeyView {
    pub id: ApiKeyId,
    pub name: String,
    pub scopes: Vec<Scope>,
    pub created_at: TimestampSchema,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<TimestampSchema>,
    /// Only in the answer that created the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    pub scopes: Vec<Scope>,
}

#[async_trait]
pub trait Identity: Send + Sync {
    /// The principal behind an `Authorization: Bearer` value; unauthenticated when there is none.
    async fn authenticate(&self, bearer: &Secret) -> Result<Principal>;
    async fn create_api_key(&self, store: StoreId, key: NewApiKey) -> Result<ApiKeyView>;
    async fn api_keys(&self, store: StoreId) -> Result<Vec<ApiKeyView>>;
    async fn revoke_api_key(&self, store: StoreId, id: ApiKeyId) -> Result<()>;
}
