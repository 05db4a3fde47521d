//! Accounts for pages: one customer, who is whoever logs in with the right password.

use async_trait::async_trait;
use contracts::Result;
use contracts::archive::{
    OrderImport, OrderImportOptions, OrderImportReport, OrderRecord, OrderUndoReport, PastOrderFilter,
    PastOrderSummary, PastOrderView, PastOrders, RecordLine, RecordTotals,
};
use contracts::cart::CartAccess;
use contracts::identity::{
    CustomerChange, CustomerFilter, CustomerView, Customers, GuestCart, LogIn, LoggedIn, NewCustomer, NewSavedAddress,
    NewSession, PasswordChange, PasswordReset, SavedAddress, SessionView, Visitor,
};
use contracts::ledger::OrderSummary;
use kernel::{
    AddressId, Currency, CustomerId, ErrorKind, Failure, Money, OrderId, Page, PageRequest, PastOrderId, Secret,
    SessionId, StoreId, Timestamp,
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

/// What the customer ordered from the shop before this one.
fn past_order() -> PastOrderView {
    let eur = |minor| Money::new(minor, Currency::EUR);
    let line = RecordLine {
        line: 1,
        sku: "OLD-1".to_owned(),
        title: "Old mug <b>".to_owned(),
        variant_title: String::new(),
        quantity: 2,
        unit_price: eur(950),
        discount: eur(0),
        total: eur(1_900),
    };
    let order = OrderRecord {
        source: "shopify".to_owned(),
        number: "D-77".to_owned(),
        reference: None,
        placed_at: goods::NOW.into(),
        cancelled_at: None,
        status: "confirmed".to_owned(),
        payment_status: "paid".to_owned(),
        fulfilment_status: "fulfilled".to_owned(),
        currency: Currency::EUR,
        totals: RecordTotals {
            items: eur(1_900),
            discount: eur(0),
            shipping: eur(0),
            tax: eur(0),
            tax_added: eur(0),
            total: eur(1_900),
            gift_card: eur(0),
        },
        captured: eur(1_900),
        refunded: eur(0),
        taxes: Vec::new(),
        discounts: Vec::new(),
        refunds: Vec::new(),
        shipping_name: String::new(),
        tracking: Vec::new(),
        lines: vec![line],
        contact: None,
    };
    PastOrderView { id: id(), imported_at: goods::NOW.into(), erased: false, order }
}

/// The archive of the shop before this one, in which the customer ordered once.
#[async_trait]
impl PastOrders for Door {
    async fn import_orders(
        &self,
        _: StoreId,
        _: bytes::Bytes,
        _: OrderImportOptions,
        _: &str,
    ) -> Result<OrderImportReport> {
        Ok(OrderImportReport::default())
    }
    async fn order_imports(&self, _: StoreId) -> Result<Vec<OrderImport>> {
        Ok(Vec::new())
    }
    async fn undo_order_import(&self, _: StoreId, _: i64) -> Result<OrderUndoReport> {
        Err(Failure::not_found("import"))
    }
    async fn past_orders(&self, _: StoreId, _: PastOrderFilter, _: PageRequest) -> Result<Page<PastOrderSummary>> {
        Ok(Page { items: Vec::new(), next_cursor: None })
    }
    async fn past_order(&self, _: StoreId, _: PastOrderId) -> Result<Option<PastOrderView>> {
        Ok(None)
    }
    async fn past_orders_of(&self, _: StoreId, _: CustomerId, _: PageRequest) -> Result<Page<PastOrderSummary>> {
        let PastOrderView { id, order, .. } = past_order();
        let summary = PastOrderSummary {
            id,
            source: order.source,
            number: order.number,
            placed_at: order.placed_at,
            status: order.status,
            payment_status: order.payment_status,
            fulfilment_status: order.fulfilment_status,
            total: order.totals.total,
            units: 2,
        };
        Ok(Page { items: vec![summary], next_cursor: None })
    }
    async fn past_order_of(&self, _: StoreId, _: CustomerId, id: PastOrderId) -> Result<Option<PastOrderView>> {
        Ok(Some(past_order()).filter(|view| view.id == id))
    }
    async fn erase_past_person(&self, _: StoreId, _: PastOrderId) -> Result<()> {
        Err(Failure::not_found("person"))
    }
}
