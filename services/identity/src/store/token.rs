//! Tokens that work once: a row goes when it is used.

use infra::sqlite::DbError;
use kernel::{StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::token::TokenHash;

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Reset,
    Verify,
    StaffReset,
    Invite,
    Setup,
    /// Opens nothing: written where there is nobody to write to, so that it takes as long.
    Nothing,
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Purpose::Reset => "reset",
            Purpose::Verify => "verify",
            Purpose::StaffReset => "staff_reset",
            Purpose::Invite => "invite",
            Purpose::Setup => "setup",
            Purpose::Nothing => "nothing",
        }
    }
}

/// Puts a token in the place of those that `owner` had for the same purpose.
pub(crate) fn put(
    conn: &Connection,
    store: StoreId,
    purpose: Purpose,
    owner: &[u8; 16],
    hash: &TokenHash,
    expires_at: Timestamp,
) -> Result<(), DbError> {
    drop_all(conn, store, purpose, owner)?;
    let sql = "insert into tokens (hash, store, purpose, owner, expires_at) values (?1, ?2, ?3, ?4, ?5)";
    conn.prepare_cached(sql)?.execute(params![hash, store.as_bytes(), purpose.name(), owner, expires_at.millis()])?;
    Ok(())
}

/// Whose token it is, while it works.
pub(crate) fn owner(
    conn: &Connection,
    store: StoreId,
    purpose: Purpose,
    hash: &TokenHash,
    now: Timestamp,
) -> Result<Option<[u8; 16]>, DbError> {
    let sql = "select owner from tokens where hash = ?1 and store = ?2 and purpose = ?3 and expires_at > ?4";
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement
        .query_row(params![hash, store.as_bytes(), purpose.name(), now.millis()], |row| row.get(0))
        .optional()?)
}

pub(crate) fn drop_all(conn: &Connection, store: StoreId, purpose: Purpose, owner: &[u8; 16]) -> Result<(), DbError> {
    let sql = "delete from tokens where store = ?1 and owner = ?2 and purpose = ?3";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), owner, purpose.name()])?;
    Ok(())
}

/// All tokens of `owner`, for whatever purpose.
pub(crate) fn forget(conn: &Connection, store: StoreId, owner: &[u8; 16]) -> Result<(), DbError> {
    let sql = "delete from tokens where store = ?1 and owner = ?2";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), owner])?;
    Ok(())
}

pub(crate) fn sweep(conn: &Connection, now: Timestamp) -> Result<usize, DbError> {
    Ok(conn.prepare_cached("delete from tokens where expires_at <= ?1")?.execute(params![now.millis()])?)
}
