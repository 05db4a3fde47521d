//! The rows of `carts.db`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use contracts::Result;
use infra::sqlite::{Db, DbError, Migration, Options, Synchronous};
use kernel::{CartId, Currency, CustomerId, Failure, LineId, Sku, StoreId, Timestamp};
use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::cache::{Cache, Key};
use crate::state::CartState;

const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_initial", sql: include_str!("../migrations/0001_initial.sql") },
    Migration { name: "0002_customers", sql: include_str!("../migrations/0002_customers.sql") },
    Migration { name: "0003_owned", sql: include_str!("../migrations/0003_owned.sql") },
];

/// The most carts held in memory; about 1 kB each.
const CACHED_CARTS: usize = 50_000;
/// The most carts deleted in one job of the writer, so that a sweep never makes shoppers wait.
const SWEEP_CHUNK: usize = 500;
const DAY_MS: i64 = 86_400_000;

/// What a line showed when it was last changed; shown again when its product is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) handle: String,
    pub(crate) title: String,
    pub(crate) variant_title: String,
    /// In minor units of the cart's currency.
    pub(crate) unit_price_minor: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Document {
    pub(crate) state: CartState,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) known: BTreeMap<Sku, Known>,
}

/// A row, read.
#[derive(Debug)]
pub(crate) struct Cart {
    pub(crate) id: CartId,
    pub(crate) secret_hash: [u8; 32],
    pub(crate) version: u64,
    pub(crate) currency: Currency,
    pub(crate) created_at: Timestamp,
    pub(crate) document: Document,
    /// The lines that are there, in their order.
    pub(crate) lines: Vec<(LineId, Sku, u32)>,
    pub(crate) coupons: Vec<String>,
}

impl Cart {
    /// An empty cart.
    pub(crate) fn new(hash: [u8; 32], version: u64, currency: Currency, created_at: Timestamp, id: CartId) -> Self {
        let document = Document::default();
        let (lines, coupons) = (Vec::new(), Vec::new());
        Cart { id, secret_hash: hash, version, currency, created_at, document, lines, coupons }
    }

    /// This cart with another document and the next version.
    pub(crate) fn changed(&self, document: Document) -> Self {
        Self::read(self.id, self.secret_hash, self.version + 1, self.currency, self.created_at, document)
    }

    /// This cart with another document and the same version; for one that nobody has seen yet.
    pub(crate) fn filled(self, document: Document) -> Self {
        Self::read(self.id, self.secret_hash, self.version, self.currency, self.created_at, document)
    }

    fn read(
        id: CartId,
        secret_hash: [u8; 32],
        version: u64,
        currency: Currency,
        created_at: Timestamp,
        document: Document,
    ) -> Self {
        let lines = document.state.lines().into_iter().map(|(sku, n)| (line_id(id, &sku), sku, n)).collect();
        let coupons = document.state.coupons();
        Cart { id, secret_hash, version, currency, created_at, document, lines, coupons }
    }
}

/// The id of the line of `sku`. Derived, so that regions which add the same SKU at once make the same line.
fn line_id(cart: CartId, sku: &Sku) -> LineId {
    let mut context = Context::new(&SHA256);
    context.update(b"argosy cart line id 1");
    context.update(cart.as_bytes());
    context.update(sku.as_str().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&context.finish().as_ref()[..16]);
    LineId::from_uuid(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Carts in SQLite, with those used lately in memory.
pub(crate) struct Store {
    db: Db,
    cache: Arc<Cache>,
}

/// A cart that its job has written. Whoever receives it after the commit publishes it to the cache; when nobody does,
/// because the request was given up meanwhile, dropping it makes the cache read the row again.
struct Written {
    key: Key,
    cart: Arc<Cart>,
    cache: Arc<Cache>,
    published: bool,
}

impl Written {
    fn publish(mut self) -> Arc<Cart> {
        self.cache.put(self.key, Arc::clone(&self.cart));
        self.published = true;
        Arc::clone(&self.cart)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if !self.published {
            self.cache.forget(&self.key);
        }
    }
}

impl Store {
    pub(crate) fn open(data_dir: &Path) -> Result<Self> {
        let options = Options { synchronous: Synchronous::Normal, readers: 2 };
        let db = Db::open(&data_dir.join("carts.db"), MIGRATIONS, options)?;
        Ok(Store { db, cache: Arc::new(Cache::new(CACHED_CARTS)) })
    }

    pub(crate) async fn create(&self, store: StoreId, cart: Cart) -> Result<Arc<Cart>> {
        let cart = Arc::new(cart);
        let row = Arc::clone(&cart);
        self.db.write(move |conn| insert(conn, store, &row)).await?;
        self.cache.put((store, cart.id), Arc::clone(&cart));
        Ok(cart)
    }

    /// The cart as last committed. None when there is none.
    pub(crate) fn get(&self, store: StoreId, id: CartId) -> Result<Option<Arc<Cart>>> {
        let key = (store, id);
        let ticket = match self.cache.get(&key) {
            Ok(cart) => return Ok(Some(cart)),
            Err(ticket) => ticket,
        };
        let Some(cart) = self.db.read_now(|conn| select(conn, store, id))?.map(Arc::new) else { return Ok(None) };
        self.cache.keep(key, Arc::clone(&cart), ticket);
        Ok(Some(cart))
    }

    /// Applies `change` to the cart as it stands when the writer gets to it, and writes the result. None from `change`
    /// means that nothing changes. `seen` is tried first: when its version is still the current one, no row is read.
    pub(crate) async fn update<F>(
        &self,
        store: StoreId,
        seen: Arc<Cart>,
        now: Timestamp,
        change: F,
    ) -> Result<Arc<Cart>>
    where
        F: Fn(&Cart) -> Result<Option<Document>> + Send + 'static,
    {
        let cache = Arc::clone(&self.cache);
        let written = self
            .db
            .write(move |conn| {
                let key = (store, seen.id);
                let written = |cart| Written { key, cart: Arc::new(cart), cache: Arc::clone(&cache), published: false };
                if let Ok(Some(document)) = change(&seen) {
                    let next = seen.changed(document);
                    if replace(conn, store, &next, now)? {
                        return Ok(written(next));
                    }
                }
                // Refused, unchanged or outrun: what is current decides.
                let current = select(conn, store, seen.id)?.ok_or_else(|| Failure::not_found("cart"))?;
                let Some(document) = change(&current)? else { return Ok(written(current)) };
                let next = current.changed(document);
                if !replace(conn, store, &next, now)? {
                    return Err(Failure::internal("a cart changed between two statements of its only writer"));
                }
                Ok::<_, Failure>(written(next))
            })
            .await?;
        Ok(written.publish())
    }

    /// The customer's cart after `guest` has joined it; see [`contracts::cart::CustomerCarts::join`]. `merge` makes the
    /// document of both.
    pub(crate) async fn join<F>(&self, join: Join, now: Timestamp, merge: F) -> Result<Option<CartId>>
    where
        F: Fn(&Cart, &Cart) -> Option<Document> + Send + 'static,
    {
        let (cache, store) = (Arc::clone(&self.cache), join.store);
        let joined = self
            .db
            .write(move |conn| {
                let guest = join.guest(conn)?;
                let own = join.own(conn)?;
                let Some((mut cart, guest)) = (match (own, guest) {
                    (Some(own), guest) => Some((own, guest)),
                    // The guest's cart becomes the customer's: another secret opens it, and the old one no more.
                    (None, Some(guest)) => Some((join.take_over(conn, &guest, now)?, None)),
                    (None, None) => None,
                }) else {
                    return Ok(None);
                };
                if let Some(guest) = &guest {
                    if let Some(document) = merge(&cart, guest) {
                        cart = cart.changed(document);
                        replace(conn, store, &cart, now)?;
                    }
                    delete(conn, store, guest.id)?;
                }
                let gone = guest.map(|guest| guest.id);
                let key = (store, cart.id);
                let written = Written { key, cart: Arc::new(cart), cache: Arc::clone(&cache), published: false };
                Ok::<_, Failure>(Some((written, gone)))
            })
            .await?;
        let Some((written, gone)) = joined else { return Ok(None) };
        if let Some(gone) = gone {
            self.cache.forget(&(store, gone));
        }
        Ok(Some(written.publish().id))
    }

    /// The customer has no cart any more, when it was `cart`.
    pub(crate) async fn leave(&self, store: StoreId, customer: CustomerId, cart: CartId) -> Result<()> {
        self.db
            .write(move |conn| {
                let sql = "delete from customer_carts where store = ?1 and customer = ?2 and cart = ?3";
                let key = params![store.as_bytes(), customer.as_bytes(), cart.as_bytes()];
                conn.prepare_cached(sql).and_then(|mut statement| statement.execute(key)).map_err(DbError::from)?;
                Ok::<_, Failure>(())
            })
            .await
    }

    /// Deletes carts of `store` that have not changed since `before`. How many.
    pub(crate) async fn sweep(&self, store: StoreId, before: Timestamp) -> Result<usize> {
        let mut swept = 0;
        loop {
            let gone = self.db.write(move |conn| delete_untouched(conn, store, before)).await?;
            for id in &gone {
                self.cache.forget(&(store, *id));
            }
            swept += gone.len();
            if gone.len() < SWEEP_CHUNK {
                return Ok(swept);
            }
        }
    }
}

/// Who joins what.
pub(crate) struct Join {
    pub(crate) store: StoreId,
    pub(crate) customer: CustomerId,
    /// Of the secret that opens the customer's cart.
    pub(crate) secret_hash: [u8; 32],
    /// Hash of the secret of a guest's cart, and its id when it is known.
    pub(crate) guest: Option<([u8; 32], Option<CartId>)>,
}

impl Join {
    /// The guest's cart; none when the secret opens nothing, or a cart that is or was some customer's.
    fn guest(&self, conn: &Connection) -> Result<Option<Cart>> {
        // The customer's own secret opens the carts that they ordered before: those are done.
        let Some((hash, id)) = self.guest.filter(|(hash, _)| *hash != self.secret_hash) else { return Ok(None) };
        let sql = "select c.id from carts c
                    where c.store = ?1 and substr(c.secret_hash, 1, 6) = substr(?2, 1, 6) and c.secret_hash = ?2
                      and (?3 is null or c.id = ?3) and c.owned = 0
                    limit 1";
        let key = params![self.store.as_bytes(), hash, id.map(|id| *id.as_bytes())];
        let found: Option<[u8; 16]> = conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(key, |row| row.get(0)).optional())
            .map_err(DbError::from)?;
        match found {
            Some(id) => select(conn, self.store, CartId::from_uuid(uuid::Uuid::from_bytes(id))),
            None => Ok(None),
        }
    }

    /// The cart that is the customer's already.
    fn own(&self, conn: &Connection) -> Result<Option<Cart>> {
        let sql = "select cart from customer_carts where store = ?1 and customer = ?2";
        let key = params![self.store.as_bytes(), self.customer.as_bytes()];
        let found: Option<[u8; 16]> = conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row(key, |row| row.get(0)).optional())
            .map_err(DbError::from)?;
        match found {
            // A cart that was swept away is none.
            Some(id) => select(conn, self.store, CartId::from_uuid(uuid::Uuid::from_bytes(id))),
            None => Ok(None),
        }
    }

    fn take_over(&self, conn: &Connection, guest: &Cart, now: Timestamp) -> Result<Cart> {
        let sql = "insert into customer_carts (store, customer, cart) values (?1, ?2, ?3)
                   on conflict (store, customer) do update set cart = excluded.cart";
        let key = params![self.store.as_bytes(), self.customer.as_bytes(), guest.id.as_bytes()];
        conn.prepare_cached(sql).and_then(|mut statement| statement.execute(key)).map_err(DbError::from)?;
        let sql = "update carts set secret_hash = ?3, owned = 1 where store = ?1 and id = ?2";
        let key = params![self.store.as_bytes(), guest.id.as_bytes(), self.secret_hash];
        conn.prepare_cached(sql).and_then(|mut statement| statement.execute(key)).map_err(DbError::from)?;
        let mut cart = guest.changed(guest.document.clone());
        cart.secret_hash = self.secret_hash;
        replace(conn, self.store, &cart, now)?;
        Ok(cart)
    }
}

fn delete(conn: &Connection, store: StoreId, id: CartId) -> Result<()> {
    let key = params![store.as_bytes(), id.as_bytes()];
    conn.prepare_cached("delete from carts where store = ?1 and id = ?2")
        .and_then(|mut statement| statement.execute(key))
        .map_err(DbError::from)?;
    Ok(())
}

fn day(at: Timestamp) -> i64 {
    at.millis().div_euclid(DAY_MS)
}

fn json(document: &Document) -> Result<String> {
    serde_json::to_string(document).map_err(Failure::internal)
}

fn insert(conn: &Connection, store: StoreId, cart: &Cart) -> Result<()> {
    let document = json(&cart.document)?;
    let sql = "insert into carts (store, id, secret_hash, version, currency, document, created_at, touched_on)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    conn.prepare_cached(sql)
        .and_then(|mut statement| {
            statement.execute(params![
                store.as_bytes(),
                cart.id.as_bytes(),
                cart.secret_hash,
                cart.version.cast_signed(),
                cart.currency.code(),
                document,
                cart.created_at.millis(),
                day(cart.created_at),
            ])
        })
        .map_err(DbError::from)?;
    Ok(())
}

/// Writes `next` over its previous version. False when another version stands there.
fn replace(conn: &Connection, store: StoreId, next: &Cart, now: Timestamp) -> Result<bool> {
    let document = json(&next.document)?;
    let sql = "update carts
                  set version = ?3, document = ?4, touched_on = ?5
                where store = ?1 and id = ?2 and version = ?3 - 1";
    let rows = conn
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement.execute(params![
                store.as_bytes(),
                next.id.as_bytes(),
                next.version.cast_signed(),
                document,
                day(now),
            ])
        })
        .map_err(DbError::from)?;
    Ok(rows == 1)
}

fn select(conn: &Connection, store: StoreId, id: CartId) -> Result<Option<Cart>> {
    type Row = ([u8; 32], i64, String, String, i64);
    let sql = "select secret_hash, version, currency, document, created_at from carts where store = ?1 and id = ?2";
    let row: Option<Row> = conn
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement
                .query_row(params![store.as_bytes(), id.as_bytes()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
                })
                .optional()
        })
        .map_err(DbError::from)?;
    let Some((secret_hash, version, currency, document, created_at)) = row else { return Ok(None) };
    let currency = Currency::parse(&currency).map_err(Failure::internal)?;
    let document = serde_json::from_str(&document).map_err(Failure::internal)?;
    let created_at = Timestamp::from_millis(created_at);
    Ok(Some(Cart::read(id, secret_hash, version.cast_unsigned(), currency, created_at, document)))
}

fn delete_untouched(conn: &Connection, store: StoreId, before: Timestamp) -> Result<Vec<CartId>> {
    let sql = "delete from carts
                where store = ?1
                  and id in (select id from carts where store = ?1 and touched_on < ?2 limit ?3)
               returning id";
    let ids = conn
        .prepare_cached(sql)
        .and_then(|mut statement| {
            let limit = SWEEP_CHUNK as i64;
            let rows = statement.query_map(params![store.as_bytes(), day(before), limit], |row| row.get(0))?;
            rows.collect::<rusqlite::Result<Vec<[u8; 16]>>>()
        })
        .map_err(DbError::from)?;
    Ok(ids.into_iter().map(|bytes| CartId::from_uuid(uuid::Uuid::from_bytes(bytes))).collect())
}
