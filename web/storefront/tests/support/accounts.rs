//! Accounts for pages: one customer, who is whoever logs in with the right password.

use async_trait::async_trait;
use contracts::Result;
use contracts::cart::CartAccess;
use contracts::identity::{
    CustomerChange, CustomerFilter, CustomerView, Customers, GuestCart, LogIn, LoggedIn, NewCustomer, NewSavedAddress,
    NewSession, PasswordChange, PasswordReset, SavedAddress, SessionView, Visitor,
};
use contracts::ledger::OrderSummary;
use kernel::{
    AddressId, CustomerId, ErrorKind, Failure, OrderId, Page, PageRequest, Secret, SessionId, StoreId, Timestamp,
};

use super::goods;

pub const EMAIL: &str = "ann@mail.test";
pub const PASSWORD: &str = "correct horse battery";

#[derive(Default)]
pub(crate) struct Door;

/// The customer behind the door.
#[allow(dead_code, reason = "the preview knows nobody")]
pub(crate) fn customer() -> CustomerId {
    id()
}

pub(crate) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>() -> T {
    "00000000-0000-7000-8000-0000000000aa".parse().unwrap()
}

fn ann() -> CustomerView {
    CustomerView {
        id: id(),
        email: EMAIL.to_owned(),
        email_verified: true,
        name: Some("Ann".to_owned()),
        locale: None,
        created_at: goods::NOW.into(),
    }
}

fn wrong() -> Failure {
    Failure::new(ErrorKind::Unauthenticated, "invalid_credentials", "No.")
}

#[async_trait]
impl Customers for Door {
    async fn register(&self, _: StoreId, new: NewCustomer, _: &Visitor) -> Result<()> {
        match new.password.expose().len() {
            0..10 => Err(Failure::field("/password", "too_short", "Short.")),
            _ => Ok(()),
        }
    }
    async fn log_in(&self, _: StoreId, log_in: LogIn, guest: Option<GuestCart>, _: &Visitor) -> Result<LoggedIn> {
        if log_in.email != EMAIL || !log_in.password.matches(PASSWORD) {
            return Err(wrong());
        }
        let token = Secret::new("argosy_c_token".to_owned());
        let session = NewSession { id: id(), token, expires_at: Timestamp::EPOCH };
        let cart = guest.map(|guest| CartAccess { id: guest.id.unwrap(), secret: Secret::new("joined".to_owned()) });
        Ok(LoggedIn { customer: ann(), session, cart })
    }
    async fn customer(&self, _: StoreId, _: CustomerId) -> Result<Option<CustomerView>> {
        Ok(Some(ann()))
    }
    async fn customers(&self, _: StoreId, _: CustomerFilter, _: PageRequest) -> Result<Page<CustomerView>> {
        Ok(Page { items: vec![ann()], next_cursor: None })
    }
    async fn change_customer(&self, _: StoreId, _: CustomerId, _: CustomerChange) -> Result<CustomerView> {
        Ok(ann())
    }
    async fn change_password(
        &self,
        _: StoreId,
        _: CustomerId,
        _: SessionId,
        change: PasswordChange,
        _: &Visitor,
    ) -> Result<()> {
        if change.current.matches(PASSWORD) { Ok(()) } else { Err(wrong()) }
    }
    async fn request_reset(&self, _: StoreId, _: &str, _: &Visitor) -> Result<()> {
        Ok(())
    }
    async fn reset_password(&self, _: StoreId, reset: PasswordReset, _: &Visitor) -> Result<()> {
        match reset.token.expose().as_str() {
            "good" => Ok(()),
            _ => Err(Failure::field("/token", "invalid_token", "Used.")),
        }
    }
    async fn request_verification(&self, _: StoreId, _: CustomerId, _: &Visitor) -> Result<()> {
        Ok(())
    }
    async fn verify_email(&self, _: StoreId, token: &Secret) -> Result<()> {
        if token.matches("good") { Ok(()) } else { Err(Failure::field("/token", "invalid_token", "Used.")) }
    }
    async fn sessions(&self, _: StoreId, _: CustomerId, _: SessionId) -> Result<Vec<SessionView>> {
        Ok(Vec::new())
    }
    async fn end_session(&self, _: StoreId, _: CustomerId, _: SessionId) -> Result<()> {
        Ok(())
    }
    async fn addresses(&self, _: StoreId, _: CustomerId) -> Result<Vec<SavedAddress>> {
        Ok(Vec::new())
    }
    async fn add_address(&self, _: StoreId, _: CustomerId, new: NewSavedAddress) -> Result<SavedAddress> {
        Ok(SavedAddress { id: id(), default: new.default, address: new.address })
    }
    async fn put_address(
        &self,
        _: StoreId,
        _: CustomerId,
        address: AddressId,
        new: NewSavedAddress,
    ) -> Result<SavedAddress> {
        Ok(SavedAddress { id: address, default: new.default, address: new.address })
    }
    async fn remove_address(&self, _: StoreId, _: CustomerId, _: AddressId) -> Result<()> {
        Ok(())
    }
    async fn customer_orders(&self, _: StoreId, _: CustomerId, _: PageRequest) -> Result<Page<OrderSummary>> {
        Ok(Page { items: Vec::new(), next_cursor: None })
    }
    async fn owns_order(&self, _: StoreId, _: CustomerId, _: OrderId) -> Result<bool> {
        Ok(false)
    }
    async fn cart(&self, _: StoreId, _: CustomerId, _: Option<GuestCart>) -> Result<Option<CartAccess>> {
        Ok(None)
    }
    async fn export(&self, _: StoreId, _: CustomerId) -> Result<serde_json::Value> {
        Ok(serde_json::json!({ "customer": ann() }))
    }
    async fn erase_customer(&self, _: StoreId, _: CustomerId, password: Option<&Secret>, _: &Visitor) -> Result<()> {
        if password.is_some_and(|password| password.matches(PASSWORD)) { Ok(()) } else { Err(wrong()) }
    }
}
