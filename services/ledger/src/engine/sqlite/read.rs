//! Reading, on connections of their own: a reader never waits for the writer and sees only what is committed.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use contracts::event::Event;
use contracts::ledger::{OrderFilter, OrderStatus, StockFilter, StockItem};
use infra::sqlite::{DbError, Synchronous, connect};
use kernel::{Cursor, Failure, OrderId, Page, PageRequest, PersonId, Sku, StoreId, Timestamp};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::history;
use super::horizon::Horizon;
use super::rows::{self, select_events, select_orders};
use crate::engine::memory::{after_level, before_number, before_transfer, cut, paged};
use crate::engine::{CouponCount, EventSpan, GiftCardSum, MovementSum, Reader};
use crate::order::{Order, Phase};
use crate::state::{
    AuditRow, ContactRow, Coupon, GiftCard, Hash, IdempotencyRow, Movement, NewAuditOwned, Parked, Person, Sales,
    Shelves, StockLevel, StockRule, Transfer,
};

struct Pool {
    connections: Vec<Mutex<Connection>>,
    next: AtomicUsize,
    /// What was read is told when it is on the disk.
    horizon: Arc<Horizon>,
}

impl Pool {
    /// Runs `look` on a free connection, inside one snapshot.
    fn look<T>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, DbError> {
        let first = self.next.fetch_add(1, Ordering::Relaxed);
        let all = &self.connections;
        let free = (0..all.len()).find_map(|i| all[(first + i) % all.len()].try_lock());
        let conn = free.unwrap_or_else(|| all[first % all.len()].lock());
        conn.prepare_cached("begin")?.execute([])?;
        let found = look(&conn);
        conn.prepare_cached("commit")?.execute([])?;
        Ok(found?)
    }
}

/// The reading side. Clones share the connections.
#[derive(Clone)]
pub struct SqliteReader(Arc<Pool>);

impl SqliteReader {
    /// Opens `readers` (at least one) connections to the ledger at `path`, which exists.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(path: &Path, readers: usize) -> Result<Self, DbError> {
        Self::open_behind(path, readers, Arc::default())
    }

    /// [`Self::open`], beside a writer.
    pub(super) fn open_behind(path: &Path, readers: usize, horizon: Arc<Horizon>) -> Result<Self, DbError> {
        let connections = (0..readers.max(1))
            .map(|_| connect(path, Synchronous::Full, true).map(Mutex::new))
            .collect::<Result<_, _>>()?;
        Ok(SqliteReader(Arc::new(Pool { connections, next: AtomicUsize::new(0), horizon })))
    }

    /// A point read of some microseconds, on this very thread.
    async fn now<T>(&self, look: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Failure> {
        let found = self.0.look(look)?;
        self.0.horizon.reached().await?;
        Ok(found)
    }

    /// A scan or a list, on a thread that may block.
    async fn scan<T, F>(&self, look: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let pool = Arc::clone(&self.0);
        let found = tokio::task::spawn_blocking(move || pool.look(look)).await;
        let found = found.map_err(|_| DbError::Closed)??;
        self.0.horizon.reached().await?;
        Ok(found)
    }
}

/// Every row of a statement without parameters.
fn all<T>(conn: &Connection, sql: &str, each: impl FnMut(&Row<'_>) -> rusqlite::Result<T>) -> rusqlite::Result<Vec<T>> {
    conn.prepare_cached(sql)?.query_map([], each)?.collect()
}

/// The phases that show as `status`, as a JSON array.
fn phases(status: OrderStatus) -> &'static [Phase] {
    match status {
        OrderStatus::Pending => &[Phase::Placing, Phase::Unknown, Phase::RequiresAction],
        OrderStatus::PaymentFailed => &[Phase::Declined],
        OrderStatus::Confirmed => &[Phase::Confirmed],
        OrderStatus::Closed => &[Phase::Closed],
        OrderStatus::Cancelled => &[Phase::Cancelling, Phase::Cancelled],
    }
}

/// The number that `text` writes, if it is written as orders' numbers are.
fn canonical_number(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}

fn page_of_orders(
    conn: &Connection,
    store: StoreId,
    filter: &OrderFilter,
    before: i64,
    limit: u32,
) -> rusqlite::Result<Vec<Arc<Order>>> {
    let number = match filter.number.as_deref().map(canonical_number) {
        Some(None) => return Ok(Vec::new()),
        Some(number) => number,
        None => None,
    };
    // At most three phases show as one status; the last is repeated. No status: every phase.
    let wanted = filter.status.map_or(&Phase::ALL[..], phases);
    let phase = |i: usize| wanted.get(i).or(wanted.last()).map_or("", |p| p.name());
    let any = filter.status.is_none();
    let (most, store) = (i64::from(limit) + 1, store.as_bytes());
    let mut orders = match number {
        Some(number) => {
            let sql = select_orders!(
                "where o.number = ?1 and o.number < ?2 and o.store = ?3 and (?4 or o.phase in (?5, ?6, ?7)) limit ?8"
            );
            rows::bare_orders(conn, sql, params![number, before, store, any, phase(0), phase(1), phase(2), most])?
        }
        None => {
            let sql = select_orders!(
                "where o.number < ?1 and o.store = ?2 and (?3 or o.phase in (?4, ?5, ?6)) \
                 order by o.number desc limit ?7"
            );
            rows::bare_orders(conn, sql, params![before, store, any, phase(0), phase(1), phase(2), most])?
        }
    };
    for order in &mut orders {
        rows::complete(conn, std::slice::from_mut(order))?;
    }
    Ok(orders.into_iter().map(Arc::new).collect())
}

#[async_trait]
impl Reader for SqliteReader {
    async fn order(&self, store: StoreId, id: OrderId) -> Result<Option<Arc<Order>>, Failure> {
        Ok(self.now(|conn| rows::order(conn, store, id)).await?.map(Arc::new))
    }

    async fn standing(&self, store: StoreId, id: OrderId) -> Result<Option<(Phase, Option<Timestamp>)>, Failure> {
        Ok(self
            .now(|conn| {
                let sql = "select phase, due_at from orders where id = ?1 and store = ?2";
                let found = |row: &Row<'_>| Ok((rows::phase(row, 0)?, rows::optional_at(row, 1)?));
                conn.prepare_cached(sql)?.query_row(params![id.as_bytes(), store.as_bytes()], found).optional()
            })
            .await?)
    }

    async fn orders(
        &self,
        store: StoreId,
        filter: &OrderFilter,
        page: &PageRequest,
    ) -> Result<Page<Arc<Order>>, Failure> {
        let before = before_number(page)?;
        let (filter, limit) = (filter.clone(), page.limit);
        let found = self.scan(move |conn| page_of_orders(conn, store, &filter, before, limit)).await?;
        Ok(paged(found, limit))
    }

    async fn order_events(&self, store: StoreId, id: OrderId) -> Result<Vec<Event>, Failure> {
        self.now(|conn| {
            let sql = "select number from orders where id = ?1 and store = ?2";
            let given = params![id.as_bytes(), store.as_bytes()];
            let number: Option<i64> = conn.prepare_cached(sql)?.query_row(given, |row| row.get(0)).optional()?;
            let Some(number) = number else { return Ok(Vec::new()) };
            rows::events(conn, select_events!("where e.subject = ?1 order by e.seq"), [number])
        })
        .await
    }

    async fn order_history(
        &self,
        order: &Order,
        times: &BTreeSet<Timestamp>,
    ) -> Result<(Vec<Movement>, Vec<AuditRow>), Failure> {
        let asked = history::Asked::new(order, times);
        self.scan(move |conn| history::of(conn, &asked)).await
    }

    async fn contact(&self, store: StoreId, number: i64) -> Result<Option<(ContactRow, Person)>, Failure> {
        self.now(|conn| {
            let sql = "select c.person, c.sealed, p.wrapped_key from contacts c \
                       join people p on p.store = c.store and p.id = c.person where c.number = ?1 and c.store = ?2";
            let found = conn.prepare_cached(sql)?.query_row(params![number, store.as_bytes()], |row| {
                let id = rows::id(row, 0, PersonId::from_uuid)?;
                let contact = ContactRow { store, order: number, person: id, sealed: row.get(1)? };
                Ok((contact, Person { store, id, wrapped_key: row.get(2)? }))
            });
            found.optional()
        })
        .await
    }

    async fn idempotency(&self, store: StoreId, key: Hash) -> Result<Option<IdempotencyRow>, Failure> {
        Ok(self.now(|conn| rows::idempotency(conn, store, &key)).await?.map(|(_, row)| row))
    }

    async fn levels(&self, store: StoreId, sku: &Sku) -> Result<Vec<StockLevel>, Failure> {
        Ok(self.now(|conn| rows::levels(conn, store, sku)).await?.into_iter().map(|(_, level)| level).collect())
    }

    async fn stock(
        &self,
        store: StoreId,
        filter: &StockFilter,
        page: &PageRequest,
    ) -> Result<Page<StockItem>, Failure> {
        let (after_sku, after_location) = after_level(page)?.unwrap_or_default();
        let wanted = filter.q.as_ref().map(|q| q.to_ascii_lowercase());
        let (location, low, limit) = (filter.location.clone(), filter.low, page.limit);
        let found = self.scan(move |conn| {
            let default = rows::shelves(conn, store)?.low_at;
            let sql = "select id, store, sku, location, on_hand, held, committed, seq, event_seq, low_at \
                       from stock_levels where store = ?1 and (sku, location) > (?2, ?3) \
                       and (?4 is null or location = ?4) and (?5 is null or instr(lower(sku), ?5) > 0) \
                       and (not ?6 or on_hand - held - committed <= coalesce(low_at, ?7)) \
                       order by sku, location limit ?8";
            let mut statement = conn.prepare_cached(sql)?;
            let most = i64::from(limit) + 1;
            let given = params![store.as_bytes(), after_sku, after_location, location, wanted, low, default, most];
            let found = statement.query_map(given, |row| Ok(rows::level(row)?.1.item(default)))?;
            found.collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(cut(found.await?, limit, |l| Cursor::encode(&[l.sku.as_str(), &l.location])))
    }

    async fn shelves(&self, store: StoreId) -> Result<Shelves, Failure> {
        self.now(|conn| rows::shelves(conn, store)).await
    }

    async fn rule(&self, store: StoreId, sku: &Sku) -> Result<Option<StockRule>, Failure> {
        self.now(|conn| rows::rule(conn, store, sku)).await
    }

    async fn level_locations(&self, store: StoreId) -> Result<Vec<String>, Failure> {
        self.scan(move |conn| {
            let sql = "select distinct location from stock_levels where store = ?1 order by location";
            conn.prepare_cached(sql)?.query_map([store.as_bytes()], |row| row.get(0))?.collect()
        })
        .await
    }

    async fn transfers(&self, store: StoreId, page: &PageRequest) -> Result<Page<Transfer>, Failure> {
        let before = before_transfer(page)?.map(|id| id.as_bytes().to_vec());
        let limit = page.limit;
        let found = self.scan(move |conn| {
            let sql = "select store, id, source, destination, state, lines, reason, at, updated_at from transfers \
                       where store = ?1 and (?2 is null or id < ?2) order by id desc limit ?3";
            let mut statement = conn.prepare_cached(sql)?;
            let given = params![store.as_bytes(), before, i64::from(limit) + 1];
            statement.query_map(given, rows::any_transfer)?.collect::<rusqlite::Result<Vec<_>>>()
        });
        Ok(cut(found.await?, limit, |t| Cursor::encode(&[&t.id.to_string()])))
    }

    async fn coupon(&self, store: StoreId, code: &str) -> Result<Option<Coupon>, Failure> {
        self.now(|conn| rows::coupon(conn, store, code)).await
    }

    async fn gift_card(&self, store: StoreId, code_hash: Hash) -> Result<Option<GiftCard>, Failure> {
        self.now(|conn| rows::gift_card(conn, store, &code_hash)).await
    }

    async fn sales(&self, store: StoreId) -> Result<Vec<Sales>, Failure> {
        self.scan(move |conn| {
            let mut statement = conn.prepare_cached("select sku, units from sales where store = ?1 order by sku")?;
            let found = statement.query_map([store.as_bytes()], |row| {
                Ok(Sales { store, sku: rows::sku(row, 0)?, units: row.get(1)? })
            })?;
            found.collect()
        })
        .await
    }

    async fn events(&self, store: Option<StoreId>, after: u64, limit: u32) -> Result<Vec<Event>, Failure> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.scan(move |conn| match store {
            Some(store) => {
                let sql = select_events!("where e.position > ?1 and e.store = ?2 order by e.position limit ?3");
                rows::events(conn, sql, params![after, store.as_bytes(), limit])
            }
            None => {
                let sql = select_events!("where e.position > ?1 order by e.position limit ?2");
                rows::events(conn, sql, params![after, limit])
            }
        })
        .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, OrderId)>, Failure> {
        self.scan(move |conn| {
            let sql = "select store, id from orders where due_at is not null and due_at <= ?1 \
                       order by due_at, number limit ?2";
            let mut statement = conn.prepare_cached(sql)?;
            let found = statement.query_map(params![now.millis(), limit], |row| {
                Ok((rows::id(row, 0, StoreId::from_uuid)?, rows::id(row, 1, OrderId::from_uuid)?))
            })?;
            found.collect()
        })
        .await
    }

    async fn cursor(&self, consumer: &str) -> Result<u64, Failure> {
        self.now(|conn| {
            let mut statement = conn.prepare_cached("select position from cursors where consumer = ?1")?;
            Ok(statement.query_row([consumer], |row| rows::unsigned(row, 0)).optional()?.unwrap_or(0))
        })
        .await
    }

    async fn parked(&self, consumer: &str) -> Result<Vec<Parked>, Failure> {
        self.now(|conn| {
            let sql = "select position, event, aggregate, tries, next_at, dead from parked \
                       where consumer = ?1 order by position";
            let mut statement = conn.prepare_cached(sql)?;
            let found = statement.query_map([consumer], |row| {
                Ok(Parked {
                    consumer: consumer.to_owned(),
                    position: rows::unsigned(row, 0)?,
                    event: rows::id(row, 1, kernel::EventId::from_uuid)?,
                    aggregate: row.get(2)?,
                    tries: row.get(3)?,
                    next_at: rows::at(row, 4)?,
                    dead: row.get(5)?,
                })
            })?;
            found.collect()
        })
        .await
    }

    async fn scan_orders(&self, after: i64, limit: u32) -> Result<Vec<Arc<Order>>, Failure> {
        self.scan(move |conn| {
            let sql = select_orders!("where o.number > ?1 order by o.number limit ?2");
            let mut orders = rows::bare_orders(conn, sql, params![after, limit])?;
            rows::complete(conn, &mut orders)?;
            Ok(orders.into_iter().map(Arc::new).collect())
        })
        .await
    }

    async fn all_levels(&self) -> Result<Vec<StockLevel>, Failure> {
        self.scan(|conn| {
            let sql = "select id, store, sku, location, on_hand, held, committed, seq, event_seq, low_at \
                       from stock_levels order by store, sku, location";
            all(conn, sql, |row| Ok(rows::level(row)?.1))
        })
        .await
    }

    async fn movement_sums(&self) -> Result<Vec<MovementSum>, Failure> {
        self.scan(|conn| {
            let sql = "select l.store, l.sku, l.location, m.on_hand, m.held, m.committed, m.count, m.last_seq \
                       from (select level, sum(on_hand) on_hand, sum(held) held, sum(committed) committed, \
                                    count(*) count, max(seq) last_seq from movements group by level) m \
                       join stock_levels l on l.id = m.level order by l.store, l.sku, l.location";
            all(conn, sql, |row| {
                Ok(MovementSum {
                    store: rows::id(row, 0, StoreId::from_uuid)?,
                    sku: rows::sku(row, 1)?,
                    location: row.get(2)?,
                    on_hand: row.get(3)?,
                    held: row.get(4)?,
                    committed: row.get(5)?,
                    count: rows::unsigned(row, 6)?,
                    last_seq: rows::unsigned(row, 7)?,
                })
            })
        })
        .await
    }

    async fn preorders_over(&self, now: Timestamp, limit: u32) -> Result<Vec<(StoreId, Sku)>, Failure> {
        self.scan(move |conn| {
            let sql = "select store, sku from stock_rules where until <= ?1 order by until, store, sku limit ?2";
            let mut statement = conn.prepare_cached(sql)?;
            let rows = statement.query_map((now.millis(), limit), |row| {
                Ok((rows::id(row, 0, StoreId::from_uuid)?, rows::sku(row, 1)?))
            })?;
            rows.collect()
        })
        .await
    }

    async fn all_rules(&self) -> Result<Vec<StockRule>, Failure> {
        self.scan(|conn| {
            let sql = "select store, sku, policy, most, until, backordered, components, part_of, event_seq \
                       from stock_rules order by store, sku";
            all(conn, sql, rows::any_rule)
        })
        .await
    }

    async fn all_transfers(&self) -> Result<Vec<Transfer>, Failure> {
        self.scan(|conn| {
            let sql = "select store, id, source, destination, state, lines, reason, at, updated_at from transfers \
                       order by store, id";
            all(conn, sql, rows::any_transfer)
        })
        .await
    }

    async fn transferred(&self) -> Result<Vec<(StoreId, Sku, i64)>, Failure> {
        self.scan(|conn| {
            let sql = "select l.store, l.sku, sum(m.on_hand) from movements m join stock_levels l on l.id = m.level \
                       where m.kind = 'transfer_out' or m.kind = 'transfer_in' \
                       group by l.store, l.sku order by l.store, l.sku";
            all(conn, sql, |row| Ok((rows::id(row, 0, StoreId::from_uuid)?, rows::sku(row, 1)?, row.get(2)?)))
        })
        .await
    }

    async fn coupon_counts(&self) -> Result<Vec<CouponCount>, Failure> {
        self.scan(|conn| {
            let sql = "select c.store, c.code, c.use_limit, c.uses, c.customer_limit, \
                              (select count(*) from coupon_uses u \
                               where u.store = c.store and u.code = c.code and u.active) \
                       from coupons c order by c.store, c.code";
            all(conn, sql, |row| {
                let store = rows::id(row, 0, StoreId::from_uuid)?;
                let (limit, uses, customer_limit) = (row.get(2)?, row.get(3)?, row.get(4)?);
                let coupon = Coupon { store, code: row.get(1)?, limit, uses, customer_limit };
                Ok(CouponCount { coupon, active_uses: row.get(5)? })
            })
        })
        .await
    }

    async fn gift_card_sums(&self) -> Result<Vec<GiftCardSum>, Failure> {
        self.scan(|conn| {
            let sql = "select c.store, c.code_hash, c.currency, c.balance, c.seq, coalesce(sum(e.delta), 0), \
                              count(e.seq) \
                       from gift_cards c left join gift_card_entries e \
                            on e.store = c.store and e.code_hash = c.code_hash \
                       group by c.store, c.code_hash order by c.store, c.code_hash";
            all(conn, sql, |row| {
                let card = rows::any_gift_card(row)?;
                Ok(GiftCardSum { card, sum_minor: row.get(5)?, count: rows::unsigned(row, 6)? })
            })
        })
        .await
    }

    async fn event_spans(&self) -> Result<Vec<EventSpan>, Failure> {
        let mut spans = self
            .scan(|conn| {
                let sql = "select o.id, a.name, s.count, s.first, s.last \
                           from (select subject, count(*) count, min(seq) first, max(seq) last \
                                 from outbox group by subject) s \
                           left join orders o on o.number = s.subject left join aggregates a on a.id = -s.subject";
                all(conn, sql, |row| {
                    let (count, first, last) =
                        (rows::unsigned(row, 2)?, rows::unsigned(row, 3)?, rows::unsigned(row, 4)?);
                    Ok(EventSpan { aggregate: rows::aggregate(row, 0)?, count, first, last })
                })
            })
            .await?;
        spans.sort_unstable_by(|a, b| a.aggregate.cmp(&b.aggregate));
        Ok(spans)
    }

    async fn last_position(&self) -> Result<u64, Failure> {
        self.scan(|conn| {
            let sql = "select coalesce(max(position), 0) from outbox";
            conn.prepare_cached(sql)?.query_row([], |row| rows::unsigned(row, 0))
        })
        .await
    }

    async fn event_count(&self) -> Result<(u64, u64), Failure> {
        self.scan(|conn| {
            let sql = "select count(*), coalesce(max(position), 0) from outbox";
            conn.prepare_cached(sql)?.query_row([], |row| Ok((rows::unsigned(row, 0)?, rows::unsigned(row, 1)?)))
        })
        .await
    }

    async fn inbox_count(&self, consumer: &str) -> Result<u64, Failure> {
        let consumer = consumer.to_owned();
        self.scan(move |conn| {
            let mut statement = conn.prepare_cached("select count(*) from inbox where consumer = ?1")?;
            statement.query_row([consumer], |row| rows::unsigned(row, 0))
        })
        .await
    }

    async fn audit(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, Failure> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.scan(move |conn| {
            let sql = "select seq, at, store, actor, action, subject, detail, hash from audit \
                       where seq > ?1 order by seq limit ?2";
            let mut statement = conn.prepare_cached(sql)?;
            let found = statement.query_map(params![after, limit], |row| {
                let entry = NewAuditOwned {
                    store: rows::id(row, 2, StoreId::from_uuid)?,
                    actor: row.get(3)?,
                    action: row.get(4)?,
                    subject: row.get(5)?,
                    detail: row.get(6)?,
                };
                Ok(AuditRow { seq: rows::unsigned(row, 0)?, at: rows::at(row, 1)?, entry, hash: row.get(7)? })
            })?;
            found.collect()
        })
        .await
    }

    async fn bad_idempotency(&self) -> Result<Vec<String>, Failure> {
        self.scan(|conn| {
            let sql = "select i.order_id, a.status from idempotency i left join answers a on a.slot = i.slot \
                       left join orders o on o.id = i.order_id \
                       where a.status >= 500 or (a.slot is null and o.phase <> 'placing') order by i.store, i.key";
            all(conn, sql, |row| match row.get::<_, Option<u16>>(1)? {
                Some(status) => Ok(format!("an answer of status {status} is stored")),
                None => {
                    let id = rows::id(row, 0, OrderId::from_uuid)?;
                    Ok(format!("the request of order {id} has no answer although the order is decided"))
                }
            })
        })
        .await
    }
}
