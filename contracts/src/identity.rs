//! Who is asking: API keys, customers, staff and their sessions.
//!
//! Every caller is a [`Principal`]; what it may do in the back office is a set of [`Scope`]s, the same for keys and for
//! the roles of staff. Customers have no scopes: they see what is theirs.

use std::net::IpAddr;

use async_trait::async_trait;
use kernel::{
    AddressId, ApiKeyId, CartId, CustomerId, OrderId, Page, PageRequest, Secret, SessionId, StaffId, StoreId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Result;
use crate::address::Address;
use crate::cart::CartAccess;
use crate::catalog::TimestampSchema;
use crate::ledger::OrderSummary;

/// What a key or a role may do. `admin` may do everything; each other one opens one part of the back office, and
/// `read_only` opens all of them for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Admin,
    Catalog,
    Orders,
    Stock,
    ReadOnly,
    /// Customers' accounts.
    Customers,
    /// Promotions, coupons, price lists.
    Promotions,
    /// Taxes, shipping, and how the shop is set up.
    Settings,
    /// Members of the staff and their roles.
    Staff,
    /// Mails and outgoing webhooks.
    Notifications,
    /// Warehouse requests, shipments and their labels.
    Fulfilment,
}

impl Scope {
    pub const ALL: [Scope; 11] = [
        Scope::Admin,
        Scope::Catalog,
        Scope::Orders,
        Scope::Stock,
        Scope::ReadOnly,
        Scope::Customers,
        Scope::Promotions,
        Scope::Settings,
        Scope::Staff,
        Scope::Notifications,
        Scope::Fulfilment,
    ];

    /// As in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Admin => "admin",
            Scope::Catalog => "catalog",
            Scope::Orders => "orders",
            Scope::Stock => "stock",
            Scope::ReadOnly => "read_only",
            Scope::Customers => "customers",
            Scope::Promotions => "promotions",
            Scope::Settings => "settings",
            Scope::Staff => "staff",
            Scope::Notifications => "notifications",
            Scope::Fulfilment => "fulfilment",
        }
    }
}

/// Who made a request, as found out by the HTTP layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Anonymous,
    ApiKey { id: ApiKeyId, store: StoreId, scopes: Vec<Scope> },
    Customer { id: CustomerId, store: StoreId, session: SessionId },
    Staff { id: StaffId, store: StoreId, session: SessionId, role: String, scopes: Vec<Scope> },
}

impl Principal {
    /// A stable name for audit entries and idempotency scopes.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Principal::Anonymous => "anonymous".to_owned(),
            Principal::ApiKey { id, .. } => format!("key:{id}"),
            Principal::Customer { id, .. } => format!("customer:{id}"),
            Principal::Staff { id, .. } => format!("staff:{id}"),
        }
    }

    /// The store this principal belongs to; none for an anonymous one.
    #[must_use]
    pub const fn store(&self) -> Option<StoreId> {
        match self {
            Principal::Anonymous => None,
            Principal::ApiKey { store, .. } | Principal::Customer { store, .. } | Principal::Staff { store, .. } => {
                Some(*store)
            }
        }
    }

    /// What this principal may do in the back office.
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        match self {
            Principal::Anonymous | Principal::Customer { .. } => &[],
            Principal::ApiKey { scopes, .. } | Principal::Staff { scopes, .. } => scopes,
        }
    }

    /// Whether this principal may act in `scope`; reading is allowed to `read_only` by the route, not here.
    #[must_use]
    pub fn has(&self, scope: Scope) -> bool {
        let scopes = self.scopes();
        scopes.contains(&Scope::Admin) || scopes.contains(&scope)
    }

    /// Whether this principal may give `scopes` to others: nobody grants what he lacks.
    #[must_use]
    pub fn may_grant(&self, scopes: &[Scope]) -> bool {
        scopes.iter().all(|scope| self.has(*scope))
    }
}

// ---- API keys ----

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
    /// The principal behind a bearer token or the value of a session's cookie; unauthenticated when there is none.
    async fn authenticate(&self, bearer: &Secret) -> Result<Principal>;
    async fn create_api_key(&self, store: StoreId, key: NewApiKey) -> Result<ApiKeyView>;
    async fn api_keys(&self, store: StoreId) -> Result<Vec<ApiKeyView>>;
    async fn revoke_api_key(&self, store: StoreId, id: ApiKeyId) -> Result<()>;
}

// ---- Logging in, for customers and staff alike ----

/// Where a request comes from, for throttling and for the list of sessions.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    /// None in tests and commands.
    pub address: Option<IpAddr>,
    pub user_agent: Option<String>,
    /// The session that the request came with; logging in ends it.
    pub session: Option<Secret>,
}

/// A session that has just begun.
#[derive(Clone, Debug)]
pub struct NewSession {
    pub id: SessionId,
    /// For the cookie, or as a bearer token. Stored is only its hash.
    pub token: Secret,
    pub expires_at: kernel::Timestamp,
}

/// One place where somebody is logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    pub created_at: TimestampSchema,
    /// To within some minutes.
    pub seen_at: TimestampSchema,
    pub expires_at: TimestampSchema,
    /// The browser's name of itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    #[schema(value_type = String, format = "password", max_length = 128)]
    pub password: Secret,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    #[schema(value_type = String, format = "password", max_length = 128)]
    pub current: Secret,
    /// 10 to 128 bytes, and none of those that everybody uses.
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 128)]
    pub new: Secret,
}

/// Sets a password with a token that was mailed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordReset {
    #[schema(value_type = String, max_length = 100)]
    pub token: Secret,
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 128)]
    pub password: Secret,
}

// ---- Customers ----

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    /// 10 to 128 bytes, and none of those that everybody uses.
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 128)]
    pub password: Secret,
    #[serde(default)]
    #[schema(max_length = 200)]
    pub name: Option<String>,
    /// Language of mails, such as `de`; the shop's first when left out.
    #[serde(default)]
    #[schema(max_length = 35)]
    pub locale: Option<String>,
}

/// A customer's own data, decrypted for one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerView {
    pub id: CustomerId,
    pub email: String,
    /// Whether somebody opened the link that was mailed to `email`.
    pub email_verified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    pub created_at: TimestampSchema,
}

/// What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerChange {
    #[serde(default)]
    #[schema(max_length = 200)]
    pub name: Option<String>,
    #[serde(default)]
    #[schema(max_length = 35)]
    pub locale: Option<String>,
}

/// An entry of the address book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SavedAddress {
    pub id: AddressId,
    /// Whether checkouts start with it.
    pub default: bool,
    pub address: Address,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSavedAddress {
    pub address: Address,
    /// Makes it the one that checkouts start with; the first one is without asking.
    #[serde(default)]
    pub default: bool,
}

/// A guest's cart, to be merged into the customer's. Without an id it is found by its secret.
#[derive(Clone, Debug)]
pub struct GuestCart {
    pub id: Option<CartId>,
    pub secret: Secret,
}

/// A customer who has just logged in.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    pub customer: CustomerView,
    pub session: NewSession,
    /// The customer's cart, with the guest's merged into it. None when neither has one.
    pub cart: Option<CartAccess>,
}

/// What the back office looks for among customers.
#[derive(Clone, Debug, Default)]
pub struct CustomerFilter {
    /// The whole address; parts of it cannot be searched, because it is stored encrypted.
    pub email: Option<String>,
}

/// Customers' accounts. Every answer to something about an e-mail address is the same, and takes as long, whether an
/// account has it or not.
#[async_trait]
pub trait Customers: Send + Sync {
    /// Makes an account and mails a link that verifies the address; when the address has one already, its owner is told
    /// by mail and the caller is not.
    ///
    /// # Errors
    /// Invalid input, rate limited.
    async fn register(&self, store: StoreId, new: NewCustomer, from: &Visitor) -> Result<()>;
    /// # Errors
    /// 401 `invalid_credentials` for every wrong pair; 429 with the time to wait.
    async fn log_in(
        &self,
        store: StoreId,
        log_in: LogIn,
        guest_cart: Option<GuestCart>,
        from: &Visitor,
    ) -> Result<LoggedIn>;
    async fn customer(&self, store: StoreId, id: CustomerId) -> Result<Option<CustomerView>>;
    async fn customers(&self, store: StoreId, filter: CustomerFilter, page: PageRequest) -> Result<Page<CustomerView>>;
    async fn change_customer(&self, store: StoreId, id: CustomerId, change: CustomerChange) -> Result<CustomerView>;

    /// Ends all sessions but `session`.
    ///
    /// # Errors
    /// 401 `invalid_credentials` when the current password is another, 422 for a weak new one.
    async fn change_password(
        &self,
        store: StoreId,
        id: CustomerId,
        session: SessionId,
        change: PasswordChange,
        from: &Visitor,
    ) -> Result<()>;
    /// Mails a link when there is such an account.
    async fn request_reset(&self, store: StoreId, email: &str, from: &Visitor) -> Result<()>;
    /// Ends all sessions.
    ///
    /// # Errors
    /// 422 `invalid_token` when it was used, has expired or never was.
    async fn reset_password(&self, store: StoreId, reset: PasswordReset, from: &Visitor) -> Result<()>;
    /// Mails the link again.
    async fn request_verification(&self, store: StoreId, id: CustomerId, from: &Visitor) -> Result<()>;
    /// # Errors
    /// As [`Self::reset_password`].
    async fn verify_email(&self, store: StoreId, token: &Secret) -> Result<()>;

    async fn sessions(&self, store: StoreId, id: CustomerId, current: SessionId) -> Result<Vec<SessionView>>;
    /// Ends one of the customer's sessions; not found when it is not theirs.
    async fn end_session(&self, store: StoreId, id: CustomerId, session: SessionId) -> Result<()>;

    async fn addresses(&self, store: StoreId, id: CustomerId) -> Result<Vec<SavedAddress>>;
    async fn add_address(&self, store: StoreId, id: CustomerId, new: NewSavedAddress) -> Result<SavedAddress>;
    async fn put_address(
        &self,
        store: StoreId,
        id: CustomerId,
        address: AddressId,
        new: NewSavedAddress,
    ) -> Result<SavedAddress>;
    async fn remove_address(&self, store: StoreId, id: CustomerId, address: AddressId) -> Result<()>;

    /// The customer's orders, newest first.
    async fn customer_orders(&self, store: StoreId, id: CustomerId, page: PageRequest) -> Result<Page<OrderSummary>>;
    /// Whether `order` is one of the customer's.
    async fn owns_order(&self, store: StoreId, id: CustomerId, order: OrderId) -> Result<bool>;
    /// The customer's cart, with `guest` merged into it. None when there is neither.
    async fn cart(&self, store: StoreId, id: CustomerId, guest: Option<GuestCart>) -> Result<Option<CartAccess>>;

    /// Everything the shop keeps about the person, for the person.
    async fn export(&self, store: StoreId, id: CustomerId) -> Result<serde_json::Value>;
    /// Destroys the person's key and ends the account: what was encrypted with it is gone from every copy.
    /// A customer shows their password; staff, who may erase anybody, give none.
    ///
    /// # Errors
    /// 409 `orders_open` while an order still has to reach the customer.
    async fn erase_customer(
        &self,
        store: StoreId,
        id: CustomerId,
        password: Option<&Secret>,
        from: &Visitor,
    ) -> Result<()>;
}

// ---- Customers in and out ----

/// A customer in a file. Passwords go neither out nor in: who is imported sets one through a reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerRecord {
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// Whether the address is known to be theirs.
    #[serde(default)]
    pub email_verified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<TimestampSchema>,
    #[serde(default)]
    pub addresses: Vec<NewSavedAddress>,
}

/// What came of an import of customers. Nobody is named: files are read by people, logs and tickets by many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerImportReport {
    /// Rows below the header, or customers of the document.
    pub rows: u64,
    pub created: u64,
    /// Had an account already. What is theirs is left as it is.
    pub known: u64,
    /// Left out because of an error.
    pub failed: u64,
    pub errors: Vec<CustomerImportError>,
    /// Columns of the file that have no place in an account.
    pub ignored_columns: Vec<String>,
    /// Whether this only says what would change.
    #[serde(default)]
    pub dry_run: bool,
    /// Names the import, for taking it back; none when nobody was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<i64>,
}

/// Why a customer was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerImportError {
    /// Line of the file, the header being 1; in JSON the position of the customer, from 1.
    pub line: u64,
    /// Name of the column or member; empty when it is the row as a whole.
    pub column: String,
    pub message: String,
}

/// An import of customers that can be taken back, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerImport {
    pub id: i64,
    pub at: TimestampSchema,
    /// Who made it.
    pub actor: String,
    /// Customers that it made and that are still there.
    pub customers: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<TimestampSchema>,
}

/// What came of taking back an import of customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerUndoReport {
    pub import: i64,
    /// Accounts that are gone, with their keys.
    pub removed: u64,
    /// Accounts that somebody used or changed since, and that were left.
    pub kept: u64,
}

/// Customers in bulk.
#[async_trait]
pub trait CustomerExchange: Send + Sync {
    /// Takes in a file of customers, CSV or JSON, in one transaction. `actor` is who does it.
    ///
    /// # Errors
    /// `not_a_customer_export`.
    async fn import_customers(
        &self,
        store: StoreId,
        file: bytes::Bytes,
        dry_run: bool,
        actor: &str,
    ) -> Result<CustomerImportReport>;
    /// The latest imports, latest first.
    async fn customer_imports(&self, store: StoreId) -> Result<Vec<CustomerImport>>;
    /// Removes who was created by the import and did nothing since.
    ///
    /// # Errors
    /// Not found, 409 `already_undone`.
    async fn undo_customer_import(&self, store: StoreId, id: i64) -> Result<CustomerUndoReport>;
    /// Up to `limit` customers behind `after`, oldest first, with their ids.
    async fn customer_records(
        &self,
        store: StoreId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Result<Vec<(CustomerId, CustomerRecord)>>;
}

// ---- Staff ----

/// The role that may do everything. There is always somebody who has it.
pub const OWNER: &str = "owner";

/// What a group of colleagues may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoleView {
    pub handle: String,
    pub name: String,
    pub scopes: Vec<Scope>,
    /// Comes with the shop and cannot be changed.
    pub built_in: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutRole {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    pub scopes: Vec<Scope>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffStatus {
    /// Has not opened the invitation yet.
    Invited,
    Active,
    /// May not log in.
    Disabled,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StaffView {
    pub id: StaffId,
    pub email: String,
    pub name: String,
    /// Handle of the role.
    pub role: String,
    pub scopes: Vec<Scope>,
    pub status: StaffStatus,
    pub created_at: TimestampSchema,
}

#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    pub role: String,
}

/// What is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StaffChange {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub role: Option<String>,
    #[serde(default)]
    pub disabled: Option<bool>,
}

/// Creates the owner, once, with the token that the first start printed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    #[schema(value_type = String, max_length = 100)]
    pub token: Secret,
    #[schema(format = "email", max_length = 254)]
    pub email: String,
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// 10 to 128 bytes, and none of those that everybody uses.
    #[schema(value_type = String, format = "password", min_length = 10, max_length = 128)]
    pub password: Secret,
}

/// A member of the staff who has just logged in.
#[derive(Clone, Debug)]
pub struct StaffLoggedIn {
    pub staff: StaffView,
    pub session: NewSession,
}

/// Members of the staff, what they may do, and their sessions. Methods that change what somebody may do take the
/// principal who asks: nobody grants what he lacks, nor changes a colleague who may do more.
#[async_trait]
pub trait Staff: Send + Sync {
    /// # Errors
    /// As [`Customers::log_in`].
    async fn staff_log_in(&self, store: StoreId, log_in: LogIn, from: &Visitor) -> Result<StaffLoggedIn>;
    /// A token for a link that creates the owner; earlier ones stop working. None when there is an owner.
    async fn setup_token(&self, store: StoreId) -> Result<Option<Secret>>;
    /// Whether such a link still works, without using it up.
    async fn setup_is_open(&self, store: StoreId, token: &Secret) -> Result<bool>;
    /// Creates the owner and logs them in.
    ///
    /// # Errors
    /// 422 `invalid_token`; 422 with the fields that are wrong, after which the token still works.
    async fn setup(&self, store: StoreId, setup: Setup, from: &Visitor) -> Result<StaffLoggedIn>;

    async fn staff(&self, store: StoreId, id: StaffId) -> Result<Option<StaffView>>;
    /// Everybody, oldest first.
    async fn all_staff(&self, store: StoreId) -> Result<Vec<StaffView>>;
    /// Mails an invitation; inviting somebody again who has not come yet sends a new link.
    async fn invite(&self, store: StoreId, new: NewStaff, by: &Principal) -> Result<StaffView>;
    /// Sets the password of somebody invited and logs them in.
    async fn accept_invitation(&self, store: StoreId, accept: PasswordReset, from: &Visitor) -> Result<StaffLoggedIn>;
    async fn change_staff(&self, store: StoreId, id: StaffId, change: StaffChange, by: &Principal)
    -> Result<StaffView>;
    async fn remove_staff(&self, store: StoreId, id: StaffId, by: &Principal) -> Result<()>;

    async fn change_staff_password(
        &self,
        store: StoreId,
        id: StaffId,
        session: SessionId,
        change: PasswordChange,
        from: &Visitor,
    ) -> Result<()>;
    async fn request_staff_reset(&self, store: StoreId, email: &str, from: &Visitor) -> Result<()>;
    async fn reset_staff_password(&self, store: StoreId, reset: PasswordReset, from: &Visitor) -> Result<()>;
    async fn staff_sessions(&self, store: StoreId, id: StaffId, current: SessionId) -> Result<Vec<SessionView>>;
    async fn end_staff_session(&self, store: StoreId, id: StaffId, session: SessionId) -> Result<()>;

    /// Those that come with the shop first.
    async fn roles(&self, store: StoreId) -> Result<Vec<RoleView>>;
    async fn put_role(&self, store: StoreId, handle: &str, role: PutRole, by: &Principal) -> Result<RoleView>;
    /// # Errors
    /// 409 `role_in_use` while somebody has it.
    async fn delete_role(&self, store: StoreId, handle: &str, by: &Principal) -> Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::{SeededRng, Timestamp};

    #[test]
    fn nobody_grants_what_he_lacks() {
        let rng = SeededRng::new(1);
        let staff = |scopes: &[Scope]| Principal::Staff {
            id: StaffId::new(Timestamp::EPOCH, &rng),
            store: StoreId::DEFAULT,
            session: SessionId::new(Timestamp::EPOCH, &rng),
            role: "some".to_owned(),
            scopes: scopes.to_vec(),
        };
        assert!(staff(&[Scope::Admin]).may_grant(&Scope::ALL));
        assert!(staff(&[Scope::Staff, Scope::Orders]).may_grant(&[Scope::Orders]));
        assert!(!staff(&[Scope::Staff, Scope::Orders]).may_grant(&[Scope::Orders, Scope::Stock]));
        assert!(!staff(&[Scope::Staff]).may_grant(&[Scope::Admin]));
        assert!(!staff(&[Scope::Staff]).may_grant(&[Scope::ReadOnly]));
        assert!(!Principal::Anonymous.may_grant(&[Scope::ReadOnly]));
    }

    #[test]
    fn scopes_are_named_as_in_json() {
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.name());
        }
    }
}
