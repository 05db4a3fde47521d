//! Customers, their addresses and which orders are theirs.

use infra::sqlite::DbError;
use kernel::{AddressId, CustomerId, OrderId, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};

use super::uuid;

/// A customer who was not erased.
#[derive(Clone, Debug)]
pub(crate) struct CustomerRow {
    pub(crate) id: CustomerId,
    pub(crate) email_hash: String,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
    /// A PHC string; none for who was imported and set none yet.
    pub(crate) password: Option<String>,
    pub(crate) verified_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
}

const COLUMNS: &str = "id, email_hash, wrapped_key, sealed, password, verified_at, created_at";

fn read(row: &Row<'_>) -> rusqlite::Result<CustomerRow> {
    Ok(CustomerRow {
        id: CustomerId::from_uuid(uuid(row.get(0)?)),
        email_hash: row.get(1)?,
        wrapped_key: row.get(2)?,
        sealed: row.get(3)?,
        password: row.get(4)?,
        verified_at: row.get::<_, Option<i64>>(5)?.map(Timestamp::from_millis),
        created_at: Timestamp::from_millis(row.get(6)?),
    })
}

/// Writes a customer, new or known.
pub(crate) fn put(conn: &Connection, store: StoreId, row: &CustomerRow) -> Result<(), DbError> {
    let sql = "insert into customers (store, id, email_hash, wrapped_key, sealed, password, verified_at, created_at)
               values (:store, :id, :email_hash, :wrapped_key, :sealed, :password, :verified_at, :created_at)
               on conflict (store, id) do update
                  set sealed = excluded.sealed, password = excluded.password, verified_at = excluded.verified_at";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":id": row.id.as_bytes(),
        ":email_hash": row.email_hash,
        ":wrapped_key": row.wrapped_key,
        ":sealed": row.sealed,
        ":password": row.password,
        ":verified_at": row.verified_at.map(Timestamp::millis),
        ":created_at": row.created_at.millis(),
    })?;
    Ok(())
}

pub(crate) fn find(conn: &Connection, store: StoreId, id: CustomerId) -> Result<Option<CustomerRow>, DbError> {
    let sql = format!("select {COLUMNS} from customers where store = ?1 and id = ?2 and erased_at is null");
    Ok(conn.prepare_cached(&sql)?.query_row(params![store.as_bytes(), id.as_bytes()], read).optional()?)
}

pub(crate) fn by_email(conn: &Connection, store: StoreId, email_hash: &str) -> Result<Option<CustomerRow>, DbError> {
    let sql = format!("select {COLUMNS} from customers where store = ?1 and email_hash = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row(params![store.as_bytes(), email_hash], read).optional()?)
}

/// Up to `limit` customers, latest first, older than `before`.
pub(crate) fn list(
    conn: &Connection,
    store: StoreId,
    before: Option<CustomerId>,
    limit: u32,
) -> Result<Vec<CustomerRow>, DbError> {
    let sql = format!(
        "select {COLUMNS} from customers
          where store = ?1 and erased_at is null and (?2 is null or id < ?2) order by id desc limit ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![store.as_bytes(), before.map(|id| *id.as_bytes()), limit], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Up to `limit` customers, oldest first, behind `after`.
pub(crate) fn list_up(
    conn: &Connection,
    store: StoreId,
    after: Option<CustomerId>,
    limit: u32,
) -> Result<Vec<CustomerRow>, DbError> {
    let sql = format!(
        "select {COLUMNS} from customers
          where store = ?1 and erased_at is null and (?2 is null or id > ?2) order by id limit ?3"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![store.as_bytes(), after.map(|id| *id.as_bytes()), limit], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether an order was noted for the customer.
pub(crate) fn has_orders(conn: &Connection, store: StoreId, customer: CustomerId) -> Result<bool, DbError> {
    let sql = "select exists (select 1 from customer_orders where store = ?1 and customer = ?2)";
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement.query_row(params![store.as_bytes(), customer.as_bytes()], |row| row.get(0))?)
}

/// Takes back the making of an account that nobody used.
pub(crate) fn unmake(conn: &Connection, store: StoreId, id: CustomerId) -> Result<(), DbError> {
    let key = params![store.as_bytes(), id.as_bytes()];
    conn.prepare_cached("delete from customer_addresses where store = ?1 and customer = ?2")?.execute(key)?;
    conn.prepare_cached("delete from customers where store = ?1 and id = ?2")?.execute(key)?;
    Ok(())
}

/// Destroys the key and with it everything that is sealed; the row stays, so that the id is never used again.
pub(crate) fn erase(conn: &Connection, store: StoreId, id: CustomerId, now: Timestamp) -> Result<(), DbError> {
    let key = params![store.as_bytes(), id.as_bytes(), now.millis()];
    let sql = "update customers
                  set email_hash = null, wrapped_key = null, sealed = null, password = null, verified_at = null,
                      erased_at = ?3
                where store = ?1 and id = ?2 and erased_at is null";
    conn.prepare_cached(sql)?.execute(key)?;
    let sql = "delete from customer_addresses where store = ?1 and customer = ?2";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), id.as_bytes()])?;
    Ok(())
}

#[derive(Clone, Debug)]
pub(crate) struct AddressRow {
    pub(crate) id: AddressId,
    pub(crate) sealed: Vec<u8>,
    pub(crate) is_default: bool,
}

/// The address book, oldest first.
pub(crate) fn addresses(conn: &Connection, store: StoreId, customer: CustomerId) -> Result<Vec<AddressRow>, DbError> {
    let sql = "select id, sealed, is_default from customer_addresses where store = ?1 and customer = ?2 order by id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params![store.as_bytes(), customer.as_bytes()], |row| {
        let id = AddressId::from_uuid(uuid(row.get(0)?));
        Ok(AddressRow { id, sealed: row.get(1)?, is_default: row.get(2)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes an address, new or known; a default one takes the place of the one before.
pub(crate) fn put_address(
    conn: &Connection,
    store: StoreId,
    customer: CustomerId,
    row: &AddressRow,
) -> Result<(), DbError> {
    if row.is_default {
        let sql = "update customer_addresses set is_default = 0 where store = ?1 and customer = ?2";
        conn.prepare_cached(sql)?.execute(params![store.as_bytes(), customer.as_bytes()])?;
    }
    let sql = "insert into customer_addresses (store, customer, id, sealed, is_default) values (?1, ?2, ?3, ?4, ?5)
               on conflict (store, customer, id) do update
                  set sealed = excluded.sealed, is_default = excluded.is_default";
    let id = row.id.as_bytes();
    conn.prepare_cached(sql)?.execute(params![
        store.as_bytes(),
        customer.as_bytes(),
        id,
        row.sealed,
        row.is_default
    ])?;
    Ok(())
}

/// Whether there was one. When it was the default, the oldest left becomes it.
pub(crate) fn remove_address(
    conn: &Connection,
    store: StoreId,
    customer: CustomerId,
    id: AddressId,
) -> Result<bool, DbError> {
    let sql = "delete from customer_addresses where store = ?1 and customer = ?2 and id = ?3";
    let key = params![store.as_bytes(), customer.as_bytes(), id.as_bytes()];
    if conn.prepare_cached(sql)?.execute(key)? == 0 {
        return Ok(false);
    }
    let sql = "update customer_addresses set is_default = 1
                where store = ?1 and customer = ?2
                  and id = (select min(id) from customer_addresses where store = ?1 and customer = ?2)
                  and not exists (select 1 from customer_addresses
                                   where store = ?1 and customer = ?2 and is_default = 1)";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), customer.as_bytes()])?;
    Ok(true)
}

/// Notes that `order` is the customer's; noting it again keeps the first time.
pub(crate) fn note_order(
    conn: &Connection,
    store: StoreId,
    customer: CustomerId,
    order: OrderId,
    at: Timestamp,
) -> Result<(), DbError> {
    let sql = "insert into customer_orders (store, customer, order_id, placed_at) values (?1, ?2, ?3, ?4)
               on conflict (store, customer, order_id) do nothing";
    let key = params![store.as_bytes(), customer.as_bytes(), order.as_bytes(), at.millis()];
    conn.prepare_cached(sql)?.execute(key)?;
    Ok(())
}

/// Up to `limit` orders of the customer, latest first, behind the one at `after`.
pub(crate) fn orders(
    conn: &Connection,
    store: StoreId,
    customer: CustomerId,
    after: Option<(Timestamp, OrderId)>,
    limit: u32,
) -> Result<Vec<(Timestamp, OrderId)>, DbError> {
    let sql = "select placed_at, order_id from customer_orders
                where store = ?1 and customer = ?2 and (?3 is null or (placed_at, order_id) < (?3, ?4))
                order by placed_at desc, order_id desc limit ?5";
    let (at, id) = (after.map(|(at, _)| at.millis()), after.map(|(_, id)| *id.as_bytes()));
    let mut statement = conn.prepare_cached(sql)?;
    let key = params![store.as_bytes(), customer.as_bytes(), at, id, limit];
    let rows = statement
        .query_map(key, |row| Ok((Timestamp::from_millis(row.get(0)?), OrderId::from_uuid(uuid(row.get(1)?)))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn owns_order(
    conn: &Connection,
    store: StoreId,
    customer: CustomerId,
    order: OrderId,
) -> Result<bool, DbError> {
    let sql = "select exists (select 1 from customer_orders where store = ?1 and customer = ?2 and order_id = ?3)";
    let mut statement = conn.prepare_cached(sql)?;
    let key = params![store.as_bytes(), customer.as_bytes(), order.as_bytes()];
    Ok(statement.query_row(key, |row| row.get(0))?)
}
