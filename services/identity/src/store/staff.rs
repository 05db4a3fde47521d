//! Members of the staff.

use infra::sqlite::DbError;
use kernel::{StaffId, StoreId, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};

use super::uuid;

#[derive(Clone, Debug)]
pub(crate) struct StaffRow {
    pub(crate) id: StaffId,
    pub(crate) email_hash: String,
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
    /// A PHC string; none until the invitation is accepted.
    pub(crate) password: Option<String>,
    pub(crate) role: String,
    pub(crate) disabled_at: Option<Timestamp>,
    pub(crate) created_at: Timestamp,
}

const COLUMNS: &str = "id, email_hash, wrapped_key, sealed, password, role, disabled_at, created_at";

fn read(row: &Row<'_>) -> rusqlite::Result<StaffRow> {
    Ok(StaffRow {
        id: StaffId::from_uuid(uuid(row.get(0)?)),
        email_hash: row.get(1)?,
        wrapped_key: row.get(2)?,
        sealed: row.get(3)?,
        password: row.get(4)?,
        role: row.get(5)?,
        disabled_at: row.get::<_, Option<i64>>(6)?.map(Timestamp::from_millis),
        created_at: Timestamp::from_millis(row.get(7)?),
    })
}

/// Writes a member, new or known.
pub(crate) fn put(conn: &Connection, store: StoreId, row: &StaffRow) -> Result<(), DbError> {
    let sql = "insert into staff (store, id, email_hash, wrapped_key, sealed, password, role, disabled_at, created_at)
               values (:store, :id, :email_hash, :wrapped_key, :sealed, :password, :role, :disabled_at, :created_at)
               on conflict (store, id) do update
                  set sealed = excluded.sealed, password = excluded.password, role = excluded.role,
                      disabled_at = excluded.disabled_at";
    conn.prepare_cached(sql)?.execute(named_params! {
        ":store": store.as_bytes(),
        ":id": row.id.as_bytes(),
        ":email_hash": row.email_hash,
        ":wrapped_key": row.wrapped_key,
        ":sealed": row.sealed,
        ":password": row.password,
        ":role": row.role,
        ":disabled_at": row.disabled_at.map(Timestamp::millis),
        ":created_at": row.created_at.millis(),
    })?;
    Ok(())
}

pub(crate) fn find(conn: &Connection, store: StoreId, id: StaffId) -> Result<Option<StaffRow>, DbError> {
    let sql = format!("select {COLUMNS} from staff where store = ?1 and id = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row(params![store.as_bytes(), id.as_bytes()], read).optional()?)
}

pub(crate) fn by_email(conn: &Connection, store: StoreId, email_hash: &str) -> Result<Option<StaffRow>, DbError> {
    let sql = format!("select {COLUMNS} from staff where store = ?1 and email_hash = ?2");
    Ok(conn.prepare_cached(&sql)?.query_row(params![store.as_bytes(), email_hash], read).optional()?)
}

pub(crate) fn list(conn: &Connection, store: StoreId) -> Result<Vec<StaffRow>, DbError> {
    let sql = format!("select {COLUMNS} from staff where store = ?1 order by id");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map(params![store.as_bytes()], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many have `role` and can log in.
pub(crate) fn active_in(conn: &Connection, store: StoreId, role: &str) -> Result<i64, DbError> {
    let sql = "select count(*) from staff
                where store = ?1 and role = ?2 and disabled_at is null and password is not null";
    Ok(conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), role], |row| row.get(0))?)
}

/// Whether anybody has `role`, invited and disabled ones included.
pub(crate) fn anybody_in(conn: &Connection, store: StoreId, role: &str) -> Result<bool, DbError> {
    let sql = "select exists (select 1 from staff where store = ?1 and role = ?2)";
    Ok(conn.prepare_cached(sql)?.query_row(params![store.as_bytes(), role], |row| row.get(0))?)
}

pub(crate) fn delete(conn: &Connection, store: StoreId, id: StaffId) -> Result<(), DbError> {
    let sql = "delete from staff where store = ?1 and id = ?2";
    conn.prepare_cached(sql)?.execute(params![store.as_bytes(), id.as_bytes()])?;
    Ok(())
}
