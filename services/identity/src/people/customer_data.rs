//! What belongs to a customer: addresses, orders, all of it for them, and none of it for anybody.

use std::collections::BTreeSet;

use contracts::Result;
use contracts::identity::{NewSavedAddress, SavedAddress, Visitor};
use contracts::ledger::{Actor, FulfilmentStatus, OrderStatus, OrderSummary, OrderView};
use infra::vault::PersonKey;
use kernel::{
    AddressId, CartId, Cursor, CustomerId, Failure, OrderId, Page, PageRequest, PersonId, Secret, SessionId, StoreId,
    Timestamp,
};
use serde_json::json;

use super::{People, customers::view_of, sessions};
use crate::store::customer::{self, AddressRow};
use crate::store::session::Table;
use crate::store::{past_order, place, session, token};

/// The most addresses in one book.
pub(super) const MAX_ADDRESSES: usize = 50;
/// Orders read at a time when all of them are.
const CHUNK: u32 = 100;

impl People {
    fn open_address(key: &PersonKey, row: &AddressRow) -> Result<SavedAddress> {
        let address = serde_json::from_slice(&key.open(row.id.as_bytes(), &row.sealed)?).map_err(Failure::internal)?;
        Ok(SavedAddress { id: row.id, default: row.is_default, address })
    }

    pub(super) fn saved_addresses(&self, store: StoreId, id: CustomerId) -> Result<Vec<SavedAddress>> {
        let (key, _) = self.open_customer(&self.customer_row(store, id)?)?;
        let rows = self.read(|conn| customer::addresses(conn, store, id))?;
        rows.iter().map(|row| Self::open_address(&key, row)).collect()
    }

    /// Writes an address under `address`, which is `new` or must be the customer's already.
    pub(super) async fn save_address(
        &self,
        store: StoreId,
        id: CustomerId,
        address: AddressId,
        saved: NewSavedAddress,
        new: bool,
    ) -> Result<SavedAddress> {
        super::refuse(saved.address.problems("/address"))?;
        let (key, _) = self.open_customer(&self.customer_row(store, id)?)?;
        let plain = serde_json::to_vec(&saved.address).map_err(Failure::internal)?;
        let sealed = key.seal(address.as_bytes(), &plain, self.identity.rng().as_ref());
        let is_default = self
            .write(move |conn| {
                let rows = customer::addresses(conn, store, id)?;
                let known = rows.iter().find(|row| row.id == address);
                if known.is_none() && !new {
                    return Err(Failure::not_found("address"));
                }
                if new && rows.len() >= MAX_ADDRESSES {
                    let detail = format!("An address book has at most {MAX_ADDRESSES} addresses. Remove one first.");
                    return Err(Failure::conflict("too_many_addresses", detail));
                }
                // There is always one to start with; another takes its place, nothing else does.
                let is_default = saved.default || rows.is_empty() || known.is_some_and(|row| row.is_default);
                customer::put_address(conn, store, id, &AddressRow { id: address, sealed, is_default })?;
                Ok(is_default)
            })
            .await?;
        Ok(SavedAddress { id: address, default: is_default, address: saved.address })
    }

    /// Notes that `order` is the customer's, and that `cart` became it.
    pub(crate) async fn order_placed(
        &self,
        store: StoreId,
        customer: CustomerId,
        order: OrderId,
        cart: Option<CartId>,
    ) -> Result<()> {
        let now = self.now();
        self.write(move |conn| Ok(customer::note_order(conn, store, customer, order, now)?)).await?;
        match cart {
            Some(cart) => self.parts.carts.leave(store, customer, cart).await,
            None => Ok(()),
        }
    }

    /// Whether `order` is the customer's.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn owns(&self, store: StoreId, customer: CustomerId, order: OrderId) -> Result<bool> {
        self.read(|conn| customer::owns_order(conn, store, customer, order))
    }

    pub(super) async fn orders_of(
        &self,
        store: StoreId,
        id: CustomerId,
        page: PageRequest,
    ) -> Result<Page<OrderSummary>> {
        let after = page.cursor.as_deref().map(position).transpose()?;
        let mut rows = self.read(|conn| customer::orders(conn, store, id, after, page.limit + 1))?;
        let more = rows.len() > page.limit as usize;
        rows.truncate(page.limit as usize);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|(at, order)| Cursor::encode(&[&at.millis().to_string(), &order.to_string()]).as_str().to_owned());
        let mut items = Vec::with_capacity(rows.len());
        for (_, order) in rows {
            if let Some(order) = self.parts.purchases.order(store, order).await? {
                items.push(summary(order));
            }
        }
        Ok(Page { items, next_cursor })
    }

    /// All orders of the customer, latest first.
    async fn all_orders(&self, store: StoreId, id: CustomerId) -> Result<Vec<OrderView>> {
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let rows = self.read(|conn| customer::orders(conn, store, id, after, CHUNK))?;
            let Some(last) = rows.last().copied() else { return Ok(all) };
            after = Some(last);
            for (_, order) in rows {
                all.extend(self.parts.purchases.order(store, order).await?);
            }
        }
    }

    pub(super) async fn export_of(&self, store: StoreId, id: CustomerId) -> Result<serde_json::Value> {
        let row = self.customer_row(store, id)?;
        let (key, profile) = self.open_customer(&row)?;
        let nobody = SessionId::from_uuid(uuid::Uuid::nil());
        let sessions = self.read(|conn| session::list(conn, Table::Customer, store, id.as_bytes()))?;
        Ok(json!({
            "exported_at": self.now(),
            "customer": view_of(&row, profile),
            "addresses": self.saved_addresses(store, id)?,
            "sessions": sessions::shown(Table::Customer, sessions, &key, nobody, self.now()),
            "orders": self.all_orders(store, id).await?,
            "past_orders": self.all_past_orders(store, &row).await?,
        }))
    }

    pub(super) async fn erase(
        &self,
        store: StoreId,
        id: CustomerId,
        password: Option<&Secret>,
        from: &Visitor,
    ) -> Result<()> {
        let row = self.customer_row(store, id)?;
        if let Some(password) = password {
            self.verify(store, &row.email_hash, password, row.password.clone(), from).await?;
        }
        let latest = self.read(|conn| customer::orders(conn, store, id, None, 1))?;
        let orders = self.all_orders(store, id).await?;
        if let Some(open) = orders.iter().find(|order| is_open(order)) {
            return Err(orders_open(&format!("Order {}", open.number)));
        }
        // The mails and the people of the orders first: should that fail half way, the account is still there to begin
        // again.
        let contacts = orders.iter().filter_map(|order| order.contact.as_ref()).map(|contact| contact.email.clone());
        let addresses: BTreeSet<String> = contacts.chain([self.open_customer(&row)?.1.email]).collect();
        for address in addresses {
            self.parts.mails.forget(store, &Secret::new(address)).await?;
        }
        for order in orders {
            let actor = Actor { name: format!("customer:{id}"), request_id: None };
            let person = PersonId::of_order(id, order.id);
            self.parts.purchases.erase(store, person, actor).await?;
        }
        let now = self.now();
        // Past orders are found by the address alone: whoever only typed it in takes nobody's history away.
        let reaches_past = password.is_none() || row.verified_at.is_some();
        self.write(move |conn| {
            // Placed while the others were looked at: its person is found by this account.
            if customer::orders(conn, store, id, None, 1)? != latest {
                return Err(orders_open("An order that was placed just now"));
            }
            if let Some(person) = past_order::person_by_email(conn, store, &row.email_hash)?.filter(|_| reaches_past) {
                past_order::erase_person(conn, store, person.id, now)?;
            }
            place::forget(conn, store, &row.email_hash)?;
            token::forget(conn, store, id.as_bytes())?;
            session::end_others(conn, Table::Customer, store, id.as_bytes(), None)?;
            Ok(customer::erase(conn, store, id, now)?)
        })
        .await?;
        tracing::info!(customer = %id, "a customer was erased");
        Ok(())
    }
}

fn orders_open(which: &str) -> Failure {
    let detail =
        format!("{which} has not been sent yet, and its address is needed until then. Cancel it first, or wait.");
    Failure::conflict("orders_open", detail)
}

/// Whether something of the order still has to be sent.
fn is_open(order: &OrderView) -> bool {
    use FulfilmentStatus::{PartiallyShipped, Unfulfilled};
    match order.status {
        OrderStatus::Pending => true,
        OrderStatus::Confirmed => matches!(order.fulfilment_status, Unfulfilled | PartiallyShipped),
        OrderStatus::PaymentFailed | OrderStatus::Closed | OrderStatus::Cancelled => false,
    }
}

fn summary(order: OrderView) -> OrderSummary {
    OrderSummary {
        id: order.id,
        number: order.number,
        status: order.status,
        payment_status: order.payment_status,
        fulfilment_status: order.fulfilment_status,
        total: order.totals.total,
        placed_at: order.placed_at,
    }
}

fn position(cursor: &str) -> Result<(Timestamp, OrderId)> {
    let invalid = || Failure::invalid("invalid_cursor", "This cursor was not made by this list.");
    let parts = Cursor::decode(cursor, 2)?;
    let at = parts[0].parse().map(Timestamp::from_millis).map_err(|_| invalid())?;
    Ok((at, parts[1].parse().map_err(|_| invalid())?))
}
