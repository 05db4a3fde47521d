//! Sessions of customers and of staff, in a table each.

use contracts::identity::Scope;
use infra::sqlite::DbError;
use kernel::{CustomerId, SessionId, StaffId, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, named_params, params};

use super::{role, uuid};
use crate::token::TokenHash;

/// Whose sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Customer,
    Staff,
}

impl Table {
    const fn name(self) -> &'static str {
        match self {
            Table::Customer => "customer_sessions",
            Table::Staff => "staff_sessions",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct SessionRow {
    pub(crate) id: SessionId,
    pub(crate) owner: [u8; 16],
    pub(crate) created_at: Timestamp,
    pub(crate) seen_at: Timestamp,
    /// The end however much it is used.
    pub(crate) expires_at: Timestamp,
    /// Where it is from, under the person's key.
    pub(crate) sealed: Vec<u8>,
}

/// Who a session belongs to, with what they may do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Customer(CustomerId),
    Staff { id: StaffId, role: String, scopes: Vec<Scope> },
}

/// A session that opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LiveSession {
    pub(crate) store: StoreId,
    pub(crate) id: SessionId,
    pub(crate) owner: Owner,
    pub(crate) seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

pub(crate) fn insert(
    conn: &Connection,
    table: Table,
    store: StoreId,
    hash: &TokenHash,
    row: &SessionRow,
) -> Result<(), DbError> {
    let sql = format!(
        "insert into {} (hash, store, id, owner, created_at, seen_at, expires_at, sealed)
         values (:hash, :store, :id, :owner, :created_at, :seen_at, :expires_at, :sealed)",
        table.name()
    );
    conn.prepare_cached(&sql)?.execute(named_params! {
        ":hash": hash,
        ":store": store.as_bytes(),
        ":id": row.id.as_bytes(),
        ":owner": row.owner,
        ":created_at": row.created_at.millis(),
        ":seen_at": row.seen_at.millis(),
        ":expires_at": row.expires_at.millis(),
        ":sealed": row.sealed,
    })?;
    Ok(())
}

/// The session behind `hash`, whatever its age, of somebody who may still log in. Names no store: it finds out which.
pub(crate) fn live(conn: &Connection, table: Table, hash: &TokenHash) -> Result<Option<LiveSession>, DbError> {
    let sql = match table {
        Table::Customer => {
            "select s.store, s.id, s.owner, s.seen_at, s.expires_at, ''
               from customer_sessions s
               join customers c on c.store = s.store and c.id = s.owner and c.erased_at is null
              where s.hash = ?1"
        }
        Table::Staff => {
            "select s.store, s.id, s.owner, s.seen_at, s.expires_at, p.role
               from staff_sessions s
               join staff p on p.store = s.store and p.id = s.owner
                           and p.disabled_at is null and p.password is not null
              where s.hash = ?1"
        }
    };
    let found = conn.prepare_cached(sql)?.query_row(params![hash], |row| {
        let at = |i| row.get(i).map(Timestamp::from_millis);
        Ok((
            StoreId::from_uuid(uuid(row.get(0)?)),
            SessionId::from_uuid(uuid(row.get(1)?)),
            row.get::<_, [u8; 16]>(2)?,
            at(3)?,
            at(4)?,
            row.get::<_, String>(5)?,
        ))
    });
    let Some((store, id, owner, seen_at, expires_at, role)) = found.optional()? else { return Ok(None) };
    let owner = match table {
        Table::Customer => Owner::Customer(CustomerId::from_uuid(uuid(owner))),
        Table::Staff => {
            let scopes = role::scopes(conn, store, &role)?.unwrap_or_default();
            Owner::Staff { id: StaffId::from_uuid(uuid(owner)), role, scopes }
        }
    };
    Ok(Some(LiveSession { store, id, owner, seen_at, expires_at }))
}

pub(crate) fn touch(conn: &Connection, table: Table, hash: &TokenHash, now: Timestamp) -> Result<(), DbError> {
    let sql = format!("update {} set seen_at = max(seen_at, ?2) where hash = ?1", table.name());
    conn.prepare_cached(&sql)?.execute(params![hash, now.millis()])?;
    Ok(())
}

/// The sessions of `owner`, latest first.
pub(crate) fn list(
    conn: &Connection,
    table: Table,
    store: StoreId,
    owner: &[u8; 16],
) -> Result<Vec<SessionRow>, DbError> {
    let sql = format!(
        "select id, created_at, seen_at, expires_at, sealed from {}
          where store = ?1 and owner = ?2 order by seen_at desc, id desc limit 200",
        table.name()
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![store.as_bytes(), owner], |row| {
        let at = |i| row.get(i).map(Timestamp::from_millis);
        Ok(SessionRow {
            id: SessionId::from_uuid(uuid(row.get(0)?)),
            owner: *owner,
            created_at: at(1)?,
            seen_at: at(2)?,
            expires_at: at(3)?,
            sealed: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Ends one session of `owner`. Whether there was one.
pub(crate) fn end(
    conn: &Connection,
    table: Table,
    store: StoreId,
    owner: &[u8; 16],
    id: SessionId,
) -> Result<bool, DbError> {
    let sql = format!("delete from {} where store = ?1 and owner = ?2 and id = ?3", table.name());
    Ok(conn.prepare_cached(&sql)?.execute(params![store.as_bytes(), owner, id.as_bytes()])? > 0)
}

/// Ends the session of a token, whoever's it is.
pub(crate) fn end_by_hash(conn: &Connection, table: Table, hash: &TokenHash) -> Result<(), DbError> {
    let sql = format!("delete from {} where hash = ?1", table.name());
    conn.prepare_cached(&sql)?.execute(params![hash])?;
    Ok(())
}

/// Ends all sessions of `owner` but `keep`.
pub(crate) fn end_others(
    conn: &Connection,
    table: Table,
    store: StoreId,
    owner: &[u8; 16],
    keep: Option<SessionId>,
) -> Result<(), DbError> {
    let sql = format!("delete from {} where store = ?1 and owner = ?2 and (?3 is null or id <> ?3)", table.name());
    conn.prepare_cached(&sql)?.execute(params![store.as_bytes(), owner, keep.map(|id| *id.as_bytes())])?;
    Ok(())
}

/// Forgets sessions that ended, or that nobody used since `idle`.
pub(crate) fn sweep(conn: &Connection, table: Table, now: Timestamp, idle: Timestamp) -> Result<usize, DbError> {
    let sql = format!("delete from {} where expires_at <= ?1 or seen_at <= ?2", table.name());
    Ok(conn.prepare_cached(&sql)?.execute(params![now.millis(), idle.millis()])?)
}
